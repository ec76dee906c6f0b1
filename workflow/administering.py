"""Who administers what: the duties of the system, the security and the audit administrator, as data.

None of them gives a right on a case: nobody who administers holds a post. Each person has one kind at most
(`User.administers`), so the three exclude each other. Asked by the administrators' functions, their pages and commands.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Q, TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow.models import User
from workflow.refusals import NotPermitted, Refused

Kind = User.Administers


class Duty(TextChoices):
    """What an administrator does. Finance sets the rules too, by its own posts."""

    ACCOUNTS = "accounts", _("accounts and organisations")
    RULES = "rules", _("calendar, reminders, dates and templates")
    OPERATION = "operation", _("messages that got stuck, the state of the system")
    RIGHTS = "rights", _("posts, administrators, delegations of others, routes, purges")
    RECORD = "record", _("looking at rulings, seals, refusals and exports")


DUTIES: dict[Kind, tuple[Duty, ...]] = {
    Kind.SYSTEM: (Duty.ACCOUNTS, Duty.RULES, Duty.OPERATION),
    Kind.SECURITY: (Duty.RIGHTS,),
    Kind.AUDIT: (Duty.RECORD,),
}
"""Whose each duty is. With BTR_THREE_ADMINISTRATORS it is so from the start; without, the duties of a kind that nobody
holds are the system administrator's, so that one person is enough for a small county."""
OWNERS: dict[Duty, Kind] = {duty: kind for kind, duties in DUTIES.items() for duty in duties}


class LastAdministrator(Refused):
    """Facts: name, kind."""

    code = "last_administrator"
    message: ClassVar[Any] = _("%(name)s is the last %(kind)s whose account is in use. Name another one first.")


def kind_of(user: User) -> Kind | None:
    """Return what `user` administers, None for nothing; an account made by createsuperuser counts as system."""
    if not user.is_active:
        return None
    if user.administers:
        return Kind(user.administers)
    return Kind.SYSTEM if user.is_superuser else None


def duties_of(user: User) -> frozenset[Duty]:
    """Return the duties of `user`. Asked once a user object: one statement for a system administrator, else none."""
    kind = kind_of(user)
    if kind is None:
        return frozenset()
    kept: tuple[Kind, frozenset[Duty]] | None = user.__dict__.get("_duties")
    if kept is None or kept[0] != kind:
        duties = {*DUTIES[kind]}
        if kind == Kind.SYSTEM and not settings.THREE_ADMINISTRATORS:
            there = set(User.objects.filter(is_active=True, administers__isnull=False).values_list("administers"))
            duties |= {duty for duty, owner in OWNERS.items() if (owner.value,) not in there}
        kept = user.__dict__["_duties"] = (kind, frozenset(duties))
    return kept[1]


def has(user: User, duty: Duty) -> bool:
    """Return whether `duty` is one of `user`'s."""
    return duty in duties_of(user)


def is_administrator(user: User) -> bool:
    """Return whether `user` administers anything, so that the administrators' pages may be looked at."""
    return kind_of(user) is not None


def whose(duty: Duty) -> str:
    """Return a sentence that says who does it."""
    return gettext("This is for the %(kind)s.") % {"kind": Kind(OWNERS[duty]).label}


def check(by: User, duty: Duty, *, action: Any) -> None:
    """Raises: NotPermitted for who has not this duty, with who has."""
    if not has(by, duty):
        raise NotAdministrator(action=action, who=whose(duty))


class NotAdministrator(NotPermitted):
    code = "not_administrator"
    message: ClassVar[Any] = _("You may not “%(action)s”. %(who)s")


def check_not_last(person: User) -> None:
    """Raises: LastAdministrator when nobody else in use administers what `person` does.

    Security and audit may go without where the system administrator stands in for them; the system administrator never.
    """
    kind = kind_of(person)
    if kind is None or (kind != Kind.SYSTEM and not settings.THREE_ADMINISTRATORS):
        return
    same = Q(administers=kind)
    if kind == Kind.SYSTEM:
        same |= Q(is_superuser=True, administers=None)
    if not User.objects.filter(same, is_active=True).exclude(pk=person.pk).exists():
        raise LastAdministrator(name=person, kind=kind.label)


def explained(user: User) -> Iterable[tuple[Duty, bool, str]]:
    """Yield each duty with whether it is `user`'s, and whose it is: for the page that explains the split."""
    mine = duties_of(user)
    for duty in Duty:
        yield duty, duty in mine, str(Kind(OWNERS[duty]).label)
