"""目标调整: an adjustment of a table that is in force, as a case of its own, money and targets together.

What is in force stays until the adjustment is approved; monitoring reads what is in force. Called by kinds (which
opens it inside the engine's transaction) and views.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from targets import comparing, differences, rows
from targets.content import Change, TableContent
from targets.models import Indicator, Revision, TargetTable
from workflow import calendar, deadlines, engine
from workflow.machine import Action, Kind, TaskKind
from workflow.models import Case, Event, User
from workflow.record import payload_of
from workflow.refusals import Blocker

DAYS = 10
"""Working days that the unit has for an adjustment it has begun."""


def open_from(case: Case, *, by: User | None, now: datetime, event: Event) -> Case:
    """Open the adjustment of `case` for the event ADJUST, filled with what is in force. Returns its case."""
    revision = comparing.in_force_revision(case.pk)
    table = TargetTable.objects.get(pk=case.pk)
    assert revision is not None
    assert by is not None
    content = TableContent.from_canonical(json.loads(revision.content))
    due_on = calendar.current().add(deadlines.day_of(now), DAYS)
    opened = engine.start(
        kind=Kind.TARGET, unit=case.unit, title=case.title, fiscal_year=case.fiscal_year, profile=case.profile, by=by,
        key=f"adjust:{case.pk}:{event.seq}", now=now, round=case.round, parent=case, amount=case.amount,
        is_key=case.is_key, is_off_list=case.is_off_list, task_kind=TaskKind.ADJUST, due_on=due_on)
    TargetTable.objects.create(
        case=opened, project=table.project, adjusts=table, adjust_reason=str(payload_of(event).get("reason") or ""),
        fiscal_year=content.fiscal_year, not_applicable=table.not_applicable)
    engine.set_content(opened, by=by, now=now, amount=rows.yuan(content.funds.total),
                       write=lambda locked: _copy(locked, content, revision.row_ids))
    return opened


def _copy(case: Case, content: TableContent, ids: Sequence[str]) -> None:
    """Write what is in force into the adjustment; each row keeps its identity, so that it is one row over the years."""
    table = TargetTable.objects.get(pk=case.pk)
    rows.write(table, header=rows.header_of(rows.header_texts(content)), rows=None)
    known: Sequence[str | None] = ids if len(ids) == len(content.indicators) else [None] * len(content.indicators)
    Indicator.objects.bulk_create(
        Indicator(table=table, position=n, code=row.code, name=row.name or "", value=row.value or "",
                  planned_month=row.planned_month, origin=UUID(identity) if identity else None)
        for n, (row, identity) in enumerate(zip(content.indicators, known, strict=True), start=1))


def submission_blockers(case: Case, content: TableContent) -> list[Blocker]:
    """Return why an adjustment cannot be submitted: it changes nothing of what is in force. Two statements for one."""
    if not case.parent_id or case.kind != Kind.TARGET:
        return []
    revision = comparing.in_force_revision(case.parent_id)
    if revision is None or revision.content_hash != content.hash():
        return []
    return [Blocker("unchanged", "table", _("Nothing is changed against what is in force. Change it, or cancel the "
                                            "adjustment."))]


# The chain: original, adjustments, what is in force

@dataclass(frozen=True, slots=True)
class Link:
    """One version in the chain: the case it was decided in, when it came into force (None: not, or not yet), its funds
    in 万元, why, and what it changes against the link before.
    """

    case: Case
    label: str
    at: datetime | None
    total: str
    reason: str
    changes: Sequence[Change]
    is_in_force: bool


def chain(case: Case) -> list[Link]:
    """Return the chain that `case` belongs to, the original first; empty where nothing was ever adjusted.

    One statement for a table without adjustments, six for others.
    """
    root_id = case.parent_id or case.pk
    children = list(Case.objects.filter(parent=root_id, kind=Kind.TARGET).select_related("step").order_by("pk"))
    if not children or case.kind != Kind.TARGET:
        return []
    root = case if case.pk == root_id else Case.objects.select_related("step").get(pk=root_id)
    force = comparing.in_force_revision(root_id)
    kept: dict[int, Revision] = {}
    approved = Revision.objects.filter(case__in=[root_id, *(c.pk for c in children)], why=Revision.Why.APPROVED)
    kept.update({revision.case_id: revision for revision in approved.order_by("pk")})
    reasons = dict(TargetTable.objects.filter(case__in=children).values_list("case_id", "adjust_reason"))
    links: list[Link] = []
    before: differences.Version | None = None
    for number, one in enumerate([root, *children]):
        revision = kept.get(one.pk)
        version = _stood(one, revision, before)
        label = _("Original") if not number else _("Adjustment %(n)s") % {"n": number}
        links.append(Link(
            one, label, revision.made_at if revision else None, version.content.funds.total or "",
            reasons.get(one.pk, ""), differences.changes(before, version) if before is not None else (),
            force is not None and force.case_id == one.pk))
        before = version if revision or not number else before
    return links


def _stood(case: Case, revision: Revision | None, before: differences.Version | None) -> differences.Version:
    """Return a link's version: as approved, else as it stands now."""
    if revision is None:
        return comparing.version_of(case, rows.content_of(case))
    content = TableContent.from_canonical(json.loads(revision.content))
    if len(revision.row_ids) == len(content.indicators):
        return differences.Version(content, tuple(revision.row_ids))
    plain = differences.Version(content, tuple(str(n) for n in range(len(content.indicators))))
    return plain if before is None else differences.identified(content, like=before)


def opened_by(case: Case, outcome: engine.Outcome) -> Case:
    """Return the adjustment that the action ADJUST with this outcome has opened."""
    return Event.objects.get(key=f"adjust:{case.pk}:{outcome.event_seq}", action=Action.START).case
