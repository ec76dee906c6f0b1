"""Ruled form → Word and Excel: any form of the house that is not the target table itself, every cell a text.

The target table has writers of its own (export.docx, export.xlsx), because what they print is read back.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from targets.export import docx
from targets.export.layout import SIGNED_ON
from targets.export.ruled import Ruled, RuledCell
from targets.export.xlsx import CHARACTERS_A_CM, LEAST_POINTS, LINE_POINTS, MOST_POINTS, OPTIONS, lines_of, sheet_name


@dataclass(frozen=True, slots=True)
class Placed:
    """One cell in its row: from column `first` to `last`, over `rows` rows; 0 rows where it stands above."""

    text: str
    first: int
    last: int
    centered: bool
    rows: int = 1


def placed(ruled: Ruled) -> Iterator[list[Placed]]:
    """Yield the rows with their cells in the order of the columns; labels say over how many rows they go."""
    keys = [{span.key for span in row.spans} for row in ruled.rows]
    for n, row in enumerate(ruled.rows):
        cells = [Placed(cell.text, cell.first, cell.last, cell.centered) for cell in row.cells]
        for span in row.spans:
            begins = n == 0 or span.key not in keys[n - 1]
            rows = next((k for k in range(n, len(keys)) if span.key not in keys[k]), len(keys)) - n if begins else 0
            cells.append(Placed(span.text, span.column, span.column, True, rows))
        yield sorted(cells, key=lambda cell: cell.first)


def ruled_docx(ruled: Ruled, now: datetime) -> bytes:
    """Return the form as a docx of one section of A4; its zip is dated `now`."""
    widths = tuple(round(width * docx.TWIPS_A_CM) for width in ruled.widths_cm)
    rows = [docx.row_of("".join(_docx_cell(cell, widths) for cell in cells)) for cells in placed(ruled)]
    body = docx.paragraph(ruled.title, align="center", size=36, bold=True)
    if ruled.under:
        body += docx.paragraph(ruled.under, align="center", size=24)
    body += docx.table_of(rows, widths)
    if ruled.signatures:
        body += docx.paragraph("", size=8) + _signatures(ruled.signatures, widths)
    if ruled.note:
        body += docx.paragraph(ruled.note, size=16)
    return docx.packed(body, ruled.mark, now)


def _docx_cell(cell: Placed, widths: Sequence[int]) -> str:
    down = "" if cell.rows == 1 else '<w:vMerge w:val="restart"/>' if cell.rows else "<w:vMerge/>"
    text = cell.text if cell.rows else ""
    return docx.cell_of(text, cell.first, cell.last, align="center" if cell.centered else "left", down=down,
                        widths=widths)


def _signatures(signatures: Sequence[RuledCell], widths: Sequence[int]) -> str:
    own = [sum(widths[one.first : one.last + 1]) for one in signatures]
    return docx.signatures_of([one.text for one in signatures], own)


def ruled_xlsx(ruled: Ruled, now: datetime) -> bytes:
    """Return the form as an xlsx of one sheet; its properties say that it was made `now`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"title": ruled.name[:255], "created": now.replace(tzinfo=None)})
        write_ruled(book, ruled)
    return out.getvalue()


def write_ruled(book: Any, ruled: Ruled) -> tuple[Any, int]:
    """Write the form on a sheet of its own; return the sheet, and the row in which the form's first row stands."""
    sheet = book.add_worksheet(sheet_name(ruled.name))
    base = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter", "text_wrap": True, "num_format": "@"}
    looks = {centered: book.add_format({**base, "border": 1, "align": "center" if centered else "left"})
             for centered in (True, False)}
    title = book.add_format({**base, "font_size": 18, "bold": True, "align": "center"})
    last = len(ruled.widths_cm) - 1
    for column, width in enumerate(ruled.widths_cm):
        sheet.set_column(column, column, width * CHARACTERS_A_CM)
    _cell(sheet, 0, Placed(ruled.title, 0, last, True), title)
    sheet.set_row(0, 32)
    if ruled.under:
        _cell(sheet, 1, Placed(ruled.under, 0, last, True), book.add_format({**base, "align": "center"}))
    first = at = 2 if ruled.under else 1
    for at, cells in enumerate(placed(ruled), start=first):
        for cell in cells:
            if cell.rows:
                _cell(sheet, at, cell, looks[cell.centered])
        lines = [lines_of(cell.text, sum(ruled.widths_cm[cell.first : cell.last + 1]))
                 for cell in cells if cell.rows == 1]
        sheet.set_row(at, min(max(LEAST_POINTS, max(lines, default=1) * LINE_POINTS + 6), MOST_POINTS))
    for one in ruled.signatures:
        _cell(sheet, at + 2, Placed(f"{one.text}\n\n\n{SIGNED_ON}", one.first, one.last, False), looks[False])
        sheet.set_row(at + 2, 5 * LINE_POINTS)
    if ruled.note:
        _cell(sheet, at + 3, Placed(ruled.note, 0, last, False), book.add_format({**base, "font_size": 8}))
        sheet.set_row(at + 3, 2 * LINE_POINTS)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    said = ruled.mark.replace("&", "&&") + "　" if ruled.mark else ""
    sheet.set_footer(f"&C&9{said}第 &P 页，共 &N 页")
    sheet.ignore_errors({"number_stored_as_text": "A1:Z1048576"})
    return sheet, first


def _cell(sheet: Any, row: int, cell: Placed, look: Any) -> None:
    if cell.first != cell.last or cell.rows > 1:
        sheet.merge_range(row, cell.first, row + cell.rows - 1, cell.last, "", look)
    sheet.write_string(row, cell.first, cell.text, look)
