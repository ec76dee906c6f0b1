"""Moving deadlines: what a new calendar, a round's new date or a granted extension does to clocks that run.

Preview computes, the rest writes: task, line in the record, announcement, one task a transaction. Called by the
calendar's and the rounds' pages and by extensions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from workflow import calendar, calendar_files, deadlines, record, rulings, words
from workflow.calendar import WorkCalendar
from workflow.machine import Action, TaskStatus
from workflow.models import Case, RungFired, Suspension, Task, User, WorkDay
from workflow.signals import announced, work_waits


@dataclass(frozen=True, slots=True)
class Moved:
    """One deadline that moves: the task (with case and unit), its old and new time, and whether that is provisional."""

    task: Task
    old: datetime
    new: datetime
    is_provisional: bool


def _projected(task: Task, rests: Iterable[Suspension], working: WorkCalendar) -> tuple[datetime, bool]:
    """Return the due time of a rolling term on `working`, and whether a year that it depends on is unpublished."""
    assert task.budget_days is not None
    started = deadlines.day_of(task.opened_at)
    rested = sum(
        deadlines.days_rested(task, deadlines.day_of(s.rested_from), deadlines.day_of(s.rested_to), working=working)
        for s in rests
        if s.rested_to
    )
    due_on = deadlines.term_end(
        started, task.budget_days + rested, counts_calendar_days=task.counts_calendar_days, working=working
    )
    is_published = working.is_published(started) and working.is_published(due_on)
    return deadlines.day_end(due_on), not (task.counts_calendar_days or is_published)


def preview(*, working: WorkCalendar, now: datetime) -> list[Moved]:
    """Return the open rolling deadlines that `working` moves, or makes firm or provisional; nothing is written.

    A deadline that was still ahead is never moved into the past: it ends today at the earliest.
    """
    rests: dict[int, list[Suspension]] = {}
    for suspension in Suspension.objects.filter(task__status=TaskStatus.OPEN):
        rests.setdefault(suspension.task_id, []).append(suspension)
    rolling = Task.objects.filter(status=TaskStatus.OPEN, budget_days__isnull=False, due_at__isnull=False)
    found = []
    for task in rolling.select_related("case__unit", "step").order_by("due_at", "pk"):
        assert task.due_at is not None
        due_at, is_provisional = _projected(task, rests.get(task.pk, ()), working)
        if task.due_at > now:
            due_at = max(due_at, deadlines.day_end(deadlines.day_of(now)))
        if (due_at, is_provisional) != (task.due_at, task.due_is_provisional):
            found.append(Moved(task, task.due_at, due_at, is_provisional))
    return found


def reproject(*, now: datetime, by: User | None = None, reason: str = "") -> int:
    """Compute every open rolling deadline anew on the calendar as it stands; return how many moved.

    Each that moves gets a line in its case's record and an announcement. Rungs that fired stay fired.
    """
    return sum(
        _move(moved, by=by, now=now, reason=reason or _said_calendar())
        for moved in preview(working=calendar.current(), now=now)
    )


def _years_of(*, years: Sequence[Mapping[str, Any]], **_given: Any) -> str:
    return "、".join(str(year["year"]) for year in years)


@rulings.keeps_refusals(rulings.Rule.SET_CALENDAR, of=_years_of)
def take_in(*, years: Sequence[Mapping[str, Any]], by: User | None, now: datetime) -> int:
    """Store whole years as calendar.import_years does, with a ruling of what changed; return how many deadlines moved.

    Raises: as import_years; the calendar stands then.
    """
    with transaction.atomic():
        stood = _lines_of(years)
        calendar.import_years(years, now=now)
        stands = _lines_of(years)
        changes = [*(f"− {line}" for line in stood if line not in stands),
                   *(f"+ {line}" for line in stands if line not in stood)]  # fmt: skip
        payload = {"source": [year["source"] for year in years], "changes": changes}
        rulings.note(action=rulings.Rule.SET_CALENDAR, subject=_years_of(years=years), by=by, now=now, payload=payload)
    return reproject(now=now, by=by)


def _lines_of(years: Sequence[Mapping[str, Any]]) -> list[str]:
    days = WorkDay.objects.filter(year__in=[year["year"] for year in years]).order_by("date")
    return [line for line in calendar_files.as_lines(days).splitlines() if line.strip()]


def _said_calendar() -> str:
    with override(settings.LANGUAGE_CODE):
        return _("The working-day calendar has changed.")


def moved_by_round(*, round_id: int, dates: dict[date, date]) -> Iterator[Moved]:
    """Yield the open deadlines of the round's cases that stand on one of its dates; `dates`: old day to new day."""
    fixed = Task.objects.filter(status=TaskStatus.OPEN, case__round=round_id, budget_days__isnull=True)
    for task in fixed.exclude(due_at=None).select_related("case__unit", "step").order_by("due_at", "pk"):
        assert task.due_at is not None
        new = dates.get(deadlines.due_day(task.due_at))
        if new is not None:
            yield Moved(task, task.due_at, deadlines.day_end(new), is_provisional=False)


