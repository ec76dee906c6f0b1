"""The one door: a case is opened by `start`, changed in draft by `set_content`, and moved by `perform` alone.

Page, API, admin, command line and background job all call these. The engine locks, checks, moves, records,
re-grants and announces, in that order, in one transaction. It knows no indicators, no HTTP and no mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from workflow import grants, record, sql
from workflow.canonical import content_hash
from workflow.kinds import DocumentKind, document_of, register
from workflow.look import Look
from workflow.machine import Action, TaskStatus
from workflow.models import Case, Decision, Event, Task, User
from workflow.moves import MOVES, VERDICTS
from workflow.openings import Move
from workflow.prepared import Prepared
from workflow.refusals import Blocked, KeyReused, Refused, Stale
from workflow.rules import Explanation, Seen, check, explain_all
from workflow.signals import work_waits
from workflow.sql import Happened
from workflow.starting import announce, start

__all__ = [
    "DocumentKind",
    "Explanation",
    "Outcome",
    "Seen",
    "available_actions",
    "document_of",
    "explain",
    "perform",
    "register",
    "set_content",
    "start",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action did. `repeated`: the same key came before, and this is the answer it got then."""

    case_id: int
    number: str
    action: str
    from_state: str
    to_state: str
    version: int
    event_seq: int
    repeated: bool = False


def perform(
    case: Case | int,
    action: Action | str,
    *,
    by: User | None,
    seen: Seen,
    key: str,
    now: datetime,
    on_behalf_of: User | None = None,
    prepare: Callable[[Case], None] | None = None,
    **details: Any,
) -> Outcome:
    """Carry out `action` on `case` for `by` (None: the clock), or refuse; either way the record says so.

    In one transaction, in this order: lock the case and read it again; the same key seen before gives the same
    outcome; version and content hash equal `seen`; possible from this state; permitted; separation of duties;
    `prepare(case)` writes what the action carries (unsaved cells, a sheet); the document's blockers; decision;
    the FSM method decides; signal `transitioned`, whose receivers give rows; case, tasks with their clocks, event,
    grants and these rows are written together; the document's `after`. After commit only the doorbell rings.

    `details` go into the event: reason, reason_code, to, sheet, document_number … as texts, numbers and lists.
    Raises: a class of workflow.refusals; nothing has changed then but the record of the refusal.
    """
    case_id = case if isinstance(case, int) else case.pk
    action = Action(action)
    try:
        with transaction.atomic():
            return _perform(
                case_id,
                action,
                by=by,
                seen=seen,
                key=key,
                now=now,
                on_behalf_of=on_behalf_of,
                prepare=prepare,
                details=details,
            )
    except IntegrityError as error:
        if "operation_key" not in str(error) and ".key" not in str(error):
            raise
        refusal: Refused = KeyReused()
    except Refused as refused:
        refusal = refused
    record.note_refusal(case_id, action=action, by=by, now=now, refusal=refusal, on_behalf_of=on_behalf_of)
    raise refusal


def _perform(
    case_id: int,
    action: Action,
    *,
    by: User | None,
    seen: Seen | None,
    key: str,
    now: datetime,
    on_behalf_of: User | None,
    prepare: Callable[[Case], None] | None,
    details: dict[str, Any],
) -> Outcome:
    look = _lock(case_id, by=by, on_behalf_of=on_behalf_of, now=now)
    case = look.case
    if earlier := look.event_of_key(key):
        return _outcome(case, earlier, repeated=True)
    task = check(look, action, seen=seen, details=details)
    if prepare is not None:
        prepare(case)
    document = document_of(case)
    if blockers := document.blockers(case, action, by, details):
        raise Blocked(blockers)
    move = MOVES[action](look, task, details)
    if move.recompute:
        _recompute(case, document, trusted=move.trusted)
    event = _write(look, action, task, move, key=key, details=details)
    document.after(case, action, by, now, event)
    for number, (other, verb, more) in enumerate(move.follows):
        _perform(other, verb, by=by, seen=None, key=f"{case.pk}.{event.seq}.{number}", now=now,
                 on_behalf_of=on_behalf_of, prepare=None, details=more)  # fmt: skip
    transaction.on_commit(lambda: work_waits.send(sender=Case))
    return _outcome(case, event)


_LOCKED = Prepared[Case](
    lambda pk: grants.with_surroundings(Case.objects.select_for_update(of=("self",)).filter(pk=pk)).order_by()
)


def _lock(case_id: int, *, by: User | None, on_behalf_of: User | None, now: datetime) -> Look:
    """Return the look at a case that is locked until the end of the transaction. One statement.

    Whoever had to wait for the lock sees the case as it is now, but around it what stood when the statement began: then
    the chain ends elsewhere than the case says, and all is read again. Raises: Case.DoesNotExist.
    """
    found = _LOCKED(case_id) or _LOCKED(case_id)
    if not found:
        raise Case.DoesNotExist
    case, (text,) = found[0]
    look = Look(case, by=by, on_behalf_of=on_behalf_of, now=now)
    around = grants.surroundings(case, sql.around_of(text, task=Task))
    look.around = around if around.events and around.events[-1].seq == case.head_seq else grants.around(case)
    return look


def _outcome(case: Case, event: Event | Happened, *, repeated: bool = False) -> Outcome:
    return Outcome(
        case.pk,
        case.number,
        event.action,
        event.from_state,
        event.to_state,
        event.version,
        event.seq,
        repeated,
    )


def _recompute(case: Case, document: DocumentKind, *, trusted: bool) -> None:
    """Compute the hash of the content anew; `trusted`: it may have changed just now, through `prepare`.

    Raises: Stale when the stored content is not what the column says, which only a hand in the database can do.
    """
    fresh = content_hash(document.content(case))
    if not trusted and fresh != case.content_hash:
        raise Stale(by=record.SYSTEM_NAME, at=case.moved_at, changes=())
    case.content_hash = fresh


