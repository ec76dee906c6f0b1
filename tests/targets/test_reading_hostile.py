"""Files made to deceive, to exhaust, or by mistake: each is refused with its sentence; numbers are those of the
project's list of bad inputs."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from targets.content import diff
from targets.reading import MAX_BYTES, child, container, read, server, xmlscan
from targets.reading.child import grids_in_child
from targets.reading.problems import KINDS
from tests.files import bad_texts, odd_inputs
from tests.files.bad_inputs import ENDINGS, GOOD, REFUSED, SHEET, SMALL, links, prefixed, with_part
from tests.targets.office import docx, read_here, small_content

BAD = REFUSED | {
    name: (file, GOOD if data is None else data, codes) for name, (file, data, codes) in bad_texts.REFUSED.items()
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_a_bad_file_is_refused_with_its_reason(case):
    name, data, codes = BAD[case]
    found = read_here(name, data) if len(data) <= MAX_BYTES else read(name=name, data=data)
    assert found.tables == ()
    assert found.refused.code in codes.split()
    assert "%(" not in found.refused.message % found.refused.facts
    assert len(found.refused.message) > 60


def wanted(case):
    """The content that an odd file holds."""
    said = odd_inputs.CHANGED.get(case, {})
    rows = list(SMALL.indicators)
    if "name" in said:
        at, name, value = said["name"]
        rows[at] = replace(rows[at], name=name, value=value)
    if "without" in said:
        del rows[said["without"]]
    return replace(SMALL, indicators=tuple(rows), project_name=said.get("project_name", SMALL.project_name))


@pytest.mark.parametrize("case", odd_inputs.READ, ids=str)
def test_an_odd_file_is_read_and_what_is_odd_is_told(case):
    name, data, kinds = odd_inputs.READ[case]
    found = read_here(name, data)
    assert found.refused is None, found.refused
    (table,) = found.tables
    said = {problem.message for problem in table.problems}
    if kinds == ("any",):
        assert said
        return
    assert diff(wanted(case), table.content) == ()
    assert {KINDS[kind].message for kind in kinds} <= said
    if not kinds:
        assert not [p for p in table.problems if p.severity != "hint"]


@pytest.mark.parametrize("name", ENDINGS)
def test_9_a_file_whose_name_ends_otherwise_is_refused_by_the_ending(name):
    found = read_here(name, GOOD)
    assert (found.refused.code, found.refused.facts["ends"]) == ("wrong_name", f".{name.rpartition('.')[2]}")


@pytest.mark.parametrize("name", ["A.DOCX", "表.Docx", "a.doc", "../../etc/a.docx", "a。docx", "ａ．ｄｏｃｘ"])
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
        "    server.serve(control, load=lambda needs: None, read=read)\n"
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    waiting = subprocess.Popen(
        [sys.executable, "-c", asked, str(theirs.fileno())], pass_fds=[theirs.fileno()], env={},
        cwd=container.__file__.partition("targets")[0],
    )  # fmt: skip
    theirs.close()
    channel, given = socket.socketpair()
    with given:
        socket.send_fds(ours, [server.REQUEST.pack(20.0, 1, server.PLAIN) + b"n"], [given.fileno()])
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


ELSEWHERE = {29: "quota", 30: "slow", **dict.fromkeys(range(79, 89), "names")}
"""Numbers that are no matter of one file's bytes: tests/targets/test_bad_uploads.py has them."""


def test_every_number_of_the_list_has_its_case():
    cases = [*BAD, *odd_inputs.READ, *(f"9 {name}" for name in ENDINGS)]
    numbers = {int(case.split(" ")[0]) for case in cases if case.split(" ")[0].isdecimal()}
    assert numbers | set(ELSEWHERE) == set(range(1, 89))
    assert len(cases) >= 88
    uploads = (Path(__file__).parent / "test_bad_uploads.py").read_text("utf-8")
    assert all(f"def test_{number}_" in uploads for number in ELSEWHERE)
