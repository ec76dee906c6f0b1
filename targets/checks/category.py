"""Rules on the category: does an indicator stand where its kind of value and its subject belong."""

import re
from collections.abc import Iterator
from dataclasses import replace

from targets import periods
from targets.checks import sources
from targets.checks.lexicon import WORDS, pairs, units_of
from targets.checks.registry import Hit, Line, Subject, at_name, at_value, delete, move, one_line, rule, write_value
from targets.normal import tight
from targets.profiles import HINT, SHOULD_FIX
from targets.values import IndicatorValue
from workflow.text import _

QUANTITY, QUALITY, TIMELINESS, COST = "11", "12", "13", "14"
ECONOMY, SOCIETY, ECOLOGY, SATISFACTION = "21", "22", "23", "31"
COVERAGE = re.compile("覆盖率|覆盖面|普及率")
TIMELY = re.compile("时间内|按时|及时|按期|如期|期限|限内|时限|当天|当日|当月|日内|月内|年内")
IN_TIME_KINDS = ("date", "period", "duration", "rate", "empty", "placeholder")
WORDS_ONLY = ("period", "date", "level", "boolean", "text")
BUSINESS_CLIMATE = re.compile("营商环境|就业环境|法治环境")
OFTEN = re.compile("/(?:[年月周日天]|季度?|学期)$")
START = re.compile(f"(?:{WORDS['start_time'].pattern})$")
DEADLINE = re.compile("为止$|(?:期限|时限|截止)$|完成时间$|年底前?$")


@rule(
    "CAT-01",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(value)s” in line %(number)s is a rate, but the line stands under quantity. "
        "Give the amount (how many), or move it to quality."
    ),
)
def quantities_are_no_rates(table: Subject) -> Iterator[Hit]:
    """A quantity is an amount, not a rate; a rate of coverage is accepted."""
    for line in table.of_code(QUANTITY):
        if line.value.kind == "rate" and not COVERAGE.search(line.name):
            yield at_value(line, move(line, "12"))


@rule(
    "CAT-02",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(value)s” in line %(number)s says no amount, but the line stands under quantity. Write how many, with unit."
    ),
)
def quantities_are_amounts(table: Subject) -> Iterator[Hit]:
    """A quantity is a number, not a time or a word."""
    for line in table.of_code(QUANTITY):
        if line.value.kind in WORDS_ONLY:
            fixes = (move(line, TIMELINESS),) if line.value.kind in ("date", "period") else ()
            yield at_value(line, *fixes)


@rule(
    "CAT-03",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(value)s” in line %(number)s is an amount or a duration, but the line stands under quality. "
        "Say how good it must be (as a pass rate), or move it to quantity."
    ),
)
def qualities_are_no_counts(table: Subject) -> Iterator[Hit]:
    """A quality is a rate, a grade or a standard, not an amount or a duration."""
    for line in table.of_code(QUALITY):
        score = line.value.unit == "分" or line.value.number == 0
        if line.value.kind in ("number", "duration", "money", "compound") and not score:
            yield at_value(line, move(line, "11"))


@rule(
    "CAT-04",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_("Quality is only said in words (lines %(lines)s, “%(value)s”). Give a rate or a standard to be met."),
)
def qualities_are_measured(table: Subject) -> list[Hit]:
    """A quality is a rate, a grade or a standard rather than a degree in words; one line a table."""
    return one_line(line for line in table.of_code(QUALITY) if line.value.kind == "level")


@rule(
    "CAT-05",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(value)s” in line %(number)s is no time, but the line stands under timeliness. "
        "Give a date, a period, a term or an on-time rate."
    ),
)
def timeliness_is_a_time(table: Subject) -> Iterator[Hit]:
    """A timeliness value is a date, a period, a duration or an on-time rate."""
    for line in table.of_code(TIMELINESS):
        timed = any(value.kind in IN_TIME_KINDS for _name, value in line.value.items)
        timed = timed or bool(OFTEN.search(line.value.unit or ""))
        if line.value.kind not in IN_TIME_KINDS and not timed and not TIMELY.search(tight(line.content.value or "")):
            yield at_value(line)


@rule(
    "CAT-06",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "Timeliness only repeats the year of the table (lines %(lines)s, “%(value)s”). "
        "Say by which month each part is done."
    ),
)
def timeliness_says_more_than_the_year(table: Subject) -> list[Hit]:
    """A timeliness value says more than the year of the table; one line a table."""
    return one_line(line for line in table.of_code(TIMELINESS) if _whole_year(line.value))


def _whole_year(value: IndicatorValue) -> bool:
    span = value.period
    if span is None or span.end is None:
        return False
    at_year_end = (span.end.month, span.end.day) == (12, 31)
    if span.start is None or span.start == span.end:
        return at_year_end
    return at_year_end and (span.start.month, span.start.day) == (1, 1)


@rule(
    "CAT-07",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_("“%(name)s” in line %(number)s is an effect, but the line stands under output. Move it to benefit."),
)
def outputs_are_no_effects(table: Subject) -> Iterator[Hit]:
    """An output does not measure an effect (知晓率, 参与率, 离婚率)."""
    for line in table.of_code(QUANTITY, QUALITY):
        if WORDS["effect"].search(line.key):
            yield at_name(line, move(line, SOCIETY))


