"""Which version of its table a report measures, and how an open report goes over to what came into force since.

What is in force stays until an adjustment is approved, and a report that is open then goes on measuring what it was
opened with until its unit takes the new targets over; rows are followed by their identity. Called by views.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from targets import comparing, differences, monitoring
from targets.content import Change, TableContent
from targets.differences import Version
from targets.models import IndicatorProgress, MonitoringReport, Revision
from workflow import engine
from workflow.engine import Seen
from workflow.machine import Kind
from workflow.models import Case, User
from workflow.refusals import Refused


class NothingNewer(Refused):
    code = "nothing_newer"
    message: ClassVar[object] = _("The report measures what is in force already. There is nothing to take over.")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a report measures: when that came into force, and what is in force since (None: still this one).

    `changes`: what the newer version changes; `dropped`: rows with something filled in whose indicator it leaves out.
    """

    approved_at: datetime | None
    is_adjustment: bool
    newer: Revision | None = None
    changes: Sequence[Change] = ()
    dropped: Sequence[IndicatorProgress] = ()


def measured(report: MonitoringReport) -> Measured:
    """Return which version `report` measures, and what it would take over. Four statements at most."""
    base, force = _base(report), comparing.in_force_revision(report.target_id)
    at, is_adjustment = (base.made_at, base.case_id != report.target_id) if base else (None, False)
    if force is None or force.content_hash == report.target_hash:
        return Measured(at, is_adjustment)
    progress = list(report.progress.all())
    before = _before(base, progress)
    after = _after(force, before)
    kept = set(after.rows)
    dropped = [row for row, identity in zip(progress, _identities(before, progress), strict=True)
               if identity not in kept and _is_begun(row)]
    return Measured(at, is_adjustment, force, differences.changes(before, after), dropped)


def take_over(*, case: Case, by: User, now: datetime, seen: Seen, unsaved: monitoring.Unsaved | None = None) -> Case:
    """Let an open report measure what is in force now: funds, goal, indicators and values anew, what was filled in
    stays with its indicator. In draft, by who may edit it; `unsaved`: what its form still holds, saved with it.

    Raises: NothingNewer, monitoring.save_report's. Nothing is saved then.
    """

    def write(locked: Case) -> None:
        if unsaved is not None:
            monitoring.write_unsaved(locked, unsaved)
        _rewrite(locked)

    return engine.set_content(case, by=by, now=now, seen=seen, amount=case.amount, write=write)


def _rewrite(case: Case) -> None:
    report = MonitoringReport.objects.select_related("period").get(pk=case.pk)
    base, force = _base(report), comparing.in_force_revision(report.target_id)
    if force is None or force.content_hash == report.target_hash:
        raise NothingNewer
    progress = list(report.progress.all())
    before = _before(base, progress)
    after = _after(force, before)
    there = dict(zip(_identities(before, progress), progress, strict=True))
    target = Case.objects.get(pk=report.target_id)
    for name, value in monitoring.snapshot_of(target, force, after.content).items():
        setattr(report, name, value)
    kept: list[IndicatorProgress] = []
    for position, (identity, row) in enumerate(after.rows.items(), start=1):
        one = there.pop(identity, None) or IndicatorProgress(report=report)
        one.position, one.code, one.name = position, row.code, row.name or ""
        one.target_value, one.planned_month = row.value or "", row.planned_month
        one.light = monitoring.light_of_row(one, month=report.period.to_date.month)
        one.row_version += 1
        kept.append(one)
    IndicatorProgress.objects.filter(pk__in=[one.pk for one in there.values()]).delete()
    copied = ["position", "code", "name", "target_value", "planned_month", "light", "row_version"]
    IndicatorProgress.objects.bulk_update([one for one in kept if one.pk], copied)
    IndicatorProgress.objects.bulk_create([one for one in kept if not one.pk])
    report.light = monitoring.light_of_report(report, kept)
    report.row_version += 1
    report.save()


def _base(report: MonitoringReport) -> Revision | None:
    """Return the approved version that the report was filled from."""
    own = Q(case=report.target_id) | Q(case__parent=report.target_id, case__kind=Kind.TARGET)
    found = Revision.objects.filter(own, why=Revision.Why.APPROVED, content_hash=report.target_hash)
    return found.order_by("-pk").first()


def _before(base: Revision | None, progress: Sequence[IndicatorProgress]) -> Version:
    """Return the version that the report measures; without its revision (it was purged), rows are told by position."""
    if base is None:
        return Version(TableContent(), ())
    content = TableContent.from_canonical(json.loads(base.content))
    fits = len(base.row_ids) == len(content.indicators) == len(progress)
    ids = tuple(base.row_ids) if fits else tuple(str(n) for n in range(len(content.indicators)))
    return Version(content, ids)


def _identities(before: Version, progress: Sequence[IndicatorProgress]) -> list[str]:
    """Return the identity of each row of the report: that of the row of the table that it was copied from."""
    known = list(before.rows)
    return [known[n] if n < len(known) else f"row-{n}" for n in range(len(progress))]


def _after(force: Revision, before: Version) -> Version:
    content = TableContent.from_canonical(json.loads(force.content))
    if len(force.row_ids) == len(content.indicators) and set(force.row_ids) & set(before.rows):
        return Version(content, tuple(force.row_ids))
    return differences.identified(content, like=before)


def _is_begun(row: IndicatorProgress) -> bool:
    return any(getattr(row, name) for name in (*monitoring.ROW_TEXTS, *monitoring.CAUSES, "possibility"))
