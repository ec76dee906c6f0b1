"""What each action does to a case: the FSM edge it takes, the tasks it closes and opens, the columns it changes.

Each function fills a Move on loaded values; only workflow.engine calls them and writes what they say. The verbs that
leave the case where it is (转交, 转请会审, 抄送, 催办, 我来审) are in workflow.asides.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from workflow import asides, deadlines, outside, routes, signing
from workflow.look import Look
from workflow.machine import (
    FINAL_STATES,
    STAGE_MOVES,
    WAYS_BACK,
    Action,
    Added,
    Again,
    Kind,
    Rule,
    SamePerson,
    State,
    TaskKind,
    TaskStatus,
    Verdict,
)
from workflow.models import Case, Step, Task
from workflow.openings import (
    Move,
    added_tasks,
    again,
    begin,
    correction_days,
    corrections,
    corrections_in_time,
    cut_of,
    leave_route,
    new_task,
    tasks_of,
)
from workflow.refusals import (
    AdjustmentOpen,
    ConditionsOpen,
    DetailMissing,
    NobodyThere,
    NotPossible,
    ReportsOutstanding,
    UnknownStep,
    YearNotOver,
)

VERDICTS = {
    Action.APPROVE: Verdict.APPROVED,
    Action.APPROVE_WITH_CONDITIONS: Verdict.CONDITIONAL,
    Action.RETURN: Verdict.RETURNED,
    Action.REJECT: Verdict.REJECTED,
    Action.RELEASE: Verdict.RELEASED,
}
"""The actions that decide on a task."""


def _submit(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    case = look.case
    move = begin(look, submitted_at=look.now)
    move.recompute = move.trusted = True
    move.closed = [t for t in look.open_tasks if t.step_id is None]
    move.done = {t.pk for t in move.closed if t.kind != TaskKind.CONFIRM}
    case.pass_no += 1
    standing = look.signed.complete()
    if standing:
        move.payload["direct"] = True
    else:
        case.route = routes.current(case)
    case.is_late = any(t.due_at is not None and t.due_at < look.now for t in move.closed)
    move.columns |= {"pass_no": case.pass_no, "route": case.route, "is_late": case.is_late}
    _advance(look, move, complete=standing)
    return move


def _recall(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    case = look.case
    if any(e.action in VERDICTS for e in look.events_of_pass()):
        raise NotPossible(action=Action.RECALL.label, state=case.desk)
    move = begin(look)
    case.recall_to_draft()
    leave_route(look, move)
    last = Task.objects.filter(case=case, step=None).order_by("-pk").first()
    kind = TaskKind(last.kind) if last else TaskKind.FILL
    due_on = deadlines.due_day(last.due_at) if last and last.due_at else None
    move.opened = [new_task(look, kind, group_id=pk, due_on=due_on) for pk in look.editor_groups()]
    return move


def _approve_with_conditions(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    details["conditions"] = asides.texts(details.get("conditions"))
    if not details["conditions"]:
        raise DetailMissing(field=_("conditions"))
    return _approve(look, task, details)


def _approve(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    assert task is not None
    assert task.step is not None
    step, case = task.step, look.case
    move = begin(look)
    move.closed = [task]
    if routes.is_inside_unit(step) and look.drafted_by_actor():
        move.payload["one_person_two_posts"] = True
    if task.added:
        move.payload["added"] = task.added
    if not _completes(look, move, step, task):
        return move
    move.payload["completes"] = True
    move.closed = list(look.open_tasks)
    _advance(look, move, complete=look.signed.complete() | {step.key}, after=step)
    if case.state == State.APPROVED:
        if look.signed.conditions or details.get("conditions"):
            open_ = [c.words for c in look.signed.conditions] or details["conditions"]
            raise ConditionsOpen(conditions="；".join(open_))
        move.recompute = True
        move.columns["approved_at"] = look.now
    return move


def _completes(look: Look, move: Move, step: Step, task: Task) -> bool:
    """Return whether this signature completes the step; else close and open what it means for the others.

    First the step's own rule, then everybody who was asked besides: before, beside, and then after.
    """
    others = [t for t in look.open_tasks if t.pk != task.pk and t.step_id == step.pk]
    own, added = [t for t in others if not t.added], [t for t in others if t.added]
    if task.added:
        added = _added_left(look, move, task, added)
    signed = look.signed.own(step.key) + (not task.added)
    if step.rule == Rule.SEQUENCE and not task.added:
        move.opened = own = _next_in_line(look, step, task)
    if own and not (signed and routes.is_complete(step, signed=signed, people=signed + len(own))):
        return False
    move.closed += own
    if added or any(t.added for t in move.opened):
        return False
    done = look.signed.asked_later
    later = [ask for ask in look.signed.later if ask.step == step.key and ask.seq not in done]
    for ask in later:
        move.opened += added_tasks(look, step, Added.AFTER, ask.people, rule=ask.rule, seq=ask.seq)
        move.payload.setdefault("asks_later", []).append(ask.seq)
    return not later


def _next_in_line(look: Look, step: Step, task: Task) -> list[Task]:
    """Return the task of the next in line behind `task`: the line was taken when the step opened."""
    line: list[int] = next((p["line"] for p in look.payloads_of(step) if "line" in p), [])
    still = set(routes.candidate_people(step, look.posts()))
    for place, person in enumerate(line[task.position :], start=task.position + 1):
        if person in still:
            return [new_task(look, TaskKind(step.task_kind), step=step, person_id=person, position=place,
                             days=step.days_allowed,
                             counts_calendar_days=step.counts_calendar_days)]  # fmt: skip
    return []


def _added_left(look: Look, move: Move, task: Task, added: list[Task]) -> list[Task]:
    """Return the added tasks that still hold the step up after `task`, one of them, is signed."""
    ask = look.ask_of(task)
    siblings = [t for t in added if t.added_seq == task.added_seq]
    if ask["rule"] == Rule.ANY:
        move.closed += siblings
        return [t for t in added if t not in siblings]
    rest = ask["people"][task.position :]
    if ask["rule"] == Rule.SEQUENCE and rest:
        assert task.step is not None
        assert task.added_seq is not None
        place = Added(task.added)
        move.opened = added_tasks(look, task.step, place, rest, rule=Rule.SEQUENCE, seq=task.added_seq,
                                  place_in_line=task.position + 1)  # fmt: skip
    return added


def _return(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    assert task is not None
    assert task.step is not None
    move = begin(look)
    way = details.get("again") or Again.CHAIN
    if way not in Again.values:
        raise DetailMissing(field=_("the way after the correction"))
    move.payload |= {"to": details.get("to") or signing.UNIT, "again": str(way)}
    days = correction_days(details)
    move.closed = list(look.open_tasks)
    if move.payload["to"] != signing.UNIT:
        _return_to_step(look, move, task.step, key=move.payload["to"], days=days)
        return move
    look.case.return_to_draft()
    leave_route(look, move)
    move.opened = corrections_in_time(look, move, task.step, days=days)
    return move


def _return_to_step(look: Look, move: Move, by: Step, *, key: str, days: int | None) -> None:
    assert look.case.route is not None
    earlier = earlier_steps(look.case, by)
    to = next((step for step in earlier if step.key == key), None)
    if to is None:
        known = "、".join([_("the unit"), *(step.title for step in earlier)])
        raise UnknownStep(step=key, known=known)
    _go_back(look.case, State(to.stage))
    look.case.step = move.columns["step"] = to
    _open(look, move, to, days=days)
    if days is not None and (last_day := cut_of(look, move, move.opened, by=by)):
        move.opened = tasks_of(look, to, due_on=last_day)


def earlier_steps(case: Case, step: Step) -> list[Step]:
    """Return the steps of the case's way before `step`: where it may be returned to, besides the unit."""
    steps = routes.applicable(case, routes.steps_of(case.route)) if case.route else ()
    return [other for other in steps if other.position < step.position]


