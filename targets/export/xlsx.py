"""Form → Excel: the official table on one sheet, every cell a text, and the version in the foot of the printed page.

Nothing becomes a formula, a link or a number on its own: "=1+1" and "www.…" stay what was typed.
"""

import io
import re
from datetime import datetime
from math import ceil
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from targets.export.glyphs import rare_in
from targets.export.layout import SIDE, SIGNATURES, SIGNED_ON, WIDTHS_CM, Cell, Form

OPTIONS = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
CHARACTERS_A_CM = 5.1
"""Width of a column in Excel's measure, a digit of the default font, for each centimetre."""
WIDE_A_CM = 2.7
"""Chinese characters of 10.5 points in one centimetre."""
LINE_POINTS, LEAST_POINTS, MOST_POINTS = 15, 24, 409
NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
MOST_SHEET_NAME = 31
FIRST = 2
"""The row of the sheet in which the form begins, below title and year."""


def xlsx_of(form: Form, now: datetime) -> bytes:
    """Return the form as an xlsx of one sheet; its properties say that it was made `now`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"title": form.project_name[:255], "created": now.replace(tzinfo=None)})
        write_form(book, form)
    return out.getvalue()


def write_form(book: Any, form: Form) -> Any:
    """Write the form on a sheet of its own and return the sheet."""
    sheet = book.add_worksheet(sheet_name(form.project_name))
    writer = Writer(book, sheet)
    writer.title(form)
    below = writer.head(form)
    last = writer.lines(form, below)
    if form.mark is not None:
        last = writer.signatures(last + 1)
    if note := rare_in(form):
        writer.note(last + 2, note)
    set_page(sheet, form, head_row=below)
    return sheet


def sheet_name(project_name: str) -> str:
    """Return a name that Excel takes for a sheet."""
    return NO_SHEET_NAME.sub("", project_name.replace("\n", " ")[:MOST_SHEET_NAME]).strip() or "绩效目标表"


def set_page(sheet: Any, form: Form, *, head_row: int) -> None:
    """Set paper, margins, the head that is repeated on each page, and the foot."""
    for column, width in enumerate(WIDTHS_CM):
        sheet.set_column(column, column, width * CHARACTERS_A_CM)
    sheet.set_paper(9)
    sheet.set_portrait()
    sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head_row)
    sheet.hide_gridlines(2)
    said = form.mark.line.replace("&", "&&") + "　" if form.mark else ""
    sheet.set_footer(f"&C&9{said}第 &P 页，共 &N 页")
    sheet.ignore_errors({"number_stored_as_text": "A1:E1048576"})


class Writer:
    """Writes the parts of one form on one sheet, top down."""

    def __init__(self, book: Any, sheet: Any) -> None:
        self.sheet = sheet
        base = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter", "text_wrap": True, "num_format": "@"}
        framed = {**base, "border": 1}
        self.plain = book.add_format({**framed, "align": "left"})
        self.label = book.add_format({**framed, "align": "center"})
        self.bold = book.add_format({**framed, "align": "center", "bold": True})
        self.top = book.add_format({**base, "font_size": 18, "bold": True, "align": "center"})
        self.year = book.add_format({**base, "font_size": 12, "align": "center"})
        self.small = book.add_format({**base, "font_size": 8, "align": "left"})
        self.signature = book.add_format({**framed, "align": "left", "valign": "top"})

    def cell(self, row: int, first: int, last: int, text: str, look: Any, *, rows: int = 1) -> None:
        """Write one text into a cell, merged where it covers several."""
        if first != last or rows > 1:
            self.sheet.merge_range(row, first, row + rows - 1, last, "", look)
        if text:
            self.sheet.write_string(row, first, text, look)
        else:
            self.sheet.write_blank(row, first, None, look)

    def height(self, row: int, *texts: tuple[str, int, int]) -> None:
        """Make the row as high as the longest of its texts needs; Excel does not do so where cells are merged."""
        lines = max(lines_of(text, sum(WIDTHS_CM[first : last + 1])) for text, first, last in texts)
        self.sheet.set_row(row, min(max(LEAST_POINTS, lines * LINE_POINTS + 6), MOST_POINTS))

    def title(self, form: Form) -> None:
        self.cell(0, 0, 4, form.title, self.top)
        self.cell(1, 0, 4, form.year_line, self.year)
        self.sheet.set_row(0, 32)

    def head(self, form: Form) -> int:
        """Write the upper part and the head of the columns; return the row of that head."""
        for n, row in enumerate(form.head):
            for cell in row:
                look = self.label if cell.is_label and cell.first != 1 else self.plain
                self.cell(FIRST + n, cell.first, cell.last, cell.text, look, rows=cell.rows)
            self.height(FIRST + n, *(_extent(cell) for cell in row if cell.rows == 1))
        below = FIRST + len(form.head)
        for column, text in enumerate(form.columns):
            self.cell(below, column, column, text, self.bold)
        self.sheet.set_row(below, LEAST_POINTS)
        return below

    def lines(self, form: Form, below: int) -> int:
        """Write the indicators under the head; return the last row."""
        self.cell(below + 1, 0, 0, SIDE, self.label, rows=len(form.lines))
        for n, line in enumerate(form.lines, start=below + 1):
            if line.family_rows:
                self.cell(n, 1, 1, line.family, self.label, rows=line.family_rows)
            if line.category_rows:
                self.cell(n, 2, 2, line.category, self.label, rows=line.category_rows)
            self.cell(n, 3, 3, line.name, self.plain)
            self.cell(n, 4, 4, line.value, self.plain)
            alone = [(line.category, 2, 2)] if line.category_rows == 1 else []
            self.height(n, (line.name, 3, 3), (line.value, 4, 4), *alone)
        return below + len(form.lines)

    def note(self, row: int, text: str) -> None:
        """Write what is to be said of the form below it."""
        self.cell(row, 0, 4, text, self.small)
        self.sheet.set_row(row, 2 * LINE_POINTS)

    def signatures(self, row: int) -> int:
        """Write the fields for signatures and stamps below the table; return the last row."""
        self.sheet.set_row(row, 6)
        for text, first, last in zip(SIGNATURES, (0, 3, 4), (2, 3, 4), strict=True):
            self.cell(row + 1, first, last, f"{text}\n\n\n\n{SIGNED_ON}", self.signature)
        self.sheet.set_row(row + 1, 6 * LINE_POINTS)
        return row + 1


def _extent(cell: Cell) -> tuple[str, int, int]:
    return cell.text, cell.first, cell.last


def lines_of(text: str, width_cm: float) -> int:
    """Return about how many lines a text takes in a column of this width; a Latin letter is half as wide."""
    room = max(width_cm * WIDE_A_CM - 0.8, 1)
    return sum(max(1, ceil(sum(1 if ord(c) > 0x2E7F else 0.55 for c in line) / room)) for line in text.split("\n"))
