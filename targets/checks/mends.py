"""Mends that the machine can make: what to write instead, and a fix applied to a content. Pure.

A mend says what the finding's sentence asks; it is offered, the person decides. `applied` is what pages and tests use
to see what comes of it.
"""

import re
from dataclasses import replace
from typing import Any

from targets.checks.lexicon import LISTS, UNITS_OF
from targets.checks.registry import Fix, Line, write_name, write_value
from targets.content import IndicatorContent, TableContent
from targets.grammar.measures import UNITS, hints

MEASURED = re.compile("(?:数量|个数|人数|户数|里程|长度|面积|场次|次数|期数|件数|时间|数)$")
COUNTED_IN_NAME = re.compile(r"(?P<unit>人次|场次|批次|班次|频次)$|(?P<of>[\u4e00-\u9fff]{1,2})数$")
HINT_IN_NAME = re.compile(r"\s*[(（][≥≤<>=]?\s*[*×xX_]{2,}[^()（）]{0,6}[)）]\s*$")
HALF_TO_FULL = str.maketrans(",;:()", "，；：（）")
HALF_WIDTH = re.compile("(?<=[\u4e00-\u9fff])[,;:()](?=[ \u4e00-\u9fff])|(?<=[\u4e00-\u9fff]) ?\\((?=[\u4e00-\u9fff])")


def applied(content: TableContent, *fixes: Fix) -> TableContent:
    """Return the content with the fixes made. Places are those of `content`, also where rows go or move."""
    rows: list[IndicatorContent | None] = list(content.indicators)
    moved: list[IndicatorContent] = []
    for fix in fixes:
        word, *rest = fix.place.split()
        if word != "indicator":
            content = _header_written(content, fix)
            continue
        at = int(rest[0]) - 1
        row = rows[at]
        if row is None:
            continue
        if fix.kind == "write":
            written: dict[str, Any] = {rest[1]: fix.text or None}
            rows[at] = replace(row, **written)
        else:
            rows[at] = None
            moved += [replace(row, code=fix.text)] if fix.kind == "move" else []
    kept = [row for row in rows if row is not None]
    for row in moved:
        behind = max((n for n, other in enumerate(kept, 1) if other.code <= row.code), default=0)
        kept.insert(behind, row)
    return replace(content, indicators=tuple(kept))


def _header_written(content: TableContent, fix: Fix) -> TableContent:
    if fix.place.startswith("funds."):
        part = {fix.place.removeprefix("funds."): fix.text or None}
        return replace(content, funds=replace(content.funds, **part))
    return replace(content, **{fix.place: fix.text or None})  # type: ignore[arg-type]


def with_unit(line: Line) -> tuple[Fix, ...]:
    """Return the mend that puts the unit behind a bare number, where the name says it: 培训人次 | ≥5 → ≥5人次."""
    unit = unit_of_name(line.key)
    return (write_value(line, line.text.strip() + unit),) if unit else ()


def unit_of_name(name: str) -> str:
    """Return the one unit that a name speaks of, "" when it names none or several would do."""
    match = COUNTED_IN_NAME.search(name)
    if match and match["unit"]:
        return match["unit"]
    of = match["of"] if match else ""
    found = of if of in UNITS else of[-1:] if of[-1:] in UNITS and of[-1:] not in LISTS["no_unit_before_number"] else ""
    if found:
        return found
    noun = max((noun for noun in UNITS_OF if MEASURED.sub("", name).endswith(noun)), key=len, default="")
    units = UNITS_OF.get(noun, frozenset())
    return next(iter(units)) if len(units) == 1 else ""


def as_cost(line: Line) -> Fix:
    """Return the mend that names a cost by what it pays for: 培训场次 → 培训成本."""
    return write_name(line, MEASURED.sub("", line.name.strip().rstrip("。.")) + "成本")


def without_hint(line: Line) -> tuple[Fix, ...]:
    """Return the mend that takes a template hint (≥**人) out of a name."""
    name = HINT_IN_NAME.sub("", line.name)
    return (write_name(line, name),) if name and name != line.name and hints(line.name) != (None, None) else ()


def in_full_width(text: str) -> str:
    """Return the text with full-width signs between Chinese characters."""
    return HALF_WIDTH.sub(lambda m: m[0].strip().translate(HALF_TO_FULL), text)


def in_year(text: str, wrong: int, right: int) -> str:
    """Return the text with one year put in the place of another."""
    return re.sub(rf"(?<!\d){wrong}(?!\d)", str(right), text)
