"""The grammar of indicator values (绩效值): "≥95%", "2024年1月-12月", "婚姻档案 9256 卷、…" → IndicatorValue.

Pure: text in, frozen record out; the raw text is always kept and never changed. The door of targets.grammar;
called by reading, checks, drafts and monitoring. Source of the forms: values met in public target tables.
"""

import re
from dataclasses import replace

from targets import levels, periods
from targets.grammar.changes import change
from targets.grammar.measures import CMP, NUMBER, UNIT, hints, measure
from targets.grammar.numerals import HOLDS_NUMERALS, arabic
from targets.grammar.printed import printed
from targets.grammar.record import KINDS, YUAN, IndicatorValue, Item, in_yuan
from targets.grammar.suggestions import suggestions
from targets.normal import is_placeholder_normal, normal

__all__ = ["KINDS", "YUAN", "IndicatorValue", "Item", "in_yuan", "parse", "printed", "suggestions"]

MAX_LENGTH = 200
POINTS = "、,;:。 "
TENTHS = re.compile(r"(?<![\d.])(\d)成(半)?(?![\u4e00-\u9fff]*(?:效|果|立|员|本|都|活))")
KEPT = re.compile(r"^(?:稳定|保持|维持|稳定保持)在(?=[≥≤<>=]?\d)")
QUALITATIVE = re.compile("^定性[:： ]?(?=.)")


def parse(
    raw: str | None, *, name: str | None = None, year: int | None = None, code: str | None = None
) -> IndicatorValue:
    """Return what the value text says.

    `name` is the indicator's name (it may carry unit, comparator and direction), `year` the table's, `code` the
    category's (costs are better lower). Never raises: what is not understood is kind "text", confidence "low".
    """
    text = normal(raw or "")
    if not text:
        return IndicatorValue("empty", raw)
    if len(text) > MAX_LENGTH:
        return IndicatorValue("text", raw, confidence="low")
    if is_placeholder_normal(text):
        return IndicatorValue("placeholder", raw, unit=hints(name or "")[1])
    text = KEPT.sub("", QUALITATIVE.sub("", text)).strip(POINTS) or text
    text = TENTHS.sub(lambda m: f"{m[1]}{5 if m[2] else 0}%", text) if "成" in text else text
    found = _understood(text, raw, name or "", year, code)
    unclear = found is None or found.confidence == "low"
    if unclear and HOLDS_NUMERALS.search(text) and (written := arabic(text)) != text:
        again = _understood(written, raw, name or "", year, code)
        if again is not None and (again.dimension or again.items):
            return replace(again, confidence="medium")
    return found or IndicatorValue("text", raw, confidence="low")


def _understood(text: str, raw: str | None, name: str, year: int | None, code: str | None) -> IndicatorValue | None:
    return (
        _when(text, raw, year)
        or change(text, raw, name)
        or measure(text, raw, name, code=code)
        or _after(text, raw, name)
        or _compound(text, raw, name)
        or _words(text, raw)
        or _without_note(text, raw, name, year, code)
    )


AFTER = re.compile(
    rf"^(?P<event>[^\d≥≤<>=]{{2,14}}(?:后|之日起|起))(?P<term>(?:不超过|不得超过|{CMP})?{NUMBER}.{{1,8}})$"
)


def _after(text: str, raw: str | None, name: str) -> IndicatorValue | None:
    """「合同签订后30日内」 is a term of at most 30 days; what it runs from is the qualifier."""
    match = AFTER.match(text)
    term = measure(match["term"], raw, name) if match else None
    if match is None or term is None or term.kind != "duration":
        return None
    return replace(term, qualifier=match["event"], confidence="medium")


NOTE = re.compile(r"^(?P<said>[^()]*\d[^()]*)\((?P<note>[^()\d]{1,12})\)$")


def _without_note(text: str, raw: str | None, name: str, year: int | None, code: str | None) -> IndicatorValue | None:
    """「100台（套）」 and 「20（个）」: the bracket holds a unit; 「100%（按期）」: it holds a remark."""
    match = NOTE.match(text)
    if match is None:
        return None
    with_unit = measure(match["said"] + match["note"], raw, name, code=code)
    known = with_unit is not None and with_unit.dimension is not None
    return with_unit if known else _understood(match["said"], raw, name, year, code)


# --- Several values in one text --------------------------------------------------------------------------

ITEM = re.compile(rf"(?P<noun>[^\d≥≤<>=]*?)\s*(?P<measure>{CMP}?{NUMBER}[万亿]?(?:{UNIT}))")
CHINESE = re.compile("[\u4e00-\u9fff]")
EDGES = "、，,；;。：:()和及与 "


def _compound(text: str, raw: str | None, name: str) -> IndicatorValue | None:
    """Split on the borders of measures, never on 、 alone: 「县委、政府文书档案 5200 卷」 is one item."""
    items: list[Item] = []
    end = 0
    for match in ITEM.finditer(text):
        if text[end : match.start()].strip(EDGES):
            return None
        noun = match["noun"].strip(EDGES) or None
        value = measure(match["measure"], match["measure"], noun or name)
        if value is None or (noun or "").startswith("每"):
            return None
        items.append((noun, value))
        end = match.end()
    rest = text[end:].strip(EDGES)
    if len(items) == 1 and not rest and (items[0][0] is None or CHINESE.search(items[0][0])):
        return replace(items[0][1], raw=raw, qualifier=items[0][0], confidence="medium")
    if len(items) < 2 or len(rest) > 4:
        return None
    return IndicatorValue("compound", raw, items=tuple(items), confidence="high" if not rest else "medium")


# --- Times and words -------------------------------------------------------------------------------------

BY_AND_RATE = re.compile(rf"^(?P<when>.{{2,20}}前)(?P<rate>{CMP}?{NUMBER}%.{{0,6}})$")


def _when(text: str, raw: str | None, year: int | None) -> IndicatorValue | None:
    text = text.replace(" ", "")
    found = periods.find(text, year=year)
    if found is None:
        both = BY_AND_RATE.match(text) if text[-1] in "%位标成格盖" else None
        return _both(both, raw, year) if both else None
    return IndicatorValue(
        found.kind,
        raw,
        period=found.period,
        dimension="time",
        qualifier=found.qualifier,
        confidence="high" if found.sure else "medium",
    )


def _both(match: re.Match[str], raw: str | None, year: int | None) -> IndicatorValue | None:
    """「12月底前100%到位」: a date and a rate."""
    parts = tuple((None, parse(match[part], year=year)) for part in ("when", "rate"))
    if (parts[0][1].kind, parts[1][1].kind) != ("date", "rate"):
        return None
    return IndicatorValue("compound", raw, items=parts)


def _words(text: str, raw: str | None) -> IndicatorValue | None:
    found = levels.find(text)
    if found is None:
        return None
    return IndicatorValue(
        found.kind,
        raw,
        level=found.text,
        direction=found.trend,
        direction_from="verb" if found.trend else None,
        confidence="high" if found.sure else "low",
    )
