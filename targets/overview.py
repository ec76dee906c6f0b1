"""What the document's list pages read: target tables, the project list, the uploads of a unit.

Reads only; every function costs a fixed number of statements, whatever the number of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from targets.models import ImportedTable, MonitoringPeriod, MonitoringReport, Project, ProjectListing, SourceDocument
from targets.organisations import units_edited_by
from workflow import grants
from workflow.machine import REVIEW_STATES, Kind, State, TaskKind, TaskStatus
from workflow.models import Case, Organisation, Round, Task, User
from workflow.queries import open_tasks_prefetch, standing_of

PAGE = 50
CORRECTING = Task.objects.filter(case=OuterRef("pk"), kind=TaskKind.CORRECT, status=TaskStatus.OPEN)
IN_FORCE = (State.APPROVED, State.MONITORING, State.SUSPENDED, State.CLOSED)
TABS: dict[str, tuple[Any, Q]] = {
    "draft": (_("Not submitted"), Q(state=State.DRAFT, is_returned=False)),
    "review": (_("In review"), Q(state__in=REVIEW_STATES)),
    "returned": (_("Returned for correction"), Q(state=State.DRAFT, is_returned=True)),
    "approved": (_("Approved"), Q(state__in=IN_FORCE)),
    "all": (_("All"), Q()),
}
"""Tabs of the table list: name in the address → label, which cases."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the list asks for; None and "" ask nothing."""

    state: str = "all"
    department: int | None = None
    unit: int | None = None
    year: int | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its name in the address, its label, how many cases it holds, their sum in yuan."""

    name: str
    label: Any
    count: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the list: the case, and where it stands."""

    case: Case
    standing: Any


@dataclass(frozen=True, slots=True)
class TablePage:
    """One page of the table list; `after`: the key of the next page, None at the end."""

    rows: Sequence[TableRow]
    tabs: Sequence[Tab]
    after: int | None

    def tab(self, name: str) -> Tab:
        return next(tab for tab in self.tabs if tab.name == name)


def tables_for(user: User, *, filters: Filters, after: int | None = None, size: int = PAGE,
               kind: str = Kind.TARGET) -> TablePage:
    """Return one page of the tables that `user` sees, newest first, with counts and sums of every tab.

    Three statements.
    """
    cases = filtered(grants.visible_to(user).filter(kind=kind), filters).annotate(is_returned=Exists(CORRECTING))
    sums = cases.aggregate(
        **{f"n_{name}": Count("pk", filter=which) if which else Count("pk") for name, (_label, which) in TABS.items()},
        **{f"sum_{name}": Sum("amount", filter=which & Q(parent=None)) for name, (_label, which) in TABS.items()})
    tabs = [Tab(name, label, sums[f"n_{name}"], sums[f"sum_{name}"]) for name, (label, _which) in TABS.items()]
    rows = cases.filter(TABS[filters.state][1]).select_related("unit", "department", "step")
    rows = rows.prefetch_related(open_tasks_prefetch()).order_by("-id")
    found = list((rows.filter(id__lt=after) if after else rows)[: size + 1])
    shown = [TableRow(case, standing_of(open_tasks(case))) for case in found[:size]]
    return TablePage(shown, tabs, found[size - 1].pk if len(found) > size else None)


def open_tasks(case: Any) -> Sequence[Task]:
    """Return the open tasks that the queries here load beside a case."""
    return list(case.open_tasks)


def filtered(cases: QuerySet[Case], filters: Filters) -> QuerySet[Case]:
    """Return the cases that the filters leave, the tab apart. No statement."""
    if filters.department:
        cases = cases.filter(department=filters.department)
    if filters.unit:
        cases = cases.filter(unit=filters.unit)
    if filters.year:
        cases = cases.filter(fiscal_year=filters.year)
    if filters.q:
        cases = cases.filter(Q(title__icontains=filters.q) | Q(number__icontains=filters.q))
    return cases


