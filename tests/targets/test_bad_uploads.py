"""Bad inputs that are no matter of one file's bytes: quota, slow uploads, names and twins; numbers of the list."""

import os
import socket
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from targets import batches, twins
from targets.models import ImportBatch, ImportedTable, SourceDocument
from targets.reading.names import MAX_NAME, look, safe_name
from targets.uploads import import_upload
from tests.targets.office import docx, small_content
from tests.targets.test_pages_import import upload
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW
from workflow.models import Case

__all__ = ["at_now"]

ROOT = Path(__file__).parents[2]

OURS = small_content(department="演示办公室", unit="演示办公室本级", period="2027年1-12月", fiscal_year=2027)
GOOD = docx(OURS)
SHOWN = {
    79: ("../../etc/passwd.docx", "passwd.docx"),
    80: ("..\\..\\x.docx", "x.docx"),
    81: ("表\u202excod.docx", "表[U+202E]xcod.docx"),
    83: ("a\0b\r\nSet-Cookie: x.docx", "a b Set-Cookie: x.docx"),
    84: ("长" * 300 + ".docx", "长" * (MAX_NAME - 6) + "….docx"),
    85: ("CON.docx", "_CON.docx"),
    86: ('"><script>x.docx', '"><script>x.docx'),
}


def kept(world, name, data=GOOD):
    return import_upload(name=name, data=data, by=world.editor, now=NOW)


def told(source):
    return [p["message"] % p["facts"] for p in source.tables.get().problems]


def shown_safely(world, number):
    name, shown = SHOWN[number]
    source = kept(world, name)
    assert source.name == shown
    assert not any(unicodedata.category(sign) in ("Cc", "Cf") for sign in source.name)
    assert shown not in source.file.name
    page = client_of(world.editor).get(reverse("import_preview", args=[source.pk]))
    assert page.status_code == 200
    assert "<script>x" not in page.content.decode()


@pytest.mark.django_db
def test_79_a_name_with_folders_above_loses_them(world: SimpleNamespace) -> None:
    shown_safely(world, 79)


@pytest.mark.django_db
def test_80_a_name_with_backslashes_loses_them(world: SimpleNamespace) -> None:
    shown_safely(world, 80)


@pytest.mark.django_db
def test_81_a_sign_that_turns_the_text_is_written_out(world: SimpleNamespace) -> None:
    shown_safely(world, 81)


@pytest.mark.django_db
def test_82_a_name_in_letters_that_look_alike_is_told(world: SimpleNamespace) -> None:
    kept(world, "table a.docx")
    other = docx(small_content(department="演示办公室", unit="演示办公室本级", fiscal_year=2027))
    for name in ("tаble a.docx", "table\u200b a.docx"):
        source = kept(world, name, other)
        assert any("table a.docx" in said for said in told(source))
        source.tables.all().delete()
        source.delete()


@pytest.mark.django_db
def test_83_line_ends_in_a_name_reach_no_header(world: SimpleNamespace) -> None:
    shown_safely(world, 83)
    source = SourceDocument.objects.get()
    answer = client_of(world.editor).get(reverse("import_file", args=[source.pk]))
    assert "Set-Cookie" not in answer.headers


@pytest.mark.django_db
def test_84_a_long_name_is_cut_and_keeps_its_ending(world: SimpleNamespace) -> None:
    shown_safely(world, 84)


@pytest.mark.django_db
def test_85_names_of_devices_and_hidden_names_are_made_plain(world: SimpleNamespace) -> None:
    shown_safely(world, 85)
    assert [safe_name(name) for name in (".htaccess", "..", "", "nul", "com1.txt", "conto.docx")] == [
        "_.htaccess", "upload", "upload", "_nul", "_com1.txt", "conto.docx",
    ]  # fmt: skip


@pytest.mark.django_db
def test_86_a_script_in_a_name_is_text(world: SimpleNamespace) -> None:
    shown_safely(world, 86)


@pytest.mark.django_db
def test_87_one_name_in_two_normal_forms_is_one_name(world: SimpleNamespace) -> None:
    composed, decomposed = "café.docx", "cafe\u0301.docx"
    assert composed != decomposed
    assert safe_name(composed) == safe_name(decomposed)
    assert look("ｃａｆé.docx") == look(composed)
    assert kept(world, decomposed).name == composed


@pytest.mark.django_db
def test_88_the_same_bytes_again_are_told(world: SimpleNamespace) -> None:
    assert not any("uploaded before" in said for said in told(kept(world, "一.docx")))
    assert any("一.docx" in said for said in told(kept(world, "二.docx")))


@pytest.mark.django_db
def test_88_the_same_bytes_are_known_however_many_came_between(world: SimpleNamespace, monkeypatch) -> None:
    monkeypatch.setattr(twins, "MOST", 1)
    kept(world, "一.docx")
    SourceDocument.objects.create(unit=world.own, name="其他.txt", sha256="0" * 64, size=1,
                                  uploaded_by=world.editor, uploaded_at=NOW)
    assert any("一.docx" in said for said in told(kept(world, "二.docx")))


@pytest.mark.django_db
def test_28_29_too_much_is_refused_by_its_size_and_nothing_is_kept(world: SimpleNamespace, settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 1000
    status, _page = upload(client_of(world.editor), GOOD, name="大.docx")
    assert status == 422
    assert (SourceDocument.objects.count(), ImportedTable.objects.count(), Case.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_29_more_files_at_once_than_the_quota_are_refused(world: SimpleNamespace) -> None:
    files = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(batches.MOST_FILES + 1)]
    answer = client_of(world.editor).post(reverse("import"), {"file": files, "declared": "on"})
    assert answer.status_code == 422
    assert str(batches.MOST_FILES) in answer.content.decode()
    assert (ImportBatch.objects.count(), SourceDocument.objects.count()) == (0, 0)


SERVED = """
import time
from deploy.slow import cut_off_slow

def app(environ, start_response):
    began, size = time.monotonic(), 0
    try:
        while chunk := environ["wsgi.input"].read(65536):
            size += len(chunk)
    except OSError:
        pass
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{size} {time.monotonic() - began:.1f}".encode()]

application = cut_off_slow(app, allowed=lambda length: 1.0)
"""


@pytest.fixture
def served(tmp_path):
    """A gunicorn as in use, with an application that reads its body and one second of patience."""
    (tmp_path / "slow_app.py").write_text(SERVED, "utf-8")
    door = socket.create_server(("127.0.0.1", 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "slow_app:application", f"--bind=fd://{door.fileno()}",
         "--no-control-socket",
         "--worker-class=gthread", "--workers=1", "--threads=2", f"--chdir={tmp_path}"],
        pass_fds=[door.fileno()], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield door.getsockname()[1]
    process.terminate()
    process.wait(timeout=20)
    door.close()


def posted(port, body, length):
    peer = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = ["POST / HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {length}", "", ""]
    peer.sendall("\r\n".join(head).encode() + body)
    return peer


def test_30_a_slow_upload_is_cut_off_and_others_are_served(served) -> None:
    idle = [posted(served, b"x" * 10, 1_000_000) for _n in range(2)]
    with posted(served, b"y" * 200_000, 200_000) as whole:
        assert b"200000 " in whole.makefile("rb").read()
    for peer in idle:
        assert b"1000000 " not in peer.makefile("rb").read()
        peer.close()
