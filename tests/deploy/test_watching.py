"""A worker that consumes nothing for three minutes ends itself; worker and beat leave signs of life."""

import math
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError

from deploy import watching
from workflow import deadlines, sweeping
from workflow.models import Heartbeat


@pytest.fixture
def clock(monkeypatch):
    """A clock that a rest moves on."""
    seconds = [1000.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: seconds[0])
    monkeypatch.setattr(watching, "note_life", lambda name: None)
    return seconds


def test_silence_for_three_minutes_is_the_end_and_no_sooner(clock):
    watching.hear()
    began, left = clock[0], []
    watching.watch(leave=lambda: left.append(clock[0]), rest=lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    assert left == [began + 180]


def test_a_worker_that_hears_something_goes_on(clock):
    watching.hear()
    began, left = clock[0], []

    def rest(seconds):
        clock[0] += seconds
        if clock[0] < began + 1000:
            watching.hear()

    watching.watch(leave=lambda: left.append(clock[0]), rest=rest)
    assert left[0] >= began + 1000 + 180 - 10


class Enough(Exception):
    """Ends a loop that does not end."""


def looks_of(monkeypatch, *ages: float) -> list[float]:
    """Return the ages of the last sweep at which the work was done, of `ages`, one a look."""
    left, done, rests = list(ages), [], []

    def rest(seconds):
        rests.append(seconds)
        if not left:
            raise Enough

    monkeypatch.setattr(watching, "unswept_for", lambda: left.pop(0))
    with pytest.raises(Enough):
        watching.keep_time(work=lambda: done.append(ages[len(rests)]), rest=rest)
    assert rests == [watching.LOOKS_EVERY] * len(ages)
    return done


def test_a_worker_does_the_work_unbidden_where_nobody_sweeps_and_not_otherwise(monkeypatch):
    assert looks_of(monkeypatch, 0, 59, 95, 119) == []
    assert looks_of(monkeypatch, 120, 130, 5, 4000) == [120, 130, 4000]


@pytest.mark.django_db
def test_the_age_of_the_last_sweep_is_told_by_the_database(monkeypatch, caplog):
    monkeypatch.setattr(watching.connection, "close", lambda: None)
    assert watching.unswept_for() == math.inf
    sweeping.beat(now=deadlines.database_now() - timedelta(minutes=5))
    assert 300 <= watching.unswept_for() < 400

    def gone():
        raise DatabaseError("secret host")

    monkeypatch.setattr(deadlines, "database_now", gone)
    assert watching.unswept_for() == 0
    assert "cannot be asked" in caplog.text
    assert "secret host" not in caplog.text


@pytest.mark.parametrize(
    ("command", "said"),
    [(["/nowhere/python"], "FileNotFoundError"), ([sys.executable, "-c", "raise SystemExit(3)"], "exit status 3"),
     ([sys.executable, "-c", "input()"], "exit status 1"),
     ([sys.executable, "-c", "import time; time.sleep(9)"], "TimeoutExpired")],
)  # fmt: skip
def test_unbidden_work_that_fails_is_said_and_ends_nothing(monkeypatch, caplog, command, said):
    monkeypatch.setattr(watching, "COMMAND", command)
    monkeypatch.setattr(watching, "UNBIDDEN_LIMIT", 2.0)
    watching.work_unbidden()
    assert said in caplog.text


def test_the_unbidden_work_is_the_command_that_does_all_of_it():
    assert watching.COMMAND[1:] == [str(settings.BASE_DIR / "manage.py"), "sweep"]
    assert Path(watching.COMMAND[1]).is_file()


@pytest.mark.django_db
def test_a_sign_of_life_is_one_row(monkeypatch):
    monkeypatch.setattr(watching.connection, "close", lambda: None)
    for _ in range(3):
        watching.note_life(watching.worker_name())
    row = Heartbeat.objects.get()
    assert row.name.startswith("worker-")
    assert len(row.name) <= 20


def test_a_database_that_does_not_answer_is_no_reason_to_stop(monkeypatch, caplog):
    def gone():
        raise DatabaseError("secret host")

    monkeypatch.setattr(deadlines, "database_now", gone)
    monkeypatch.setattr(watching.connection, "close", lambda: None)
    watching.note_life("beat")
    assert "cannot be written" in caplog.text
    assert "secret host" not in caplog.text
