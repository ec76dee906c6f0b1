"""PDF with a text layer → Grid: ruled tables by their lines, others by the places of their words.

Runs inside the child process. Two cells in one rectangle, a page that is a picture, a text that may lack a blank: what
a PDF does not say is noted, never guessed. Lines and letters come from pdfplumber; everything else is here.
"""

import bisect
import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from targets.reading.grid import Grid, Note, Row
from targets.reading.pdfcolumns import Block, blocks_of
from targets.reading.pdffonts import load_tables
from targets.reading.pdftext import Line, Sign, letter, lines_of, pieces_of, said
from targets.reading.refusals import CannotRead
from targets.reading.result import Part
from targets.reading.server import PDF_WITH_FONT_TABLES, needs_of

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # it complains of every odd font, a line a letter
MAX_PAGES = 200
MAX_SIGNS = 20_000
MAX_RULES = 20_000
WIDTH = 10_000
NEAR = 1.5
MIN_CELLS = 2
MAX_COLUMNS = 60
MAX_OPEN_ENDS = 12
NEAR_SHARE = 60
PICTURE_SHARE = 0.5
GAP = 1.8
UNKNOWN_SHARE = 0.3
LABELLED = re.compile(r"^[^:：]{2,14}[:：]")
NO_LETTER = re.compile(r"\(cid:\d+\)|[\ue000-\uf8ff\ufffd]")
FOLIO = re.compile(
    r"^[-—–\s]*\d{1,4}\s*(?:[/／]\s*\d{1,4})?[-—–\s]*$|第\s*\d{1,4}\s*页[，,、\s]*(?:共\s*\d{1,4}\s*页)?$"
)
FOOT = 0.9


def grid_of(data: bytes, *, file: str = "") -> Grid:
    """Return the grid of a PDF: the rows of all its tables and the lines between them, page by page.

    Raises: CannotRead when it is protected, damaged, a picture without letters, or larger than any table.
    """
    reader = _Reader(file)
    if needs_of(data) >= PDF_WITH_FONT_TABLES:
        load_tables()
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            if len(document.pages) > MAX_PAGES:
                raise CannotRead("too_large", what=str(len(document.pages)), limit=str(MAX_PAGES))
            for page in document.pages:
                reader.page(page)
                page.close()
    except (PDFPasswordIncorrect, PDFEncryptionError) as wrong:
        raise CannotRead("encrypted") from wrong
    except (PdfminerException, MalformedPDFException) as wrong:
        inner = wrong.args[0] if wrong.args else None
        kind = "encrypted" if isinstance(inner, PDFPasswordIncorrect | PDFEncryptionError) else "damaged"
        raise CannotRead(kind, **({"what": "PDF"} if kind == "damaged" else {})) from wrong
    if reader.sideways > reader.signs:
        raise CannotRead("sideways")
    if not reader.signs:
        raise CannotRead("scanned" if reader.pictures else "no_letters")
    if reader.unknown > UNKNOWN_SHARE * reader.signs:
        raise CannotRead("no_letters")
    return reader.grid()


@dataclass(slots=True)
class _Cell:
    """One rectangle of a ruled table, in columns and rows of its grid (ends exclusive), and its signs."""

    left: int
    right: int
    top: int
    bottom: int
    signs: list[Sign] = field(default_factory=list)


