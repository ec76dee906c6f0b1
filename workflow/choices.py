"""What the verbs of a case offer to choose from: steps to return to, colleagues, conditions, whom one stands in for.

Reads only; called by the pages that show a case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workflow import calendar, deadlines, delegations, grants, openings, record, words
from workflow.look import Look
from workflow.machine import DECIDING, REVIEW_STATES, Action, Place, TaskStatus
from workflow.models import Case, RoleGroup, Step, Task, User
from workflow.moves import earlier_steps
from workflow.openings import CORRECTION_DAYS
from workflow.signing import Condition


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One person who may be asked: account, name and office."""

    username: str
    name: str
    office: str


def return_steps(case: Case) -> list[Step]:
    """Return the steps that the case may be returned to, besides the unit: those before the one it lies on."""
    return earlier_steps(case, case.step) if case.state in REVIEW_STATES and case.step else []


def reviewers_around(look: Look, *, but: User) -> list[Reviewer]:
    """Return the active people of the offices around the case, without the unit's own and without `but`.

    One statement beside what the look loads.
    """
    offices: dict[int, str] = {}
    for post in look.posts():
        if post.place != Place.UNIT:
            offices |= dict.fromkeys(post.members, post.organisation)
    people = User.objects.filter(pk__in=set(offices) - {but.pk}).order_by("full_name", "username")
    return [Reviewer(person.username, str(person), offices[person.pk]) for person in people]


def colleagues(by: User) -> list[Reviewer]:
    """Return the active people who hold a role in one of the offices of `by`, without `by`. One statement."""
    offices = [held.organisation_id for held in grants.roles_of(by)]
    groups = RoleGroup.objects.filter(organisation__in=offices, user__is_active=True).exclude(user=by.pk)
    rows = groups.order_by("user__full_name", "user__username").values_list(
        "user__username", "user__full_name", "organisation__name"
    )
    return list({username: Reviewer(username, name or username, office) for username, name, office in rows}.values())


TERMS = (0, 1, 2, CORRECTION_DAYS, 5, 10, 15, 20)
"""The terms of a correction that a page offers, in working days; 0 is today."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a correction with their deadlines in words, 限时退回: (1, "2026-11-25 周三 24:00"), and the deadline
    of the usual term where the round cuts it, else "".
    """

    offered: Sequence[tuple[int, str]]
    usual_cut: str


def correction_terms(look: Look) -> Terms:
    """Return the terms that the step the case lies on may set: none ends later than what is left of the round.

    No statement beside what the look loads.
    """
    today, working = deadlines.day_of(look.now), calendar.current()
    last = openings.last_day_for(look, look.case.step) if look.case.step else None
    days = {term: working.add(today, term) if term else today for term in TERMS}
    said = {term: words.deadline(deadlines.day_end(day)) for term, day in days.items() if not last or day <= last}
    is_cut = last is not None and CORRECTION_DAYS not in said
    return Terms(list(said.items()), words.deadline(deadlines.day_end(last)) if last and is_cut else "")


def look_at(case: Case, *, by: User | None, now: datetime) -> Look:
    """Return what the engine knows of the case, for `by` (None: the clock), to be asked by several questions here."""
    return Look(case, by=by, on_behalf_of=None, now=now)


def open_conditions(look: Look) -> Sequence[Condition]:
    """Return the conditions of the case that are not met yet. No statement beside what the look loads."""
    return look.signed.conditions


@dataclass(frozen=True, slots=True)
class Filled:
    """What was filled in for a unit and waits for its confirmation: by whom, when, and the words said of it."""

    actor_name: str
    at: datetime
    words: str


def unconfirmed(look: Look) -> Filled | None:
    """Return what the unit has to confirm, None where nothing was filled in for it. No statement beside the look's."""
    event = look.unconfirmed
    return event and Filled(event.actor_name, event.at, str(record.payload_of(event).get("reason") or ""))


@dataclass(frozen=True, slots=True)
class Proposal:
    """The admission (补录) that waits for a second person."""

    actor_name: str
    document_number: str
    document_date: str


def proposal(look: Look) -> Proposal | None:
    """Return the admission that is proposed for the case as it stands, None where there is none. No statement."""
    event = look.proposal
    if event is None:
        return None
    said = record.payload_of(event)
    return Proposal(event.actor_name, str(said.get("document_number")), str(said.get("document_date")))


def release_scan(look: Look) -> str:
    """Return the name of the scan under which the case was last released, "" without one. No statement."""
    released = next((e for e in reversed(look.events) if e.action == Action.RELEASE and not e.refused), None)
    return str(record.payload_of(released).get("scan_name") or "") if released else ""


def stands_in_for(case: Case, *, by: User, now: datetime) -> User | None:
    """Return for whom `by` may decide here as a deputy: the nearest principal who has a review task of the case open.

    One statement where nobody has delegated to `by`.
    """
    if case.state not in REVIEW_STATES:
        return None
    principals = delegations.principals_of(by, now=now, kind=case.kind)
    if not principals:
        return None
    tasks = Task.objects.filter(case=case, status=TaskStatus.OPEN, kind__in=DECIDING)
    held = list(tasks.values_list("role_group_id", "person_id"))
    for principal in principals:
        groups = set(principal.groups.values_list("pk", flat=True))
        if any(group in groups or person == principal.pk for group, person in held):
            return principal
    return None
