"""The sweep: fires every rung that is due, once, and never early; whatever is killed, the next sweep finds the rest.

Called by beat, by the supervisor where no broker runs, and by `manage.py sweep`. Writes RungFired rows, events for
escalations and the tasks' next rungs, and announces; who is told, and in which words, is not known here.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Min

from workflow import calendar, deadlines, ladders, record
from workflow.machine import Action, TaskStatus
from workflow.models import Case, Heartbeat, Rung, RungFired, Task
from workflow.signals import rung_fired, rungs_fired, time_passes, work_waits

logger = logging.getLogger(__name__)

SWEEP_CHUNK = 20
"""Tasks a transaction on SQLite, where every writer waits for it; on PostgreSQL only their cases wait."""
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
    *, now: datetime, limit: int = 500, recorded_at: datetime | None = None, up_since: datetime | None = None
) -> SweepResult:
    """Say that time passes, then fire every rung that is due at `now`, oldest first; a second sweep changes nothing.

    Per task, in one transaction: RungFired rows (the insert is the claim), an event for an escalation, the signal
    rung_fired, the next rung. Of several missed reminders only the latest is sent, and of several missed escalations
    the latest to each audience; the others are recorded in silence. A task or a case that somebody works on just now
    is left to the next sweep. `recorded_at` dates the events when `now` is not the real time; default `now`.
    `up_since`: when the system came back from an outage (see `beat`); an escalation that fell into it waits one
    working day more, so that nobody is reported for time in which they could not work.
    """
    for receiver, answer in time_passes.send_robust(sender=Task, now=now):
        if isinstance(answer, Exception):
            logger.error("%s cannot keep time", receiver, exc_info=answer)
    done, left = SweepResult(), set[int]()
    size = min(limit, SWEEP_CHUNK) if connection.vendor == "sqlite" else limit
    due = Task.objects.filter(status=TaskStatus.OPEN, next_rung_at__lte=now).order_by("next_rung_at", "pk")
    while done.tasks < SWEEP_AT_MOST:
        chunk = list(due.exclude(pk__in=left).values_list("pk", flat=True)[:size])
        if not chunk:
            break
        try:
            swept, result = _sweep_chunk(chunk, now=now, recorded_at=recorded_at or now, up_since=up_since)
        except Exception:
            # One task that cannot be fired must not keep the others from theirs, whatever its reason.
            if size == 1:
                logger.exception("The rungs of task %s cannot be fired", chunk[0])
                left.update(chunk)
            size = 1
            continue
        done += result
        left.update(set(chunk) - swept)
    return done


def _sweep_chunk(
    chunk: Sequence[int], *, now: datetime, recorded_at: datetime, up_since: datetime | None
) -> tuple[set[int], SweepResult]:
    """Fire what is due of the tasks of `chunk` that nobody else holds, in one transaction.

    Locks task and case together and waits for neither, so that it can never stand in a circle with the engine, which
    locks the case first.
    """
    with transaction.atomic():
        tasks = list(
            Task.objects.select_for_update(skip_locked=True, of=("self", "case"))
            .select_related("case")
            .filter(pk__in=chunk, status=TaskStatus.OPEN, next_rung_at__lte=now)
            .order_by("next_rung_at", "pk")
        )
        known = set(RungFired.objects.filter(task__in=tasks).values_list("task_id", "term", "code"))
        held_until = grace_end(up_since) if up_since is not None and now < grace_end(up_since) else None
        missed_before = up_since if held_until else None
        times = _Times()
        firing = [
            (task, list(_firing(task, times.of(task), known, now=now, missed_before=missed_before))) for task in tasks
        ]
        rows = RungFired.objects.bulk_create(fired for _task, pairs in firing for _rung, fired in pairs)
        for task in tasks:
            upcoming = min((moment for moment, _rung in times.of(task) if moment > now), default=None)
            task.next_rung_at = min(filter(None, (upcoming, held_until)), default=None)
        for moment, alike in _by_next(tasks).items():
            Task.objects.filter(pk__in=alike).update(next_rung_at=moment)
        _record_escalations(firing, recorded_at=recorded_at)
        loud = [(task, rung, fired) for task, pairs in firing for rung, fired in pairs if not fired.is_silent]
        for task, rung, fired in loud:
            rung_fired.send(sender=Task, task=task, rung=rung, fired=fired, now=now)
        if loud:
            rungs_fired.send(sender=Task, rungs=loud, now=now)
        silent = sum(row.is_silent for row in rows)
        if len(rows) > silent:
            transaction.on_commit(lambda: work_waits.send(sender=Task))
    return {task.pk for task in tasks}, SweepResult(len(rows) - silent, silent, len(tasks))


def _by_next(tasks: Sequence[Task]) -> dict[datetime | None, list[int]]:
    """Return the tasks' ids by the time of their next rung: few times, however many tasks."""
    found: dict[datetime | None, list[int]] = {}
    for task in tasks:
        found.setdefault(task.next_rung_at, []).append(task.pk)
    return found


