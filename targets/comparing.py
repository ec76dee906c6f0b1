"""What a table is compared with: what the reader last acted on, the submission before, what was approved; plain facts.

Reads only; the comparison itself is pure, in targets.differences. Called by the review page and by adjustments.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from targets import judging, profiles, releasing, rows
from targets.content import TableContent
from targets.differences import Place, Version, compare, identified
from targets.models import Revision, TargetTable
from workflow.machine import Action, Kind
from workflow.models import Case, Event
from workflow.words import stamp


@dataclass(frozen=True, slots=True)
class Fact:
    """One plain fact beside the review sheet: what, how much, whether it is as it should be (None: just a fact)."""

    label: str
    words: str
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """One version that the table as it stands is compared with, and the words that say which it is."""

    version: Version
    words: str


def version_of(case: Case, content: TableContent) -> Version:
    """Return the table as it stands, with the identity of its rows. One statement."""
    return Version(content, tuple(rows.identities_of(case)))


def bases_for(case: Case, *, last: tuple[int, datetime] | None, now: Version) -> dict[str, Base]:
    """Return what a reader may compare the table with, by name: "looked" (what was submitted when they last did
    something to the case), "submitted" (the submission before), "approved" (what was last approved; for an adjustment,
    what is in force of the table that it adjusts). Names of what is not there are missing. One statement, three for an
    adjustment.

    `last`: number and time of the last event of the reader in the record, None where there is none.
    """
    kept = list(Revision.objects.filter(case=case).order_by("event_seq"))
    submitted = [r for r in kept if r.why == Revision.Why.SUBMITTED]
    looked = [r for r in submitted if last and r.event_seq <= last[0] and r.pass_no < case.pass_no]
    earlier = [r for r in submitted if r.pass_no < case.pass_no]
    approved = [r for r in kept if r.why == Revision.Why.APPROVED]
    if not approved and case.parent_id and case.kind == Kind.TARGET:
        approved = list(filter(None, [in_force_revision(case.parent_id)]))
    found: dict[str, Base] = {}
    if looked and last:
        words = _("Changes since you last acted, %(moment)s") % {"moment": stamp(last[1])}
        found["looked"] = Base(_version(looked[-1], now), words)
    if earlier:
        words = _("Changes since the submission of %(moment)s") % {"moment": stamp(earlier[-1].made_at)}
        found["submitted"] = Base(_version(earlier[-1], now), words)
    if approved:
        words = _("Changes since the approval of %(moment)s") % {"moment": stamp(approved[-1].made_at)}
        found["approved"] = Base(_version(approved[-1], now), words)
    return found


def places_of(now: Version, bases: Mapping[str, Base]) -> tuple[Place, ...]:
    """Return the three-way difference (differences.compare) of the table and its bases. No statement."""
    versions = {name: base.version for name, base in bases.items()}
    return compare(now=now, approved=versions.get("approved"), submitted=versions.get("submitted"),
                   looked=versions.get("looked"))


def in_force_revision(case_id: int) -> Revision | None:
    """Return what is in force of a table: the last approved version of itself or of one of its adjustments, but for
    approvals that were taken back. Two statements.
    """
    own = Q(case=case_id) | Q(case__parent=case_id, case__kind=Kind.TARGET)
    undone = {(case, int(json.loads(payload)["voids"])) for case, payload in
              Event.objects.filter(own, action=Action.UNDO_APPROVAL, refused="").values_list("case", "payload")}
    approved = Revision.objects.filter(own, why=Revision.Why.APPROVED).select_related("case").order_by("-pk")
    return next((r for r in approved if (r.case_id, r.event_seq) not in undone), None)


def _version(revision: Revision, now: Version) -> Version:
    content = TableContent.from_canonical(json.loads(revision.content))
    if len(revision.row_ids) == len(content.indicators):
        return Version(content, tuple(revision.row_ids))
    return identified(content, like=now)


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
    if row is not None and row.copied_from_id:
        earlier = Case.objects.get(pk=row.copied_from_id)
        facts.append(Fact(_("Copied from the table of an earlier year"), earlier.number))
    return [*facts, *_against_the_list(case, content)]


def ceilings_of(case: Case) -> list[Fact]:
    """Return what the department's released tables come to with this one, against its control figures. Three
    statements."""
    label = _("Department, released with this one / control figures (10,000 yuan)")
    return [Fact(label, f"{rows.wan(one.sum)} / {rows.wan(one.given)}", not one.why_not)
            for one in releasing.weigh([case])]


def _against_the_list(case: Case, content: TableContent) -> list[Fact]:
    if case.parent_id:
        return []  # an adjustment: what the list says holds for the table that it adjusts
    listing = None if case.is_off_list else judging.listing_of(case)
    if listing is None:
        return [Fact(_("On the project list"), _("no"))]
    if listing.amount is None:
        return []
    return [Fact(_("Amount listed (10,000 yuan)"), rows.wan(listing.amount),
                 rows.yuan(content.funds.total) == listing.amount)]
