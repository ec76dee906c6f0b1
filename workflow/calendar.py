"""The working-day calendar: which days the offices work, from the State Council's yearly notices kept as rows.

Computes on one value, WorkCalendar, kept in the process and read again when its rows change. Called by
deadlines and by pages. A year without a notice is computed by weekends, and says so.
"""

import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from workflow.models import CalendarYear, WorkDay
from workflow.refusals import Refused

SHIPPED = Path(__file__).parent / "data" / "calendar.toml"
KEPT_SECONDS = 60.0
"""How long a process trusts what it has read; another process may have changed the rows meanwhile."""
ONE_DAY = timedelta(days=1)
SATURDAY = 5


class CalendarRefused(Refused):
    """Facts: date, year."""

    code = "calendar_refused"
    message = _(
        "%(date)s cannot stand in the calendar of %(year)s: a day belongs to its year and stands once, a holiday"
        " on a weekday, a make-up working day on a weekend. Compare it with the notice."
    )


class CalendarOverlaps(Refused):
    """Facts: date, year, other."""

    code = "calendar_overlaps"
    message = _(
        "%(date)s is given for %(year)s and stands in the calendar of %(other)s already. A day belongs to one notice:"
        " take it out of one of the two. Nothing was stored."
    )


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The days that differ from the plain week (date to "is worked"), and the years whose notice is known."""

    differing: Mapping[date, bool]
    years: frozenset[int]
    _counted: dict[tuple[date, date | int], Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `add` and `between` have walked through: on one day most tasks are due on the same few days."""

    def is_working(self, day: date) -> bool:
        """Return whether the offices work on `day`."""
        return self.differing.get(day, day.weekday() < SATURDAY)

    def is_published(self, day: date) -> bool:
        """Return whether the notice of the year of `day` is known; otherwise its weekends are all we know."""
        return day.year in self.years

    def add(self, day: date, days: int) -> date:
        """Return the working day `days` working days after `day` (before, when negative); `day` itself never counts.

        Zero gives `day` when it is worked, else the working day before it.
        """
        if (found := self._counted.get((day, days))) is None:
            found = self._counted[day, days] = self._walk(day, days)
        return found

    def _walk(self, day: date, days: int) -> date:
        step = ONE_DAY if days > 0 else -ONE_DAY
        here = day
        if days <= 0:
            while not self.is_working(here):
                here -= ONE_DAY
        for _step in range(abs(days)):
            here += step
            while not self.is_working(here):
                here += step
        return here

    def between(self, start: date, end: date) -> int:
        """Return how many working days lie after `start`, up to and with `end`; 0 when `end` is not later."""
        if (found := self._counted.get((start, end))) is None:
            found = sum(self.is_working(start + n * ONE_DAY) for n in range(1, (end - start).days + 1))
            self._counted[start, end] = found
        return found

    def longest_rest(self) -> int:
        """Return how many days without work the longest holiday of the known years has, its weekends counted in."""
        longest = 2
        for day in sorted(day for day, is_worked in self.differing.items() if not is_worked):
            start = end = day
            while not self.is_working(start - ONE_DAY):
                start -= ONE_DAY
            while not self.is_working(end + ONE_DAY):
                end += ONE_DAY
            longest = max(longest, (end - start).days + 1)
        return longest


_kept: tuple[float, WorkCalendar] | None = None


def current() -> WorkCalendar:
    """Return the calendar as the rows say; no query while what this process has read is fresh, two otherwise."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
        read_at = time.monotonic()
        differing = dict(WorkDay.objects.values_list("date", "is_working"))
        _kept = (read_at, WorkCalendar(differing, frozenset(CalendarYear.objects.values_list("year", flat=True))))
    return _kept[1]


def clear_cache(**kwargs: Any) -> None:
    """Read the rows anew next time. Also the receiver of the models' signals, hence the keywords."""
    global _kept
    _kept = None


for _signal in (post_save, post_delete):
    _signal.connect(clear_cache, sender=WorkDay)
    _signal.connect(clear_cache, sender=CalendarYear)


