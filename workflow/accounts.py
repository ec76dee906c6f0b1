"""Accounts: opened with a one-time password that is shown once, changed, given a new one, used again; never deleted.

Who administers accounts does it; who administers rights names administrators; the head of a department gives its own
people one-time passwords. Each is a ruling, and so is each refusal.
Closing an account is in handover, since what the person holds goes with it.
"""

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow import administering, delegations, grants, rulings
from workflow.administering import Duty
from workflow.canonical import clean_text
from workflow.machine import Role
from workflow.models import RoleGroup, User
from workflow.refusals import AccountRefused, DetailMissing, NotPermitted, ReasonMissing

ONE_TIME = timedelta(days=7)
"""How long a one-time password can be used."""
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What one-time passwords are made of: nothing that is misread on paper or by telephone."""
BLOCKS, BLOCK = 3, 4


def one_time_password() -> str:
    """Return a password by chance, 59 bits, as three blocks of four signs."""
    return "-".join("".join(secrets.choice(SIGNS) for _sign in range(BLOCK)) for _block in range(BLOCKS))


@rulings.keeps_refusals(rulings.Rule.OPEN_ACCOUNT, of="username")
def open_account(
    *, username: str, full_name: str, by: User | None, now: datetime, phone: str = "", email: str = ""
) -> tuple[User, str]:
    """Open an account; return it with its one-time password, which is kept nowhere else than as a hash.

    `by` None: from the command line of the server. Raises: NotPermitted, DetailMissing, AccountRefused.
    """
    if by is not None:
        administering.check(by, Duty.ACCOUNTS, action=_("open accounts"))
    username, password = username.strip(), one_time_password()
    _check_username(username)
    columns = _columns(full_name=full_name, phone=phone, email=email)
    made = User(username=username, one_time_until=now + ONE_TIME, **columns)
    made.set_password(password)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            payload = {"person": username, "name": str(made)}
            rulings.note(action=rulings.Rule.OPEN_ACCOUNT, subject=str(made), by=by, now=now, payload=payload)
    except IntegrityError as error:
        raise _taken(username) from error
    return made, password


def _taken(username: str) -> AccountRefused:
    words = gettext("“%(name)s” is taken already. Choose another user name, for example with a number behind it.")
    return AccountRefused(what=words % {"name": username})


def _check_username(username: str) -> None:
    if not username:
        raise DetailMissing(field=_("User name"))
    try:
        User.username_validator(username)
    except ValidationError as error:
        words = gettext("a user name has letters, digits and . _ - + @ only, without blanks.")
        raise AccountRefused(what=words) from error
    if len(username) > 60:
        raise AccountRefused(what=gettext("a user name has at most 60 signs."))
    if User.objects.filter(username__iexact=username).exists():
        raise _taken(username)


def _columns(*, full_name: str, phone: str, email: str) -> dict[str, str]:
    """Return what is stored of the texts. Raises: DetailMissing, AccountRefused."""
    name = " ".join(clean_text(full_name).split())
    if not name:
        raise DetailMissing(field=_("name"))
    if len(name) > 60:
        raise AccountRefused(what=gettext("a name has at most 60 signs."))
    phone, email = " ".join(clean_text(phone).split()), email.strip()
    if len(phone) > 40:
        raise AccountRefused(what=gettext("a telephone number has at most 40 signs."))
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            words = gettext("“%(text)s” is no mail address. Mend it, or leave it blank.")
            raise AccountRefused(what=words % {"text": email[:60]}) from error
    return {"full_name": name, "phone": phone, "email": email}


@rulings.keeps_refusals(rulings.Rule.CHANGE_ACCOUNT, of="person")
def change(*, person: User, full_name: str, phone: str, email: str, by: User, now: datetime) -> bool:
    """Store name, telephone and mail address; return whether anything was another. The record keeps names as they were.

    Raises: NotPermitted, DetailMissing, AccountRefused.
    """
    administering.check(by, Duty.ACCOUNTS, action=_("change accounts"))
    wanted = _columns(full_name=full_name, phone=phone, email=email)
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=person.pk)
        changed = sorted(name for name, text in wanted.items() if getattr(fresh, name) != text)
        if not changed:
            return False
        was = str(fresh)
        User.objects.filter(pk=person.pk).update(**wanted)
        payload = {"person": person.username, "from": was, "to": wanted["full_name"], "changes": changed}
        rulings.note(action=rulings.Rule.CHANGE_ACCOUNT, subject=was, by=by, now=now, payload=payload)
    return True


def has_people(user: User) -> bool:
    """Return whether `user` heads a department. No statement beside the person's roles."""
    return any(held.role == Role.DEPARTMENT_HEAD for held in grants.roles_of(user))