@rule(
    "CAT-08",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(name)s” in line %(number)s has nothing to do with ecology. Delete the line (this category is optional), "
        "or move it to social benefit."
    ),
)
def ecology_is_about_ecology(table: Subject) -> Iterator[Hit]:
    """An ecological benefit names something of the environment."""
    for line in table.of_code(ECOLOGY):
        if line.key and not WORDS["ecology"].search(BUSINESS_CLIMATE.sub("", line.key)):
            yield at_name(line, delete(line), move(line, SOCIETY))


@rule(
    "CAT-09",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(name)s” in line %(number)s has nothing to do with the economy. Delete the line (this category is "
        "optional), "
        "or move it to social benefit."
    ),
)
def economy_is_about_economy(table: Subject) -> Iterator[Hit]:
    """An economic benefit names something of the economy."""
    for line in table.of_code(ECONOMY):
        if line.key and not WORDS["economy"].search(line.key):
            yield at_name(line, delete(line), move(line, SOCIETY))


@rule(
    "CAT-10",
    severity=SHOULD_FIX,
    source=sources.GUIDE_SATISFACTION,
    message=_(
        "“%(name)s” in line %(number)s does not say that satisfaction is asked. "
        "Write whose satisfaction, as 村民满意度."
    ),
)
def satisfaction_is_named(table: Subject) -> Iterator[Hit]:
    """A satisfaction indicator speaks of satisfaction."""
    for line in table.of_code(SATISFACTION):
        if line.key and not WORDS["satisfied"].search(line.key):
            yield at_name(line)


@rule(
    "CAT-11",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_(
        "“%(name)s” in line %(number)s is something done, not what comes of it. Say the effect, or move it to output."
    ),
)
def benefits_are_no_activities(table: Subject) -> Iterator[Hit]:
    """A benefit says what comes of the work, not the work."""
    for line in table.of_family("2"):
        if WORDS["activity"].search(line.key) and not WORDS["outcome"].search(line.key):
            yield at_name(line, move(line, QUANTITY))


@rule(
    "CAT-12",
    severity=HINT,
    source=sources.GUIDE_SATISFACTION,
    message=_("“%(name)s” in line %(number)s asks for approval. Move it to satisfaction."),
)
def approval_stands_under_satisfaction(table: Subject) -> Iterator[Hit]:
    """Satisfaction, approval and trust stand under satisfaction."""
    for line in table.lines:
        if line.role != SATISFACTION and WORDS["approval"].search(line.key):
            yield at_name(line, move(line, SATISFACTION))


@rule(
    "CAT-13",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_("“%(name)s” in line %(number)s is about being in time. Move it to timeliness."),
)
def being_in_time_stands_under_timeliness(table: Subject) -> Iterator[Hit]:
    """What is done in time stands under timeliness."""
    for line in table.of_code(QUANTITY, QUALITY, COST):
        if WORDS["in_time"].search(line.key):
            yield at_name(line, move(line, TIMELINESS))


@rule(
    "CAT-14",
    severity=SHOULD_FIX,
    source=sources.GUIDE_CATEGORY,
    message=_("“%(name)s” in line %(number)s is a deadline, not a benefit. Say what is better for whom."),
)
def benefits_are_no_deadlines(table: Subject) -> Iterator[Hit]:
    """A benefit is not named by a deadline."""
    for line in table.of_family("2"):
        if DEADLINE.search(line.key) or (line.key and periods.find(line.key, year=table.content.fiscal_year)):
            yield at_name(line)


@rule(
    "CAT-15",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_("“%(name)s” in line %(number)s says when the work begins. Say when it is done."),
)
def timeliness_says_the_end(table: Subject) -> list[Hit]:
    """Timeliness says when something is done, not only when it begins."""
    lines = table.of_code(TIMELINESS)
    return [at_name(line) for line in lines] if all(START.search(line.key) for line in lines) else []


@rule(
    "CAT-16",
    severity=HINT,
    source=sources.PRACTICE,
    message=_(
        "The values of lines %(number)s and %(other)s look swapped: “%(value)s” does not fit “%(name)s”, "
        "but %(other_value)s does."
    ),
)
def values_are_not_swapped(table: Subject) -> Iterator[Hit]:
    """Quantity and quality of the same thing did not change their values."""
    for line in table.of_code(QUANTITY):
        units = units_of(line.key)
        if not units or line.value.unit in units or line.value.kind != "number":
            continue
        other = next((o for o in table.of_code(QUALITY) if o.value.unit in units and _same_thing(line, o)), None)
        if other is not None:
            both = (line.number, other.number)
            swap = (write_value(line, other.text), write_value(other, line.text))
            yield replace(at_value(line, *swap, other=str(other.number), other_value=other.text), rows=both)


def _same_thing(line: Line, other: Line) -> bool:
    return len(pairs(line.key) & pairs(other.key)) >= 2
