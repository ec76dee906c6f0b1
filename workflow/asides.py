"""The verbs that leave a case where it is: 我来审, 转交, 转请会审, 抄送, 催办, and a condition met.

Each function fills a Move on loaded values, like those of workflow.moves; only workflow.engine calls them.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from workflow.look import Look
from workflow.machine import Action, Added, Rule
from workflow.models import Copy, RoleGroup, Task, User
from workflow.openings import Move, added_tasks, again, begin
from workflow.refusals import DetailMissing, TooSoon, UnknownCondition, UnknownPerson
from workflow.signing import Condition

URGE_EVERY = timedelta(hours=24)
"""How long urging cools down."""
ASKING = (Rule.ALL, Rule.ANY, Rule.SEQUENCE)
MOST_PEOPLE = 20


def texts(value: Any) -> list[str]:
    """Return the non-blank lines of a text, or the non-blank texts of a list."""
    lines = value.splitlines() if isinstance(value, str) else list(value or ())
    return [str(line).strip() for line in lines if str(line).strip()]


def _people(details: dict[str, Any]) -> list[User]:
    """Return the active people whom `details["people"]` names by account, in that order. Raises: UnknownPerson."""
    named = details.pop("people", None) or details.pop("person", None) or ()
    if isinstance(named, str):
        named = named.replace(",", "\n").replace("，", "\n")
    names = list(dict.fromkeys(texts(named)))[:MOST_PEOPLE]
    if not names:
        raise DetailMissing(field=_("person"))
    found = {user.username: user for user in User.objects.filter(username__in=names, is_active=True)}
    for name in names:
        if name not in found:
            raise UnknownPerson(name=name, why=_("There is no active account of that name."))
    return [found[name] for name in names]


def _check_reviewer(look: Look, person: User) -> None:
    """Raises: UnknownPerson when `person` could not sign here anyway."""
    if look.by is not None and person.pk == look.by.pk:
        raise UnknownPerson(name=person, why=_("That is you."))
    if look.has_drafted(person.pk):
        raise UnknownPerson(name=person, why=_("They have edited or submitted this case themselves."))
    if look.signed.of_people([person.pk]):
        raise UnknownPerson(name=person, why=_("They have already signed this case."))
    if any(t.person_id == person.pk for t in look.open_tasks):
        raise UnknownPerson(name=person, why=_("The case is on their desk already."))


def _claim(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    assert task is not None
    move = begin(look)
    move.touched = [(task, {"claimed_by": look.by, "begun_at": task.begun_at or look.now})]
    return move


def _transfer(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """Give the task to one person of the same office; a task that was asked for besides, to anybody with a role."""
    assert task is not None
    assert task.step is not None
    people = _people(details)
    if len(people) > 1:
        raise UnknownPerson(name=people[1], why=_("Choose one person."))
    (person,) = people
    _check_reviewer(look, person)
    offices = {c.get("of") for c in task.step.candidates}
    colleagues = {pk for post in look.posts() if post.place in offices for pk in post.members}
    may_take = RoleGroup.objects.filter(user=person).exists() if task.added else person.pk in colleagues
    if not may_take:
        raise UnknownPerson(name=person, why=_("They do not belong to the office that reviews here."))
    move = begin(look)
    move.closed = [task]
    move.opened = [again(look, task, person=person)]
    move.payload |= {"to_person": person.pk, "to_name": str(person), "step": task.step.key}
    return move


def _add_approver(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """Ask others to sign as well, before, beside or after: all of them, any, or one after the other."""
    assert task is not None
    assert task.step is not None
    place, rule = details.pop("place", "") or Added.BESIDE, details.pop("rule", "") or Rule.ALL
    if place not in Added.values or rule not in ASKING:
        raise DetailMissing(field=_("when and how they are asked"))
    people = _people(details)
    for person in people:
        _check_reviewer(look, person)
        if not RoleGroup.objects.filter(user=person).exists():
            raise UnknownPerson(name=person, why=_("They hold no role in any office."))
    move, ids = begin(look), [person.pk for person in people]
    move.payload |= {"place": str(place), "rule": str(rule), "people": ids, "names": [str(p) for p in people]}
    if place != Added.AFTER:
        move.opened = added_tasks(look, task.step, Added(place), ids, rule=rule, seq=look.case.head_seq + 1)
    return move


def _copy(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move, people = begin(look), _people(details)
    there = set(Copy.objects.filter(case=look.case).values_list("person_id", flat=True))
    new = [person for person in people if person.pk not in there]
    move.rows = [Copy(case=look.case, person=p, given_by=look.by, given_at=look.now) for p in new]
    move.payload |= {"people": [p.pk for p in people], "names": [str(p) for p in people]}
    return move


def _urge(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    last = next((e for e in reversed(look.events) if e.action == Action.URGE and not e.refused), None)
    if last is not None and look.now < last.at + URGE_EVERY:
        raise TooSoon(at=_clock(last.at), until=_clock(last.at + URGE_EVERY))
    return begin(look)


def _clock(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _meet_condition(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move, open_ = begin(look), look.signed.conditions
    wanted = str(details.pop("condition", "") or (open_[0].id if len(open_) == 1 else ""))
    met = next((c for c in open_ if c.id == wanted), None)
    if met is None:
        raise UnknownCondition(condition=wanted, known=_list(open_))
    move.payload |= {"condition": met.id, "met": met.words}
    return move


def _list(conditions: Sequence[Condition]) -> str:
    return "；".join(f"{c.id} {c.words}" for c in conditions)


ASIDES: dict[Action, Callable[[Look, Task | None, dict[str, Any]], Move]] = {
    Action.CLAIM: _claim,
    Action.TRANSFER: _transfer,
    Action.ADD_APPROVER: _add_approver,
    Action.COPY: _copy,
    Action.URGE: _urge,
    Action.MEET_CONDITION: _meet_condition,
}
