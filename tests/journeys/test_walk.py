"""The whole way over HTTP on the demo, and the record, the rights and the migrations afterwards."""

from datetime import datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from targets import demo
from tests.journeys.people import Person
from tests.journeys.walk import Walk
from workflow import append_only, calendar, ladders, record, routes
from workflow.models import Case, Decision, Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(live_server, transactional_db):
    """The running demo, as `make run` makes it."""
    now = timezone.now()
    routes.install_defaults(now=now)
    ladders.install_defaults()
    calendar.install_defaults(now=now)
    demo.seed(now=now)
    return live_server.url


def sweep(now: datetime) -> None:
    call_command("sweep", "--now", now.isoformat(), "--json")


def test_one_table_from_upload_to_an_accepted_report(site, capsys):
    walk = Walk(site, demo.password(), sweep, timezone.localdate(), name="演示·走查培训项目")
    walk.go()
    case = Case.objects.get(number=walk.number)
    assert case.state == "monitoring"
    signed = list(Decision.objects.filter(case=case).order_by("pk").values_list("actor__username", "verdict"))
    assert signed == [
        ("zhuguan", "approved"), ("yewugu", "returned"), ("zhuguan", "approved"), ("yewugu", "approved"),
        ("jixiaogu", "approved"), ("juling", "released"),
    ]  # fmt: skip
    report = case.children.get()
    assert report.state == "approved"
    assert list(Decision.objects.filter(case=report).values_list("actor__username", flat=True)) == [
        "zhuguan",
        "jixiaogu",
    ]
    call_command("verify_record")
    call_command("sync_grants", "--check")
    call_command("makemigrations", "--check", "--dry-run")

    append_only.remove(connection)
    Event.objects.filter(case=case, seq=4).update(actor_name="somebody else")
    append_only.install(connection)
    assert [(f.number, f.seq) for f in record.verify()] == [(walk.number, 4)]
    with pytest.raises(CommandError):
        call_command("verify_record")


def test_a_stranger_learns_nothing_of_a_table_by_its_number(site):
    stranger = Person(site, "jiaoyu", demo.password())
    known = Case.objects.filter(kind="target", unit__is_own_office=True).first().number
    there, missing = stranger.open(f"/tables/{known}"), stranger.open("/tables/2024-9999")
    assert (there.status, missing.status) == (404, 404)
    assert there.text == missing.text
    assert known not in stranger.open("/tables").text
