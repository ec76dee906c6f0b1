"""What the checks may know beside a table: the same project's table of last year, the unit's other tables.

Reads only. Called by judging; the checks themselves stay pure.
"""

from django.db.models import Prefetch

from targets.content import TableContent
from targets.models import Indicator, TargetTable
from targets.rows import content_from
from workflow.machine import Kind, State
from workflow.models import Case

MOST_NEIGHBOURS = 60
GONE = (State.CANCELLED, State.REJECTED)
IN_ORDER = Prefetch("indicators", queryset=Indicator.objects.order_by("position", "id"), to_attr="in_order")


def last_year_of(case: Case, table: TargetTable | None) -> TableContent | None:
    """Return the same project's table of the fiscal year before, None when there is none. Two statements at most."""
    if table is None or table.project_id is None or case.fiscal_year is None:
        return None
    before = (
        TargetTable.objects.filter(project=table.project_id, case__fiscal_year=case.fiscal_year - 1)
        .exclude(case__state__in=GONE)
        .prefetch_related(IN_ORDER)
        .order_by("-pk")
        .first()
    )
    return None if before is None else _content(before)


def neighbours_of(case: Case) -> tuple[TableContent, ...]:
    """Return the unit's other living tables of the same fiscal year, oldest first. Two statements."""
    others = (
        TargetTable.objects.filter(case__kind=Kind.TARGET, case__unit=case.unit_id, case__fiscal_year=case.fiscal_year)
        .exclude(case=case)
        .exclude(case__state__in=GONE)
        .prefetch_related(IN_ORDER)
        .order_by("pk")[:MOST_NEIGHBOURS]
    )
    return tuple(_content(other) for other in others)


def _content(table: TargetTable) -> TableContent:
    indicators: list[Indicator] = table.in_order  # type: ignore[attr-defined]
    return content_from(table, rows=[(i.code, i.name, i.value) for i in indicators])
