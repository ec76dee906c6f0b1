"""What the checks may know beside a table: its project last year, the unit's other tables, list, library, offices.

Reads only, a constant number of queries a table. Called by judging; the checks themselves stay pure.
"""

from decimal import Decimal

from django.db.models import Case as Case_
from django.db.models import F, Prefetch, Q, QuerySet, Sum, When

from targets.checks import KINDS_OF_OFFICE, names_an_organ
from targets.content import TableContent, rows_digest
from targets.models import ExecutionFigure, Indicator, Project, ProjectListing, TargetTable
from targets.normal import tight
from targets.rows import YUAN_A_WAN, content_from
from workflow.machine import Kind, State
from workflow.models import Case, Organisation, OrganisationAlias

MOST_NEIGHBOURS = 60
MOST_OF_LAST_YEAR = 10
"""One project has one table a year, and its adjustments."""
LIBRARY_YEARS = 3
GONE = (State.CANCELLED, State.REJECTED)
IN_ORDER = Prefetch("indicators", queryset=Indicator.objects.order_by("position", "id"), to_attr="in_order")


def last_year_of(case: Case, table: TargetTable | None) -> TableContent | None:
    """Return the same project's table of the fiscal year before, None when there is none. Two statements at most."""
    if table is None or table.project_id is None or case.fiscal_year is None:
        return None
    before = _living(_year_before(case, table)).order_by("-pk").first()
    return None if before is None else _content(before)


def last_year_and_neighbours(case: Case, table: TargetTable | None) -> tuple[TableContent | None,
                                                                             tuple[TableContent, ...]]:
    """Return the same project's table of the year before (None when there is none), and the unit's other living tables
    of this fiscal year, oldest first, MOST_NEIGHBOURS at most. Two statements.
    """
    beside = Q(case__kind=Kind.TARGET, case__unit=case.unit_id, case__fiscal_year=case.fiscal_year, case__parent=None)
    beside &= ~Q(case__in=[case.pk, case.parent_id or 0])
    is_last = Q(pk__in=())
    if table is not None and table.project_id is not None and case.fiscal_year is not None:
        is_last = _year_before(case, table)
    found = _living(is_last | beside).annotate(is_last=Case_(When(is_last, then=True), default=False))
    rows = list(found.order_by("-is_last", "pk")[: MOST_NEIGHBOURS + MOST_OF_LAST_YEAR])
    last = [row for row in rows if row.is_last]
    others = [row for row in rows if not row.is_last][:MOST_NEIGHBOURS]
    return (_content(last[-1]) if last else None), tuple(_content(other) for other in others)


def _year_before(case: Case, table: TargetTable) -> Q:
    return Q(project=table.project_id, case__fiscal_year=(case.fiscal_year or 0) - 1)


def _living(which: Q) -> QuerySet[TargetTable]:
    return TargetTable.objects.filter(which).exclude(case__state__in=GONE).prefetch_related(IN_ORDER)


def spent_last_year(case: Case, table: TargetTable | None, last: TableContent | None) -> Decimal | None:
    """Return the share (0 to 1 and above) of last year's money that was spent by its end, None when unknown.

    Only figures up to December count: those of July say nothing of the year. One statement, none without last year.
    """
    total = last.funds.in_wan("total") if last else None
    if table is None or not total or case.fiscal_year is None:
        return None
    figures = ExecutionFigure.objects.filter(
        project=table.project_id, source__period__fiscal_year=case.fiscal_year - 1, source__period__to_date__month=12
    )
    newest = figures.values_list("source_id", "amount").order_by("-source__period__to_date", "-source_id")
    rows = list(newest)
    return sum((a for source, a in rows if source == rows[0][0]), Decimal(0)) / (total * YUAN_A_WAN) if rows else None


def sums_of_unit(case: Case, listing: ProjectListing | None) -> tuple[Decimal | None, Decimal | None]:
    """Return what the unit's listed tables ask for and what the list gives it, in 万元; (None, None) before that.

    Compared are the projects of the round that have a table. One statement.
    """
    if listing is None or not listing.round.control_figures_final:
        return None, None
    listed = ProjectListing.objects.filter(round=listing.round_id, project__unit=case.unit_id, case__isnull=False)
    listed = listed.exclude(project__category=Project.Category.PERSONNEL).exclude(case__state__in=GONE)
    sums = listed.aggregate(asked=Sum("case__amount"), given=Sum("amount"))
    if sums["asked"] is None or sums["given"] is None:
        return None, None
    return sums["asked"] / YUAN_A_WAN, sums["given"] / YUAN_A_WAN


def units_with_the_same(case: Case, content: TableContent) -> int | None:
    """Return in how many units, this one included, the very same indicators stand this year. One statement."""
    digest = rows_digest((row.code, row.name, row.value) for row in content.indicators)
    if not digest or case.fiscal_year is None:
        return None
    same = TargetTable.objects.filter(rows_digest=digest, case__fiscal_year=case.fiscal_year)
    return same.exclude(case=case).exclude(case__state__in=GONE).exclude(case__unit=case.unit_id).values(
        "case__unit").distinct().count() + 1


def library_for(case: Case, content: TableContent) -> frozenset[str] | None:
    """Return which names of the table stand in tables that were approved for this department lately, without blanks.

    None when none does: then there is nothing to compare with. One statement.
    """
    since = (case.fiscal_year or 0) - LIBRARY_YEARS
    approved = Case.objects.filter(kind=Kind.TARGET, department=case.department_id, approved_at__isnull=False)
    approved = approved.filter(fiscal_year__gte=since).exclude(pk=case.pk).exclude(state__in=GONE)
    own = {row.name for row in content.indicators if row.name}
    rows = Indicator.objects.filter(table__case__in=approved.values("pk"), name__in=own)
    return frozenset(tight(name) for name in rows.values_list("name", flat=True).distinct()) or None


def other_offices(case: Case) -> tuple[str, ...] | None:
    """Return the names of offices of the same kind as the unit (another school, another township), for CPY-02.

    A table names an office of another kind with reason; the name of one of its own kind was left from a copy.
    None when the unit is of no such kind. One statement.
    """
    kind = next((word for word in KINDS_OF_OFFICE if case.unit.name.endswith(word)), None)
    if kind is None:
        return None
    others = Organisation.objects.filter(name__endswith=kind).exclude(pk__in=(case.unit_id, case.department_id))
    return tuple(name for name in others.values_list("name", flat=True) if name not in case.unit.name)


def names_kept_by(case: Case, content: TableContent) -> tuple[str, ...]:
    """Return the names whose projects this unit keeps: its aliases, its predecessors, its department's units.

    Asked only where the project is named after an organ (REL-08). One statement.
    """
    if not names_an_organ(content):
        return ()
    own = (case.unit_id, case.department_id)
    kept = Organisation.objects.filter(Q(successor__in=own) | Q(parent=case.department_id, kind="unit"))
    aliases = OrganisationAlias.objects.filter(organisation__in=own).annotate(word=F("text"))
    return tuple(kept.order_by().annotate(word=F("name")).values_list("word", flat=True)
                 .union(aliases.values_list("word", flat=True)))


def _content(table: TargetTable) -> TableContent:
    indicators: list[Indicator] = table.in_order  # type: ignore[attr-defined]
    return content_from(table, rows=[(i.code, i.name, i.value) for i in indicators])
