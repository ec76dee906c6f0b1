"""Ruled form → pages: which rows stand on which page, how high each is, where labels begin again. In points.

Rows are never cut unless one is longer than a page; a label is repeated with （续） where its rows cross a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from targets.export.breaking import lines_of
from targets.export.ruled import Ruled, RuledCell, RuledRow, Span

CM = 72 / 2.54
SIZE, LEADING, INSET_X, INSET_Y = 10, 5, 4, 5
NOTE_SIZE = 8
PAGE = (29.7 - 2 * 1.8) * CM
TITLE, UNDER = 24.0, 22.0
SIGNED, GAP = 2.3 * CM + 12, 8.0
BARE = 60
"""The head of the columns never stands above less than this at the foot of a page."""
SLACK = 0.1
"""Left free at the end of each line, so that rounding never breaks it again."""
LEFT, CENTER, AS_TITLE, AS_UNDER, AS_SIGNED, AS_NOTE = "left", "center", "title", "under", "signed", "note"
"""How a cell looks; form.typ knows the same words."""


@dataclass(slots=True)
class Page:
    """One page as typst sets it, one table. `heights`: of its rows; a cell is column, row, columns, rows, lines, look.

    Title, signatures and note are rows too: what typst sets apart and alike on each page makes it slow, as it looks at
    all earlier ones each time.
    """

    heights: list[float] = field(default_factory=list)
    cells: list[list[Any]] = field(default_factory=list)
    used: float = 0.0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Laid:
    """A row whose texts are broken into lines: column, columns, lines, look; and the labels beside it."""

    cells: tuple[tuple[int, int, tuple[str, ...], str], ...]
    spans: tuple[Span, ...]
    is_head: bool = False

    @property
    def lines(self) -> int:
        return max((len(cell[2]) for cell in self.cells), default=1)

    def cut(self, line: int) -> tuple["Laid", "Laid"]:
        """Return the row up to that line, and the rest of it."""
        first, rest = (tuple((c, n, lines[part], look) for c, n, lines, look in self.cells)
                       for part in (slice(line), slice(line, None)))
        return Laid(first, self.spans), Laid(rest, self.spans)


@dataclass(slots=True)
class Standing:
    """A label that stands on the page: its cell there, the row it begins in, and how high it is."""

    key: str
    cell: list[Any]
    begins: int
    height: float


def pages_of(ruled: Ruled) -> list[Page]:
    """Return the pages of a form. Linear in its text."""
    cutter = Cutter(ruled.widths_cm)
    cutter.whole(TITLE, (ruled.title,), AS_TITLE)
    cutter.whole(UNDER if ruled.under else GAP, (ruled.under,), AS_UNDER)
    for row in ruled.rows:
        cutter.row(row)
    cutter.close(())
    if ruled.signatures:
        cutter.signed(ruled.signatures)
    if ruled.note:
        note = lines_of(ruled.note, sum(cutter.widths) / NOTE_SIZE - 1)
        most = int(PAGE // (NOTE_SIZE + LEADING)) - 2
        for start in range(0, len(note), most):
            part = note[start : start + most]
            cutter.whole(len(part) * (NOTE_SIZE + LEADING) + 2 * INSET_Y, part, AS_NOTE)
    return cutter.pages


def height_of(lines: int) -> float:
    """Return how high a cell of so many lines is."""
    return lines * (SIZE + LEADING) - LEADING + 2 * INSET_Y


class Cutter:
    """Puts rows on pages from the top down."""

    def __init__(self, widths_cm: tuple[float, ...]) -> None:
        self.widths = [width * CM for width in widths_cm]
        self.pages = [Page()]
        self.head: Laid | None = None
        self.standing: dict[int, Standing] = {}
        self.printed: set[str] = set()

    def row(self, row: RuledRow) -> None:
        """Put one row on the page, or on the next when it does not fit; one longer than a page is cut."""
        cells = ((c.first, c.last - c.first + 1, self._lines(c.text, c.first, c.last),
                  CENTER if c.centered else LEFT) for c in row.cells)
        rest: Laid | None = Laid(tuple(cells), row.spans, row.is_head)
        if row.is_head:
            self.head = rest
        while rest is not None:
            rest = self._put_what_fits(rest)

    def close(self, spans: tuple[Span, ...]) -> None:
        """End the labels that are not among `spans`: the last row of one that is higher than its rows grows."""
        page = self.pages[-1]
        going_on = {span.key for span in spans}
        for column, label in list(self.standing.items()):
            if label.key not in going_on:
                lacking = label.height - sum(page.heights[label.begins :])
                if lacking > 0:
                    page.heights[-1] += lacking
                    page.used += lacking
                del self.standing[column]

    def whole(self, height: float, lines: tuple[str, ...], look: str) -> None:
        """Put something over the whole width, outside the ruled table."""
        self._add(height, [(0, len(self.widths), lines, look)])

    def signed(self, signatures: tuple[RuledCell, ...]) -> None:
        """Put the places for signatures, all on one page."""
        if self.pages[-1].used + GAP + SIGNED > PAGE:
            self.pages.append(Page())
        else:
            self.whole(GAP, (), AS_NOTE)
        self._add(SIGNED, [(c.first, c.last - c.first + 1, (c.text,), AS_SIGNED) for c in signatures])

    def _add(self, height: float, cells: Iterable[tuple[int, int, tuple[str, ...], str]]) -> None:
        if self.pages[-1].used + height > PAGE and self.pages[-1].heights:
            self.pages.append(Page())
        page = self.pages[-1]
        page.cells += ([first, len(page.heights), columns, 1, lines, look] for first, columns, lines, look in cells)
        page.heights.append(height)
        page.used += height

    def _lines(self, text: str, first: int, last: int) -> tuple[str, ...]:
        return lines_of(text, (sum(self.widths[first : last + 1]) - 2 * INSET_X - SLACK) / SIZE)

    def _put_what_fits(self, laid: Laid) -> Laid | None:
        """Put the row, or its first lines where it is longer than a page; return the rest."""
        self.close(laid.spans)
        page = self.pages[-1]
        if page.used + self._needed(laid) <= PAGE:
            self._put(laid)
            return None
        if len(page.heights) > page.repeated:
            self._turn(is_head=laid.is_head)
            return laid
        room = max(int((PAGE - page.used - 2 * INSET_Y + LEADING) // (SIZE + LEADING)), 1)
        first, rest = laid.cut(room)
        self._put(first)
        self._turn(is_head=False)
        return rest if laid.lines > room else None

    def _needed(self, laid: Laid) -> float:
        """Return the room that a row asks for: its texts, and the labels that begin beside it whole."""
        labels = (height_of(len(self._label(span))) for span in laid.spans if span.column not in self.standing)
        return max(height_of(laid.lines), *labels, 0) + (BARE if laid.is_head else 0)

    def _label(self, span: Span) -> tuple[str, ...]:
        return self._lines(span.again if span.key in self.printed else span.text, span.column, span.column)

    def _put(self, laid: Laid) -> None:
        """Write the row, and the labels that begin beside it."""
        page, n = self.pages[-1], len(self.pages[-1].heights)
        for span in laid.spans:
            if span.column not in self.standing:
                lines = self._label(span)
                label = Standing(span.key, [span.column, n, 1, 0, lines, CENTER], n, height_of(len(lines)))
                self.standing[span.column] = label
                self.printed.add(span.key)
                page.cells.append(label.cell)
            self.standing[span.column].cell[3] += 1
        self._add(height_of(laid.lines), laid.cells)

    def _turn(self, *, is_head: bool) -> None:
        self.close(())
        self.pages.append(Page())
        if self.head is not None and not is_head:
            self._put(self.head)
            self.pages[-1].repeated = 1
