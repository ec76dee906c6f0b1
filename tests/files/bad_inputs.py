"""The bad inputs: every file that must be refused, told of, or made safe, under the numbers of the project's list.

Adding a case is adding an entry. Small texts may instead be files in `refused` and `readable` beside this module.
`REFUSED`: name → (file name, bytes, codes of the refusal); `ACCEPTED`: name → (file name, bytes, kinds of problems).
"""

import io
import struct
import zipfile
import zlib

from openpyxl import Workbook

from targets.reading import MAX_BYTES
from tests.targets.office import (
    PACKAGE,
    R,
    Table,
    W,
    cell,
    docx,
    fill,
    paper_table,
    paragraph,
    saved,
    small_content,
    word_body,
    word_parts,
    word_table,
    xlsx,
    zipped,
)

SMALL = small_content()
GOOD = docx(SMALL)
SHEET = xlsx(SMALL)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOCUMENT = "word/document.xml"


def parts(**more):
    return {**word_parts(word_body([SMALL])), **more}


def with_part(name, data):
    return zipped({**parts(), name: data})


def document(text):
    return with_part(DOCUMENT, text if isinstance(text, bytes) else text.encode())


def prefixed(text):
    whole = parts()[DOCUMENT].decode()
    head, _sep, rest = whole.partition("?>")
    return document(head + "?>" + text + rest)


def links(kind, target):
    return (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="x" Type="{R}/{kind}" Target="{target}" '
        'TargetMode="External"/></Relationships>'
    ).encode()


def ole(stream):
    return OLE + b"\0" * 504 + stream.encode("utf-16-le") + b"\0\0" + b"\0" * 512


def renamed(name, odd):
    """A zip whose member has a name that zipfile would not write."""
    data = zipped({**parts(), name: b"x"})
    assert len(name) == len(odd)
    return data.replace(name.encode(), odd.encode())


def symlink():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
        info = zipfile.ZipInfo("word/link.xml")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def encrypted_flag():
    data = bytearray(with_part("word/x.xml", b"<x/>"))
    at = data.rindex(b"PK\x03\x04")
    data[at + 6] |= 1
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def lying_size():
    data = bytearray(with_part("word/x.xml", b"<x/>" + b" " * 100))
    at = data.rindex(b"PK\x03\x04")
    struct.pack_into("<I", data, at + 22, 9)
    return bytes(data)


def overlapping():
    """Two directory entries for one and the same data."""
    data = with_part("word/a.xml", zlib.compress(b"x"))
    at, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    entry = data[at:end].replace(b"word/a.xml", b"word/b.xml")
    tail = bytearray(data[end:])
    count, size = struct.unpack_from("<H", tail, 10)[0], struct.unpack_from("<I", tail, 12)[0]
    struct.pack_into("<HHI", tail, 8, count + 1, count + 1, size + len(entry))
    return data[:end] + entry + bytes(tail)


def sheet_xml(rows, before="", after=""):
    """A workbook whose only sheet is this XML."""
    book = Workbook()
    fill(book.active, paper_table(SMALL), 1)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(book))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = data.decode()
                head, tail = text.split("<sheetData>")[0], text.split("</sheetData>")[1]
                data = f"{head}{before}<sheetData>{rows}</sheetData>{after}{tail}".encode()
            new.writestr(name, data)
    return out.getvalue()


def word_rows_of(properties):
    return docx(body=word_table(Table([["x"]]), rows=[f"<w:tr>{cell(paragraph('项目名称'), more=properties)}</w:tr>"]))


def content_type(old, new):
    changed = parts()
    changed["[Content_Types].xml"] = changed["[Content_Types].xml"].replace(old, new)
    return zipped(changed)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
