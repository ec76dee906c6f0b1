"""Batches 批量: one action on many cases. A preview made here says what can be done and why not; confirmed, every row
is its own transaction with its own version and result; many rows are done by the sweep.

Called by views, commands and the rooms that make batches of their own. Cases move through workflow.engine alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflow import choices, engine, grants, papers, rulings
from workflow.engine import Seen
from workflow.kinds import document_of
from workflow.machine import NEEDS, SIGNATURES, Action, TaskStatus
from workflow.models import Batch, Case, Task, User
from workflow.outside import checked_document, figure_words
from workflow.refusals import DetailMissing, NotVisible, Refused

AT_ONCE = 20
"""So many rows are carried out while the person waits; more are done by the sweep."""
MOST = 500
A_SWEEP = 200
"""Rows that one sweep carries out at most, so that deadlines are not kept waiting."""
STORED_EVERY = 20
CLAIM = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""How long a preview that nobody confirmed is kept."""
CHOSEN = (Action.APPROVE, Action.RETURN, Action.TRANSFER, Action.RELEASE)
"""What may be chosen for many cases on the workbench."""
DETAILS: Mapping[Action, tuple[str, ...]] = {
    Action.APPROVE: ("reason",),
    Action.RETURN: ("reason", "days"),
    Action.TRANSFER: ("reason", "people"),
    Action.RELEASE: ("document_number", "document_date"),
}
"""What is asked once for all rows."""
ZERO = Decimal(0)


class NothingChosen(Refused):
    code = "nothing_chosen"
    message = gettext_lazy("No case is chosen. Tick the cases that you want, then choose what to do.")


class TooManyChosen(Refused):
    code = "too_many_chosen"
    message = gettext_lazy("%(count)s cases are too many at once; at most %(most)s. Choose fewer.")


class NoBatchOf(Refused):
    code = "no_batch_of"
    message = gettext_lazy("“%(action)s” is not done for many cases at once. Open each case.")