def people_of(head: User) -> QuerySet[User]:
    """Return the people to whom `head` may give one-time passwords: who hold posts in a department that `head` heads or
    in one of its units and nowhere else, administer nothing and are somebody else.

    Whoever has a post elsewhere has rights there, which are not the department's to lend.
    """
    departments = [held.organisation_id for held in grants.roles_of(head) if held.role == Role.DEPARTMENT_HEAD]
    posts = RoleGroup.objects.filter(user=OuterRef("pk"))
    inside = Q(organisation__in=departments) | Q(organisation__parent__in=departments)
    found = User.objects.filter(is_active=True, is_superuser=False, administers=None).exclude(pk=head.pk)
    return found.filter(Exists(posts.filter(inside))).exclude(Exists(posts.exclude(inside)))


def _check_resets(*, by: User, person: User, now: datetime) -> None:
    """Raises: NotPermitted for who neither administers accounts nor heads the only department of `person`."""
    if administering.has(by, Duty.ACCOUNTS):
        return
    theirs = people_of(by)
    lent = [one.principal.pk for one in delegations.borrowed_by(person, now=now)]
    inside = {by.pk, *theirs.filter(pk__in=lent).values_list("pk", flat=True)}
    if not theirs.filter(pk=person.pk).exists() or set(lent) - inside:
        who = gettext(
            "It is for the system administrator; for the people of a department and its units who act for nobody"
            " elsewhere, for the department's head too."
        )
        raise NotPermitted(action=_("make a one-time password"), who=who)


@rulings.keeps_refusals(rulings.Rule.NEW_PASSWORD, of="person")
def new_password(*, person: User, by: User | None, now: datetime) -> str:
    """Give the account a one-time password and return it; the old one and every open session end at once.

    By who administers accounts, or by the head of the person's department; `by` None: from the command line of the
    server. Raises: NotPermitted, AccountRefused.
    """
    if by is not None:
        if by.pk != person.pk:
            _check_resets(by=by, person=person, now=now)
        else:
            raise AccountRefused(what=gettext("you change your own password under “Change password”."))
    if not person.is_active:
        raise AccountRefused(what=gettext("it is closed. Take it into use again first."))
    password = one_time_password()
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=person.pk)
        fresh.set_password(password)
        fresh.one_time_until = now + ONE_TIME
        fresh.save(update_fields=["password", "one_time_until"])
        payload = {"person": person.username}
        rulings.note(action=rulings.Rule.NEW_PASSWORD, subject=str(person), by=by, now=now, payload=payload)
    return password


@rulings.keeps_refusals(rulings.Rule.REACTIVATE, of="person")
def reactivate(*, person: User, reason: str, by: User, now: datetime) -> str:
    """Take a closed account into use again; return its one-time password. It has no posts.

    Raises: NotPermitted, ReasonMissing, AccountRefused.
    """
    administering.check(by, Duty.ACCOUNTS, action=_("open accounts"))
    if not reason.strip():
        raise ReasonMissing
    if person.is_active:
        raise AccountRefused(what=gettext("it is in use."))
    password = one_time_password()
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=person.pk)
        fresh.set_password(password)
        fresh.is_active, fresh.one_time_until = True, now + ONE_TIME
        fresh.save(update_fields=["password", "is_active", "one_time_until"])
        payload = {"person": person.username, "reason": reason.strip()}
        rulings.note(action=rulings.Rule.REACTIVATE, subject=str(person), by=by, now=now, payload=payload)
    return password


@rulings.keeps_refusals(rulings.Rule.APPOINT, of="person")
def appoint(*, person: User, administers: str | None, reason: str, by: User | None, now: datetime) -> None:
    """Let `person` be one of the three administrators, or none any more (None). Twice is once.

    `by` None: from the command line of the server, for the first one.
    Raises: NotPermitted, ReasonMissing, DetailMissing, AccountRefused, LastAdministrator.
    """
    if by is not None:
        administering.check(by, Duty.RIGHTS, action=_("name administrators"))
        if by.pk == person.pk:
            raise AccountRefused(what=gettext("nobody changes what they administer themselves."))
    if administers is not None and administers not in User.Administers.values:
        raise DetailMissing(field=_("administers"))
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        locked = User.objects.select_for_update().filter(administers__isnull=False).order_by("pk")
        list(locked.values_list("pk"))
        fresh = User.objects.select_for_update().get(pk=person.pk)
        if fresh.administers == administers:
            return
        if not fresh.is_active:
            raise AccountRefused(what=gettext("it is closed. Take it into use again first."))
        posts = list(RoleGroup.objects.filter(user=fresh).values_list("name", flat=True))
        if administers and posts:
            words = gettext("who administers holds no posts. Take these away or hand them over first: %(posts)s.")
            raise AccountRefused(what=words % {"posts": "、".join(posts)})
        if fresh.administers:
            administering.check_not_last(fresh)
        was, fresh.administers = fresh.get_administers_display() or "", administers
        fresh.is_staff = administers is not None
        fresh.save(update_fields=["administers", "is_staff"])
        payload = {
            "person": person.username,
            "from": was,
            "administers": fresh.get_administers_display() or "",
            "reason": reason.strip(),
        }
        rulings.note(action=rulings.Rule.APPOINT, subject=str(person), by=by, now=now, payload=payload)
    person.__dict__.pop("_duties", None)
