"""May this person do this to this case now: the checks of perform() in their order, and the same as explanations.

Raises refusals, changes nothing. Called by the engine only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from workflow import grants, record, routes
from workflow.look import Look
from workflow.machine import NEEDS, SIGNATURES, Action, Added, Kind, Needs, Right, Role, State
from workflow.models import Task, User
from workflow.refusals import (
    AlreadyDecided,
    AskedFirst,
    Claimed,
    ConditionsOpen,
    EditsItself,
    NoProposal,
    NothingToConfirm,
    NotPermitted,
    NotPossible,
    NotVisible,
    ReasonMissing,
    Refused,
    SamePersonRefused,
    Stale,
    Unconfirmed,
)

DECISIONS = (*SIGNATURES, Action.RETURN, Action.REJECT, Action.CLAIM)
EDIT_NEEDS = Needs((State.DRAFT,), Right.CHANGE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the actor had before their eyes."""

    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an action may be done now, or why not; `until`: when the task that allows it is due.

    `basis`: by what right, as words: the role groups and the task that give it.
    """

    action: Action
    may: bool
    why: str = ""
    until: datetime | None = None
    basis: str = ""

    def __str__(self) -> str:
        return f"{self.action.label}: {'✓' if self.may else self.why}"


def check(look: Look, action: Action, *, seen: Seen | None, details: Mapping[str, Any]) -> Task | None:
    """Check everything that can be known before the action's own work; return the task that the actor decides, if any.

    Order: visible, seen, possible, permitted, separation of duties, words. Raises: the refusal of the first that fails.
    """
    if not look.sees or (look.on_behalf_of and not _deputises(look)):
        raise NotVisible
    if seen is not None:
        _check_seen(look, seen)
    task = _check_right(look, action)
    needs = _needs(action)
    if needs.words and not str(details.get("reason") or "").strip():
        raise ReasonMissing
    return task


def explain_all(look: Look) -> tuple[Explanation, ...]:
    """Return an explanation of every action, in the order of the machine."""
    return tuple(_explain(look, action) for action in (Action.EDIT, *NEEDS))


def _explain(look: Look, action: Action) -> Explanation:
    if not look.sees or (look.on_behalf_of and not _deputises(look)):
        return Explanation(action, may=False, why=str(NotVisible()))
    try:
        task = _check_right(look, action)
    except Refused as refusal:
        return Explanation(action, may=False, why=str(refusal))
    return Explanation(action, may=True, until=task.due_at if task else None, basis=_basis(look, action, task))


def _basis(look: Look, action: Action, task: Task | None) -> str:
    """Return by what right the actor may do it: the office of the role that gives it, or the task in person."""
    holder, right = look.holder, _needs(action).right
    behalf = _("as the deputy of %(name)s") % {"name": holder} if look.on_behalf_of else ""
    if task is not None and holder is not None and task.person_id == holder.pk:
        return "，".join(filter(None, [_("asked in person"), behalf]))
    if posts := _needs(action).posts:
        held = dict.fromkeys(
            f"{p.organisation}·{Role(p.role).label}"
            for p in look.posts()
            if holder is not None and (p.role, p.place) in posts and holder.pk in p.members
        )
        return "，".join(filter(None, ["、".join(held), behalf]))
    if right is None or holder is None:
        return "，".join(filter(None, [_("by what the record says of you"), behalf]))
    groups = {group for group, given in look.rows.groups if given == right} & look.groups_of(holder)
    offices = dict.fromkeys(f"{p.organisation}·{Role(p.role).label}" for p in look.posts() if p.group_id in groups)
    return "，".join(filter(None, ["、".join(offices), behalf]))


def _needs(action: Action) -> Needs:
    return EDIT_NEEDS if action == Action.EDIT else NEEDS[action]


def _deputises(look: Look) -> bool:
    return bool(
        look.by
        and look.on_behalf_of
        and look.by.is_active
        and grants.deputises(look.by, look.on_behalf_of, now=look.now, case=look.case)
    )


def _check_seen(look: Look, seen: Seen) -> None:
    case = look.case
    if (seen.version, seen.content_hash) == (case.version, case.content_hash):
        return
    last = look.last_change()
    changes = tuple(
        {"who": e.actor_name, "action": Action(e.action).label, "at": e.at}
        for e in look.events
        if e.version > seen.version and not e.refused
    )
    at = _moment(last.at) if last else ""
    raise Stale(by=last.actor_name if last else "", at=at, changes=changes)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _check_right(look: Look, action: Action) -> Task | None:
    """Check state, right and duties in this order; return the actor's task where the action decides one."""
    case, needs = look.case, _needs(action)
    if case.state not in needs.froms or Kind(case.kind) not in needs.kinds:
        raise NotPossible(action=action.label, state=case.desk)
    if look.by is None:
        if not needs.system:
            raise NotPermitted(action=action.label, who="")
        return None
    headed = None
    if needs.posts and not look.holds(needs.posts):
        raise NotPermitted(action=action.label, who=_offices(look, needs))
    if needs.right is not None and needs.right not in look.rights:
        headed = _headed_task(look) if needs.for_others else None
        if headed is None and not (action == Action.SUBMIT and look.submits_for()):
            raise _not_theirs(look, action)
    if action in RELATIONS:
        RELATIONS[action](look)
    if not needs.task:
        return None
    task = headed or _own_task(look, needs)
    if task is None:
        if any(t.kind in needs.task for t in look.open_tasks):
            raise _not_theirs(look, action)
        raise NotPossible(action=action.label, state=case.desk)
    if needs.signs:
        _check_duties(look, task, action)
        _check_turn(look, task, action)
    return task


