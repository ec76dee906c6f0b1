"""批复 within the control figures: what a department's tables ask for together never exceeds what the list gives it.

Reads only, but for the lock that lets one release of a department go after the other. Called by kinds and batches.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from targets.models import Project, ProjectListing
from targets.rows import wan
from workflow.batches import Weight
from workflow.machine import Action, Kind, State
from workflow.models import Case, Organisation, Round
from workflow.refusals import Blocker

RELEASED = (State.APPROVED, State.MONITORING, State.SUSPENDED, State.CLOSED)
ZERO = Decimal(0)


def weigh(cases: Sequence[Case]) -> list[Weight]:
    """Return for each department and year of `cases` what is released, what they add, and what the list gives.

    Only where control figures are final. An adjustment counts nowhere: the table that it adjusts is counted already,
    and money added in the year is no part of these figures. Amounts in yuan. Three statements a fiscal year.
    """
    chosen: dict[int, dict[int, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        if case.kind == Kind.TARGET and case.parent_id is None and case.fiscal_year is not None:
            chosen[case.fiscal_year][case.department_id].append(case)
    return [one for year, by_department in sorted(chosen.items()) for one in _of_year(year, by_department)]


def _of_year(year: int, chosen: dict[int, list[Case]]) -> list[Weight]:
    final = Round.objects.filter(fiscal_year=year, case_kind=Kind.TARGET, control_figures_final=True)
    round = final.order_by("-pk").first()
    if round is None:
        return []
    listed = ProjectListing.objects.filter(round=round, amount__isnull=False).exclude(
        project__category=Project.Category.PERSONNEL)
    listed = listed.filter(Q(project__unit__in=chosen) | Q(project__unit__parent__in=chosen))
    given: dict[int, Decimal] = defaultdict(lambda: ZERO)
    office = Coalesce("project__unit__parent", "project__unit")
    for department, unit, amount in listed.order_by().values(office=office).annotate(given=Sum("amount")).values_list(
            "office", "project__unit", "given"):
        given[department if department in chosen else unit] += amount
    before = dict(
        Case.objects.filter(kind=Kind.TARGET, parent=None, fiscal_year=year, department__in=chosen, state__in=RELEASED)
        .exclude(pk__in=[case.pk for own in chosen.values() for case in own]).order_by()
        .values_list("department").annotate(sum=Coalesce(Sum("amount"), ZERO)))
    return [_weight(own, given=given[department], before=before.get(department, ZERO))
            for department, own in chosen.items() if department in given]


def _weight(cases: Sequence[Case], *, given: Decimal, before: Decimal) -> Weight:
    asked = sum((case.amount or ZERO for case in cases), ZERO)
    name = cases[0].department.name
    why_not = "" if before + asked <= given else _(
        "%(department)s: %(before)s (10,000 yuan) released before and %(asked)s now are %(sum)s, more than the control "
        "figures of %(given)s. Release fewer tables, or have the figures or the tables changed first."
    ) % {"department": name, "before": wan(before), "asked": wan(asked), "sum": wan(before + asked),
         "given": wan(given)}
    return Weight(name, frozenset(case.pk for case in cases), before, asked, given, why_not)


def blockers(case: Case, action: Action) -> list[Blocker]:
    """Return why a table cannot be released: its department's money is spoken for. Releases of one department wait for
    each other, so that two at once never exceed the figures together.
    """
    if action != Action.RELEASE:
        return []
    if connection.in_atomic_block:
        Organisation.objects.select_for_update().filter(pk=case.department_id).first()
    return [Blocker("ceiling", "amount", one.why_not) for one in weigh([case]) if one.why_not]
