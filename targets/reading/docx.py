"""Word → Grid: walks the body of a docx part by part, as Word prints it, and notes what paper would not show.

Merged cells are read once, tracked insertions kept and deletions left out, content controls and text boxes read.
Runs inside the child process; the part was looked through before. Names are compared without their namespace.
"""

import re

from lxml import etree  # type: ignore[import-untyped]

from targets.reading.container import Package, parsed
from targets.reading.grid import Grid, Note, Row
from targets.reading.refusals import CannotRead
from targets.reading.result import Part
from targets.reading.wordtext import Pieces, attribute, child, flat, local, paragraph_text
from targets.reading.xmlscan import MAX_COLUMNS, WordWatcher, scan

WIDTH = 10_000
MAX_NESTING = 12
MIN_NESTED_ROWS = 5
GAP = re.compile(r"\t+|[ \u3000]{3,}")
LABELLED = re.compile(r"^[^:：]{2,14}[:：]")


def grid_of(package: Package, *, file: str = "") -> Grid:
    """Return the grid of a Word package: the rows of all tables and the paragraphs between them, in order.

    Raises: CannotRead when a part is damaged or oversteps a limit.
    """
    for name in package.zip.namelist():
        if name.lower().endswith((".xml", ".rels")) and name != package.main:
            scan(package.part(name) or b"", name=name)
    part = package.part(package.main) or b""
    scan(part, name=package.main, watcher=WordWatcher())
    body = child(parsed(part, package.main), "body")
    if body is None:
        raise CannotRead("damaged", what=package.main)
    walker = _Walker(file)
    walker.blocks(body, "")
    return Grid(tuple(walker.rows), tuple(walker.notes))