def _not_theirs(look: Look, action: Action) -> NotPermitted:
    """Return the refusal for who has no task in it: who signed the step that still waits for others is told so."""
    step = next((t.step for t in look.open_tasks), None)
    if action in DECISIONS and step is not None and look.holder is not None:
        mine = [s for s in look.signed.of_people([look.holder.pk]) if s.step == step.key]
        if mine:
            event = next(e for e in look.events if e.seq == mine[-1].seq)
            return AlreadyDecided(action=action.label, at=_moment(event.at), who=_who_can(look))
    return NotPermitted(action=action.label, who=_who_can(look))


def _own_task(look: Look, needs: Needs) -> Task | None:
    """Return the holder's open task of the kinds asked; what they were asked in person comes first."""
    holder = look.holder
    assert holder is not None
    groups = look.groups_of(holder)
    tasks = [t for t in look.open_tasks if t.kind in needs.task]
    in_person = [t for t in tasks if t.person_id == holder.pk]
    return next(iter([*in_person, *(t for t in tasks if t.role_group_id in groups)]), None)


def _headed_task(look: Look) -> Task | None:
    """Return the open task of the people whose office the holder heads."""
    step = next((t.step for t in look.open_tasks), None)
    if step is None or not look.heads(step):
        return None
    return look.open_tasks[0]


def _acting(look: Look) -> set[int]:
    """Return who acts and in whose right. The clock never comes so far: what asks this is not the clock's to do."""
    assert look.by is not None
    assert look.holder is not None
    return {look.by.pk, look.holder.pk}


def _check_turn(look: Look, task: Task, action: Action) -> None:
    """Whoever else has taken the task, was asked before, or set conditions that are open comes first.

    What one has taken already, or was asked for in person, is not taken again.
    """
    assert look.by is not None
    if action == Action.CLAIM and (task.role_group_id is None or task.claimed_by_id == look.by.pk):
        raise NotPossible(action=action.label, state=look.case.desk)
    if task.claimed_by_id is not None and task.claimed_by_id not in _acting(look) and action != Action.CLAIM:
        raise Claimed(name=User.objects.get(pk=task.claimed_by_id))
    if action not in SIGNATURES:
        return
    if not task.added and (before := [t for t in look.open_tasks if t.added == Added.BEFORE]):
        people_asked = User.objects.filter(pk__in=[t.person_id for t in before])
        raise AskedFirst(names="、".join(str(person) for person in people_asked))
    if action == Action.RELEASE and look.signed.conditions:
        raise ConditionsOpen(conditions="；".join(c.words for c in look.signed.conditions))


def _check_undo(look: Look) -> None:
    """Who approved takes it back, or their head, as long as nobody has acted since."""
    action, case = Action.UNDO_APPROVAL, look.case
    event = look.undoable()
    if event is None:
        raise NotPossible(action=action.label, state=case.desk)
    step = look.step_of(record.payload_of(event).get("step", ""))
    holder = look.holder
    assert holder is not None
    if holder.pk in (event.actor_id, event.on_behalf_of_id) or (step is not None and look.heads(step)):
        return
    raise NotPermitted(action=action.label, who=_("It was approved by %(name)s.") % {"name": event.actor_name})


