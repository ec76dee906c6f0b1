"""Bytes → Grids by what the bytes are, never by the name; a name that says something else is refused or noted.

Runs inside the child process for Word, Excel and zip. A zip of files is opened one level deep.
"""

import unicodedata
import zipfile
from dataclasses import replace

from targets.reading.container import Package, container_of, ends_as_zip, kind_in_ole, open_package
from targets.reading.decoding import decode
from targets.reading.docx import grid_of as grid_of_word
from targets.reading.grid import Grid, Note, Row, from_text
from targets.reading.refusals import CannotRead, refusal
from targets.reading.result import Part, Refusal
from targets.reading.sheets import grids_of as grids_of_excel

MAX_FILES = 200
FAMILIES = {
    "word": ("docx", "doc", "wps", "dotx"),
    "excel": ("xlsx", "xls", "et", "xltx"),
    "bundle": ("zip",),
    "pdf": ("pdf",),
    "text": ("txt", "csv", "tsv", "md", "text", "tab"),
}
ENDINGS = {ending: family for family, endings in FAMILIES.items() for ending in endings}
PRINTED = {"word": "Word (docx)", "excel": "Excel (xlsx, xls)", "bundle": "zip", "pdf": "PDF", "text": "TXT, CSV"}
OFFICE = ("word", "excel", "bundle", "pdf")
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini", "~$")


def ending_of(name: str) -> str:
    """Return the ending of a file's name in lower case without its dot; "" when it has none."""
    base = unicodedata.normalize("NFKC", name).replace("。", ".").replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = base.rpartition(".")
    return ending.strip().lower() if dot and stem and len(ending) <= 8 else ""


def misnamed(name: str, family: str) -> Refusal | None:
    """Return the refusal of a file whose name says another kind than `family`, or None.

    A text may bear any name but that of Word, Excel or zip; those three must bear one of their own.
    """
    ending = ending_of(name)
    says = ENDINGS.get(ending)
    if not ending and family in OFFICE:
        return refusal("no_ending", kind=PRINTED[family])
    if not ending or says == family or (family == "text" and says not in OFFICE):
        return None
    return refusal("wrong_name", ends=f".{ending}", kind=PRINTED[family])


def grids_in(*, name: str, data: bytes, file: str = "") -> list[Grid] | Refusal:
    """Return the grids of a file of any kind. `file` is its name inside a zip.

    Raises: CannotRead with the reason why the file is not opened.
    """
    container = container_of(data)
    if container == "zip":
        return _from_zip(name, data, file)
    if container == "pdf":
        return misnamed(name, "pdf") or _from_pdf(data, file)
    if container == "ole":
        return _from_ole(name, data, file)
    text = decode(data)
    if isinstance(text, Refusal):
        return text
    wrong = misnamed(name, "text")
    if wrong is not None:
        return wrong
    grid = from_text(text)
    if isinstance(grid, Refusal):
        return grid
    part = Part("text", "", file)
    notes = (replace(note, place=replace(note.place, part=part)) for note in grid.notes)
    return [Grid(tuple(replace(row, part=part) for row in grid.rows), tuple(notes))]


def _from_zip(name: str, data: bytes, file: str) -> list[Grid] | Refusal:
    package = open_package(data)
    if package.kind == "bundle" and file:
        raise CannotRead("nested_zip", what=file[:80])
    wrong = misnamed(name, package.kind)
    if wrong is not None:
        return wrong
    if package.kind == "bundle":
        return _from_bundle(package)
    if package.kind == "word":
        return [grid_of_word(package, file=file)]
    return grids_of_excel(data, package=package, file=file)


def _from_pdf(data: bytes, file: str) -> list[Grid]:
    if ends_as_zip(data):
        raise CannotRead("disguised", what="PDF + zip")
    from targets.reading.pdf import grid_of  # a tenth of a second to load, and most files are no PDF

    return [grid_of(data, file=file)]


def _from_ole(name: str, data: bytes, file: str) -> list[Grid] | Refusal:
    kind = kind_in_ole(data)
    if kind == "encrypted":
        raise CannotRead("encrypted")
    if kind != "old_excel":
        cut_off = not kind and ENDINGS.get(ending_of(name)) == "excel"
        raise CannotRead("damaged", what="OLE") if cut_off else CannotRead("old_format")
    return misnamed(name, "excel") or grids_of_excel(data, package=None, file=file)


def _from_bundle(package: Package) -> list[Grid] | Refusal:
    """Return the grids of all files of a zip; one that is refused is noted at the first that was read."""
    members = [(info, _name_of(info)) for info in package.zip.infolist() if not info.is_dir()]
    members = [(info, name) for info, name in members if not _is_litter(name)]
    nested = next((name for _info, name in members if ending_of(name) in ("zip", "rar", "7z")), None)
    if nested is not None:
        raise CannotRead("nested_zip", what=nested[:80])
    if len(members) > MAX_FILES:
        raise CannotRead("too_large", what=str(len(members)), limit=str(MAX_FILES))
    grids: list[Grid] = []
    refused: list[tuple[str, Refusal]] = []
    for info, name in members:
        try:
            found = grids_in(name=name, data=package.part(info.filename) or b"", file=name)
        except CannotRead as wrong:
            found = wrong.refusal
        if isinstance(found, Refusal):
            refused.append((name, found))
        else:
            grids += found
    if not grids:
        return refused[0][1] if refused else refusal("empty_zip")
    notes = tuple(
        Note(
            "member_refused",
            Row(1, (), part=Part("text", "", name)).at(),
            {**why.facts, "file": name, "because": why.message},
        )
        for name, why in refused
    )
    return [Grid(grids[0].rows, (*grids[0].notes, *notes)), *grids[1:]]


def _is_litter(name: str) -> bool:
    return any(word in name for word in LITTER[:1]) or name.rpartition("/")[2].startswith(LITTER[1:])


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Windows programs write it in GBK without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return name
    return name
