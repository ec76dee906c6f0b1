"""What reading hands back: tables with the places they were read from, problems, or one refusal.

Plain frozen values. Messages are English sentences with %(name)s places; who shows them translates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from targets.content import TableContent


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the file: line from 1, cell from 1, and the indicator's number in its table."""

    line: int
    cell: int | None = None
    row: int | None = None

    def __str__(self) -> str:
        return f"L{self.line}" if self.cell is None else f"L{self.line}:C{self.cell}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that was mended, inferred or left out; `code` is a rule id (STR-06)."""

    code: str
    severity: str
    place: Place
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not read at all, and what to do about it."""

    code: str
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadTable:
    """One table of a file. `rows` holds one place for each indicator of `content`, in the same order."""

    content: TableContent
    problems: tuple[Problem, ...]
    rows: tuple[Place, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """All tables of one file, or the reason why there are none."""

    name: str
    tables: tuple[ReadTable, ...] = ()
    refused: Refusal | None = None
