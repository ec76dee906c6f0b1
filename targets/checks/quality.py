"""Rules on values in words: a degree is no figure, an odd word is probably a slip, verb and level go together."""

import re
from collections.abc import Iterator

from targets import levels
from targets.checks import sources
from targets.checks.registry import Answer, Hit, Subject, Verdict, at_name, at_value, one_line, rule, write_value
from targets.levels import is_bare_adverb
from targets.profiles import HINT, SHOULD_FIX
from targets.values import suggestions
from workflow.text import _

BENEFIT = "2"
QUANTIFIED = ("number", "rate", "money", "unit-price", "change", "duration", "compound")
SATISFACTION_ONLY = re.compile("^(?:非常|比较|基本)?满意$|^满意度(?:提升|提高|增强|上升|达标)$")
FALLS = re.compile("^(?:扩大|降低|减少|缩短|遏制)")
CHANGED = re.compile("改变$")
RISES = re.compile("(?:提升|提高|增强)$")
LESSENED = re.compile("^(?:降低|减少|缩短|遏制)")


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
    return (at_value(line) for line in table.lines if line.value.kind == "level" and is_bare_adverb(line.text))


@rule(
    "QLT-02",
    severity=HINT,
    source=sources.GUIDE_VALUE,
    message=_(
        "%(count)s values only name a degree (lines %(lines)s, “%(value)s”). Say from what to what, or give a figure."
    ),
)
def degrees_are_explained(table: Subject) -> list[Hit]:
    """A value is more than a degree in words (显著改变, 有效提升); one line a table."""
    return one_line(
        line
        for line in table.lines
        if line.value.kind == "level" and levels.is_degree(line.value.level or "") and not is_bare_adverb(line.text)
    )


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


@rule(
    "QLT-04",
    severity=SHOULD_FIX,
    source=sources.COMPLETE,
    message=_(
        "“%(name)s” in line %(number)s is a value, not a name. Say what is measured, as 村民满意度 or 群众安全感提升率."
    ),
)
def names_are_no_values(table: Subject) -> Iterator[Hit]:
    """A name is not itself a value or a level (明显提升, 满意, 满意度提升)."""
    for line in table.lines:
        found = levels.find(line.key) if line.key else None
        if SATISFACTION_ONLY.search(line.key) or (found is not None and found.kind == "level" and found.sure):
            yield at_name(line)


@rule(
    "QLT-05",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(value)s” in line %(number)s is an odd degree; probably a slip. Correct the word."),
)
def degrees_are_known_words(table: Subject) -> Iterator[Hit]:
    """A degree is a usual word; 有限提升 was probably 有效提升."""
    for line in table.lines:
        if line.value.kind == "level" and line.value.confidence == "low":
            yield at_value(line, *(write_value(line, text) for text in suggestions(line.text, name=line.name)))


@rule(
    "QLT-06",
    severity=HINT,
    source=sources.EVALUATION,
    message=_(
        "%(count)s values in words (lines %(lines)s) will be judged as reached, partly reached or not reached. "
        "Say what each of them means."
    ),
)
def words_say_when_they_are_reached(table: Subject) -> list[Hit]:
    """Values in words will be judged in three bands, so the bands are said beforehand; one line a table."""
    return one_line(line for line in table.lines if line.value.kind == "level")


@rule(
    "QLT-07",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(name)s” and “%(value)s” in line %(number)s do not go together. Write how much more or less."),
)
def verb_and_degree_go_together(table: Subject) -> Iterator[Hit]:
    """The degree fits the verb of the name: 降低…率 is not 显著改变."""
    for line in table.lines:
        level = line.value.level or ""
        if (FALLS.search(line.key) and CHANGED.search(level)) or (LESSENED.search(line.key) and RISES.search(level)):
            yield at_value(line)
