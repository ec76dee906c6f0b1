"""A ruled form before it is cut into pages: title, rows of cells, labels that span rows, signatures, what stands below.

Every form of the house is one of these: the target table (`ruled_of`) and the review sheet (export.sheet). Pure.
"""

from dataclasses import dataclass

from targets.export.glyphs import missing_in
from targets.export.layout import SIDE, SIGNATURES, WIDTHS_CM, Form

NO_GLYPH = "以下文字没有字形，印为方框："


@dataclass(frozen=True, slots=True)
class RuledCell:
    """One cell of a row, from column `first` to column `last`."""

    text: str
    first: int
    last: int
    centered: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A label in one column over all following rows with the same `key`; `again`: as repeated after a page break."""

    key: str
    column: int
    text: str
    again: str


@dataclass(frozen=True, slots=True)
class RuledRow:
    """One row. `is_head`: it names the columns and is repeated on each page that follows."""

    cells: tuple[RuledCell, ...]
    spans: tuple[Span, ...] = ()
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class Ruled:
    """One form. `name`: what the file is of; `mark`: the line at the foot of each page; `note`: below the table."""

    title: str
    under: str
    name: str
    widths_cm: tuple[float, ...]
    rows: tuple[RuledRow, ...]
    signatures: tuple[RuledCell, ...] = ()
    mark: str = ""
    note: str = ""


SIGNED_CELLS = tuple(
    RuledCell(text, first, last) for text, first, last in zip(SIGNATURES, (0, 3, 4), (2, 3, 4), strict=True)
)
"""Under the table: the first over three columns."""


def ruled_of(form: Form) -> Ruled:
    """Return the target table as a ruled form; below it the characters that the font cannot print."""
    missing = "、".join(one.words for one in missing_in(form))
    head = RuledRow(tuple(RuledCell(text, n, n, True) for n, text in enumerate(form.columns)), is_head=True)
    return Ruled(
        title=form.title, under=form.year_line, name=form.project_name, widths_cm=WIDTHS_CM,
        rows=(*_upper(form), head, *_lines(form)), signatures=SIGNED_CELLS if form.mark else (),
        mark=form.mark.line if form.mark else "", note=NO_GLYPH + missing if missing else "",
    )  # fmt: skip


def _upper(form: Form) -> list[RuledRow]:
    (money,) = (cell.text for cell in form.head[form.funds_row] if cell.rows > 1)
    span = Span("money", 0, money, money)
    found = []
    for n, row in enumerate(form.head):
        cells = tuple(RuledCell(c.text, c.first, c.last, c.is_label and c.first != 1) for c in row if c.rows == 1)
        found.append(RuledRow(cells, (span,) if form.funds_row <= n < form.funds_row + 3 else ()))
    return found


def _lines(form: Form) -> list[RuledRow]:
    found, side = [], Span("side", 0, SIDE, SIDE)
    family = category = side
    for n, line in enumerate(form.lines):
        if line.family_rows:
            family = Span(f"family{n}", 1, line.family, line.family_again)
        if line.category_rows:
            category = Span(f"category{n}", 2, line.category, line.category_again)
        cells = (RuledCell(line.name, 3, 3), RuledCell(line.value, 4, 4))
        found.append(RuledRow(cells, (side, family, category)))
    return found
