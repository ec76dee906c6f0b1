"""A disk that takes no more, under the table of the record: SQLite's page count, PostgreSQL on a real small disk.

PostgreSQL's is a tmpfs of a few megabytes that a ballast fills, where this account may mount one; elsewhere a trigger
gives the server's answer. `fill` and `empty` may be called in turn.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.db import connection

MEGABYTES = 6
BLOCK = 1 << 12


class Disk(Protocol):
    """What can be filled and emptied; `name` is what it is, for the report of a run."""

    name: str

    def fill(self) -> None: ...
    def empty(self) -> None: ...


def run(statements: str) -> str:
    """Run SQL; return the first value that it gives, "" for none."""
    with connection.cursor() as cursor:
        cursor.execute(statements)
        return str(cursor.fetchone()[0]) if cursor.description else ""


class PageCount:
    """SQLite may not grow beyond the pages that it has."""

    name = "max_page_count"

    def fill(self) -> None:
        run(f"PRAGMA max_page_count={run('PRAGMA page_count')}")

    def empty(self) -> None:
        run("PRAGMA max_page_count=1073741823")


class Trigger:
    """The server's answer at the last row of all, without a disk."""

    name = "trigger"

    def fill(self) -> None:
        run("""
            CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER disk_is_full BEFORE INSERT ON workflow_event FOR EACH ROW EXECUTE FUNCTION disk_is_full();
        """)

    def empty(self) -> None:
        run("DROP TRIGGER disk_is_full ON workflow_event; DROP FUNCTION disk_is_full();")


class SmallDisk:
    """A file system of MEGABYTES that holds the events; a ballast takes what room they leave."""

    name = f"tmpfs of {MEGABYTES} MB"

    def __init__(self, place: Path) -> None:
        self._ballast = place / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * BLOCK)

    def empty(self) -> None:
        self._ballast.unlink()


@contextlib.contextmanager
def disk_of_events() -> Iterator[Disk]:
    """Yield the disk that the events lie on, and put them back where they were."""
    if connection.vendor == "sqlite":
        yield PageCount()
        return
    owner = Path(run("SHOW data_directory")).stat() if os.geteuid() == 0 else None
    place = Path(tempfile.mkdtemp(prefix="small-disk-"))
    mounted = owner is not None and _mount(place, owner)
    try:
        if mounted and owner:
            with _moved(place / "events", owner):
                yield SmallDisk(place)
        else:
            yield Trigger()
    finally:
        if mounted:
            subprocess.run(["umount", place], check=True)
        place.rmdir()


def _mount(place: Path, owner: os.stat_result) -> bool:
    option = f"size={MEGABYTES}m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    command = ["mount", "-t", "tmpfs", "-o", option, "small-disk", str(place)]
    return bool(shutil.which("mount")) and subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextlib.contextmanager
def _moved(place: Path, owner: os.stat_result) -> Iterator[None]:
    place.mkdir(mode=0o700)
    os.chown(place, owner.st_uid, owner.st_gid)
    # One name in the whole cluster, which several runs of the suite share.
    name = f"small_disk_{os.getpid()}"
    run(f"CREATE TABLESPACE {name} LOCATION '{place}'")
    run(f"ALTER TABLE workflow_event SET TABLESPACE {name}")
    try:
        yield
    finally:
        run("ALTER TABLE workflow_event SET TABLESPACE pg_default")
        run(f"DROP TABLESPACE {name}")