class _Table:
    """A ruled table of a page: its edges and the cells between them."""

    def __init__(self, rectangles: Sequence[tuple[float, float, float, float]]) -> None:
        self.xs = _merged_edges(x for r in rectangles for x in (r[0], r[2]))
        self.ys = _merged_edges(y for r in rectangles for y in (r[1], r[3]))
        self.cells: list[_Cell] = []
        self.owner: dict[tuple[int, int], _Cell] = {}
        self.lost: list[Sign] = []
        for x0, top, x1, bottom in sorted(rectangles, key=lambda r: (r[1], r[0])):
            cell = _Cell(self._column(x0), self._column(x1), self._row(top), self._row(bottom))
            places = [(r, c) for r in range(cell.top, cell.bottom) for c in range(cell.left, cell.right)]
            if places and not any(place in self.owner for place in places):
                self.cells.append(cell)
                self.owner.update(dict.fromkeys(places, cell))

    def _column(self, x: float) -> int:
        return _nearest(self.xs, x)

    def _row(self, y: float) -> int:
        return _nearest(self.ys, y)

    def at(self, x: float, y: float) -> _Cell | None:
        """Return the cell around a point, or None."""
        return self.owner.get((bisect.bisect_right(self.ys, y) - 1, bisect.bisect_right(self.xs, x) - 1))

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside the table's outer edges."""
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]

    def rows(self) -> Iterator[list[tuple[_Cell, bool]]]:
        """Yield for each row its cells, with whether they belong to a cell above."""
        for row in range(len(self.ys) - 1):
            cells: list[tuple[_Cell, bool]] = []
            for column in range(len(self.xs) - 1):
                cell = self.owner.get((row, column))
                if cell is not None and cell.left == column:
                    cells.append((cell, cell.top < row))
            yield cells