class _Walker:
    """Walks blocks in order and writes rows."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: list[Row] = []
        self.notes: list[Note] = []
        self.order = self.paragraphs = self.tables = self.depth = 0

    def blocks(self, parent: etree._Element, inside: str) -> None:
        """Write the rows of all paragraphs and tables below `parent`; `inside` is the number of the table around."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise CannotRead("too_large", what=f"tbl {self.depth}", limit=str(MAX_NESTING))
        for element in flat(parent):
            if local(element) == "p":
                self._paragraph(element, inside)
            elif local(element) == "tbl":
                if not inside:
                    self.tables += 1
                self.table(element, inside or str(self.tables))
        self.depth -= 1

    def _next(self) -> int:
        self.order += 1
        return self.order

    def _note(self, row: Row, index: int, pieces: Pieces) -> None:
        self.notes += [Note(kind, row.at(index), facts) for kind, facts in pieces.facts()]

    def _paragraph(self, element: etree._Element, inside: str) -> None:
        self.paragraphs += 1
        pieces = Pieces()
        paragraph_text(element, pieces)
        text = pieces.written()
        cells = [cell.strip() for cell in GAP.split(text)]
        if len(cells) > 1 and "\t" not in text and sum(bool(LABELLED.match(cell)) for cell in cells) < 2:
            cells = [text]
        part = Part("paragraph", "", self.file)
        row = Row(self.paragraphs, tuple(cells), len(cells) > 1, part=part, order=self._next())
        if not row.blank:
            self.rows.append(row)
        self._note(row, 0, pieces)
        self._boxes(pieces, row, inside)

    def _boxes(self, pieces: Pieces, row: Row, inside: str) -> None:
        for box in pieces.boxes:
            before = len(self.rows)
            self.blocks(box, "")
            if len(self.rows) > before:
                self.notes.append(
                    Note("text_box", row.at(0), {"text": " ".join(filter(None, self.rows[before].cells))})
                )

    def table(self, element: etree._Element, name: str) -> None:
        """Write the rows of one table, then the tables nested in it, each after the row that holds it."""
        if self.rows and self.rows[-1].part.kind == "table":
            self.rows.append(Row(1, (), part=Part("table", name, self.file), order=self._next()))
        if name.count(".") >= MAX_NESTING:
            raise CannotRead("too_large", what=f"tbl {name.count('.')}", limit=str(MAX_NESTING))
        edges, nested = _edges(element), 0
        open_cells: dict[int, int] = {}
        boxes: list[tuple[Pieces, Row]] = []
        line = 0
        for tr in flat(element):
            if local(tr) != "tr":
                continue
            line += 1
            row, cells = self._row(tr, Part("table", name, self.file), line, edges, open_cells)
            if child(tr, "trPr", "del") is not None:
                text = " ".join(filter(None, row.cells))
                self.notes.append(Note("tracked", row.at(), {"inserted": "—", "deleted": text}))
                continue
            if not row.blank:
                self.rows.append(row)
            for index, pieces in enumerate(cells):
                self._note(row, index, pieces)
                for inner in pieces.tables:
                    nested += 1
                    self.table(inner, f"{name}.{nested}")
                if pieces.boxes:
                    boxes.append((pieces, row))
        for pieces, row in boxes:
            self._boxes(pieces, row, "")

    def _row(
        self, tr: etree._Element, part: Part, line: int, edges: list[int], open_cells: dict[int, int]
    ) -> tuple[Row, list[Pieces]]:
        column = _number(attribute(child(tr, "trPr", "gridBefore"), "val"), 0)
        texts: list[str] = []
        spans: list[tuple[int, int]] = []
        merged: set[int] = set()
        cells: list[Pieces] = []
        order = self._next()
        for tc in flat(tr):
            if local(tc) != "tc" or child(tc, "tcPr", "cellDel") is not None:
                continue
            properties = child(tc, "tcPr")
            end = column + max(1, _number(attribute(child(properties, "gridSpan"), "val"), 1))
            if end > MAX_COLUMNS:
                raise CannotRead("too_large", what=str(end), limit=str(MAX_COLUMNS))
            pieces = self._cell(tc)
            text = pieces.written()
            if _goes_on(child(properties, "hMerge")) and spans:
                spans[-1] = (spans[-1][0], _edge(edges, end))
                texts[-1] = texts[-1] or text
            else:
                if _goes_on(child(properties, "vMerge")) and column in open_cells:
                    merged.add(len(texts))
                    self._covered(text, part, line, order, len(texts))
                    text = ""
                else:
                    for start in [s for s in open_cells if column <= s < end]:
                        del open_cells[start]
                    if child(properties, "vMerge") is not None:
                        open_cells[column] = end
                texts.append(text)
                spans.append((_edge(edges, column), _edge(edges, end)))
                cells.append(pieces)
            column = end
        return Row(line, tuple(texts), True, (), part, order, tuple(spans), (), frozenset(merged)), cells

    def _covered(self, text: str, part: Part, line: int, order: int, index: int) -> None:
        """Text in a cell that a merged cell covers is not printed."""
        if text:
            place = Row(line, (), part=part, order=order).at(index)
            self.notes.append(Note("hidden_text", place, {"text": text}))

    def _cell(self, tc: etree._Element) -> Pieces:
        pieces = Pieces()
        first = joined = True
        for block in flat(tc):
            if local(block) == "p":
                if not joined and not first:
                    pieces.text.append("\n")
                first = False
                paragraph_text(block, pieces)
                joined = child(block, "pPr", "rPr", "del") is not None
            elif local(block) == "tbl":
                if _rows_below(block) >= MIN_NESTED_ROWS:
                    pieces.tables.append(block)
                else:
                    self._small_table(block, pieces)
        return pieces

    def _small_table(self, table: etree._Element, pieces: Pieces) -> None:
        """A small table inside a cell is part of the cell's text: a line a row."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise CannotRead("too_large", what=f"tbl {self.depth}", limit=str(MAX_NESTING))
        for tr in flat(table):
            if local(tr) == "tr":
                texts = []
                for tc in flat(tr):
                    if local(tc) == "tc":
                        inner = self._cell(tc)
                        pieces.boxes += inner.boxes
                        pieces.tables += inner.tables
                        texts.append(inner.written())
                line = " ".join(filter(None, texts))
                pieces.text += ["\n", line] if line else []
        self.depth -= 1


def _edges(table: etree._Element) -> list[int]:
    """Return where the columns of a table begin and end, in ten-thousandths of its width; [] when it does not say."""
    grid = child(table, "tblGrid")
    widths = (
        [_number(attribute(c, "w"), 0) for c in grid if local(c) == "gridCol"] if grid is not None else []
    )
    total = sum(widths)
    if not widths or min(widths) <= 0:
        return []
    edges, at = [0], 0
    for width in widths:
        at += width
        edges.append(at * WIDTH // total)
    return edges


def _edge(edges: list[int], column: int) -> int:
    if column < len(edges):
        return edges[column]
    return (edges[-1] if edges else 0) + (column - max(len(edges) - 1, 0)) * WIDTH // 10


def _goes_on(merge: etree._Element | None) -> bool:
    return merge is not None and attribute(merge, "val") in (None, "continue")


def _rows_below(table: etree._Element) -> int:
    return sum(local(element) == "tr" for element in table.iter())


def _number(text: str | None, default: int) -> int:
    try:
        return int(float(text)) if text else default
    except (ValueError, OverflowError):
        return default
