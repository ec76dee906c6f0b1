"""The story of one case for its page: what happened, and which steps lie behind and ahead.

Reads only. `timeline` gives the rows of components/timeline.html, `route_steps` those of components/route.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from workflow import record, routes
from workflow.look import Look
from workflow.machine import FINAL_STATES, REVIEW_STATES, Action, Again, Basis, FundsOutcome, State
from workflow.models import Case, Decision, Event, Rung, Step, Task
from workflow.pictures import Stand, stand_of
from workflow.queries import holder_of
from workflow.refusals import NoRoute
from workflow.sql import Happened
from workflow.words import ACTION_TONES, deadline


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: who did what, from where to where, in which words."""

    seq: int
    at: datetime
    who: str
    on_behalf: str
    verb: str
    shape: str
    tone: str
    step: str = ""
    from_state: str = ""
    to_state: str = ""
    words: str = ""
    refused: bool = False
    version: int = 0
    hash: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One step of the way: `who` has decided it or has it now. key: "" for the unit.

    status: done, now, next; spared, where the case went on without it, as 补录 does.
    """

    title: str
    status: str
    who: str = ""
    at: datetime | None = None
    due_at: datetime | None = None
    key: str = ""


def timeline(
    case: Case, *, newest_first: bool = True, with_edits: bool = True, limit: int = 500, look: Look | None = None
) -> list[Entry]:
    """Return what happened to `case`. One statement, plus one for a route not yet read in this process.

    Refused attempts are part of the record and are marked; `with_edits` False leaves the editing passes out.
    `look`: the case as it was loaded for the page; then no statement, and the entries carry no hash.
    """
    titles = {step.key: step.title for step in steps_of(case)}
    events: Sequence[Event | Happened]
    if look is not None:
        events = look.events[::-1] if newest_first else look.events
    else:
        events = list(Event.objects.filter(case=case).order_by("-seq" if newest_first else "seq"))
    told = [event for event in events if with_edits or event.action != Action.EDIT]
    return [_entry(event, titles) for event in told[:limit]]


def _entry(event: Event | Happened, titles: dict[str, str]) -> Entry:
    payload = record.payload_of(event)
    shape, tone = ACTION_TONES.get(event.action, ("dot", ""))
    verb = _action_word(event.action)
    if event.refused:
        shape, tone, verb = "cross", "bad", _("refused: %(action)s") % {"action": verb}
    moved = event.from_state != event.to_state
    return Entry(
        seq=event.seq,
        at=event.at,
        who=event.actor_name,
        on_behalf=event.on_behalf_name,
        verb=verb,
        shape=shape,
        tone=tone,
        step=titles.get(str(payload.get("step") or ""), ""),
        from_state=_state_word(event.from_state) if moved else "",
        to_state=_state_word(event.to_state) if moved else "",
        words=_words_of(payload),
        refused=bool(event.refused),
        version=event.version,
        hash=event.hash if isinstance(event, Event) else "",
        details=_details_of(payload),
    )


def _words_of(payload: dict[str, Any]) -> str:
    refusal = payload.get("refusal")
    if isinstance(refusal, dict):
        return str(refusal.get("message") or "")
    return str(payload.get("reason") or payload.get("words") or "")


def _details_of(payload: dict[str, Any]) -> tuple[str, ...]:
    named = {
        "from_name": _("from"),
        "to_name": _("to"),
        "what": _("what"),
        "sha256": _("digest"),
        "asked_by": _("first signature"),
        "undone": _("taken back from"),
        "filled_by": _("filled in by"),
        "proposed_by": _("proposed by"),
        "met": _("condition"),
        "document_number": _("document number"),
        "document_date": _("document date"),
        "scan_name": _("scan"),
        "cut_to": _("term ends with the round's date"),
        "audience": _("told"),
        "late": _("late"),
    }
    return tuple(
        f"{label} {_audience_word(payload[name]) if name == 'audience' else payload[name]}"
        for name, label in named.items()
        if isinstance(payload.get(name), str)
    ) + _lists_of(payload)


def _lists_of(payload: dict[str, Any]) -> tuple[str, ...]:
    """Return the lists that an event carries: people asked or told, conditions set; and the way after a return."""
    named = {"names": _("people"), "conditions": _("conditions")}
    lists = [f"{label} {'、'.join(payload[name])}" for name, label in named.items() if payload.get(name)]
    if payload.get("again") == Again.DIRECT:
        lists.append(str(Again.DIRECT.label))
    if payload.get("outcome") in FundsOutcome.values:
        lists.append(str(FundsOutcome(payload["outcome"]).label))
    if payload.get("basis") in Basis.values:
        lists.append(str(Basis(payload["basis"]).label))
    return tuple(lists)


def _audience_word(audience: str) -> str:
    return str(Rung.Audience(audience).label) if audience in Rung.Audience.values else audience


def _action_word(action: str) -> str:
    if action == Action.START:
        return _("Opened")
    return str(Action(action).label) if action in Action.values else action


def _state_word(state: str) -> str:
    return str(State(state).label) if state in State.values else state


def steps_of(case: Case) -> tuple[Step, ...]:
    """Return the applicable steps of the route that the case has, or would take if it were submitted now."""
    try:
        route = case.route if case.route_id and case.route else routes.current(case)
    except NoRoute:
        return ()
    return routes.applicable(case, routes.steps_of(route))


def route_steps(case: Case, *, open_tasks: Iterable[Task], look: Look | None = None) -> list[RouteStep]:
    """Return the unit's filling and every step of the route with its status. Two statements beside the open tasks.

    `open_tasks`: those of the case, with step, role_group__organisation and person (queries.standing(case).tasks).
    `look`: the case as it was loaded for the page; one statement less.
    """
    tasks = list(open_tasks)
    signed = (look or Look(case, by=None, on_behalf_of=None, now=case.moved_at)).signed
    seqs = [signature.seq for signature in signed.signatures if signature.completes]
    decisions = Decision.objects.filter(case=case, event_seq__in=seqs).select_related("actor") if seqs else ()
    decided = {d.step_id: d for d in decisions}
    reviewing = case.state in REVIEW_STATES
    filling = case.state == State.DRAFT
    skipped = set() if filling else signed.complete()
    steps = [RouteStep(_("Unit fills in"), "now" if filling else "done", **_now_with(tasks if filling else []))]
    if not filling:
        steps = [RouteStep(_("Unit fills in"), "done", case.unit.name, case.submitted_at)]
    for step in steps_of(case):
        decision = decided.get(step.pk)
        mine = [t for t in tasks if reviewing and t.step_id == step.pk]
        if mine:
            steps.append(RouteStep(step.title, "now", **_now_with(mine), key=step.key))
        elif decision and not filling:
            steps.append(RouteStep(step.title, "done", str(decision.actor), decision.made_at, key=step.key))
        elif step.key in skipped:
            steps.append(RouteStep(step.title, "done", key=step.key))
        else:
            over = not filling and not reviewing and case.state not in FINAL_STATES
            steps.append(RouteStep(step.title, "spared" if over else "next", key=step.key))
    return steps


def stands(case: Case, *, open_tasks: Iterable[Task]) -> dict[str, Stand]:
    """Return where `case` is with each step of its way, by the step's key, for pictures.route_svg."""
    found = {
        step.key: stand_of(
            status=step.status,
            who=step.who if step.key else "",
            at=step.at,
            due=deadline(step.due_at) if step.due_at else "",
        )
        for step in route_steps(case, open_tasks=open_tasks)
    }
    if case.approved_at and case.state not in (State.DRAFT, *REVIEW_STATES):
        found["approved"] = stand_of(status="done", who="", at=case.approved_at, due="")
    return found


def _now_with(tasks: list[Task]) -> dict[str, Any]:
    dues = [t.due_at for t in tasks if t.due_at]
    return {
        "who": "、".join(dict.fromkeys(holder_of(t).name for t in tasks)),
        "at": min((t.opened_at for t in tasks), default=None),
        "due_at": min(dues, default=None),
    }
