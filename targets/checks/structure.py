"""Rules on the form: header, required categories, families, whole rows, years, residue of another program."""

import re
from collections.abc import Iterator

from targets import values
from targets.checks import sources
from targets.checks.lexicon import WORDS
from targets.checks.mends import in_year
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
    delete,
    rule,
    write_value,
)
from targets.normal import tight
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from workflow.text import _

REQUIRED_TEXTS = ("project_name", "department", "unit", "period", "annual_goal")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|\.\d{1,2}(?!\d))(?!年(?:度)?(?:以前|之前|前|以来|及以前))")
NEVER_LEFT_OUT = _(
    "The category %(category)s has no indicator, and no table may leave it out. Add at least one with name and value."
)
AGAINST = re.compile(r"[较比][^较比]{0,4}$")
FEWEST, MOST = 6, 25
RESIDUE = re.compile(r"</?[A-Za-z][^<>]{0,20}>|&(?:nbsp|lt|gt|amp|quot);|_x000[0-9A-D]_|\$|\\(?:geq?|leq?|%)|^#+ ")
NO_SPAN = re.compile("(?:学前|近|前|过去|未来|满)[三五]年|[三五]年(?:[级制生]|以[上下内]|行动)")
ONE_YEAR = re.compile("一年期|一次性|当年")
LONGER = re.compile("多年|跨年|阶段性|滚动|延续|持续性")


@rule(
    "STR-01",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_("%(label)s is blank. A table cannot be reviewed without it; fill it in."),
)
def header_is_filled(table: Subject) -> Iterator[Hit]:
    """Project name, department, unit, period and annual goal are filled."""
    for name in REQUIRED_TEXTS:
        if not (getattr(table.content, name) or "").strip():
            yield Hit(name, {"label": table.profile.header[name][0]})


@rule(
    "STR-02",
    severity=MUST_FIX,
    source=sources.COUNTY_FORM,
    message=_(
        "The required category %(category)s has no indicator. Add at least one with name and value, "
        "or declare it not applicable and give the reason."
    ),
)
def required_categories_are_filled(table: Subject) -> Iterator[Hit]:
    """Every required category has an indicator, unless it is declared not applicable with a reason."""
    for category in table.profile.required():
        waived = category.need != "hard" and table.context.not_applicable.get(category.code, "").strip()
        if not waived and not any(_has_text(line) for line in table.of_category(category.code)):
            message = NEVER_LEFT_OUT if category.need == "hard" else None
            yield Hit(f"category {category.code}", {"category": category.name}, message=message)


@rule(
    "STR-03",
    severity=HINT,
    source=sources.COUNTY_FORM,
    message=_("%(categories)s: left blank. These are optional; nothing to do if the project has no such effect."),
)
def optional_categories_are_used(table: Subject) -> list[Hit]:
    """The optional categories are filled too; one line a table."""
    blank = [
        category
        for category in table.profile.categories
        if category.need == "optional" and not any(_has_text(line) for line in table.of_category(category.code))
    ]
    return [Hit(f"category {blank[0].code}", {"categories": "、".join(c.name for c in blank)})] if blank else []


@rule(
    "STR-04",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_("The first-level indicator %(family)s is missing altogether. Add its indicators."),
)
def families_are_present(table: Subject) -> Iterator[Hit]:
    """Output, benefit and satisfaction are all there, unless all their required categories are waived."""
    for family in table.profile.families:
        needed = [c for c in table.profile.of_family(family.code) if c.need != "optional"]
        waived = needed and all(
            c.need != "hard" and table.context.not_applicable.get(c.code, "").strip() for c in needed
        )
        there = any(_has_text(line) for line in table.lines if line.content.family == family.code)
        if family.need == "required" and not waived and not there:
            yield Hit(f"family {family.code}", {"family": family.words[0]})


@rule(
    "STR-05",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_(
        "Line %(number)s has a name without a value or a value without a name (“%(name)s%(value)s”). "
        "Fill the blank cell, or delete the line."
    ),
)
def rows_are_whole(table: Subject) -> Iterator[Hit]:
    """Every indicator has both a name and a value."""
    for line in table.lines:
        name, value = line.name.strip(), (line.content.value or "").strip()
        if bool(name) != bool(value):
            yield at_name(line, delete(line)) if value else at_value(line, delete(line))


