"""What a file is by its first bytes, and whether its zip may be opened, by the central directory alone.

Runs before any table is read. The limits follow the project's note on bad uploads; each is far above a real table.
"""

import io
import re
import stat
import struct
import zipfile
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]

from targets.reading.refusals import CannotRead
from targets.reading.xmlscan import scan

MAX_MEMBERS = 2_000
MAX_MEMBER_BYTES = 50 * 1024 * 1024
MAX_TOTAL_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
RATIO_FROM_BYTES = 1024 * 1024
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PDF = b"%PDF-"
END = b"PK\x05\x06"
LOCAL = struct.Struct("<4s5H3I2H")
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ODD_NAME = re.compile(r"(?:^|/)\.\.(?:/|$)|^/|^[A-Za-z]:|\\|\0")
MACROS = re.compile(r"vbaproject|vbadata|(?:^|/)activex", re.I)
EMBEDDED = re.compile(r"(?:^|/)embeddings/", re.I)
OFFICE_DOCUMENT = "/officeDocument"
FETCHED_NEVER = ("/hyperlink", "/image")
MAIN_KINDS = (
    ("macroEnabled", "macros"),
    ("wordprocessingml.document.main", "word"),
    ("wordprocessingml.template.main", "word"),
    ("spreadsheetml.sheet.main", "excel"),
    ("spreadsheetml.template.main", "excel"),
)
OLE_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "old_word"),
    ("Workbook", "old_excel"),
    ("Book", "old_excel"),
)


@dataclass(frozen=True, slots=True)
class Package:
    """An opened zip. `kind` is "word", "excel" or "bundle" (a plain zip of files); `main` the main part's name."""

    zip: zipfile.ZipFile
    kind: str
    main: str = ""

    def part(self, name: str) -> bytes | None:
        """Return the bytes of one part, or None when there is none. Raises: CannotRead when it is damaged."""
        try:
            return self.zip.read(name)
        except KeyError:
            return None
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as wrong:
            raise CannotRead("damaged", what=name) from wrong
        except Exception as wrong:  # zlib.error has no common base with the above
            raise CannotRead("damaged", what=name) from wrong


def container_of(data: bytes) -> str:
    """Return "zip", "ole", "pdf" or "" by the first bytes alone."""
    if data.startswith((ZIP, END)):
        return "zip"
    if data.startswith(PDF):
        return "pdf"
    return "ole" if data.startswith(OLE) else ""


def ends_as_zip(data: bytes) -> bool:
    """Whether the bytes end as a zip does, whatever they begin with: two files in one."""
    end = data.rfind(END, max(0, len(data) - 70_000))
    comment = int.from_bytes(data[end + 20 : end + 22], "little")
    return end >= 0 and len(data) >= end + 22 and end + 22 + comment == len(data)


def is_open_document(data: bytes) -> str:
    """Return "odt" or "ods" for a file of OpenDocument by its first member, which says what it is, else ""."""
    if data[30:38] != b"mimetype" or not data.startswith(ZIP):
        return ""
    kinds = {b"text": "odt", b"spreadsheet": "ods"}
    return next((kind for word, kind in kinds.items() if data[38:].startswith(OPEN_DOCUMENT + word)), "")


def kind_in_ole(data: bytes) -> str:
    """Return "encrypted", "old_word", "old_excel" or "" by the names of the streams in an OLE file."""
    return next((kind for name, kind in OLE_STREAMS if name.encode("utf-16-le") + b"\0\0" in data), "")


def open_package(data: bytes) -> Package:
    """Return the zip in `data` when it may be opened, with the kind of what is in it.

    Raises: CannotRead when it is damaged, encrypted, too large unpacked, contradicts itself, or holds what is
    never opened (macros, embedded files, links outside).
    """
    archive = _opened(data)
    infos = archive.infolist()
    _check_sizes(infos)
    _check_members(infos)
    _check_layout(infos, data)
    names = {info.filename for info in infos}
    if "[Content_Types].xml" not in names:
        if "mimetype" in names and "content.xml" in names:
            raise CannotRead("not_supported", what="OpenDocument (.odt, .ods)")
        return Package(archive, "bundle")
    _check_office(names)
    package = Package(archive, "bundle")
    for info in infos:
        if info.filename.lower().endswith(".rels"):
            _check_links(package.part(info.filename) or b"", info.filename)
    return _office(package)