def _check_meeting(look: Look) -> None:
    """A condition is met when who set it says so, or who has the case now; never who drafted it."""
    action, case, holder = Action.MEET_CONDITION, look.case, look.holder
    assert holder is not None
    open_ = look.signed.conditions
    if not open_:
        raise NotPossible(action=action.label, state=case.desk)
    if any(holder.pk in c.set_by for c in open_):
        return
    if Right.REVIEW not in look.rights:
        raise NotPermitted(action=action.label, who=_who_can(look))
    if look.drafted_by_actor():
        raise SamePersonRefused(did=_("edited"), who=_who_can(look))


def _check_filled(look: Look) -> None:
    """A unit submits nothing that was filled in for it before it has confirmed it."""
    if look.unconfirmed is not None:
        raise Unconfirmed(name=look.unconfirmed.actor_name, at=_moment(look.unconfirmed.at))


def _check_filling(look: Look) -> None:
    """Who edits the table in their own right does not fill it in for the unit."""
    if Right.CHANGE in look.rights:
        raise EditsItself


def _check_confirming(look: Look) -> None:
    """There is something to confirm, and somebody else filled it in."""
    if look.unconfirmed is None:
        raise NothingToConfirm
    if _acting(look) & {look.unconfirmed.actor_id, look.unconfirmed.on_behalf_of_id}:
        raise SamePersonRefused(did=_("filled in"), who=_who_can(look))


def _check_admission(look: Look) -> None:
    """The second of two people: neither who proposed nor who drafted what is admitted."""
    if look.proposal is None:
        raise NoProposal
    if _acting(look) & {look.proposal.actor_id, look.proposal.on_behalf_of_id}:
        raise SamePersonRefused(did=_("proposed the admission of"), who=_who_can(look))
    if look.drafted_by_actor():
        raise SamePersonRefused(did=_("edited"), who=_who_can(look))


def _check_declining(look: Look) -> None:
    editors = look.editor_groups()
    if all(t.role_group_id in editors for t in look.open_tasks):
        raise NoProposal


def _check_root(look: Look) -> None:
    """Only the table itself is monitored, funded and adjusted, never one of its adjustments."""
    if look.case.parent_id is not None:
        raise NotPossible(action=_("for an adjustment"), state=look.case.desk)


RELATIONS: dict[Action, Callable[[Look], None]] = {
    Action.UNDO_APPROVAL: _check_undo,
    Action.MEET_CONDITION: _check_meeting,
    Action.SUBMIT: _check_filled,
    Action.FILL_FOR: _check_filling,
    Action.CONFIRM_FILLED: _check_confirming,
    Action.ADMIT: _check_admission,
    Action.DECLINE_ADMISSION: _check_declining,
    Action.PROPOSE_ADMISSION: _check_root,
    Action.FUNDS_CHANGED: _check_root,
    Action.OPEN_MONITORING: _check_root,
    Action.ADJUST: _check_root,
}
"""What the record must say besides the right or office that is asked."""


def _check_duties(look: Look, task: Task, action: Action) -> None:
    """Nobody decides on what they drafted, nor signs two finance steps.

    Within the unit one person may hold two posts, which is recorded; a return is no signature, yet whoever drafted
    does not return it to themselves either.
    """
    step = task.step
    assert step is not None
    if not routes.is_inside_unit(step) and (did := look.drafted_by_actor()):
        words = {Action.EDIT: _("edited"), Action.SUBMIT: _("submitted"), Action.FILL_FOR: _("filled in")}
        raise SamePersonRefused(did=words[Action(did)], who=_who_can(look))
    signs = action in (*SIGNATURES, Action.CLAIM)
    if signs and step.stage == State.FINANCE_REVIEW and look.signed_finance_steps() - {step.key}:
        raise SamePersonRefused(did=_("signed an earlier finance step of"), who=_who_can(look))


def _who_can(look: Look) -> str:
    """Return a sentence that names whose turn it is: role groups and named people, never a secret."""
    offices = {p.group_id: f"{p.organisation}·{Role(p.role).label}" for p in look.posts()}
    names = dict.fromkeys(offices.get(t.role_group_id or 0) or str(t.role_group or t.person) for t in look.open_tasks)
    return _("It is with: %(names)s.") % {"names": "、".join(names)} if names else ""


def _offices(look: Look, needs: Needs) -> str:
    """Return a sentence that names the offices that may, where they are around the case."""
    offices = dict.fromkeys(
        f"{p.organisation}·{Role(p.role).label}" for p in look.posts() if (p.role, p.place) in needs.posts
    )
    return _("It is for: %(names)s.") % {"names": "、".join(offices)} if offices else ""
