"""Clocks: when a task is due, when the rungs of its ladder fire, how its clock rests and runs on.

Working days come from calendar, rungs from ladders; here they become times. `clock` is called by the engine for
each task it opens and asks no query while both are kept. What fires the rungs is workflow.sweeping.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from workflow import calendar, ladders
from workflow.calendar import WorkCalendar
from workflow.models import Rung, Suspension, Task

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one task, as columns of Task. `due_at` None: no deadline, hence no ladder."""

    due_at: datetime | None = None
    due_is_provisional: bool = False
    budget_days: int | None = None
    counts_calendar_days: bool = False
    ladder_id: int | None = None
    next_rung_at: datetime | None = None


def clock(
    *,
    task_kind: str,
    now: datetime,
    days_allowed: int | None = None,
    fixed: date | None = None,
    counts_calendar_days: bool = False,
    ladder: int | None = None,
) -> Clock:
    """Return the clock of a task opened at `now`; no query while calendar and ladders are kept in the process.

    `fixed`: a date of the round. `days_allowed`: working days after today; with `counts_calendar_days` every day
    counts, as in the terms of the Budget Law, and the term is never provisional. With both, the later holds, so that
    what arrives late leaves its reviewer the time they need; with a fixed date alone that date holds, even in the
    past: the task is then late from the start and says so. `ladder`: the id of a ladder other than the one in force.
    Rungs that lie before `now` never fire.
    """
    if fixed is None and days_allowed is None:
        return Clock()
    working = calendar.current()
    due_on, budget, is_provisional = fixed, None, False
    if days_allowed is not None:
        today = day_of(now)
        rolling = term_end(today, days_allowed, counts_calendar_days=counts_calendar_days, working=working)
        if fixed is None or rolling > fixed:
            due_on, budget = rolling, days_allowed
            is_published = working.is_published(today) and working.is_published(rolling)
            is_provisional = not (counts_calendar_days or is_published)
    assert due_on is not None
    due_at = day_end(due_on)
    ladder_id = ladder or ladders.id_for(task_kind)
    upcoming = next_rung_at(ladder_id=ladder_id, opened_at=now, due_at=due_at, after=now)
    is_lawful = counts_calendar_days and budget is not None
    return Clock(due_at, is_provisional, budget, is_lawful, ladder_id, upcoming)


def term_end(day: date, days: int, *, counts_calendar_days: bool, working: WorkCalendar) -> date:
    """Return the last day of a term of `days` that begins after `day`: working days, or every day."""
    if days <= 0:
        return day
    return day + timedelta(days=days) if counts_calendar_days else working.add(day, days)


# Days and times. A day is a day in the project's time zone, whatever zone a time is written in.


def day_of(moment: datetime) -> date:
    """Return the local day of `moment`."""
    return moment.astimezone(timezone.get_default_timezone()).date()


