"""Excel → Grids, one a sheet: values by python-calamine, numbers as their formats print them, merged cells once.

Runs inside the child process, after the zip was looked at; every sheet is scanned before calamine sees it, because
calamine can end the whole interpreter on a cell far away.
"""

import io
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import python_calamine as calamine

from targets.reading import formats
from targets.reading.container import Package, parsed
from targets.reading.grid import Grid, Note, Row
from targets.reading.refusals import CannotRead
from targets.reading.result import Part
from targets.reading.wordtext import attribute, child, local
from targets.reading.xmlscan import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, scan

ADDRESS = re.compile(r"^([A-Z]{1,3})([1-9][0-9]{0,6})$")
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MAX_SHEETS = 100
MAX_MERGES = 50_000
EXACT_DIGITS = 15


@dataclass(slots=True)
class Look:
    """What the scan of one sheet saw: stored numbers with their formats, hidden rows and columns, odd cells."""

    numbers: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncomputed: set[tuple[int, int]] = field(default_factory=set)


class SheetWatcher:
    """Watches one sheet while it is scanned, and keeps what calamine does not tell."""

    def __init__(self) -> None:
        self.look = Look()
        self.cells = self.merges = 0
        self.row = self.column = -1
        self.kind, self.style = "n", 0
        self.formula = self.taking = self.filled = False
        self.taken: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Count, and refuse an address outside the grid."""
        if name == "c":
            self._cell(attributes)
        elif name == "v" or name == "t":
            self.taking, self.taken = True, []
        elif name == "f":
            self.formula = True
        elif name == "row":
            self.row = _index(attributes.get("r"), self.row + 1, LAST_ROW)
            self.column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.look.hidden_rows.add(self.row)
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            low, high = (_index(attributes.get(edge), 0, LAST_COLUMN) for edge in ("min", "max"))
            self.look.hidden_columns |= set(range(low, min(high, MAX_COLUMNS) + 1))
        elif name == "mergeCell":
            self.merges += 1
            if self.merges > MAX_MERGES:
                raise CannotRead("too_large", what=f"mergeCell {self.merges}", limit=str(MAX_MERGES))

    def _cell(self, attributes: Mapping[str, str]) -> None:
        address = attributes.get("r")
        self.column += 1
        if address is not None:
            match = ADDRESS.match(address)
            if match is None:
                raise CannotRead("damaged", what=address[:20])
            self.row, self.column = int(match[2]) - 1, column_index(match[1])
        if self.row >= LAST_ROW or self.column >= LAST_COLUMN:
            raise CannotRead("damaged", what=(address or "")[:20])
        style = attributes.get("s", "0")
        self.kind, self.style = (
            attributes.get("t", "n"),
            int(style) if style.isdecimal() and len(style) < 7 else 0,
        )
        self.formula = self.filled = self.taking = False

    def text(self, text: str) -> None:
        """Keep what is stored."""
        if self.taking and text:
            self.filled = True
            self.taken.append(text)

    def end(self, name: str) -> None:
        """Judge the cell that ends here."""
        if name == "v" or name == "t":
            self.taking = False
        if name != "c":
            return
        at, stored = (self.row, self.column), "".join(self.taken) if self.filled else ""
        self.taken = []
        if not self.filled:
            if self.formula:
                self.look.uncomputed.add(at)
            return
        self.cells += 1
        if self.row >= MAX_ROWS or self.column >= MAX_COLUMNS or self.cells > MAX_CELLS:
            raise CannotRead(
                "too_large", what=f"{self.row + 1} x {self.column + 1}", limit=f"{MAX_ROWS} x {MAX_COLUMNS}"
            )
        if self.kind == "n":
            self.look.numbers[at] = (stored.strip(), self.style)
        elif self.kind == "e":
            self.look.errors[at] = stored.strip()
        elif self.formula and not stored and self.kind == "str":
            self.look.uncomputed.add(at)


def _index(text: str | None, default: int, last: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 7 or not 1 <= int(text) <= last:
        raise CannotRead("damaged", what=text[:20])
    return int(text) - 1


def column_index(letters: str) -> int:
    """Return the index of a column from its letters: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def grids_of(data: bytes, *, package: Package | None, file: str = "") -> list[Grid]:
    """Return the grid of each visible sheet. `package` is the opened xlsx; None for an xls.

    Raises: CannotRead when the workbook is damaged, encrypted or oversteps a limit.
    """
    looks: dict[str, Look] = {}
    codes: list[str] = []
    if package is not None:
        looks, codes = _looks(package), _format_codes(package)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = list(book.sheets_metadata)
        if len(sheets) > MAX_SHEETS:
            raise CannotRead("too_large", what=str(len(sheets)), limit=str(MAX_SHEETS))
        shown = [s.name for s in sheets if s.typ == calamine.SheetTypeEnum.WorkSheet]
        hidden = {s.name for s in sheets if s.visible != calamine.SheetVisibleEnum.Visible}
        found = [
            _grid(book.get_sheet_by_name(name), looks.get(name), codes, Part("sheet", name, file))
            for name in shown
            if name not in hidden
        ]
        filled = [name for name in shown if name in hidden and book.get_sheet_by_name(name).to_python()]
    except calamine.PasswordError as wrong:
        raise CannotRead("encrypted") from wrong
    except (calamine.CalamineError, ValueError, OverflowError, OSError) as wrong:
        raise CannotRead("damaged", what=type(wrong).__name__) from wrong
    if filled and found:
        first = found[0]
        place = Row(1, (), part=Part("sheet", first.rows[0].part.name if first.rows else "", file)).at()
        found[0] = Grid(first.rows, (*first.notes, Note("hidden_sheet", place, {"names": ", ".join(filled)})))
    return found


