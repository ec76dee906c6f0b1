"""Target tables as the import file of 预算管理一体化: one line an indicator, columns by the profile's mapping.

Reads only; every cell is a text. Called by the view.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from targets import mappings, profiles, values
from targets.export.xlsx import OPTIONS, sheet_name
from targets.models import Indicator, TargetTable
from targets.profiles import Profile
from workflow import record
from workflow.machine import Action, Kind, State
from workflow.models import Case, User
from workflow.refusals import Refused

TENTH = Decimal("0.1")
MOST_TABLES = 2000
"""Made while the page waits: about 4 s for each 1,000 tables of 21 rows."""
GONE = (State.CANCELLED, State.REJECTED)
IN_FORCE = (State.APPROVED, State.MONITORING, State.SUSPENDED, State.CLOSED)


class NothingToHandOver(Refused):
    code = "nothing_to_hand_over"
    message = _("No table with indicators is among those chosen. Choose others on the list.")


class TooManyTables(Refused):
    code = "too_many_tables"
    message = _("%(count)s tables are chosen; at most %(limit)s fit in one file. Choose a department or a year.")


class UnknownMapping(Refused):
    code = "unknown_mapping"
    message = _("The column mapping names “%(name)s”, which is not known. Ask the administrator to mend it.")


@dataclass(frozen=True, slots=True)
class Split:
    """A value as 一体化 takes it: comparator, number and unit; a value in words stands under `number` whole."""

    relation: str
    number: str
    unit: str


def split(raw: str, *, name: str, year: int | None, code: str, relations: Mapping[str, str]) -> Split:
    """Return a value in three parts. What the grammar does not know as one number stays whole, as words.

    `relations`: comparator (">=", "words", …) → what the file calls it.
    """
    value = values.parse(raw, name=name, year=year, code=code)
    number = value.number
    is_one = value.low is None or value.high is None or value.low == value.high
    if value.kind not in ("number", "money", "rate", "price", "duration") or number is None or not is_one:
        return Split(relations["words"], raw, "")
    return Split(relations[COMPARATORS.get(value.comparator or "=", "=")], _plain(number), value.unit or "")


COMPARATORS = {"≥": ">=", "≤": "<=", ">": ">", "<": "<", "=": "="}


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class _Line:
    table: TargetTable
    row: Indicator
    profile: Profile
    split: Split
    weight: str


SOURCES: Mapping[str, Callable[[_Line], Any]] = {
    "": lambda line: "",
    "fiscal_year": lambda line: line.table.case.fiscal_year,
    "number_of_case": lambda line: line.table.case.number,
    "department_code": lambda line: line.table.case.department.code,
    "department_name": lambda line: line.table.case.department.name,
    "unit_code": lambda line: line.table.case.unit.code,
    "unit_name": lambda line: line.table.case.unit.name,
    "project_code": lambda line: line.table.project.code if line.table.project else "",
    "project_name": lambda line: line.table.project_name,
    "annual_goal": lambda line: line.table.annual_goal,
    "funds_total": lambda line: line.table.funds_total,
    "family_code": lambda line: line.row.code[:1],
    "family": lambda line: _family(line),
    "category_code": lambda line: line.row.code,
    "category": lambda line: _category(line),
    "name": lambda line: line.row.name,
    "value": lambda line: line.row.value,
    "relation": lambda line: line.split.relation,
    "number": lambda line: line.split.number,
    "unit": lambda line: line.split.unit,
    "weight": lambda line: line.weight,
}
"""What a mapping may name under `from` → where it stands."""


def _family(line: _Line) -> str:
    return next((f.words[0] for f in line.profile.families if f.code == line.row.code[:1]), "")


def _category(line: _Line) -> str:
    category = line.profile.category(line.row.code)
    return category.words[0] if category else ""


def write_targets(out: IO[bytes], *, cases: QuerySet[Case], by: User | None, now: datetime,
                  report: Callable[[int], None] = lambda done: None) -> None:
    """Write the tables of `cases` as one xlsx, a line an indicator, in the order of their numbers, and record for each
    that `by` took it out (None: the command line). `report` hears how many are written.

    Cancelled and rejected ones are left out, and of a table and its adjustments only one is written (_once), so that no
    money is counted twice. Five statements for the reading, whatever the number; memory stays flat.
    Raises: NothingToHandOver, TooManyTables, UnknownMapping; nothing is recorded then.
    """
    mapping = mappings.load(settings.DEFAULT_PROFILE)["targets"]
    unknown = [c["from"] for c in mapping["columns"] if c["from"] not in SOURCES]
    if unknown:
        raise UnknownMapping(name=unknown[0])
    chosen = _once(cases.exclude(state__in=GONE))
    tables = TargetTable.objects.filter(case__in=chosen, indicators__isnull=False).distinct()
    count = tables.count()
    if not count:
        raise NothingToHandOver
    if count > MOST_TABLES:
        raise TooManyTables(count=count, limit=MOST_TABLES)
    with xlsxwriter.Workbook(out, {**OPTIONS, "constant_memory": True}) as book:
        book.set_properties({"created": now.replace(tzinfo=None)})
        sheet = book.add_worksheet(sheet_name(mapping["sheet"]))
        as_text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        for column, told in enumerate(mapping["columns"]):
            sheet.set_column(column, column, 16, as_text)
            sheet.write_string(0, column, told["header"], bold)
        sheet.freeze_panes(1, 0)
        written: dict[int, None] = {}
        for n, line in enumerate(_lines(tables, mapping, report), start=1):
            written[line.table.pk] = None
            for column, told in enumerate(mapping["columns"]):
                sheet.write_string(n, column, str(SOURCES[told["from"]](line) or ""), as_text)
    for pk in written:
        record.note(pk, action=Action.EXPORT, by=by, now=now, payload={"format": "exchange"})


def _once(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return the cases with one of each table and its adjustments: the latest adjustment that was approved, else the
    table itself. An adjustment on its way is not in force and says nothing yet.
    """
    later = Case.objects.filter(kind=Kind.TARGET, state__in=IN_FORCE)
    newer = later.filter(parent=OuterRef("parent"), pk__gt=OuterRef("pk"))
    return cases.filter(Q(parent=None) & ~Exists(later.filter(parent=OuterRef("pk")))
                        | Q(parent__isnull=False, state__in=IN_FORCE) & ~Exists(newer))