class _Reader:
    """Reads page after page and writes rows."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: list[Row] = []
        self.notes: list[Note] = []
        self.order = self.signs = self.sideways = self.unknown = self.pictures = self.lines = 0
        self.columns: list[float] = []
        self.last: Row | None = None
        self.heads: set[tuple[str, ...]] = set()

    def grid(self) -> Grid:
        """Return what was read, with the note that it comes from a PDF."""
        if self.rows:
            self.notes.insert(0, Note("from_pdf", self.rows[0].at()))
        return Grid(tuple(self.rows), tuple(self.notes))

    def page(self, page: Any) -> None:
        """Read one page of pdfplumber."""
        number = page.page_number
        if len(page.chars) > MAX_SIGNS or len(page.lines) + len(page.rects) + len(page.curves) > MAX_RULES:
            raise CannotRead("too_large", what=f"p{number}: {len(page.chars)}", limit=str(MAX_SIGNS))
        chars = page.dedupe_chars(tolerance=1).chars
        signs = [_sign(c) for c in chars if _runs_across(c)]
        self.sideways += len(chars) - len(signs)
        seen = [sign for sign in signs if not sign.text.isspace()]
        self.signs += len(seen)
        self.unknown += sum(bool(NO_LETTER.search(sign.text)) for sign in seen)
        pictured = any(_share(image, page) > PICTURE_SHARE for image in page.images)
        if pictured:
            self.pictures += 1
            kind = "scanned_letters" if seen else "scanned_page"
            here = Row(1, (), part=Part("paragraph", f"p{number}", self.file), order=self.order + 1)
            self._note(kind, here, None, {"page": str(number)})
        if not seen:
            return
        written = any(sign.text == " " for sign in signs)
        found = page.find_tables({"explicit_horizontal_lines": _open_ends(page)})
        tables = [_Table(t.cells) for t in found if len(t.cells) >= MIN_CELLS]
        tables = [table for table in tables if 1 < len(table.xs) <= MAX_COLUMNS]
        outside: list[Sign] = []
        for sign in signs:
            self._place(sign, tables, outside)
        self._write(page, tables, lines_of(outside, blanks_written=written), number, written=written)

    def _place(self, sign: Sign, tables: Sequence[_Table], outside: list[Sign]) -> None:
        table = next((table for table in tables if table.holds(*sign.middle)), None)
        cell = table.at(*sign.middle) if table is not None else None
        place = cell.signs if cell is not None else table.lost if table is not None else outside
        place.append(sign)

    def _write(self, page: Any, tables: list[_Table], lines: list[Line], number: int, *, written: bool) -> None:
        """Write tables and the lines between them from above; a page without rules is read by columns."""
        rules = sorted(edge["top"] for edge in page.horizontal_edges) if len(page.horizontal_edges) < MAX_RULES else []
        pending: list[tuple[float, _Table | Block | Line]] = [(table.ys[0], table) for table in tables]
        foot = FOOT * float(page.height)
        free = [line for line in lines if not (line.top > foot and FOLIO.search(line.text))]
        if tables:
            pending += [(line.top, line) for line in free]
            self.columns = []
        else:
            blocks, self.columns = blocks_of(free, rules=rules, columns=self.columns)
            pending += [(block.top, block) for block in blocks]
        count = 0
        for _top, what in sorted(pending, key=lambda pair: pair[0]):
            if isinstance(what, Line):
                self._line(what, f"p{number}")
                continue
            count += 1
            name = f"p{number}" if count == 1 else f"p{number}.{count}"
            if isinstance(what, _Table):
                self._table(what, name, written=written)
            else:
                self._block(what, name, width=float(page.width))

    def _next(self) -> int:
        self.order += 1
        return self.order

    def _note(self, kind: str, row: Row, index: int | None, facts: dict[str, str] | None = None) -> None:
        self.notes.append(Note(kind, row.at(index), facts or {}))

    def _line(self, line: Line, page: str) -> None:
        self.lines += 1
        cells = [piece.text for piece in pieces_of(line, gap=GAP)]
        if sum(bool(LABELLED.match(cell)) for cell in cells) < 2:
            cells = [line.text]
        row = Row(self.lines, tuple(cells), len(cells) > 1, part=Part("paragraph", page.partition(".")[0], self.file),
                  order=self._next())  # fmt: skip
        self.rows.append(row)

    def _gap(self, part: Part) -> None:
        """Two tables with nothing between them: an empty row, as at the break of a page."""
        if self.rows and self.rows[-1].part.kind == "table":
            self.rows.append(Row(1, (), part=part, order=self._next()))

    def _table(self, table: _Table, name: str, *, written: bool) -> None:
        part = Part("table", name, self.file)
        self._gap(part)
        left, total = table.xs[0], max(table.xs[-1] - table.xs[0], 1.0)
        for line, cells in enumerate(table.rows(), start=1):
            texts: list[str] = []
            spans: list[tuple[int, int]] = []
            merged: set[int] = set()
            unsure: list[int] = []
            for cell, above in cells:
                edges = table.xs[cell.left], table.xs[cell.right]
                if above:
                    merged.add(len(texts))
                    texts.append("")
                else:
                    found = said(lines_of(cell.signs, blanks_written=written), left=edges[0], right=edges[1])
                    crossing = any(sign.x1 > edges[1] + 0.3 * sign.size for sign in cell.signs)
                    if found.unsure or crossing:
                        unsure.append(len(texts))
                    texts.append(found.text)
                spans.append((_share_of(edges[0] - left, total), _share_of(edges[1] - left, total)))
            if line == 1 and self._continues(spans):
                merged |= set(range(next((i for i, text in enumerate(texts) if text), 0)))
            row = Row(line, tuple(texts), True, (), part, self._next(), tuple(spans), (), frozenset(merged))
            self._row(row, unsure)
        self.last = self.rows[-1] if self.rows else None
        for text in lines_of(table.lost, blanks_written=written):
            self._line(text, part.name)
            self._note("pdf_unsure", self.rows[-1], 0, {"text": text.text[:80]})

    def _continues(self, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether a first row has the columns of the last one: its blank labels then stand on the page before."""
        before = self.last.spans if self.last is not None else ()
        pairs = (zip(one, two, strict=True) for one, two in zip(before, spans, strict=False))
        near = (abs(a - b) <= NEAR_SHARE for pair in pairs for a, b in pair)
        return len(before) == len(spans) and all(near)

    def _note_split(self, row: Row) -> None:
        """The first line of a page with fewer texts than the last line of the page before may be its lower half."""
        last = self.last
        if last is None or row.blank or last.part == row.part or len(last.cells) != len(row.cells):
            return
        filled, before = ({i for i, text in enumerate(r.cells) if text and i not in r.merged} for r in (row, last))
        if filled and filled < before and len(row.cells) - 1 in before - filled:
            self._note("pdf_split", row, min(filled), {"text": row.cells[min(filled)][:80]})
        if row.cells not in self.heads:
            self.last = None

    def _row(self, row: Row, unsure: Sequence[int]) -> None:
        if row.blank:
            return
        self._note_split(row)
        self.heads.add(row.cells)
        self.rows.append(row)
        for index in unsure:
            self._note("pdf_unsure", row, index, {"text": row.cells[index].replace("\n", " ")[:80]})

    def _block(self, block: Block, name: str, *, width: float) -> None:
        """Write what was read by the places of its words alone; every cell put together of lines is not sure."""
        if block.is_text:
            for found in block.rows:
                self._line(found.lines[0], name)
            return
        part = Part("table", name, self.file)
        self._gap(part)
        for line, found in enumerate(block.rows, start=1):
            spans = tuple((_share_of(a, width), _share_of(b, width)) for a, b in found.spans)
            row = Row(line, found.texts, True, (), part, self._next(), spans)
            self._row(row, found.unsure)


