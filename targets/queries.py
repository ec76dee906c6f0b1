"""What the review page compares a table with, and the plain facts beside it. Reads only; lists are in overview."""

import json

from django.utils.translation import gettext as _

from targets import judging, rows
from targets.content import Change, TableContent, diff
from targets.models import Revision, TargetTable
from workflow.models import Case, Decision, User


def last_decided_content(case: Case, by: User) -> TableContent | None:
    """Return the table as `by` last decided on it, None when they never did. Two statements at most."""
    last = Decision.objects.filter(case=case, actor=by).order_by("-pk").values_list("content_hash", flat=True).first()
    if not last:
        return None
    return _content(Revision.objects.filter(case=case, content_hash=last).order_by("-event_seq").first())


def last_submitted_content(case: Case, *, before_pass: int) -> TableContent | None:
    """Return the table as it was last submitted before pass `before_pass`, None when it never was."""
    earlier = Revision.objects.filter(case=case, why=Revision.Why.SUBMITTED, pass_no__lt=before_pass)
    return _content(earlier.order_by("-event_seq").first())


def _content(revision: Revision | None) -> TableContent | None:
    return TableContent.from_canonical(json.loads(revision.content)) if revision else None


def compared_with(case: Case, by: User) -> tuple[TableContent | None, str]:
    """Return what `by` compares the table with, and the words for it: their last decision, else the pass before."""
    if (before := last_decided_content(case, by)) is not None:
        return before, _("since your last decision")
    if (before := last_submitted_content(case, before_pass=case.pass_no)) is not None:
        return before, _("since the submission before")
    return None, ""


def changes_for(case: Case, by: User) -> tuple[Change, ...]:
    """Return what changed since `by` last decided, else since the submission before this one; () when first seen."""
    before, _words = compared_with(case, by)
    return diff(before, rows.content_of(case)) if before else ()


def facts_of(case: Case, content: TableContent, table: TargetTable) -> list[tuple[str, str]]:
    """Return facts that a reviewer weighs, as (label, text): list and amount, ticks, passes, lateness. One query."""
    listing = judging.listing_of(case)
    facts = [(_("On the project list"), _("no") if case.is_off_list or listing is None else listing.name)]
    if listing is not None and listing.amount is not None:
        facts.append((_("Amount listed (万元)"), rows.wan(listing.amount)))
    facts.append((_("Indicators"), str(len(content.indicators))))
    if table.looked_at_count:
        facts.append((_("Suggestions looked at and kept"), f"{table.looked_at_count} · {table.looked_at_by}"))
    facts.append((_("Times submitted"), str(case.pass_no)))
    if case.is_late:
        facts.append((_("Submitted late"), _("yes")))
    return facts
