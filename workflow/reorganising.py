"""Organisations change: new names and spellings, posts given and taken, one that goes over into another.

Nothing is deleted. An organisation that went over keeps its closed cases, which its successor's people go on seeing;
open cases and tasks follow, each with an event. Who administers accounts changes organisations, who administers rights
gives posts; each change and each refusal is a ruling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow import administering, deadlines, grants, names, record, rulings
from workflow.administering import Duty
from workflow.machine import FINAL_STATES, REVIEW_STATES, Action, Role, TaskStatus
from workflow.models import Case, Organisation, OrganisationAlias, RoleGroup, Task, User
from workflow.refusals import DetailMissing, ReasonMissing, Refused
from workflow.signals import reorganised

CHUNK = 50
"""Cases a transaction carries over, so that no writer waits long."""


ROLES_AT: dict[str, tuple[Role, ...]] = {
    Organisation.Kind.UNIT: (Role.EDITOR, Role.UNIT_HEAD),
    Organisation.Kind.DEPARTMENT: (Role.DEPARTMENT_REVIEWER, Role.DEPARTMENT_HEAD),
    Organisation.Kind.DIVISION: (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD),
    Organisation.Kind.BUREAU: (Role.FINANCE_HEAD, Role.FINANCE_REVIEWER, Role.AUDITOR),
}
"""The posts that an organisation of each kind has."""


class OrganisationRefused(Refused):
    """Facts: what."""

    code = "organisation_refused"
    message: ClassVar[Any] = _("This cannot be done with the organisation: %(what)s")


def check_organising(by: User) -> None:
    """Raises: NotPermitted for who does not administer organisations."""
    administering.check(by, Duty.ACCOUNTS, action=_("change organisations"))


def check_posting(by: User) -> None:
    """Raises: NotPermitted for who does not administer rights."""
    administering.check(by, Duty.RIGHTS, action=_("give and take posts"))


@rulings.keeps_refusals(rulings.Rule.RENAME, of="organisation")
def rename(*, organisation: Organisation, name: str, reason: str, by: User, now: datetime) -> None:
    """Give `organisation` another name; the old one stays as a spelling. Raises: NotPermitted, DetailMissing,
    ReasonMissing, OrganisationRefused when another one has that name.
    """
    check_organising(by)
    name, old = " ".join(name.split())[:200], organisation.name
    if not name:
        raise DetailMissing(field=_("name"))
    _check_reason(reason)
    if name == old:
        raise OrganisationRefused(what=gettext("it has this name already."))
    with transaction.atomic():
        others = Organisation.objects.filter(kind=organisation.kind, successor=None).exclude(pk=organisation.pk)
        if any(names.normal_name(other) == names.normal_name(name) for other in others.values_list("name", flat=True)):
            raise OrganisationRefused(what=gettext("another one is called “%(name)s”. Let one go over into the other.")
                                      % {"name": name})  # fmt: skip
        names.add_alias(organisation=organisation, text=old)
        organisation.name = name
        organisation.save(update_fields=["name"])
        for group in RoleGroup.objects.filter(organisation=organisation):
            group.name = group_name(organisation, Role(group.role))
            group.save(update_fields=["name"])
        payload = {"from": old, "to": name, "reason": reason.strip()}
        rulings.note(action=rulings.Rule.RENAME, subject=old, by=by, now=now, payload=payload)


@rulings.keeps_refusals(rulings.Rule.ALIAS, of="organisation")
def add_spelling(*, organisation: Organisation, text: str, by: User, now: datetime) -> None:
    """Note one more spelling under which it is printed. Raises: NotPermitted, DetailMissing."""
    check_organising(by)
    if not names.normal_name(text):
        raise DetailMissing(field=_("spelling"))
    with transaction.atomic():
        alias = names.add_alias(organisation=organisation, text=" ".join(text.split())[:200])
        payload = {"spelling": alias.text}
        rulings.note(action=rulings.Rule.ALIAS, subject=organisation.name, by=by, now=now, payload=payload)


def group_name(organisation: Organisation, role: Role) -> str:
    """Return the name of the role group, at most as long as a group's name may be, and told apart by the code."""
    name = f"{organisation.name}·{role.label}"[:140]
    taken = RoleGroup.objects.filter(name=name).exclude(organisation=organisation, role=role).exists()
    return f"{name} {organisation.code}"[:150] if taken else name


def group_of(organisation: Organisation, role: Role) -> RoleGroup:
    """Return the group of the people who hold `role` in `organisation`; it is made when it is asked for first."""
    found = RoleGroup.objects.filter(organisation=organisation, role=role).first()
    if found is not None:
        return found
    return RoleGroup.objects.create(organisation=organisation, role=role, name=group_name(organisation, role))


# Posts


