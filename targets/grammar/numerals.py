"""Chinese numerals as digits, where they can be nothing else: 十五 → 15, 二〇二四 → 2024, 百分之九十五 → 95%.

Pure. Called by targets.values for a text that says nothing as it stands; the whole of what comes out must then
match the grammar, so that 一级 or 五城联创 stay words.
"""

import re

FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
PLACES = {"十": 10, "百": 100, "千": 1000}
RUN = re.compile("[零一二三四五六七八九十百千两〇]+")
HOLDS_NUMERALS = re.compile("[零一二三四五六七八九十百千两〇壹贰叁肆伍陆柒捌玖拾佰仟]")
NUMERAL = "[零一二三四五六七八九十百千两〇]+"
PARTS_OF = re.compile(rf"(?P<whole>百|千|十万|万|{NUMERAL}|\d+)分之(?P<part>{NUMERAL}|\d+(?:\.\d+)?)")
TENTHS = re.compile(r"(?P<n>[一二三四五六七八九]|\d)成(?P<half>半)?(?![\u4e00-\u9fff]*(?:效|果|立|员|本|都))")
SIGNS = {"百": "%", "千": "‰", "100": "%", "1000": "‰", "万": "/10000", "十万": "/100000"}


def arabic(text: str) -> str:
    """Return the text with numerals written as digits; unchanged where a run of them is no number."""
    text = PARTS_OF.sub(_parts, text.translate(FORMAL))
    text = TENTHS.sub(lambda m: f"{_digits(m['n'])}{'5' if m['half'] else '0'}%", text)
    return RUN.sub(lambda m: _digits(m[0]), text)


def _parts(match: re.Match[str]) -> str:
    whole, part = match["whole"], _digits(match["part"])
    whole = whole if whole in SIGNS else _digits(whole)
    return part + SIGNS[whole] if whole in SIGNS else f"{part}/{whole}"


def _digits(run: str) -> str:
    """One run: by places (一百二十), else digit by digit (二〇二四); unchanged when it is neither."""
    if run.isascii():
        return run
    if not any(c in PLACES for c in run):
        return "".join(str(DIGITS[c]) for c in run)
    total, digit, last = 0, None, 10_000
    for c in run:
        if c in PLACES:
            if PLACES[c] >= last:
                return run
            last = PLACES[c]
            total += (1 if digit is None else digit) * last
            digit = None
        elif DIGITS[c]:
            if digit is not None:
                return run
            digit = DIGITS[c]
    return str(total + (digit or 0))
