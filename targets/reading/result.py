"""What reading hands back: tables with the places they were read from, problems, or one refusal.

Plain frozen values. Messages are English sentences with %(name)s places; who shows them translates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from targets.content import TableContent

if TYPE_CHECKING:
    from targets.reading.grid import Row


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a file that a row stands in. `kind`: "text", "table" (Word), "paragraph" (Word) or "sheet" (Excel).

    `name` is the number of the Word table ("3", "2.1" when nested), the page of a PDF ("p2", "p2.2" for its second
    table) or the sheet's name; `file` the file inside a zip.
    """

    kind: str = "text"
    name: str = ""
    file: str = ""

    def written(self, line: int, cell: int | None) -> str:
        """Return a place in this part as people write it: L30:C2, T3:R5:C2, p2:R5:C2, P7, 目标表!C5."""
        file = f"{self.file}/" if self.file else ""
        if self.kind == "sheet":
            return f"{file}{self.name}!{column_letters(cell) if cell else ''}{line}"
        if self.kind == "paragraph":
            return f"{file}{self.name}:P{line}" if self.name else f"{file}P{line}"
        name = self.name if self.name.startswith("p") else f"T{self.name}"
        row = f"{name}:R{line}" if self.kind == "table" else f"L{line}"
        return f"{file}{row}" if cell is None else f"{file}{row}:C{cell}"


TEXT = Part()


def column_letters(number: int) -> str:
    """Return the letters of a sheet's column: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file: line (row) from 1, cell from 1, and the indicator's number in its table.

    `order` counts the rows of the whole file, so that places of several parts can be sorted.
    """

    line: int
    cell: int | None = None
    row: int | None = None
    part: Part = TEXT
    order: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.part.written(self.line, self.cell)


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend the machine can make, in the shape of a check's: "write" `text` at `place` ("indicator 3 name",
    "funds.total"), "move" a row to the category `text`, "delete" a row."""

    kind: str
    place: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that was mended, inferred or left out; `code` is a rule id (STR-06).

    `fixes` belong together: made in their order they mend it. They are proposed, never made while reading.
    """

    code: str
    severity: str
    place: Place
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not read at all, and what to do about it."""

    code: str
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)


def filled(message: str, facts: Mapping[str, str], translate: Callable[[str], str]) -> str:
    """Return a message in the language of `translate` with its facts; the fact "because" is such a message itself."""
    if "because" in facts:
        facts = {**facts, "because": translate(facts["because"]) % facts}
    return translate(message) % facts


@dataclass(frozen=True, slots=True)
class ReadTable:
    """One table of a file. `rows` holds one place for each indicator of `content`, in the same order.

    `source` are the rows it was read from, as they stand in the file, title and year included.
    """

    content: TableContent
    problems: tuple[Problem, ...]
    rows: tuple[Place, ...]
    line: int
    source: tuple["Row", ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All tables of one file, or the reason why there are none."""

    name: str
    tables: tuple[ReadTable, ...] = ()
    refused: Refusal | None = None
