"""下达控制数: one list of control figures meets the tables of a round, each table by one action of the engine.

A preview says for every row what will happen, with sums; confirmed, it becomes a batch (workflow.batches).
Called by views and the command.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from targets import organisations, projects
from targets.lists import read_list
from targets.models import ProjectListing
from workflow import batches
from workflow.machine import NEEDS, Action, FundsOutcome
from workflow.models import Batch, Case, Round, User
from workflow.refusals import Refused

ZERO = Decimal(0)


class NothingToLower(Refused):
    code = "nothing_to_lower"
    message = gettext_lazy("No table of the round “%(round)s” stands in this list. Check codes and round.")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the list against the table it means. Amounts in yuan; `outcome` "" where nothing can be done."""

    code: str
    name: str
    case: Case | None
    was: Decimal | None
    figure: Decimal
    outcome: str
    why_not: str = ""

    @property
    def outcome_words(self) -> str:
        return str(FundsOutcome(self.outcome).label) if self.outcome else self.why_not


@dataclass(frozen=True, slots=True)
class Preview:
    """What the list will do. `new`: how many of its projects get a table; `absent`: listed before, not in the file."""

    figures: Sequence[Figure]
    new: int
    absent: Sequence[str]

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(figure.outcome for figure in self.figures))

    @property
    def total(self) -> Decimal:
        return sum((figure.figure for figure in self.figures), ZERO)

    @property
    def was(self) -> Decimal:
        return sum((figure.was or ZERO for figure in self.figures), ZERO)


def preview(*, name: str, data: bytes, round: Round, is_whole: bool) -> Preview:
    """Return what the list would do to the tables of `round`; nothing is written. Three statements.

    `is_whole`: the list names every project that gets money, so a table whose project is not in it gets none.
    Raises: a class of lists.ListRefused.
    """
    wanted = {row.text("code"): row for row in read_list(name=name, data=data) if row.text("code")}
    listings = (ProjectListing.objects.filter(round=round, case__isnull=False).order_by("project__code")
                .select_related("project", "case__unit", "case__department", "case__step"))
    figures, absent, known = [], [], set()
    for listing in listings:
        assert listing.case is not None
        code = listing.project.code or ""
        row = wanted.get(code)
        known.add(code)
        if row is None and not is_whole:
            absent.append(f"{code} {listing.name}")
            continue
        figure = ZERO if row is None else row.amount
        if figure is not None:
            figures.append(_figure(listing, listing.case, figure))
    return Preview(figures, len([code for code in wanted if code not in known]), absent)


def _figure(listing: ProjectListing, case: Case, figure: Decimal) -> Figure:
    possible = case.state in NEEDS[Action.FUNDS_CHANGED].froms
    outcome = FundsOutcome.NOT_FUNDED if figure == 0 else (
        FundsOutcome.UNCHANGED if figure == case.amount else FundsOutcome.CHANGED)
    why_not = "" if possible else _("It is “%(state)s”; its money changes by an adjustment.") % {"state": case.desk}
    return Figure(listing.project.code or "", listing.name, case, case.amount, figure,
                  outcome if possible else "", why_not)


def prepare(*, name: str, data: bytes, round: Round, is_whole: bool, by: User, now: datetime) -> Batch:
    """Return the batch that waits for confirmation, one row a table.

    Raises: NotFinance, RoundClosed, NothingToLower.
    """
    if not organisations.is_finance(by):
        raise organisations.NotFinance
    if round.closed_at is not None:
        raise projects.RoundClosed(round=round.title)
    seen = preview(name=name, data=data, round=round, is_whole=is_whole)
    rows: list[tuple[Case, dict[str, Any]]] = [
        (one.case, {"amount": f"{one.figure:.2f}"}) for one in seen.figures if one.case is not None]
    if not rows:
        raise NothingToLower(round=round.title)
    return batches.prepare(action=Action.FUNDS_CHANGED, rows=rows, by=by, now=now,
                           details={"reason": _("Control figures of “%(round)s”") % {"round": round.title}})


def take_list(*, name: str, data: bytes, round: Round, by: User, now: datetime) -> projects.ImportResult:
    """Take the figures over into the project list of `round`: from now on a table must say the listed amount."""
    return projects.import_project_list(name=name, data=data, by=by, now=now, round=round, is_final=True)
