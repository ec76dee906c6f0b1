"""打分: the points of the review sheet of a key project (重点项目), their sums, and the grades that they suggest.

Pure. Items, shares and thresholds are data/review_sheet.toml. Called by forms, reviews and the printed sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from targets.export.sheet import words

STEP = Decimal("0.5")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the sheet: its key, its label, the most points it can get, what to look at, its block."""

    key: str
    label: str
    most: int
    look: str
    block: str


def items() -> tuple[Item, ...]:
    """Return every item of the sheet, in order."""
    return tuple(Item(one["key"], one["label"], one["points"], one["look"], block["key"])
                 for block in words()["blocks"] for one in block["items"])


def points_of(text: str, *, most: int) -> Decimal | None:
    """Return typed points, in steps of a half from 0 to `most`. None for nothing. Raises: ValueError."""
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite() or not 0 <= value <= most or value % STEP:
        raise ValueError(text)
    return value


def plain(value: Decimal) -> str:
    """Return points as they are written: 9.5, 10."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def total_of(points: Mapping[str, Any]) -> Decimal:
    """Return the sum of what was given; other keys than those of the sheet do not count."""
    return sum((Decimal(str(points[item.key])) for item in items() if item.key in points), Decimal(0))


def grade_of(given: Decimal, *, most: int) -> str:
    """Return the grade that points out of `most` suggest: excellent, good, fair or poor."""
    share = given * HUNDRED / most
    return next(grade for grade, least in words()["thresholds"].items() if share >= least)


@dataclass(frozen=True, slots=True)
class Scores:
    """Points by item, with the sum of each block and what they suggest. Whole only when every item has points."""

    points: Mapping[str, Decimal]

    @property
    def is_whole(self) -> bool:
        return all(item.key in self.points for item in items())

    @property
    def total(self) -> Decimal:
        return total_of(self.points)

    @property
    def overall(self) -> str:
        """The grade that the sum suggests."""
        return grade_of(self.total, most=sum(item.most for item in items()))

    def block(self, key: str) -> str:
        """Return the grade that the points of one block suggest."""
        own = [item for item in items() if item.block == key]
        return grade_of(sum((self.points[item.key] for item in own), Decimal(0)), most=sum(item.most for item in own))

    @property
    def texts(self) -> dict[str, str]:
        """The points as the record keeps them."""
        return {key: plain(value) for key, value in self.points.items()}
