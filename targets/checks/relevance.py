"""Rules on relevance: goal, name and indicators speak of the same project; what to show a reviewer besides."""

import re
from decimal import Decimal

from targets import values
from targets.checks import sources
from targets.checks.lexicon import SAME_UNIT, WORDS, alike, pairs, shared
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
    write_value,
)
from targets.content import TableContent
from targets.grammar.measures import CMP, NUMBER, UNIT
from targets.normal import tight
from targets.profiles import HINT, SHOULD_FIX
from targets.values import IndicatorValue
from workflow.text import _

NUMBERED = re.compile(r"(?:^|(?<=[。；;\s]))\s*(?:\d{1,2}[.、．](?!\d)|[(（]\d{1,2}[)）]|[一二三四五六七八九]是|[①-⑩])")
NO_FIGURES = re.compile(
    r"[〔【\[(]\d{4}[〕】\])]\s*第?\d*\s*号?|《[^》]*》|\d+周?岁|(?:19|20)\d{2}年?(?=[^月底前末\d]{0,12}(?:文件|精神|号|通知|规定))"
)
FIGURE = re.compile(r"\d|[一二两三四五六七八九十百千]+(?:个|次|场|人|名|户|公里|亩|台|座|项|万)")
BRACKETS = re.compile("[(（][^)）]*[)）]")
CLAUSES = re.compile("[，,。；;\n]")
PROMISE = re.compile(f"^(?:并|积极|大力|全面|继续)?(?:{WORDS['promises'].pattern})")
LISTED = re.compile("[、]|(?<=[\u4e00-\u9fff]{4})和(?=[\u4e00-\u9fff]{4})")
AND_MORE = re.compile("等(?:各项|各类|方面)?.{0,4}$")
POLICY_YEAR = re.compile(r"[〔【\[(]((?:19|20)\d{2})[〕】\])]\s*第?\d*")
SAME_TEXT = 0.7
TOLD = re.compile(
    rf"(?P<noun>[^、]*?[^\d.≥≤<>=、])(?P<measure>{CMP}?{NUMBER}(?:万|亿)?(?:{UNIT})(?:以上|以内|以下)?)(?:左右)?(?=$|[、及和与(（])"
)
TOLD_CLAUSE = re.compile("[。；;，,\n]|(?:^|(?<=[。；;，,]))\\s*\\d{1,2}[.、．](?!\\d)")
OLD_YEARS = 5
MANY_WAN, FEW_LINES = Decimal(100), 3
FEWEST_LISTED = 3
BARELY = 0.1
FEWEST_PAIRS = 4
FIGURE_WITH_UNIT = re.compile(rf"(?P<number>{NUMBER})(?P<unit>{UNIT})")
COUNTY = re.compile("[\u4e00-\u9fff]{2}[县市区旗]")
RATE = re.compile(r"[率度][^率度]{0,6}\d")
GOES_ON = re.compile("日常|保障|维护|运维|养护|管护|服务")
EXPENDITURE = re.compile("(?:专项)?(?:资金|经费|费用|费)?(?:项目)?$")


@rule(
    "REL-01",
    severity=HINT,
    source=sources.RELEVANT,
    message=_("The annual goal holds no figure and no date. Say how much is done by when."),
)
def goal_has_a_figure(table: Subject) -> Answer:
    """The goal of the year holds a figure or a date."""
    return Verdict.NOT_APPLICABLE if table.context.is_key_project else _goal_without_figure(table)


@rule(
    "REL-01.key",
    severity=SHOULD_FIX,
    source=sources.RELEVANT,
    message=_("The annual goal of this key project holds no figure and no date. Say how much is done by when."),
)
def goal_of_a_key_project_has_a_figure(table: Subject) -> Answer:
    """The goal of a key project holds a figure or a date."""
    return _goal_without_figure(table) if table.context.is_key_project else Verdict.NOT_APPLICABLE


def _goal_without_figure(table: Subject) -> Answer:
    goal = table.content.annual_goal or ""
    if not goal.strip():
        return Verdict.INSUFFICIENT_DATA
    return [] if FIGURE.search(NO_FIGURES.sub("", tight(NUMBERED.sub("", goal)))) else [Hit("annual_goal")]


@rule(
    "REL-02",
    severity=SHOULD_FIX,
    source=sources.RELEVANT,
    message=_(
        "No output shows whether “%(parts)s” of the goal is reached. Add an indicator, or take it out of the goal."
    ),
)
def each_part_of_the_goal_has_an_output(table: Subject) -> Answer:
    """Each thing the goal promises has a quantity or quality that shows it; one line a table."""
    parts = _parts(table.content.annual_goal or "")
    outputs = table.of_code("11", "12")
    if not parts or not outputs:
        return Verdict.NOT_APPLICABLE
    about = frozenset[str]().union(*(pairs(line.key) for line in outputs))
    effects = about.union(*(pairs(line.key) for line in table.lines if line.role not in ("11", "12", "14")))
    missing = [
        part
        for part in parts
        if pairs(part)
        and not shared(part, effects if RATE.search(part) else about)
        and not any(_is_shown_by(line, part) for line in outputs)
    ]
    return [Hit("annual_goal", {"parts": "；".join(cut(part) for part in missing)})] if missing else []


