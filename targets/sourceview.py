"""The source beside the result: the rows of the file that a table was read from, kept small and with anchors.

`kept` makes what is stored with the table at reading time; `source_of` lays it out for the page, where every
problem and every indicator finds the cell that it comes from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from targets.content import TableContent
from targets.reading.grid import Row

MOST_ROWS = 400
MOST_CELLS = 30
MOST_TEXT = 1500
MOST_COLUMNS = 60
MOST_WIDE = 400
"""More columns than any sheet of ours is wide: beyond it, edges are measured in twips."""
NEAR_TWIPS = 60


def kept(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON: each its place, its cells as [place, text, columns it spans, belongs above].

    Blank rows are left out; what is beyond the limits is cut, and the last row then says how many are missing.
    """
    filled = [row for row in rows if not row.blank]
    edges = _edges(filled[:MOST_ROWS])
    found: list[dict[str, Any]] = [{"place": str(row.at()), "cells": _cells(row, edges)} for row in filled[:MOST_ROWS]]
    if len(filled) > MOST_ROWS:
        found.append({"place": "", "cells": [], "left_out": len(filled) - MOST_ROWS})
    return found


def _edges(rows: Sequence[Row]) -> dict[int, int]:
    """Return the number of the column that begins at each edge of the file's own grid; edges close by are one.

    Word measures in twentieths of a point, Excel counts columns: both become columns that are really used.
    """
    edges = sorted({edge for row in rows for span in row.spans for edge in span})
    near = NEAR_TWIPS if edges and edges[-1] > MOST_WIDE else 0
    found: dict[int, int] = {}
    number, last = -1, None
    for edge in edges:
        if last is None or edge - last > near:
            number += 1
        found[edge] = number
        last = edge
    return found


def _cells(row: Row, edges: Mapping[int, int]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for index, text in enumerate(row.cells[:MOST_CELLS]):
        start, end = row.spans[index] if index < len(row.spans) else (0, 0)
        span = max(1, min(edges.get(end, 0) - edges.get(start, 0), MOST_COLUMNS))
        cut = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"
        found.append([str(row.at(index)), cut, span, index in row.merged])
    return found


@dataclass(slots=True)
class SourceCell:
    """One cell as it stands in the file. `back`: the anchor in the result that it became, "" when none is known."""

    place: str
    anchor: str
    text: str
    span: int = 1
    above: bool = False
    back: str = ""
    marks: list[str] = field(default_factory=list)
    """Severities of the problems at this cell."""


@dataclass(slots=True)
class SourceRow:
    """One row of the file; `label` is its place in words that people use: R9, L30, 11."""

    place: str
    anchor: str
    label: str
    cells: list[SourceCell]
    left_out: int = 0


@dataclass(slots=True)
class Source:
    """The rows around one table, and the anchor of every place among them."""

    rows: list[SourceRow]
    anchors: Mapping[str, str]
    columns: int

    def anchor(self, place: str) -> str:
        """Return the anchor of a cell, of its row where the cell is not there, or ""."""
        found = self.anchors.get(place)
        if found is None and ":C" in place:
            found = self.anchors.get(place.rsplit(":C", 1)[0])
        return found or ""


def source_of(rows: Sequence[Mapping[str, Any]], *, prefix: str) -> Source:
    """Return the kept rows with anchors that begin with `prefix`."""
    anchors: dict[str, str] = {}
    found: list[SourceRow] = []
    for n, row in enumerate(rows, 1):
        name = f"{prefix}{n}"
        anchors.setdefault(row["place"], name)
        cells = []
        for m, (place, text, span, above) in enumerate(row["cells"], 1):
            cells.append(SourceCell(place, f"{name}-{m}", text, span, above))
            anchors.setdefault(place, f"{name}-{m}")
        found.append(SourceRow(row["place"], name, _label(row["place"]), cells, left_out=row.get("left_out", 0)))
    columns = min(max((sum(c.span for c in row.cells) for row in found), default=1), MOST_COLUMNS)
    for line in found:
        if line.cells:
            line.cells[-1].span += max(columns - sum(c.span for c in line.cells), 0)
    anchors.pop("", None)
    return Source(found, anchors, columns)


def _label(place: str) -> str:
    """T1:R9 is R9, 目标表!11 is 11, L30 and P7 stay."""
    return place.rpartition("/")[2].rpartition("!")[2].rpartition(":")[2]


def head_cells(source: Source, content: TableContent) -> dict[str, SourceCell]:
    """Return the cell of each header field whose text stands in one cell of its own."""
    texts = {name: getattr(content, name) for name in
             ("project_name", "department", "unit", "attribute", "period", "annual_goal")}
    texts |= {f"funds.{part}": getattr(content.funds, part) for part in ("total", "fiscal", "other")}
    found: dict[str, SourceCell] = {}
    taken: set[str] = set()
    for name, text in texts.items():
        for row in source.rows:
            cell = next((c for c in row.cells if text and c.text.strip() == text and c.anchor not in taken), None)
            if cell is not None:
                found[name] = cell
                taken.add(cell.anchor)
                break
    return found
