"""The sweep: fires every rung that is due, once, and never early; whatever is killed, the next sweep finds the rest.

Called by beat, by the supervisor where no broker runs, and by `manage.py sweep`. Writes RungFired rows, events for
escalations and the tasks' next rungs, and announces; who is told, and in which words, is not known here.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Min

from workflow import calendar, deadlines, ladders, record, sql, sweep_sql
from workflow.machine import Action, TaskStatus
from workflow.models import Heartbeat, Task
from workflow.signals import rungs_fired, time_passes, work_waits

logger = logging.getLogger(__name__)

SWEEP_CHUNK = 50
"""Tasks a transaction on SQLite, where every writer waits for it; on PostgreSQL only their cases wait."""
SHRINK = 8
"""By how much a chunk that fails is made smaller, and one that succeeds larger again."""
SWEEP_AT_MOST = 20_000
"""Tasks one sweep looks at before it leaves the rest to the next."""
BEAT_EVERY = timedelta(minutes=1)
OUTAGE_AFTER = timedelta(minutes=30)
"""A longer silence than this means that the system was down, not that a sweep came late."""


def beat(*, now: datetime) -> datetime | None:
    """Note that the sweep runs at `now`; return since when it has run without an outage, None if it never had one.

    Writes at most once a minute. Called at the edge before each sweep, not for a made-up time.
    """
    return note_beat(name="sweep", now=now).up_since


def note_beat(*, name: str, now: datetime) -> Heartbeat:
    """Note that `name` (20 signs at most) lives at `now`, at most once a minute; return the row."""
    row, is_new = Heartbeat.objects.get_or_create(name=name, defaults={"beat_at": now})
    if not is_new and now - row.beat_at >= BEAT_EVERY:
        if now - row.beat_at > OUTAGE_AFTER:
            row.up_since = now
        row.beat_at = now
        row.save(update_fields=["beat_at", "up_since"])
    return row


def grace_end(up_since: datetime) -> datetime:
    """Return when escalations missed in the outage before `up_since` may go: after one working day of grace."""
    return deadlines.morning(calendar.add_working_days(deadlines.day_of(up_since), 1))


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rungs that are due and have not fired: how many tasks have one, and since when the oldest has waited."""

    tasks: int
    oldest: datetime | None


