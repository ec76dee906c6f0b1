"""The secrecy gate (SEC-01): what may be secret keeps a table back until a head of the office says that it is none.

What is confirmed are the texts that were hit: other texts later need no new word, another hit does. One transaction
a public function. Called by the views, the demo and the command line.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from targets import rows
from targets.checks import secrecy_mark, secret_texts
from targets.content import TableContent
from targets.models import TargetTable
from workflow import grants, record
from workflow.canonical import clean_text
from workflow.machine import REVIEW_STATES, Action, Role, State
from workflow.models import Case, Organisation, User
from workflow.refusals import NotVisible, Refused

LONGEST_REASON = 500
SHORTEST_REASON = 4
WHILE = (State.DRAFT, *REVIEW_STATES)
"""While it is filled in; and while it is reviewed, for a table that was submitted before the gate stood."""


class SecrecyRefused(Refused):
    """The confirmation is not noted. The message says what to do."""

    code = "secrecy_refused"


class NothingToConfirm(SecrecyRefused):
    code = "nothing_to_confirm"
    message = _("Nothing in this table asks for a secrecy review. Look at the table again.")


class NotAHead(SecrecyRefused):
    code = "not_a_head"
    message = _("Only the head of the unit or of its department can confirm the secrecy review. Ask %(who)s.")


class ReasonTooShort(SecrecyRefused):
    code = "secrecy_reason"
    message = _("Say in a few words why nothing in it is secret, and by whom it was reviewed (at most %(most)s "
                "characters).")


class TooLate(SecrecyRefused):
    code = "secrecy_too_late"
    message = _("The table is decided already; a secrecy review is confirmed before that. Tell the finance bureau.")


class LookedAtOther(SecrecyRefused):
    code = "secrecy_other_texts"
    message = _("The table was changed while you looked. Read the places again and confirm what stands now.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page shows of the gate: the texts that were hit, whether they are confirmed, and who may confirm."""

    texts: tuple[str, ...]
    mark: str
    is_confirmed: bool
    by: str = ""
    at: datetime | None = None
    reason: str = ""
    may: bool = False
    who: str = ""


def standing(case: Case, table: TargetTable | None, content: TableContent, *, by: User) -> Standing | None:
    """Return how the gate stands for `case`, None when nothing in it may be secret. One query when it does."""
    texts = secret_texts(content)
    if not texts:
        return None
    mark = secrecy_mark(content)
    confirmed = table is not None and bool(mark) and table.secrecy_mark == mark
    known = table if confirmed else None
    may = not confirmed and case.state in WHILE and is_head(by, case)
    return Standing(texts, mark, confirmed, str(known.secrecy_by or "") if known else "",
                    known.secrecy_at if known else None, known.secrecy_reason if known else "", may,
                    "" if confirmed or may else who_confirms(case))


def is_head(by: User, case: Case) -> bool:
    """Return whether `by` heads the unit of `case` or its department."""
    wanted = {(case.unit_id, Role.UNIT_HEAD), (case.department_id, Role.DEPARTMENT_HEAD)}
    return any((held.organisation_id, held.role) in wanted for held in grants.roles_of(by))


def who_confirms(case: Case) -> str:
    """Return the people who may confirm, as "name (office)"; the offices to ask when they have no head."""
    people = User.objects.filter(is_active=True).filter(
        groups__rolegroup__organisation=case.unit_id, groups__rolegroup__role=Role.UNIT_HEAD
    ) | User.objects.filter(is_active=True).filter(
        groups__rolegroup__organisation=case.department_id, groups__rolegroup__role=Role.DEPARTMENT_HEAD
    )
    names = "、".join(sorted({str(person) for person in people.distinct()}))
    return names or "、".join(Organisation.objects.filter(pk__in={case.unit_id, case.department_id})
                             .values_list("name", flat=True))


def confirm(*, case: Case, by: User, now: datetime, reason: str, mark: str) -> TargetTable:
    """Note that the texts which `mark` stands for were reviewed and are no secret; an event in the table's record.

    Raises: NotVisible; NotAHead, TooLate, NothingToConfirm, LookedAtOther, ReasonTooShort. Nothing is noted then
    but the refusal itself.
    """
    if not grants.may(by, "view", case):
        raise NotVisible
    try:
        with transaction.atomic():
            locked = Case.objects.select_for_update().get(pk=case.pk)
            return _confirm(locked, by=by, now=now, reason=clean_text(reason).strip(), mark=mark)
    except SecrecyRefused as refusal:
        record.note_refusal(case.pk, action=Action.CLEAR_SECRECY, by=by, now=now, refusal=refusal)
        raise


def _confirm(case: Case, *, by: User, now: datetime, reason: str, mark: str) -> TargetTable:
    if not is_head(by, case):
        raise NotAHead(who=who_confirms(case))
    if case.state not in WHILE:
        raise TooLate
    content = rows.content_of(case)
    stands = secrecy_mark(content)
    if not stands:
        raise NothingToConfirm
    if stands != mark:
        raise LookedAtOther
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ReasonTooShort(most=LONGEST_REASON)
    table = TargetTable.objects.get(pk=case.pk)
    if table.secrecy_mark == stands:
        return table
    table.secrecy_by, table.secrecy_at, table.secrecy_reason, table.secrecy_mark = by, now, reason, stands
    table.save(update_fields=["secrecy_by", "secrecy_at", "secrecy_reason", "secrecy_mark"])
    record.note(case.pk, action=Action.CLEAR_SECRECY, by=by, now=now,
                payload={"reason": reason, "mark": stands, "places": len(secret_texts(content))})
    return table
