"""Refusals: typed exceptions with a full sentence that a clerk can read and that says what to do next.

Raised below the edge, translated to answers in one place (workflow.middleware), recorded by the engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """An action that is not carried out; nothing has changed but the record of the refusal."""

    code: ClassVar[str] = "refused"
    message: ClassVar[Any] = _("This is not possible.")

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message) % _Facts(self.facts)


class _Facts(dict[str, Any]):
    """Facts for a message; one that is missing prints as nothing rather than hiding the sentence."""

    def __missing__(self, name: str) -> str:
        return ""


class NotVisible(Refused):
    code = "not_visible"
    message = _("There is no such case for you. Check the number, or ask your department.")


class NotPossible(Refused):
    code = "not_possible"
    message = _("“%(action)s” is not possible: the case is “%(state)s”. Open it again to see what can be done now.")


class NotPermitted(Refused):
    code = "not_permitted"
    message = _("You may not “%(action)s” this case. %(who)s")


class SamePersonRefused(Refused):
    code = "same_person"
    message = _("You have %(did)s this case yourself, so somebody else must decide on it. %(who)s")


class Stale(Refused):
    """Facts: by, at, changes."""

    code = "stale"
    message = _(
        "This case has changed since you opened it: %(by)s, %(at)s."
        " Look at the differences, then act again; your text is kept."
    )


class ReasonMissing(Refused):
    code = "reason_missing"
    message = _("Say in a few words why, so that the next person knows what to do.")


class DetailMissing(Refused):
    code = "detail_missing"
    message = _("“%(field)s” is missing. Fill it in and try again.")


class NotAnAmount(DetailMissing):
    code = "not_an_amount"
    message = _("“%(value)s” is no amount in yuan. Write it in digits, for example 125000 or 125000.50.")


class UnknownStep(Refused):
    code = "unknown_step"
    message = _("There is no earlier step “%(step)s” to return to. Choose one of: %(known)s.")


class UnknownPerson(Refused):
    code = "unknown_person"
    message = _("“%(name)s” cannot be asked here. %(why)s")


class UnknownCondition(Refused):
    code = "unknown_condition"
    message = _("There is no open condition “%(condition)s”. Open are: %(known)s.")


class ConditionsOpen(Refused):
    code = "conditions_open"
    message = _("It was approved under conditions that are still open: %(conditions)s. Have them met first.")


class Claimed(Refused):
    code = "claimed"
    message = _("%(name)s is reviewing this case. To take it over, press “I will review” first.")


class AskedFirst(Refused):
    code = "asked_first"
    message = _("%(names)s was asked to review before you. Wait for that opinion, or return the case.")


class TooSoon(Refused):
    code = "too_soon"
    message = _("They were urged on %(at)s already. Urge again after %(until)s, or call the office.")


class YearNotOver(Refused):
    code = "year_not_over"
    message = _("The fiscal year %(year)s is not over yet. Archive the case after it has ended.")


class ReportsOutstanding(Refused):
    code = "reports_outstanding"
    message = _("Reports are outstanding: %(numbers)s. Wait for them, or waive them with a reason.")


class AdjustmentOpen(Refused):
    code = "adjustment_open"
    message = _("An adjustment is under way: %(number)s. Wait until it is decided, or cancel it.")


class AlreadyDecided(NotPermitted):
    """Facts: at, who."""

    code = "already_decided"
    message = _("You have signed this step already, on %(at)s; it still needs others. %(who)s")


class Unconfirmed(Refused):
    code = "unconfirmed"
    message = _("%(name)s filled this table in for the unit on %(at)s. The unit confirms it first.")


class NothingToConfirm(Refused):
    code = "nothing_to_confirm"
    message = _("Nothing that was filled in for the unit waits for confirmation.")


class EditsItself(Refused):
    code = "edits_itself"
    message = _("You may edit this table yourself, so nothing is filled in for you. Open it and fill it in.")


class NoProposal(Refused):
    code = "no_proposal"
    message = _("No admission of the table as it stands now is proposed. Propose it with number, date and scan.")


class AccountRefused(Refused):
    """Facts: what."""

    code = "account_refused"
    message = _("This cannot be done with the account: %(what)s")


class NobodyThere(Refused):
    code = "nobody_there"
    message = _("Nobody holds the step “%(step)s” in %(organisation)s yet. Ask the administrator to name somebody.")


class NoRoute(Refused):
    code = "no_route"
    message = _("No published route fits this case. Ask the finance bureau to publish one.")


class KeyReused(Refused):
    code = "key_reused"
    message = _("This form was already used for something else. Reload the page and try again.")


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason of the document's own why an action must wait."""

    code: str
    place: str
    message: str


class Blocked(Refused):
    """Facts: blockers, a sequence of Blocker; count."""

    code = "blocked"
    message = _("%(count)s points must be mended first: %(first)s")

    def __init__(self, blockers: Sequence[Blocker], **facts: Any) -> None:
        self.blockers = tuple(blockers)
        super().__init__(count=len(self.blockers), first=self.blockers[0].message if self.blockers else "", **facts)


def as_dict(refusal: Refused) -> Mapping[str, Any]:
    """Return code, message and, for Blocked, the blockers: for the record and for JSON answers."""
    answer: dict[str, Any] = {"code": refusal.code, "message": str(refusal)}
    if isinstance(refusal, Blocked):
        answer["blockers"] = [{"code": b.code, "place": b.place, "message": b.message} for b in refusal.blockers]
    return answer
