"""Old files by a converter, and every file past a virus scanner: where the machine has them, and where it has not."""

import socket
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

from targets.reading import converting, intake, read
from targets.reading.container import OLE
from targets.reading.intake import Tools
from tests.targets.office import docx, small_content, word_body, word_parts, xlsx, zipped

SMALL = small_content()
DOC = OLE + b"\0" * 504 + "WordDocument".encode("utf-16-le") + b"\0\0" + b"\0" * 512
RTF = b"{\\rtf1 x}"
TEXT = "项目名称\t演示项目\n".encode()


def open_document(kind):
    return zipped(
        [("mimetype", f"application/vnd.oasis.opendocument.{kind}".encode()), ("content.xml", b"<x/>")], method=0
    )


@pytest.fixture(autouse=True)
def tools():
    """Puts the tools of this process back."""
    before = intake._tools
    yield
    intake.use(before)


@pytest.fixture
def converter(tmp_path):
    """Makes a converter that copies a prepared file, or does what is asked."""

    def make(result=b"", *, doing=""):
        (tmp_path / "result").write_bytes(result)
        copying = f"shutil.copy({str(tmp_path / 'result')!r}, out)"
        program = tmp_path / "soffice"
        program.write_text(
            f"#!{sys.executable}\n"
            "import os, pathlib, shutil, sys, time\n"
            "to, folder, file = sys.argv[-4], pathlib.Path(sys.argv[-2]), pathlib.Path(sys.argv[-1])\n"
            f"assert '--headless' in sys.argv and sys.argv[-5] == '--convert-to', sys.argv\n"
            f"out = folder / ('in.' + to)\n{doing or copying}\n"
        )
        program.chmod(0o755)
        intake.use(Tools(converter=str(program)))
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("name", "data", "result"),
    [
        ("目标表.doc", DOC, docx(SMALL)),
        ("目标表.WPS", DOC, docx(SMALL)),
        ("目标表.rtf", RTF, docx(SMALL)),
        ("目标表.odt", open_document("text"), docx(SMALL)),
        ("目标表.ods", open_document("spreadsheet"), xlsx(SMALL)),
    ],
)
def test_an_old_file_is_converted_and_read(converter, name, data, result):
    converter(result)
    (table,) = read(name=name, data=data).tables
    assert table.content == SMALL


def test_the_converter_has_a_room_of_its_own_limits_and_nothing_of_ours(converter, monkeypatch):
    monkeypatch.setenv("BTR_SECRET_KEY", "secret")
    said = Path(converter(doing=(
        "import resource\n"
        "said = [sorted(k for k in os.environ if 'BTR' in k), os.environ['HOME'] == str(folder),\n"
        "        resource.getrlimit(resource.RLIMIT_CORE)[0], resource.getrlimit(resource.RLIMIT_AS)[0],\n"
        "        (folder / 'profile/user/registrymodifications.xcu').read_text().count('DisableMacrosExecution'),\n"
        "        sys.argv[1] == f'-env:UserInstallation=file://{folder}/profile']\n"
        "out.write_text(repr(said))"))) / "unused"  # fmt: skip
    assert not said.exists()
    made = converting.converted(DOC, ending="doc", to="docx", by=intake._tools.converter)
    assert made.decode() == f"[[], True, 0, {converting.MEMORY_BYTES}, 1, True]"


@pytest.mark.parametrize(
    ("doing", "code"),
    [
        ("sys.exit(1)", "not_converted"),
        ("pass", "not_converted"),
        ("out.write_bytes(b'')", "not_converted"),
        ("out.symlink_to('/etc/passwd')", "not_converted"),
        ("out.write_bytes(b'no docx at all')", "wrong_name"),
        ("time.sleep(60)", "no_answer"),
    ],
)
def test_a_converter_that_fails_is_told_and_nothing_is_left(converter, monkeypatch, tmp_path, doing, code):
    converter(doing=doing)
    monkeypatch.setattr(converting.tempfile, "tempdir", str(tmp_path))
    seconds = 1.5 if "sleep" in doing else converting.SECONDS
    monkeypatch.setattr(intake, "converted", lambda *a, **k: converting.converted(*a, **k, seconds=seconds))
    found = read(name="a.doc", data=DOC)
    assert (found.tables, found.refused.code) == ((), code)
    assert list(tmp_path.glob("btr-convert-*")) == []