@rule(
    "STR-08",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(text)s” holds signs that another program left behind. Take them out."),
)
def texts_hold_no_residue(table: Subject) -> Iterator[Hit]:
    """No text holds markup of another program (<b>, $\\geq$, &nbsp;)."""
    for name in (*REQUIRED_TEXTS, "attribute"):
        text = getattr(table.content, name) or ""
        if RESIDUE.search(text):
            yield Hit(name, {"text": cut(text)}, fixes=(Fix("write", name, RESIDUE.sub("", text).strip()),))
    for line in table.lines:
        for text, at, part in ((line.name, at_name, "name"), (line.text, at_value, "value")):
            if RESIDUE.search(text):
                clean = values.normal(text) if part == "value" else RESIDUE.sub("", text).strip()
                yield at(line, Fix("write", f"indicator {line.number} {part}", clean), text=cut(text))


@rule(
    "STR-10",
    severity=SHOULD_FIX,
    source=sources.PRACTICE,
    message=_(
        "The table has %(count)s indicators; %(fewest)s to %(most)s are usual. "
        "Look whether lines are missing, or whether two projects were put into one table."
    ),
)
def size_is_usual(table: Subject) -> list[Hit]:
    """A table has 6 to 25 indicators."""
    count = len(table.lines)
    facts = {"count": str(count), "fewest": str(FEWEST), "most": str(MOST)}
    return [] if FEWEST <= count <= MOST else [Hit("indicators", facts)]


@rule(
    "STR-11",
    severity=SHOULD_FIX,
    source=sources.PRACTICE,
    message=_(
        "“%(text)s” speaks of %(years)s, but the table is for %(fiscal_year)s. Correct the year if it was left over."
    ),
)
def years_agree(table: Subject) -> Answer:
    """The years in period, names and values agree with the year of the table."""
    if table.content.fiscal_year is None:
        return Verdict.INSUFFICIENT_DATA
    return _other_years(table, table.content.fiscal_year)


def _other_years(table: Subject, year: int) -> Iterator[Hit]:
    period = table.content.period or ""
    span = values.parse(period, year=year).period
    covered = (
        span is not None
        and (span.start is None or span.start.year <= year)
        and (span.end is None or span.end.year >= year)
    )
    if not covered and (years := _years(period)) and year not in years:
        mend = (Fix("write", "period", in_year(period, years[0], year)),) if len(set(years)) == 1 else ()
        yield Hit("period", _year_facts(period, years, year), fixes=mend)
    for line in table.lines:
        for text, at in ((line.name, at_name), (line.content.value or "", at_value)):
            span = line.value.period if at is at_value else None
            inside = span and span.start and span.end and span.start.year <= year <= span.end.year
            if (years := _years(text)) and year not in years and not inside:
                due = at is at_value and line.value.kind in ("date", "period") and len(set(years)) == 1
                fixes = (write_value(line, in_year(text, years[0], year)),) if due else ()
                yield at(line, *fixes, **_year_facts(text, years, year))


def _years(text: str) -> list[int]:
    """The years a text speaks of, without those it only compares with (较2023年, 2012年以前)."""
    plain = tight(text)
    return [int(m[1]) for m in YEAR.finditer(plain) if not AGAINST.search(plain[: m.start()])]


def _year_facts(text: str, years: list[int], year: int) -> dict[str, str]:
    return {"text": cut(text), "years": ", ".join(map(str, years)), "fiscal_year": str(year)}


@rule(
    "STR-12",
    severity=HINT,
    source=sources.COMPLETE,
    message=_(
        "The attribute says “%(attribute)s”, but “%(text)s” speaks of another length. Correct the one that is wrong."
    ),
)
def attribute_fits_the_text(table: Subject) -> Answer:
    """A project of one year does not speak of many years, nor one of many years of a single one."""
    attribute, goal = table.content.attribute or "", table.content.annual_goal or ""
    span = values.parse(table.content.period, year=table.content.fiscal_year).period
    if not attribute.strip():
        return Verdict.INSUFFICIENT_DATA
    years = span.end.year - span.start.year + 1 if span and span.start and span.end else None
    if not ONE_YEAR.search(attribute):
        return Verdict.PASS if LONGER.search(attribute) else Verdict.NOT_APPLICABLE
    said = WORDS["many_years"].search(NO_SPAN.sub("", goal))
    text = table.content.period or "" if years and years > 1 else said[0] if said else ""
    return [Hit("attribute", {"attribute": cut(attribute), "text": cut(text)})] if text else []


@rule(
    "STR-13",
    severity=SHOULD_FIX,
    source=sources.COUNTY_FORM,
    message=_("Line %(number)s (“%(name)s”) stands under “%(code)s”, which the form does not have. Choose a category."),
)
def categories_are_known(table: Subject) -> Iterator[Hit]:
    """Every indicator stands under a category of the form."""
    for line in table.lines:
        if table.profile.category(line.code) is None:
            yield at_name(line, code=line.code)


def _has_text(line: Line) -> bool:
    return bool(line.name.strip() or line.text.strip())
