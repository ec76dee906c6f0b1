"""The verbs that reach a case from outside its route: 代填 and its confirmation, 补录, 下达控制数, 免报.

Each function fills a Move on loaded values, like those of workflow.moves; only workflow.engine calls them.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from workflow import record, routes
from workflow.look import Look
from workflow.machine import BUREAU, Action, Basis, FundsOutcome, Place, State, TaskKind
from workflow.models import Case, Step, Task
from workflow.openings import Move, begin, correction_days, corrections, leave_route, new_task
from workflow.refusals import DetailMissing, NobodyThere, NotAnAmount

CONFIRM_DAYS = 2
"""Working days for the unit to confirm what was filled in for it, and for finance to confirm an admission."""
LONGEST_NUMBER = 60
LARGEST_FIGURE = Decimal(10) ** 16


# 代填


def _fill_for(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """`prepare` has written the content. A signed scan confirms it at once; else the unit is asked to."""
    if details.get("basis") not in Basis.values:
        raise DetailMissing(field=_("basis: by telephone or from paper"))
    move = begin(look)
    move.recompute = move.trusted = True
    editors = look.editor_groups()
    waiting = [t for t in look.open_tasks if t.kind == TaskKind.CONFIRM]
    move.closed = [t for t in waiting if details.get("scan") or t.role_group_id not in editors]
    asked = {t.role_group_id for t in waiting if t not in move.closed}
    if not details.get("scan"):
        move.opened = [
            new_task(look, TaskKind.CONFIRM, group_id=pk, days=CONFIRM_DAYS) for pk in editors if pk not in asked
        ]
    return move


def _confirm_filled(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    assert look.unconfirmed is not None
    move = begin(look)
    move.closed = [t for t in look.open_tasks if t.kind == TaskKind.CONFIRM and t.role_group_id in look.editor_groups()]
    move.done = {t.pk for t in move.closed}
    move.payload |= {"confirms": look.unconfirmed.seq, "filled_by": look.unconfirmed.actor_name}
    return move


# 补录


def _propose_admission(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """The first of two people names document, date and scan (`prepare` attaches it); finance is asked to confirm."""
    details |= checked_document(details)
    move = begin(look)
    move.recompute = move.trusted = True
    actor = look.by.pk if look.by else None
    editors = look.editor_groups()
    groups = {p.group_id: p.members for p in look.posts() if (p.role, p.place) in BUREAU}
    move.closed = [t for t in look.open_tasks if t.kind == TaskKind.CONFIRM and t.role_group_id not in editors]
    move.opened = [
        new_task(look, TaskKind.CONFIRM, group_id=pk, days=CONFIRM_DAYS)
        for pk, members in groups.items()
        if set(members) - {actor}
    ]
    if not move.opened:
        raise NobodyThere(step=_("confirmation of an admission"), organisation=_("the finance bureau"))
    return move


def checked_document(details: Mapping[str, Any]) -> dict[str, str]:
    """Return number and date of the document that `details` name, as the record keeps them. Raises: DetailMissing."""
    number = str(details.get("document_number") or "").strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise DetailMissing(field=_("document number"))
    try:
        day = date.fromisoformat(str(details.get("document_date") or "").strip())
    except ValueError:
        raise DetailMissing(field=_("document date, as 2027-03-01")) from None
    return {"document_number": number, "document_date": day.isoformat()}


def _admit(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """The second of two people: the case is approved, and marked as admitted for ever."""
    assert look.proposal is not None
    proposed = record.payload_of(look.proposal)
    move = begin(look)
    mine = look.groups_of(look.holder) if look.holder else frozenset()
    move.done = {t.pk for t in look.open_tasks if t.kind == TaskKind.CONFIRM and t.role_group_id in mine}
    look.case.admit()
    leave_route(look, move)
    move.recompute = True
    move.columns |= {"is_admitted": True, "approved_at": look.now}
    move.payload |= {name: proposed[name] for name in ("document_number", "document_date", "scan") if name in proposed}
    move.payload |= {"proposal": look.proposal.seq, "proposed_by": look.proposal.actor_name}
    return move


def _decline_admission(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    editors = look.editor_groups()
    move.closed = [t for t in look.open_tasks if t.kind == TaskKind.CONFIRM and t.role_group_id not in editors]
    move.done = {t.pk for t in move.closed}
    return move


# 下达控制数


def _funds_changed(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    """A figure in yuan: the same keeps every approval, another one reopens on the short route, none drops the case."""
    figure = _figure(details.get("amount"))
    details["amount"] = f"{figure:.2f}"
    move, case = begin(look), look.case
    outcome = outcome_of(figure, case.amount)
    move.payload |= {"outcome": str(outcome), "was": f"{case.amount:.2f}" if case.amount is not None else None}
    if outcome == FundsOutcome.NOT_FUNDED:
        case.drop()
        case.is_unfunded = move.columns["is_unfunded"] = True
        leave_route(look, move)
    elif outcome == FundsOutcome.CHANGED:
        _reopen(look, move, details)
    return move


def outcome_of(figure: Decimal, amount: Decimal | None) -> FundsOutcome:
    """Return what a control figure means for a table of `amount`, both in yuan."""
    if figure == 0:
        return FundsOutcome.NOT_FUNDED
    return FundsOutcome.UNCHANGED if figure == amount else FundsOutcome.CHANGED


def figure_words(figure: Decimal, case: Case) -> str:
    """Return what a control figure means for this table, as people read it before they confirm.

    A table that was never submitted (a project that the list has just opened) has nothing to confirm as unchanged.
    """
    outcome = outcome_of(figure, case.amount)
    if outcome == FundsOutcome.UNCHANGED and case.state == State.DRAFT:
        return _("not submitted yet; its amount is that of the list")
    return str(outcome.label)


def _figure(typed: Any) -> Decimal:
    text = "" if typed is None else str(typed).strip()
    if not text:
        raise DetailMissing(field=_("control figure in yuan"))
    try:
        figure = Decimal(text)
    except InvalidOperation:
        raise NotAnAmount(value=text[:20]) from None
    if not figure.is_finite() or not 0 <= figure < LARGEST_FIGURE or figure != round(figure, 2):
        raise NotAnAmount(value=text[:20])
    return figure


def _reopen(look: Look, move: Move, details: dict[str, Any]) -> None:
    """Back to the unit; the signatures that are no part of the short route stand."""
    case = look.case
    asks = _short_route(look)
    move.payload |= {"asks": asks, "keeps": sorted(look.signed.complete() - set(asks))}
    if case.state == State.DRAFT:
        return
    case.reopen_for_funds()
    leave_route(look, move)
    move.columns["approved_at"] = None
    move.opened = corrections(look, days=correction_days(details))


def _short_route(look: Look) -> list[str]:
    """Return the steps that sign anew: the division in charge (else the first of finance), and the release."""
    steps = routes.steps_of(look.case.route) if look.case.route else ()
    finance = [s for s in steps if s.stage == State.FINANCE_REVIEW]
    named = [s for s in finance if _asks_division(s)] or finance[:1]
    return [s.key for s in finance if s in named or s.task_kind == TaskKind.RELEASE]


def _asks_division(step: Step) -> bool:
    return any(candidate.get("of") == Place.DIVISION_IN_CHARGE for candidate in step.candidates)


# 免报


def _waive(look: Look, task: Task | None, details: dict[str, Any]) -> Move:
    move = begin(look)
    look.case.drop()
    leave_route(look, move)
    return move


OUTSIDE: dict[Action, Callable[[Look, Task | None, dict[str, Any]], Move]] = {
    Action.FILL_FOR: _fill_for,
    Action.CONFIRM_FILLED: _confirm_filled,
    Action.PROPOSE_ADMISSION: _propose_admission,
    Action.DECLINE_ADMISSION: _decline_admission,
    Action.ADMIT: _admit,
    Action.FUNDS_CHANGED: _funds_changed,
    Action.WAIVE: _waive,
}
