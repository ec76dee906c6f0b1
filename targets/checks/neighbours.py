"""Rules that look beside the table: project list, last year, the unit's other tables, attachments, library.

Each says "insufficient data" without what it needs from CheckContext; none of them guesses.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from targets import values
from targets.checks import sources
from targets.checks.lexicon import alike
from targets.checks.mends import in_year
from targets.checks.registry import (
    REVIEWER,
    Answer,
    Fix,
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
from targets.content import IndicatorContent, TableContent
from targets.normal import tight
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from workflow.text import _

YEAR = re.compile(r"(?:19|20)\d{2}")
BACKWARD = "以前|之前|前|以来|底|末|及以前|结转|实际|完成(?:情况|的|了|后)"
SPENT_WELL = Decimal("0.7")
SAME_IN_UNITS = 10
SAME_TEXT = 0.9
SHORTEST_TEXT = 6
OLD_YEAR_LEFT = _(
    "The goal speaks of %(year)s, the year before that of the table. Correct it if it was left from last year's table."
)


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
        yield Hit("project_name", {"here": cut(here), "listed": cut(name)}, fixes=(Fix("write", "project_name", name),))
    total = table.content.funds.in_wan("total")
    if total is not None and total != amount:
        facts = {"here": plain(total), "listed": plain(amount)}
        yield Hit("funds.total", facts, fixes=(Fix("write", "funds.total", plain(amount)),))


@rule(
    "XTB-01",
    severity=MUST_FIX,
    source=sources.PRACTICE,
    message=_("A table for “%(name)s” of this unit and year exists already. Go on with that one, or cancel this one."),
)
def project_is_not_doubled(table: Subject) -> Answer:
    """There is no second table of the same project, unit and year."""
    if table.context.same_project_exists is None:
        return Verdict.INSUFFICIENT_DATA
    return [Hit("project_name", {"name": cut(table.content.project_name or "")})] * table.context.same_project_exists


@rule(
    "XTB-02",
    severity=HINT,
    audience=REVIEWER,
    source=sources.FITTING,
    message=_("The unit's tables add up to %(total)s, its control figure is %(control)s (ten-thousand yuan)."),
)
def unit_keeps_its_control_figure(table: Subject) -> Answer:
    """The tables of a unit add up to its control figure."""
    total, control = table.context.unit_total_wan, table.context.unit_control_wan
    if total is None or control is None:
        return Verdict.INSUFFICIENT_DATA
    return [Hit("funds.total", {"total": plain(total), "control": plain(control)})] if total != control else []


@rule(
    "XTB-03",
    severity=HINT,
    audience=REVIEWER,
    source=sources.RELEVANT,
    message=_("Line %(number)s (“%(name)s”) is claimed by “%(other)s” too. Ask which project pays for it."),
)
def outputs_are_claimed_once(table: Subject) -> Answer:
    """No other table of the unit claims the same quantity."""
    return _also_elsewhere(table, ("11",))


@rule(
    "REL-05",
    severity=HINT,
    audience=REVIEWER,
    source=sources.RELEVANT,
    message=_(
        "Line %(number)s (“%(name)s”) stands in the same words in “%(other)s”. Ask what is particular to this project."
    ),
)
def benefits_are_particular(table: Subject) -> Answer:
    """No other table of the unit holds the same benefit in the same words."""
    return _also_elsewhere(table, ("21", "22", "23", "24"))


def _also_elsewhere(table: Subject, codes: tuple[str, ...]) -> Answer:
    others = table.context.neighbours
    if others is None:
        return Verdict.INSUFFICIENT_DATA
    rows = [
        (tight(row.name or ""), other.project_name or "")
        for other in others
        for row in other.indicators
        if row.code in codes and row.name
    ]
    return [
        Hit(f"indicator {line.number} name", {**line.facts, "other": cut(project)}, line.number)
        for line in table.of_code(*codes)
        for name, project in rows
        if len(line.key) >= SHORTEST_TEXT and alike(line.key, name) >= SAME_TEXT
    ]


@rule(
    "XTB-04",
    severity=HINT,
    audience=REVIEWER,
    source=sources.PRACTICE,
    message=_("%(count)s indicators are not in the indicator library (lines %(lines)s). They may be offered to it."),
)
def indicators_come_from_the_library(table: Subject) -> Answer:
    """An indicator is one of the library; one line a table."""
    library = table.context.library
    if library is None:
        return Verdict.INSUFFICIENT_DATA
    return one_line((line for line in table.lines if line.key and line.key not in library), part="name")


@rule(
    "VAL-16",
    severity=HINT,
    audience=REVIEWER,
    source=sources.GUIDE_STRICT,
    message=_("“%(value)s” in line %(number)s asks less than last year's “%(before)s” (%(name)s). Ask why."),
)
def values_do_not_fall_behind(table: Subject) -> Answer:
    """A value asks no less than last year's for the same indicator."""
    last = table.context.last_year
    if last is None:
        return Verdict.INSUFFICIENT_DATA
    before = {(row.code, tight(row.name or "")): row for row in last.indicators if row.name}
    return [
        at_value(line, before=row.value or "")
        for line in table.lines
        if line.role != "14" and (row := before.get((line.code, line.key))) and _asks_less(line, row, last)
    ]


