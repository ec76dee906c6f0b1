"""What a ladder would do: who would be told what and when, for a sample and for the open tasks. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workflow import calendar, deadlines, ladders
from workflow.machine import TaskStatus
from workflow.models import Rung, Task
from workflow.queries import holder_of

SAMPLE_DAYS = 10
"""Working days that the sample task has."""
TASKS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One message that would be sent: when, about which task (None: the sample), to whom, by itself or by a person."""

    at: datetime
    task: Task | None
    holder: str
    rung: Rung
    is_automatic: bool
    is_past: bool

    @property
    def is_provisional(self) -> bool:
        """Whether the day lies in a year whose calendar is not published yet."""
        return not calendar.is_published(deadlines.day_of(self.at))


def simulate(*, task_kind: str, rungs: Sequence[Rung], now: datetime) -> list[Told]:
    """Return what `rungs` would send for a sample of SAMPLE_DAYS opened now and for open tasks of the kind, by time."""
    due_at = deadlines.day_end(calendar.add_working_days(deadlines.day_of(now), SAMPLE_DAYS))
    told = _of(rungs, None, "", opened_at=now, due_at=due_at, now=now)
    tasks = Task.objects.filter(kind=task_kind, status=TaskStatus.OPEN, due_at__isnull=False)
    tasks = tasks.select_related("case", "role_group__organisation", "person").order_by("due_at", "pk")
    for task in tasks[:TASKS_SHOWN]:
        assert task.due_at is not None
        told += [
            one
            for one in _of(rungs, task, holder_of(task).name, opened_at=task.opened_at, due_at=task.due_at, now=now)
            if not (one.rung.only_if_not_begun and task.begun_at) and not one.is_past
        ]
    return sorted(told, key=lambda one: (one.task is not None, one.at))


def _of(
    rungs: Sequence[Rung], task: Task | None, holder: str, *, opened_at: datetime, due_at: datetime, now: datetime
) -> list[Told]:
    found = []
    for rung in rungs:
        at = deadlines.rung_time(rung, opened_at=opened_at, due_at=due_at)
        if at > opened_at:
            found.append(Told(at, task, holder, rung, ladders.is_sent_automatically(rung.audience), at <= now))
    return found
