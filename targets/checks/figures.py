"""Rules on values: one value a row, with unit and sign, possible, dated, in line with the goal and the period."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from targets import values
from targets.checks import sources
from targets.checks.lexicon import WORDS, units_of
from targets.checks.mends import with_unit, without_hint
from targets.checks.people import of_one_person
from targets.checks.registry import (
    Answer,
    Fix,
    Hit,
    Line,
    Subject,
    Verdict,
    at_name,
    at_value,
    cut,
    one_line,
    rule,
    write_value,
)
from targets.content import HEADER_TEXTS
from targets.grammar.measures import ABOUT, UNITS
from targets.normal import is_placeholder, tight
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from targets.values import IndicatorValue, printed, suggestions
from workflow.text import _

QUANTITY, QUALITY, COST, SATISFACTION = "11", "12", "14", "31"
DIVISIBLE = ("倍", "分")
NOTHING = ("无", "没有", "不适用", "0")
HUNDRED = Decimal(100)
EXACT_UNITS = ("册", "本", "份", "卷", "部", "期", "套")
COUNTED = ("number", "rate", "duration")
FULL_WIDTH = re.compile(
    "[\uff10-\uff19\uff05\uff1e\uff1c\uff1d\u200b\u200c\ufeff]|\\\\(?:geq?|leq?|%)"
    "|(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])"
)
OPEN_LIST = re.compile("等(?!级|候|待|高|额|值|同|分|离子)")
UNCLEAR_NAME = re.compile(r"约(?=\d)|(?<![政人位])部分(?!别)|左右|若干")
YEAR = re.compile(r"(?:19|20)\d{2}")
AVERAGE = re.compile("平均|[人户村亩生车班校]均|每")
LIMIT = re.compile("控制率|负债率|负荷|使用率不超")
IS_LOW = re.compile(
    f"(?:{WORDS['better_low'].pattern})(?:发生|平均)?(?:率|起数|次数|件数|数量|数|总?量|时间|时长|人数|案件|比例|金额|强度)?$"
)
FLIPPED = {"≥": "≤", ">": "<", "≤": "≥", "<": ">"}


@rule(
    "VAL-01",
    severity=SHOULD_FIX,
    source=sources.GUIDE_VALUE,
    message=_("“%(value)s” in line %(number)s cannot be measured as it stands. Write a figure, a date or a grade."),
)
def values_are_understood(table: Subject) -> Iterator[Hit]:
    """A value is of a known form: a figure, a time, a grade or a yes."""
    return (at_value(line) for line in table.lines if line.value.kind == "text")


@rule(
    "VAL-02",
    severity=SHOULD_FIX,
    source=sources.GUIDE_VALUE,
    message=_(
        "“%(value)s” in line %(number)s holds several values. Give each its own line, so that each can be checked."
    ),
)
def one_value_a_row(table: Subject) -> Iterator[Hit]:
    """A line holds one value."""
    return (at_value(line) for line in table.lines if line.value.kind == "compound")


@rule(
    "VAL-03",
    severity=SHOULD_FIX,
    source=sources.GUIDE_VALUE,
    message=_(
        "“%(value)s” in line %(number)s has no unit, neither here nor in the name. Write it, as 5 场次 or 10 万元."
    ),
)
def numbers_have_units(table: Subject) -> Iterator[Hit]:
    """A number carries its unit, in the value or at the end of the name; nought needs none."""
    for line in table.lines:
        if line.value.kind == "number" and line.value.unit is None and line.value.number != 0:
            meant = [write_value(line, text) for text in suggestions(line.text, name=line.name)]
            yield at_value(line, *(meant or with_unit(line)))


@rule(
    "VAL-04",
    severity=HINT,
    source=sources.GUIDE_VALUE,
    message=_(
        "%(count)s figures have no sign before them (lines %(lines)s). They are taken as exact; "
        "write ≥ or ≤ if more or less is meant."
    ),
)
def figures_have_a_sign(table: Subject) -> list[Hit]:
    """A figure says whether it is a least, a most or exact; one line a table. Costs have their own rule."""
    lines = [line for line in table.lines if line.role != COST and line.value.kind in COUNTED]
    bare = [line for line in lines if line.value.comparator is None and line.value.unit]
    return one_line(bare, *(write_value(line, _with_sign(line)) for line in bare))


def _with_sign(line: Line) -> str:
    value = line.value
    exact = value.unit in EXACT_UNITS or (value.unit == "%" and value.number == HUNDRED)
    sign = "=" if exact else "≤" if value.direction == "lower" else "≥"
    return sign + printed(value).removeprefix("约")


@rule(
    "VAL-05",
    severity=HINT,
    source=sources.PRACTICE,
    message=_(
        "“%(value)s” in line %(number)s leaves out the number itself. Write %(written)s if it is meant to count."
    ),
)
def counts_are_not_strict(table: Subject) -> Iterator[Hit]:
    """A count is bounded by ≥ or ≤, not by > or <."""
    for line in table.lines:
        value = line.value
        if value.comparator in (">", "<") and value.dimension == "count" and value.kind == "number":
            written = printed(value).replace(">", "≥").replace("<", "≤")
            yield at_value(line, write_value(line, written), written=written)


@rule(
    "VAL-06",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(name)s” in line %(number)s is not counted in %(unit)s. Usual are %(units)s."),
)
def units_fit_the_noun(table: Subject) -> Iterator[Hit]:
    """The unit is one in which the noun is counted; an unknown noun is never reproached."""
    for line in table.of_code(QUANTITY, QUALITY):
        units, unit = units_of(line.key), line.value.unit
        if line.value.kind == "number" and units and unit and UNITS.get(unit) == "count" and unit not in units:
            yield at_value(line, unit=unit, units="、".join(sorted(units)[:5]))


@rule(
    "VAL-07",
    severity=SHOULD_FIX,
    source=sources.COMPLETE,
    message=_(
        "“%(value)s” in line %(number)s is no possible share: it must lie between 0 and 100 %%. Correct the figure."
    ),
)
def shares_are_possible(table: Subject) -> Iterator[Hit]:
    """Satisfaction and other shares of a whole lie between 0 and 100 %; growth may be more."""
    for line in table.lines:
        value, share = line.value, line.role == SATISFACTION or WORDS["closed_rate"].search(line.key)
        number = value.high if value.comparator == "range" else value.number
        if value.kind != "rate" or value.unit != "%" or number is None or not share:
            continue
        if number > HUNDRED or number < 0:
            yield at_value(line, *(write_value(line, text) for text in suggestions(line.text, name=line.name)))


@rule(
    "VAL-08",
    severity=HINT,
    source=sources.GUIDE_VALUE,
    message=_(
        "“%(value)s” in line %(number)s does not say against what, or whether %% or percentage points are meant. "
        "Write as 较上年下降0.5个百分点."
    ),
)
def changes_name_their_baseline(table: Subject) -> Iterator[Hit]:
    """A change says against what, and whether % or percentage points are meant."""
    for line in table.lines:
        value = line.value
        if value.kind == "change" and (value.baseline is None or (value.unit == "%" and line.key.endswith("率"))):
            yield at_value(line, *_compared_with_last_year(line))


def _compared_with_last_year(line: Line) -> tuple[Fix, ...]:
    """Last year is what a change is usually against; a rate may fall by a part of itself or by points."""
    value = line.value if line.value.baseline else replace(line.value, baseline="previous year")
    if value.unit != "%" or not line.key.endswith("率"):
        return (write_value(line, printed(value)),)
    return (write_value(line, printed(replace(value, unit="个百分点"))),)


@rule(
    "VAL-09",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(value)s” in line %(number)s names a month without a year. It is taken as %(written)s."),
)
def months_have_a_year(table: Subject) -> Iterator[Hit]:
    """A month stands with its year."""
    for line in table.lines:
        if line.value.period is None or "月" not in line.text or YEAR.search(line.text):
            continue
        written = printed(line.value)
        yield at_value(line, write_value(line, written), written=written)


@rule(
    "VAL-10",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(value)s” in line %(number)s is written with odd signs or blanks. It is read as %(written)s."),
)
def values_are_plainly_written(table: Subject) -> Iterator[Hit]:
    """A value is written without full-width figures, inner blanks or signs of another program."""
    for line in table.lines:
        if FULL_WIDTH.search(line.text):
            written = printed(line.value)
            yield at_value(line, write_value(line, written), written=written)


@rule(
    "VAL-12",
    severity=HINT,
    source=sources.GUIDE_VALUE,
    message=_(
        "Line %(number)s (“%(name)s”, %(value)s) leaves open how much is meant: “%(word)s”. Say exactly what counts."
    ),
)
def nothing_is_left_open(table: Subject) -> Iterator[Hit]:
    """No 约, 左右, 部分 in name or value, no open list (等) where things are counted."""
    for line in table.lines:
        open_list = line.role == QUANTITY and line.value.kind == "number" and line.value.unit
        in_value = WORDS["vague"].search(line.text) if line.value.kind not in ("level", "text") else None
        in_name = UNCLEAR_NAME.search(line.key) or (OPEN_LIST.search(line.key) if open_list else None)
        if in_value:
            exact = (write_value(line, printed(replace(line.value, qualifier=None))),) if _is_about(line.value) else ()
            yield at_value(line, *exact, word=in_value[0])
        elif in_name:
            yield at_name(line, word=in_name[0])


def _is_about(value: IndicatorValue) -> bool:
    return value.qualifier == ABOUT and value.unit is not None


@rule(
    "VAL-13",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("A share is never more than 100 %%: write “%(value)s” in line %(number)s as =100%%."),
)
def whole_shares_are_exact(table: Subject) -> Iterator[Hit]:
    """The whole of a share is written =100 %, not ≥ or ≤ 100 %."""
    for line in table.lines:
        value = line.value
        whole = value.kind == "rate" and value.unit == "%" and value.number == HUNDRED
        if whole and value.comparator in ("≥", "≤") and not LIMIT.search(line.key):
            yield at_value(line, write_value(line, "=100%"))


@rule(
    "VAL-14",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_("“%(text)s” only holds the place of an entry. Write the real text or figure instead."),
)
def no_placeholders(table: Subject) -> Iterator[Hit]:
    """No cell holds a placeholder (**, ××, …, 见附件) or a template hint that was left in the name."""
    for name in HEADER_TEXTS:
        text = getattr(table.content, name) or ""
        if text and (is_placeholder(text) or tight(text) in NOTHING):
            yield Hit(name, {"text": cut(text)})
    for line in table.lines:
        if (line.name and is_placeholder(line.name)) or _says_nothing(line):
            yield at_name(line, *without_hint(line), text=cut(line.name))
        if line.value.kind == "placeholder" or _says_nothing(line):
            yield at_value(line, text=cut(line.content.value or ""))


@rule(
    "VAL-15",
    severity=HINT,
    source=sources.PRACTICE,
    message=_(
        "“%(value)s” in line %(number)s is a rate, but the project serves one person. Write what that person gets."
    ),
)
def rates_have_a_population(table: Subject) -> Answer:
    """Satisfaction as a rate needs more than one person to ask."""
    if not of_one_person(table):
        return Verdict.NOT_APPLICABLE
    return [at_value(line) for line in table.of_code(SATISFACTION) if line.value.kind == "rate"]


@rule(
    "VAL-17",
    severity=SHOULD_FIX,
    source=sources.PRACTICE,
    message=_(
        "“%(value)s” in line %(number)s is after the end of the project (%(period)s). Correct the one that is wrong."
    ),
)
def nothing_is_due_after_the_end(table: Subject) -> Answer:
    """No date lies after the end of the project."""
    span = values.parse(table.content.period, year=table.content.fiscal_year).period
    if span is None or span.end is None:
        return Verdict.INSUFFICIENT_DATA
    last = span.end
    return [
        at_value(line, period=table.content.period or "")
        for line in table.of_family("1")
        if line.value.period and line.value.period.end and line.value.period.end > last
    ]


@rule(
    "VAL-18",
    severity=SHOULD_FIX,
    source=sources.GUIDE_VALUE,
    message=_(
        "“%(value)s” in line %(number)s bounds “%(name)s” from the wrong side. Write %(written)s if that is meant."
    ),
)
def bounds_go_the_right_way(table: Subject) -> Iterator[Hit]:
    """What should be high is not bounded from above, what should be low not from below."""
    for line in table.lines:
        sign = line.value.comparator
        if line.role == COST or line.value.kind not in ("rate", "number") or sign not in FLIPPED:
            continue
        turned = WORDS["turned"].search(line.key)
        high, low = WORDS["better_high"].search(line.key), IS_LOW.search(line.key)
        wrong_high = high and not low and not turned and sign in ("≤", "<")
        if wrong_high or (low and not high and not turned and sign in ("≥", ">")):
            written = printed(line.value).replace(sign, FLIPPED[sign])
            yield at_value(line, write_value(line, written), written=written)


@rule(
    "VAL-19",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(value)s” in line %(number)s: %(unit)s cannot be divided. Write a whole number."),
)
def countable_things_are_whole(table: Subject) -> Iterator[Hit]:
    """What is counted one by one is a whole number."""
    for line in table.lines:
        value = line.value
        one_by_one = value.kind == "number" and value.dimension == "count" and "/" not in (value.unit or "")
        average = AVERAGE.search(line.key)
        if one_by_one and not average and value.unit not in DIVISIBLE and value.number and value.number % 1:
            yield at_value(line, unit=value.unit or "")


def _says_nothing(line: Line) -> bool:
    """「无 / 无」 fills a required line without saying anything."""
    return tight(line.name) in NOTHING and tight(line.text) in NOTHING
