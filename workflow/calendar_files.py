"""Calendar files: a year's notice as TOML (the shape of the shipped data) or as CSV lines "date, kind, name".

Reads bytes into the years that calendar.import_years takes, and writes a year back as lines. No database.
"""

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from workflow.refusals import Refused

LARGEST = 200_000
"""Bytes; a year is about 2,000."""
FREE_WORDS = {"放假", "休", "holiday", "free"}
WORKED_WORDS = {"上班", "班", "调休上班", "working", "work"}
HEADINGS = {"日期", "date"}
ALWAYS_FREE = ((1, 1), (5, 1), (10, 1))
"""Public holidays on the same date each year: a calendar without them is not whole."""
MOVING = {"春节": "春节", "清明节": "清明", "劳动节": "劳动", "端午节": "端午", "中秋节": "中秋", "国庆节": "国庆"}
"""Holidays of several days or of the lunar calendar, and the word that their days are named with."""
FIRST_YEAR, LAST_YEAR = 2000, 2100


class CalendarUnreadable(Refused):
    """Facts: line, text."""

    code = "calendar_unreadable"
    message = _(
        "Line %(line)s cannot be read (“%(text)s”): write a date, 放假 or 上班, and a name, for instance"
        " “2027-01-01,放假,元旦”. Nothing was stored."
    )


class CalendarNotWhole(Refused):
    """Facts: date, year."""

    code = "calendar_not_whole"
    message = _(
        "The calendar of %(year)s is not whole: %(date)s is a public holiday and does not stand in it."
        " Compare it with the notice. Nothing was stored."
    )


class CalendarNoSource(Refused):
    """Facts: year."""

    code = "calendar_no_source"
    message = _(
        "Say which notice the working days of %(year)s come from, for instance “国办发明电〔2026〕7号”."
        " Nothing was stored."
    )


class CalendarNoFile(Refused):
    code = "calendar_no_file"
    message = _("This is no calendar file: choose a TOML or CSV file in UTF-8 or GB18030, at most 200 KB.")


def read(*, name: str, content: bytes, source: str = "") -> list[dict[str, Any]]:
    """Return the years in a file; `source` is the notice that a CSV file comes from.

    Raises: CalendarNoFile, CalendarUnreadable (with the line), CalendarNotWhole.
    """
    if not content.strip() or len(content) > LARGEST:
        raise CalendarNoFile
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise CalendarNoFile from error
    years = _from_toml(text) if name.lower().endswith(".toml") else from_lines(text, source=source)
    for year in years:
        check_whole(year)
    return years


def _from_toml(text: str) -> list[dict[str, Any]]:
    try:
        years = tomllib.loads(text)["year"]
        return [
            {
                "year": int(year["year"]),
                "source": str(year["source"])[:200],
                "published_on": year.get("published_on"),
                "holidays": [_entry(day) for day in year.get("holidays", ())],
                "working": [_entry(day) for day in year.get("working", ())],
            }
            for year in years
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CalendarNoFile from error


def _entry(day: Mapping[str, Any]) -> dict[str, Any]:
    if type(day["date"]) is not date:
        raise ValueError(day["date"])
    return {"date": day["date"], "name": str(day.get("name", ""))[:40]}


def from_lines(text: str, *, source: str, year: int | None = None) -> list[dict[str, Any]]:
    """Return the years written as lines; with `year`, all lines belong to it, else a December goes with what follows.

    Raises: CalendarUnreadable.
    """
    found: list[tuple[date, bool, str]] = []
    for number, row in enumerate(csv.reader(io.StringIO(text.replace("，", ",").replace("\t", ","))), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() in HEADINGS):
            continue
        found.append(_line(cells, number))
    if not found:
        raise CalendarNoFile
    latest = max(day for day, _is_worked, _name in found).year
    by_year: dict[int, dict[str, Any]] = {}
    for day, is_worked, name in sorted(found):
        belongs = year or (day.year + 1 if (day.month, day.day) >= (12, 29) and day.year < latest else day.year)
        entry = by_year.setdefault(
            belongs, {"year": belongs, "source": source[:200], "published_on": None, "holidays": [], "working": []}
        )
        entry["working" if is_worked else "holidays"].append({"date": day, "name": name})
    return list(by_year.values())


def _line(cells: Sequence[str], number: int) -> tuple[date, bool, str]:
    try:
        day = date.fromisoformat(cells[0].replace("/", "-").replace(".", "-"))
        kind = cells[1].lower()
        if kind not in FREE_WORDS | WORKED_WORDS or not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(kind)
    except (ValueError, IndexError) as error:
        raise CalendarUnreadable(line=number, text=",".join(cells)[:60]) from error
    return day, kind in WORKED_WORDS, cells[2][:40] if len(cells) > 2 else ""


def check_whole(year: Mapping[str, Any]) -> None:
    """Raises: CalendarNotWhole when a public holiday of a fixed date, on a weekday, is missing; CalendarNoSource."""
    if not str(year["source"]).strip():
        raise CalendarNoSource(year=year["year"])
    free = {entry["date"] for entry in year["holidays"]}
    for month, number in ALWAYS_FREE:
        day = date(year["year"], month, number)
        if day.weekday() < 5 and day not in free:
            raise CalendarNotWhole(date=day.isoformat(), year=year["year"])


def unnamed(year: Mapping[str, Any]) -> list[str]:
    """Return the public holidays that no day of the year is named after, of those whose date moves from year to year.

    They may fall on a weekend or carry another name, so this is told and refuses nothing.
    """
    said = "".join(entry["name"] for side in ("holidays", "working") for entry in year[side])
    return [name for name, sign in MOVING.items() if sign not in said]


def as_lines(days: Iterable[Any]) -> str:
    """Return rows of WorkDay as the lines that from_lines reads."""
    return "\n".join(
        f"{day.date.isoformat()},{'上班' if day.is_working else '放假'},{day.name}"
        for day in sorted(days, key=lambda row: row.date)
    )
