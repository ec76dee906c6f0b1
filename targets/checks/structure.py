"""Rules on the form: header, required categories, families, whole rows, years, placeholders, doubles."""

import re
from collections.abc import Iterator

from targets import values
from targets.checks import sources
from targets.checks.registry import Answer, Hit, Line, Subject, Verdict, at_name, at_value, cut, rule
from targets.normal import is_placeholder, tight
from targets.profiles import MUST_FIX, SHOULD_FIX
from workflow.text import _

REQUIRED_TEXTS = ("project_name", "department", "unit", "period", "annual_goal")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|\.\d{1,2}(?!\d))(?!年(?:度)?(?:以前|之前|前|以来|及以前))")
NEVER_LEFT_OUT = _(
    "The category %(category)s has no indicator, and no table may leave it out. Add at least one with name and value."
)
NOTHING = ("无", "没有", "不适用", "0")
AGAINST = re.compile(r"[较比][^较比]{0,4}$")


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
        if not waived and not any(_has_text(line) for line in table.of_code(category.code)):
            message = NEVER_LEFT_OUT if category.need == "hard" else None
            yield Hit(f"category {category.code}", {"category": category.name}, message=message)


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
        if not waived and not any(_has_text(line) for line in table.of_family(family.code)):
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
            yield at_name(line) if value else at_value(line)


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
        yield Hit("period", _year_facts(period, years, year))
    for line in table.lines:
        for text, at in ((line.name, at_name), (line.content.value or "", at_value)):
            span = line.value.period if at is at_value else None
            inside = span and span.start and span.end and span.start.year <= year <= span.end.year
            if (years := _years(text)) and year not in years and not inside:
                yield at(line, **_year_facts(text, years, year))


def _years(text: str) -> list[int]:
    """The years a text speaks of, without those it only compares with (较2023年, 2012年以前)."""
    plain = tight(text)
    return [int(m[1]) for m in YEAR.finditer(plain) if not AGAINST.search(plain[: m.start()])]


def _year_facts(text: str, years: list[int], year: int) -> dict[str, str]:
    return {"text": cut(text), "years": ", ".join(map(str, years)), "fiscal_year": str(year)}


@rule(
    "VAL-14",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_("“%(text)s” only holds the place of an entry. Write the real text or figure instead."),
)
def no_placeholders(table: Subject) -> Iterator[Hit]:
    """No cell holds a placeholder (**, ××, …, 见附件) or a template hint that was left in the name."""
    for name in (*REQUIRED_TEXTS, "attribute"):
        text = getattr(table.content, name) or ""
        if text and (is_placeholder(text) or tight(text) in NOTHING):
            yield Hit(name, {"text": cut(text)})
    for line in table.lines:
        if (line.name and is_placeholder(line.name)) or _says_nothing(line):
            yield at_name(line, text=cut(line.name))
        if line.value.kind == "placeholder" or _says_nothing(line):
            yield at_value(line, text=cut(line.content.value or ""))


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
            yield at_name(line, first=str(seen[key]))
        elif key:
            seen[key] = line.number


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


def _has_text(line: Line) -> bool:
    return bool(line.name.strip() or (line.content.value or "").strip())


def _says_nothing(line: Line) -> bool:
    """「无 / 无」 fills a required line without saying anything."""
    return tight(line.name) in NOTHING and tight(line.content.value or "") in NOTHING
