"""The project list (预算项目清单): finance imports it, each new row opens a target table with a locked header.

One file is taken in as a whole or not at all. Editors add what is not on the list (清单外项目).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from targets import drafts, organisations, rows
from targets.lists import ListedRow, read_list, template
from targets.models import Project, ProjectListImport, ProjectListing, TargetTable
from workflow import engine, record
from workflow.canonical import content_hash
from workflow.machine import Action, Kind, State
from workflow.models import Case, Organisation, Round, User
from workflow.refusals import DetailMissing, Refused

__all__ = ["ImportResult", "RefusedRow", "add_off_list", "import_project_list", "open_round", "template"]

CHUNK = 10
"""Rows a transaction: each opens a case, and no write transaction should last above 200 ms."""
CATEGORIES = {"人员类": Project.Category.PERSONNEL, "人员": Project.Category.PERSONNEL,
              "运转类": Project.Category.OPERATION, "运转": Project.Category.OPERATION,
              "特定目标类": Project.Category.SPECIFIC, "特定目标": Project.Category.SPECIFIC,
              "": Project.Category.SPECIFIC}
CONTINUING = {"延续": True, "延续性": True, "延续项目": True, "新增": False, "新增项目": False, "": False}
YES = {"是": True, "y": True, "yes": True, "√": True, "1": True, "重点": True, "重点项目": True,
       "否": False, "n": False, "no": False, "0": False, "": False, "一般": False, "一般项目": False}


class KnownProject(Refused):
    code = "known_project"
    message = gettext_lazy("Your unit already has the project “%(project)s” on the list. "
                    "Choose it instead of adding it again.")


class NoRound(Refused):
    code = "no_round"
    message = gettext_lazy("No round is open for tables. Ask the finance bureau to open one.")


class RoundClosed(Refused):
    code = "round_closed"
    message = gettext_lazy("The round “%(round)s” is closed and takes no list. Choose an open round.")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row of the list that cannot be taken in: its line in the file and the sentence that says why."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import. With any row refused nothing was stored, and the counts are 0."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[RefusedRow, ...] = ()

    @property
    def is_stored(self) -> bool:
        return not self.refused


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One checked row: what the project and its listing shall be."""

    code: str
    unit: Organisation
    project: dict[str, Any]
    listing: dict[str, Any]


def import_project_list(*, name: str, data: bytes, by: User, now: datetime, round: Round,
                        is_final: bool = False) -> ImportResult:
    """Take in the project list of `round`: new projects, changed names and amounts, and a table to fill for each.

    All rows are checked first; one that is wrong refuses the whole file, with a sentence a line. Importing a list
    again updates and never doubles. Personnel projects get no table. Amounts as the header says, stored in yuan.
    `is_final`: these are the control figures (控制数); from now on a table of the round must say the listed amount.
    Raises: NotFinance; RoundClosed; a class of lists.ListRefused when the file is no list.
    """
    if not organisations.is_finance(by):
        raise organisations.NotFinance
    if round.closed_at is not None:
        raise RoundClosed(round=round.title)
    listed = read_list(name=name, data=data, profile=round.profile)
    wanted, refused = _check(listed)
    if refused:
        return ImportResult(refused=tuple(sorted(refused, key=lambda row: row.line)))
    entry = ProjectListImport.objects.create(
        round=round, name=name[:255], sha256=hashlib.sha256(data).hexdigest(), size=len(data), imported_by=by,
        imported_at=now)
    done: Counter[str] = Counter()
    for chunk in _chunks(wanted):
        with transaction.atomic():
            for row in chunk:
                done[_take(row, entry, by=by, now=now)] += 1
    if is_final:
        Round.objects.filter(pk=round.pk).update(control_figures_final=True)
    result = ImportResult(done["created"], done["updated"], done["unchanged"])
    ProjectListImport.objects.filter(pk=entry.pk).update(
        created=result.created, updated=result.updated, unchanged=result.unchanged)
    return result


def open_round(fiscal_year: int | None = None) -> Round:
    """Return the newest open round for target tables, of `fiscal_year` when there is one. Raises: NoRound."""
    rounds = Round.objects.filter(case_kind=Kind.TARGET, opened_at__isnull=False, closed_at=None).order_by("-pk")
    found = (rounds.filter(fiscal_year=fiscal_year).first() if fiscal_year else None) or rounds.first()
    if found is None:
        raise NoRound
    return found