def _opened(data: bytes) -> zipfile.ZipFile:
    end = data.rfind(END)
    if end < 0 or len(data) < end + 22:
        raise CannotRead("damaged", what="zip")
    disk, _cd, here, count, _size, _at, comment = struct.unpack("<4H2IH", data[end + 4 : end + 22])
    if end + 22 + comment != len(data):
        raise CannotRead("disguised", what="zip")
    if count > MAX_MEMBERS or here != count or disk:
        raise CannotRead("too_large", what=str(count), limit=str(MAX_MEMBERS))
    if count == 0:
        raise CannotRead("empty_zip")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception as wrong:  # zipfile lets struct, Unicode and value errors of broken directories through
        raise CannotRead("damaged", what="zip") from wrong


def _check_sizes(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_MEMBERS:
        raise CannotRead("too_large", what=str(len(infos)), limit=str(MAX_MEMBERS))
    for info in infos:
        if info.file_size > MAX_MEMBER_BYTES:
            raise CannotRead("too_large", what=_megabytes(info.file_size), limit=_megabytes(MAX_MEMBER_BYTES))
        if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * info.compress_size:
            ratio = info.file_size // max(info.compress_size, 1)
            raise CannotRead("too_large", what=f"{ratio}:1", limit=f"{MAX_RATIO}:1")
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL_BYTES:
        raise CannotRead("too_large", what=_megabytes(total), limit=_megabytes(MAX_TOTAL_BYTES))


def _check_members(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if ODD_NAME.search(name) or stat.S_ISLNK(info.external_attr >> 16):
            raise CannotRead("unsafe", what=name.replace("\0", "")[:80])
        if info.flag_bits & 0x1:
            raise CannotRead("encrypted")
        if info.compress_type not in METHODS:
            raise CannotRead("damaged", what=name[:80])
        if name.casefold() in seen:
            raise CannotRead("disguised", what=name[:80])
        seen.add(name.casefold())


def _check_layout(infos: list[zipfile.ZipInfo], data: bytes) -> None:
    """Members lie one behind the other from the first byte on, and each says of itself what the directory says."""
    behind = 0
    for number, info in enumerate(sorted(infos, key=lambda info: info.header_offset)):
        at = info.header_offset
        if at < behind or (number == 0 and at != 0) or at + LOCAL.size > len(data):
            raise CannotRead("disguised", what=info.filename[:80])
        sign, _v, flags, method, _t, _d, _crc, packed, plain, name, extra = LOCAL.unpack_from(data, at)
        own = data[at + LOCAL.size : at + LOCAL.size + name]
        listed = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
        sizes_agree = flags & 0x8 or (packed, plain) == (info.compress_size, info.file_size)
        if sign != ZIP or own != listed or method != info.compress_type or not (sizes_agree or packed == 0xFFFFFFFF):
            raise CannotRead("disguised", what=info.filename[:80])
        behind = at + LOCAL.size + name + extra + info.compress_size


def _check_office(names: set[str]) -> None:
    for pattern, kind in ((MACROS, "macros"), (EMBEDDED, "embedded")):
        found = next((name for name in sorted(names) if pattern.search(name)), None)
        if found is not None:
            raise CannotRead(kind, what=found[:80])


def _check_links(part: bytes, name: str) -> None:
    for link in parsed(part, name):
        kind = link.get("Type", "")
        if link.get("TargetMode") == "External" and not kind.endswith(FETCHED_NEVER):
            raise CannotRead("external", what=f"{kind.rpartition('/')[2]}: {link.get('Target', '')[:60]}")


def _office(package: Package) -> Package:
    links = parsed(package.part("_rels/.rels") or b"", "_rels/.rels")
    target = next((li.get("Target", "") for li in links if li.get("Type", "").endswith(OFFICE_DOCUMENT)), "")
    main = target.removeprefix("/")
    types = parsed(package.part("[Content_Types].xml") or b"", "[Content_Types].xml")
    own = {t.get("PartName", "").removeprefix("/").casefold(): t.get("ContentType", "") for t in types}
    written = own.get(main.casefold(), "")
    if any("macroEnabled" in kind for kind in own.values()):
        raise CannotRead("macros", what="macroEnabled")
    kind = next((kind for word, kind in MAIN_KINDS if word in written), "")
    if not kind:
        raise CannotRead("not_supported", what=written.rpartition(".")[0][-40:] or "Office")
    if main not in package.zip.NameToInfo:
        raise CannotRead("damaged", what=main[:80])
    return Package(package.zip, kind, main)


def parsed(part: bytes, name: str) -> etree._Element:
    """Return the root of an XML part, after a streaming look at it. Raises: CannotRead."""
    scan(part, name=name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        return etree.fromstring(part, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise CannotRead("damaged", what=name[:80]) from wrong


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
