"""TableContent: the one plain frozen value in the middle of everything a target table goes through.

Readers produce it, checks judge it, drafts store it, exports print it, differences are made of it, and its
SHA-256 is what a reviewer's decision is bound to. Pure: no Django, no clock, no parsing of values.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from typing import Any, Self

from workflow.canonical import clean_text, content_hash

CANONICAL_VERSION = 1


def rows_digest(rows: Iterable[tuple[str, str | None, str | None]]) -> str:
    """Return the digest of some (code, name, value) rows in order, blanks left out; "" for no rows.

    Two tables of the same digest hold the same indicators.
    """
    texts = ["\x1f".join("".join((text or "").split()) for text in row) for row in rows]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest() if texts else ""


def _text(value: str | None) -> str | None:
    """Return the text as typed after cleaning; blank is null, never an empty string."""
    if value is None:
        return None
    value = clean_text(value).strip()
    return value or None


def amount(text: str | None) -> Decimal | None:
    """Return an amount typed as a plain number (thousands commas allowed), or None when it is not one."""
    if text is None:
        return None
    try:
        number = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class Funds:
    """The money block of the form (项目资金). Amounts are texts as typed, in 万元; blank is None, never 0."""

    total: str | None = None
    fiscal: str | None = None
    other: str | None = None

    def in_wan(self, name: str) -> Decimal | None:
        """Return the amount `name` ("total", "fiscal", "other") in 万元, None when blank or no number."""
        return amount(getattr(self, name))


@dataclass(frozen=True, slots=True)
class IndicatorContent:
    """One third-level indicator (三级指标): its category code ("11"), its name and its value as printed.

    `planned_month` (1–12) is the month in which it is to be reached (计划完成月), which no form prints.
    """

    code: str
    name: str | None = None
    value: str | None = None
    planned_month: int | None = None

    def canonical(self) -> dict[str, Any]:
        """Return its part of the canonical dictionary; without a month it is what it was before there were any."""
        month = {} if self.planned_month is None else {"planned_month": self.planned_month}
        return {"code": self.code, "name": self.name, "value": self.value, **month}

    @property
    def family(self) -> str:
        """The code of the first-level indicator: "1" output, "2" benefit, "3" satisfaction."""
        return self.code[:1]


@dataclass(frozen=True, slots=True)
class TableContent:
    """The whole content of one target table (部门项目支出预算绩效目标表), texts as typed.

    `department` and `unit` are what the paper says; which organisation they mean is decided elsewhere.
    `attachments` are the SHA-256 digests of attached files, in order.
    """

    project_name: str | None = None
    department: str | None = None
    unit: str | None = None
    attribute: str | None = None
    period: str | None = None
    fiscal_year: int | None = None
    funds: Funds = Funds()
    annual_goal: str | None = None
    indicators: tuple[IndicatorContent, ...] = ()
    attachments: tuple[str, ...] = field(default=())

    def cleaned(self) -> Self:
        """Return the same content with every text cleaned (NFC, no control characters, blank is None)."""
        texts: dict[str, Any] = {n: _text(getattr(self, n)) for n in HEADER_TEXTS}
        funds = Funds(**{f.name: _text(getattr(self.funds, f.name)) for f in fields(Funds)})
        rows = tuple(replace(r, name=_text(r.name), value=_text(r.value)) for r in self.indicators)
        return replace(self, **texts, funds=funds, indicators=rows)

    def of_code(self, code: str) -> tuple[IndicatorContent, ...]:
        """Return the indicators of one category, in order."""
        return tuple(row for row in self.indicators if row.code == code)

    def canonical(self) -> dict[str, Any]:
        """Return the dictionary whose canonical JSON is hashed: no ids, no parses, no explanations."""
        own = self.cleaned()
        return {
            "v": CANONICAL_VERSION,
            **{n: getattr(own, n) for n in HEADER_TEXTS},
            "fiscal_year": own.fiscal_year,
            "funds": {f.name: getattr(own.funds, f.name) for f in fields(Funds)},
            "indicators": [r.canonical() for r in own.indicators],
            "attachments": list(own.attachments),
        }

    @classmethod
    def from_canonical(cls, value: Mapping[str, Any]) -> Self:
        """Return the content that `canonical` wrote down. Raises: ValueError on an unknown version."""
        if value.get("v") != CANONICAL_VERSION:
            raise ValueError(f"content version {value.get('v')!r} is not known here")
        return cls(
            **{n: value[n] for n in HEADER_TEXTS},
            fiscal_year=value["fiscal_year"],
            funds=Funds(**value["funds"]),
            indicators=tuple(IndicatorContent(**row) for row in value["indicators"]),
            attachments=tuple(value["attachments"]),
        )

    def hash(self) -> str:
        """Return the SHA-256 (64 hex digits) of this content."""
        return content_hash(self.canonical())


HEADER_TEXTS = ("project_name", "department", "unit", "attribute", "period", "annual_goal")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two contents. `kind` is "changed", "added" or "removed"; rows count from 1."""

    kind: str
    place: str
    row: int | None
    before: str | None
    after: str | None


def diff(before: TableContent, after: TableContent) -> tuple[Change, ...]:
    """Return the differences in the order of the form: header, funds, then indicators.

    A place is a field name ("annual_goal", "funds.total") or "name" / "value" / "planned_month" / "indicator" of
    a row; the row is that of `after`, or of `before` where the row is gone.
    """
    before, after = before.cleaned(), after.cleaned()
    found: list[Change] = []
    for name in (*HEADER_TEXTS, "fiscal_year"):
        found += _differs(name, None, getattr(before, name), getattr(after, name))
    for part in fields(Funds):
        found += _differs(f"funds.{part.name}", None, getattr(before.funds, part.name), getattr(after.funds, part.name))
    return (*found, *_row_changes(before.indicators, after.indicators))


def _differs(place: str, row: int | None, old: object, new: object) -> list[Change]:
    if old == new:
        return []
    return [Change("changed", place, row, *(None if x is None else str(x) for x in (old, new)))]


def _row_changes(old: tuple[IndicatorContent, ...], new: tuple[IndicatorContent, ...]) -> list[Change]:
    found: list[Change] = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            continue
        paired = min(i2 - i1, j2 - j1) if op == "replace" else 0
        for k in range(paired):
            a, b = old[i1 + k], new[j1 + k]
            if a.code != b.code:
                found.append(Change("removed", "indicator", i1 + k + 1, _line(a), None))
                found.append(Change("added", "indicator", j1 + k + 1, None, _line(b)))
                continue
            found += _differs("name", j1 + k + 1, a.name, b.name)
            found += _differs("value", j1 + k + 1, a.value, b.value)
            found += _differs("planned_month", j1 + k + 1, a.planned_month, b.planned_month)
        found += [Change("removed", "indicator", i + 1, _line(old[i]), None) for i in range(i1 + paired, i2)]
        found += [Change("added", "indicator", j + 1, None, _line(new[j])) for j in range(j1 + paired, j2)]
    return found


def _line(row: IndicatorContent) -> str:
    return f"{row.code} {row.name or ''} {row.value or ''}".strip()
