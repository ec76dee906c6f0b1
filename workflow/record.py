"""The record: one hash chain of events a case, written in the transaction of what it records.

Imports models and the canonical form only. Called by the engine and by the sweep; read by the timeline,
by verify_record and by exports. Nothing here changes a row that stands.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.db import transaction

from workflow.canonical import canonical_json, sha256_hex
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
    event = Event(
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
    """Return what an event's hash is taken over: every column, and the previous hash."""
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
    return sha256_hex(canonical_json(columns_of(event)))


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


def verify(*, case_id: int | None = None) -> Iterator[Fault]:
    """Yield every fault of the chains: changed, swapped, removed or inserted events, and heads or states that disagree.

    Reads all events once, in the order of the chains. A case without events is a fault too.
    """
    cases = Case.objects.order_by("pk")
    events = Event.objects.order_by("case_id", "seq")
    if case_id is not None:
        cases, events = cases.filter(pk=case_id), events.filter(case_id=case_id)
    chains = groupby(events.iterator(chunk_size=2000), key=lambda event: event.case_id)
    pending = next(chains, None)
    for pk, number, head, head_seq, state in cases.values_list("pk", "number", "head", "head_seq", "state").iterator():
        if pending is None or pending[0] != pk:
            yield Fault(number, 0, "no events")
            continue
        yield from _verify_chain(number, head, head_seq, state, pending[1])
        pending = next(chains, None)


def _verify_chain(number: str, head: str, head_seq: int, state: str, events: Iterator[Event]) -> Iterator[Fault]:
    prev, seq, last_state, last_at = "", 0, "", None
    for event in events:
        if event.seq != seq + 1:
            yield Fault(number, event.seq, f"event {seq + 1} is missing")
        if event.prev != prev:
            yield Fault(number, event.seq, "does not follow the event before it")
        if digest(event) != event.hash:
            yield Fault(number, event.seq, "was changed after it was written")
        if not event.refused and last_state and event.from_state != last_state:
            yield Fault(number, event.seq, "begins in a state that the case was not in")
        if last_at is not None and event.at < last_at:
            yield Fault(number, event.seq, "is older than the event before it")
        prev, seq, last_at = event.hash, event.seq, event.at
        last_state = event.to_state
    if (head, head_seq) != (prev, seq):
        yield Fault(number, seq, "the case's head is not its last event")
    if state != last_state:
        yield Fault(number, seq, "the case's state is not that of its last event")
