"""A table that a control figure has reopened: funds, annual goal and cost lines alone may be changed.

Reads only; called by drafts under the case's lock before anything is written, and by the form, which locks the rest.
"""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from targets.checks.cost import COST
from targets.models import Indicator, TargetTable
from targets.rows import FIELD_LABELS, TEXT_COLUMNS, RowText
from workflow.refusals import Refused

OPEN_FIELDS = ("funds.total", "funds.fiscal", "funds.other", "annual_goal")
OPEN_CODES = (COST,)
LOCKED_FIELDS = tuple(field for field in TEXT_COLUMNS if field not in OPEN_FIELDS)


class OnlyFundsOpen(Refused):
    code = "only_funds_open"
    message = _("The control figure reopens funds, annual goal and cost lines only; “%(place)s” stays as it was "
                "approved. If more must change, ask the division in charge to return the table.")


def check(table: TargetTable, *, header: Mapping[str, str], rows: Sequence[RowText] | None) -> None:
    """Refuse what changes more than the control figure reopened. One statement where rows are given.

    Raises: OnlyFundsOpen.
    """
    if not table.only_funds:
        return
    for field, text in header.items():
        if field in LOCKED_FIELDS and getattr(table, TEXT_COLUMNS[field]) != text:
            raise OnlyFundsOpen(place=FIELD_LABELS[field])
    if rows is None:
        return
    there = Indicator.objects.filter(table=table).exclude(code__in=OPEN_CODES).order_by("position", "id")
    stands = [(row.uuid, row.code, row.name, row.value, row.planned_month) for row in there]
    typed = [(row.uuid, row.code, row.name, row.value, row.month) for row in rows if row.code not in OPEN_CODES]
    if stands == typed:
        return
    other = next((pair for pair in zip(stands, typed, strict=False) if pair[0] != pair[1]), None)
    longer = stands if len(stands) > len(typed) else typed
    name = other[0][2] if other else longer[min(len(stands), len(typed))][2]
    raise OnlyFundsOpen(place=name)
