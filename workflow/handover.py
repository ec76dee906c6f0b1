"""Hand-over: everything that somebody who leaves or changes office holds goes to one named person, in one operation.

Tasks asked in person, posts, delegations, claims, drafts: shown first, moved together, an event a case and one ruling;
or nothing at all. An account is deactivated only with it or after it. Handing over is for who administers rights,
closing an account for who administers accounts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow import administering, delegations, record, routes, rulings
from workflow.administering import Duty
from workflow.look import Look
from workflow.machine import REVIEW_STATES, Action, Kind, Rule, State, TaskStatus
from workflow.models import Case, Delegation, Event, RoleGroup, Task, User
from workflow.refusals import AccountRefused, ReasonMissing, Refused
from workflow.reorganising import check_posting, regrant


class HandOverRefused(Refused):
    """Facts: what."""

    code = "hand_over_refused"
    message: ClassVar[Any] = _("The work cannot be handed over like this: %(what)s")


class StillHolds(Refused):
    """Facts: name, what."""

    code = "still_holds"
    message: ClassVar[Any] = _("%(name)s still holds: %(what)s. Hand it over first; deactivate with it or afterwards.")


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that one person holds."""

    tasks: tuple[Task, ...]
    claims: tuple[Task, ...]
    posts: tuple[RoleGroup, ...]
    given: tuple[Delegation, ...]
    deputising: tuple[Delegation, ...]
    drafts: tuple[Case, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to hand over; drafts alone follow their office."""
        return not (self.tasks or self.posts or self.given or self.deputising)

    def words(self) -> list[str]:
        """Return what is held, a phrase each: what keeps an account from being deactivated."""
        counted = (
            (len(self.tasks), _("%(n)s tasks asked in person")),
            (len(self.posts), _("%(n)s posts")),
            (len(self.given), _("%(n)s delegations given")),
            (len(self.deputising), _("%(n)s delegations held")),
        )
        return [str(words) % {"n": n} for n, words in counted if n]


def held_by(person: User, *, now: datetime) -> Held:
    """Return what `person` holds at `now`. Six statements."""
    open_tasks = Task.objects.filter(status=TaskStatus.OPEN).select_related("case__unit", "case__department", "step")
    lasting = Delegation.objects.filter(ends_at__gt=now, revoked_at__isnull=True).select_related("principal", "deputy")
    edited = Event.objects.filter(actor=person, refused="", action__in=(Action.START, Action.EDIT, Action.SUBMIT))
    drafts = Case.objects.filter(state=State.DRAFT, pk__in=edited.values("case_id"))
    return Held(
        tasks=tuple(open_tasks.filter(person=person).order_by("pk")),
        claims=tuple(open_tasks.filter(claimed_by=person, role_group__isnull=False).order_by("pk")),
        posts=tuple(RoleGroup.objects.filter(user=person).select_related("organisation").order_by("name")),
        given=tuple(lasting.filter(principal=person).order_by("pk")),
        deputising=tuple(lasting.filter(deputy=person).order_by("pk")),
        drafts=tuple(drafts.select_related("unit").order_by("pk")),
    )


def objections(held: Held, *, person: User, to: User, now: datetime) -> Iterator[str]:
    """Yield why `to` cannot take over what `person` holds, a sentence each; none when they can."""
    if not to.is_active or to.pk == person.pk:
        yield gettext("choose another person whose account is in use.")
        return
    if administering.is_administrator(to) and not held.is_nothing:
        yield gettext("%(name)s administers and takes over no work.") % {"name": to}
    theirs = {(task.case_id, task.step_id) for task in Task.objects.filter(status=TaskStatus.OPEN, person=to)}
    if there := [task.case.number for task in held.tasks if (task.case_id, task.step_id) in theirs]:
        words = gettext("%(name)s is asked at the same step of %(numbers)s already. Have those decided first.")
        yield words % {"name": to, "numbers": "、".join(there)}
    if barred := [task.case.number for task in held.tasks if task.step_id and _may_not_sign(task, to, now)]:
        words = gettext("%(name)s has drafted or signed %(numbers)s and may not decide on them. Transfer those first.")
        yield words % {"name": to, "numbers": "、".join(barred)}


def _may_not_sign(task: Task, to: User, now: datetime) -> bool:
    assert task.step is not None
    look = Look(task.case, by=to, on_behalf_of=None, now=now)
    if look.has_drafted(to.pk) and not routes.is_inside_unit(task.step):
        return True
    return bool(look.signed.of_people([to.pk]))


def check_closing(by: User, person: User) -> None:
    """Raises: NotPermitted, AccountRefused for one's own account, LastAdministrator."""
    administering.check(by, Duty.ACCOUNTS, action=_("close accounts"))
    if by.pk == person.pk:
        raise AccountRefused(what=gettext("nobody closes their own account. Another administrator does it."))
    administering.check_not_last(person)


@rulings.keeps_refusals(rulings.Rule.HAND_OVER, of="person")
def hand_over(*, person: User, to: User, reason: str, by: User, now: datetime, deactivate: bool = False) -> Held:
    """Give everything that `person` holds to `to`; with `deactivate`, close the account with it. Returns what it was.

    Tasks keep their deadlines and places in line; delegations that `person` gave end with their rights; those they held
    go on with `to`, where that makes no circle. Raises: NotPermitted, ReasonMissing, HandOverRefused; nothing has
    changed then.
    """
    check_posting(by)
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        User.objects.select_for_update().filter(pk__in=(person.pk, to.pk)).count()
        if deactivate:
            check_closing(by, person)
        held = held_by(person, now=now)
        if found := list(objections(held, person=person, to=to, now=now)):
            raise HandOverRefused(what=" ".join(found))
        asked = {task.case_id for task in (*held.tasks, *held.claims)} | set(_waiting_in_line(person))
        for pk in sorted(asked):
            _hand_case(pk, person=person, to=to, reason=reason, by=by, now=now)
        for case in held.drafts:
            if case.pk not in asked:
                _note(case.pk, person=person, to=to, reason=reason, by=by, now=now)
        for group in held.posts:
            group.user_set.remove(person)
            group.user_set.add(to)
        followed = [one.pk for one in held.deputising if _pass_on(one, to=to, by=by, now=now)]
        for one in (*held.given, *held.deputising):
            delegations.revoke(delegation=one, by=by, now=now)
        if deactivate:
            User.objects.filter(pk=person.pk).update(is_active=False)
        rulings.note(
            action=rulings.Rule.HAND_OVER,
            subject=str(person),
            by=by,
            now=now,
            payload={
                "from": person.username,
                "to": to.username,
                "to_name": str(to),
                "reason": reason.strip(),
                "tasks": [[task.case.number, task.pk] for task in held.tasks],
                "posts": [group.name for group in held.posts],
                "delegations_ended": [one.pk for one in (*held.given, *held.deputising)],
                "delegations_passed_on": followed,
                "drafts": [case.number for case in held.drafts],
                "deactivated": deactivate,
            },
        )
    return held


def _hand_case(case_id: int, *, person: User, to: User, reason: str, by: User, now: datetime) -> None:
    """Move the tasks of one case from `person` to `to`, give their place in line, drop their claims; note it."""
    case = Case.objects.select_for_update(of=("self",)).select_related("unit", "department", "route").get(pk=case_id)
    look = Look(case, by=None, on_behalf_of=None, now=now)
    mine = [task for task in look.open_tasks if task.person_id == person.pk]
    moved: dict[str, Any] = {"tasks": len(mine)}
    line = _line_of(look)
    if person.pk in line and to.pk not in line and case.step is not None:
        moved |= {"opens": case.step.key, "line": [to.pk if pk == person.pk else pk for pk in line]}
    Task.objects.filter(pk__in=[task.pk for task in mine]).update(person=to, nobody_since=None)
    claimed = [task.pk for task in look.open_tasks if task.claimed_by_id == person.pk]
    Task.objects.filter(pk__in=claimed).update(claimed_by=None)
    _note(case.pk, person=person, to=to, reason=reason, by=by, now=now, **moved)
    regrant(case)


def _note(case_id: int, *, person: User, to: User, reason: str, by: User, now: datetime, **moved: Any) -> None:
    payload = {"from_name": str(person), "to_name": str(to), "people": [to.pk], "reason": reason.strip(), **moved}
    record.note(case_id, action=Action.HAND_OVER, by=by, now=now, payload=payload)


def _line_of(look: Look) -> list[int]:
    """Return the people who sign the case's step one after the other, empty where they do not."""
    step = look.case.step
    if step is None or step.rule != Rule.SEQUENCE:
        return []
    return next((found["line"] for found in look.payloads_of(step) if "line" in found), [])


def _waiting_in_line(person: User) -> Iterator[int]:
    """Yield the cases at a step signed in order where the turn of `person` may still come."""
    cases = Case.objects.filter(state__in=REVIEW_STATES, step__rule=Rule.SEQUENCE).select_related("step", "route")
    for case in cases.order_by("pk"):
        if person.pk in _line_of(Look(case, by=None, on_behalf_of=None, now=case.moved_at)):
            yield case.pk


def _pass_on(delegation: Delegation, *, to: User, by: User, now: datetime) -> bool:
    """Let `to` go on as the deputy in the place of who leaves; False where they cannot (themselves, a circle)."""
    kinds = delegation.scope.get("kinds") or ()
    try:
        with transaction.atomic():
            delegations.give(
                principal=delegation.principal,
                deputy=to,
                starts_at=max(delegation.starts_at, now),
                ends_at=delegation.ends_at,
                by=by,
                now=now,
                basis=delegation.basis,
                kinds=tuple(Kind(kind) for kind in kinds),
            )
    except Refused:
        return False
    return True


@rulings.keeps_refusals(rulings.Rule.DEACTIVATE, of="person")
def deactivate(*, person: User, by: User, now: datetime, reason: str) -> None:
    """Close the account of somebody who holds nothing any more.

    Raises: NotPermitted, ReasonMissing, AccountRefused, LastAdministrator, StillHolds.
    """
    administering.check(by, Duty.ACCOUNTS, action=_("close accounts"))
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        list(User.objects.select_for_update().filter(Q(pk=person.pk) | Q(administers__isnull=False)).order_by("pk"))
        check_closing(by, person)
        held = held_by(person, now=now)
        if not held.is_nothing:
            raise StillHolds(name=person, what="、".join(held.words()))
        User.objects.filter(pk=person.pk).update(is_active=False)
        payload = {"person": person.username, "reason": reason.strip()}
        rulings.note(action=rulings.Rule.DEACTIVATE, subject=str(person), by=by, now=now, payload=payload)
