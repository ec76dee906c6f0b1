"""The normal form of a value in print: one way to write one meaning; it parses to what it was made from. Pure.

Called by the checks (machine-made mends) and by whoever shows how a value was understood.
"""

from datetime import date
from decimal import Decimal

from targets.grammar.changes import PRINTED
from targets.grammar.measures import ABOUT
from targets.grammar.record import IndicatorValue
from targets.normal import normal
from targets.periods import BEFORE_WORDS, Period

BASES = {None: "", "previous year": "较上年"}
MEASURES = ("number", "rate", "money", "unit-price", "duration")


def printed(value: IndicatorValue) -> str:
    """Return the value in its normal form: 「不低于 95％」 as ≥95%, 「1-12月份」 of 2024 as 2024年1月-2024年12月."""
    if value.kind in MEASURES:
        return _measure(value)
    if value.kind == "change":
        return _change(value)
    if value.kind in ("date", "period"):
        return _when(value)
    if value.kind == "compound":
        return _items(value)
    if value.level is not None:
        return value.level
    return normal(value.raw or "")


def _plain(number: Decimal | None) -> str:
    """A number without needless noughts: 25000.0 is 25000, 28.40 is 28.4."""
    text = "" if number is None else format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _measure(value: IndicatorValue) -> str:
    unit, about = value.unit or "", ABOUT if value.qualifier == ABOUT else ""
    if value.comparator == "range":
        low, high = _plain(value.low), _plain(value.high)
        text = f"±{high}{unit}" if value.high and value.low == -value.high else f"{about}{low}-{high}{unit}"
    else:
        text = f"{about}{value.comparator or ''}{_plain(value.number)}{unit}"
    if value.items:
        text += f"({_items(value)})"
    return text if about or not value.qualifier else value.qualifier + text


def _change(value: IndicatorValue) -> str:
    base = BASES.get(value.baseline, f"较{value.baseline}")
    number = _plain(abs(value.number or Decimal(0)))
    return f"{base}{PRINTED[value.direction or 'up']}{value.comparator or ''}{number}{value.unit or ''}"


def _items(value: IndicatorValue) -> str:
    texts = [(name or "") + printed(part) for name, part in value.items]
    return ("" if value.items[0][1].kind == "date" else "、").join(texts)


def _when(value: IndicatorValue) -> str:
    span, said = value.period, value.qualifier or ""
    if span is None or span.end is None:
        return normal(value.raw or "")
    if said == "end":
        return f"{span.end.year}年底"
    if said in BEFORE_WORDS:
        return said + _span(value.kind, span)
    return (
        said
        if value.kind == "period" and span.precision == "year" and said not in BEHIND
        else (_span(value.kind, span) + said)
    )


THIRD_OF = {1: "上旬", 11: "中旬", 21: "下旬"}
BEHIND = ("", "之前", "以前", "前", "止", "内", "期间")


def _span(kind: str, span: Period) -> str:
    if kind == "date" and span.precision == "day" and span.start != span.end and span.start and span.end:
        return f"{span.end.year}年{span.end.month}月{THIRD_OF[span.start.day]}"
    first, last = _day(span.start, span.precision), _day(span.end, span.precision)
    single = span.start is None or kind == "date" or (span.precision == "year" and first == last)
    return last if single else f"{first}-{last}"


def _day(day: date | None, precision: str) -> str:
    if day is None:
        return ""
    parts = {"year": "{0.year}年", "month": "{0.year}年{0.month}月", "day": "{0.year}年{0.month}月{0.day}日"}
    return parts[precision].format(day)
