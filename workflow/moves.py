"""What each action does to a case: the FSM edge it takes, the tasks it closes and opens, the columns it changes.

Each function fills a Move on loaded values; only workflow.engine calls them and writes what they say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from workflow import deadlines, routes
from workflow.look import Look
from workflow.machine import STAGE_MOVES, Action, SamePerson, State, TaskKind, Verdict
from workflow.models import Case, Step, Task
from workflow.refusals import NobodyThere, NotPossible

CORRECTION_DAYS = 3
"""Working days for a correction after a return, when the reviewer names no other term."""

VERDICTS = {Action.APPROVE: Verdict.APPROVED, Action.RETURN: Verdict.RETURNED, Action.RELEASE: Verdict.RELEASED}


@dataclass(slots=True)
class Move:
    """What an action is about to change: filled by its function in MOVES, written by _write."""

    from_state: str
    opened: list[Task]
    closed: list[Task]
    columns: dict[str, Any]
    payload: dict[str, Any]
    recompute: bool = False


def _begin(look: Look, **columns: Any) -> Move:
    return Move(look.case.state, [], [], columns, {})


def _submit(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    case = look.case
    move = _begin(look, submitted_at=look.now)
    move.recompute = True
    move.closed = [t for t in look.open_tasks if t.step_id is None]
    case.pass_no += 1
    case.route = routes.current(case)
    case.is_late = any(t.due_at is not None and t.due_at < look.now for t in move.closed)
    move.columns |= {"pass_no": case.pass_no, "route": case.route, "is_late": case.is_late}
    _advance(look, move, after=None)
    return move


def _recall(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    case = look.case
    if any(e.action in VERDICTS for e in look.events_of_pass()):
        raise NotPossible(action=Action.RECALL.label, state=case.desk)
    move = _begin(look)
    case.recall_to_draft()
    _leave_route(look, move)
    last = Task.objects.filter(case=case, step=None).order_by("-pk").first()
    kind = TaskKind(last.kind) if last else TaskKind.FILL
    due_on = deadlines.due_day(last.due_at) if last and last.due_at else None
    move.opened = [new_task(look, kind, group_id=pk, due_on=due_on) for pk in look.editor_groups()]
    return move


def _approve(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    assert task is not None
    assert task.step is not None
    step, case = task.step, look.case
    move = _begin(look)
    move.closed = [task]
    if routes.is_inside_unit(step) and look.drafted_by_actor():
        move.payload["one_person_two_posts"] = True
    signed = look.approvals(step) + 1
    posts = look.posts()
    if not routes.is_complete(step, signed=signed, people=len(routes.candidate_people(step, posts))):
        waiting = [t for t in look.open_tasks if t.pk != task.pk and t.step_id == step.pk]
        if not waiting:
            move.opened = _tasks_of(look, step, signed=signed)
        return move
    move.closed = [task, *(t for t in look.open_tasks if t.pk != task.pk)]
    _advance(look, move, after=step)
    if case.state == State.APPROVED:
        move.recompute = True
        move.columns["approved_at"] = look.now
    return move


def _return(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = _begin(look)
    look.case.return_to_draft()
    _leave_route(look, move)
    days = int(details.get("days") or CORRECTION_DAYS)
    move.opened = [new_task(look, TaskKind.CORRECT, group_id=pk, days=days) for pk in look.editor_groups()]
    move.payload["to"] = "unit"
    return move


def _cancel(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = _begin(look)
    look.case.to_cancelled()
    _leave_route(look, move)
    return move


def _open_monitoring(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = _begin(look)
    look.case.to_monitoring()
    return move


MOVES: dict[Action, Callable[[Look, Task | None, dict[str, Any]], Move]] = {
    Action.SUBMIT: _submit,
    Action.RECALL: _recall,
    Action.APPROVE: _approve,
    Action.RELEASE: _approve,
    Action.RETURN: _return,
    Action.CANCEL: _cancel,
    Action.OPEN_MONITORING: _open_monitoring,
}


def _leave_route(look: Look, move: Move) -> None:
    look.case.step = None
    move.columns["step"] = None
    move.closed = list(look.open_tasks)


def _advance(look: Look, move: Move, *, after: Step | None) -> None:
    """Open the next step that somebody must sign, entering its stage, or approve the case at the end of the route."""
    case = look.case
    assert case.route is not None
    step = routes.next_step(case, routes.steps_of(case.route), after=after)
    while step is not None and _is_skipped(look, step, after=after):
        move.payload.setdefault("skipped", []).append(step.key)
        step = routes.next_step(case, routes.steps_of(case.route), after=step)
    _enter(case, State(step.stage) if step else State.APPROVED)
    case.step = step
    move.columns["step"] = step
    if step is not None:
        move.opened = _tasks_of(look, step)
        if not move.opened:
            raise NobodyThere(step=step.title, organisation=case.department.name)


def _is_skipped(look: Look, step: Step, *, after: Step | None) -> bool:
    """Return whether nobody but the actor could sign, who has just signed in finance, and the step says skip."""
    return (
        step.same_person == SamePerson.SKIP
        and look.by is not None
        and after is not None
        and after.stage == State.FINANCE_REVIEW
        and routes.candidate_people(step, look.posts()) == (look.by.pk,)
    )


def _enter(case: Case, state: State) -> None:
    """Walk the edges up to `state`; a stage without steps is passed through."""
    way = list(STAGE_MOVES)
    here = way.index(State(case.state)) if case.state in way else -1
    for stop in way[here + 1 : way.index(state) + 1]:
        getattr(case, STAGE_MOVES[stop])()


# Tasks and their clocks


def _tasks_of(look: Look, step: Step, *, signed: int = 0) -> list[Task]:
    return [
        new_task(
            look,
            TaskKind(step.task_kind),
            step=step,
            group_id=who.group_id,
            person_id=who.person_id,
            position=who.position,
            days=step.days_allowed,
            milestone=step.milestone,
        )
        for who in routes.asked(step, look.posts(), signed=signed)
    ]


def new_task(
    look: Look,
    kind: TaskKind,
    *,
    step: Step | None = None,
    group_id: int | None = None,
    person_id: int | None = None,
    position: int = 0,
    days: int | None = None,
    milestone: str = "",
    due_on: date | None = None,
) -> Task:
    """Return an unsaved open task, due on `due_on`, else the round's date on the first pass, else after `days`."""
    case = look.case
    fixed = due_on or (look.date_of(milestone) if milestone and case.pass_no <= 1 else None)
    clock = deadlines.clock(task_kind=kind, now=look.now, days_allowed=days, fixed=fixed)
    return Task(
        case=case,
        kind=kind,
        step=step,
        pass_no=case.pass_no,
        position=position,
        role_group_id=group_id,
        person_id=person_id,
        opened_at=look.now,
        due_at=clock.due_at,
        due_is_provisional=clock.due_is_provisional,
        budget_days=clock.budget_days,
        ladder_id=clock.ladder_id,
        next_rung_at=clock.next_rung_at,
    )