def is_working(day: date) -> bool:
    """Return whether the offices work on `day`."""
    return current().is_working(day)


def is_published(day: date) -> bool:
    """Return whether the notice of the year of `day` is known."""
    return current().is_published(day)


def add_working_days(day: date, days: int) -> date:
    """Return the working day `days` after `day`, before it when negative; see WorkCalendar.add."""
    return current().add(day, days)


def working_days_between(start: date, end: date) -> int:
    """Return how many working days lie after `start`, up to and with `end`."""
    return current().between(start, end)


# Years from data


def shipped_years() -> Sequence[Mapping[str, Any]]:
    """Return the shipped years: year, source, published_on, holidays and working as lists of date and name."""
    years: Sequence[Mapping[str, Any]] = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["year"]
    return years


def install_defaults(*, now: datetime) -> int:
    """Install the shipped years that are not there yet; return how many. Years that stand are left as they are."""
    known = set(CalendarYear.objects.values_list("year", flat=True))
    return import_years([year for year in shipped_years() if year["year"] not in known], now=now)


def import_years(years: Sequence[Mapping[str, Any]], *, now: datetime) -> int:
    """Store whole years, replacing what stands for each; return how many. All of them, or none.

    Each: year, source, published_on (or absent), holidays and working, lists of {date, name}. Deadlines that were
    computed without the year move with projecting.reproject.
    Raises: CalendarRefused for a day outside the year (December before allowed), named twice, a holiday on a
    weekend, or a make-up day on a weekday; CalendarOverlaps for a day or a year that is given twice, or a day that
    another year's notice holds. Nothing is stored then.
    """
    rows = _rows_of(years)
    with transaction.atomic():
        for year, days in rows:
            WorkDay.objects.filter(year_id=year["year"]).delete()
            CalendarYear.objects.update_or_create(
                year=year["year"],
                defaults={
                    "source": year["source"],
                    "published_on": year.get("published_on"),
                    "imported_at": now,
                },
            )
            WorkDay.objects.bulk_create(days)
        transaction.on_commit(clear_cache)
    clear_cache()
    return len(rows)


def with_years(years: Sequence[Mapping[str, Any]]) -> WorkCalendar:
    """Return the calendar as it would be with `years` stored; nothing is. Raises: as import_years."""
    stood = current()
    given = {year["year"] for year in years}
    rows = WorkDay.objects.exclude(year__in=given).values_list("date", "is_working")
    differing = dict(rows) | {day.date: day.is_working for _year, days in _rows_of(years) for day in days}
    return WorkCalendar(differing, stood.years | given)


def _rows_of(years: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], list[WorkDay]]]:
    """Return each year with its unsaved rows. One statement. Raises: CalendarRefused, CalendarOverlaps."""
    rows = [(year, days_of(year)) for year in years]
    stands = WorkDay.objects.exclude(year__in={year["year"] for year in years})
    wanted = {day.date for _year, days in rows for day in days}
    taken: dict[date, int] = dict(stands.filter(date__in=wanted).values_list("date", "year_id"))
    done: set[int] = set()
    for year, days in rows:
        for day in days:
            if day.date in taken or year["year"] in done:
                other = taken.get(day.date, year["year"])
                raise CalendarOverlaps(date=day.date.isoformat(), year=year["year"], other=other)
        taken |= {day.date: year["year"] for day in days}
        done.add(year["year"])
    return rows


def days_of(year: Mapping[str, Any]) -> list[WorkDay]:
    """Return the rows of one year, unsaved. Raises: CalendarRefused."""
    days: dict[date, WorkDay] = {}
    for words, is_worked in (("holidays", False), ("working", True)):
        for entry in year.get(words, ()):
            day: date = entry["date"]
            is_near = day.year == year["year"] or (day.year, day.month) == (year["year"] - 1, 12)
            if not is_near or day in days or is_worked != (day.weekday() >= SATURDAY):
                raise CalendarRefused(date=day.isoformat(), year=year["year"])
            days[day] = WorkDay(date=day, year_id=year["year"], is_working=is_worked, name=entry.get("name", ""))
    return list(days.values())