def _asks_less(line: Line, row: IndicatorContent, last: TableContent) -> bool:
    then = values.parse(row.value, name=row.name, year=last.fiscal_year, code=row.code)
    own, number = line.value.number, then.number
    if own is None or number is None or (line.value.unit, line.value.kind) != (then.unit, then.kind):
        return False
    return own < number if line.value.direction == "higher" else own > number and line.value.direction == "lower"


@rule(
    "CPY-01",
    severity=SHOULD_FIX,
    source=sources.GUIDE_STRICT,
    message=_(
        "All %(count)s indicators are those of last year's table, word for word but for the year. "
        "Look whether names and values still hold, and change what changed."
    ),
)
def table_is_not_last_years(table: Subject) -> Answer:
    """The table is not last year's with another year, and no old year was left in the goal."""
    old = list(_old_year(table))
    last = table.context.last_year
    if old or last is None:
        return old or Verdict.INSUFFICIENT_DATA
    same = bool(last.indicators) and _but_for_the_year(table.content) == _but_for_the_year(last)
    return [Hit("indicators", {"count": str(len(table.lines))})] if same else []


def _but_for_the_year(content: TableContent) -> list[tuple[str, str, str]]:
    return [
        (r.code, YEAR.sub("Y", tight(r.name or "")), YEAR.sub("Y", tight(r.value or ""))) for r in content.indicators
    ]


def _old_year(table: Subject) -> Iterator[Hit]:
    year, goal = table.content.fiscal_year, table.content.annual_goal or ""
    if year is None or str(year) in goal:
        return
    if re.search(rf"(?<![较比与〔【\[(（\d]){year - 1}\s*年(?!度?(?:{BACKWARD}))", goal):
        fixes = (Fix("write", "annual_goal", in_year(goal, year - 1, year)),)
        yield Hit("annual_goal", {"year": str(year - 1)}, message=OLD_YEAR_LEFT, fixes=fixes)


@rule(
    "CPY-03",
    severity=HINT,
    audience=REVIEWER,
    source=sources.RELEVANT,
    message=_("The same indicators stand in the tables of %(count)s units. Ask whether they fit this one."),
)
def indicators_are_the_units_own(table: Subject) -> Answer:
    """Not ten units and more hand in identical indicators."""
    count = table.context.same_in_units
    if count is None:
        return Verdict.INSUFFICIENT_DATA
    return [Hit("indicators", {"count": str(count)})] if count >= SAME_IN_UNITS else []


@rule(
    "HIS-01",
    severity=HINT,
    audience=REVIEWER,
    source=sources.FITTING,
    message=_("Last year %(spent)s %% of %(before)s was spent, now %(total)s ten-thousand yuan are asked. Ask why."),
)
def more_is_asked_only_after_spending(table: Subject) -> Answer:
    """More is not asked when less than 70 % of last year's money was spent."""
    last, spent, total = table.context.last_year, table.context.last_year_spent, table.content.funds.in_wan("total")
    before = last.funds.in_wan("total") if last else None
    if spent is None or before is None or total is None:
        return Verdict.INSUFFICIENT_DATA
    facts = {"spent": plain(spent * 100), "before": plain(before), "total": plain(total)}
    return [Hit("funds.total", facts)] if spent < SPENT_WELL and total > before else []


@rule(
    "ATT-01",
    severity=SHOULD_FIX,
    source=sources.FEASIBLE,
    message=_("Attachments are missing: %(missing)s. Add them to the table."),
)
def attachments_are_there(table: Subject) -> Answer:
    """The attachments that the county asks for are there."""
    required = table.context.required_attachments
    if required is None:
        return Verdict.INSUFFICIENT_DATA
    missing = [kind for kind in required if kind not in table.context.attachments]
    return [Hit("attachments", {"missing": "、".join(missing)})] if missing else []