def _is_shown_by(line: Line, part: str) -> bool:
    """Whether an output is all about this part, or holds the very figure of it (40场 and ≥40场次)."""
    own, value = pairs(line.key), line.value
    if own and own <= pairs(part):
        return True
    unit = SAME_UNIT.get(value.unit or "", value.unit)
    return value.kind == "number" and any(
        Decimal(m["number"]) == value.number and SAME_UNIT.get(m["unit"], m["unit"]) == unit
        for m in FIGURE_WITH_UNIT.finditer(part)
    )


def _parts(goal: str) -> list[str]:
    """The items of a numbered goal; else the clauses that promise something, and lists of three and more."""
    items = [BRACKETS.sub("", part).strip(" 。；;") for part in NUMBERED.split(goal)]
    if len(items) > 2:
        return [tight(item) for item in items if item]
    clauses = [tight(clause) for clause in CLAUSES.split(BRACKETS.sub("", goal))]
    found = []
    for clause in clauses:
        listed = LISTED.split(AND_MORE.sub("", clause))
        if len(listed) >= FEWEST_LISTED and AND_MORE.search(clause):
            found += listed
        elif PROMISE.match(clause):
            found.append(clause)
    return found


@rule(
    "VAL-11",
    severity=SHOULD_FIX,
    source=sources.RELEVANT,
    message=_("The goal says “%(goal)s”, line %(number)s (“%(name)s”) says %(value)s. Make both the same."),
)
def values_agree_with_the_goal(table: Subject) -> Answer:
    """A quantity does not contradict the number that the goal gives for the same thing."""
    goal = table.content.annual_goal or ""
    if not goal.strip():
        return Verdict.INSUFFICIENT_DATA
    told = [match for text in map(tight, TOLD_CLAUSE.split(goal)) for match in TOLD.finditer(text)]
    hits = []
    for match in told:
        lines = [line for line in table.of_code("11") if line.value.kind == "number"]
        lines = [line for line in lines if _says_the_same(line, match["noun"])]
        only = goal if len(lines) == 1 else ""
        facts = {"goal": cut(match[0].lstrip("、及和与"))}
        differing = [line for line in lines if not _agrees(line.value, values.parse(match["measure"]))]
        hits += [at_value(line, *_made_the_same(line, match["measure"], only), **facts) for line in differing]
    return hits


def _made_the_same(line: Line, told: str, goal: str) -> list[Fix]:
    """Either the line takes the number of the goal, or the goal that of the line."""
    number, unit = line.value.number, line.value.unit
    fixes = [write_value(line, told)]
    if number is not None and unit and goal.count(told) == 1:
        fixes.append(Fix("write", "annual_goal", goal.replace(told, f"{plain(number)}{unit}")))
    return fixes


def _says_the_same(line: Line, told: str) -> bool:
    own = pairs(line.key)
    return alike(line.key, told) >= SAME_TEXT or (len(own) >= 2 and own <= pairs(told))


def _agrees(value: IndicatorValue, told: IndicatorValue) -> bool:
    if SAME_UNIT.get(value.unit or "", value.unit) != SAME_UNIT.get(told.unit or "", told.unit):
        return value.unit is None or value.dimension != told.dimension
    if value.comparator == "range" and value.low is not None and value.high is not None and told.number is not None:
        return value.low <= told.number <= value.high
    return value.number == told.number


@rule(
    "REL-03",
    severity=HINT,
    audience=REVIEWER,
    source=sources.RELEVANT,
    message=_(
        "Lines %(lines)s (“%(name)s”) share no subject with goal, name or outputs. Ask what they have to do with it."
    ),
)
def benefits_belong_to_the_project(table: Subject) -> list[Hit]:
    """A benefit in words shares its subject with goal, project name or outputs; one line a table."""
    content = table.content
    texts = [content.annual_goal or "", content.project_name or "", *(line.key for line in table.of_family("1"))]
    county = frozenset[str]().union(*map(pairs, COUNTY.findall((content.unit or "") + (content.department or ""))))
    about = frozenset[str]().union(*(pairs(tight(text)) for text in texts)) - county
    lines = [line for line in table.of_family("2") if line.value.kind == "level"]
    return one_line((line for line in lines if _is_foreign(pairs(line.key) - county, about)), part="name")


def _is_foreign(own: frozenset[str], about: frozenset[str]) -> bool:
    return len(own) >= FEWEST_PAIRS and len(own & about) <= len(own) * BARELY


