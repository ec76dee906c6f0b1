"""Files made to deceive, to exhaust, or by mistake: each is refused with its sentence; numbers are those of the
project's list of bad inputs."""

import io
import os
import signal
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from openpyxl import Workbook

from targets.reading import MAX_BYTES, child, container, read, server, xmlscan
from targets.reading.child import grids_in_child
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
    read_here,
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
    return docx(
        body=word_table(Table([["x"]]), rows=[f"<w:tr>{cell(paragraph('项目名称'), more=properties)}</w:tr>"])
    )


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


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_bad_file_is_refused_with_its_reason(case):
    name, data, codes = REFUSED[case]
    found = read_here(name, data) if len(data) <= MAX_BYTES else read(name=name, data=data)
    assert found.tables == ()
    assert found.refused.code in codes.split()
    assert "%(" not in found.refused.message % found.refused.facts
    assert len(found.refused.message) > 60


@pytest.mark.parametrize("name", ENDINGS)
def test_9_a_file_whose_name_ends_otherwise_is_refused_by_the_ending(name):
    found = read_here(name, GOOD)
    assert (found.refused.code, found.refused.facts["ends"]) == ("wrong_name", f".{name.rpartition('.')[2]}")


@pytest.mark.parametrize(
    "name", ["A.DOCX", "表.Docx", "a.doc", "../../etc/a.docx", "a。docx", "ａ．ｄｏｃｘ"]
)
def test_8_a_name_in_capitals_or_of_the_same_program_is_read(name):
    assert read_here(name, GOOD).tables[0].content == SMALL


@pytest.mark.parametrize(
    ("kind", "target"), [("image", "http://127.0.0.1:9/x.png"), ("hyperlink", "https://example.org/")]
)
def test_26_links_that_are_never_fetched_are_let_through(kind, target):
    found = read_here("a.docx", with_part("word/_rels/document.xml.rels", links(kind, target)))
    assert found.tables[0].content == SMALL


def test_39_processing_instructions_and_comments_are_let_through():
    assert read_here("a.docx", prefixed("<?mso-x y?><!-- z -->")).tables[0].content == SMALL


def test_a_file_that_takes_too_long_is_stopped_and_refused():
    found = grids_in_child(name="a.docx", data=GOOD, seconds=0.001)
    assert found.code == "no_answer"


def test_a_child_has_no_environment_no_files_and_little_memory():
    """Asked of a real child that a waiting process forked: what it may open, and how much memory it gets."""
    asked = (
        "import os, socket, sys\n"
        "from targets.reading import child, server\n"
        "def tried(what):\n"
        "    try: what()\n"
        "    except (OSError, MemoryError) as no: return type(no).__name__\n"
        "    return 'done'\n"
        "def read(name, data):\n"
        "    child._limit()\n"
        "    return ' '.join([name, data.decode(), tried(lambda: open('/etc/hosts')), tried(socket.socket),"
        " tried(lambda: bytearray(10**9)), str(sorted(k for k in os.environ if 'BTR' in k))]).encode()\n"
        "with socket.socket(fileno=int(sys.argv[1])) as control:\n"
        "    server.serve(control, load=lambda is_pdf: None, read=read)\n"
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    waiting = subprocess.Popen(
        [sys.executable, "-c", asked, str(theirs.fileno())], pass_fds=[theirs.fileno()], env={},
        cwd=container.__file__.partition("targets")[0],
    )  # fmt: skip
    theirs.close()
    channel, given = socket.socketpair()
    with given:
        socket.send_fds(ours, [server.REQUEST.pack(20.0, 1, False) + b"n"], [given.fileno()])
    said, ended = server._exchange(channel, b"d", 20)
    ours.close()
    channel.close()
    assert waiting.wait(timeout=20) == 0
    assert (said.decode(), ended) == ("n d OSError OSError MemoryError []", 0)


def test_when_the_waiting_process_is_gone_another_is_started():
    assert grids_in_child(name="a.docx", data=GOOD)
    gone = server._server._process
    gone.kill()
    gone.wait()
    assert read(name="a.docx", data=GOOD).tables[0].content == SMALL
    assert server._server._process.pid != gone.pid


def test_files_of_several_threads_are_read_side_by_side_each_with_its_own_answer():
    def named(n):
        data = docx(small_content(project_name=f"演示项目{n}"))
        return read(name="a.docx", data=data).tables[0].content.project_name

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(named, range(24))) == [f"演示项目{n}" for n in range(24)]


def test_after_a_fork_a_process_has_its_own_readers():
    assert grids_in_child(name="a.docx", data=GOOD)
    other = server._server._process.pid
    child = os.fork()
    if child == 0:
        own = read(name="a.docx", data=GOOD).tables[0].content == SMALL
        os._exit(0 if own and server._server._process.pid != other else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server._server._process.poll() is None


@pytest.mark.parametrize("ended", [-signal.SIGSEGV, -signal.SIGABRT])
def test_a_child_that_dies_over_a_file_is_the_files_fault(monkeypatch, ended):
    monkeypatch.setattr(child, "asked", lambda **_what: (b"", ended))
    assert grids_in_child(name="a.xlsx", data=SHEET).code == "damaged"
    monkeypatch.setattr(child, "asked", lambda **_what: (b"", -signal.SIGKILL))
    assert grids_in_child(name="a.xlsx", data=SHEET).code == "no_answer"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_through_the_real_child_a_file_gives_the_same_as_here(name):
    data = GOOD if name == "a.docx" else SHEET
    assert read(name=name, data=data) == read_here(name, data)
    assert read(name=name, data=data).tables[0].content == SMALL


def test_limits_are_those_of_the_note():
    assert (container.MAX_MEMBERS, container.MAX_RATIO, xmlscan.MAX_SPAN) == (2_000, 100, 63)
    assert (xmlscan.MAX_DEPTH, xmlscan.MAX_ROWS, xmlscan.MAX_COLUMNS, xmlscan.MAX_CELLS) == (
        256,
        20_000,
        200,
        500_000,
    )
    assert (container.MAX_MEMBER_BYTES, container.MAX_TOTAL_BYTES) == (50 * 2**20, 200 * 2**20)