def test_what_a_slow_converter_started_is_ended_with_it(converter, tmp_path):
    converter(doing=f"os.fork() or (time.sleep(3), open({str(tmp_path / 'late')!r}, 'w'))\ntime.sleep(60)")
    converting.converted(DOC, ending="doc", to="docx", by=intake._tools.converter, seconds=1)
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()


def test_what_was_converted_is_looked_through_like_any_file(converter):
    converter(zipped({**word_parts(word_body([SMALL])), "word/vbaProject.bin": b"x"}))
    assert read(name="a.doc", data=DOC).refused.code == "macros"


def test_an_old_file_with_macros_never_reaches_the_converter(converter):
    converter(docx(SMALL))
    found = read(name="a.doc", data=DOC + "_VBA_PROJECT".encode("utf-16-le"))
    assert found.refused.code == "macros"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("a.doc", DOC, "old_format"), ("a.rtf", RTF, "not_text"), ("a.odt", open_document("text"), "not_supported")],
)
def test_without_a_converter_one_sentence_says_what_to_do(name, data, code):
    intake.use(Tools(converter="none"))
    found = read(name=name, data=data)
    assert found.refused.code == code
    assert "docx" in found.refused.message


def test_a_file_under_another_programs_name_is_not_converted(converter):
    converter(docx(SMALL))
    assert read(name="a.docx", data=DOC).refused.code == "old_format"
    assert read(name="a.txt", data=RTF).refused.code == "not_text"


def test_the_converter_is_found_where_it_is_installed(monkeypatch, tmp_path):
    assert converting.program("/opt/x") == "/opt/x"
    assert converting.program("none") == ""
    monkeypatch.setattr(converting, "PLACES", (str(tmp_path),))
    assert converting.program("") == ""
    (tmp_path / "libreoffice").touch(mode=0o755)
    assert converting.program("") == str(tmp_path / "libreoffice")


@pytest.fixture
def scanner(tmp_path):
    """A clamd that answers what it is told; gives what it was sent."""
    place, got = tmp_path / "clamd.sock", []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen()

    def start(answer):
        def serve():
            peer, _address = listening.accept()
            with peer, peer.makefile("rb") as stream:
                got.append(stream.read(len(b"zINSTREAM\0")))
                while size := struct.unpack("!L", stream.read(4))[0]:
                    got.append(stream.read(size))
                peer.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        intake.use(Tools(scanner=str(place)))
        return got

    yield start
    listening.close()


@pytest.mark.parametrize(("name", "data"), [("a.docx", docx(SMALL)), ("a.txt", TEXT * 12_000)])
def test_a_clean_file_is_read_after_the_scan(scanner, name, data):
    got = scanner(b"stream: OK\0")
    found = read(name=name, data=data)
    assert got[0] == b"zINSTREAM\0"
    assert b"".join(got[1:]) == data
    assert found.refused is None or found.refused.code in ("no_table", "too_large")


def test_an_infected_file_is_refused_by_its_finding_and_never_opened(scanner, monkeypatch):
    monkeypatch.setattr("targets.reading.door.grids_of_file", lambda **_file: pytest.fail("was opened"))
    scanner(b"stream: Eicar-Test-Signature FOUND\0")
    found = read(name="a.docx", data=docx(SMALL))
    assert (found.tables, found.refused.code, found.refused.facts) == ((), "infected", {"what": "Eicar-Test-Signature"})


@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: maybe\0"])
def test_a_scanner_that_says_no_clear_word_lets_nothing_through(scanner, answer):
    scanner(answer)
    assert read(name="a.docx", data=docx(SMALL)).refused.code == "scanner_away"


def test_without_the_scanner_that_is_set_nothing_is_read(tmp_path):
    intake.use(Tools(scanner=str(tmp_path / "nobody")))
    for name, data in (("a.docx", docx(SMALL)), ("a.txt", TEXT)):
        assert read(name=name, data=data).refused.code == "scanner_away"
