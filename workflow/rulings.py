"""Rulings: what was done to the rules, the organisations and the people, in one chain like that of a case.

Written in the transaction of what it records; what was refused is noted too, after its transaction is undone. Nothing
here changes a row that stands. Called by the administrators' functions; checked by verify_record, listed on its page.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from workflow.canonical import canonical_json, sha256_hex
from workflow.models import Ruling, User
from workflow.record import SYSTEM_NAME, Fault
from workflow.refusals import Refused

CHAIN = "rulings"
"""What a fault calls this chain."""


class Rule(TextChoices):
    """What can be done to rules, organisations and people."""

    PUBLISH_ROUTE = "publish_route", _("Route published")
    RENAME = "rename", _("Organisation renamed")
    ALIAS = "alias", _("Spelling added")
    MERGE = "merge", _("Organisation went over into another")
    GIVE_POST = "give_post", _("Post given")
    TAKE_POST = "take_post", _("Post taken away")
    HAND_OVER = "hand_over", _("Work handed over")
    DELEGATE = "delegate", _("Delegation given")
    END_DELEGATION = "end_delegation", _("Delegation ended")
    OPEN_ACCOUNT = "open_account", _("Account opened")
    CHANGE_ACCOUNT = "change_account", _("Account changed")
    NEW_PASSWORD = "new_password", _("One-time password made")
    APPOINT = "appoint", _("Administrator named or released")
    DEACTIVATE = "deactivate", _("Account deactivated")
    REACTIVATE = "reactivate", _("Account in use again")
    OPEN_ORGANISATION = "open_organisation", _("Organisation entered")
    CHANGE_ORGANISATION = "change_organisation", _("Organisation changed")
    END_ORGANISATION = "end_organisation", _("Organisation ended")
    SET_CALENDAR = "set_calendar", _("Working days stored")
    SET_LADDER = "set_ladder", _("Reminders stored")
    SET_ROUND = "set_round", _("Round stored")
    SET_DATES = "set_dates", _("Dates of a round stored")
    RELEASE_MANY = "release_many", _("Many at once")
    OPEN_PAGE = "open_page", _("Administrator's page")
    ASK_PURGE = "ask_purge", _("Purge asked for")
    PURGE = "purge", _("Purged")
    REFUSE_PURGE = "refuse_purge", _("Purge refused")
    SET_WEBHOOK = "set_webhook", _("Webhook entered or changed")
    TEST_CHANNEL = "test_channel", _("Test message")


def note(*, action: Rule, subject: str, by: User | None, now: datetime, payload: Mapping[str, Any]) -> Ruling:
    """Append one ruling to the chain, in the caller's transaction or one of its own. Returns it."""
    with transaction.atomic():
        last = Ruling.objects.select_for_update().order_by("-seq").first()
        made = Ruling(
            seq=last.seq + 1 if last else 1,
            at=now,
            actor=by,
            actor_name=str(by) if by else SYSTEM_NAME,
            action=action,
            subject=subject[:200],
            payload=canonical_json(payload),
            prev=last.hash if last else "",
        )
        made.hash = digest(made)
        made.save(force_insert=True)
    return made


REFUSED = '"refused":"'
"""How the payload of a refusal is told from others."""
P = ParamSpec("P")
R = TypeVar("R")


def note_refusal(*, action: Rule, subject: str, by: User | None, now: datetime, refusal: Refused) -> Ruling:
    """Append that `by` was refused `action`, with the code and the sentence that they were given."""
    payload = {"refused": refusal.code, "why": str(refusal)}
    return note(action=action, subject=subject, by=by, now=now, payload=payload)


def keeps_refusals(action: Rule, *, of: str | Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function note its refusals in the chain; `of`: its keyword argument that names what it is about, or a
    function of all arguments that does.

    The function takes `by` and `now` as keywords, and undoes its own transaction when it refuses.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            given: dict[str, Any] = dict(kwargs)
            try:
                return function(*args, **kwargs)
            except Refused as refusal:
                by = given["by"] if given["by"] is None or given["by"].pk else None
                about = of(*args, **kwargs) if callable(of) else given.get(of)
                note_refusal(action=action, subject=_named(about), by=by, now=given["now"], refusal=refusal)
                raise

        return called

    return wrap


def _named(subject: Any) -> str:
    facts = (getattr(subject, name, None) for name in ("number", "name", "principal", "case"))
    return str(next(filter(None, facts), subject) or "—")


def digest(ruling: Ruling) -> str:
    """Return the hash of a ruling: SHA-256 over the canonical JSON of its columns and of the hash before it."""
    return sha256_hex(
        canonical_json(
            {
                "seq": ruling.seq,
                "at": ruling.at.astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": ruling.actor_id,
                "actor_name": ruling.actor_name,
                "action": ruling.action,
                "subject": ruling.subject,
                "payload": ruling.payload,
                "prev": ruling.prev,
            }
        )
    )


def verify() -> Iterator[Fault]:
    """Yield every fault of the chain: changed, swapped, removed or inserted rulings."""
    prev, seq = "", 0
    for ruling in Ruling.objects.order_by("seq").iterator(chunk_size=2000):
        if ruling.seq != seq + 1:
            yield Fault(CHAIN, ruling.seq, f"ruling {seq + 1} is missing")
        if ruling.prev != prev:
            yield Fault(CHAIN, ruling.seq, "does not follow the ruling before it")
        if digest(ruling) != ruling.hash:
            yield Fault(CHAIN, ruling.seq, "was changed after it was written")
        prev, seq = ruling.hash, ruling.seq


def shown(ruling: Ruling) -> dict[str, Any]:
    """Return one ruling as its page shows it: when, who, what, about whom, and its details as (word, text) pairs."""
    facts: dict[str, Any] = json.loads(ruling.payload)
    refused = str(facts.get("why") or "") if facts.get("refused") else ""
    details = [
        (str(words), _text(facts[name])) for name, words in DETAILS.items() if facts.get(name) not in (None, "", [])
    ]
    action = str(Rule(ruling.action).label) if ruling.action in Rule.values else ruling.action
    return {"ruling": ruling, "action": action, "details": details, "refused": refused}


DETAILS: dict[str, Any] = {
    "name": _("person"),
    "from": _("from"),
    "into": _("into"),
    "to": _("to"),
    "on": _("day"),
    "spelling": _("spelling"),
    "reason": _("reason"),
    "basis": _("basis"),
    "posts": _("posts"),
    "cases": _("cases"),
    "changes": _("changes"),
    "accepted": _("accepted"),
    "number": _("number"),
    "sha256": _("digest"),
    "administers": _("administers"),
    "deputy": _("deputy"),
    "starts": _("first day"),
    "ends": _("until"),
    "kind": _("kind"),
    "parent": _("belongs to"),
    "source": _("source"),
    "version": _("version"),
    "rungs": _("rungs"),
    "result": _("result"),
}
"""What a ruling's details are called on the page; the others are for the machine."""


def _text(value: Any) -> str:
    return "；".join(str(part) for part in value) if isinstance(value, list) else str(value)
