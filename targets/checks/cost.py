"""Rules on the cost lines: they add up, they are money, they pay for an output. Compared in 元, exactly."""

import re
from collections.abc import Iterator
from decimal import Decimal

from targets.checks import sources
from targets.checks.lexicon import WORDS, alike, covered, pairs, shared
from targets.checks.mends import as_cost
from targets.checks.registry import (
    Answer,
    Hit,
    Line,
    Subject,
    Verdict,
    at_name,
    at_value,
    move,
    one_line,
    plain,
    rule,
    write_value,
)
from targets.normal import normal
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from targets.values import YUAN, in_yuan, printed
from workflow.text import _

COST = "14"
WAN = Decimal(10_000)
WHOLE = re.compile("总成本|成本总额|总额|合计|总投入|总费用|总支出|总预算|项目总")
NOT_COST_FAULTS = ("money", "unit-price", "rate", "change", "number", "empty", "placeholder")
LESS = re.compile("节约|节省|降低|压减|减少|下降")
ONLY_CONTROL = re.compile("成本控制|预算控制|控制率|不超预算|超支")
UNIT_IN_NAME = re.compile(r"[(（]\s*(元|千元|万元|亿元)\s*[)）]$")
LUMP_WAN = Decimal(100)
NEAR = 0.8
PAID = re.compile("(?:经费|费用|费|成本|支出|资金|稿酬|补贴|补助|标准|款)+(?:[(（].*)?$")
COST_NOUN = re.compile("(?:经费|费用|费|成本|支出|资金|价|单价|标准|价格|总额|金额)$")
SAME_THING = 0.5
PRICE_TOLERANCE = Decimal("0.01")
BREAKDOWN_DIFFERS = _(
    "The parts of “%(value)s” in line %(number)s add up to %(sum)s, not to %(whole)s (ten-thousand yuan). "
    "Correct the parts or the whole."
)


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
            things = counted or line.value.kind == "compound"
            yield at_value(line, *((move(line, "11"),) if things else ()))


@rule(
    "CST-03",
    severity=HINT,
    source=sources.GUIDE_COST,
    message=_(
        "%(count)s cost lines have no upper bound (lines %(lines)s) and are taken as at most. "
        "Write ≤ before the amount if you mean that."
    ),
)
def costs_have_an_upper_bound(table: Subject) -> list[Hit]:
    """A cost says the most that may be spent; one line a table."""
    lines = [line for line in table.of_code(COST) if in_yuan(line.value) is not None and not line.value.comparator]
    return one_line(lines, *(write_value(line, "≤" + printed(line.value)) for line in lines))


@rule(
    "CST-04",
    severity=SHOULD_FIX,
    source=sources.GUIDE_COST,
    message=_(
        "“%(value)s” in line %(number)s sets a least cost. A cost is bounded from above; "
        "write ≤, unless the line is about what is saved."
    ),
)
def costs_have_no_lower_bound(table: Subject) -> Iterator[Hit]:
    """No cost is bounded from below, unless it says what is saved."""
    for line in table.of_code(COST):
        money = line.value.kind in ("money", "unit-price", "number") or "控制率" in line.key
        if money and line.value.comparator in ("≥", ">") and not LESS.search(line.key):
            yield at_value(line, write_value(line, "≤" + printed(line.value).lstrip("≥>")))


@rule(
    "CST-05",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(value)s” in line %(number)s is not in %(unit)s, the unit of the form. Write %(written)s."),
)
def costs_use_the_unit_of_the_form(table: Subject) -> Iterator[Hit]:
    """A cost is written in the money unit of the form."""
    unit = table.profile.funds_unit
    for line in table.of_code(COST):
        yuan, number = in_yuan(line.value), line.value.number
        if yuan is None or number is None or line.value.unit in (unit, unit.removesuffix("元")):
            continue
        written = f"{line.value.comparator or ''}{plain(yuan / YUAN[unit])}{unit}"
        fixes = (write_value(line, written),) if line.value.comparator != "range" else ()
        yield at_value(line, *fixes, unit=unit, written=written)


@rule(
    "CST-06",
    severity=HINT,
    source=sources.GUIDE_COST,
    message=_("The unit stands in the name of lines %(lines)s. Write it behind the amount, as 95万元."),
)
def units_stand_in_the_value(table: Subject) -> list[Hit]:
    """The unit of a cost stands behind its amount, not in its name; one line a table."""
    found = [(line, match) for line in table.of_code(COST) if (match := UNIT_IN_NAME.search(normal(line.name)))]
    lines = [(line, match) for line, match in found if line.text.strip() and not line.text.strip().endswith("元")]
    fixes = [write_value(line, line.text.strip() + match[1]) for line, match in lines]
    return one_line((line for line, _match in lines), *fixes)