class _Times:
    """When the rungs of tasks fire, computed once for all that share ladder, opening day and due time."""

    def __init__(self) -> None:
        self._known: dict[tuple[int | None, date, datetime], list[tuple[datetime, Rung]]] = {}

    def of(self, task: Task) -> list[tuple[datetime, Rung]]:
        """Return each rung of `task` with its time."""
        assert task.due_at is not None
        alike = task.ladder_id, deadlines.day_of(task.opened_at), task.due_at
        if alike not in self._known:
            self._known[alike] = [
                (deadlines.rung_time(rung, opened_at=task.opened_at, due_at=task.due_at), rung)
                for rung in ladders.rungs_of(task.ladder_id)
            ]
        return self._known[alike]


def _firing(
    task: Task,
    times: Sequence[tuple[datetime, Rung]],
    known: set[tuple[int, int, str]],
    *,
    now: datetime,
    missed_before: datetime | None,
) -> Iterator[tuple[Rung, RungFired]]:
    """Yield the rungs of `task` that are due and have not fired in this term, the overtaken ones as silent.

    A reminder earlier than the task's next rung was passed over on purpose: it lay before the task was opened.
    An escalation earlier than `missed_before` is held back.
    """
    assert task.next_rung_at is not None
    due: list[tuple[datetime, Rung]] = []
    for moment, rung in times:
        is_meant = rung.is_escalation or moment >= task.next_rung_at
        is_moot = rung.only_if_not_begun and task.begun_at is not None
        is_held = rung.is_escalation and missed_before is not None and moment < missed_before
        if moment <= now and is_meant and not is_moot and not is_held and (task.pk, task.term, rung.code) not in known:
            due.append((moment, rung))
    latest = {(rung.is_escalation, rung.audience): rung.pk for _moment, rung in sorted(due, key=_by_time)}
    for moment, rung in due:
        yield (
            rung,
            RungFired(
                task=task,
                code=rung.code,
                term=task.term,
                audience=rung.audience,
                is_escalation=rung.is_escalation,
                due_at=moment,
                fired_at=now,
                is_silent=latest[rung.is_escalation, rung.audience] != rung.pk,
            ),
        )


def _by_time(timed: tuple[datetime, Rung]) -> tuple[datetime, int]:
    return timed[0], timed[1].pk


def _record_escalations(
    firing: Sequence[tuple[Task, Sequence[tuple[Rung, RungFired]]]], *, recorded_at: datetime
) -> None:
    """Append an event for each escalation announced, and save the head of each case once."""
    cases: dict[int, Case] = {}
    for task, pairs in firing:
        for rung, fired in pairs:
            if not rung.is_escalation or fired.is_silent:
                continue
            case = cases.setdefault(task.case_id, task.case)
            record.append(
                case,
                action=Action.ESCALATE,
                by=None,
                now=recorded_at,
                payload={
                    "task": task.pk,
                    "task_kind": task.kind,
                    "rung": rung.code,
                    "audience": rung.audience,
                    "rung_due_at": fired.due_at.isoformat(),
                    "due_at": task.due_at.isoformat() if task.due_at else None,
                },
                from_state=case.state,
                to_state=case.state,
                version=case.version,
            )
    for case in cases.values():
        record.save_head(case)
