"""The page of the system's state: what waits, who lives and what to do, in words; the facts are those of /statusz."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from deploy import status
from notifications.models import Channel, Delivery, Notice, Status
from tests.world import NOW, build_world, toy, toy_case
from workflow import sweeping
from workflow.deadlines import database_now
from workflow.models import CalendarYear, Heartbeat, Task, User

pytestmark = pytest.mark.django_db
WELL = {
    "sweep": {"tasks_due": 0, "oldest_unfired_seconds": None},
    "outbox": {"notices": 0, "oldest_notice_seconds": None, "pending": 0, "oldest_pending_seconds": None},
    "incidents": {"deliveries": 0, "notices": 0},
    "storage": {"free_percent": 60},
    "heartbeats": {"sweep": {"seconds": 5, "up_since": None}},
    "calendar": {"years": [2019, 2026], "this_year_known": True, "next_year_known": False, "provisional_deadlines": 0},
}


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def operator(world) -> Client:
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    client = Client()
    client.force_login(User.objects.get(pk=world.teacher.pk))
    return client


def found(**changes):
    """Return the lines of a system that is well but for `changes` ("part.fact" by double underscore), by tone."""
    told = {part: dict(value) for part, value in WELL.items()}
    for name, value in changes.items():
        part, _sign, fact = name.partition("__")
        told[part] = value if not fact else told[part] | {fact: value}
    return [line for line in status.lines(told, now=NOW) if line.tone != "good"]


def test_a_system_that_is_well_asks_for_nothing():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "tone", "words"),
    [
        ({"heartbeats": {}}, "bad", "从未"),
        ({"heartbeats": {"sweep": {"seconds": 181}}}, "bad", "3 分钟前"),
        ({"sweep": {"tasks_due": 7, "oldest_unfired_seconds": 7300}}, "warn", "积压 7 条，最早的已等 2 小时"),
        ({"outbox__pending": 4, "outbox__oldest_pending_seconds": 200000}, "warn", "2 天"),
        ({"incidents": {"deliveries": 2, "notices": 1}}, "bad", "3"),
        ({"calendar__this_year_known": False}, "bad", "2026"),
        ({"calendar__provisional_deadlines": 9}, "warn", "9"),
        ({"calendar__years": [], "calendar__this_year_known": False}, "bad", "2026"),
        ({"storage": {"free_percent": 9}}, "bad", "9 %"),
        ({"storage": {"free_percent": -1}}, "bad", "无法读取"),
    ],
)
def test_each_trouble_has_its_tone_its_words_and_what_to_do(changes, tone, words):
    (line,) = found(**changes)
    assert line.tone == tone
    assert words in line.words + line.advice
    assert line.advice
    assert "%(" not in line.words + line.advice


def test_next_year_is_asked_for_in_december_only():
    told = {part: dict(value) for part, value in WELL.items()}
    december = NOW.replace(month=12)
    (line,) = [line for line in status.lines(told, now=december) if line.tone != "good"]
    assert (line.tone, "2027" in line.advice) == ("warn", True)


def test_the_page_is_for_administrators_and_says_what_needs_a_person(world, operator):
    leader = Client()
    leader.force_login(world.leader)
    assert leader.get(reverse("status_page")).status_code == 403
    assert Client().get(reverse("status_page")).status_code == 302
    now = database_now()
    sweeping.note_beat(name="sweep", now=now)
    sweeping.note_beat(name="worker-alt", now=now)
    Heartbeat.objects.filter(name="worker-alt").update(beat_at=now - timedelta(days=8))
    case = toy_case(world, toy())
    Task.objects.filter(case=case).update(next_rung_at=now - timedelta(hours=3))
    Notice.objects.all().delete()
    notice = Notice.objects.create(kind="returned", case=case, created_at=now, expanded_at=now)
    Delivery.objects.create(notice=notice, recipient=world.editor, channel=Channel.EMAIL, status=Status.INCIDENT,
                            available_at=now, created_at=now)  # fmt: skip
    page = operator.get(reverse("status_page"))
    text = page.content.decode()
    assert page.context["worst"] == "bad"
    assert "最早的已等 3 小时" in text
    assert reverse("incidents") in text
    assert "worker-alt" not in text
    assert operator.post(reverse("status_page")).status_code == 405


def test_the_page_costs_the_same_with_many_rows(world, operator, django_assert_max_num_queries):
    for n in range(30):
        toy_case(world, toy())
        Heartbeat.objects.create(name=f"w{n}", beat_at=database_now())
    CalendarYear.objects.filter(year=2026).delete()
    operator.get(reverse("status_page"))
    with django_assert_max_num_queries(20):
        assert operator.get(reverse("status_page")).status_code == 200