@rulings.keeps_refusals(rulings.Rule.GIVE_POST, of="person")
def give_post(*, person: User, organisation: Organisation, role: Role, by: User, now: datetime) -> None:
    """Let `person` hold `role` in `organisation`; twice is once. Raises: NotPermitted, OrganisationRefused."""
    check_posting(by)
    if role not in ROLES_AT[organisation.kind]:
        raise OrganisationRefused(what=gettext("there is no post “%(role)s” in it.") % {"role": role.label})
    if administering.is_administrator(person):
        raise OrganisationRefused(what=gettext("%(name)s administers and takes no posts.") % {"name": person})
    if not person.is_active:
        raise OrganisationRefused(what=gettext("the account of %(name)s is not in use any more.") % {"name": person})
    if organisation.successor_id:
        raise OrganisationRefused(what=gettext("it went over into “%(name)s”.") % {"name": organisation.successor})
    if organisation.valid_to:
        raise OrganisationRefused(what=gettext("it ended on %(day)s.") % {"day": organisation.valid_to})
    with transaction.atomic():
        group = group_of(organisation, role)
        if person.groups.filter(pk=group.pk).exists():
            return
        person.groups.add(group)
        payload = {"person": person.username, "name": str(person)}
        rulings.note(action=rulings.Rule.GIVE_POST, subject=group.name, by=by, now=now, payload=payload)


@rulings.keeps_refusals(rulings.Rule.TAKE_POST, of="person")
def take_post(*, person: User, group: RoleGroup, by: User, now: datetime) -> None:
    """Take a post away; what the person was asked in person stays with them. Raises: NotPermitted."""
    check_posting(by)
    with transaction.atomic():
        if not person.groups.filter(pk=group.pk).exists():
            return
        person.groups.remove(group)
        payload = {"person": person.username, "name": str(person)}
        rulings.note(action=rulings.Rule.TAKE_POST, subject=group.name, by=by, now=now, payload=payload)


# One goes over into another


@dataclass(frozen=True, slots=True)
class Over:
    """What goes over: open cases, open tasks, posts with their people, units below, departments served."""

    cases: tuple[Case, ...]
    tasks: int
    posts: tuple[tuple[str, tuple[str, ...]], ...]
    below: tuple[Organisation, ...]
    served: tuple[Organisation, ...]
    aliases: tuple[str, ...]


def preview(*, organisation: Organisation, into: Organisation) -> Over:
    """Return what would go over from `organisation` to `into`. Raises: OrganisationRefused."""
    _check_over(organisation, into)
    groups = RoleGroup.objects.filter(organisation=organisation).prefetch_related("user_set").order_by("role")
    return Over(
        cases=tuple(_open_cases(organisation).select_related("unit")),
        tasks=Task.objects.filter(status=TaskStatus.OPEN, role_group__organisation=organisation).count(),
        posts=tuple((group.name, tuple(str(person) for person in group.user_set.all())) for group in groups),
        below=tuple(organisation.children.filter(successor=None)),
        served=tuple(organisation.departments_served.filter(successor=None)),
        aliases=(organisation.name, *organisation.aliases.values_list("text", flat=True)),
    )


def _open_cases(organisation: Organisation) -> QuerySet[Case]:
    """Return the open cases that belong to `organisation` or wait for its people."""
    waiting = Task.objects.filter(status=TaskStatus.OPEN, role_group__organisation=organisation)
    mine = Q(unit=organisation) | Q(department=organisation) | Q(pk__in=waiting.values("case_id"))
    return Case.objects.filter(mine).exclude(state__in=FINAL_STATES).order_by("pk")


def _check_over(organisation: Organisation, into: Organisation) -> None:
    if organisation.pk == into.pk or organisation.kind != into.kind:
        raise OrganisationRefused(what=gettext("it can only go over into another one of the same kind."))
    if organisation.kind == Organisation.Kind.BUREAU:
        raise OrganisationRefused(what=gettext("the finance bureau stays."))
    if organisation.successor_id:
        raise OrganisationRefused(
            what=gettext("it went over into “%(name)s” already.") % {"name": organisation.successor}
        )
    if into.successor_id:
        raise OrganisationRefused(
            what=gettext("“%(name)s” has itself gone over into another one.") % {"name": into.name}
        )
    own = organisation.children.filter(is_own_office=True, successor=None).first()
    if organisation.kind == Organisation.Kind.DEPARTMENT and own is not None:
        raise OrganisationRefused(
            what=gettext("let its own office “%(name)s” go over into a unit of the successor first.")
            % {"name": own.name}
        )
    if organisation.is_own_office is not into.is_own_office:
        under_way = _open_cases(organisation).filter(state__in=REVIEW_STATES)
        if numbers := list(under_way.values_list("number", flat=True)[:10]):
            raise OrganisationRefused(
                what=gettext("its cases under review (%(numbers)s) take another way than those of “%(name)s”, since"
                        " only one of the two is a department's own office. Have them decided or returned first.")
                % {"numbers": "、".join(numbers), "name": into.name})  # fmt: skip