def add_off_list(*, unit: Organisation, name: str, by: User, key: str, now: datetime,
                 fiscal_year: int | None = None, category: str = Project.Category.SPECIFIC) -> Case:
    """Add a project that is not on the project list (清单外项目) and open its blank table; returns the case.

    The same key opens it once. Raises: NotAnEditor, WhichUnit, NoRound, KnownProject, TextTooLong.
    """
    own = organisations.own_unit(by, unit)
    title = rows.text_of("project_name", name)
    if not title:
        raise DetailMissing(field=_("project name"))
    if earlier := Case.objects.filter(events__key=key, events__actor=by, kind=Kind.TARGET).first():
        return earlier
    if organisations.normal_name(title) in {
            organisations.normal_name(known) for known in Project.objects.filter(unit=own, ended_at=None)
            .values_list("name", flat=True)}:
        raise KnownProject(project=title)
    round = open_round(fiscal_year)
    with transaction.atomic():
        project = Project.objects.create(name=title, unit=own, category=category, origin=Project.Origin.OFF_LIST,
                                         first_year=round.fiscal_year, created_at=now)
        case = drafts.open_table(unit=own, title=title, by=by, key=key, now=now, fiscal_year=round.fiscal_year,
                                 profile=round.profile, project=project, round=round, is_off_list=True)
        ProjectListing.objects.create(project=project, round=round, case=case, name=title, listed_at=now,
                                      changed_at=now)
    return case


def _chunks(wanted: Sequence[_Wanted]) -> Iterator[Sequence[_Wanted]]:
    for start in range(0, len(wanted), CHUNK):
        yield wanted[start:start + CHUNK]


# Checking: nothing is written

def _check(listed: Iterable[ListedRow]) -> tuple[list[_Wanted], list[RefusedRow]]:
    """Return the rows as they shall be, and every row that is wrong with its first fault."""
    listed = list(listed)
    directory = organisations.Directory()
    known = Project.objects.filter(code__in=[row.text("code") for row in listed]).values_list("code", "unit_id")
    owners = {str(code): unit for code, unit in known}
    seen: dict[str, int] = {}
    wanted, refused = [], []
    for row in listed:
        try:
            wanted.append(_checked(row, directory, owners, seen))
        except _Wrong as wrong:
            refused.append(RefusedRow(row.line, str(wrong)))
    return wanted, refused


class _Wrong(Exception):
    """One row's fault, as its sentence."""


def _checked(row: ListedRow, directory: organisations.Directory, owners: dict[str, int],
             seen: dict[str, int]) -> _Wanted:
    code, name = row.text("code"), row.text("name")
    if not code:
        raise _Wrong(_("Line %(line)s: the project code is missing.") % {"line": row.line})
    if row.code_lost_digits:
        raise _Wrong(_("Line %(line)s: the project code was typed as a number and has lost digits. "
                       "Format the column as text and type it again.") % {"line": row.line})
    if code in seen:
        raise _Wrong(_("Line %(line)s: the project code %(code)s stands in line %(first)s already.")
                     % {"line": row.line, "code": code, "first": seen[code]})
    seen[code] = row.line
    for column, text, limit in (("项目编码", code, 60), ("项目名称", name, 300),
                                ("资金来源", row.text("funding_source"), 120)):
        if len(text) > limit:
            raise _Wrong(_("Line %(line)s: %(column)s is longer than %(limit)s characters.")
                         % {"line": row.line, "column": column, "limit": limit})
    if not name:
        raise _Wrong(_("Line %(line)s: the project name is missing.") % {"line": row.line})
    _check_amount(row)
    unit = _unit(row, directory)
    _check_names(row, unit)
    if owners.get(code, unit.pk) != unit.pk:
        raise _Wrong(_("Line %(line)s: the project code %(code)s belongs to another unit. Check the code or the unit.")
                     % {"line": row.line, "code": code})
    category = _choice(row, "category", CATEGORIES)
    return _Wanted(
        code, unit,
        {"name": name, "category": category, "funding_source": row.text("funding_source"),
         "is_key": _choice(row, "key", YES)},
        {"name": name, "amount": row.amount, "is_continuing": _choice(row, "continuing", CONTINUING)})


def _check_amount(row: ListedRow) -> None:
    typed = row.text("amount")
    if not typed:
        raise _Wrong(_("Line %(line)s: the amount is missing.") % {"line": row.line})
    if row.amount is None:
        raise _Wrong(_("Line %(line)s: the amount “%(typed)s” is no number.") % {"line": row.line, "typed": typed[:40]})
    if row.amount < 0:
        raise _Wrong(_("Line %(line)s: the amount %(typed)s is negative.") % {"line": row.line, "typed": typed[:40]})


def _check_names(row: ListedRow, unit: Organisation) -> None:
    """What the list says of department and division must be what the organisations say."""
    department = unit.department
    for column, text, own in (("主管部门", row.text("department"), department),
                              ("归口股室", row.text("division"), department.division_in_charge)):
        if text and (own is None or not organisations.means(text, own)):
            raise _Wrong(_("Line %(line)s: %(column)s of %(unit)s is “%(known)s”, but the list says “%(name)s”.") % {
                "line": row.line, "column": column, "unit": unit.name, "known": own.name if own else "—",
                "name": text[:60]})


