"""Rules on names: short, about one thing, measurable, once in a table, free of numbers and of other fields' words."""

import re
from collections import defaultdict
from collections.abc import Iterator

from targets.checks import sources
from targets.checks.lexicon import LISTS, WORDS, any_of
from targets.checks.mends import as_cost
from targets.checks.registry import Hit, Line, Subject, at_name, one_line, rule, write_name
from targets.grammar.measures import UNITS
from targets.normal import tight
from targets.profiles import HINT, SHOULD_FIX
from workflow.text import _

LONGEST_NAME = 30
TOLD_BY_UNIT = ("number", "money", "unit-price", "duration")
QUOTED = re.compile('[“"《「『(（][^”"》」』)）]*[”"》」』)）]')
NUMBERING = re.compile(r"^\s*(?:[(（]?\d{1,2}[)）]|\d{1,2}[.、．](?!\d)|[①-⑳]|[一二三四五六七八九十]、)\s*")
COUNTS = any_of(unit for unit, dimension in UNITS.items() if dimension in ("count", "money", "area", "length")).pattern
AMOUNT = re.compile(rf"(?<![\d.])\d+(?:\.\d+)?(?:{COUNTS})(?!以下|以上|及)")
MEASURE_NOUN = re.compile("[\u4e00-\u9fff]{2}[率度](?![假制过日以量数假])")
HEAD = re.compile(f"(?:{WORDS['heads'].pattern})$")
DONE = re.compile("^(?:建成|完成了|实现了)|[\u4e00-\u9fff]{2}了(?!解)")
AND = re.compile("[、，,;；和及与]")
CHANGED = re.compile("提高|提升|增加|增强|减少|降低|下降|控制|有效|进一步|不断")
FALL = re.compile("减少|降低|下降")


@rule(
    "NAM-01",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_("%(count)s names are sentences (lines %(lines)s). A name is short, as 培训场次 or 验收合格率."),
)
def names_are_short(table: Subject) -> list[Hit]:
    """A name is no sentence: at most 30 characters, no full stop; one line a table."""
    lines = [line for line in table.lines if len(line.key) > LONGEST_NAME or line.key.endswith(("。", "."))]
    stops = [write_name(line, line.name.rstrip("。. ")) for line in lines if len(line.key) <= LONGEST_NAME]
    return one_line(lines, *stops, part="name")


@rule(
    "NAM-02",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_("%(count)s names bundle three things or more (lines %(lines)s). Give each its own line."),
)
def names_are_about_one_thing(table: Subject) -> list[Hit]:
    """A name does not bundle three things or more by 、; one line a table."""
    return one_line(
        (line for line in table.lines if QUOTED.sub("", NUMBERING.sub("", line.name)).count("、") >= 2), part="name"
    )


@rule(
    "NAM-03",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("The names of lines %(lines)s begin with a number. Take it out; the form numbers by itself."),
)
def names_have_no_numbering(table: Subject) -> list[Hit]:
    """A name does not begin with 1、; one line a table."""
    lines = [line for line in table.lines if NUMBERING.match(line.name)]
    return one_line(lines, *(write_name(line, NUMBERING.sub("", line.name)) for line in lines), part="name")


@rule(
    "NAM-04",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_(
        "The name of line %(number)s holds an amount (%(amount)s). Put it into the value, or give it its own line."
    ),
)
def names_hold_no_amount(table: Subject) -> Iterator[Hit]:
    """An amount stands in the value, not in the name."""
    for line in table.lines:
        if match := AMOUNT.search(NUMBERING.sub("", tight(line.name))):
            yield at_name(line, amount=match[0])