@rule(
    "CST-07",
    severity=HINT,
    source=sources.GUIDE_COST,
    message=_(
        "The cost in line %(number)s carries the name of the output in line %(other)s (“%(name)s”). "
        "Name what is paid for, as 印刷费 or 培训成本."
    ),
)
def costs_have_their_own_names(table: Subject) -> Iterator[Hit]:
    """A cost is not named like an output."""
    outputs = table.of_code("11", "12", "13")
    for line in table.of_code(COST):
        if not line.key or COST_NOUN.search(line.key):
            continue
        twin = next((o for o in outputs if o.key == line.key or alike(o.key, line.key) >= NEAR), None)
        if twin is not None:
            yield at_name(line, as_cost(line), other=str(twin.number))


@rule(
    "CST-08",
    severity=SHOULD_FIX,
    source=sources.GUIDE_COST,
    message=_(
        "No output shows what “%(name)s” (line %(number)s, %(value)s) pays for. "
        "Add the quantity that this money buys, or say in the name to which output it belongs."
    ),
)
def costs_pay_for_an_output(table: Subject) -> Answer:
    """Each cost line pays for an output of the table; overheads and one cost for all are left alone."""
    outputs = table.of_code("11", "12")
    lines = [line for line in table.of_code(COST) if line.value.kind not in ("rate", "change", "unit-price")]
    lines = [line for line in lines if not WORDS["overhead"].search(line.key) and not WHOLE.search(line.key)]
    if len(lines) < 2 or not outputs:
        return Verdict.NOT_APPLICABLE
    about = frozenset[str]().union(*(pairs(output.key) for output in outputs))
    return [at_name(line) for line in lines if not _is_paid_for(line, about, outputs)]


def _is_paid_for(line: Line, about: frozenset[str], outputs: tuple[Line, ...]) -> bool:
    """Whether the outputs are about what stands before 费, 成本, 稿酬."""
    thing = PAID.sub("", line.key) or line.key
    return shared(thing, about) or any(covered(thing, output.key) for output in outputs)


@rule(
    "CST-10",
    severity=HINT,
    source=sources.GUIDE_COST,
    message=_("One line holds the whole cost of %(total)s ten-thousand yuan. Divide it by what is bought."),
)
def large_costs_are_divided(table: Subject) -> Answer:
    """A project of a million yuan and more has more than one cost line."""
    total, lines = table.content.funds.in_wan("total"), table.of_code(COST)
    if total is None:
        return Verdict.INSUFFICIENT_DATA
    lump = len(lines) == 1 and total >= LUMP_WAN and in_yuan(lines[0].value) is not None
    return [at_value(lines[0], total=plain(total))] if lump else []


@rule(
    "CST-11",
    severity=HINT,
    source=sources.GUIDE_COST,
    message=_("The cost lines only say that the budget is kept (%(name)s). Say how much is spent on what."),
)
def costs_say_how_much(table: Subject) -> Answer:
    """The cost lines hold an amount, not only a rate of control."""
    lines = [line for line in table.of_code(COST) if line.text.strip()]
    if not lines:
        return Verdict.NOT_APPLICABLE
    only = all(
        line.value.kind in ("rate", "boolean", "level", "text") and ONLY_CONTROL.search(line.key + line.text)
        for line in lines
    )
    return one_line(lines) if only else []


@rule(
    "CST-12",
    severity=HINT,
    source=sources.GUIDE_COST,
    message=_("%(categories)s: no indicator. Look whether the project has costs of this kind."),
)
def costs_to_society_are_named(table: Subject) -> Answer:
    """Where the form divides cost into economic, social and environmental, each is looked at."""
    asked = [
        c for c in table.profile.categories if any("成本" in w and w != "成本指标" and w != "成本" for w in c.words)
    ]
    if not asked:
        return Verdict.NOT_APPLICABLE
    missing = [c for c in asked if not table.of_category(c.code)]
    return [Hit(f"category {missing[0].code}", {"categories": "、".join(c.name for c in missing)})] if missing else []


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
    return [Hit(table.place_of(COST), facts)]


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