def _unit(row: ListedRow, directory: organisations.Directory) -> Organisation:
    code, name = row.text("unit_code"), row.text("unit_name")
    units = [o for o in directory.by_name(name) if o.kind == Organisation.Kind.UNIT] if name else []
    if code:
        unit = directory.by_code(code)
        if unit is None or unit.kind != Organisation.Kind.UNIT:
            raise _Wrong(_("Line %(line)s: there is no unit with the code %(code)s. "
                           "Ask the administrator to add it first.") % {"line": row.line, "code": code})
        if name and unit not in units:
            raise _Wrong(_("Line %(line)s: the unit code %(code)s is “%(known)s”, but the list says “%(name)s”.")
                         % {"line": row.line, "code": code, "known": unit.name, "name": name})
        return unit
    department = row.text("department")
    if department and len(units) > 1:
        units = [u for u in units if u.department in directory.by_name(department)]
    if len(units) != 1:
        raise _Wrong(_("Line %(line)s: the unit “%(name)s” is not known, or not the only one of this name. "
                       "Give its code.") % {"line": row.line, "name": name})
    return units[0]


def _choice(row: ListedRow, column: str, words: dict[str, Any]) -> Any:
    typed = row.text(column).lower()
    if typed not in words:
        raise _Wrong(_("Line %(line)s: “%(typed)s” is not one of %(known)s.") % {
            "line": row.line, "typed": row.text(column)[:40], "known": "、".join(w for w in words if w)})
    return words[typed]


# Taking in: one row, inside a transaction of few rows

def _take(row: _Wanted, entry: ProjectListImport, *, by: User, now: datetime) -> str:
    """Store one row; return which of the counts it belongs to."""
    round = entry.round
    _adopt(row)
    project, is_new = Project.objects.select_for_update().get_or_create(
        code=row.code, defaults={**row.project, "unit": row.unit, "first_year": round.fiscal_year, "created_at": now})
    changed = {} if is_new else _differing(project, row.project)
    if changed:
        Project.objects.filter(pk=project.pk).update(**changed)
    listing, is_listed = ProjectListing.objects.get_or_create(
        project=project, round=round, defaults={**row.listing, "list_import": entry, "listed_at": now,
                                                "changed_at": now})
    moved = {} if is_listed else _differing(listing, row.listing)
    if moved:
        ProjectListing.objects.filter(pk=listing.pk).update(**moved, list_import=entry, changed_at=now)
    refunded = listing.case is not None and listing.case.is_unfunded and bool(listing.amount)
    if (listing.case_id is None or refunded) and project.needs_table:
        again = f":{listing.case_id}" if refunded else ""
        listing.case = drafts.open_table(
            unit=row.unit, title=project.name, by=by, key=f"listing:{project.pk}:{round.pk}{again}", now=now,
            fiscal_year=round.fiscal_year, profile=round.profile, project=project, round=round,
            funds_total=rows.wan(listing.amount), is_key=project.is_key)
        listing.save(update_fields=["case"])
    elif listing.case_id is not None:
        _follow(listing.case_id, project, by=by, now=now)
    if is_listed:
        return "created"
    return "updated" if changed or moved else "unchanged"


def _follow(case_id: int, project: Project, *, by: User, now: datetime) -> None:
    """Let the case say what the list says now: on the list, key project, and in draft the listed name.

    A table that is submitted keeps the name that was submitted; rule LST-01 tells the difference. Who corrects the
    list is no editor of the table, so the record has the list as the one who wrote.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    columns: dict[str, Any] = {"is_key": project.is_key, "is_off_list": False}
    if case.state == State.DRAFT:
        columns["title"] = project.name
    if not _differing(case, columns):
        return
    if "title" in columns and TargetTable.objects.filter(pk=case.pk).exclude(project_name=project.name).update(
            project_name=project.name):
        case.content_hash = content_hash(engine.document_of(case).content(case))
        record.append(case, action=Action.EDIT, by=None, now=now, from_state=case.state, to_state=case.state,
                      version=case.version, payload={"pass": case.pass_no, "project_list": project.name,
                                                     "imported_by": str(by)})
    Case.objects.filter(pk=case.pk).update(**columns, content_hash=case.content_hash, head=case.head,
                                           head_seq=case.head_seq)


def _adopt(row: _Wanted) -> None:
    """Give the code to the project of the same name that the unit added outside the list: it is not doubled."""
    if Project.objects.filter(code=row.code).exists():
        return
    Project.objects.filter(code=None, unit=row.unit, name=row.project["name"]).update(
        code=row.code, origin=Project.Origin.LIST)


def _differing(row: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what changes, already set on the instance."""
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return changed
