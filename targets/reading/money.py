"""Amounts of the upper part: the heads over them, the one of the year's budget, and any unit brought to 万元."""

import re
import unicodedata
from decimal import Decimal

from targets.content import amount
from targets.reading.cells import DASHES
from targets.reading.draft import Draft
from targets.reading.grid import Row
from targets.reading.labels import OTHER_FIELD, REMARK, UNIT, tight
from targets.reading.result import Fix, Place
from targets.reading.words import MONEY_COLUMNS, MONEY_HEAD, MONEY_OF_YEAR, MONEY_REACHED

MONEY = re.compile(r"^([0-9][0-9,]*(?:\.[0-9]+)?)\s*(万元|万|亿元|千元|元)$")
IN_WAN = {
    "万元": Decimal(1),
    "万": Decimal(1),
    "亿元": Decimal(10000),
    "千元": Decimal("0.1"),
    "元": Decimal("0.0001"),
}
LIKE_DIGITS = str.maketrans("OolI|", "00111")
"""Letters that a scanner reads for digits: proposed, never taken."""
MONEY_HEADS = {tight(word) for word in MONEY_COLUMNS}
MAX_MONEY_HEAD = 20


def is_money_head(row: Row, draft: Draft) -> bool:
    """A row 年初预算数 | 全年执行数 … names the columns of the amounts below it: the first holds the budget."""
    filled = row.filled()
    heads = [(i, text) for i, text in filled if tight(text) in MONEY_HEADS or MONEY_HEAD.match(_bare(text))]
    others = [(text, draft.labels.header(text)) for i, text in filled if (i, text) not in heads]
    own = [label for _text, label in others if label is not None and label.field != OTHER_FIELD]
    if len(heads) < 2 or any(label.field != "funds" for label in own):
        return False
    if any(amount(text) is not None or len(text) > MAX_MONEY_HEAD for _i, text in filled):
        return False
    if len(heads) + len(own) < len(filled) and not _of_year(heads):
        return False
    units = [label.unit for label in own] + [unit[1] for _i, text in heads if (unit := UNIT.search(_tight_head(text)))]
    draft.funds_unit = next(filter(None, units), draft.funds_unit)
    draft.money_columns, year = True, _of_year(heads)
    draft.money_of_year = (row, year) if year is not None else None
    left_out = [text for i, text in heads if i != (heads[0][0] if year is None else year)]
    draft.note("other_columns", row.at(), {"heads": ", ".join(left_out)})
    return True


def _tight_head(text: str) -> str:
    return tight(text).rstrip(":")


def _bare(text: str) -> str:
    return REMARK.sub("", _tight_head(text))


def _of_year(heads: list[tuple[int, str]]) -> int | None:
    """Return the index of the head over the year's budget, or None where none says so."""
    for pattern in MONEY_OF_YEAR:
        for index, text in heads:
            if pattern.search(_bare(text)) and not MONEY_REACHED.search(_bare(text)):
                return index
    return None


def under_head(row: Row, values: list[tuple[int, str]], head: tuple[Row, int]) -> tuple[int, str]:
    """Return the amount under the head of the year's budget; the first where nothing stands there."""
    above, column = head
    if not row.spans or not above.spans:
        return next(((i, text) for i, text in values if i == column), values[0])
    start, end = above.spans[column]
    return next(((i, text) for i, text in values if row.spans[i][0] < end and row.spans[i][1] > start), values[0])


def in_wan(typed: str, place: Place, name: str, draft: Draft, unit_of_label: str | None) -> str:
    """Return the amount in 万元 as typed; converted, with a problem, where another unit is printed."""
    facts = {"typed": typed, "label": draft.label(name)}
    if DASHES.match(typed):
        draft.note("dash", place, facts)
        return ""
    plain = unicodedata.normalize("NFKC", typed)
    match = MONEY.match(plain) or MONEY.match(REMARK.sub("", plain))
    number = amount(match[1] if match else plain)
    if number is None:
        meant = plain.translate(LIKE_DIGITS)
        fixes = (Fix("write", name, meant),) if meant != plain and amount(meant) is not None else ()
        draft.note("no_number", place, facts, fixes)
        return typed
    unit = match[2] if match else unit_of_label or draft.funds_unit or draft.profile.funds_unit
    if match is None and IN_WAN[unit] == 1:
        return typed
    taken = match[1] if match and IN_WAN[unit] == 1 else format((number * IN_WAN[unit]).normalize(), "f")
    draft.note("unit_printed", place, {**facts, "taken": taken})
    return taken