@rulings.keeps_refusals(rulings.Rule.MERGE, of="organisation")
def merge(
    *,
    organisation: Organisation,
    into: Organisation,
    on: date,
    reason: str,
    by: User,
    now: datetime,
    with_people: bool = True,
) -> Over:
    """Let `organisation` end on `on` and go over into `into`, its successor; returns what went over.

    Units below, departments served, spellings and, with `with_people`, the posts go at once; open cases and tasks
    follow in chunks, each with an event, and the next sweep finishes what a killed process left.
    Raises: NotPermitted, ReasonMissing, OrganisationRefused; nothing has changed then.
    """
    check_organising(by)
    if with_people:
        check_posting(by)
    _check_reason(reason)
    if on > deadlines.day_of(now):
        raise OrganisationRefused(what=gettext("the day lies ahead; let it go over on that day."))
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
        into = Organisation.objects.select_for_update().get(pk=into.pk)
        found = preview(organisation=organisation, into=into)
        Organisation.objects.filter(parent=organisation).update(parent=into)
        Organisation.objects.filter(division_in_charge=organisation).update(division_in_charge=into)
        if organisation.is_performance_division:
            Organisation.objects.filter(pk=into.pk).update(is_performance_division=True)
        organisation.valid_to, organisation.successor = on, into
        organisation.is_performance_division = False
        organisation.save(update_fields=["valid_to", "successor", "is_performance_division"])
        for text in found.aliases:
            names.add_alias(organisation=into, text=text)
        if with_people:
            _move_people(organisation, into)
        reorganised.send(sender=Organisation, organisation=organisation, into=into, by=by, now=now)
        rulings.note(
            action=rulings.Rule.MERGE,
            subject=organisation.name,
            by=by,
            now=now,
            payload={
                "into": into.name,
                "on": on.isoformat(),
                "reason": reason.strip(),
                "cases": [case.number for case in found.cases],
                "tasks": found.tasks,
                "people": [[post, list(people)] for post, people in found.posts] if with_people else [],
            },
        )
    carry_over(organisation=organisation, by=by, now=now)
    if organisation.kind == Organisation.Kind.DIVISION:
        # Rights that a division holds beside tasks, on the cases of the departments that it now serves.
        for _drift in grants.drift(mend=True, among=~Q(state__in=FINAL_STATES)):
            pass
    return found


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing


def _move_people(organisation: Organisation, into: Organisation) -> None:
    for group in RoleGroup.objects.filter(organisation=organisation).prefetch_related("user_set"):
        people = list(group.user_set.all())
        group_of(into, Role(group.role)).user_set.add(*people)
        group.user_set.remove(*people)


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Receiver of time_passes: carry over what a killed process left at organisations that have a successor."""
    for organisation in Organisation.objects.filter(successor__isnull=False).select_related("successor"):
        carry_over(organisation=organisation, by=None, now=now)


def carry_over(*, organisation: Organisation, by: User | None, now: datetime) -> int:
    """Move the open cases and tasks of `organisation` to its successor, each with an event; return how many cases."""
    moved = 0
    while ids := list(_open_cases(organisation).values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            for pk in ids:
                _carry_case(pk, organisation, by=by, now=now)
        moved += len(ids)
    return moved


def _carry_case(case_id: int, organisation: Organisation, *, by: User | None, now: datetime) -> None:
    into = organisation.successor
    assert into is not None
    case = Case.objects.select_for_update(of=("self",)).select_related("unit", "department").get(pk=case_id)
    tasks = Task.objects.filter(case=case, status=TaskStatus.OPEN, role_group__organisation=organisation)
    moved = list(tasks.select_related("role_group"))
    for task in moved:
        assert task.role_group is not None
        Task.objects.filter(pk=task.pk).update(role_group=group_of(into, Role(task.role_group.role)))
    if case.unit_id == organisation.pk:
        case.unit = into
        case.department = into.department
    elif case.department_id == organisation.pk:
        case.department = into
    Case.objects.filter(pk=case.pk).update(unit=case.unit, department=case.department)
    record.note(
        case.pk,
        action=Action.REORGANISE,
        by=by,
        now=now,
        payload={"from_name": organisation.name, "to_name": into.name, "tasks": len(moved)},
    )
    regrant(case)


def regrant(case: Case) -> None:
    """Rewrite guardian's rows of `case` after its offices or tasks have changed hands. The caller holds it locked."""
    fresh = Case.objects.select_related("unit", "department").get(pk=case.pk)
    tasks = Task.objects.filter(case=fresh, status=TaskStatus.OPEN)
    after = grants.wanted(fresh, state=fresh.state, posts=grants.posts_around(fresh), tasks=tasks)
    grants.sync(fresh, after=after)


def spellings(organisation: Organisation) -> Sequence[OrganisationAlias]:
    """Return the spellings under which it is known besides its name."""
    return list(organisation.aliases.order_by("text"))