@rule(
    "NAM-05",
    severity=SHOULD_FIX,
    source=sources.GUIDE_NAME,
    message=_(
        "“%(name)s” in line %(number)s is also the name of line %(first)s. Say in each name what it measures, "
        "so that both can be told apart."
    ),
)
def names_are_unique(table: Subject) -> Iterator[Hit]:
    """No two indicators of a table carry the same name."""
    seen: dict[str, int] = {}
    for line in table.lines:
        key = tight(line.name)
        if key and key in seen:
            fixes = (as_cost(line),) if line.role == "14" and not key.endswith("成本") else ()
            yield at_name(line, *fixes, first=str(seen[key]))
        elif key:
            seen[key] = line.number


@rule(
    "NAM-06",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_("%(measure)s stands in several lines (%(lines)s). Measure it once, with one value."),
)
def a_measure_stands_once(table: Subject) -> Iterator[Hit]:
    """One measure does not stand in several lines."""
    places: dict[str, list[Line]] = defaultdict(list)
    for line in table.lines:
        for noun in set(_measures(line.key)) - set(LISTS["shared_measures"]):
            places[noun].append(line)
    for noun, lines in places.items():
        whose = [_whose(line.key, noun) for line in lines]
        if len(lines) > 1 and noun.endswith("率") and ("" in whose or len(set(whose)) < len(whose)):
            yield from one_line(lines, part="name", measure=noun)


def _whose(name: str, measure: str) -> str:
    """What the measure is of: 高血压患者规范 in 高血压患者规范管理率, nothing in 减少离婚率."""
    before = AND.split(name[: name.find(measure)])[-1]
    return CHANGED.sub("", before)


@rule(
    "NAM-07",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_(
        "%(count)s names do not end in something that can be measured (lines %(lines)s). "
        "End them in 数量, 率, 时间 or the like."
    ),
)
def names_end_in_a_measure(table: Subject) -> list[Hit]:
    """A name ends in what is measured (率, 数, 时间, 额); one line a table."""
    return one_line((line for line in table.lines if line.role != "14" and _lacks_head(line)), part="name")


@rule(
    "NAM-08",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_("“%(name)s” in line %(number)s holds several measures (%(measures)s). Give each its own line."),
)
def names_hold_one_measure(table: Subject) -> Iterator[Hit]:
    """A name holds one measure, not 查阅率、满意率."""
    for line in table.lines:
        found = [measures[-1] for part in AND.split(line.key) if (measures := _measures(part))]
        if len(set(found)) > 1:
            yield at_name(line, measures="、".join(found))


@rule(
    "NAM-09",
    severity=HINT,
    source=sources.GUIDE_NAME,
    message=_("“%(name)s” in line %(number)s is written as if it were reached already. Name what will be measured."),
)
def names_are_no_achievements(table: Subject) -> Iterator[Hit]:
    """A name is not written as an achievement (扩大了, 建成)."""
    for line in table.of_family("2"):
        if DONE.search(line.key):
            plainer = re.sub("了(?!解)", "", line.name)
            yield at_name(line, *((write_name(line, plainer),) if not DONE.search(tight(plainer)) else ()))


@rule(
    "NAM-10",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(name)s” and “%(value)s” in line %(number)s both say less: the meaning turns round. Say it once."),
)
def direction_is_said_once(table: Subject) -> Iterator[Hit]:
    """减少 in the name and 下降 in the value say it twice, and so the opposite."""
    for line in table.lines:
        falls = line.value.kind == "change" and line.value.direction == "down" and FALL.search(line.text)
        if falls and FALL.search(line.key):
            yield at_name(line, write_name(line, FALL.sub("", line.name, count=1)))


def _lacks_head(line: Line) -> bool:
    """A value with its unit (≥1200吨) says itself what is measured."""
    told = line.value.kind == "change" or (line.value.kind in TOLD_BY_UNIT and line.value.unit)
    return bool(line.key) and not told and not HEAD.search(QUOTED.sub("", line.key))


def _measures(name: str) -> list[str]:
    return [noun for noun in MEASURE_NOUN.findall(name) if noun[-2:] not in LISTS["no_measures"]]
