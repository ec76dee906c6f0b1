"""May this person do this to this case now: the checks of perform() in their order, and the same as explanations.

Raises refusals, changes nothing. Called by the engine only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from workflow import grants, routes
from workflow.look import Look
from workflow.machine import NEEDS, Action, Kind, Needs, Right, State
from workflow.models import Task
from workflow.refusals import (
    NotPermitted,
    NotPossible,
    NotVisible,
    ReasonMissing,
    Refused,
    SamePersonRefused,
    Stale,
    UnknownStep,
)

EDIT_NEEDS = Needs((State.DRAFT,), Right.CHANGE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the actor had before their eyes."""

    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an action may be done now, or why not; `until`: when the task that allows it is due."""

    action: Action
    may: bool
    why: str = ""
    until: datetime | None = None

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
    if action == Action.RETURN and details.get("to") not in (None, "", "unit"):
        raise UnknownStep(step=details["to"], known="unit")
    return task


def explain_all(look: Look) -> tuple[Explanation, ...]:
    """Return an explanation of every action, in the order of the machine."""
    return tuple(_explain(look, action) for action in (Action.EDIT, *NEEDS))


def _explain(look: Look, action: Action) -> Explanation:
    if not look.sees:
        return Explanation(action, may=False, why=str(NotVisible()))
    try:
        task = _check_right(look, action)
    except Refused as refusal:
        return Explanation(action, may=False, why=str(refusal))
    return Explanation(action, may=True, until=task.due_at if task else None)


def _needs(action: Action) -> Needs:
    return EDIT_NEEDS if action == Action.EDIT else NEEDS[action]


def _deputises(look: Look) -> bool:
    return bool(
        look.by
        and look.on_behalf_of
        and look.by.is_active
        and grants.deputises(look.by, look.on_behalf_of, now=look.now)
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
    at = timezone.localtime(last.at).strftime("%Y-%m-%d %H:%M") if last else ""
    raise Stale(by=last.actor_name if last else "", at=at, changes=changes)


def _check_right(look: Look, action: Action) -> Task | None:
    """Check state, right and duties in this order; return the actor's task where the action decides one."""
    case, needs = look.case, _needs(action)
    if case.state not in needs.froms or Kind(case.kind) not in needs.kinds:
        raise NotPossible(action=action.label, state=case.desk)
    if look.by is None:
        if not needs.system:
            raise NotPermitted(action=action.label, who="")
        return None
    if needs.right not in look.rights:
        raise NotPermitted(action=action.label, who=_who_can(look))
    if not needs.task:
        return None
    task = _own_task(look, needs)
    if task is None:
        if any(t.kind in needs.task for t in look.open_tasks):
            raise NotPermitted(action=action.label, who=_who_can(look))
        raise NotPossible(action=action.label, state=case.desk)
    _check_duties(look, task, action)
    return task


def _own_task(look: Look, needs: Needs) -> Task | None:
    holder = look.holder
    assert holder is not None
    groups = look.groups_of(holder)
    return next(
        (
            t
            for t in look.open_tasks
            if t.kind in needs.task and (t.role_group_id in groups or t.person_id == holder.pk)
        ),
        None,
    )


def _check_duties(look: Look, task: Task, action: Action) -> None:
    """Nobody decides on what they drafted, nor signs two finance steps.

    Within the unit one person may hold two posts, which is recorded; a return is no signature, yet whoever drafted
    does not return it to themselves either.
    """
    step = task.step
    assert step is not None
    if not routes.is_inside_unit(step) and (did := look.drafted_by_actor()):
        words = {Action.EDIT: _("edited"), Action.SUBMIT: _("submitted")}
        raise SamePersonRefused(did=words[Action(did)], who=_who_can(look))
    if action != Action.RETURN and step.stage == State.FINANCE_REVIEW and look.signed_finance_steps() - {step.key}:
        raise SamePersonRefused(did=_("signed an earlier finance step of"), who=_who_can(look))


def _who_can(look: Look) -> str:
    """Return a sentence that names whose turn it is: role groups and named people, never a secret."""
    names = dict.fromkeys(str(t.role_group.name if t.role_group else t.person) for t in look.open_tasks)
    return _("It is with: %(names)s.") % {"names": "、".join(names)} if names else ""
