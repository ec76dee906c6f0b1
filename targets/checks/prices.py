"""Rules on unit prices: quantity times price is the cost, the parts of a sum add up, what one thing costs is shown."""

from decimal import Decimal

from targets.checks import sources
from targets.checks.lexicon import SAME_UNIT, alike, pairs, units_of
from targets.checks.registry import (
    REVIEWER,
    Answer,
    Hit,
    Line,
    Subject,
    Verdict,
    at_value,
    cut,
    one_line,
    plain,
    rule,
)
from targets.profiles import HINT, SHOULD_FIX
from targets.values import YUAN, in_yuan
from workflow.text import _

COST = "14"
WAN = Decimal(10_000)
SAME_THING = 0.5
PRICE_TOLERANCE = Decimal("0.01")
BREAKDOWN_DIFFERS = _(
    "The parts of “%(value)s” in line %(number)s add up to %(sum)s, not to %(whole)s (ten-thousand yuan). "
    "Correct the parts or the whole."
)


@rule(
    "CST-09",
    severity=HINT,
    audience=REVIEWER,
    source=sources.GUIDE_COST,
    message=_("Cost per unit: %(prices)s. Compare with the standard."),
)
def unit_costs_are_shown(table: Subject) -> Answer:
    """Where a cost and a quantity are about the same thing, the cost per unit is shown; one line a table."""
    found = []
    for line in table.of_code(COST):
        yuan = in_yuan(line.value)
        near = max(table.of_code("11"), key=lambda output: alike(output.key, line.key), default=None)
        if yuan is None or near is None or alike(near.key, line.key) < SAME_THING:
            continue
        count = near.value.number
        fits = near.value.unit in (units_of(near.key) or {near.value.unit})
        if near.value.kind == "number" and near.value.unit and fits and count:
            found.append((line, f"{_price(yuan / count)}/{near.value.unit}（{cut(near.name)}）"))
    if not found:
        return Verdict.NOT_APPLICABLE
    return one_line((line for line, _price in found), prices="；".join(price for _line, price in found))


def _price(yuan: Decimal) -> str:
    return f"{plain(round(yuan / WAN, 2))}万元" if yuan >= WAN else f"{plain(round(yuan, 2))}元"


@rule(
    "CST-13",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("Unit prices and amounts stand side by side (lines %(lines)s); they were not added up."),
)
def prices_and_amounts_are_apart(table: Subject) -> list[Hit]:
    """A unit price beside amounts has its quantity in the table, else the cost lines cannot be added."""
    lines = table.of_code(COST)
    if not {"money", "unit-price"} <= {line.value.kind for line in lines}:
        return []
    return one_line(line for line in lines if line.value.kind == "unit-price" and _product(table, line) is None)


@rule(
    "CST-14",
    severity=SHOULD_FIX,
    source=sources.FITTING,
    message=_(
        "%(quantity)s at %(price)s make %(product)s ten-thousand yuan, but %(cost)s of the total is left for it. "
        "Correct quantity, price or total."
    ),
)
def quantity_times_price_is_the_cost(table: Subject) -> Answer:
    """Quantities times unit prices make the cost, and the parts in brackets add up to their whole."""
    hits = [hit for line in table.of_code(COST) for hit in _wrong_breakdown(line)]
    priced = [line for line in table.of_code(COST) if line.value.kind == "unit-price"]
    products = [_product(table, line) for line in priced]
    total = table.content.funds.in_wan("total")
    if not priced or total is None or None in products:
        return hits or (Verdict.NOT_APPLICABLE if not priced else Verdict.INSUFFICIENT_DATA)
    return hits + _wrong_product(table, priced, [product for product in products if product], total * WAN)


def _wrong_breakdown(line: Line) -> list[Hit]:
    whole, parts = in_yuan(line.value), [in_yuan(part) for _name, part in line.value.items]
    known = [part for part in parts if part is not None]
    if whole is None or len(known) < 2 or len(known) < len(parts) or "…" in line.text or sum(known) == whole:
        return []
    facts = {**line.facts, "sum": plain(sum(known, Decimal(0)) / WAN), "whole": plain(whole / WAN)}
    return [Hit(f"indicator {line.number} value", facts, line.number, message=BREAKDOWN_DIFFERS)]


def _product(table: Subject, priced: Line) -> tuple[Line, Decimal] | None:
    """The quantity that a unit price is for, and their product in 元; None unless it can only be one.

    A price a year, month or time is no price of a thing; of several quantities the one of the same subject counts.
    """
    money, *per = (priced.value.unit or "").split("/")
    if len(per) != 1 or money not in YUAN:
        return None
    unit = SAME_UNIT.get(per[0], per[0])
    counted = [
        line
        for line in table.of_code("11")
        if line.value.kind == "number" and SAME_UNIT.get(line.value.unit or "", line.value.unit) == unit
    ]
    if len(counted) > 1:
        near = max(counted, key=lambda line: alike(line.key, priced.key))
        counted = [near] if len(pairs(near.key) & pairs(priced.key)) >= 2 else []
    price, number = priced.value.number, counted[0].value.number if counted else None
    return (counted[0], number * price * YUAN[money]) if price and number else None


def _wrong_product(
    table: Subject, priced: list[Line], products: list[tuple[Line, Decimal]], total: Decimal
) -> list[Hit]:
    amounts = [amount for line in table.of_code(COST) if (amount := in_yuan(line.value)) is not None]
    product = sum((yuan for _line, yuan in products), Decimal(0))
    rest = total - sum(amounts, Decimal(0))
    near = [(product, rest)] + [(yuan, amount) for _line, yuan in products for amount in amounts]
    if any(abs(found - cost) <= total * PRICE_TOLERANCE for found, cost in near):
        return []
    facts = {
        "quantity": "、".join(line.text for line, _yuan in products),
        "price": "、".join(line.text for line in priced),
        "product": plain(product / WAN),
        "cost": plain(rest / WAN),
    }
    return [at_value(priced[0], **facts)]