def day_end(day: date) -> datetime:
    """Return the end of `day` as settings.DAY_ENDS_AT says; "24:00" is the first instant of the next day."""
    hours, minutes = (int(part) for part in settings.DAY_ENDS_AT.split(":"))
    return _instant(day + timedelta(days=hours // 24), time(hours % 24, minutes))


def due_day(due_at: datetime) -> date:
    """Return the local day that ends with `due_at`: a deadline of 24:00 belongs to the day before midnight."""
    return day_of(due_at - INSTANT)


def morning(day: date) -> datetime:
    """Return the time of `day` at which reminders are sent, settings.REMINDERS_AT."""
    return _instant(day, time.fromisoformat(settings.REMINDERS_AT))


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, timezone.get_default_timezone()).astimezone(UTC)


def working_days_left(*, due_at: datetime, now: datetime) -> int:
    """Return the working days from today to the due day: 0 on the last day, negative when overdue.

    Overdue counts working days since the due day, at least 1.
    """
    today, due_on = day_of(now), due_day(due_at)
    if now >= due_at:
        return -max(1, calendar.working_days_between(due_on, today))
    return calendar.working_days_between(today, due_on)


def database_now() -> datetime:
    """Return the time of the database, the one clock that all processes share. Called at the edge only."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')" if is_sqlite else "SELECT clock_timestamp()")
        (value,) = cursor.fetchone()
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if is_sqlite else value.astimezone(UTC)


# Rungs


def rung_time(rung: Rung, *, opened_at: datetime, due_at: datetime) -> datetime:
    """Return when `rung` fires: in the morning of a working day.

    Before the due day it counts back from it (from the working day before it, where it is none), after it onwards.
    HALF is the first morning after half of the working days. A task opened after its due day is escalated
    `days` working days after it was opened: nobody is late with what they did not have.
    """
    return _rung_time(rung, opened_on=day_of(opened_at), due_on=due_day(due_at), working=calendar.current())


def _rung_time(rung: Rung, *, opened_on: date, due_on: date, working: WorkCalendar) -> datetime:
    if rung.basis == Rung.Basis.HALF:
        half = (working.between(opened_on, due_on) + 1) // 2
        return morning(working.add(opened_on, half))
    start = max(opened_on, due_on) if rung.is_escalation else due_on
    return morning(working.add(start, rung.days))


def next_rung_at(
    *, ladder_id: int | None, opened_at: datetime, due_at: datetime | None, after: datetime
) -> datetime | None:
    """Return the time of the first rung later than `after`, None when there is none."""
    if due_at is None:
        return None
    opened_on, due_on, working = day_of(opened_at), due_day(due_at), calendar.current()
    times = (
        _rung_time(rung, opened_on=opened_on, due_on=due_on, working=working) for rung in ladders.rungs_of(ladder_id)
    )
    return min((moment for moment in times if moment > after), default=None)


def upcoming(task: Task, *, after: datetime) -> datetime | None:
    """Return the time of the first rung of `task` later than `after`, None when there is none."""
    return next_rung_at(ladder_id=task.ladder_id, opened_at=task.opened_at, due_at=task.due_at, after=after)


# Resting and running on


def rest(task: Task, *, now: datetime, reason: str) -> Suspension:
    """Stop the clock of an open task: nothing fires until `wake`. The ledger gets its row. Call it in a transaction.

    A clock that rests already keeps resting, and its row is returned.
    """
    if task.resting_since is not None:
        return Suspension.objects.filter(task=task, rested_to__isnull=True).latest("pk")
    task.resting_since, task.next_rung_at = now, None
    task.save(update_fields=["resting_since", "next_rung_at"])
    return Suspension.objects.create(task=task, rested_from=now, reason=reason)


def days_rested(task: Task, start: date, end: date, *, working: WorkCalendar) -> int:
    """Return how many days of the kind that the term of `task` counts lie after `start`, up to and with `end`."""
    return max(0, (end - start).days) if task.counts_calendar_days else working.between(start, end)


def wake(task: Task, *, now: datetime) -> None:
    """Let a resting clock run on: the due day moves by the days rested, as its term counts them.

    Call it in a transaction. Rungs that lie ahead of the new due day fire anew, because the term rises; a task that was
    overdue before it rested stays so, and what already fired is not repeated. A clock that does not rest is left alone.
    """
    if task.resting_since is None:
        return
    rested_from = task.resting_since
    Suspension.objects.filter(task=task, rested_to__isnull=True).update(rested_to=now)
    task.resting_since = None
    if task.due_at is not None:
        days = days_rested(task, day_of(rested_from), day_of(now), working=calendar.current())
        if days and task.due_at > rested_from:
            due_on = term_end(
                due_day(task.due_at),
                days,
                counts_calendar_days=task.counts_calendar_days,
                working=calendar.current(),
            )
            task.due_at = day_end(due_on)
            task.term += 1
        task.next_rung_at = upcoming(task, after=now if task.due_at > now else rested_from)
    task.save(update_fields=["resting_since", "due_at", "term", "next_rung_at"])
