"""What a parsed indicator value says, in a few words, for the line under its cell. Pure."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from targets.values import IndicatorValue

KIND_WORDS = {
    "number": gettext_lazy("a number"),
    "rate": gettext_lazy("a rate"),
    "money": gettext_lazy("money value"),
    "unit-price": gettext_lazy("a unit price"),
    "change": gettext_lazy("a change"),
    "duration": gettext_lazy("a duration"),
    "date": gettext_lazy("a date"),
    "period": gettext_lazy("a period of time"),
    "level": gettext_lazy("level in words"),
    "boolean": gettext_lazy("yes or no"),
    "text": gettext_lazy("kept as text"),
    "compound": gettext_lazy("several values"),
    "placeholder": gettext_lazy("holds a place only"),
}


def said(value: IndicatorValue) -> str:
    """Return how `value` was understood: "rate · ≥95%"; "" for an empty one."""
    if value.kind == "empty":
        return ""
    word = str(KIND_WORDS.get(value.kind, value.kind))
    parts = [word, _bounds(value)]
    if value.period is not None:
        parts.append(_period(value))
    if value.items:
        parts.append("；".join(f"{name or ''}{_bounds(item)}" for name, item in value.items if _bounds(item)))
    if value.baseline:
        parts.append(_("compared with last year"))
    return " · ".join(part for part in parts if part)


def _bounds(value: IndicatorValue) -> str:
    unit = value.unit or ""
    if value.low is None and value.high is None:
        return ""
    if value.comparator == "range" or (value.low is not None and value.high is not None and value.low != value.high):
        return f"{_plain(value.low)}–{_plain(value.high)}{unit}"
    number = value.low if value.low is not None else value.high
    sign = value.comparator if value.comparator and value.comparator != "range" else "="
    return f"{sign}{_plain(number)}{unit}"


def _plain(number: Decimal | None) -> str:
    if number is None:
        return "…"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _period(value: IndicatorValue) -> str:
    told = value.period.as_dict() if value.period else {}
    days = [str(told[name]) for name in ("start", "end") if told.get(name)]
    return " – ".join(dict.fromkeys(days))
