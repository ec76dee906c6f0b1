"""The disk is full, and a copy is taken while everybody writes: nothing is torn, and the copy is whole.

BTR_KILLS sets how often (a sixth of it disks, a tenth of it copies; `make faults`: 50 and 30).
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from tests.faults.disk import Disk, disk_of_events, run
from tests.faults.lab import ROOT, child_environment
from tests.faults.test_kills import KILLS, open_case, world  # noqa: F401
from tests.faults.test_web import FAR, assert_each_once, clerks_of
from tests.faults.web import at_work, site
from tests.tiers import postgres_binaries
from tests.world import NOW, seen
from workflow import engine, grants, record
from workflow.models import Case, Event

pytestmark = pytest.mark.django_db(transaction=True)
FULL_DISKS = max(4, KILLS // 6)
COPIES = max(1, KILLS // 10)
FILE_LIMIT = 16 << 20
"""What the disk takes of one file: more than the database of a test, less than an upload may have."""


def assert_sound() -> None:
    if connection.vendor == "sqlite":
        assert run("PRAGMA integrity_check") == "ok"


@pytest.fixture
def disk(world) -> Iterator[Disk]:  # noqa: F811
    with disk_of_events() as disk:
        yield disk


def test_a_database_that_may_not_grow_refuses_whole_operations_and_goes_on_afterwards(world, disk: Disk):  # noqa: F811
    pk = open_case(world, 1, due_on=FAR, now=NOW)
    done = 0
    for _ in range(FULL_DISKS):
        disk.fill()
        refused = None
        while refused is None:
            try:
                _pass_on(world, pk, f"full-{done}")
                done += 1
            except DatabaseError as error:
                refused = error
        assert any(said in str(refused) for said in ("is full", "No space left on device", "disk full"))
        assert Event.objects.filter(key__startswith="full-", refused="").count() == done
        disk.empty()
        assert not _pass_on(world, pk, f"full-{done}").repeated
        done += 1
        assert_sound()
    print(f"\n{FULL_DISKS} full disks ({disk.name}), {done} operations")
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def test_who_presses_a_button_before_a_full_disk_is_told_so_and_presses_again(world, disk: Disk):  # noqa: F811
    pk = open_case(world, 1, due_on=FAR, now=NOW)
    browser, pressed = Client(raise_request_exception=False), 0
    browser.force_login(world.editor)
    disk.fill()
    while True:
        case = Case.objects.get(pk=pk)
        looked, verb = seen(case), "submit" if case.state == "draft" else "recall"
        fields = {"seen_version": looked.version, "seen_hash": looked.content_hash, "key": f"pressed-{pressed}"}
        answer = browser.post(f"/tables/{case.number}/{verb}", fields)
        if answer.status_code != 302:
            break
        pressed += 1
    assert answer.status_code == 500
    assert "磁盘" in answer.content.decode()
    assert Event.objects.filter(key__startswith="pressed-").count() == pressed
    disk.empty()
    assert browser.post(f"/tables/{case.number}/{verb}", fields).status_code == 302
    assert Event.objects.filter(key__startswith="pressed-").count() == pressed + 1
    assert_sound()
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def _pass_on(world: SimpleNamespace, pk: int, key: str) -> engine.Outcome:  # noqa: F811
    case = Case.objects.get(pk=pk)
    action, by = ("submit", world.editor) if case.state == "draft" else ("return", world.reviewer)
    return engine.perform(case.pk, action, by=by, seen=seen(case), key=key, now=NOW, reason="演示" * 50)


def test_an_upload_that_the_disk_does_not_take_is_an_error_of_which_nothing_stays(world, tmp_path: Path):  # noqa: F811
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with site(tmp_path, workers=1, SITE_FILE_LIMIT=str(FILE_LIMIT), TMPDIR=str(temporary)) as running:
        (clerk,) = clerks_of(world, running.port, count=1)
        before = _files(tmp_path / "media") | _files(temporary)
        body, kind = _form(b"x" * (FILE_LIMIT + (64 << 10)))
        assert clerk.browser.send("POST", "/import", body, {"Content-Type": kind}).status == 500
        assert clerk.press().status == 302
        assert _files(tmp_path / "media") | _files(temporary) == before
        assert_each_once([clerk])


def _files(place: Path) -> set[Path]:
    return {path for path in place.rglob("*") if path.is_file()} if place.exists() else set()


def _form(data: bytes) -> tuple[bytes, str]:
    named = b'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain'
    return b"--edge\r\n" + named + b"\r\n\r\n" + data + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"


def _copy(place: Path) -> str:
    """Take a copy of the test database as deploy/README.md says and return the address of the restored one."""
    if connection.vendor == "sqlite":
        sqlite3.connect(connection.settings_dict["NAME"]).execute("VACUUM INTO ?", [str(place)])
        return f"sqlite:///{place}"
    parts, binaries, fresh = connection.settings_dict, postgres_binaries(), f"copy_{place.name}"
    assert binaries is not None
    where = [f"--host={parts['HOST']}", f"--port={parts['PORT']}", f"--username={parts['USER']}"]
    environment = {**os.environ, "PGPASSWORD": parts["PASSWORD"]}
    for command in (
        ["pg_dump", *where, "-Fc", f"--file={place}", parts["NAME"]],
        ["dropdb", *where, "--if-exists", fresh],
        ["createdb", *where, "--template=template0", fresh],
        ["pg_restore", *where, f"--dbname={fresh}", "--exit-on-error", str(place)],
    ):
        subprocess.run([binaries / command[0], *command[1:]], check=True, env=environment, timeout=120)
    address = child_environment(place.parent)["BTR_DATABASE_URL"]
    return f"{address.rpartition('/')[0]}/{fresh}"


def _drop(place: Path) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS copy_{place.name}")


def test_a_copy_taken_while_everybody_writes_can_be_restored_and_its_record_holds(world, tmp_path: Path):  # noqa: F811
    with site(tmp_path) as running:
        clerks = clerks_of(world, running.port)
        with at_work(clerks):
            for n in range(COPIES):
                place, told = tmp_path / f"n{n}", len(clerks[0].answers)
                address = _copy(place)
                verified = subprocess.run(
                    [sys.executable, "manage.py", "verify_record"], cwd=ROOT, capture_output=True, text=True,
                    timeout=120, check=False, env=child_environment(tmp_path) | {"BTR_DATABASE_URL": address},
                )  # fmt: skip
                _drop(place)
                assert verified.returncode == 0, verified.stdout + verified.stderr
                assert len(clerks[0].answers) > told
    assert {answer.status for clerk in clerks for answer in clerk.answers} <= {200, 302}
    assert_each_once(clerks)
