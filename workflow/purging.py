"""Purge (清除) for secrecy: a version of a content or a file is taken away, and only its SHA-256 stays.

Two people sign: a head of an office of the case and whoever administers security, in either order, never one person.
The record keeps both names; its chain holds, since it never held the content. The rooms that hold contents register
a store each; the event, the seal and every decision go on naming the hash.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow import administering, grants, record, rulings
from workflow.administering import Duty
from workflow.machine import Action, Place, Role, State
from workflow.models import Case, Purge, User
from workflow.refusals import NotPermitted, NotVisible, ReasonMissing, Refused
from workflow.signals import announced

RESTING = (State.CANCELLED, State.CLOSED, State.REJECTED)
"""The states in which the content that stands may be taken away too: nothing is decided on it any more."""
HEADS = (
    (Role.UNIT_HEAD, Place.UNIT),
    (Role.DEPARTMENT_HEAD, Place.DEPARTMENT),
    (Role.FINANCE_HEAD, Place.DIVISION_IN_CHARGE),
    (Role.FINANCE_HEAD, Place.PERFORMANCE_DIVISION),
    (Role.FINANCE_HEAD, Place.BUREAU),
)
PURGED = "（已清除）"
"""What stands where a text was: on paper and in exports, so it is not translated."""


class PurgeRefused(Refused):
    """Facts: what."""

    code = "purge_refused"
    message: ClassVar[Any] = _("This cannot be purged: %(what)s")


class SecondSignature(NotPermitted):
    code = "second_signature"
    message: ClassVar[Any] = _("A purge needs a second signature by another person: a head of an office of the case and"
                               " the security administrator sign. %(who)s")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that could be purged: its hash, what it is called, when it was made, whether it is gone already."""

    what: str
    sha256: str
    label: str
    made_at: datetime
    is_purged: bool = False


class Store(Protocol):
    """What a room that holds contents answers."""

    def kept(self, case: Case) -> Sequence[Kept]:
        """Return what is held of `case`, the oldest first."""
        ...

    def in_use(self, case: Case, what: str, sha256: str) -> bool:
        """Return whether it belongs to what the case says now."""
        ...

    def erase(self, case: Case, what: str, sha256: str, *, now: datetime) -> int:
        """Take it away wherever it is held, in the caller's transaction; return in how many places it was."""
        ...

    def contents(self, case: Case) -> Iterable[dict[str, Any]]:
        """Yield the versions for the export of the record: event_seq, content_hash, content (None when purged)."""
        ...


_stores: list[Store] = []


def register(store: Store) -> None:
    """Name a room that holds contents; twice is once."""
    if store not in _stores:
        _stores.append(store)


def kept_of(case: Case) -> list[Kept]:
    """Return everything of `case` that could be purged, and what was."""
    return [one for store in _stores for one in store.kept(case)]


def contents_of(case: Case) -> list[dict[str, Any]]:
    """Return the versions of the content of `case` for an export."""
    return [one for store in _stores for one in store.contents(case)]


def is_keeper(user: User) -> bool:
    """Return whether `user` administers rights: security, or who stands in for it."""
    return administering.has(user, Duty.RIGHTS)


def is_head(user: User, case: Case) -> bool:
    """Return whether `user` heads the unit, the department or a finance office of `case`. One statement."""
    return any((post.role, post.place) in HEADS and user.pk in post.members for post in grants.posts_around(case))


@rulings.keeps_refusals(rulings.Rule.ASK_PURGE, of="case")
def ask(*, case: Case, what: str, sha256: str, reason: str, by: User, now: datetime) -> Purge:
    """Give the first signature. Asking for the same twice gives the request that is open.

    Raises: NotVisible, NotPermitted, ReasonMissing, PurgeRefused. Nothing is taken away yet.
    """
    if not is_keeper(by) and not grants.may(by, "view", case):
        raise NotVisible
    if not is_keeper(by) and not is_head(by, case):
        who = gettext("Heads of the case's offices and the security administrator may ask for it.")
        raise NotPermitted(action=Action.PURGE.label, who=who)
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        locked = _locked(case.pk)
        _check(locked, what, sha256)
        there = Purge.objects.filter(case=locked, what=what, sha256=sha256, decided_at=None).first()
        if there is not None:
            return there
        made = Purge.objects.create(
            case=locked, what=what, sha256=sha256, reason=reason.strip()[:300], asked_by=by, asked_at=now
        )
        _rule(rulings.Rule.ASK_PURGE, made, by=by, now=now)
        announced.send(sender=Case, case=locked, kind="purge_asked", by=by, now=now, facts={"reason": made.reason})
    return made


