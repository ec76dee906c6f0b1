"""What a value says, as one frozen record; and its money in 元. Pure; filled by the parts of the grammar."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from targets.periods import Period

KINDS = (
    "number",
    "rate",
    "money",
    "unit-price",
    "change",
    "duration",
    "date",
    "period",
    "level",
    "boolean",
    "text",
    "compound",
    "empty",
    "placeholder",
)
YUAN = {
    "元": Decimal(1),
    "千元": Decimal(1000),
    "万元": Decimal(10_000),
    "万": Decimal(10_000),
    "百万元": Decimal(1_000_000),
    "亿元": Decimal(100_000_000),
}


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """What a value says. Numbers are Decimal in `unit`; `low`/`high` are the bounds, equal for an exact value.

    `comparator` is ≥ ≤ > < = or "range", None when none is written. `direction` is "higher" or "lower" (which is
    better), "up" or "down" for a change; `direction_from` says why: "comparator", "name", "category", "verb" or
    "default". `confidence`: "high" (the form is known), "medium" (unit or comparator unset or unknown), "low"
    (free text or an unknown word). `baseline` of a change: "previous year" or the year as printed ("2023年").
    """

    kind: str
    raw: str | None
    comparator: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    dimension: str | None = None
    direction: str | None = None
    direction_from: str | None = None
    baseline: str | None = None
    period: Period | None = None
    level: str | None = None
    items: tuple["Item", ...] = ()
    qualifier: str | None = None
    confidence: str = "high"

    @property
    def number(self) -> Decimal | None:
        """The number that is written: the lower bound, or the upper where only that is said."""
        return self.low if self.low is not None else self.high

    def as_dict(self) -> dict[str, Any]:
        """Return the record for JSON: numbers and dates as strings, blank parts as None."""
        return {
            "kind": self.kind,
            "comparator": self.comparator,
            "low": _plain(self.low),
            "high": _plain(self.high),
            "unit": self.unit,
            "dimension": self.dimension,
            "direction": self.direction,
            "direction_from": self.direction_from,
            "baseline": self.baseline,
            "period": None if self.period is None else self.period.as_dict(),
            "level": self.level,
            "items": [{"name": name, "value": value.as_dict()} for name, value in self.items],
            "qualifier": self.qualifier,
            "raw": self.raw,
            "confidence": self.confidence,
        }


Item = tuple[str | None, IndicatorValue]


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def in_yuan(value: IndicatorValue) -> Decimal | None:
    """Return the money of `value` in 元, exactly; None when it is no money or says no amount."""
    number = value.high if value.high is not None else value.low
    if value.kind != "money" or number is None or value.unit not in YUAN:
        return None
    return number * YUAN[value.unit]
