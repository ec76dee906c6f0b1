"""The record: one hash chain of events a case, written in the transaction of what it records.

Imports models and the canonical form only. Called by the engine and by the sweep; read by the timeline,
by verify_record and by exports. Nothing here changes a row that stands.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from typing import Any

from django.db import connection, transaction

from workflow.canonical import canonical_json
from workflow.models import Case, Event, User
from workflow.refusals import NobodyThere, Refused, as_dict
from workflow.signals import announced
from workflow.sql import Happened, insert

SYSTEM_NAME = "系统"
"""What the record calls an actor that is no person; kept as it was written, so it is not translated."""


def append(
    case: Case,
    *,
    action: str,
    by: User | None,
    now: datetime,
    payload: Mapping[str, Any],
    from_state: str,
    to_state: str,
    version: int,
    key: str | None = None,
    refused: str = "",
    on_behalf_of: User | None = None,
) -> Event:
    """Append one event to the chain of `case`, which the caller holds locked, and move the head on the instance.

    The caller writes `head` and `head_seq` with its own update of the case (see `save_head`). `version` is the
    version after the event. Raises: TypeError when `payload` has no canonical form (a float, say).
    """
    event = compose(
        case,
        action=action,
        by=by,
        now=now,
        payload=payload,
        from_state=from_state,
        to_state=to_state,
        version=version,
        key=key,
        refused=refused,
        on_behalf_of=on_behalf_of,
    )
    insert([event])
    return event


def compose(
    case: Case,
    *,
    action: str,
    by: User | None,
    now: datetime,
    payload: Mapping[str, Any],
    from_state: str,
    to_state: str,
    version: int,
    key: str | None = None,
    refused: str = "",
    on_behalf_of: User | None = None,
) -> Event:
    """Return the next event of the chain of `case`, not yet inserted, and move the head on the instance; see `append`.

    For who appends to many cases at once and inserts all events in one statement.
    """
    event = Event.fresh(
        case=case,
        seq=case.head_seq + 1,
        at=now,
        actor=by,
        actor_name=str(by) if by else SYSTEM_NAME,
        on_behalf_of=on_behalf_of,
        on_behalf_name=str(on_behalf_of) if on_behalf_of else "",
        action=action,
        refused=refused,
        from_state=from_state,
        to_state=to_state,
        version=version,
        content_hash=case.content_hash,
        key=key,
        payload=canonical_json(payload),
        prev=case.head,
    )
    event.hash = digest(event)
    case.head, case.head_seq = event.hash, event.seq
    return event


def save_head(case: Case) -> None:
    """Write the head that `append` moved, where no other update of the case does so."""
    Case.objects.filter(pk=case.pk).update(head=case.head, head_seq=case.head_seq)


def note(
    case_id: int,
    *,
    action: str,
    by: User | None,
    now: datetime,
    payload: Mapping[str, Any],
    refused: str = "",
    on_behalf_of: User | None = None,
) -> Event:
    """Append an event that moves nothing (escalation, export, refusal) in a transaction of its own or the caller's."""
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_id)
        event = append(
            case,
            action=action,
            by=by,
            now=now,
            payload=payload,
            from_state=case.state,
            to_state=case.state,
            version=case.version,
            refused=refused,
            on_behalf_of=on_behalf_of,
        )
        save_head(case)
    return event


def note_refusal(
    case_id: int, *, action: str, by: User | None, now: datetime, refusal: Refused, on_behalf_of: User | None = None
) -> Event:
    """Record that `by` was refused `action`, with the code and the sentence that they were given.

    That a step has nobody is announced as well, once until the case moves.
    """
    event = note(
        case_id,
        action=action,
        by=by,
        now=now,
        payload={"refusal": as_dict(refusal)},
        refused=refusal.code,
        on_behalf_of=on_behalf_of,
    )
    if isinstance(refusal, NobodyThere) and _is_first(event):
        facts = {"reason": str(refusal), "office": str(refusal.facts.get("step", ""))}
        announced.send(sender=Case, case=event.case, kind="nobody_there", by=by, now=now, facts=facts)
    return event


def _is_first(event: Event) -> bool:
    """Return whether the same refusal has not been recorded since the case last moved."""
    same = Event.objects.filter(case=event.case_id, refused=event.refused, version=event.version, seq__lt=event.seq)
    return not same.exists()


def columns_of(event: Event) -> dict[str, Any]:
    """Return what an event's hash is taken over: every column, and the previous hash; in the order of _EVENTS."""
    return {
        "case": event.case_id,
        "seq": event.seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor_id,
        "actor_name": event.actor_name,
        "on_behalf_of": event.on_behalf_of_id,
        "on_behalf_name": event.on_behalf_name,
        "action": event.action,
        "refused": event.refused,
        "from": event.from_state,
        "to": event.to_state,
        "version": event.version,
        "content_hash": event.content_hash,
        "key": event.key,
        "payload": event.payload,
        "prev": event.prev,
    }