def _looks(package: Package) -> dict[str, Look]:
    """Scan every part of the workbook; return what each sheet showed, by the sheet's name."""
    parts = _sheet_parts(package)
    looks: dict[str, Look] = {}
    for name in package.zip.namelist():
        if not name.lower().endswith((".xml", ".rels")):
            continue
        watcher = SheetWatcher() if name in parts or "/worksheets/" in name.lower() else None
        scan(package.part(name) or b"", name=name, watcher=watcher)
        if watcher is not None and name in parts:
            looks[parts[name]] = watcher.look
    return looks


def _sheet_parts(package: Package) -> dict[str, str]:
    """Return the name of each sheet by the part that holds it."""
    folder, _slash, own = package.main.rpartition("/")
    links_name = f"{folder}/_rels/{own}.rels".removeprefix("/")
    links = {
        link.get("Id"): link.get("Target", "")
        for link in parsed(package.part(links_name) or b"<x/>", links_name)
    }
    sheets = child(parsed(package.part(package.main) or b"", package.main), "sheets")
    found = {}
    for sheet in sheets if sheets is not None else ():
        target = links.get(attribute(sheet, "id"), "")
        part = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[part] = attribute(sheet, "name") or ""
    return found


def _format_codes(package: Package) -> list[str]:
    """Return the number format of each cell style, in the order in which cells name them."""
    folder = package.main.rpartition("/")[0]
    styles = package.part(f"{folder}/styles.xml".removeprefix("/"))
    if styles is None:
        return []
    root = parsed(styles, "styles.xml")
    own = {
        attribute(f, "numFmtId"): attribute(f, "formatCode") or ""
        for f in root.iter()
        if local(f) == "numFmt"
    }
    used = child(root, "cellXfs")
    ids = [attribute(xf, "numFmtId") or "0" for xf in used if local(xf) == "xf"] if used is not None else []
    return [
        own[i] if i in own else formats.BUILTIN.get(int(i) if i.isdecimal() else 0, "General") for i in ids
    ]


def _grid(sheet: Any, look: Look | None, codes: list[str], part: Part) -> Grid:
    if sheet.end is not None and (sheet.end[0] >= MAX_ROWS or sheet.end[1] >= MAX_COLUMNS):
        raise CannotRead(
            "too_large", what=f"{sheet.end[0] + 1} x {sheet.end[1] + 1}", limit=f"{MAX_ROWS} x {MAX_COLUMNS}"
        )
    values = sheet.to_python(skip_empty_area=False)
    writer = _Writer(values, look or Look(), codes, part, _merges(sheet, values), exact=look is not None)
    return Grid(tuple(writer.rows()), tuple(writer.notes))


