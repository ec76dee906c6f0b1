"""What the two kinds of document answer to the procedure: content, what blocks, address, what follows.

Registered once at start. The hooks run inside the engine's transaction, with the case locked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from targets import adjustments, drafts, judging, monitoring, releasing, reviews, rows, standing_in
from targets.models import Revision, TargetTable
from targets.profiles import MUST_FIX, SHOULD_FIX
from workflow import batches, engine
from workflow.canonical import canonical_json, content_hash
from workflow.machine import Action, Kind, State
from workflow.models import Case, Event, User
from workflow.moves import VERDICTS
from workflow.record import payload_of
from workflow.refusals import Blocker


class TargetKind:
    """The target table as the procedure sees it."""

    def content(self, case: Case) -> Mapping[str, Any]:
        """Return the canonical table; that of a blank one while the table was not made yet."""
        return drafts.content_of(case).canonical()

    def blockers(self, case: Case, action: Action, by: User | None, details: Mapping[str, Any]) -> Sequence[Blocker]:
        """Return what must be mended before submitting, approving, releasing or opening a period."""
        if action == Action.SUBMIT:
            return _submission_blockers(case, details)
        if action in VERDICTS:
            return [*reviews.decision_blockers(case, action, details), *releasing.blockers(case, action)]
        if action in (Action.PROPOSE_ADMISSION, Action.ADMIT):
            return standing_in.admission_blockers(case)
        if action == Action.OPEN_MONITORING:
            return monitoring.opening_blockers(case, details)
        return ()

    def url(self, case: Case) -> str:
        """Return the address of the table's page."""
        return reverse("table", args=[case.number])

    def after(self, case: Case, action: Action, by: User | None, now: datetime, event: Event) -> None:
        """Keep the revision, the review sheet and the tick; open the report that the period asks for.

        What a control figure reopens is limited until the table is submitted or returned.
        """
        _keep_revision(self.content, case, action, by, now, event)
        if action in LIMITING:
            _limit(case, action, event)
        reviews.keep_sheet(case, by=by, now=now, event=event)
        if action == Action.ADJUST:
            adjustments.open_from(case, by=by, now=now, event=event)
        if action == Action.OPEN_MONITORING:
            monitoring.open_report(case, period_id=int(payload_of(event)["period_id"]), by=by, now=now)


class ReportKind:
    """The monitoring report as the procedure sees it."""

    def content(self, case: Case) -> Mapping[str, Any]:
        """Return the canonical report."""
        return monitoring.canonical_of(case)

    def blockers(self, case: Case, action: Action, by: User | None, details: Mapping[str, Any]) -> Sequence[Blocker]:
        """Return what is not filled yet, before submitting."""
        if action == Action.SUBMIT:
            return [*monitoring.submission_blockers(case), *reviews.unanswered(case)]
        if action in VERDICTS:
            return reviews.decision_blockers(case, action, details)
        return ()

    def url(self, case: Case) -> str:
        """Return the address of the report's page."""
        return reverse("report", args=[case.number])

    def after(self, case: Case, action: Action, by: User | None, now: datetime, event: Event) -> None:
        """Keep the revision and the review sheet."""
        _keep_revision(self.content, case, action, by, now, event)
        reviews.keep_sheet(case, by=by, now=now, event=event)


def register_all() -> None:
    """Name both kinds to the procedure."""
    engine.register(Kind.TARGET, TargetKind())
    engine.register(Kind.REPORT, ReportKind())
    batches.weigh_with(Action.RELEASE, releasing.weigh)


def _submission_blockers(case: Case, details: Mapping[str, Any]) -> Sequence[Blocker]:
    table = TargetTable.objects.filter(pk=case.pk).first()
    content = drafts.content_of(case)
    findings = judging.judge(case, content, table)
    found = [Blocker(f.rule, f.place, judging.sentence(f)) for f in findings if f.severity == MUST_FIX]
    found += [*reviews.unanswered(case), *adjustments.submission_blockers(case, content)]
    to_look_at = judging.counts(findings)[SHOULD_FIX]
    ticked = details.get("looked_at") or (table is not None and table.looked_at_hash == content.hash())
    if to_look_at and not ticked:
        found.append(Blocker("should_fix", "looked_at", _(
            "%(count)s suggestions were not looked at yet. Mend them, or tick that you have checked them and keep them."
        ) % {"count": to_look_at}))
    return found


LIMITING = (Action.FUNDS_CHANGED, Action.SUBMIT, Action.RETURN, Action.READMIT, Action.ADMIT)


def _limit(case: Case, action: Action, event: Event) -> None:
    """Note whether the unit may now change funds, goal and cost lines only: where other approvals were kept."""
    tables = TargetTable.objects.filter(pk=case.pk)
    if action != Action.FUNDS_CHANGED:
        tables.filter(only_funds=True).update(only_funds=False)
    elif event.to_state == State.DRAFT and event.from_state != State.DRAFT and payload_of(event).get("keeps"):
        tables.update(only_funds=True)


def _keep_revision(content: Any, case: Case, action: Action, by: User | None, now: datetime, event: Event) -> None:
    approved = event.to_state == State.APPROVED and event.from_state != State.APPROVED
    if action != Action.SUBMIT and not approved:
        return
    value = content(case)
    Revision.objects.create(
        case=case, pass_no=case.pass_no, why=Revision.Why.APPROVED if approved else Revision.Why.SUBMITTED,
        event_seq=event.seq, content=canonical_json(value), content_hash=content_hash(value), made_by=by, made_at=now,
        row_ids=rows.identities_of(case) if case.kind == Kind.TARGET else [])
