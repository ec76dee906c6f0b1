"""A case is opened: number, first event, the editors' task with its clock, grants. A door of workflow.engine.

The caller has checked that the person may open it. Called as engine.start.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from workflow import grants, record, sql
from workflow.look import Look
from workflow.machine import Action, Kind, TaskKind
from workflow.models import Case, Event, Milestone, NumberSeries, Organisation, Round, Task, User
from workflow.openings import new_task
from workflow.refusals import KeyReused
from workflow.signals import transitioned, work_waits


def start(
    *,
    kind: Kind,
    unit: Organisation,
    title: str,
    fiscal_year: int,
    profile: str,
    by: User | None,
    key: str,
    now: datetime,
    round: Round | None = None,
    parent: Case | None = None,
    amount: Decimal | None = None,
    is_off_list: bool = False,
    is_key: bool = False,
    task_kind: TaskKind = TaskKind.FILL,
    due_on: date | None = None,
) -> Case:
    """Open a case in draft: number, first event, the editors' task with its clock, grants. Returns the case.

    The caller has checked that `by` may open it (its editors, finance from the project list, or the clock: None).
    `amount` in yuan. `due_on` None: the round's date for units to submit, else no date. The same key by the same
    person gives the case it opened before. Raises: KeyReused when the key was used for another action.
    """
    if earlier := _started_with(key, by):
        return earlier
    try:
        with transaction.atomic():
            case = Case(
                kind=kind,
                number=_next_number(fiscal_year),
                title=title,
                amount=amount,
                fiscal_year=fiscal_year,
                profile=profile,
                is_key=is_key,
                is_off_list=is_off_list,
                parent=parent,
                unit=unit,
                department=unit.department,
                round=round,
                opened_by=by,
                opened_at=now,
                moved_at=now,
            )
            return _open(Look(case, by=by, on_behalf_of=None, now=now), task_kind, key=key, due_on=due_on)
    except IntegrityError:
        if earlier := _started_with(key, by):
            return earlier
        raise


def _open(look: Look, task_kind: TaskKind, *, key: str, due_on: date | None) -> Case:
    case = look.case
    case.save(force_insert=True)
    tasks = [
        new_task(look, task_kind, group_id=pk, milestone=Milestone.UNIT_SUBMISSION, due_on=due_on)
        for pk in look.editor_groups()
    ]
    event = record.append(
        case,
        action=Action.START,
        by=look.by,
        now=look.now,
        payload={"pass": 0, "title": case.title},
        key=key,
        from_state="",
        to_state=case.state,
        version=case.version,
    )
    record.save_head(case)
    sql.insert(tasks)
    grants.sync(case, after=look.wanted_grants(state=case.state, tasks=tasks))
    for rows in announce(case, event, by=look.by, opened=tasks, closed=[], now=look.now).values():
        sql.insert(rows)
    transaction.on_commit(lambda: work_waits.send(sender=Case))
    return case


def _started_with(key: str, by: User | None) -> Case | None:
    """Return the case that `by` opened with `key`. Raises: KeyReused when the key was used for another action."""
    event = Event.objects.filter(actor=by, key=key).select_related("case").first()
    if event is not None and event.action != Action.START:
        raise KeyReused
    return event.case if event else None


def _next_number(fiscal_year: int) -> str:
    series, _ = NumberSeries.objects.select_for_update().get_or_create(fiscal_year=fiscal_year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{fiscal_year}-{series.last:04d}"


def announce(
    case: Case, event: Event, *, by: User | None, opened: list[Task], closed: list[Task], now: datetime
) -> dict[str, list[Model]]:
    """Ask the receivers of `transitioned` what is to be written with `event`; return the unsaved rows by model."""
    rows: dict[str, list[Model]] = {}
    answers: Any = transitioned.send(sender=Case, case=case, event=event, by=by, opened=opened, closed=closed, now=now)
    for _receiver, answer in answers:
        for row in answer or ():
            rows.setdefault(row._meta.db_table, []).append(row)
    return rows
