"""What a single cell says: a measure, a value, several lines of one; sign, number and unit put together.

Pure text functions for the rows of indicators.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from targets import values
from targets.reading.labels import tight
from targets.reading.words import IN_WORDS, NO_SYMBOL, NO_UNIT, NOT_GIVEN, NUMBERED, PLACEHOLDER

ITEM = re.compile(r"^\s*(?:[(（]?[0-9一二三四五六七八九十]{1,2}[)）]?\s*[、.．:：)）]|指标\s*[0-9]|[①-⑳])")
CIRCLED = re.compile(r"^\s*[①-⑳](?=\s*\S)")
"""A running number that reads as a figure once it is made plain: ①响应时间 is no 1."""
NUMBER_LAST = re.compile(r"([0-9０-９一二三四五六七八九十百千万亿])\s*(?:以上|以下|以内|左右)?$")
COMPARED = re.compile(r"^[≥≤><=＝＞＜≧≦]{1,2}\s*[0-9０-９]")
EQUALS = {"=", "==", "等于"}
BOTH = re.compile(r"^(?P<name>.*?[^\d\s≥≤><=＝＞＜≧≦])\s*(?P<value>[≥≤><=＝＞＜≧≦]{1,2}\s*\S.*|\d.*)$", re.S)
"""A name and its value in one cell: 培训人数≥200人."""
DASHES = re.compile(r"^[-—–－/／＼\\*]{1,4}$|^无$")
MAX_VALUE = 60
MEASURES = ("number", "rate", "money", "unit-price", "change", "duration", "date", "period")


def is_measure(text: str) -> bool:
    """Whether the text reads as a number, a sum, a rate, a time: what is hardly ever a name."""
    return len(text) <= MAX_VALUE and _kind(text) in MEASURES


def is_value(text: str) -> bool:
    """Whether the text reads as any kind of value, a level in words included."""
    return len(text) <= MAX_VALUE and _kind(text) != "text"


@lru_cache(maxsize=1024)
def _kind(text: str) -> str:
    return values.parse(CIRCLED.sub("", text)).kind


def name_and_value(text: str) -> tuple[str, str] | None:
    """Return name and value where one cell seems to hold both (培训人数≥200人, 服务能力明显提升), else None."""
    both = BOTH.match(text)
    if both is not None and is_measure(both["value"]) and not is_measure(both["name"]) and (
        both["value"][0] in "≥≤><=＝＞＜≧≦" or not is_measure(text)
    ):
        return both["name"], both["value"]
    for length in range(min(6, len(text) - 2), 1, -1):
        if values.parse(text[-length:]).kind == "level":
            return text[:-length], text[-length:]
    return None


def lines_of_several(name: str | None, value: str | None) -> list[tuple[str | None, str | None]]:
    """Return the indicators of a row that holds several in one cell, line beside line; [] when it holds one."""
    names, found = (name or "").split("\n"), (value or "").split("\n")
    if len(names) < 2 or len(names) != len(found) or not all(map(str.strip, names + found)):
        return []
    if values.parse("".join(found)).kind in ("date", "period"):
        return []
    numbered_names = all(ITEM.match(line) for line in names)
    if not numbered_names and not all(is_value(line.strip()) for line in found):
        return []
    return [(one.strip(), other.strip()) for one, other in zip(names, found, strict=True)]


def joined_value(symbol: str, value: str, unit: str) -> str:
    """Return the value of the three cells sign, number, unit as one text: "≥", "95", "%" is ≥95%.

    A unit belongs behind a number: 较上年提高 takes none, 30以上 takes it before its last word. Where the unit
    says that the value is words, an equals sign says nothing: = 有效增强 是/否 is 有效增强.
    """
    if not value:
        return ""
    needless = tight(symbol) in NO_SYMBOL or (tight(symbol) in EQUALS and tight(unit) in IN_WORDS)
    sign = "" if needless or value.startswith(symbol) else symbol
    if tight(unit) in NO_UNIT or value.endswith(unit):
        return f"{sign}{value}"
    number = NUMBER_LAST.search(value)
    return f"{sign}{value[: number.end(1)]}{unit}{value[number.end(1) :]}" if number else f"{sign}{value}"


def without_numbers(text: str) -> str | None:
    """Return a name or value without the numbers printed before its lines (指标1：); None where nothing is left."""
    lines = text.split("\n")
    if not any(PLACEHOLDER.match(line) or NUMBERED.match(line) for line in lines):
        return text
    kept = [NUMBERED.sub("", line).strip() for line in lines if not PLACEHOLDER.match(line)]
    return "\n".join(line for line in kept if line) or None


def says_nothing(name: str | None, value: str | None) -> bool:
    """Whether name and value only say that there is none: two dashes, or 不适用."""
    given = [text for text in (name, value) if text]
    if len(given) == 2 and all(DASHES.match(text) for text in given):
        return True
    return bool(given) and all(NOT_GIVEN.match(text) or DASHES.match(text) for text in given) and any(
        map(NOT_GIVEN.match, given)
    )


def texts_of_several(heads: Mapping[int, str], cells: Sequence[str]) -> list[str]:
    """Return the values of several columns (index → head), each behind its head; dashes alone are one dash."""
    given = {i: cells[i] for i in heads if i < len(cells) and cells[i]}
    if given and all(DASHES.match(text) for text in given.values()):
        return [next(iter(given.values()))]
    return [f"{heads[i]}{text}" for i, text in given.items()]
