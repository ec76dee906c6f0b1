"""Text → Grid: rows of cells with the line they stand on. Knows separators and limits, nothing of the form.

A reader of another format (docx, xlsx) makes the same Grid; everything after it stays as it is.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from targets.reading.columns import aligned
from targets.reading.markup import clean
from targets.reading.result import TEXT, Part, Place, Refusal
from workflow.text import _

MAX_LINES = 60_000
MAX_LINE = 100_000
MAX_CELLS = 200
MIN_BARS = 4
RULER = re.compile(r"^[\s|:+=\u2500-\u257f-]*[-=\u2500-\u2570]{2,}[\s|:+=\u2500-\u257f-]*$")
"""A line that is only drawn: dashes, or the signs of boxes."""
LISTED = {sign: re.compile(rf"项目名称\s*{sign}|一级指标\s*{sign}") for sign in ",;"}
OPEN_QUOTE = {sign: re.compile(rf'(?:^|{sign})"') for sign in "\t,;"}
MAX_QUOTED = 60
"""Most lines that one cell in quotes holds."""
BREAK = re.compile(r"<br\s*/?>", re.I)
BAR_SIGNS = re.compile("[|｜│┃║]")
WIDE_GAP = re.compile(r"[ \u3000]{2,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line (from 1), its cells as on paper, and which cells carried markup (index, raw text).

    `separated` is false for a line of running text that holds no separator at all. Word and Excel add: the `part`
    of the file, the row's `order` in the whole file, `spans` (start and end column of each cell on the part's common
    grid), `numbers` (each cell's number in its row, where cells and columns differ) and `merged` (indexes of cells
    that belong to a cell above).
    """

    line: int
    cells: tuple[str, ...]
    separated: bool = True
    markup: tuple[tuple[int, str], ...] = ()
    part: Part = TEXT
    order: int = 0
    spans: tuple[tuple[int, int], ...] = ()
    numbers: tuple[int, ...] = ()
    merged: frozenset[int] = frozenset()

    @property
    def blank(self) -> bool:
        """Whether no cell holds text."""
        return not any(self.cells)

    def filled(self, start: int = 0) -> list[tuple[int, str]]:
        """Return the cells that hold text, with their index, from `start` on."""
        return [(i, text) for i, text in enumerate(self.cells) if text and i >= start]

    def at(self, index: int | None = None, row: int | None = None) -> Place:
        """Return the place of this row, or of the cell with this index; `row` is the number of the indicator."""
        number = None if index is None else self.numbers[index] if index < len(self.numbers) else index + 1
        return Place(self.line, number, row, self.part, self.order or self.line)

    def moved(self, cells: Sequence[str], origins: Sequence[int]) -> "Row":
        """Return this row with other cells; `origins` names for each the index of the cell that it came from."""
        numbers = tuple(self.numbers[i] if i < len(self.numbers) else i + 1 for i in origins)
        merged = frozenset(n for n, i in enumerate(origins) if i in self.merged)
        kept = {i: n for n, i in reversed(list(enumerate(origins)))}
        markup = tuple((kept[i], raw) for i, raw in self.markup if i in kept)
        return replace(self, cells=tuple(cells), numbers=numbers, merged=merged, spans=(), markup=markup)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a grid maker noticed: the kind of problem, where, and its facts."""

    kind: str
    place: Place
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """All rows of one file or sheet, blank ones too: a blank row inside a table is a page break."""

    rows: tuple[Row, ...]
    notes: tuple[Note, ...] = ()


def from_text(text: str) -> Grid | Refusal:
    """Return the grid of a text whose cells are divided by tabs, bars or wide gaps, or why it is none."""
    if text.count("\n") >= MAX_LINES:
        return Refusal(
            "too_large",
            _("The file has more than %(limit)s lines. Split it into several files."),
            {"limit": str(MAX_LINES)},
        )
    lines = text.split("\n")
    too_long = next(
        (
            n
            for n, line in enumerate(lines, 1)
            if (len(line) > MAX_LINE and len(line.strip()) > MAX_LINE)
            or (line.count("\t") > MAX_CELLS and line.rstrip("\t \r").count("\t") > MAX_CELLS)
        ),
        None,
    )
    if too_long is not None:
        return Refusal(
            "too_large",
            _(
                "Line %(line)s is longer than any line of a target table can be (%(limit)s "
                "characters, %(cells)s cells). Save the table again, one row a line."
            ),
            {"line": str(too_long), "limit": str(MAX_LINE), "cells": str(MAX_CELLS)},
        )
    split = _splitter(text)
    laid = aligned(lines) if split == " " else {}
    found = [(line, _row(n, line, split, laid.get(n - 1))) for n, line in _joined(lines, split)]
    left_open = [row for line, row in found if split in OPEN_QUOTE and _opens_quote(line, split)]
    notes = tuple(Note("open_quote", row.at(), {"text": row.cells[-1][:80]}) for row in left_open if row.cells)
    return Grid(tuple(row for _line, row in found), notes)


def _opens_quote(line: str, split: str) -> bool:
    return line.count('"') % 2 == 1 and bool(OPEN_QUOTE[split].search(line))


def _joined(lines: list[str], split: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number; a cell in quotes that goes on below makes one line of several."""
    if split not in OPEN_QUOTE:
        yield from enumerate(lines, 1)
        return
    number = 0
    while number < len(lines):
        line, end = lines[number], number + 1
        if _opens_quote(line, split):
            closing = range(end, min(len(lines), end + MAX_QUOTED))
            close = next((n for n in closing if lines[n].count('"') % 2), None)
            if close is not None:
                line, end = "\n".join(lines[number : close + 1]), close + 1
        yield number + 1, line
        number = end


def _splitter(text: str) -> str:
    tabs, bars = text.count("\t"), len(BAR_SIGNS.findall(text))
    if bars > max(tabs, MIN_BARS):
        return "|"
    return "\t" if tabs else next((sign for sign in ",;" if LISTED[sign].search(text)), " ")


def _row(number: int, line: str, split: str, laid: list[str] | None = None) -> Row:
    if not line or line.isspace():
        return Row(number, ())
    parts = laid or _parts(line, split)
    cells, markup = [], []
    for index, part in enumerate(parts):
        text, marked = clean(part)
        cells.append(text)
        if marked:
            markup.append((index, part.strip()))
    while cells and not cells[-1]:
        cells.pop()
    return Row(number, tuple(cells), len(parts) > 1, tuple(markup))


def _parts(line: str, split: str) -> list[str]:
    if split == "|":
        line = BREAK.sub("\n", line)
        if RULER.match(line):
            return []
        line = BAR_SIGNS.sub("|", line)
        bare = line.strip()
        return bare.removeprefix("|").removesuffix("|").split("|") if "|" in bare else [bare]
    if split in LISTED:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=split), [])
    if split == "\t" and "\n" in line:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter="\t"), [])
    if split == " ":
        return WIDE_GAP.split(line.rstrip())
    return line.rstrip("\t \r").split("\t") if line.rstrip("\t \r").count("\t") else _lone(line)


def _lone(line: str) -> list[str]:
    """A line whose only tabs stand after its text is still a row of a table, not running text."""
    text = line.rstrip("\t \r")
    return [text, ""] if "\t" in line else [text]
