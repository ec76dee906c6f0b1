"""Execution figures (执行数): finance takes the payment system's file in, sums it by project, matches what is left.

A report shows the figure as locked money with its source; the unit may dispute it in words. Called by the views
and by monitoring.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from targets import lists, mappings, organisations
from targets.models import (
    ExecutionFigure,
    ExecutionImport,
    ExecutionMatch,
    MonitoringPeriod,
    MonitoringReport,
    Project,
)
from targets.organisations import normal_name
from targets.rows import wan
from workflow.models import User
from workflow.refusals import Refused

TOTALS = ("合计", "总计", "小计")
MOST_CANDIDATES = 3
LIKE_ENOUGH = 0.3
CHUNK = 500
Key = tuple[str, str, str]
"""Code, normal name, normal unit: what a row says of its project."""


class NoExecutionFile(lists.ListRefused):
    code = "no_execution_file"
    message = _("This is no file of execution figures: no row names the columns 项目编码 and 执行数.")


class LockedMoney(Refused):
    code = "locked_money"
    message = _("The executed amount comes from the finance bureau (%(amount)s ten-thousand yuan, as of %(day)s) and "
                "is not changed here. If “%(typed)s” is right, say so under “Objection”.")


class NegativeSum(Refused):
    code = "negative_sum"
    message = _("“%(project)s” would come to %(amount)s yuan in all, which is below 0. Choose another project.")


class UnknownProjectCode(Refused):
    code = "unknown_project_code"
    message = _("There is no project with the code “%(typed)s”. Check it and try again.")


class AlreadyMatched(Refused):
    code = "already_matched"
    message = _("This row was matched meanwhile. Reload the page.")


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One line that cannot be taken in, and the sentence that says why."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """What came of a file; with any line refused nothing was stored and `source` is None. `rows`: lines read."""

    source: ExecutionImport | None = None
    rows: int = 0
    matched: int = 0
    unmatched: int = 0
    refused: tuple[RefusedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One line of the file; `amount` in yuan, None when it is no number."""

    line: int
    code: str
    name: str
    unit_name: str
    amount: Decimal | None
    typed: str
    code_lost_digits: bool = False

    @property
    def key(self) -> Key:
        """What later files are matched by: the code alone where there is one."""
        return (self.code, "", "") if self.code else ("", normal_name(self.name), normal_name(self.unit_name))


@dataclass(slots=True)
class _Sum:
    first: PaidRow
    project_id: int | None
    amount: Decimal = Decimal(0)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Unmatched:
    """One figure that belongs to no project yet, with the projects it may mean, the likeliest first."""

    figure: ExecutionFigure
    candidates: Sequence[Project] = field(default=())


def import_execution(*, period: MonitoringPeriod, name: str, data: bytes, by: User, now: datetime,
                     as_of: date | None = None) -> ExecutionResult:
    """Take a file of execution figures for `period` in, whole or not at all; the newest file of a period counts.

    Rows of one project are summed, refunds with them; only a sum below 0 is refused. Amounts in 元 or 万元 as the
    header says. Rows of no known project are kept to be matched. `as_of`: None for the last day of the period.
    Raises: NotFinance; a class of lists.ListRefused when the file is none.
    """
    if not organisations.is_finance(by):
        raise organisations.NotFinance
    read = read_execution(data)
    sums, refused = _sums(read)
    if refused:
        return ExecutionResult(rows=len(read), refused=tuple(sorted(refused, key=lambda r: r.line)))
    with transaction.atomic():
        source = ExecutionImport.objects.create(
            period=period, as_of=as_of or period.to_date, name=name[:255], sha256=hashlib.sha256(data).hexdigest(),
            size=len(data), rows=len(read), imported_by=by, imported_at=now)
        ExecutionFigure.objects.bulk_create(
            (ExecutionFigure(source=source, line=s.first.line, rows=s.rows, code=s.first.code, name=s.first.name,
                             unit_name=s.first.unit_name, amount=s.amount, project_id=s.project_id) for s in sums),
            batch_size=CHUNK)
    unmatched = sum(1 for s in sums if s.project_id is None)
    return ExecutionResult(source, len(read), len(sums) - unmatched, unmatched)