class ConfirmedBefore(Refused):
    code = "confirmed_before"
    message = gettext_lazy("This was confirmed already; nothing is done twice.")


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the page shows it. `state`: can, cannot, done or refused; `words`: why not, or what came of it."""

    case: Case
    state: str
    words: str
    figure: Decimal | None = None
    """The control figure in yuan, where it is one."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What some cases of a batch come to against what there is, in yuan. `why_not`: a sentence where it is too much.

    `before`: what was taken earlier, `asked`: what these cases take, `given`: what there is.
    """

    label: str
    cases: frozenset[int]
    before: Decimal
    asked: Decimal
    given: Decimal
    why_not: str = ""

    @property
    def sum(self) -> Decimal:
        return self.before + self.asked

    @property
    def left(self) -> Decimal:
        return self.given - self.sum


_scales: dict[Action, Callable[[Sequence[Case]], Sequence[Weight]]] = {}


def weigh_with(action: Action, scale: Callable[[Sequence[Case]], Sequence[Weight]]) -> None:
    """Have the cases of a batch of `action` weighed together: a document room knows against what."""
    _scales[action] = scale


@dataclass(frozen=True, slots=True)
class Shown:
    """A batch for its page: lines in order, how many and how much (yuan) of each state, and what they come to."""

    batch: Batch
    action: Action
    lines: Sequence[Line]
    weights: Sequence[Weight] = ()

    def count(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)

    def amount(self, state: str) -> Decimal:
        """Return the sum of one state; a case and what stands in for it (an adjustment, its reports) count once."""
        amounts = {line.case.parent_id or line.case.pk: line.case.amount for line in self.lines if line.state == state}
        return sum((amount or ZERO for amount in amounts.values()), ZERO)

    @property
    def sums(self) -> list[tuple[str, int, Decimal]]:
        """(state, rows, yuan) of every state that is there."""
        states = dict.fromkeys(line.state for line in self.lines)
        return [(state, self.count(state), self.amount(state)) for state in states]


def prepare(*, action: Action | str, rows: Sequence[tuple[Case, Mapping[str, Any]]], by: User, now: datetime,
            details: Mapping[str, Any] | None = None) -> Batch:  # fmt: skip
    """Return a batch that waits for confirmation: for every row whether it can be done now, or why not.

    `rows`: cases with unit, department, step and route selected, and what each row alone carries. Linear in rows.
    Raises: NothingChosen, TooManyChosen, NoBatchOf.
    """
    action = Action(action)
    if action not in NEEDS:
        raise NoBatchOf(action=action.label)
    if not rows:
        raise NothingChosen
    if len(rows) > MOST:
        raise TooManyChosen(count=len(rows), most=MOST)
    kept = [_row(case, action, own, details or {}, by=by, now=now) for case, own in rows]
    cases = {case.pk: case for case, _own in rows}
    for weight in _weigh(action, [cases[row["case"]] for row in kept if not row["why_not"]]):
        for row in kept:
            if weight.why_not and row["case"] in weight.cases and not row["why_not"]:
                row |= {"why_not": weight.why_not, "too_much": True}
    return Batch.objects.create(by=by, action=action.value, details=dict(details or {}), rows=kept, asked_at=now)


def _weigh(action: Action, cases: Sequence[Case]) -> Sequence[Weight]:
    return _scales[action](cases) if action in _scales and cases else ()


def _row(case: Case, action: Action, own: Mapping[str, Any], details: Mapping[str, Any], *, by: User,
         now: datetime) -> dict[str, Any]:  # fmt: skip
    told, principal = engine.explain(case, action, by=by, now=now), None
    if not told.may and (principal := choices.stands_in_for(case, by=by, now=now)) is not None:
        for_them = engine.available_actions(case, by=by, now=now, on_behalf_of=principal)
        told = next(e for e in for_them if e.action == action)
    why_not = "" if told.may else told.why
    if not why_not and action in SIGNATURES and case.step is not None and case.step.individually:
        why_not = _("The step “%(step)s” asks for each case to be reviewed by itself.") % {"step": case.step.title}
    if not why_not:
        blockers = document_of(case).blockers(case, action, by, {**details, **own})
        why_not = blockers[0].message if blockers else ""
    return {
        "case": case.pk,
        "version": case.version,
        "hash": case.content_hash,
        "details": dict(own),
        "why_not": why_not,
        "principal": principal.pk if principal and told.may else None,
    }


def chosen(*, numbers: Iterable[str], by: User) -> list[Case]:
    """Return the cases of these numbers that `by` sees, as `prepare` takes them. Statements do not grow with them."""
    wanted = list(dict.fromkeys(numbers))
    if len(wanted) > MOST:
        raise TooManyChosen(count=len(wanted), most=MOST)
    found = {case.number: case for case in _seen_by(by).filter(number__in=wanted)}
    return [found[number] for number in wanted if number in found]


def waiting_for(*, by: User) -> list[Case]:
    """Return the cases with a review on the desk of `by`, those due first, at most MOST. One statement."""
    groups = [held.group_id for held in grants.roles_of(by)]
    desk = Task.objects.filter(Q(role_group__in=groups) | Q(person=by), status=TaskStatus.OPEN, step__isnull=False)
    order = {pk: n for n, pk in enumerate(desk.order_by("due_at", "pk").values_list("case_id", flat=True)[:MOST])}
    return sorted(_seen_by(by).filter(pk__in=order), key=lambda case: order[case.pk])


def _seen_by(by: User) -> Any:
    return grants.visible_to(by).select_related("unit", "department", "step", "route")


def find(pk: UUID, *, by: User) -> Batch:
    """Return a batch that `by` has made. Raises: NotVisible."""
    batch = Batch.objects.filter(pk=pk, by=by).first()
    if batch is None:
        raise NotVisible
    return batch


def shown(batch: Batch) -> Shown:
    """Return the batch for its page. One statement."""
    wanted = [row["case"] for row in batch.rows]
    cases = Case.objects.select_related("unit", "department", "step").in_bulk(wanted)
    results = {result["case"]: result for result in batch.results}
    lines = []
    for row in batch.rows:
        result = results.get(row["case"])
        state = ("done" if result["done"] else "refused") if result else "cannot" if row["why_not"] else "can"
        words, case = result["words"] if result else row["why_not"], cases[row["case"]]
        figure = Decimal(row["details"]["amount"]) if "amount" in row["details"] else None
        if state == "can" and figure is not None:
            words = figure_words(figure, case)
        lines.append(Line(case, state, words, figure))
    action = Action(batch.action)
    weighed = [cases[row["case"]] for row in batch.rows if not row["why_not"] or row.get("too_much")]
    return Shown(batch, action, lines, _weigh(action, weighed) if batch.status == Batch.Status.PREVIEW else ())


# Carrying out


@rulings.keeps_refusals(rulings.Rule.RELEASE_MANY, of=lambda batch, **_given: Action(batch.action).label)
def confirm(batch: Batch, *, by: User, now: datetime, details: Mapping[str, Any] | None = None,
            scan: tuple[str, bytes] | None = None) -> Batch:  # fmt: skip
    """Carry the batch out: at once up to AT_ONCE rows, else by the next sweeps. Returns it as it is then.

    `details`: what all rows carry, checked before anything is done. `scan`: name and bytes of the document under which
    cases are released. A second confirmation does nothing.
    Raises: NotVisible, ConfirmedBefore, DetailMissing, PaperRefused, NothingChosen (no row can be done).
    """
    if batch.by_id != by.pk:
        raise NotVisible
    action = Action(batch.action)
    carried = {**batch.details, **_checked(action, details or {}, batch.details)}
    if not any(not row["why_not"] for row in batch.rows):
        raise NothingChosen
    if scan is not None and action == Action.RELEASE and batch.status == Batch.Status.PREVIEW:
        carried |= papers.named(papers.keep(name=scan[0], data=scan[1], by=by, now=now))
    at_once = len(batch.rows) <= AT_ONCE
    won = Batch.objects.filter(pk=batch.pk, status=Batch.Status.PREVIEW).update(
        status=Batch.Status.WAITING, details=carried, confirmed_at=now, claimed_until=now + CLAIM if at_once else None
    )
    if not won:
        raise ConfirmedBefore
    batch.refresh_from_db()
    if at_once:
        _carry_out(batch, now=now, most=AT_ONCE)
    return batch


def _checked(action: Action, details: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: value for name in DETAILS.get(action, ()) if (value := details.get(name)) not in (None, "", [])}
    has = {**there, **wanted}
    if NEEDS[action].words and not str(has.get("reason") or "").strip():
        raise DetailMissing(field=_("reason"))
    if action == Action.TRANSFER and not has.get("people"):
        raise DetailMissing(field=_("person"))
    if action == Action.RELEASE and not (has.get("document_number") and has.get("document_date")):
        raise DetailMissing(field=_("Document number and date"))
    if action == Action.RELEASE:
        wanted |= checked_document(has)
    return wanted


def _carry_out(batch: Batch, *, now: datetime, most: int) -> None:
    """Do the next rows. Results are stored a few at a time: a row whose result was lost gets the same answer again."""
    by = User.objects.get(pk=batch.by_id)
    open_ = list(enumerate(batch.rows))[len(batch.results) :]
    for number, row in open_[:most]:
        batch.results.append(_done(batch, number, row, by=by, now=now))
        if not len(batch.results) % STORED_EVERY:
            Batch.objects.filter(pk=batch.pk).update(results=batch.results)
    if len(batch.results) == len(batch.rows):
        batch.status, batch.finished_at = Batch.Status.DONE, now
    batch.claimed_until = None
    Batch.objects.filter(pk=batch.pk).update(
        status=batch.status, finished_at=batch.finished_at, claimed_until=None, results=batch.results
    )


def _done(batch: Batch, number: int, row: Mapping[str, Any], *, by: User, now: datetime) -> dict[str, Any]:
    """Carry out one row. What could not be done when it was shown is left alone and says so again."""
    if row["why_not"]:
        return {"case": row["case"], "done": False, "words": row["why_not"]}
    principal = User.objects.filter(pk=row["principal"]).first() if row.get("principal") else None
    try:
        engine.perform(row["case"], batch.action, by=by, seen=Seen(row["version"], row["hash"]),
                       key=f"batch:{batch.pk.hex}:{number}", now=now, on_behalf_of=principal,
                       **{**batch.details, **row["details"], "batch": str(batch.pk)})  # fmt: skip
    except Refused as refusal:
        return {"case": row["case"], "done": False, "words": str(refusal)}
    return {"case": row["case"], "done": True, "words": ""}


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Carry on with one batch that waits, and remove previews of yesterday: receiver of time_passes."""
    Batch.objects.filter(status=Batch.Status.PREVIEW, asked_at__lt=now - KEPT).delete()
    carry_on(now=now)


def carry_on(*, now: datetime) -> Batch | None:
    """Do the next rows of the batch that has waited longest; it is claimed, so two sweeps never do the same."""
    batch = _free(now).order_by("asked_at").first()
    return None if batch is None else go_on(batch, now=now)


def go_on(batch: Batch, *, now: datetime) -> Batch:
    """Do the next rows of this batch unless somebody else is at it; return it as it is then."""
    if _free(now).filter(pk=batch.pk).update(claimed_until=now + CLAIM):
        batch.refresh_from_db()
        _carry_out(batch, now=now, most=A_SWEEP)
    batch.refresh_from_db()
    return batch


def _free(now: datetime) -> Any:
    waiting = Batch.objects.filter(status=Batch.Status.WAITING)
    return waiting.filter(Q(claimed_until=None) | Q(claimed_until__lte=now))
