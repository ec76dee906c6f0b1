"""Rules on satisfaction: who is asked, how high the bar is, whether anybody is served."""

import re
from collections.abc import Iterator
from decimal import Decimal

from targets.checks import sources
from targets.checks.funds import basic_words
from targets.checks.lexicon import WORDS
from targets.checks.registry import REVIEWER, Answer, Hit, Subject, Verdict, at_name, at_value, rule
from targets.checks.wording import secret_words
from targets.content import TableContent
from targets.normal import tight
from targets.profiles import HINT, SHOULD_FIX
from workflow.text import _

SATISFACTION = "31"
WHO = "者|人|员|户|众|(?<!民)生|师|客|眷|属|对象|代表|企业|单位|部门|家庭|机构|农|警|(?<!居)民|工|童|军"
PEOPLE = f"[\u4e00-\u9fff](?:{WHO})(?:对[\u4e00-\u9fff]{{1,20}})?"
ASKED = re.compile(
    f"(?:{WORDS['groups'].pattern}).*?(?:{WORDS['satisfied'].pattern})|{PEOPLE}(?:{WORDS['satisfied'].pattern})"
)
LOWEST, WHOLE = Decimal(80), Decimal(100)
MOST_OF_THEM = 0.75
ENOUGH_TABLES = 4


@rule(
    "SAT-01",
    severity=SHOULD_FIX,
    source=sources.GUIDE_SATISFACTION,
    message=_("“%(name)s” in line %(number)s does not say who is asked. Name them, as 村民满意度 or 参训学员满意度."),
)
def the_surveyed_are_named(table: Subject) -> Iterator[Hit]:
    """A satisfaction indicator names who is asked."""
    for line in table.of_code(SATISFACTION):
        if line.key and not ASKED.search(line.key):
            yield at_name(line)


@rule(
    "SAT-02",
    severity=HINT,
    audience=REVIEWER,
    source=sources.GUIDE_SATISFACTION,
    message=_(
        "%(count)s of the unit's %(all)s tables set the same bar of satisfaction, %(value)s. Ask how it was found."
    ),
)
def the_bar_is_set_for_this_project(table: Subject) -> Answer:
    """Not nearly all projects of a unit set the same bar."""
    others = table.context.neighbours
    if others is None or len(others) + 1 < ENOUGH_TABLES:
        return Verdict.INSUFFICIENT_DATA
    own = _bar(table.content)
    same = sum(_bar(other) == own for other in others) + 1
    if own is None or same < (len(others) + 1) * MOST_OF_THEM:
        return []
    facts = {"count": str(same), "all": str(len(others) + 1), "value": own}
    return [Hit(f"category {SATISFACTION}", facts)]


def _bar(content: TableContent) -> str | None:
    rows = content.of_code(SATISFACTION)
    return tight(rows[0].value or "") or None if rows else None


@rule(
    "SAT-03",
    severity=HINT,
    source=sources.GUIDE_SATISFACTION,
    message=_(
        "The project seems to serve no public. Satisfaction may then be declared not applicable, with the reason."
    ),
)
def somebody_is_served(table: Subject) -> Answer:
    """A project that serves no public need not invent a satisfaction indicator."""
    lines = table.of_code(SATISFACTION)
    if not lines:
        return Verdict.NOT_APPLICABLE
    name = tight(table.content.project_name or "")
    inward = basic_words(name) or secret_words(name)
    return [Hit(f"category {SATISFACTION}")] if inward else []


@rule(
    "SAT-04",
    severity=HINT,
    source=sources.GUIDE_SATISFACTION,
    message=_("“%(value)s” in line %(number)s: a bar of satisfaction lies usually between 80 %% and below 100 %%."),
)
def the_bar_is_usual(table: Subject) -> Iterator[Hit]:
    """The bar of satisfaction is not below 80 % and not 100 %."""
    for line in table.of_code(SATISFACTION):
        number = line.value.number if line.value.kind == "rate" and line.value.unit == "%" else None
        if number is not None and (number < LOWEST or number == WHOLE):
            yield at_value(line)