def _undo(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """Void the last approval: what it opened is withdrawn, what it closed is opened again with its old deadline."""
    event = look.undoable()
    if event is None:
        raise NotPossible(action=Action.UNDO_APPROVAL.label, state=look.case.desk)
    move = begin(look)
    closed = list(Task.objects.filter(case=look.case, closed_seq=event.seq).select_related("step").order_by("pk"))
    step = next(look.step_of(t.step.key) for t in closed if t.step)
    assert step is not None
    move.payload |= {"voids": event.seq, "step": step.key, "undone": event.actor_name}
    move.closed = [t for t in look.open_tasks if t.opened_seq == event.seq]
    move.opened = [again(look, old, step=step) for old in closed]
    if look.case.state != step.stage:
        _go_back(look.case, State(step.stage))
    look.case.step = move.columns["step"] = step
    move.columns["approved_at"] = None
    return move


def _go_back(case: Case, state: State) -> None:
    edge = WAYS_BACK.get((State(case.state), state))
    if edge:
        getattr(case, edge)()


def _reject(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    look.case.to_rejected()
    leave_route(look, move)
    return move


def _readmit(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    days = correction_days(details)
    look.case.readmit_to_draft()
    move.opened = corrections(look, days=days)
    return move


def _cancel(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    look.case.to_cancelled()
    leave_route(look, move)
    return move


def _adjust(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """The case stays as it is and in force; the document opens the adjustment as a case of its own."""
    over = (State.APPROVED, *FINAL_STATES, State.REJECTED)
    open_ = look.case.children.filter(kind=Kind.TARGET).exclude(state__in=over).values_list("number", flat=True)
    if numbers := list(open_):
        raise AdjustmentOpen(number="、".join(numbers))
    return begin(look)


def _open_monitoring(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    look.case.to_monitoring()
    return move


def _suspend(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """Monitoring stops: the clocks of its open reports rest until it is resumed."""
    move = begin(look)
    look.case.to_suspended()
    move.then = lambda: _rest_reports(look, str(details["reason"]))
    return move


def _resume(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    look.case.resume_monitoring()
    move.then = lambda: _wake_reports(look)
    return move


def _close(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """The year is over and its reports are in, or are waived with a reason: they then take no further part."""
    move, case = begin(look), look.case
    if deadlines.day_of(look.now).year <= case.fiscal_year:
        raise YearNotOver(year=case.fiscal_year)
    done = (State.APPROVED, State.CLOSED, State.CANCELLED, State.REJECTED)
    open_ = case.children.exclude(state__in=done).order_by("pk")
    adjusting = list(open_.filter(kind=Kind.TARGET).values_list("number", flat=True))
    if adjusting:
        raise AdjustmentOpen(number="、".join(adjusting))
    missing = list(open_.exclude(kind=Kind.TARGET).values_list("pk", "number"))
    reason = str(details.get("reason") or "").strip()
    if missing and not reason:
        raise ReportsOutstanding(numbers="、".join(number for _pk, number in missing))
    if missing:
        move.payload["waived"] = [number for _pk, number in missing]
        move.follows = [(pk, Action.WAIVE, {"reason": reason}) for pk, _number in missing]
    case.to_closed()
    return move


def _rest_reports(look: Look, reason: str) -> None:
    for task in _report_tasks(look):
        deadlines.rest(task, now=look.now, reason=reason[:120])


def _wake_reports(look: Look) -> None:
    for task in _report_tasks(look):
        deadlines.wake(task, now=look.now)


def _report_tasks(look: Look) -> list[Task]:
    return list(Task.objects.filter(case__parent=look.case, case__kind=Kind.REPORT, status=TaskStatus.OPEN))


MOVES: dict[Action, Callable[[Look, Task | None, dict[str, Any]], Move]] = {
    Action.SUBMIT: _submit,
    Action.RECALL: _recall,
    Action.APPROVE: _approve,
    Action.APPROVE_WITH_CONDITIONS: _approve_with_conditions,
    Action.RELEASE: _approve,
    Action.UNDO_APPROVAL: _undo,
    Action.RETURN: _return,
    Action.REJECT: _reject,
    Action.READMIT: _readmit,
    Action.CANCEL: _cancel,
    Action.ADJUST: _adjust,
    Action.OPEN_MONITORING: _open_monitoring,
    Action.SUSPEND: _suspend,
    Action.RESUME: _resume,
    Action.CLOSE: _close,
    **asides.ASIDES,
    **outside.OUTSIDE,
}


def _advance(look: Look, move: Move, *, complete: frozenset[str], after: Step | None = None) -> None:
    """Open the first step without a standing signature, entering its stage, or approve the case when there is none."""
    case = look.case
    assert case.route is not None
    steps = [s for s in routes.applicable(case, routes.steps_of(case.route)) if s.key not in complete]
    while steps and _is_skipped(look, steps[0], after=after):
        move.payload.setdefault("skipped", []).append(steps.pop(0).key)
    step = steps[0] if steps else None
    _enter(case, State(step.stage) if step else State.APPROVED)
    case.step = step
    move.columns["step"] = step
    if step is not None:
        _open(look, move, step)


def _open(look: Look, move: Move, step: Step, *, days: int | None = None) -> None:
    """Ask the candidates of `step`. Raises: NobodyThere, never a silent pass."""
    move.opened = tasks_of(look, step, days=days)
    move.payload["opens"] = step.key
    if step.rule == Rule.SEQUENCE:
        move.payload["line"] = list(routes.candidate_people(step, look.posts()))
    if not move.opened:
        raise NobodyThere(step=step.title, organisation=look.case.department.name)


def _is_skipped(look: Look, step: Step, *, after: Step | None) -> bool:
    """Return whether nobody but the actor could sign, who has just signed in finance, and the step says skip.

    Never for a deputy: who signed in another's right has not given their own office's signature.
    """
    return (
        step.same_person == SamePerson.SKIP
        and look.by is not None
        and look.on_behalf_of is None
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
