"""Organisations entered, changed and ended; renaming and going over into another are in reorganising.

Who administers accounts does it; each change is a ruling, and so is each refusal. Nothing is ever deleted.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow import deadlines, grants, names, rulings
from workflow.canonical import clean_text
from workflow.machine import FINAL_STATES, TaskStatus
from workflow.models import Case, Organisation, RoleGroup, Task, User
from workflow.refusals import DetailMissing, ReasonMissing
from workflow.reorganising import OrganisationRefused, check_organising

Kind = Organisation.Kind
PARENTS: dict[str, tuple[str, ...]] = {Kind.UNIT: (Kind.DEPARTMENT,), Kind.DIVISION: (Kind.BUREAU,)}
"""Which kind an organisation of each kind belongs to; departments and the bureau belong to none."""
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Details:
    """What can be changed of an organisation later, too."""

    phone: str = ""
    division_in_charge: Organisation | None = None
    valid_from: date | None = None


@rulings.keeps_refusals(rulings.Rule.OPEN_ORGANISATION, of="name")
def open_organisation(
    *,
    code: str,
    name: str,
    kind: str,
    parent: Organisation | None,
    details: Details,
    by: User,
    now: datetime,
    is_own_office: bool = False,
    is_performance_division: bool = False,
) -> Organisation:
    """Enter an organisation and return it. Posts are given afterwards.

    Raises: NotPermitted, DetailMissing, OrganisationRefused.
    """
    check_organising(by)
    code, name = "".join(clean_text(code).split()), " ".join(clean_text(name).split())
    if not code:
        raise DetailMissing(field=_("code"))
    if not names.normal_name(name):
        raise DetailMissing(field=_("name"))
    if kind not in Kind.values:
        raise DetailMissing(field=_("kind"))
    if len(code) > 30 or len(name) > 200:
        raise OrganisationRefused(what=gettext("a code has at most 30 signs and a name at most 200."))
    try:
        with transaction.atomic():
            _check_place(kind, parent, is_own_office=is_own_office, is_performance_division=is_performance_division)
            _check_details(kind, details)
            _check_unknown(code, name, kind)
            made = Organisation.objects.create(
                code=code,
                name=name,
                kind=kind,
                parent=parent,
                is_own_office=is_own_office,
                is_performance_division=is_performance_division,
                phone=_phone(details.phone),
                division_in_charge=details.division_in_charge,
                valid_from=details.valid_from,
            )
            payload = {"number": code, "kind": str(Kind(kind).label), "parent": parent.name if parent else ""}
            rulings.note(action=rulings.Rule.OPEN_ORGANISATION, subject=name, by=by, now=now, payload=payload)
    except IntegrityError as error:
        raise _code_taken(code, "") from error
    return made


def _code_taken(code: str, name: str) -> OrganisationRefused:
    return OrganisationRefused(what=gettext("the code %(code)s is taken: %(name)s.") % {"code": code, "name": name})


def _check_unknown(code: str, name: str, kind: str) -> None:
    there = Organisation.objects.filter(code=code).first()
    if there is not None:
        raise _code_taken(code, there.name)
    standing = Organisation.objects.filter(kind=kind, successor=None, valid_to=None).values_list("name", "code")
    for other, its_code in standing:
        if names.normal_name(other) == names.normal_name(name):
            words = gettext("“%(name)s” is there already under the code %(code)s.")
            raise OrganisationRefused(what=words % {"name": other, "code": its_code})


def _check_place(
    kind: str, parent: Organisation | None, *, is_own_office: bool, is_performance_division: bool
) -> None:
    wanted = PARENTS.get(kind)
    if wanted and (parent is None or parent.kind not in wanted):
        words = gettext("say which %(kind)s it belongs to.")
        raise OrganisationRefused(what=words % {"kind": Kind(wanted[0]).label})
    if not wanted and parent is not None:
        raise OrganisationRefused(what=gettext("a department or bureau belongs to no other organisation."))
    if parent is not None and (parent.successor_id or parent.valid_to):
        raise OrganisationRefused(what=gettext("“%(name)s” is no longer there.") % {"name": parent.name})
    if kind == Kind.BUREAU and (there := Organisation.objects.filter(kind=Kind.BUREAU).first()):
        raise OrganisationRefused(what=gettext("there is one finance bureau: “%(name)s”.") % {"name": there.name})
    if is_own_office:
        if kind != Kind.UNIT:
            raise OrganisationRefused(what=gettext("only a unit is a department's own office."))
        if own := Organisation.objects.filter(parent=parent, is_own_office=True, successor=None, valid_to=None).first():
            words = gettext("the department has its own office already: “%(name)s”.")
            raise OrganisationRefused(what=words % {"name": own.name})
    if is_performance_division:
        if kind != Kind.DIVISION:
            raise OrganisationRefused(what=gettext("only a division of the bureau is the performance division."))
        if there := Organisation.objects.filter(is_performance_division=True).first():
            words = gettext("there is a performance division already: “%(name)s”.")
            raise OrganisationRefused(what=words % {"name": there.name})


def _check_details(kind: str, details: Details) -> None:
    division = details.division_in_charge
    if division is None:
        return
    if kind != Kind.DEPARTMENT:
        raise OrganisationRefused(what=gettext("only a department has a division in charge."))
    if division.kind != Kind.DIVISION or division.successor_id or division.valid_to:
        raise OrganisationRefused(what=gettext("“%(name)s” is no division that is there.") % {"name": division.name})


def _phone(text: str) -> str:
    phone = " ".join(clean_text(text).split())
    if len(phone) > 40:
        raise OrganisationRefused(what=gettext("a telephone number has at most 40 signs."))
    return phone


@rulings.keeps_refusals(rulings.Rule.CHANGE_ORGANISATION, of="organisation")
def change(*, organisation: Organisation, details: Details, by: User, now: datetime) -> bool:
    """Store telephone, first day and division in charge; return whether anything was another.

    Another division in charge gets the rights on the department's open cases at once; its open review tasks stay with
    who has them. Raises: NotPermitted, OrganisationRefused.
    """
    check_organising(by)
    _check_details(organisation.kind, details)
    with transaction.atomic():
        fresh = Organisation.objects.select_for_update().get(pk=organisation.pk)
        if fresh.successor_id or fresh.valid_to:
            raise OrganisationRefused(what=gettext("it is no longer there."))
        wanted = {
            "phone": _phone(details.phone),
            "valid_from": details.valid_from,
            "division_in_charge_id": details.division_in_charge.pk if details.division_in_charge else None,
        }
        changed = {column: value for column, value in wanted.items() if getattr(fresh, column) != value}
        if not changed:
            return False
        if "division_in_charge_id" in changed and details.division_in_charge is None and _waits_for_division(fresh):
            words = gettext("cases of it are under review and need a division in charge. Choose one.")
            raise OrganisationRefused(what=words)
        Organisation.objects.filter(pk=fresh.pk).update(**changed)
        payload = {"changes": [f"{column}: {value or '—'}" for column, value in sorted(changed.items())]}
        rulings.note(action=rulings.Rule.CHANGE_ORGANISATION, subject=fresh.name, by=by, now=now, payload=payload)
    if "division_in_charge_id" in changed:
        mine = Q(department=fresh.pk) & ~Q(state__in=FINAL_STATES)
        for _drift in grants.drift(mend=True, among=mine):
            pass
    return True


def _waits_for_division(organisation: Organisation) -> bool:
    return Case.objects.filter(department=organisation).exclude(state__in=FINAL_STATES).exists()


@rulings.keeps_refusals(rulings.Rule.END_ORGANISATION, of="organisation")
def end(*, organisation: Organisation, on: date, reason: str, by: User, now: datetime) -> None:
    """Let `organisation` end on `on` without a successor: it has no open cases, people, units or departments any more.

    Raises: NotPermitted, ReasonMissing, OrganisationRefused with what is in the way.
    """
    check_organising(by)
    if not reason.strip():
        raise ReasonMissing
    if on > deadlines.day_of(now):
        raise OrganisationRefused(what=gettext("a day that lies ahead is entered when it has come."))
    with transaction.atomic():
        fresh = Organisation.objects.select_for_update().get(pk=organisation.pk)
        if fresh.valid_from and on < fresh.valid_from:
            raise OrganisationRefused(what=gettext("it ends no earlier than it begins, on %(day)s.")
                                      % {"day": fresh.valid_from})  # fmt: skip
        if found := in_the_way(fresh):
            raise OrganisationRefused(what=" ".join(found))
        Organisation.objects.filter(pk=fresh.pk).update(valid_to=on)
        payload = {"on": on.isoformat(), "reason": reason.strip()}
        rulings.note(action=rulings.Rule.END_ORGANISATION, subject=fresh.name, by=by, now=now, payload=payload)


def in_the_way(organisation: Organisation) -> list[str]:
    """Return a sentence for each thing that keeps `organisation` from ending without a successor. Five statements."""
    if organisation.kind == Kind.BUREAU:
        return [gettext("the finance bureau stays.")]
    if organisation.successor_id or organisation.valid_to:
        return [gettext("it is no longer there.")]
    waiting = Task.objects.filter(status=TaskStatus.OPEN, role_group__organisation=organisation)
    mine = Q(unit=organisation) | Q(department=organisation) | Q(pk__in=waiting.values("case_id"))
    cases = Case.objects.filter(mine).exclude(state__in=FINAL_STATES).order_by("pk")
    open_cases = list(cases.values_list("number", flat=True)[:SHOWN])
    groups = RoleGroup.objects.filter(organisation=organisation, user__is_active=True).distinct()
    people = [f"{group.get_role_display()}" for group in groups.order_by("role")]
    below = list(organisation.children.filter(successor=None, valid_to=None).values_list("name", flat=True)[:SHOWN])
    served = organisation.departments_served.filter(successor=None, valid_to=None).values_list("name", flat=True)
    found = (
        (open_cases, _("open cases or tasks of it: %(names)s. Let it go over into another one, they follow.")),
        (people, _("people hold these posts in it: %(names)s. Take them away first.")),
        (below, _("units belong to it: %(names)s. Let them go over or end first.")),
        (list(served[:SHOWN]), _("it is in charge of %(names)s. Give them another division first.")),
    )
    return [str(words) % {"names": "、".join(there)} for there, words in found if there]