def read_execution(data: bytes, *, profile: str | None = None) -> list[PaidRow]:
    """Return the lines of a file of execution figures, totals and blank ones left out.

    Raises: NoExecutionFile and the other classes of lists.ListRefused.
    """
    mapping = mappings.load(profile or settings.DEFAULT_PROFILE)["execution"]
    read = lists.rows_of(data, words=mapping["columns"], needed=mapping["needed"], no_such=NoExecutionFile)
    found = [row for line, cells, factor in read if (row := _row(line, cells, factor)) is not None]
    if not found:
        raise lists.ListEmpty
    return found


def _row(line: int, cells: Mapping[str, Any], factor: Decimal) -> PaidRow | None:
    code, name, unit, typed = (lists.text_in(cells.get(c)) for c in ("code", "name", "unit_name", "amount"))
    is_total = any(text.replace(" ", "").startswith(TOTALS) for text in (code, name) if text) and not (code and name)
    if is_total or not (code or name or typed):
        return None
    return PaidRow(line, code[:60], name[:300], unit[:200], lists.yuan_of(typed, factor), typed,
                   lists.code_lost_digits(cells.get("code")))


def _sums(read: Sequence[PaidRow]) -> tuple[list[_Sum], list[RefusedLine]]:
    projects = _projects_of(read)
    sums: dict[Any, _Sum] = {}
    refused = []
    for row in read:
        fault = _fault(row)
        if fault:
            refused.append(RefusedLine(row.line, fault))
            continue
        project = projects.get(row.key)
        total = sums.setdefault(project or row.key, _Sum(row, project))
        total.amount += row.amount or Decimal(0)
        total.rows += 1
    refused += [RefusedLine(s.first.line, gettext(
        "Line %(line)s: all rows of “%(project)s” come to %(amount)s yuan in all, which is below 0.") % {
        "line": s.first.line, "project": s.first.code or s.first.name, "amount": f"{s.amount:,.2f}"})
        for s in sums.values() if s.amount < 0]
    return list(sums.values()), refused


def _fault(row: PaidRow) -> str:
    if row.code_lost_digits:
        return gettext("Line %(line)s: the project code was typed as a number and has lost digits. "
                  "Format the column as text and type it again.") % {"line": row.line}
    if not row.code and not row.name:
        return gettext("Line %(line)s: the project code is missing.") % {"line": row.line}
    if row.amount is None:
        facts = {"line": row.line, "typed": row.typed[:40]}
        return gettext("Line %(line)s: the amount “%(typed)s” is no number.") % facts
    return ""


def _projects_of(read: Sequence[PaidRow]) -> dict[Key, int]:
    """Return the project of each key that is known: by code, else by what finance said of it before."""
    codes = sorted({row.code for row in read if row.code})
    found: dict[Key, int] = {}
    for match in ExecutionMatch.objects.all():
        found[match.code, match.normal_name, match.normal_unit] = match.project_id
    for start in range(0, len(codes), CHUNK):
        known = Project.objects.filter(code__in=codes[start:start + CHUNK]).values_list("code", "pk")
        found |= {(str(code), "", ""): pk for code, pk in known}
    return found


# What is not matched yet

def only_period() -> MonitoringPeriod | None:
    """Return the monitoring period where there is one only: the page offers it as chosen."""
    found = list(MonitoringPeriod.objects.all()[:2])
    return found[0] if len(found) == 1 else None


def newest(period: MonitoringPeriod) -> ExecutionImport | None:
    """Return the file that counts for a period."""
    return ExecutionImport.objects.filter(period=period).order_by("-pk").first()


def unmatched_of(source: ExecutionImport, *, limit: int = 50) -> list[Unmatched]:
    """Return the first figures of a file that belong to no project yet, each with likely projects of that year."""
    figures = list(source.figures.filter(project=None).order_by("line")[:limit])
    if not figures:
        return []
    year = source.period.fiscal_year
    pool = list(Project.objects.filter(tables__case__fiscal_year=year).select_related("unit").distinct())
    pairs = [(project, _pairs(project.name), normal_name(project.unit.name)) for project in pool]
    return [Unmatched(figure, _candidates(figure, pairs)) for figure in figures]


