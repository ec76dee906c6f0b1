"""The dates of a round: checked so that none crosses another, stored together, and what they move in open tasks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from workflow import deadlines, projecting, rulings
from workflow.models import Milestone, Round, RoundDate, User
from workflow.projecting import Moved
from workflow.refusals import Refused

ORDER = (
    (
        Milestone.UNIT_SUBMISSION,
        Milestone.DEPARTMENT_REVIEW,
        Milestone.BUSINESS_REVIEW,
        Milestone.PERFORMANCE_REVIEW,
        Milestone.CONGRESS,
        Milestone.RELEASE,
        Milestone.UNIT_RELEASE,
    ),
    (Milestone.RELEASE, Milestone.PUBLICATION),
    (
        Milestone.MONITORING_OPENS,
        Milestone.MONITORING_UNIT,
        Milestone.MONITORING_DEPARTMENT,
        Milestone.MONITORING_FINANCE,
    ),
)
"""Milestones that follow one another; none may lie before one that stands earlier here."""


@dataclass(frozen=True, slots=True)
class Law:
    """A date that the law sets: at most `days` calendar days after another milestone, by which article."""

    milestone: Milestone
    after: Milestone
    days: int
    source: str


LAWS = (
    Law(Milestone.RELEASE, Milestone.CONGRESS, 20, "预算法第五十二条"),
    Law(Milestone.UNIT_RELEASE, Milestone.RELEASE, 15, "预算法第五十二条"),
    Law(Milestone.PUBLICATION, Milestone.RELEASE, 20, "预算法第十四条"),
)
"""Every day counts, holidays too."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The last day that the law allows for a milestone, its source, and whether the date set lies after it."""

    day: date
    source: str
    is_exceeded: bool


def latest_by_law(dates: Mapping[str, date | None]) -> dict[str, Latest]:
    """Return the last lawful day of each milestone whose starting date is known. A county is told, not stopped."""
    found = {}
    for law in LAWS:
        start, given = dates.get(law.after), dates.get(law.milestone)
        if start is not None:
            day = start + timedelta(days=law.days)
            found[law.milestone.value] = Latest(day, law.source, given is not None and given > day)
    return found


class DatesCross(Refused):
    """Facts: earlier, later, date."""

    code = "dates_cross"
    message = gettext_lazy(
        "“%(later)s” (%(date)s) lies before “%(earlier)s”. Each step needs its time: set a later date."
        " Nothing was stored."
    )


class DateUnreadable(Refused):
    """Facts: milestone, text."""

    code = "date_unreadable"
    message = gettext_lazy(
        "“%(text)s” is no date (%(milestone)s): write year-month-day, for instance 2027-01-20. Nothing was stored."
    )


class DatePast(Refused):
    """Facts: milestone, date."""

    code = "date_past"
    message = gettext_lazy(
        "“%(milestone)s” would be on %(date)s, a day that is over. Set today or later. Nothing was stored."
    )


def check(*, stood: Mapping[str, date], wanted: Mapping[str, date | None], now: datetime) -> None:
    """Raises: DatesCross, DatePast for a date that is new and over already."""
    for row in ORDER:
        before: Milestone | None = None
        for milestone in row:
            day = wanted.get(milestone)
            if day is None:
                continue
            earlier = wanted[before] if before else None
            if before and earlier and day < earlier:
                raise DatesCross(earlier=before.label, later=milestone.label, date=day.isoformat())
            before = milestone
    for name, day in wanted.items():
        if day is not None and day != stood.get(name) and day < deadlines.day_of(now):
            raise DatePast(milestone=Milestone(name).label, date=day.isoformat())


def moves(*, round_id: int, stood: Mapping[str, date], wanted: Mapping[str, date | None]) -> Iterator[Moved]:
    """Yield the open deadlines that stand on a date which changes."""
    changed = {stood[name]: day for name, day in wanted.items() if day and name in stood and stood[name] != day}
    return projecting.moved_by_round(round_id=round_id, dates=changed)


def _round_of(*, round_id: int, **_given: Any) -> str:
    return str(Round.objects.get(pk=round_id))


@rulings.keeps_refusals(rulings.Rule.SET_DATES, of=_round_of)
def store(*, round_id: int, wanted: Mapping[str, date | None], by: User, now: datetime) -> int:
    """Store the dates together, with a ruling, and move what stands on them; return how many deadlines moved.

    Raises: as check; the timetable stands then. A date left blank is taken out; deadlines that stand on it stay.
    """
    with transaction.atomic():
        Round.objects.select_for_update().get(pk=round_id)
        stood = {row.milestone: row.date for row in RoundDate.objects.filter(round=round_id)}
        check(stood=stood, wanted=wanted, now=now)
        planned = list(moves(round_id=round_id, stood=stood, wanted=wanted))
        RoundDate.objects.filter(round=round_id).delete()
        RoundDate.objects.bulk_create(
            RoundDate(round_id=round_id, milestone=name, date=day) for name, day in wanted.items() if day
        )
        if changes := _changes(stood, wanted):
            payload = {"changes": changes}
            rulings.note(
                action=rulings.Rule.SET_DATES, subject=_round_of(round_id=round_id), by=by, now=now, payload=payload
            )
    with override(settings.LANGUAGE_CODE):
        reason = _("The timetable of the round has changed.")
    return projecting.move_all(planned, by=by, now=now, reason=reason)


def note_round(*, round: Round, was: Mapping[str, Any], by: User, now: datetime) -> None:
    """Note that `round` was entered or changed; `was`: its columns before, none for a new one."""
    with override(settings.LANGUAGE_CODE):
        changes = [
            f"{field.verbose_name}: {was.get(field.name, '—')} → {value}"
            for field in Round._meta.concrete_fields
            if not field.primary_key and (value := field.value_from_object(round)) != was.get(field.name)
        ]
    dates = {row.milestone: row.date for row in RoundDate.objects.filter(round=round)}
    changes += [] if was else _changes({}, dates)
    if changes:
        rulings.note(action=rulings.Rule.SET_ROUND, subject=str(round), by=by, now=now, payload={"changes": changes})


def _changes(stood: Mapping[str, date], wanted: Mapping[str, date | None]) -> list[str]:
    """Return each date that becomes another, in the words of the county."""
    with override(settings.LANGUAGE_CODE):
        return [
            f"{label}: {stood.get(name) or '—'} → {wanted.get(name) or '—'}"
            for name, label in Milestone.choices
            if stood.get(name) != wanted.get(name)
        ]