REFUSED = {
    "1 empty": ("a.docx", b"", "empty"),
    "2 one byte": ("a.docx", b"P", "not_text wrong_name"),
    "3 cut off": ("a.docx", GOOD[: len(GOOD) // 2], "damaged"),
    "3 cut off by one": ("a.docx", GOOD[:-1], "damaged disguised"),
    "4 html": ("a.docx", "<html><table><tr><td>项目名称</td></tr></table></html>".encode(), "wrong_name"),
    "5 doc": ("a.doc", ole("WordDocument"), "old_format"),
    "5 wps": ("a.wps", ole("WordDocument"), "old_format"),
    "5 doc named docx": ("a.docx", ole("WordDocument"), "old_format"),
    "6 password": ("a.docx", ole("EncryptedPackage"), "encrypted"),
    "6 flag in zip": ("a.docx", encrypted_flag(), "encrypted"),
    "7 xlsx named docx": ("a.docx", SHEET, "wrong_name"),
    "7 docx named xlsx": ("a.xlsx", GOOD, "wrong_name"),
    "7 docx named txt": ("a.txt", GOOD, "wrong_name"),
    "7 docx named zip": ("a.zip", GOOD, "wrong_name"),
    "11 bomb": ("a.docx", with_part("word/x.xml", b"<x>" + b" " * 20_000_000 + b"</x>"), "too_large"),
    "11 stored giant": (
        "a.docx",
        with_part("word/x.xml", b"<x>" + b"ab" * 26_300_000 + b"</x>"),
        "too_large",
    ),
    "12 overlapping": ("a.docx", overlapping(), "disguised"),
    "13 zip in zip": ("a.zip", zipped({"in.zip": zipped({"a.docx": GOOD})}), "nested_zip"),
    "13 zip in zip, named docx": ("a.zip", zipped({"in.docx": zipped({"a.docx": GOOD})}), "nested_zip"),
    "14 too many members": (
        "a.docx",
        zipped({**parts(), **{f"word/{n}.xml": b"" for n in range(2100)}}),
        "too_large",
    ),
    "15 size lies": ("a.docx", lying_size(), "disguised"),
    "16 twice": ("a.docx", zipped([*parts().items(), (DOCUMENT, b"<x/>")]), "disguised"),
    "16 twice in other case": (
        "a.docx",
        zipped([*parts().items(), ("word/Document.xml", b"<x/>")]),
        "disguised",
    ),
    "17 up": ("a.docx", renamed("word/aa/x.xml", "../../../x.xm"), "unsafe"),
    "18 absolute": ("a.docx", renamed("word/x.xml", "/etc/x.xml"), "unsafe"),
    "18 drive": ("a.docx", renamed("word/x.xml", "C:xxxx.xml"), "unsafe"),
    "18 backslash": ("a.docx", renamed("word/x.xml", "word\\x.xml"), "unsafe"),
    "19 symlink": ("a.docx", symlink(), "unsafe"),
    "20 pdf in front": ("a.docx", b"%PDF-1.7\n" + GOOD, "wrong_name"),
    "20 pdf in front, named pdf": ("a.pdf", b"%PDF-1.7\n" + GOOD, "disguised"),
    "21 jpeg in front": ("a.docx", b"\xff\xd8\xff\xe0" + GOOD, "not_text"),
    "20 bytes before": ("a.docx", b"PK\x03\x04" + b"\0" * 60 + GOOD, "disguised damaged"),
    "20 bytes behind": ("a.docx", GOOD + b"%PDF-1.7", "disguised"),
    "22 macros in docx": ("a.docx", with_part("word/vbaProject.bin", b"x"), "macros"),
    "22 macros in xlsx": ("a.xlsx", zipped([*members(SHEET), ("xl/vbaProject.bin", b"x")]), "macros"),
    "24 embedded in xlsx": ("a.xlsx", zipped([*members(SHEET), ("xl/embeddings/a.bin", b"x")]), "embedded"),
    "25 other workbook": (
        "a.xlsx",
        zipped(
            [
                *members(SHEET),
                (
                    "xl/externalLinks/_rels/externalLink1.xml.rels",
                    links("externalLinkPath", "file:///x.xlsx"),
                ),
            ]
        ),
        "external",
    ),
    "22 active x": ("a.docx", with_part("word/activeX/activeX1.xml", b"<x/>"), "macros"),
    "23 docm": (
        "a.docx",
        content_type(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main",
            b"application/vnd.ms-word.document.macroEnabled.main",
        ),
        "macros",
    ),
    "24 embedded": ("a.docx", with_part("word/embeddings/oleObject1.bin", b"x"), "embedded"),
    "25 template": (
        "a.docx",
        with_part("word/_rels/settings.xml.rels", links("attachedTemplate", "http://127.0.0.1/x")),
        "external",
    ),
    "25 linked object": (
        "a.docx",
        with_part("word/_rels/document.xml.rels", links("oleObject", "file:///x")),
        "external",
    ),
    "27 no document": ("a.docx", zipped({k: v for k, v in parts().items() if k != DOCUMENT}), "damaged"),
    "27 no body": ("a.docx", document(f'<w:document xmlns:w="{W}"/>'), "damaged"),
    "28 too large": ("a.docx", GOOD + b"\0" * MAX_BYTES, "too_large"),
    "31 laughs": ("a.docx", prefixed(LAUGHS), "bad_xml"),
    "32 quadratic": ("a.docx", prefixed(f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'), "bad_xml"),
    "33 outside entity": (
        "a.docx",
        prefixed('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        "bad_xml",
    ),
    "34 outside grammar": ("a.docx", prefixed('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "bad_xml"),
    "33 entity in a side part": (
        "a.docx",
        with_part("word/styles.xml", (LAUGHS + "<x/>").encode()),
        "bad_xml",
    ),
    "35 depth": ("a.docx", document("<x>" * 100_000 + "</x>" * 100_000), "bad_xml"),
    "35 nested tables": (
        "a.docx",
        docx(body="<w:tbl><w:tr><w:tc>" * 60 + "</w:tc></w:tr></w:tbl>" * 60),
        "too_large",
    ),
    "36 attribute": ("a.docx", document(f'<w:document xmlns:w="{W}" a="{"ab" * 5_000_000}"/>'), "too_large"),
    "37 no utf-8": ("a.docx", document(parts()[DOCUMENT].replace("购".encode(), b"\xff\xfe")), "damaged"),
    "37 unclosed": ("a.docx", document(parts()[DOCUMENT][:-20]), "damaged"),
    "49 span": ("a.docx", word_rows_of('<w:gridSpan w:val="2000000000"/>'), "too_large"),
    "49 span 64": ("a.docx", word_rows_of('<w:gridSpan w:val="64"/>'), "too_large"),
    "49 span -1": ("a.docx", word_rows_of('<w:gridSpan w:val="-1"/>'), "too_large"),
    "49 many cells": (
        "a.docx",
        docx(body=word_table(Table([["x"]]), rows=["<w:tr><w:tc/></w:tr>"] * 20_001)),
        "too_large",
    ),
    "55 last cell": (
        "a.xlsx",
        sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "too_large",
    ),
    "56 address": ("a.xlsx", sheet_xml('<row r="7"><c r="AAAAAAA7"><v>1</v></c></row>'), "damaged"),
    "56 row 0": ("a.xlsx", sheet_xml('<row r="0"><c r="A0"><v>1</v></c></row>'), "damaged"),
    "56 beyond": ("a.xlsx", sheet_xml('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "damaged"),
    "58 many rows": (
        "a.xlsx",
        sheet_xml("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 20_102))),
        "too_large",
    ),
    "67 string index": ("a.xlsx", sheet_xml('<row r="1"><c r="A1" t="s"><v>99999</v></c></row>'), "damaged"),
    "68 wide merges": (
        "a.xlsx",
        sheet_xml("", after="<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 50_001 + "</mergeCells>"),
        "too_large",
    ),
    "no office": ("a.zip", zipped({"a.png": b"\x89PNG\r\n", "b.jpg": b"\xff\xd8\xff"}), "not_text"),
    "empty zip": ("a.zip", b"PK\x05\x06" + b"\0" * 18, "empty_zip"),
    "only litter": ("a.zip", zipped({"__MACOSX/._a.docx": b"x", "~$a.docx": b"x"}), "empty_zip"),
    "open document": ("a.odt", zipped({"mimetype": b"x", "content.xml": b"<x/>"}), "not_supported"),
    "slides": (
        "a.pptx",
        content_type(b"wordprocessingml.document", b"presentationml.presentation"),
        "not_supported",
    ),
}
ENDINGS = ("a.docx.exe", "a.exe", "a.docm", "a.xlsm", "a.pdf", "a.html")
