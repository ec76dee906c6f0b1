"""Which signatures on a case stand: the chain of its events, folded. Pure on plain values; asks no query.

A signature stands until it is undone, or until a return, a recall or a rejection takes the case to where it would
be signed anew. Called by look; the route goes on to the first step that has no standing signature.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflow.machine import SIGNATURES, Action, Added, Again

UNIT = "unit"
"""What a return names when it goes to the unit."""
STARTING_ANEW = (Action.RECALL, Action.REJECT, Action.READMIT)
FOLDED = {*SIGNATURES, *STARTING_ANEW, Action.SUBMIT, Action.RETURN, Action.UNDO_APPROVAL, Action.ADD_APPROVER,
          Action.MEET_CONDITION, Action.FUNDS_CHANGED}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a step: the event's seq, who signed (and for whom), and whether it completed the step."""

    seq: int
    step: str
    people: frozenset[int]
    content_hash: str
    completes: bool
    is_added: bool
    in_finance: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition under which a step was approved; `id` is the event's seq and its number in it: "12.1"."""

    id: str
    step: str
    words: str
    set_by: frozenset[int]


@dataclass(frozen=True, slots=True)
class Later:
    """Somebody who is to be asked once the step's own signatures are there (转请会审 after)."""

    seq: int
    step: str
    people: tuple[int, ...]
    rule: str


@dataclass(slots=True)
class Signed:
    """What stands after the last event."""

    signatures: list[Signature] = field(default_factory=list)
    skipped: list[tuple[str, int]] = field(default_factory=list)
    """(step, seq of the signature that skipped it)"""
    conditions: list[Condition] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    """(seq of the ADD_APPROVER, seq of the signature that asked them)"""

    @property
    def asked_later(self) -> frozenset[int]:
        """The asks whose people have been asked."""
        return frozenset(ask for ask, _seq in self.asked)

    def complete(self) -> frozenset[str]:
        """Return the keys of the steps that need no signature any more."""
        return frozenset({s.step for s in self.signatures if s.completes} | {step for step, _seq in self.skipped})

    def own(self, step: str) -> int:
        """Return how many of the step's own candidates have signed it."""
        return sum(s.step == step and not s.is_added for s in self.signatures)

    def of_people(self, people: Iterable[int]) -> list[Signature]:
        """Return the signatures that one of `people` gave, in person or through a deputy."""
        wanted = set(people)
        return [s for s in self.signatures if s.people & wanted]

    def keep(self, stays: Mapping[str, bool]) -> None:
        """Forget what belongs to a step that does not stay; a step that the route no longer has does not."""
        self.signatures = [s for s in self.signatures if stays.get(s.step)]
        self.skipped = [(step, seq) for step, seq in self.skipped if stays.get(step)]
        self.conditions = [c for c in self.conditions if stays.get(c.step)]
        self.later = [x for x in self.later if stays.get(x.step)]

    def void(self, seq: int) -> None:
        self.signatures = [s for s in self.signatures if s.seq != seq]
        self.skipped = [(step, by) for step, by in self.skipped if by != seq]
        self.asked = [(ask, by) for ask, by in self.asked if by != seq]
        self.conditions = [c for c in self.conditions if not c.id.startswith(f"{seq}.")]


def signed(events: Sequence[Any], *, steps: Sequence[str], payload_of: Any) -> Signed:
    """Return what stands after `events` (sql.Happened, oldest first) on a route of `steps` (keys in order)."""
    stands = Signed()
    for event in events:
        if event.refused or event.action not in FOLDED:
            continue
        payload = payload_of(event)
        if event.action in SIGNATURES:
            _sign(stands, event, payload)
        elif event.action in STARTING_ANEW or (event.action == Action.SUBMIT and not payload.get("direct")):
            stands.keep({})
        elif event.action == Action.RETURN:
            stands.keep(_after_return(steps, payload))
        elif event.action == Action.FUNDS_CHANGED:
            stands.keep({key: key not in payload.get("asks", ()) for key in steps})
        elif event.action == Action.UNDO_APPROVAL:
            stands.void(int(payload["voids"]))
        elif event.action == Action.MEET_CONDITION:
            stands.conditions = [c for c in stands.conditions if c.id != payload.get("condition")]
        elif event.action == Action.ADD_APPROVER and payload.get("place") == Added.AFTER:
            stands.later.append(Later(event.seq, payload["step"], tuple(payload["people"]), payload["rule"]))
    return stands


def _sign(stands: Signed, event: Any, payload: Mapping[str, Any]) -> None:
    step, people = (
        str(payload.get("step", "")),
        frozenset(p for p in (event.actor_id, event.on_behalf_of_id) if p),
    )
    stands.signatures.append(
        Signature(
            seq=event.seq,
            step=step,
            people=people,
            content_hash=event.content_hash,
            completes=bool(payload.get("completes")),
            is_added=bool(payload.get("added")),
            in_finance=event.from_state == "finance_review",
        )
    )
    stands.asked += [(ask, event.seq) for ask in payload.get("asks_later", ())]
    stands.skipped += [(key, event.seq) for key in payload.get("skipped", ())]
    for n, words in enumerate(payload.get("conditions", ()), start=1):
        stands.conditions.append(Condition(f"{event.seq}.{n}", step, str(words), people))


def _after_return(steps: Sequence[str], payload: Mapping[str, Any]) -> dict[str, bool]:
    """Return which steps keep their signatures after a return.

    In the chain mode none from where it goes to; straight back, those before the step that returned, but for the
    step that it goes to. Later steps never keep theirs: what they signed is about to change.
    """
    by, to = steps.index(payload["step"]) if payload.get("step") in steps else 0, payload.get("to", UNIT)
    to_place = -1 if to == UNIT or to not in steps else steps.index(to)
    if payload.get("again") == Again.DIRECT:
        return {key: n < by and n != to_place for n, key in enumerate(steps)}
    return {key: n < to_place for n, key in enumerate(steps)}
