"""Indicators side by side: 一级指标, 二级指标, 三级指标, 指标值 name rows, and each column is an indicator: turned."""

from collections.abc import Sequence
from dataclasses import replace

from targets.reading.grid import Row
from targets.reading.labels import Labels

NEEDED = {"name", "value"}
MIN_ROWS, MIN_INDICATORS = 3, 2


def turned(rows: list[Row], labels: Labels) -> list[Row]:
    """Return the rows with such a block turned, its labels as head; rows of any other form as they are."""
    for at in range(len(rows)):
        block = _block(rows, at, labels)
        if len(block) >= MIN_ROWS and set(block) >= NEEDED:
            return [*rows[:at], *_turned(block), *rows[at + len(block) :]]
    return rows


def _block(rows: Sequence[Row], at: int, labels: Labels) -> dict[str, Row]:
    """Return the rows from `at` on that each begin with the head of another column and go on with texts."""
    found: dict[str, Row] = {}
    for row in rows[at:]:
        filled = row.filled()
        kind = labels.column(filled[0][1]) if filled else None
        heads = sum(labels.column(text) is not None for _i, text in filled)
        if kind is None or kind in found or heads != 1 or len(filled) <= MIN_INDICATORS:
            break
        found[kind] = row
    return found


def _turned(block: dict[str, Row]) -> list[Row]:
    names, first = block["name"], {kind: row.filled()[0] for kind, row in block.items()}
    head = names.moved([text for _i, text in first.values()], [i for i, _text in first.values()])
    made = [head]
    for index, _name in names.filled()[1:]:
        cells = [_under(names, index, row) for row in block.values()]
        made.append(replace(names.moved(cells, [index] * len(cells)), merged=frozenset()))
    return made


def _under(names: Row, index: int, row: Row) -> str:
    """Return the text of a row in the column of a name; a level goes on over the empty cells right of it."""
    if names.spans and row.spans:
        start, end = names.spans[index]
        inside = [i for i, (s, e) in enumerate(row.spans) if min(e, end) - max(s, start) > (end - start) / 2]
        return row.cells[inside[0]] if inside else ""
    return next((row.cells[i] for i in range(min(index, len(row.cells) - 1), 0, -1) if row.cells[i]), "")
