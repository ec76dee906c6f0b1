"""The broker is a doorbell: its settings keep work safe, and ringing never raises, hangs or matters."""

import socket
import time

import pytest
from django.db import transaction

from deploy import celery_app
from deploy.celery_app import app
from workflow.signals import work_waits

PROMISED = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_retry_on_worker_lost": True,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_time_limit": 300,
    "task_soft_time_limit": 240,
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2},
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 400_000,
    "worker_soft_shutdown_timeout": 30,
    "worker_eta_task_limit": 100,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "enable_utc": True,
    "timezone": "Asia/Shanghai",
}
NAMES = {"workflow.sweep", "notifications.expand", "notifications.deliver"}


@pytest.fixture(autouse=True)
def _not_quiet(monkeypatch):
    monkeypatch.setattr(celery_app, "_quiet_until", 0.0)


@pytest.fixture
def sent(monkeypatch):
    """Names of the tasks that were rung for."""
    names = []
    monkeypatch.setattr(app, "send_task", lambda name, **kwargs: names.append(name))
    return names


@pytest.mark.parametrize(("name", "value"), PROMISED.items())
def test_the_settings_are_those_that_were_measured(name, value):
    assert app.conf[name] == value


def test_the_transport_redelivers_late_and_looks_often():
    options = app.conf.broker_transport_options
    assert options == {
        "visibility_timeout": 900,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 15,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 30,
        "global_keyprefix": "btr:",
    }
    assert options["visibility_timeout"] >= 3 * app.conf.task_time_limit


def test_no_task_waits_inside_the_broker_and_none_makes_a_queue_of_its_own():
    assert app.conf.task_annotations == {"*": {"max_retries": 3}}
    assert app.conf.task_create_missing_queues is False
    assert app.conf.task_default_queue in {queue.name for queue in app.conf.task_queues}
    assert app.conf.result_backend is None
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]
        assert "countdown" not in entry["options"]
        assert "eta" not in entry["options"]


def test_every_timetable_entry_is_a_known_task_with_a_queue_that_workers_read():
    app.loader.import_default_modules()
    queues = {queue.name for queue in app.conf.task_queues}
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == NAMES
    for name in NAMES:
        assert name in app.tasks
        assert app.conf.task_routes[name]["queue"] in queues
    assert app.tasks["workflow.sweep"].max_retries == 3


def test_without_a_broker_nothing_is_rung(settings, sent):
    settings.REDIS_URL = ""
    celery_app.ring()
    assert sent == []


def test_the_bell_asks_for_an_expansion(settings, sent):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    work_waits.send(sender=None)
    assert sent == ["notifications.expand"]


@pytest.mark.django_db
def test_it_rings_after_the_commit_only(settings, sent, django_capture_on_commit_callbacks):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            transaction.on_commit(lambda: work_waits.send(sender=None))
        assert sent == []
    assert sent == ["notifications.expand"]


def test_a_broker_that_is_not_there_is_not_an_error(settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    celery_app.ring()
    assert "does not answer" in caplog.text


def test_a_broker_that_hangs_holds_a_request_for_two_seconds_once(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://:word@127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        celery_app.ring()
        assert time.monotonic() - began < 5
        began = time.monotonic()
        celery_app.ring()
        assert time.monotonic() - began < 0.1
