"""What a reviewer compares a table with: what they last decided on, else the submission before; and plain facts.

Reads only. Called by the review page.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from targets import judging, profiles, rows
from targets.content import TableContent
from targets.models import Revision, TargetTable
from workflow.models import Case, Decision, User
from workflow.words import stamp


@dataclass(frozen=True, slots=True)
class Fact:
    """One plain fact beside the review sheet: what, how much, whether it is as it should be (None: just a fact)."""

    label: str
    words: str
    good: bool | None = None


def compared_with(case: Case, by: User) -> tuple[TableContent | None, str]:
    """Return the content that changes are marked against, and the words that say which it is.

    What `by` decided on in an earlier pass; else the submission before; None when this is the first.
    Two statements at most.
    """
    earlier = list(Revision.objects.filter(case=case, why=Revision.Why.SUBMITTED, pass_no__lt=case.pass_no)
                   .order_by("event_seq"))
    if not earlier:
        return None, _("This is the first submission; there is nothing to compare with.")
    decided = (Decision.objects.filter(case=case, actor=by, pass_no__lt=case.pass_no)
               .order_by("-event_seq").values_list("pass_no", "made_at").first())
    if decided and (own := [r for r in earlier if r.pass_no == decided[0]]):
        return _content(own[-1]), _("Changes since your decision of %(moment)s") % {"moment": stamp(decided[1])}
    moment = stamp(earlier[-1].made_at)
    return _content(earlier[-1]), _("Changes since the submission of %(moment)s") % {"moment": moment}


def _content(revision: Revision) -> TableContent:
    return TableContent.from_canonical(json.loads(revision.content))


def facts_of(case: Case, content: TableContent, row: TargetTable | None, *, counts: dict[str, Any]) -> list[Fact]:
    """Return the facts that a reviewer asks first. `counts`: severity → number of findings. One statement."""
    required = profiles.load(case.profile).required()
    left_out = row.not_applicable if row else {}
    filled = [c for c in required if content.of_code(c.code) or c.code in left_out]
    must, should = counts.get(profiles.MUST_FIX, 0), counts.get(profiles.SHOULD_FIX, 0)
    facts = [
        Fact(_("Required categories filled"), f"{len(filled)}/{len(required)}", len(filled) == len(required)),
        Fact(_("Indicators"), str(len(content.indicators))),
        Fact(_("Must fix"), str(must), not must),
        Fact(_("Should fix"), str(should), True if not should else None),
    ]
    if row is not None and row.looked_at_hash and row.looked_at_hash == content.hash() and row.looked_at_count:
        facts.append(Fact(_("The unit has checked and kept"), str(row.looked_at_count)))
    return [*facts, *_against_the_list(case, content)]


def _against_the_list(case: Case, content: TableContent) -> list[Fact]:
    listing = None if case.is_off_list else judging.listing_of(case)
    if listing is None:
        return [Fact(_("On the project list"), _("no"))]
    if listing.amount is None:
        return []
    return [Fact(_("Amount listed (10,000 yuan)"), rows.wan(listing.amount),
                 rows.yuan(content.funds.total) == listing.amount)]