# Writing


def _write(look: Look, action: Action, task: Task | None, move: Move, *, key: str, details: dict[str, Any]) -> Event:
    """Write all that the move says, in one statement. The only place, with `start`, that writes `state`."""
    case, was, writes = look.case, look.version, sql.Writes()
    case.version, case.moved_at = was + 1, look.now
    payload = {"pass": case.pass_no, **details, **move.payload}
    if task is not None and task.step is not None:
        payload["step"] = task.step.key
    event = record.compose(
        case,
        action=action,
        by=look.by,
        now=look.now,
        payload=payload,
        key=key,
        from_state=move.from_state,
        to_state=case.state,
        version=case.version,
        on_behalf_of=look.on_behalf_of,
    )
    writes.insert("event", [event])
    if action in VERDICTS and task is not None and task.step is not None and look.by is not None:
        writes.insert("decision", [_decision(look, action, task, event, details)])
    for name, value in move.columns.items():
        setattr(case, name, value)
    writes.move(case, version=was)
    done = [t.pk for t in move.closed if t.pk in move.done or (t == task and action in VERDICTS)]
    for closed in move.closed:
        closed.status = TaskStatus.DONE if closed.pk in done else TaskStatus.WITHDRAWN
        closed.closed_at = look.now
    writes.close([t.pk for t in move.closed], done=done, now=look.now, seq=event.seq)
    for opened in move.opened:
        opened.opened_seq = event.seq
    writes.insert("opened", move.opened)
    kept = [t for t in look.open_tasks if t not in move.closed]
    after = look.wanted_grants(state=case.state, tasks=[*kept, *move.opened])
    grants.change(case, stands=look.around, after=after, writes=writes)
    told = announce(case, event, by=look.by, opened=move.opened, closed=move.closed, now=look.now)
    for part, rows in told.items():
        writes.insert(part, rows)
    if not writes.send():
        raise Stale(by="", at=look.now, changes=())
    _write_besides(move)
    return event


def _decision(look: Look, action: Action, task: Task, event: Event, details: dict[str, Any]) -> Decision:
    return Decision.fresh(
        task=task,
        case=look.case,
        step=task.step,
        pass_no=task.pass_no,
        verdict=VERDICTS[action],
        words=str(details.get("reason") or ""),
        reason_code=str(details.get("reason_code") or ""),
        actor=look.by,
        principal=look.on_behalf_of,
        content_hash=look.case.content_hash,
        sheet=details.get("sheet"),
        event_seq=event.seq,
        made_at=look.now,
    )


def _write_besides(move: Move) -> None:
    """Write what few actions carry: columns of tasks that stay open, other rows, resting clocks."""
    for touched, columns in move.touched:
        Task.objects.filter(pk=touched.pk).update(**columns)
    for row in move.rows:
        row.save(force_insert=True)
    if move.then is not None:
        move.then()


# Writing the content in draft


def set_content(
    case: Case | int,
    *,
    by: User,
    now: datetime,
    write: Callable[[Case], None],
    seen: Seen | None = None,
    title: str | None = None,
    amount: Decimal | None = None,
) -> Case:
    """Write the content of a case in draft: the only door for it. Returns the case as it is now.

    Locks the case, checks draft and right CHANGE, calls `write(case)`, then stores the new content hash, the title
    (when given) and the amount in yuan; the first edit of a person in a pass is recorded. The version stays.
    Raises: NotVisible, NotPossible, NotPermitted, and Stale when `seen` is given and is not what stands.
    """
    case_id = case if isinstance(case, int) else case.pk
    try:
        with transaction.atomic():
            look = _lock(case_id, by=by, on_behalf_of=None, now=now)
            check(look, Action.EDIT, seen=seen, details={})
            write(look.case)
            note_content(look, title=title, amount=amount)
            return look.case
    except Refused as refusal:
        record.note_refusal(case_id, action=Action.EDIT, by=by, now=now, refusal=refusal)
        raise


def note_content(look: Look, *, title: str | None, amount: Decimal | None) -> None:
    """Store what follows from content written just now under the lock: hash, title, amount, edit event, task begun."""
    case = look.case
    case.content_hash = content_hash(document_of(case).content(case))
    case.title = title or case.title
    case.amount = amount
    if not look.has_edited_in_pass():
        record.append(
            case,
            action=Action.EDIT,
            by=look.by,
            now=look.now,
            payload={"pass": case.pass_no},
            from_state=case.state,
            to_state=case.state,
            version=case.version,
        )
    Case.objects.filter(pk=case.pk).update(
        content_hash=case.content_hash,
        title=case.title,
        amount=case.amount,
        head=case.head,
        head_seq=case.head_seq,
    )
    Task.objects.filter(case=case, status=TaskStatus.OPEN, step=None, begun_at=None).update(begun_at=look.now)


# Asking


def available_actions(
    case: Case, *, by: User, now: datetime, on_behalf_of: User | None = None, look: Look | None = None
) -> tuple[Explanation, ...]:
    """Return for every action whether `by` may do it to `case` now, or why not. One statement; three for a stranger.

    `look`: what was loaded of the case for this person before, where a page has more to ask; then none.
    """
    return explain_all(look or Look(case, by=by, on_behalf_of=on_behalf_of, now=now))


def explain(case: Case, action: Action | str, *, by: User, now: datetime) -> Explanation:
    """Return whether `by` may do `action` to `case` now, or why not, and until when."""
    return next(e for e in available_actions(case, by=by, now=now) if e.action == Action(action))
