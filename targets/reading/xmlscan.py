"""A streaming look at an XML part before a tree of it is built: no DOCTYPE, no depth, no size that no table has.

Watchers count what one format limits (cells of Word, cells of a sheet) in the same pass.
"""

from collections.abc import Mapping
from typing import Protocol
from xml.parsers import expat

from targets.reading.refusals import CannotRead

MAX_DEPTH = 256
MAX_ATTRIBUTE = 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELLS = 500_000
MAX_SPAN = 63


class Watcher(Protocol):
    """What looks on while a part is scanned. Names come without namespace."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text of an element."""


def scan(part: bytes, *, name: str, watcher: Watcher | None = None) -> None:
    """Read through an XML part once. Raises: CannotRead when it is no XML or oversteps a limit."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise CannotRead("bad_xml", what=f"{name[:80]}: {MAX_DEPTH}")
        if any(len(text) > MAX_ATTRIBUTE for text in attributes.values()):
            raise CannotRead("too_large", what=name[:80], limit=f"{MAX_ATTRIBUTE // 1024} KB")
        if watcher is not None:
            watcher.start(
                element.rpartition(" ")[2], {k.rpartition(" ")[2]: v for k, v in attributes.items()}
            )

    def end(element: str) -> None:
        nonlocal depth
        depth -= 1
        if watcher is not None:
            watcher.end(element.rpartition(" ")[2])

    def doctype(*_found: object) -> None:
        raise CannotRead("bad_xml", what=f"{name[:80]}: DOCTYPE")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    if watcher is not None:
        parser.CharacterDataHandler = watcher.text
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError, LookupError) as wrong:
        raise CannotRead("damaged", what=name[:80]) from wrong


class WordWatcher:
    """Counts rows and cells of the tables in a Word part."""

    def __init__(self) -> None:
        self.rows = self.cells = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Count; refuse what no page holds."""
        if name == "tc":
            self.cells += 1
        elif name == "tr":
            self.rows += 1
        elif name in ("gridSpan", "gridBefore", "gridAfter"):
            span = attributes.get("val", "1").strip()
            if not span.isdecimal() or len(span) > 3 or int(span) > MAX_SPAN:
                raise CannotRead("too_large", what=f"{name} {span[:20]}", limit=str(MAX_SPAN))
        if self.rows > MAX_ROWS or self.cells > MAX_CELLS:
            raise CannotRead(
                "too_large", what=f"{self.rows} / {self.cells}", limit=f"{MAX_ROWS} / {MAX_CELLS}"
            )

    def end(self, name: str) -> None:
        """Nothing to do."""

    def text(self, text: str) -> None:
        """Nothing to do."""
