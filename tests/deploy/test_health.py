"""Probes: answered without a session, a known host or HTTPS; honest about the database; silent about the rest."""

import pytest
from django.db import OperationalError
from django.test import Client

from deploy import health


@pytest.fixture(autouse=True)
def _ask_again(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def test_livez_answers_an_unknown_host_over_plain_http_without_a_session(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/livez", headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readyz_names_each_check(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "storage": "ok"},
    }


@pytest.mark.django_db
def test_readyz_asks_for_migrations_only_until_they_are_applied(client: Client, django_assert_num_queries) -> None:
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")


def test_readyz_says_503_and_no_host_name_when_the_database_is_gone(client: Client, monkeypatch) -> None:
    class Gone:
        def cursor(self):
            raise OperationalError("could not connect to db.county.example as secret_user")

    monkeypatch.setattr(health, "connection", Gone())
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "OperationalError", "migrations": "not asked", "storage": "ok"}
    assert "secret_user" not in answer.content.decode()


@pytest.mark.django_db
def test_readyz_says_503_when_nothing_can_be_stored(client: Client, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path / "gone"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["storage"] == "FileNotFoundError"


def test_version_is_the_one_of_the_project(client: Client, settings) -> None:
    assert f'version = "{client.get("/version").json()["version"]}"' in (
        settings.BASE_DIR / "pyproject.toml"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/version"])
def test_probes_take_no_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_statusz_is_for_administrators_and_tells_what_waits(client: Client) -> None:
    from tests.world import build_world
    from workflow import sweeping
    from workflow.deadlines import database_now
    from workflow.models import User

    world = build_world()
    assert client.get("/statusz").status_code == 302
    client.force_login(world.leader)
    assert client.get("/statusz").status_code == 403
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    client.force_login(User.objects.get(pk=world.teacher.pk))
    sweeping.note_beat(name="worker-演示", now=database_now())
    told = client.get("/statusz").json()
    assert told["sweep"] == {"tasks_due": 0, "oldest_unfired_seconds": None}
    assert told["outbox"]["notices"] == told["incidents"]["deliveries"] == 0
    assert told["heartbeats"]["worker-演示"]["seconds"] <= 5
    assert told["calendar"]["years"][0] == 2019
    assert client.post("/statusz").status_code == 405


@pytest.mark.django_db
def test_statusz_tells_how_long_the_oldest_has_waited_and_what_needs_a_person(client: Client) -> None:
    from datetime import timedelta

    from notifications.models import Channel, Delivery, Notice, Status
    from tests.world import build_world, toy, toy_case
    from workflow.deadlines import database_now
    from workflow.models import Task, User

    world, now = build_world(), database_now()
    case = toy_case(world, toy())
    Task.objects.filter(case=case).update(next_rung_at=now - timedelta(hours=2))
    Notice.objects.all().delete()
    stuck = Notice.objects.create(kind="returned", case=case, created_at=now - timedelta(hours=1), attempts=9)
    Delivery.objects.bulk_create(
        Delivery(notice=stuck, recipient=person, channel=Channel.EMAIL, status=status, available_at=now,
                 created_at=now - timedelta(minutes=30))
        for person, status in ((world.editor, Status.PENDING), (world.head, Status.INCIDENT))
    )  # fmt: skip
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    client.force_login(User.objects.get(pk=world.teacher.pk))
    told = client.get("/statusz").json()
    assert told["sweep"]["tasks_due"] == 1
    assert 7200 <= told["sweep"]["oldest_unfired_seconds"] < 7260
    assert (told["outbox"]["notices"], told["outbox"]["pending"]) == (1, 1)
    assert 3600 <= told["outbox"]["oldest_notice_seconds"] < 3660
    assert 1800 <= told["outbox"]["oldest_pending_seconds"] < 1860
    assert told["incidents"] == {"deliveries": 1, "notices": 1}
    assert 0 < told["storage"]["free_percent"] <= 100
    assert {"this_year_known", "next_year_known", "provisional_deadlines"} <= set(told["calendar"])