def digest(event: Event) -> str:
    """Return the hash of an event: SHA-256 over the canonical JSON of `columns_of`."""
    return _digest_of((*columns_of(event).values(), ""))


def payload_of(event: Event | Happened) -> dict[str, Any]:
    """Return the facts that an event carries."""
    facts: dict[str, Any] = json.loads(event.payload)
    return facts


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the record does not hold together: the case's number, the event's seq, and what is wrong."""

    number: str
    seq: int
    what: str


_EVENTS = """
SELECT case_id, seq, {at}, actor_id, actor_name, on_behalf_of_id, on_behalf_name, action, refused, from_state, to_state,
       version, content_hash, key, payload, prev, hash
  FROM workflow_event {where} ORDER BY case_id, seq
"""
_MOMENTS = {
    "postgresql": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')""",
    "sqlite": "replace(substr(at, 1, 19), ' ', 'T') || CASE length(at) WHEN 19 THEN '.000000' ELSE substr(at, 20) END"
    " || '+00:00'",
}
"""How each database writes the time of an event as its hash has it."""
_TEXT = (
    '{"action":%s,"actor":%s,"actor_name":%s,"at":"%s","case":%s,"content_hash":%s,"from":%s,"key":%s,'
    '"on_behalf_name":%s,"on_behalf_of":%s,"payload":%s,"prev":%s,"refused":%s,"seq":%s,"to":%s,"version":%s}'
)
"""The canonical JSON of `columns_of`, keys in order: written out, since a million events are checked at once."""
AT_ONCE = 5000
Row = tuple[Any, ...]


def _rows(case_id: int | None) -> Iterator[Row]:
    """Yield the events as plain values in the order of the chains; memory stays flat however many there are."""
    where, parameters = ("WHERE case_id = %s", [case_id]) if case_id is not None else ("", [])
    statement = _EVENTS.format(at=_MOMENTS[connection.vendor], where=where)
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        while found := cursor.fetchmany(AT_ONCE):
            yield from found


def _digest_of(row: Row) -> str:
    """Return the hash that an event's row must have: the same as `digest` of the event."""
    (case, seq, at, actor, actor_name, behalf, behalf_name, action, refused, from_state, to_state, version, content,
     key, payload, prev, _hash) = row  # fmt: skip
    text = _TEXT % (
        _quoted(action), "null" if actor is None else actor, _quoted(actor_name), at, case, _quoted(content),
        _quoted(from_state), "null" if key is None else _quoted(key), _quoted(behalf_name),
        "null" if behalf is None else behalf, _quoted(payload), _quoted(prev), _quoted(refused), seq,
        _quoted(to_state), version,
    )  # fmt: skip
    return sha256(text.encode()).hexdigest()


def verify(*, case_id: int | None = None) -> Iterator[Fault]:
    """Yield every fault of the chains: changed, swapped, removed or inserted events, and heads or states that disagree.

    Reads all events once, in the order of the chains. A case without events is a fault too.
    """
    cases = Case.objects.order_by("pk")
    if case_id is not None:
        cases = cases.filter(pk=case_id)
    heads = cases.values_list("pk", "number", "head", "head_seq", "state").iterator()
    case, prev, seq, state, last_at = next(heads, None), "", 0, "", ""
    for row in _rows(case_id):
        while case is not None and row[0] != case[0]:
            yield from _end_of_chain(case, prev, seq, state)
            case, prev, seq, state, last_at = next(heads, None), "", 0, "", ""
        if case is None:
            yield Fault(f"case {row[0]}", row[1], "belongs to no case")
            return
        if row[1] != seq + 1:
            yield Fault(case[1], row[1], f"event {seq + 1} is missing")
        if row[15] != prev:
            yield Fault(case[1], row[1], "does not follow the event before it")
        if _digest_of(row) != row[16]:
            yield Fault(case[1], row[1], "was changed after it was written")
        if state and row[9] != state and not row[8]:
            yield Fault(case[1], row[1], "begins in a state that the case was not in")
        if row[2] < last_at:
            yield Fault(case[1], row[1], "is older than the event before it")
        seq, last_at, state, prev = row[1], row[2], row[10], row[16]
    while case is not None:
        yield from _end_of_chain(case, prev, seq, state)
        case, prev, seq, state = next(heads, None), "", 0, ""


def _end_of_chain(case: Row, prev: str, seq: int, state: str) -> Iterator[Fault]:
    _pk, number, head, head_seq, case_state = case
    if not seq:
        yield Fault(number, 0, "no events")
        return
    if (head, head_seq) != (prev, seq):
        yield Fault(number, seq, "the case's head is not its last event")
    if case_state != state:
        yield Fault(number, seq, "the case's state is not that of its last event")
