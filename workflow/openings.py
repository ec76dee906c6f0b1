"""What an action is about to change, and the tasks it opens with their clocks.

Plain values, nothing written: filled by workflow.moves and workflow.asides, written by workflow.engine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from workflow import deadlines, routes
from workflow.look import Look
from workflow.machine import Action, Added, Rule, TaskKind
from workflow.models import Milestone, Step, Task, User
from workflow.refusals import DetailMissing

CORRECTION_DAYS = 3
"""Working days for a correction after a return, when the reviewer names no other term."""
LONGEST_CORRECTION = 60
REVIEWS: tuple[str, ...] = (
    Milestone.DEPARTMENT_REVIEW,
    Milestone.BUSINESS_REVIEW,
    Milestone.PERFORMANCE_REVIEW,
    Milestone.RELEASE,
)
"""The round's dates for reviewing, in order: what is left of them is all that a correction may take."""


@dataclass(slots=True)
class Move:
    """What an action is about to change: filled by its function in MOVES, written by _write.

    trusted: the content may have been written just now, so its hash is taken as it is. done: ids of closed tasks that
    were done and not withdrawn. touched: columns of tasks that stay open. rows: other rows to insert. then: what else
    is done under the lock. follows: what happens to other cases in the same transaction (case id, action, details).
    """

    from_state: str
    opened: list[Task]
    closed: list[Task]
    columns: dict[str, Any]
    payload: dict[str, Any]
    recompute: bool = False
    trusted: bool = False
    done: set[int] = field(default_factory=set)
    touched: list[tuple[Task, dict[str, Any]]] = field(default_factory=list)
    rows: list[Model] = field(default_factory=list)
    then: Callable[[], None] | None = None
    follows: list[tuple[int, Action, dict[str, Any]]] = field(default_factory=list)


def begin(look: Look, **columns: Any) -> Move:
    """Return a move that changes nothing yet."""
    return Move(look.case.state, [], [], columns, {})


def leave_route(look: Look, move: Move) -> None:
    """Take the case off its route: no step, every open task closed."""
    look.case.step = None
    move.columns["step"] = None
    move.closed = list(look.open_tasks)


def correction_days(details: dict[str, Any]) -> int | None:
    """Return the term that the returner set, in working days; 0 is today. Raises: DetailMissing on what is no term."""
    typed = details.get("days")
    if typed is None or str(typed).strip() == "":
        return None
    text = str(typed).strip()
    if not text.isascii() or not text.isdecimal() or int(text) > LONGEST_CORRECTION:
        raise DetailMissing(field=_("working days for the correction, 0 (today) to %(most)s")
                            % {"most": LONGEST_CORRECTION})  # fmt: skip
    details["days"] = int(text)
    return int(text)


def corrections(look: Look, *, days: int | None = None) -> list[Task]:
    """Return the tasks of the unit's editors to correct the case, within `days` working days or the usual term."""
    term = CORRECTION_DAYS if days is None else days
    return [new_task(look, TaskKind.CORRECT, group_id=pk, days=term) for pk in look.editor_groups()]


def corrections_in_time(look: Look, move: Move, step: Step, *, days: int | None) -> list[Task]:
    """Return the corrections that `step` asks for: never later than what is left of the round, which is then noted."""
    tasks = corrections(look, days=days)
    last_day = cut_of(look, move, tasks, by=step)
    if last_day is None:
        return tasks
    return [new_task(look, TaskKind.CORRECT, group_id=pk, due_on=last_day) for pk in look.editor_groups()]


def cut_of(look: Look, move: Move, tasks: Sequence[Task], *, by: Step) -> date | None:
    """Return the day to which a return by the step `by` cuts the terms of `tasks`, which is noted; None for no cut."""
    last_day = last_day_for(look, by)
    if last_day is None or all(t.due_at is None or deadlines.due_day(t.due_at) <= last_day for t in tasks):
        return None
    move.payload["cut_to"] = last_day.isoformat()
    return last_day


def last_day_for(look: Look, step: Step) -> date | None:
    """Return the last day that the round leaves for a correction asked for at `step`: its own date or, when that is
    over, the next of the reviews; None where the round sets none or they are all over. An adjustment has none.
    """
    if look.case.parent_id is not None:
        return None
    names = REVIEWS[REVIEWS.index(step.milestone) :] if step.milestone in REVIEWS else REVIEWS
    today = deadlines.day_of(look.now)
    return next((day for name in names if (day := look.date_of(name)) is not None and day >= today), None)


def tasks_of(
    look: Look, step: Step, *, signed: int = 0, days: int | None = None, due_on: date | None = None
) -> list[Task]:
    """Return the tasks of everybody who is asked when `step` opens, or next in line (rule SEQUENCE)."""
    return [
        new_task(
            look,
            TaskKind(step.task_kind),
            step=step,
            group_id=who.group_id,
            person_id=who.person_id,
            position=who.position,
            days=None if due_on else days or step.days_allowed,
            counts_calendar_days=step.counts_calendar_days and not days,
            milestone=step.milestone,
            due_on=due_on,
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
    counts_calendar_days: bool = False,
    milestone: str = "",
    due_on: date | None = None,
) -> Task:
    """Return an unsaved open task, due on `due_on`, else the round's date on the first pass, else after `days`."""
    case = look.case
    fixed = due_on or (look.date_of(milestone) if milestone and case.pass_no <= 1 else None)
    clock = deadlines.clock(
        task_kind=kind, now=look.now, days_allowed=days, fixed=fixed, counts_calendar_days=counts_calendar_days
    )
    return Task.fresh(
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
        counts_calendar_days=clock.counts_calendar_days,
        ladder_id=clock.ladder_id,
        next_rung_at=clock.next_rung_at,
    )


KEPT = (
    "case", "kind", "step", "pass_no", "position", "role_group_id", "person_id", "added", "added_seq", "due_at",
    "due_is_provisional", "budget_days", "counts_calendar_days", "ladder_id",
)  # fmt: skip
"""What a task takes over from the one that it follows: its deadline with its ladder among it."""


def again(look: Look, old: Task, *, step: Step | None = None, person: User | None = None) -> Task:
    """Return an unsaved open task that takes the place of `old`, for `person` where one is named; same deadline."""
    task = Task(**{name: getattr(old, name) for name in KEPT} | {"step": step or old.step}, opened_at=look.now)
    if person is not None:
        task.role_group_id, task.person = None, person
    task.next_rung_at = deadlines.upcoming(task, after=look.now)
    return task


def added_tasks(
    look: Look,
    step: Step,
    place: Added,
    people: Sequence[int],
    *,
    rule: str,
    seq: int,
    place_in_line: int = 1,
) -> list[Task]:
    """Return the tasks of people asked besides the step's own (转请会审) by the event `seq`; in order: of the first."""
    asked = people[:1] if rule == Rule.SEQUENCE else people
    tasks = [
        new_task(
            look,
            TaskKind.REVIEW,
            step=step,
            person_id=pk,
            position=n,
            days=step.days_allowed,
            counts_calendar_days=step.counts_calendar_days,
        )
        for n, pk in enumerate(asked, start=place_in_line)
    ]
    for task in tasks:
        task.added, task.added_seq = place, seq
    return tasks
