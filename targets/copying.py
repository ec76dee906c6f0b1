"""What a table in draft takes from others: last year's table of the same project, indicators that were approved.

Nothing is retyped and nothing is overwritten. Called by the form's views.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q
from django.utils.translation import gettext_lazy as _

from targets import drafts, rows
from targets.content import IndicatorContent, TableContent
from targets.models import Indicator, TargetTable
from workflow import engine
from workflow.engine import Seen
from workflow.machine import Kind, State
from workflow.models import Case, User
from workflow.refusals import Refused

COPIED = ("attribute", "period", "annual_goal")
"""What of the header is copied where it is blank: name, offices and funds stay as this year's list has them."""
GONE = (State.CANCELLED, State.REJECTED)
LIBRARY_YEARS = 5
MOST_ENTRIES = 40


class NothingToCopy(Refused):
    code = "nothing_to_copy"
    message = _("There is no table of an earlier year for this project that could be copied.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator of the library: its name, the value it last had, in how many approved tables it stands."""

    name: str
    value: str
    times: int
    last_year: int
    is_own: bool


def earlier_table(case: Case) -> TargetTable | None:
    """Return the newest table of the same project of an earlier year, else the unit's of the same name. One statement.

    Without a project's code the name and the unit say which project it is.
    """
    own = TargetTable.objects.filter(pk=case.pk).values("project")
    same = Q(project__in=own) | Q(case__title=case.title, case__unit=case.unit_id)
    earlier = TargetTable.objects.filter(same, case__kind=Kind.TARGET, case__fiscal_year__lt=case.fiscal_year,
                                         indicators__isnull=False)
    return (earlier.exclude(case__state__in=GONE).select_related("case").order_by("-case__fiscal_year", "-pk").first()
            if case.fiscal_year else None)


def moved(content: TableContent, *, before: int, after: int) -> TableContent:
    """Return the content with the fiscal year `before` written as `after` wherever it stands as a date.

    Other years and numbers of documents (〔2026〕3号) stay: what they mean only the editor knows.
    """
    year = re.compile(rf"(?<!\d){before}(?=\s*(?:年|[-/.—–~至]\s*\d))")

    def text(value: str | None) -> str | None:
        return year.sub(str(after), value) if value else value

    texts: dict[str, Any] = {name: text(getattr(content, name)) for name in COPIED}
    indicators = tuple(replace(r, name=text(r.name), value=text(r.value)) for r in content.indicators)
    return replace(content, **texts, fiscal_year=after, indicators=indicators)


def copy_last_year(*, case: Case, by: User, now: datetime, seen: Seen) -> Case:
    """Fill a table in draft from the same project's earlier table (沿用上年); where it came from is kept and shown.

    Indicators that stand already stay; those of the earlier table that are missing come behind those of their
    category. Raises: NothingToCopy; NotVisible, NotPermitted, NotPossible, Stale. Nothing is changed then.
    """
    before = earlier_table(case)
    if before is None or case.fiscal_year is None or before.case.fiscal_year is None:
        raise NothingToCopy
    old = moved(rows.content_of(before.case), before=before.case.fiscal_year, after=case.fiscal_year)

    def write(locked: Case) -> None:
        standing = rows.content_of(locked)
        texts: dict[str, Any] = {name: getattr(standing, name) or getattr(old, name) for name in COPIED}
        together = _joined(standing.indicators, old.indicators)
        drafts.write_content(locked, replace(standing, **texts, indicators=together), copied_from=before)

    return engine.set_content(case, by=by, now=now, seen=seen, write=write, amount=case.amount)


def _joined(own: Sequence[IndicatorContent], old: Sequence[IndicatorContent]) -> tuple[IndicatorContent, ...]:
    found = list(own)
    there = {(row.code, row.name) for row in own}
    for row in old:
        if (row.code, row.name) not in there:
            behind = max((n for n, other in enumerate(found, 1) if other.code <= row.code), default=0)
            found.insert(behind, row)
    return tuple(found)


def library(*, case: Case, code: str, q: str = "") -> list[Entry]:
    """Return approved indicators of one category that the unit or its department used, its own and newest first.

    `q` narrows by words of the name. Two statements, whatever the number of tables.
    """
    approved = Case.objects.filter(kind=Kind.TARGET, department=case.department_id, approved_at__isnull=False,
                                   fiscal_year__gte=(case.fiscal_year or 0) - LIBRARY_YEARS)
    found = Indicator.objects.filter(table__case__in=approved.exclude(pk=case.pk).exclude(state__in=GONE).values("pk"),
                                     code=code).exclude(name="")
    if q:
        found = found.filter(name__icontains=q)
    names = list(found.values("name").annotate(
        times=Count("pk"), last=Max("pk"), year=Max("table__case__fiscal_year"),
        own=Count("pk", filter=Q(table__case__unit=case.unit_id)),
    ).order_by(F("own").desc(), F("times").desc(), "name")[:MOST_ENTRIES])
    values = dict(Indicator.objects.filter(pk__in=[n["last"] for n in names]).values_list("pk", "value"))
    return [Entry(n["name"], values.get(n["last"], ""), n["times"], n["year"], bool(n["own"])) for n in names]
