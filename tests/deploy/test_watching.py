"""A worker that consumes nothing for three minutes ends itself; worker and beat leave signs of life."""

import pytest
from django.db import DatabaseError

from deploy import watching
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


@pytest.mark.django_db
def test_a_sign_of_life_is_one_row(monkeypatch):
    monkeypatch.setattr(watching.connection, "close", lambda: None)
    for _ in range(3):
        watching.note_life(watching.worker_name())
    row = Heartbeat.objects.get()
    assert row.name.startswith("worker-")
    assert len(row.name) <= 20


def test_a_database_that_does_not_answer_is_no_reason_to_stop(monkeypatch, caplog):
    from workflow import deadlines

    def gone():
        raise DatabaseError("secret host")

    monkeypatch.setattr(deadlines, "database_now", gone)
    monkeypatch.setattr(watching.connection, "close", lambda: None)
    watching.note_life("beat")
    assert "cannot be written" in caplog.text
    assert "secret host" not in caplog.text