@rule(
    "REL-04",
    severity=HINT,
    source=sources.RELEVANT,
    message=_("The project is named after “%(parts)s”, but the goal does not speak of it. Add it to the goal."),
)
def goal_covers_the_name(table: Subject) -> Answer:
    """The goal speaks of each thing the project is named after."""
    goal = tight(table.content.annual_goal or "")
    parts = re.split("[、及和]", BRACKETS.sub("", tight(table.content.project_name or "")))
    if not goal or len(parts) < FEWEST_LISTED:
        return Verdict.NOT_APPLICABLE
    about = pairs(goal)
    missing = [p for part in parts if (p := EXPENDITURE.sub("", part)) and pairs(p) and not pairs(p) & about]
    return [Hit("annual_goal", {"parts": "、".join(missing)})] if missing else []


@rule(
    "REL-06",
    severity=HINT,
    audience=REVIEWER,
    source=sources.FEASIBLE,
    message=_("The goal rests on a document of %(year)s. Ask whether it is still in force."),
)
def policies_are_recent(table: Subject) -> Answer:
    """A document the goal rests on is less than five years old."""
    year = table.content.fiscal_year
    found = [int(said) for said in POLICY_YEAR.findall(table.content.annual_goal or "")]
    if not found:
        return Verdict.NOT_APPLICABLE
    if year is None:
        return Verdict.INSUFFICIENT_DATA
    return [Hit("annual_goal", {"year": str(min(found))})] if min(found) <= year - OLD_YEARS else []


@rule(
    "REL-07",
    severity=HINT,
    audience=REVIEWER,
    source=sources.FITTING,
    message=_("%(total)s ten-thousand yuan against %(count)s quantities. Ask what else the money buys."),
)
def much_money_has_many_outputs(table: Subject) -> Answer:
    """A project of a million yuan and more has a quantity for each of its costs, and more than one.

    Overheads ask for none. Four quantities and more are many enough.
    """
    total, count = table.content.funds.in_wan("total"), len(table.of_code("11"))
    if total is None:
        return Verdict.INSUFFICIENT_DATA
    costs = [line for line in table.of_code("14") if not WORDS["overhead"].search(line.key)]
    if total < MANY_WAN or count > FEW_LINES or 1 < max(count, 1) >= len(costs):
        return []
    return [Hit("category 11", {"total": plain(total), "count": str(count)})]


@rule(
    "REL-08",
    severity=HINT,
    audience=REVIEWER,
    source=sources.RELEVANT,
    message=_(
        "The project is named after %(organ)s, which is neither department nor unit here. Ask whose project it is."
    ),
)
def project_belongs_to_the_unit(table: Subject) -> list[Hit]:
    """The project is not named after an organ that is neither its department nor its unit, nor kept for it."""
    content = table.content
    own = (content.department or "") + (content.unit or "") + "".join(table.context.hosted_units)
    organ = names_an_organ(content)
    return [Hit("unit", {"organ": organ})] if organ and organ not in own else []


def names_an_organ(content: TableContent) -> str:
    """Return the organ that a project is named after (宣传部), "" for none."""
    found = WORDS["organs"].search(content.project_name or "")
    return found[0] if found else ""


@rule(
    "REL-09",
    severity=HINT,
    source=sources.FEASIBLE,
    message=_("The project buys a service, but no indicator says how it is procured or accepted. Add one."),
)
def bought_services_are_accepted(table: Subject) -> Answer:
    """A project that buys services has an indicator of procurement or acceptance."""
    content = table.content
    name = tight(content.project_name or "")
    if not (WORDS["purchase"].search(name) or ("购买" in name and "服务" in name)):
        return Verdict.NOT_APPLICABLE
    return [] if any(WORDS["accepted"].search(line.key) for line in table.lines) else [Hit("category 12")]


@rule(
    "PLN-01",
    severity=HINT,
    source=sources.GUIDE_CATEGORY,
    message=_("“%(name)s” (line %(number)s) is done once, but no line says by which month. Add it under timeliness."),
)
def what_is_done_once_has_a_month(table: Subject) -> list[Hit]:
    """What is built or bought once has a month: its own (计划完成月) or one under timeliness; one line a table."""
    lines = [line for line in table.of_code("11") if line.content.planned_month is None]
    once = [line for line in lines if WORDS["one_off"].search(line.key) and not GOES_ON.search(line.key)]
    if not once or any(_says_a_month(line.value) for line in table.of_code("13")):
        return []
    return one_line(once, part="name", number=str(once[0].number))


def _says_a_month(value: IndicatorValue) -> bool:
    """A term or a compound counts too; the end of the year is no month."""
    end = value.period.end if value.period else None
    return value.kind in ("duration", "compound", "rate") or bool(end and (end.month, end.day) != (12, 31))