def _merges(sheet: Any, values: list[list[Any]]) -> dict[tuple[int, int], tuple[int, int, int, int]]:
    """Return for each cell of a merged range its first and last row and column, inside the used area."""
    height, width = len(values), max(map(len, values), default=0)
    found = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in range(top, min(bottom, height - 1) + 1):
            for column in range(left, min(right, width - 1) + 1):
                found[row, column] = (top, left, bottom, right)
    return found


@dataclass(slots=True)
class _Writer:
    """Writes the rows of one sheet."""

    values: list[list[Any]]
    look: Look
    codes: list[str]
    part: Part
    merges: dict[tuple[int, int], tuple[int, int, int, int]]
    exact: bool
    notes: list[Note] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """Yield the rows that hold text; hidden ones are left out and noted."""
        kept = [
            i
            for i, v in enumerate(self.values)
            if i not in self.look.hidden_rows or not any(_filled(x) for x in v)
        ]
        hidden = sorted(set(range(len(self.values))) - set(kept))
        gap = False
        for index in kept:
            row = self._row(index)
            if row.blank:
                gap = True
                continue
            if gap and index:
                yield Row(index, (), part=self.part, order=index)
            gap = False
            yield row
        for index in hidden:
            text = " ".join(str(x) for x in self.values[index] if _filled(x))
            self.notes.append(
                Note(
                    "hidden_row",
                    Row(index + 1, (), part=self.part, order=index + 1).at(),
                    {"text": text[:200]},
                )
            )

    def _row(self, index: int) -> Row:
        texts: list[str] = []
        spans: list[tuple[int, int]] = []
        numbers: list[int] = []
        merged: set[int] = set()
        for column, value in enumerate(self.values[index]):
            top, left, _bottom, right = self.merges.get((index, column), (index, column, index, column))
            if column > left:
                continue
            if index > top:
                merged.add(len(texts))
                value = ""
            texts.append(self._text(index, column, value))
            spans.append((column, right + 1))
            numbers.append(column + 1)
        row = Row(
            index + 1,
            tuple(texts),
            True,
            (),
            self.part,
            index + 1,
            tuple(spans),
            tuple(numbers),
            frozenset(merged),
        )
        if not row.blank and self.look.hidden_columns:
            self._note_hidden_cells(row)
        return row

    def _note_hidden_cells(self, row: Row) -> None:
        for i, text in row.filled():
            if row.numbers[i] - 1 in self.look.hidden_columns:
                self.notes.append(Note("hidden_cell", row.at(i), {"text": text}))

    def _text(self, row: int, column: int, value: Any) -> str:
        at = (row, column)
        if at in self.look.errors:
            self._note("error_cell", at, {"text": self.look.errors[at]})
            return ""
        if at in self.look.uncomputed and not _filled(value):
            self._note("uncomputed", at)
            return ""
        if value is None or value == "":
            return ""
        if isinstance(value, str):
            return value.replace("_x000D_", "").replace("\r\n", "\n").strip()
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        stored, style = self.look.numbers.get(at, ("", 0))
        code = self.codes[style] if style < len(self.codes) else "General"
        if isinstance(value, datetime | date | time | timedelta):
            return formats.date_printed(value, code if self.exact else "yyyy/m/d")
        return self._number(at, stored or repr(value), code)

    def _number(self, at: tuple[int, int], stored: str, code: str) -> str:
        try:
            number = Decimal(stored)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > formats.MAX_EXPONENT:
            self._note("odd_number", at, {"text": stored[:40]})
            return stored[:40]
        if number == number.to_integral_value() and number.adjusted() >= EXACT_DIGITS:
            self._note("long_number", at, {"text": format(number, "f")})
            return format(number, "f")
        if not self.exact and number != number.to_integral_value():
            self._note("old_excel", at, {"text": formats.general(number)})
        return formats.number_printed(number, code)

    def _note(self, kind: str, at: tuple[int, int], facts: Mapping[str, str] | None = None) -> None:
        place = Row(at[0] + 1, (), part=self.part, order=at[0] + 1).at(at[1])
        self.notes.append(Note(kind, place, dict(facts or {})))


def _filled(value: Any) -> bool:
    return value is not None and value != ""
