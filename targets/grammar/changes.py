"""Changes against an earlier state: "下降 0.5%", "较上年增长≥5%", "比2023年提高5个百分点". Pure.

The direction may stand in the name (「离婚率较上年减少」 with the value 2%). Called by targets.values.
"""

import re
from decimal import Decimal

from targets.grammar.measures import CMP, MULTIPLIER, NUMBER, PREFIX, SIGN_OF_PREFIX, UNIT, UNITS, strip_suffix
from targets.grammar.record import IndicatorValue
from targets.normal import tight

UP = "增加|增长|提高|提升|新增|上升|扩大|增收|增产"
DOWN = "下降|减少|降低|节约|缩短|压减|减低|压缩|削减"
DOWN_WORDS = frozenset(DOWN.split("|"))
PREVIOUS = r"(?:较|比|与)?(?:上年度|上年同期|上年|去年同期|去年|同期|上一年|基期)(?:相比|增幅)?|同比|环比"
OF_YEAR = r"(?:较|比|与)(?P<{0}>(?:19|20)\d{{2}}年)(?:相比|同期)?"
PAIRS = "|".join(sorted(SIGN_OF_PREFIX, key=len, reverse=True))
CHANGE = re.compile(
    rf"^(?:(?P<base>{PREVIOUS})|{OF_YEAR.format('year')})?(?P<verb>{UP}|{DOWN})(?:了|率|幅度|比例)?"
    rf"(?P<sign>{CMP}|{PAIRS})?(?P<num>{NUMBER})(?:(?P<mult>[万亿])(?!元|亩))?(?P<unit>{UNIT})?(?P<base2>\(?(?:{PREVIOUS})\)?)?$"
)
NAMED = re.compile(
    rf"(?:(?P<base>{PREVIOUS})|{OF_YEAR.format('year')}).{{0,6}}?(?P<verb>{UP}|{DOWN})(?:率|比例|幅度)?(?:\(|$)"
)
HAS_VERB = re.compile(f"{UP}|{DOWN}")
PRINTED = {"up": "增长", "down": "下降"}


def change(text: str, raw: str | None, name: str) -> IndicatorValue | None:
    """Return the change that the whole text is, or None. `low`/`high` are negative for a fall."""
    text = text.replace(" ", "")
    if not HAS_VERB.search(text):
        return _named(text, raw, name)
    behind, rest = _behind(text)
    match = CHANGE.match(rest)
    return _value(match, raw, behind, None) if match else None


def _behind(text: str) -> tuple[str | None, str]:
    """增长5%以上: the sign stands behind the number."""
    start = next(
        (
            i
            for i, c in enumerate(text)
            if c.isdigit()
            and not re.match(r"(?:19|20)\d{2}年", text[i:])
            and not re.search(r"(?:19|20)\d{0,3}$", text[:i])
        ),
        0,
    )
    sign, rest = strip_suffix(text[start:])
    return sign, text[:start] + rest


def _named(text: str, raw: str | None, name: str) -> IndicatorValue | None:
    if not name or not HAS_VERB.search(name):
        return None
    named = NAMED.search(tight(name))
    if named is None:
        return None
    sign = PREFIX.match(text)
    behind, rest = strip_suffix(text)
    if sign:
        behind, rest = SIGN_OF_PREFIX[sign[0]], strip_suffix(text[sign.end() :])[1]
    match = CHANGE.match(named["verb"] + rest)
    return _value(match, raw, behind, named) if match else None


def _value(match: re.Match[str], raw: str | None, behind: str | None, named: re.Match[str] | None) -> IndicatorValue:
    down = match["verb"] in DOWN_WORDS
    size = Decimal(match["num"]) * MULTIPLIER.get(match["mult"] or "", Decimal(1))
    number = -size if down else size
    sign = SIGN_OF_PREFIX.get(match["sign"] or "", match["sign"]) or behind
    least = sign in ("≥", ">")
    most = sign in ("≤", "<")
    year = match["year"] or (named["year"] if named else None)
    base = match["base"] or match["base2"] or (named["base"] if named else None)
    return IndicatorValue(
        "change",
        raw,
        sign,
        low=None if (least and down) or (most and not down) else number,
        high=None if (least and not down) or (most and down) else number,
        unit=match["unit"],
        dimension=UNITS.get(match["unit"] or ""),
        direction="down" if down else "up",
        direction_from="name" if named else "verb",
        baseline=year or ("previous year" if base else None),
        confidence="high" if (base or year) and match["unit"] != "%" else "medium",
    )