def choices_for(user: User, *, kind: str = Kind.TARGET) -> tuple[list[tuple[int, str]], list[int]]:
    """Return the departments and the years of the cases that `user` sees. Two statements."""
    cases = grants.visible_to(user).filter(kind=kind)
    departments = Organisation.objects.filter(Exists(cases.filter(department=OuterRef("pk")))).order_by("code")
    years = cases.order_by("-fiscal_year").values_list("fiscal_year", flat=True).distinct()
    return list(departments.values_list("pk", "name")), list(years)


def _open_tasks_of(path: str) -> "Prefetch[Any]":
    """Return the prefetch that gives each case at `path` its open tasks, with who holds them."""
    own = open_tasks_prefetch()
    return Prefetch(f"{path}__tasks", queryset=own.queryset, to_attr="open_tasks")


# The project list


def projects_for(user: User, *, q: str = "", year: int | None = None, after: int | None = None,
                 size: int = PAGE) -> tuple[list[ProjectListing], int | None]:
    """Return one page of the listings that `user` may see, each with project, unit and the case of its table.

    Finance and auditors see all, reviewers those of their department, editors those of their unit. Two statements.
    """
    scope = grants.scope_of(user)
    rows = ProjectListing.objects.select_related("project__unit__parent", "round", "case__step")
    if not scope.everything:
        rows = rows.filter(
            Q(project__unit__in=scope.units) | Q(project__unit__parent__in=scope.departments)
            | Q(project__unit__in=scope.departments) | Q(project__unit__parent__division_in_charge__in=scope.divisions)
            | Q(project__unit__division_in_charge__in=scope.divisions))
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(project__code__icontains=q))
    if year:
        rows = rows.filter(round__fiscal_year=year)
    rows = rows.prefetch_related(_open_tasks_of("case")).order_by("-id")
    found = list((rows.filter(id__lt=after) if after else rows)[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def open_rounds() -> list[Round]:
    """Return the rounds that take target tables now, newest first."""
    return list(Round.objects.filter(case_kind=Kind.TARGET, opened_at__isnull=False, closed_at=None).order_by("-pk"))


# Uploads


def uploads_of(user: User, *, limit: int = 20) -> list[SourceDocument]:
    """Return the newest files that editors of the user's units uploaded, with counts. Two statements."""
    pending = ImportedTable.Decision.PENDING
    return list(
        SourceDocument.objects.filter(unit__in=units_edited_by(user)).select_related("unit", "uploaded_by")
        .annotate(n_tables=Count("tables"), n_pending=Count("tables", filter=Q(tables__decision=pending)))
        .order_by("-id")[:limit])


def staged_of(source: SourceDocument, *, only: Sequence[int] | None = None) -> list[ImportedTable]:
    """Return the tables of one upload, or some of them, in the order of the file. One statement."""
    rows = source.tables.select_related("source", "suggested", "case__step", "decided_by").order_by("position")
    return list(rows if only is None else rows.filter(pk__in=only))


def outlines_of(source: SourceDocument) -> list[ImportedTable]:
    """Return the tables of one upload without their long texts, which load when asked for. One statement."""
    rows = source.tables.select_related("suggested", "case__step", "decided_by").order_by("position")
    return list(rows.defer("source_rows", "places", "problems", "content"))


def tables_to_fill(unit: Organisation) -> list[tuple[Project, Case]]:
    """Return the projects of a unit that the open rounds list, each with the case of its table, latest round first.

    A file fills the table of a case in draft; for the others the page says where they are. One statement.
    """
    listings = (ProjectListing.objects.filter(project__unit=unit, project__ended_at=None, round__closed_at=None,
                                              case__isnull=False)
                .select_related("project", "case__step").order_by("-round_id", "project__code", "project_id"))
    found: dict[int, tuple[Project, Case]] = {}
    for listing in listings:
        assert listing.case is not None
        found.setdefault(listing.project_id, (listing.project, listing.case))
    return list(found.values())


# Monitoring


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One monitoring period with its counts: tables in force, reports waiting at the unit, handed in, accepted."""

    period: MonitoringPeriod
    in_force: int
    open: int
    handed_in: int
    accepted: int
    lights: dict[str, int]

    @property
    def not_opened(self) -> int:
        return max(0, self.in_force - self.open - self.handed_in - self.accepted)

    @property
    def expected(self) -> int:
        return max(self.in_force, self.open + self.handed_in + self.accepted)

    @property
    def done(self) -> int:
        return self.handed_in + self.accepted


def periods_for(user: User) -> list[PeriodRow]:
    """Return the monitoring periods, newest first, counted over what `user` sees. Three statements."""
    visible = grants.visible_to(user)
    in_force = dict(
        visible.filter(kind=Kind.TARGET, state__in=(State.APPROVED, State.MONITORING), parent=None).order_by()
        .values_list("fiscal_year").annotate(n=Count("pk")))
    counts: dict[int, dict[str, int]] = {}
    rows = (MonitoringReport.objects.filter(case__in=visible.values("pk")).order_by()
            .values("period_id", "light", "case__state").annotate(n=Count("pk")))
    for row in rows:
        of_period = counts.setdefault(row["period_id"], {})
        stage = STAGES.get(row["case__state"], "accepted")
        of_period[stage] = of_period.get(stage, 0) + row["n"]
        if stage != "open" and row["light"]:
            of_period[row["light"]] = of_period.get(row["light"], 0) + row["n"]
    periods = MonitoringPeriod.objects.order_by("-fiscal_year", "-from_date")
    return [_period_row(p, in_force.get(p.fiscal_year, 0), counts.get(p.pk, {})) for p in periods]


def _period_row(period: MonitoringPeriod, in_force: int, counts: dict[str, int]) -> PeriodRow:
    return PeriodRow(period, in_force, open=counts.get("open", 0), handed_in=counts.get("handed_in", 0),
                     accepted=counts.get("accepted", 0), lights=counts)


STAGES: dict[str, str] = {State.DRAFT: "open", State.DEPARTMENT_REVIEW: "handed_in", State.FINANCE_REVIEW: "handed_in"}


def reports_of(period: MonitoringPeriod, user: User, *, after: int | None = None,
               size: int = PAGE) -> tuple[list[MonitoringReport], int | None]:
    """Return one page of a period's reports that `user` sees, each with its case and open tasks. Two statements."""
    rows = (MonitoringReport.objects.filter(period=period, case__in=grants.visible_to(user).values("pk"))
            .select_related("case__unit", "case__department", "case__step", "period")
            .prefetch_related(_open_tasks_of("case")).order_by("-pk"))
    found = list((rows.filter(pk__lt=after) if after else rows)[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def without_report(period: MonitoringPeriod, user: User, *, limit: int = 200) -> list[Case]:
    """Return the tables in force of the period's year that `user` sees and that have no report in it yet."""
    return list(
        grants.visible_to(user).filter(kind=Kind.TARGET, fiscal_year=period.fiscal_year,
                                       state__in=(State.APPROVED, State.MONITORING), parent=None)
        .exclude(reports__period=period).order_by("pk")[:limit])


def all_cases_for(user: User, *, filters: Filters, most: int, kind: str = Kind.TARGET) -> list[Case]:
    """Return the cases of every page that the filters show, by number, `most` at most. One statement."""
    cases = filtered(grants.visible_to(user).filter(kind=kind), filters).annotate(is_returned=Exists(CORRECTING))
    return list(cases.filter(TABS[filters.state][1]).order_by("number")[:most])


def open_year() -> int | None:
    """Return the fiscal year of the latest open round, None when there is none. One statement."""
    return Round.objects.filter(closed_at=None).order_by("-fiscal_year").values_list("fiscal_year", flat=True).first()