def _locked(case_id: int) -> Case:
    return Case.objects.select_for_update(of=("self",)).select_related("unit", "department").get(pk=case_id)


def _check(case: Case, what: str, sha256: str) -> None:
    found = [one for one in kept_of(case) if (one.what, one.sha256) == (what, sha256)]
    if not found:
        raise PurgeRefused(what=gettext("the case holds nothing with this digest."))
    if all(one.is_purged for one in found):
        raise PurgeRefused(what=gettext("it was purged already."))
    if case.state not in RESTING and any(store.in_use(case, what, sha256) for store in _stores):
        raise PurgeRefused(
            what=gettext("the case still says this. Replace the text or take the file off first, or cancel the case.")
        )


@rulings.keeps_refusals(rulings.Rule.PURGE, of="purge")
def confirm(*, purge: Purge, by: User, now: datetime) -> Purge:
    """Give the second signature: the content is taken away now, and the record of the case says so.

    Raises: NotVisible, SecondSignature, PurgeRefused; nothing has changed then.
    """
    with transaction.atomic():
        case, open_ = _open(purge, by)
        asker_keeps = is_keeper(open_.asked_by)
        signs = is_head(by, case) if asker_keeps else is_keeper(by)
        if by.pk == open_.asked_by_id or not signs:
            raise SecondSignature(who=gettext("It was asked for by %(name)s.") % {"name": open_.asked_by})
        _check(case, open_.what, open_.sha256)
        places = sum(store.erase(case, open_.what, open_.sha256, now=now) for store in _stores)
        open_.decided_by, open_.decided_at, open_.is_carried_out = by, now, True
        open_.save(update_fields=["decided_by", "decided_at", "is_carried_out"])
        payload = {
            "what": open_.what,
            "sha256": open_.sha256,
            "reason": open_.reason,
            "asked_by": str(open_.asked_by),
            "places": places,
        }
        record.note(case.pk, action=Action.PURGE, by=by, now=now, payload=payload)
        _rule(rulings.Rule.PURGE, open_, by=by, now=now)
    return open_


@rulings.keeps_refusals(rulings.Rule.REFUSE_PURGE, of="purge")
def refuse(*, purge: Purge, by: User, now: datetime) -> None:
    """Close a request without taking anything away: whoever could sign, or who asked. Raises: NotVisible."""
    with transaction.atomic():
        _case, open_ = _open(purge, by)
        open_.decided_by, open_.decided_at = by, now
        open_.save(update_fields=["decided_by", "decided_at"])
        _rule(rulings.Rule.REFUSE_PURGE, open_, by=by, now=now)


def _open(purge: Purge, by: User) -> tuple[Case, Purge]:
    """Return the case, locked, and the open request. Raises: NotVisible, PurgeRefused when it was decided."""
    case = _locked(purge.case_id)
    if not is_keeper(by) and not is_head(by, case):
        raise NotVisible
    found = Purge.objects.select_related("asked_by").filter(pk=purge.pk, decided_at=None).first()
    if found is None:
        raise PurgeRefused(what=gettext("the request was decided already."))
    return case, found


def _rule(rule: rulings.Rule, purge: Purge, *, by: User, now: datetime) -> None:
    payload = {"number": purge.case.number, "what": purge.what, "sha256": purge.sha256, "reason": purge.reason}
    rulings.note(action=rule, subject=purge.case.number, by=by, now=now, payload=payload)


def open_for(user: User) -> list[Purge]:
    """Return the requests that wait for a second signature and that `user` could sign or has asked for."""
    rows = Purge.objects.filter(decided_at=None).select_related("case__unit", "case__department", "asked_by")
    keeper = is_keeper(user)
    return [one for one in rows.order_by("pk") if keeper or one.asked_by_id == user.pk or is_head(user, one.case)]