def _open_ends(page: Any) -> list[float]:
    """Return the heights at which upright lines end without a line across: there a page cut through merged cells."""
    across = sorted((edge["top"], edge["x0"], edge["x1"]) for edge in page.horizontal_edges
                    if edge["x1"] - edge["x0"] > 2 * NEAR)  # fmt: skip
    tops = [top for top, _x0, _x1 in across]
    ends: list[float] = []
    for x, top, bottom in _upright(page.vertical_edges):
        for y in (top, bottom):
            near = across[bisect.bisect_left(tops, y - 2 * NEAR) : bisect.bisect_right(tops, y + 2 * NEAR)]
            if not any(x0 - 2 * NEAR <= x <= x1 + 2 * NEAR for _top, x0, x1 in near):
                ends.append(y)
    found: list[float] = []
    for y in sorted(ends):
        if not found or y - found[-1] > NEAR:
            found.append(y)
    return found if len(found) <= MAX_OPEN_ENDS else []


def _upright(edges: Sequence[dict[str, Any]]) -> list[tuple[float, float, float]]:
    """Return the upright lines as x, top and bottom; pieces that meet are one line."""
    found: list[tuple[float, float, float]] = []
    for x, top, bottom in sorted((round(edge["x0"], 1), edge["top"], edge["bottom"]) for edge in edges):
        if found and found[-1][0] == x and top <= found[-1][2] + 2 * NEAR:
            found[-1] = (x, found[-1][1], max(bottom, found[-1][2]))
        else:
            found.append((x, top, bottom))
    return found


def _runs_across(char: dict[str, Any]) -> bool:
    """Whether a sign stands upright and is read from left to right; stamps and watermarks often do not."""
    along, across = char["matrix"][:2] if char.get("matrix") else (1.0, 0.0)
    return bool(along > abs(across))


def _sign(char: dict[str, Any]) -> Sign:
    x0, x1, top, bottom = (float(char[edge]) for edge in ("x0", "x1", "top", "bottom"))
    return Sign(letter(str(char["text"])), x0, x1, top, bottom, max(float(char.get("size") or 0), 1.0))


def _share(image: dict[str, Any], page: Any) -> float:
    area = float(page.width) * float(page.height)
    return abs((image["x1"] - image["x0"]) * (image["bottom"] - image["top"])) / area if area else 0.0


def _share_of(length: float, total: float) -> int:
    return round(length * WIDTH / total)


def _merged_edges(values: Iterator[float]) -> list[float]:
    """Return the edges in order, those that are drawn twice only once."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > NEAR:
            found.append(value)
    return found


def _nearest(edges: list[float], value: float) -> int:
    at = bisect.bisect_left(edges, value)
    return min((n for n in (at - 1, at) if 0 <= n < len(edges)), key=lambda n: abs(edges[n] - value))
