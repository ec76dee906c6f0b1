"""Three-way merge of a form: what it was made from, what it says now, what stands in the system meanwhile.

Pure: plain texts in, plain texts and clashes out. Called by drafts.merge_table, which autosave uses, so that two
people or two windows in one table lose nothing: cells that only one of them touched are both kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from targets.paper import FormText, TypedRow

PARTS = ("code", "name", "value", "month")
WHOLE_ROW = "row"


@dataclass(frozen=True, slots=True)
class Clash:
    """One place that both changed. `place`: a field ("annual_goal"), "na.<code>", or part of the row `uuid`:
    "name", "value", "code", and "row" where one took it out. `standing` None: taken out in the system."""

    place: str
    standing: str | None
    typed: str | None
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The form after the merge: every clashing place says what stands; `clashes` hold what was typed there."""

    text: FormText
    clashes: tuple[Clash, ...]


def merge(*, base: FormText, typed: FormText, standing: FormText) -> Merged:
    """Merge what was `typed` on top of `base` into what is `standing` now.

    A place that only one side changed takes that side's text; both changed alike is no clash. Rows are known by
    their uuid; a typed row that `base` does not have is new. Blank rows are no rows. The order follows `typed`
    where it moved rows, else what stands. Linear in cells, but for the placing of new rows.
    """
    clashes: list[Clash] = []
    header = _texts(base.header, typed.header, standing.header, clashes, "")
    reasons = _texts(base.not_applicable, typed.not_applicable, standing.not_applicable, clashes, "na.")
    rows = _rows(_by_uuid(base), _by_uuid(typed), _by_uuid(standing), clashes)
    order = _order(_by_uuid(base), _by_uuid(typed), _by_uuid(standing), rows)
    kept = tuple(rows[uuid] for uuid in order if not rows[uuid].is_blank)
    merged = FormText(header, kept, {code: text for code, text in reasons.items() if text.strip()})
    return Merged(merged, tuple(clashes))


def _texts(base: Mapping[str, str], typed: Mapping[str, str], standing: Mapping[str, str], clashes: list[Clash],
           prefix: str) -> dict[str, str]:
    found = dict(standing)
    for name in {**base, **typed}:
        if name not in typed and not prefix:
            continue
        was, mine, now = (side.get(name, "") for side in (base, typed, standing))
        if mine in (was, now):
            continue
        if now == was:
            found[name] = mine
        else:
            clashes.append(Clash(prefix + name, now, mine))
    return found


def _by_uuid(text: FormText) -> dict[str, TypedRow]:
    return {row.uuid: row for row in text.rows if not row.is_blank and row.uuid}


def _rows(base: Mapping[str, TypedRow], typed: Mapping[str, TypedRow], standing: Mapping[str, TypedRow],
          clashes: list[Clash]) -> dict[str, TypedRow]:
    found: dict[str, TypedRow] = {}
    for uuid in {**standing, **typed}:
        was, mine, now = base.get(uuid), typed.get(uuid), standing.get(uuid)
        if mine is not None and now is not None:
            found[uuid] = _cells(was or replace(mine, name="", value="", month=""), mine, now, clashes)
        elif now is not None:
            if was is None or now != was:
                found[uuid] = now
            if was is not None and now != was:
                clashes.append(Clash(WHOLE_ROW, now.name, None, uuid))
        elif mine is not None and was is None:
            found[uuid] = mine
        elif mine is not None and mine != was:
            clashes.append(Clash(WHOLE_ROW, None, mine.name, uuid))
    return found


def _cells(was: TypedRow, mine: TypedRow, now: TypedRow, clashes: list[Clash]) -> TypedRow:
    merged = now
    for part in PARTS:
        before, typed, standing = (getattr(row, part) for row in (was, mine, now))
        if typed in (before, standing):
            continue
        if standing == before:
            merged = replace(merged, **{part: typed})
        else:
            clashes.append(Clash(part, standing, typed, now.uuid))
    return merged


def _order(base: Mapping[str, TypedRow], typed: Mapping[str, TypedRow], standing: Mapping[str, TypedRow],
           rows: Mapping[str, TypedRow]) -> list[str]:
    common = [uuid for uuid in base if uuid in typed]
    moved = [uuid for uuid in typed if uuid in base] != common
    first, second = (typed, standing) if moved else (standing, typed)
    order = [uuid for uuid in first if uuid in rows]
    for uuid, before in _with_before(list(second)):
        if uuid in rows and uuid not in order:
            order.insert(order.index(before) + 1 if before in order else 0 if not before else len(order), uuid)
    return order


def _with_before(uuids: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(uuids, ["", *uuids], strict=False))