def backlog(*, now: datetime) -> Backlog:
    """Return what the sweep has still to do at `now`. One statement."""
    due = Task.objects.filter(status=TaskStatus.OPEN, next_rung_at__lte=now)
    return Backlog(**due.aggregate(tasks=Count("pk"), oldest=Min("next_rung_at")))


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one sweep did: rungs announced, rungs recorded in silence, tasks looked at."""

    fired: int = 0
    silent: int = 0
    tasks: int = 0

    def __add__(self, other: "SweepResult") -> "SweepResult":
        return SweepResult(self.fired + other.fired, self.silent + other.silent, self.tasks + other.tasks)


def sweep(
    *, now: datetime, limit: int = 2000, recorded_at: datetime | None = None, up_since: datetime | None = None
) -> SweepResult:
    """Say that time passes, then fire every rung that is due at `now`, oldest first; a second sweep changes nothing.

    `limit` tasks a transaction (SWEEP_CHUNK at most on SQLite): RungFired rows (the insert is the claim), an event for
    each escalation, the signal rungs_fired, the next rungs. Of several missed reminders only the latest is sent, and of
    several missed escalations the latest to each audience; the others are recorded in silence. A task or a case that
    somebody works on just now is left to the next sweep. `recorded_at` dates the events when `now` is not the real
    time; default `now`. `up_since`: when the system came back from an outage (see `beat`); an escalation that fell into
    it waits one working day more, so that nobody is reported for time in which they could not work.
    """
    for receiver, answer in time_passes.send_robust(sender=Task, now=now):
        if isinstance(answer, Exception):
            logger.error("%s cannot keep time", receiver, exc_info=answer)
    done, unfit = SweepResult(), set[int]()
    plans = _Plans(now=now, up_since=up_since)
    full = size = min(limit, SWEEP_CHUNK) if connection.vendor == "sqlite" else limit
    while done.tasks < SWEEP_AT_MOST:
        try:
            result = _sweep_chunk(size, plans, without=unfit, now=now, recorded_at=recorded_at or now)
        except Exception:
            # One task that cannot be fired must not keep the others from theirs: the chunk shrinks until it is alone.
            if size == 1:
                alone = sweep_sql.oldest(now=now, without=unfit)
                logger.exception("The rungs of task %s cannot be fired", *alone)
                unfit.update(alone)
            size = max(1, size // SHRINK)
            continue
        done += result
        if result.tasks < size:
            break
        size = min(full, size * SHRINK)
    return done


def _sweep_chunk(
    size: int, plans: "_Plans", *, without: Collection[int], now: datetime, recorded_at: datetime
) -> SweepResult:
    """Fire what is due of at most `size` tasks that nobody else holds, in one transaction."""
    with transaction.atomic():
        if connection.vendor == "sqlite":
            swept = sweep_sql.sweep_few(
                plan_of=plans.number_of, given=plans.given, now=now, limit=size, without=without
            )
        else:
            plans.know_all_due()
            swept = sweep_sql.sweep_set(given=plans.given(), now=now, limit=size, without=without)
        _record_escalations(swept.escalations, recorded_at=recorded_at)
        if swept.loud:
            rungs_fired.send(sender=Task, fired=swept.loud, now=now)
            transaction.on_commit(lambda: work_waits.send(sender=Task))
    return SweepResult(len(swept.loud), swept.silent, swept.tasks)


class _Plans:
    """When the rungs of tasks fire, computed once in a sweep for all that share ladder, opening day and due time.

    An escalation that fell into the outage before `up_since` is held back while its grace lasts.
    """

    def __init__(self, *, now: datetime, up_since: datetime | None) -> None:
        self._now = now
        self._held_until = grace_end(up_since) if up_since is not None and now < grace_end(up_since) else None
        self._missed_before = up_since if self._held_until else None
        self._numbers: dict[tuple[int | None, date, datetime], int] = {}
        self._days: dict[datetime, date] = {}
        self._plans: list[sweep_sql.Plan] = []
        self._due: list[dict[str, Any]] = []
        self._knows_all = False

    def know_all_due(self) -> None:
        """Make the plans of all tasks that this sweep can come to, the first time it is asked."""
        if not self._knows_all:
            for task in sweep_sql.alike(now=self._now, limit=SWEEP_AT_MOST):
                self.number_of(task)
            self._knows_all = True

    def number_of(self, task: sweep_sql.Alike) -> int:
        """Return the number of the plan of `task`, which is made when it is the first of its like."""
        opened_on = self._days.get(task.opened_at)
        if opened_on is None:
            opened_on = self._days[task.opened_at] = deadlines.day_of(task.opened_at)
        like = task.ladder_id, opened_on, task.due_at
        number = self._numbers.get(like)
        if number is None:
            number = self._numbers[like] = len(self._numbers)
            self._make(number, task, opened_on)
        return number

    def given(self) -> sweep_sql.Given:
        """Return the plans made so far, and their rungs whose time has come."""
        return self._plans, self._due

    def _make(self, number: int, task: sweep_sql.Alike, opened_on: date) -> None:
        nexts = [self._held_until] if self._held_until else []
        for rung in ladders.rungs_of(task.ladder_id):
            moment = deadlines.rung_time(rung, opened_at=task.opened_at, due_at=task.due_at)
            if moment > self._now:
                nexts.append(moment)
            elif not (rung.is_escalation and self._missed_before is not None and moment < self._missed_before):
                self._due.append({
                    "plan": number, "place": rung.pk, "code": rung.code, "audience": rung.audience,
                    "is_escalation": rung.is_escalation, "only_if_not_begun": rung.only_if_not_begun, "due_at": moment,
                })  # fmt: skip
        upcoming = min(nexts, default=None)
        self._plans.append(sweep_sql.Plan(number, task.ladder_id, opened_on, task.due_at, upcoming))


def _record_escalations(fired: Sequence[sweep_sql.Fired], *, recorded_at: datetime) -> None:
    """Append an event for each escalation announced. Three statements, whatever the number."""
    if not fired:
        return
    tasks = Task.objects.select_related("case").in_bulk({row.task_id for row in fired})
    cases = {task.case_id: task.case for task in tasks.values()}
    events = []
    for row in fired:
        task = tasks[row.task_id]
        case = cases[task.case_id]
        events.append(
            record.compose(
                case,
                action=Action.ESCALATE,
                by=None,
                now=recorded_at,
                payload={
                    "task": task.pk,
                    "task_kind": task.kind,
                    "rung": row.code,
                    "audience": row.audience,
                    "rung_due_at": row.due_at.isoformat(),
                    "due_at": task.due_at.isoformat() if task.due_at else None,
                },
                from_state=case.state,
                to_state=case.state,
                version=case.version,
            )
        )
    sql.insert(events)
    sweep_sql.save_heads((case.pk, case.head, case.head_seq) for case in cases.values())
