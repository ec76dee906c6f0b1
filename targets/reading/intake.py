"""The way of a file before it is read: scanned where a scanner is set, converted where it is old, then to a child.

`use` is told once at start what the machine has; nothing here reads settings.
"""

from dataclasses import dataclass

from targets.reading.child import grids_in_child
from targets.reading.container import OLE, is_open_document, kind_in_ole
from targets.reading.converting import converted, program
from targets.reading.grid import Grid
from targets.reading.opening import ending_of
from targets.reading.refusals import refusal
from targets.reading.result import Refusal
from targets.reading.scanning import scanned

RTF = b"{\\rtf"
CONVERTED = {"old_word": "docx", "rtf": "docx", "odt": "docx", "ods": "xlsx"}
ENDINGS = {"old_word": ("doc", "wps", "dot", "wpt"), "rtf": ("rtf", "doc"), "odt": ("odt",), "ods": ("ods",)}


@dataclass(frozen=True, slots=True)
class Tools:
    """What the machine has. `converter`: a program, "" to look for LibreOffice, "none" for none; `scanner`: clamd's
    socket, "" for none.
    """

    converter: str = ""
    scanner: str = ""


_tools = Tools()


def use(tools: Tools) -> None:
    """Read with these tools from now on; called once at start."""
    global _tools
    _tools = tools


def converts() -> bool:
    """Whether old Word files, RTF and OpenDocument are read here: whether the machine has a converter."""
    return bool(program(_tools.converter))


def refused_by_scanner(data: bytes) -> Refusal | None:
    """Return why the scanner lets a file not through, or None."""
    return scanned(data, at=_tools.scanner) if _tools.scanner else None


def kind_to_convert(data: bytes) -> str:
    """Return "old_word", "rtf", "odt", "ods" for what only a converter reads, else ""."""
    if data.startswith(OLE):
        kind = kind_in_ole(data)
        return kind if kind in CONVERTED else ""
    if data.startswith(RTF):
        return "rtf"
    return is_open_document(data)


def grids_of_file(*, name: str, data: bytes) -> list[Grid] | Refusal:
    """Return the grids of a Word, Excel, PDF or zip file, or the refusal that says why there are none.

    What is old is converted first when a converter is there and the name says the same kind; else it is refused.
    """
    kind = kind_to_convert(data)
    by = program(_tools.converter) if kind and ending_of(name) in ENDINGS[kind] else ""
    if not by:
        return grids_in_child(name=name, data=data)
    if kind == "old_word" and has_macros(data):
        return refusal("macros", what="VBA")
    to = CONVERTED[kind]
    made = converted(data, ending=ENDINGS[kind][0], to=to, by=by)
    return made if isinstance(made, Refusal) else grids_in_child(name=f"x.{to}", data=made)


def has_macros(data: bytes) -> bool:
    """Whether an OLE file has a store of macros."""
    return any(name.encode("utf-16-le") in data for name in ("_VBA_PROJECT", "Macros\0"))
