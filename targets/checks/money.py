"""Rules on money: amounts, sums, costs, and the project list. Everything is compared in 元, exactly."""

import re
from collections.abc import Iterator
from decimal import Decimal

from targets.checks import sources
from targets.checks.registry import Answer, Hit, Line, Subject, Verdict, at_value, cut, plain, rule
from targets.normal import tight
from targets.profiles import MUST_FIX, SHOULD_FIX
from targets.values import in_yuan
from workflow.text import _

PARTS = ("total", "fiscal", "other")
COST = "14"
WAN = Decimal(10_000)
TOLERANCE_WAN = Decimal("0.0001")
BLANK_TOTAL = _("%(label)s is blank. Write it in ten-thousand yuan with digits, as 50 or 0.642.")
PLAIN = re.compile(r"^\d[\d,，]*(?:\.\d+)?$")
WHOLE = re.compile("总成本|成本总额|总额|合计|总投入|总费用|总支出|总预算|项目总")
NOT_COST_FAULTS = ("money", "unit-price", "rate", "change", "number", "empty", "placeholder")


@rule(
    "FND-02",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_(
        "%(label)s: “%(typed)s” is no amount above zero. Write it in ten-thousand yuan with digits, as 50 or 0.642."
    ),
)
def amounts_are_numbers(table: Subject) -> Iterator[Hit]:
    """The total is a number above zero; its sources are blank or numbers not below zero."""
    for part in PARTS:
        typed, number = getattr(table.content.funds, part), table.content.funds.in_wan(part)
        written_plainly = typed is not None and bool(PLAIN.match(typed.strip()))
        least_reached = written_plainly and number is not None and (number > 0 if part == "total" else number >= 0)
        if not least_reached and (typed is not None or part == "total"):
            facts = {"label": table.profile.header[f"funds.{part}"][0], "typed": typed or ""}
            yield Hit(f"funds.{part}", facts, message=BLANK_TOTAL if typed is None else None)


@rule(
    "FND-01",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_(
        "The total of %(total)s is not the sum of its sources, %(sum)s (ten-thousand yuan). "
        "Correct the total or the sources."
    ),
)
def total_is_sum_of_sources(table: Subject) -> Answer:
    """The annual total equals fiscal plus other funds; a blank source counts as nothing."""
    funds = table.content.funds
    total, fiscal, other = (funds.in_wan(part) for part in PARTS)
    unreadable = any(getattr(funds, part) is not None and funds.in_wan(part) is None for part in PARTS)
    if total is None or unreadable:
        return Verdict.INSUFFICIENT_DATA
    found = (fiscal or Decimal(0)) + (other or Decimal(0))
    differs = abs(total - found) > TOLERANCE_WAN
    return [Hit("funds.total", {"total": plain(total), "sum": plain(found)})] if differs else []


@rule(
    "CST-01",
    severity=MUST_FIX,
    source=sources.FITTING,
    message=_(
        "The cost lines add up to %(sum)s, %(difference)s more than the annual total of %(total)s (ten-thousand yuan). "
        "Lower the costs or correct the total."
    ),
)
def costs_fit_the_total(table: Subject) -> Answer:
    """The cost lines do not add up to more than the annual total.

    Unit prices cannot be added: not applicable. A bare number is of unknown unit: the rest is a lower bound.
    """
    return _compared(table, too_much=True)


@rule(
    "CST-01.short",
    severity=SHOULD_FIX,
    source=sources.FITTING,
    message=_(
        "%(difference)s of the %(total)s ten-thousand yuan have no cost line yet (the lines add up to %(sum)s). "
        "Add the missing cost lines, or keep it if that is meant."
    ),
)
def costs_reach_the_total(table: Subject) -> Answer:
    """The cost lines do not add up to less than the annual total."""
    return _compared(table, too_much=False)


def _compared(table: Subject, *, too_much: bool) -> Answer:
    total = table.content.funds.in_wan("total")
    lines = table.of_code(COST)
    costs = _cost_sum(lines)
    if costs is None or any(line.value.kind == "unit-price" for line in lines):
        return Verdict.NOT_APPLICABLE
    if total is None or total <= 0:
        return Verdict.INSUFFICIENT_DATA
    difference = costs - total * WAN
    if difference <= 0 and any(line.value.kind == "number" and line.value.unit is None for line in lines):
        return Verdict.INSUFFICIENT_DATA
    if difference == 0 or (difference > 0) != too_much:
        return []
    facts = {"sum": plain(costs / WAN), "total": plain(total), "difference": plain(abs(difference) / WAN)}
    return [Hit(f"category {COST}", facts)]


def _cost_sum(lines: tuple[Line, ...]) -> Decimal | None:
    """The money cost lines in 元, without one that repeats the whole (总成本); None when no line is money."""
    money = [(line, amount) for line in lines if (amount := _amount(line)) is not None]
    split = [amount for line, amount in money if not WHOLE.search(line.name)]
    if not money:
        return None
    return sum(split or [amount for _line, amount in money[:1]], Decimal(0))


def _amount(line: Line) -> Decimal | None:
    """The money of one cost line in 元; several money values in one cell are added."""
    if line.value.kind == "compound":
        parts = [in_yuan(value) for _name, value in line.value.items]
        known = [part for part in parts if part is not None]
        return sum(known, Decimal(0)) if known else None
    return in_yuan(line.value)


@rule(
    "CST-02",
    severity=SHOULD_FIX,
    source=sources.GUIDE_COST,
    message=_(
        "“%(value)s” in line %(number)s is no cost. A cost is money, a unit price or a rate; "
        "move the line to another category or give its cost."
    ),
)
def costs_are_money(table: Subject) -> Iterator[Hit]:
    """A cost value is money, a unit price or a rate."""
    for line in table.of_code(COST):
        counted = line.value.kind == "number" and line.value.unit is not None
        if (counted or line.value.kind not in NOT_COST_FAULTS) and _amount(line) is None:
            yield at_value(line)


@rule(
    "LST-01",
    severity=MUST_FIX,
    source=sources.LIST,
    message=_(
        "The table says “%(here)s”, the project list “%(listed)s”. After the control figures both must be the same; "
        "correct the table, or ask the finance bureau to correct the list."
    ),
)
def agrees_with_the_list(table: Subject) -> Answer:
    """After the control figures, name and amount are those of the project list."""
    context = table.context
    if not context.control_figures_final:
        return Verdict.NOT_APPLICABLE
    if context.listed_name is None or context.listed_amount_wan is None:
        return Verdict.INSUFFICIENT_DATA
    return _against_list(table, context.listed_name, context.listed_amount_wan)


def _against_list(table: Subject, name: str, amount: Decimal) -> Iterator[Hit]:
    here = table.content.project_name or ""
    if tight(here) != tight(name):
        yield Hit("project_name", {"here": cut(here), "listed": cut(name)})
    total = table.content.funds.in_wan("total")
    if total is not None and total != amount:
        yield Hit("funds.total", {"here": plain(total), "listed": plain(amount)})
