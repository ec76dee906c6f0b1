"""The web's clock is the database's: a machine whose own clock is wrong, or jumps, tells the same time."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from deploy import clock
from workflow import deadlines

MOMENT = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """The clock as in a web process, taken away again afterwards."""
    monkeypatch.setattr(timezone, "now", timezone.now)
    monkeypatch.setattr(clock, "_last", None)
    clock.install()
    yield
    clock.connection_created.disconnect(dispatch_uid="deploy.clock")


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-30, -1, 1, 30])
def test_a_machine_whose_clock_is_wrong_tells_the_database_s_time(days):
    with time_machine.travel(deadlines.database_now() + timedelta(days=days), tick=True):
        clock.read()
        assert abs(timezone.now() - deadlines.database_now()) < MOMENT


@pytest.mark.django_db
def test_a_jump_after_the_reading_is_not_noticed():
    clock.read()
    with time_machine.travel(deadlines.database_now() + timedelta(hours=1), tick=True):
        assert abs(timezone.now() - deadlines.database_now()) < MOMENT


@pytest.mark.django_db(transaction=True)
def test_each_connection_reads_the_clock_once():
    connection.close()
    with connection.cursor():
        pass
    assert clock._last is not None


@pytest.mark.django_db
def test_a_database_that_does_not_answer_leaves_the_last_reading(monkeypatch):
    clock.read()
    before = clock._last

    def gone():
        raise OperationalError("gone")

    monkeypatch.setattr(deadlines, "database_now", gone)
    clock.read()
    assert clock._last is before
    assert before is not None


def test_before_the_first_connection_it_is_the_machine_s():
    with time_machine.travel(clock._own_time() + timedelta(days=3), tick=True):
        assert abs(timezone.now() - clock._own_time()) < MOMENT
