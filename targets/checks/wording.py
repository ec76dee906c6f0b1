"""Rules on values: does it fit its category, is it one value, has it a unit, does it say anything."""

import re
from collections.abc import Iterator

from targets.checks import sources
from targets.checks.registry import Answer, Hit, Subject, Verdict, at_value, rule
from targets.levels import is_bare_adverb
from targets.normal import tight
from targets.profiles import SHOULD_FIX
from workflow.text import _

QUANTITY, QUALITY, TIMELINESS = "11", "12", "13"
BENEFIT = "2"
COVERAGE = re.compile("覆盖率|覆盖面|普及率")
TIMELY = re.compile("时间内|按时|及时|按期|如期|期限|限内|时限|当天|当日|当月|日内|月内|年内")
IN_TIME_KINDS = ("date", "period", "duration", "rate", "empty", "placeholder")
QUANTIFIED = ("number", "rate", "money", "unit-price", "change", "duration", "compound")


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
            yield at_value(line)


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
        score = line.value.unit == "分"
        if line.value.kind in ("number", "duration", "money", "compound") and not score:
            yield at_value(line)


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
        if line.value.kind not in IN_TIME_KINDS and not timed and not TIMELY.search(tight(line.content.value or "")):
            yield at_value(line)


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
    """A number carries its unit, in the value or at the end of the name."""
    return (at_value(line) for line in table.lines if line.value.kind == "number" and line.value.unit is None)


@rule(
    "QLT-01",
    severity=SHOULD_FIX,
    source=sources.GUIDE_VALUE,
    message=_(
        "“%(value)s” in line %(number)s says how, but not what changes. Give a figure, "
        "or at least what is to be reached."
    ),
)
def no_bare_adverbs(table: Subject) -> Iterator[Hit]:
    """A value is more than an adverb of degree."""
    return (at_value(line) for line in table.lines if is_bare_adverb(line.content.value or ""))


@rule(
    "QLT-03",
    severity=SHOULD_FIX,
    source=sources.GUIDE_VALUE,
    message=_(
        "None of the %(count)s benefit indicators has a figure. Give at least one that can be counted, "
        "as people served or a rate."
    ),
)
def benefit_has_a_figure(table: Subject) -> Answer:
    """At least one benefit indicator is quantified."""
    lines = table.of_family(BENEFIT)
    if not lines:
        return Verdict.NOT_APPLICABLE
    if any(line.value.kind in QUANTIFIED for line in lines):
        return []
    return [Hit(f"family {BENEFIT}", {"count": str(len(lines))})]
