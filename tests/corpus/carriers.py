"""Forms → the bytes of a file: Word, Excel, comma and tab separated text, tables drawn with bars, PDF."""

import csv
import io
from collections.abc import Callable, Sequence

from openpyxl import Workbook

from tests.corpus.forms import Laid
from tests.targets.office import ABOVE, LEFT, Table, docx, fill, paragraph, saved, word_table


def _flat(table: Table) -> list[list[str]]:
    return [["" if text in (LEFT, ABOVE) or text is None else str(text) for text in row] for row in table.rows]


def word(forms: Sequence[Laid]) -> bytes:
    """Return the forms below each other in one document."""
    body = ""
    for form in forms:
        body += "".join(map(paragraph, form.above)) + word_table(form.table) + "".join(map(paragraph, form.below))
    return docx(body=body)


def sheets(forms: Sequence[Laid]) -> bytes:
    """Return a workbook with a sheet for each form."""
    book = Workbook()
    for number, form in enumerate(forms):
        sheet = book.active if number == 0 else book.create_sheet(f"表{number + 1}")
        _one_sheet(sheet, form, 1)
    return saved(book)


def stacked(forms: Sequence[Laid]) -> bytes:
    """Return a workbook with all forms below each other in one sheet."""
    book, top = Workbook(), 1
    for form in forms:
        top = _one_sheet(book.active, form, top) + 1
    return saved(book)


def _one_sheet(sheet: object, form: Laid, top: int) -> int:
    for line in form.above:
        sheet.cell(top, 1, line)
        top += 1
    top = fill(sheet, form.table, top)
    for line in form.below:
        sheet.cell(top, 1, line)
        top += 1
    return top


def _lines(forms: Sequence[Laid], row: Callable[[list[str]], str], line: Callable[[str], str]) -> bytes:
    out: list[str] = []
    for form in forms:
        out += [line(text) for text in form.above]
        out += [row(cells) for cells in _flat(form.table)]
        out += [line(text) for text in form.below] + [""]
    return "\n".join(out).encode()


def _written(cells: Sequence[str], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def commas(forms: Sequence[Laid]) -> bytes:
    """Return comma separated text; a cell of several lines stands in quotes."""
    width = max(len(row) for form in forms for row in form.table.rows)
    return _lines(forms, lambda cells: _written(cells, ","), lambda text: _written([text, *[""] * (width - 1)], ","))


def tabs(forms: Sequence[Laid]) -> bytes:
    """Return what a spreadsheet puts on the clipboard."""
    return _lines(forms, lambda cells: _written(cells, "\t"), lambda text: text)


def bars(forms: Sequence[Laid]) -> bytes:
    """Return tables drawn with bars; a line end inside a cell is a <br>."""
    return _lines(
        forms, lambda cells: "| " + " | ".join(c.replace("\n", "<br>") for c in cells) + " |", lambda text: text
    )


def paper(forms: Sequence[Laid]) -> bytes:
    """Return a PDF with a text layer, ruled lines and merged cells."""
    import typst

    source = '#set page(width: 42cm, height: 29cm, margin: 1cm)\n#set text(font: "Noto Serif SC", size: 8pt)\n'
    for form in forms:
        source += "".join(f"#{_quoted(line)}\n\n" for line in form.above) + _typst(form.table)
        source += "".join(f"#{_quoted(line)}\n\n" for line in form.below) + "#pagebreak(weak: true)\n"
    from targets.export.pdf import FONTS

    return bytes(typst.compile(source.encode(), font_paths=[str(FONTS)]))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _typst(table: Table) -> str:
    out = []
    for r, row in enumerate(table.rows):
        for c, text in enumerate(row):
            if text is LEFT or text is ABOVE:
                continue
            right, down = c, r
            while right + 1 < len(row) and row[right + 1] is LEFT:
                right += 1
            while down + 1 < len(table.rows) and table.rows[down + 1][c] is ABOVE:
                down += 1
            out.append(f"table.cell(colspan: {right - c + 1}, rowspan: {down - r + 1}, {_quoted(str(text or ''))})")
    return f"#table(columns: {max(map(len, table.rows))}, {', '.join(out)})\n\n"


CARRIERS: dict[str, tuple[str, Callable[[Sequence[Laid]], bytes]]] = {
    "docx": ("docx", word),
    "xlsx": ("xlsx", sheets),
    "stacked xlsx": ("xlsx", stacked),
    "csv": ("csv", commas),
    "tabs": ("txt", tabs),
    "bars": ("txt", bars),
    "pdf": ("pdf", paper),
}