def _lines(tables: Any, mapping: Mapping[str, Any], report: Callable[[int], None]) -> Iterator[_Line]:
    found = (tables.select_related("case__unit", "case__department", "project").prefetch_related("indicators")
             .order_by("case__number"))
    for n, table in enumerate(found.iterator(chunk_size=200), start=1):
        profile, rows = profiles.load(table.case.profile), list(table.indicators.all())
        weights = weights_of([row.code for row in rows], shares=mapping.get("weights", {}))
        for row, weight in zip(rows, weights, strict=True):
            parts = split(row.value, name=row.name, year=table.fiscal_year, code=row.code,
                          relations=mapping["relations"])
            yield _Line(table, row, profile, parts, weight)
        report(n)


def weights_of(codes: Sequence[str], *, shares: Mapping[str, Any]) -> list[str]:
    """Return the points (分值) of each indicator: the share of its first level, in equal parts of at most one decimal.

    `codes`: of the second levels, in order; `shares`: first level → points. A first level without an indicator gives
    its points to the one named under "rest". The parts of a first level come to its share exactly: the last one has
    what is left. Without shares: blanks. Source of the shipped shares: 财预〔2020〕10号.
    """
    counts = Counter(code[:1] for code in codes)
    points = {family: Decimal(str(share)) for family, share in shares.items() if family != "rest"}
    if not points:
        return [""] * len(codes)
    for family in [family for family in points if not counts[family]]:
        if counts[str(shares.get("rest", ""))]:
            points[str(shares["rest"])] += points.pop(family)
    found, met = [], Counter[str]()
    for code in codes:
        family = code[:1]
        share = points.get(family, Decimal(0))
        part = (share / counts[family]).quantize(TENTH, rounding=ROUND_DOWN)
        met[family] += 1
        found.append(_plain(share - part * (counts[family] - 1) if met[family] == counts[family] else part))
    return found