def move_all(moves: Iterable[Moved], *, by: User | None, now: datetime, reason: str) -> int:
    """Move deadlines, each in a transaction of its own; return how many moved. What has moved meanwhile is left."""
    return sum(_move(moved, by=by, now=now, reason=reason) for moved in moves)


def _move(moved: Moved, *, by: User | None, now: datetime, reason: str) -> int:
    """Write one move; return 1 when the due time changed, 0 when only its certainty did or the task is closed."""
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=moved.task.case_id)
        task = Task.objects.select_for_update(of=("self",)).filter(pk=moved.task.pk, status=TaskStatus.OPEN).first()
        if task is None or task.due_at != moved.old:
            return 0
        is_later = moved.new > moved.old
        task.due_is_provisional = moved.is_provisional
        if moved.new == moved.old:
            task.save(update_fields=["due_is_provisional"])
            return 0
        set_due(task, due_at=moved.new, now=now, is_new_term=is_later and moved.old <= now)
        note(case, task, action=Action.MOVE_DEADLINE, by=by, now=now, old=moved.old, reason=reason)
        announced.send(
            sender=Task, case=case, kind="deadline_moved", by=by, now=now, facts={"reason": reason, "task": task.pk}
        )
        transaction.on_commit(lambda: work_waits.send(sender=Task))
    return 1


def set_due(task: Task, *, due_at: datetime, now: datetime, is_new_term: bool) -> None:
    """Write a new due time and the next rung. A new term lets the rungs ahead fire anew; else the fired stay fired."""
    task.due_at = due_at
    task.term += is_new_term
    if task.resting_since is None:
        last = RungFired.objects.filter(task=task, term=task.term).order_by("-due_at").first()
        after = now if is_new_term else last.due_at if last else task.opened_at
        task.next_rung_at = deadlines.upcoming(task, after=after)
    task.save(update_fields=["due_at", "due_is_provisional", "budget_days", "term", "next_rung_at"])


def note(
    case: Case, task: Task, *, action: Action, by: User | None, now: datetime, old: datetime | None, reason: str
) -> None:
    """Append the line to the record of `case`, which the caller holds locked."""
    with override(settings.LANGUAGE_CODE):
        said = _("%(reason)s Deadline: %(old)s → %(new)s.") % {
            "reason": reason,
            "old": words.deadline(old),
            "new": words.provisional(words.deadline(task.due_at), is_provisional=task.due_is_provisional),
        }
    record.append(
        case,
        action=action,
        by=by,
        now=now,
        payload={
            "task": task.pk,
            "words": said,
            "old_due_at": old.isoformat() if old else None,
            "due_at": task.due_at.isoformat() if task.due_at else None,
        },
        from_state=case.state,
        to_state=case.state,
        version=case.version,
    )
    record.save_head(case)
