"""Indicators in two columns: the same head twice in one row, the second half of the indicators beside the first.

Such rows are laid below each other. Where both halves name the same levels they are mid term and year, for `head`.
"""

from dataclasses import replace

from targets.reading.grid import Row
from targets.reading.labels import Labels


def laid_below(rows: list[Row], labels: Labels) -> list[Row]:
    """Return the rows with the right half of the indicators below the left one; rows of any other form as they are."""
    at = next((n for n, row in enumerate(rows) if _second_half(row, labels) is not None), None)
    if at is None:
        return rows
    cut = _second_half(rows[at], labels) or 0
    below = rows[at + 1 :]
    halves = [(_part(row, rows[at], cut, left=True), _part(row, rows[at], cut, left=False)) for row in below]
    if any(_names_the_same(left, right, labels) for left, right in halves):
        return rows
    heads = (_part(rows[at], rows[at], cut, left=True), _part(rows[at], rows[at], cut, left=False))
    right = [part for _left, part in halves if not part.blank]
    return [*rows[:at], heads[0], *(left for left, _right in halves), heads[1], *right]


def _second_half(row: Row, labels: Labels) -> int | None:
    """Return the cell at which the head begins again with its first level, or None."""
    families = [i for i, text in row.filled() if labels.column(text) == "family"]
    if len(families) != 2:
        return None
    first, second = families
    words = [text for _i, text in row.filled() if _i >= first]
    half = len(words) // 2
    return second if len(words) % 2 == 0 and words[:half] == words[half:] else None


def _part(row: Row, head: Row, cut: int, *, left: bool) -> Row:
    """Return the cells of one half of a row, which keep their places."""
    if row.spans and head.spans:
        border = head.spans[cut][0]
        kept = [i for i, (start, _end) in enumerate(row.spans) if (start < border) == left]
    else:
        kept = [i for i in range(len(row.cells)) if (i < cut) == left]
    numbers = tuple(row.numbers[i] if i < len(row.numbers) else i + 1 for i in kept)
    merged = frozenset(n for n, i in enumerate(kept) if i in row.merged)
    spans = tuple(row.spans[i] for i in kept) if row.spans else ()
    cells = tuple(row.cells[i] for i in kept)
    return replace(row, cells=cells, numbers=numbers, merged=merged, spans=spans, markup=())


def _names_the_same(left: Row, right: Row, labels: Labels) -> bool:
    codes = [{found.code for text in part.cells if text and (found := labels.category(text))} for part in (left, right)]
    return bool(codes[0] & codes[1])