def _candidates(figure: ExecutionFigure, pool: Sequence[tuple[Project, frozenset[str], str]]) -> list[Project]:
    own, unit = _pairs(figure.name), normal_name(figure.unit_name)
    scored = []
    for project, pairs, of_unit in pool:
        likeness = 2 * len(own & pairs) / (len(own) + len(pairs)) if own and pairs else 0.0
        scored.append((likeness + (0.2 if unit and unit == of_unit else 0), likeness, project.pk, project))
    scored.sort(key=lambda s: (-s[0], s[2]))
    return [project for _score, likeness, _pk, project in scored[:MOST_CANDIDATES] if likeness >= LIKE_ENOUGH]


def _pairs(name: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters of a name: what two spellings of it share."""
    normal = normal_name(name)
    return frozenset(normal[i:i + 2] for i in range(len(normal) - 1))


def match(*, figure: ExecutionFigure, project: Project, by: User, now: datetime) -> ExecutionFigure:
    """Say which project a figure belongs to, and remember it for every later file.

    Raises: NotFinance, AlreadyMatched, NegativeSum.
    """
    if not organisations.is_finance(by):
        raise organisations.NotFinance
    with transaction.atomic():
        locked = ExecutionFigure.objects.select_for_update().get(pk=figure.pk)
        if locked.project_id is not None:
            raise AlreadyMatched
        total = locked.amount + (_sum_of(locked.source_id, project.pk) or Decimal(0))
        if total < 0:
            raise NegativeSum(project=project.name, amount=f"{total:,.2f}")
        locked.project, locked.matched_by, locked.matched_at = project, by, now
        locked.save(update_fields=["project", "matched_by", "matched_at"])
        code, name, unit = PaidRow(0, locked.code, locked.name, locked.unit_name, None, "").key
        ExecutionMatch.objects.update_or_create(
            code=code, normal_name=name, normal_unit=unit,
            defaults={"project": project, "matched_by": by, "matched_at": now})
    return locked


def project_of_code(typed: str) -> Project:
    """Return the project with this code. Raises: UnknownProjectCode."""
    project = Project.objects.filter(code=typed.strip()).first() if typed.strip() else None
    if project is None:
        raise UnknownProjectCode(typed=typed.strip()[:60])
    return project


def _sum_of(source_id: int, project_id: int) -> Decimal | None:
    figures = ExecutionFigure.objects.filter(source=source_id, project=project_id)
    total: Decimal | None = figures.aggregate(total=Sum("amount"))["total"]
    return total


# The figure in a report

@dataclass(frozen=True, slots=True)
class Figure:
    """What finance says a project has spent, in yuan, and the file it comes from."""

    amount: Decimal
    source: ExecutionImport

    @property
    def in_wan(self) -> str:
        """The amount in 万元 as a report holds it."""
        return wan(self.amount)


def figure_of(report: MonitoringReport) -> Figure | None:
    """Return the figure that counts for a report now; None when finance gave none for its project. Three statements."""
    source = newest(report.period)
    project_id = Project.objects.filter(tables=report.target_id).values_list("pk", flat=True).first()
    if source is None or project_id is None:
        return None
    amount = _sum_of(source.pk, project_id)
    return None if amount is None else Figure(amount, source)


def lock_money(report: MonitoringReport, typed: str | None = None) -> Figure | None:
    """Put finance's figure into a report that is being filled, on the instance only; returns it.

    `typed`: what the form says; another number than finance's is refused. Raises: LockedMoney.
    """
    figure = figure_of(report)
    if figure is None:
        report.execution_source = None
        return None
    if typed and lists.yuan_of(typed, lists.UNITS["万元"]) != figure.amount:
        raise LockedMoney(amount=figure.in_wan, day=figure.source.as_of.isoformat(), typed=typed[:40])
    report.executed_total, report.execution_source = figure.in_wan, figure.source
    return figure
