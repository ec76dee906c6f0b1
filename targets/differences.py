"""The difference of versions of a table by the identity of its rows: what was approved, what was submitted, what
stands now, and what somebody last looked at. Pure: plain values in, plain values out.

An indicator keeps its identity while it is reworded, moved or taken over into an adjustment, so a difference says
"changed" where the text is another, "moved" where only the order is, and never both "removed" and "added".
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from targets.content import HEADER_TEXTS, Change, Funds, IndicatorContent, TableContent

HEADER = (*HEADER_TEXTS, "fiscal_year", *(f"funds.{part.name}" for part in fields(Funds)))
PARTS = ("name", "value", "planned_month")
SAME, CHANGED, ADDED, REMOVED, MOVED = "same", "changed", "added", "removed", "moved"
SHAPE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a table. `ids`: the identity of each indicator, in the order of `content.indicators`."""

    content: TableContent
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.content.indicators) or len(set(self.ids)) != len(self.ids):
            raise ValueError("a version needs one identity of its own for each indicator")

    @property
    def rows(self) -> Mapping[str, IndicatorContent]:
        """Identity → indicator, in order."""
        return dict(zip(self.ids, self.content.cleaned().indicators, strict=True))

    @property
    def header(self) -> Mapping[str, str | None]:
        """Field → text: "annual_goal", "funds.total", …"""
        own = self.content.cleaned()
        plain = {name: getattr(own, name) for name in (*HEADER_TEXTS, "fiscal_year")}
        plain |= {f"funds.{part.name}": getattr(own.funds, part.name) for part in fields(Funds)}
        return {name: None if value is None else str(value) for name, value in plain.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the table over its versions.

    field: "annual_goal", "funds.total" …, or "name", "value", "planned_month", "order" of a row. row: the row's
    identity, "" for the head. code: its category. approved, submitted, now: the texts, None for what is blank or not
    there. since_approved, since_submitted, since_looked: "same", "changed", "added", "removed", "moved", or "" where
    there is no such version.
    """

    field: str
    row: str
    code: str
    approved: str | None
    submitted: str | None
    now: str | None
    since_approved: str
    since_submitted: str
    since_looked: str


def compare(*, now: Version, approved: Version | None = None, submitted: Version | None = None,
            looked: Version | None = None) -> tuple[Place, ...]:
    """Return every place that differs between `now` and one of the other versions: the head in the order of the form,
    then the rows in their order now, and at the end the rows that are gone.
    """
    bases = {"approved": approved, "submitted": submitted, "looked": looked}
    found = [_head_place(name, now, bases) for name in HEADER]
    order = {name: _moved(base, now) for name, base in bases.items() if base is not None}
    gone = [i for base in bases.values() if base for i in base.ids if i not in now.rows]
    for identity in dict.fromkeys([*now.ids, *gone]):
        found += _row_places(identity, now, bases, order)
    return tuple(place for place in found if {place.since_approved, place.since_submitted, place.since_looked}
                 - {SAME, ""})


def as_dict(places: Sequence[Place]) -> dict[str, Any]:
    """Return the difference for JSON: {"v": 1, "places": [the fields of Place]}."""
    return {"v": SHAPE_VERSION, "places": [asdict(place) for place in places]}


def _head_place(name: str, now: Version, bases: Mapping[str, Version | None]) -> Place:
    text = now.header[name]
    kinds = {f"since_{base}": "" if v is None else (SAME if v.header[name] == text else CHANGED)
             for base, v in bases.items()}
    return Place(name, "", "", _head(bases["approved"], name), _head(bases["submitted"], name), text, **kinds)


def _head(version: Version | None, name: str) -> str | None:
    return None if version is None else version.header[name]


def _row_places(identity: str, now: Version, bases: Mapping[str, Version | None],
                order: Mapping[str, frozenset[str]]) -> list[Place]:
    rows = {name: None if base is None else base.rows.get(identity) for name, base in bases.items()}
    here = now.rows.get(identity)
    code = next(row.code for row in (here, *rows.values()) if row is not None)
    places = []
    for part in PARTS:
        kinds = {f"since_{name}": "" if bases[name] is None else _kind(rows[name], here, part) for name in bases}
        places.append(Place(part, identity, code, _text(rows["approved"], part), _text(rows["submitted"], part),
                            _text(here, part), **kinds))
    kinds = {f"since_{name}": "" if bases[name] is None else MOVED if identity in order[name] else SAME
             for name in bases}
    places.append(Place("order", identity, code, None, None, None, **kinds))
    return places


def _text(row: IndicatorContent | None, part: str) -> str | None:
    value = getattr(row, part, None)
    return None if value is None else str(value)


def _kind(before: IndicatorContent | None, after: IndicatorContent | None, part: str) -> str:
    if before is None or after is None:
        if before is after or (_text(before, part), _text(after, part)) == (None, None):
            return SAME
        return ADDED if before is None else REMOVED
    return SAME if getattr(before, part) == getattr(after, part) else CHANGED


def _moved(before: Version, after: Version) -> frozenset[str]:
    """Return the rows of both versions that were moved: what is outside the longest run that kept its order, and what
    went to another category.
    """
    place = {identity: n for n, identity in enumerate(before.ids)}
    common = [identity for identity in after.ids if identity in place]
    stays = _longest_run([place[identity] for identity in common])
    old, new = before.rows, after.rows
    return frozenset(i for n, i in enumerate(common) if n not in stays or old[i].code != new[i].code)


def _longest_run(numbers: Sequence[int]) -> frozenset[int]:
    """Return the places of a longest increasing subsequence of different numbers."""
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for n, number in enumerate(numbers):
        k = bisect_left(tails, number)
        if k == len(tails):
            tails.append(number)
            at.append(n)
        else:
            tails[k], at[k] = number, n
        before.append(at[k - 1] if k else -1)
    run, n = set(), at[-1] if at else -1
    while n >= 0:
        run.add(n)
        n = before[n]
    return frozenset(run)


def changes(before: Version, after: Version) -> tuple[Change, ...]:
    """Return the differences of two versions as content.diff does, but by the identity of rows: reordering is none."""
    found = [Change(CHANGED, name, None, text, after.header[name]) for name, text in before.header.items()
             if text != after.header[name]]
    old, new = before.rows, after.rows
    for number, (identity, row) in enumerate(new.items(), start=1):
        was = old.get(identity)
        if was is None:
            found.append(Change(ADDED, "indicator", number, None, _line(row)))
            continue
        found += [Change(CHANGED, part, number, _text(was, part), _text(row, part)) for part in PARTS
                  if _text(was, part) != _text(row, part)]
    found += [Change(REMOVED, "indicator", number, _line(row), None)
              for number, (identity, row) in enumerate(old.items(), start=1) if identity not in new]
    return tuple(found)


def _line(row: IndicatorContent) -> str:
    return f"{row.code} {row.name or ''} {row.value or ''}".strip()


def identified(content: TableContent, *, like: Version) -> Version:
    """Return a version of a content whose identities were not kept: a row of the same category and name, else of the
    same category, is taken for the same, in order; the rest are rows of their own.
    """
    rows, free = content.cleaned().indicators, dict(like.rows)
    ids: list[str] = [""] * len(rows)
    for same in (lambda a, b: (a.code, a.name) == (b.code, b.name), lambda a, b: a.code == b.code):
        for n, row in enumerate(rows):
            match = "" if ids[n] else next((i for i, other in free.items() if same(row, other)), "")
            if match:
                ids[n] = match
                del free[match]
    return Version(content, tuple(identity or f"unknown-{n}" for n, identity in enumerate(ids)))
