"""Log in and out, and the read-only pages: who sees them, what they say, at which constant cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from tests import world as county
from workflow import queries, story, words
from workflow.machine import Action
from workflow.models import Case, Task, User
from workflow.refusals import NotPermitted

pytestmark = pytest.mark.django_db


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_without_logging_in_every_page_leads_to_the_login(world):
    for name in ("inbox", "overdue_board", "rounds", "calendar", "ladders", "people", "password_change"):
        answer = Client().get(reverse(name))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("login"))


def test_login_shows_the_red_line_and_keeps_the_way(world):
    world.editor.set_password("long enough 1")
    world.editor.save()
    client = Client()
    page = client.get(reverse("login") + "?next=/rounds").content.decode()
    assert "严禁录入、传输、存储国家秘密和工作秘密" in page
    wrong = client.post(reverse("login"), {"username": "editor", "password": "wrong"})
    assert wrong.status_code == 200
    assert "用户名或密码不对" in wrong.content.decode()
    right = client.post(reverse("login"), {"username": "editor", "password": "long enough 1", "next": "/rounds"})
    assert right["Location"] == "/rounds"
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert client.get(reverse("inbox")).status_code == 302


@pytest.mark.parametrize("name", ["ladders", "people"])
def test_rules_and_people_are_for_finance_and_administrators(name, world):
    assert client_of(world.editor).get(reverse(name)).status_code == 403
    assert client_of(world.business_reviewer).get(reverse(name)).status_code == 200
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    assert client_of(User.objects.get(pk=world.teacher.pk)).get(reverse(name)).status_code == 200


def test_the_history_shows_every_event_and_marks_refusals(world, toy):
    case = county.toy_case(world, toy)
    county.act(case, Action.SUBMIT, world.editor)
    with pytest.raises(NotPermitted):
        county.act(case, Action.APPROVE, world.editor)
    county.act(case, Action.RETURN, world.reviewer, reason="请补<一行>")
    text = client_of(world.editor).get(reverse("case_history", args=[case.number])).content.decode()
    assert "请补&lt;一行&gt;" in text
    assert "未办理：审核通过" in text
    entries = story.timeline(Case.objects.get(pk=case.pk))
    assert [e.seq for e in entries] == list(range(len(entries), 0, -1))
    assert sum(e.refused for e in entries) == 1
    assert entries[0].step == "主管部门审核（本级）"


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        (None, ["now", "next", "next", "next", "next"]),
        ("department_review", ["done", "now", "next", "next", "next"]),
        ("finance_review", ["done", "done", "now", "next", "next"]),
        ("release", ["done", "done", "done", "done", "now"]),
        ("approved", ["done", "done", "done", "done", "done"]),
    ],
)
def test_the_steps_show_what_lies_behind_and_ahead(stop, expected, world, toy):
    case = county.toy_case(world, toy)
    if stop:
        case = county.walk_to(case, world, stop)
    case = Case.objects.select_related("unit", "route", "step").get(pk=case.pk)
    steps = story.route_steps(case, open_tasks=queries.standing(case).tasks)
    assert [step.status for step in steps] == expected


def test_after_a_return_the_old_signatures_do_not_show_as_done(world, toy):
    case = county.toy_case(world, toy)
    case = county.walk_to(case, world, "finance_review")
    county.act(case, Action.RETURN, world.business_reviewer, reason="补")
    case = Case.objects.select_related("unit", "route", "step").get(pk=case.pk)
    steps = story.route_steps(case, open_tasks=queries.standing(case).tasks)
    assert [step.status for step in steps] == ["now", "next", "next", "next", "next"]


def test_the_overdue_board_names_office_and_phone_and_has_a_text_to_copy(world, toy):
    case = county.toy_case(world, toy)
    Task.objects.update(due_at=county.NOW - timedelta(days=5))
    world.own.phone = "0952-0000000"
    world.own.save()
    text = client_of(world.business_reviewer).get(reverse("overdue_board")).content.decode()
    assert case.number in text
    assert "0952-0000000" in text
    assert "未报1个单位：演示办公室本级（1张）" in text
    assert case.number not in client_of(world.school_reviewer).get(reverse("overdue_board")).content.decode()


def test_the_overdue_board_costs_the_same_with_many_rows(world, toy, django_assert_max_num_queries):
    spent = []
    for number in (1, 15):
        for _ in range(number):
            county.toy_case(world, toy)
        Task.objects.update(due_at=county.NOW - timedelta(days=5))
        client = client_of(world.performance_reviewer)
        with django_assert_max_num_queries(8) as statements:
            client.get(reverse("overdue_board"))
        spent.append(len(statements))
    assert spent[0] == spent[1]


def test_the_calendar_says_where_it_comes_from_or_that_it_does_not_know(world):
    client = client_of(world.editor)
    known = client.get(reverse("calendar") + "?year=2026").content.decode()
    assert "国务院办公厅" in known
    assert "调休上班" in known
    assert "本年放假通知尚未录入" in client.get(reverse("calendar") + "?year=2031").content.decode()
    for nonsense in ("abc", "0", "99999999999", "-1", "２０２６x"):
        assert client.get(reverse("calendar"), {"year": nonsense}).status_code == 200


def test_people_and_ladders_cost_a_fixed_number_of_statements(world, django_assert_max_num_queries):
    client = client_of(world.performance_reviewer)
    for name, most in (("people", 9), ("ladders", 9), ("rounds", 7), ("calendar", 7)):
        with django_assert_max_num_queries(most):
            assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(
    ("yuan", "text"),
    [("6420", "0.642"), ("500000", "50"), ("1000000.00", "100"), ("0", "0"), ("12345.67", "1.234567"), (None, "—")],
)
def test_sums_are_said_in_wan_at_the_precision_they_have(yuan, text):
    assert words.wan(None if yuan is None else Decimal(yuan)) == text


def test_a_deadline_at_midnight_is_24_o_clock_of_the_day_before():
    from datetime import UTC, datetime

    assert words.deadline(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == "2026-11-23 周一 24:00"
    assert words.deadline(datetime(2026, 11, 23, 9, 30, tzinfo=UTC)) == "2026-11-23 周一 17:30"


def test_due_chips_carry_word_shape_and_tone(world):
    from datetime import UTC, datetime

    due_at = datetime(2026, 9, 11, 16, 0, tzinfo=UTC)
    said = [words.due(due_at, now=due_at + timedelta(days=d, hours=h)) for d, h in ((-5, 1), (-1, 1), (0, 1), (4, 0))]
    assert [(c.shape, c.tone) for c in said] == [
        ("ring", ""),
        ("triangle", "warn"),
        ("square", "bad"),
        ("square", "bad"),
    ]
    assert said[1].words == "今日 24:00 截止"
    assert said[2].words == "逾期 1 个工作日"


def test_the_admin_shows_cases_events_and_decisions_but_changes_none(world, toy):
    case = county.toy_case(world, toy)
    User.objects.filter(pk=world.teacher.pk).update(is_staff=True, is_superuser=True)
    client = client_of(User.objects.get(pk=world.teacher.pk))
    for model in ("case", "task", "event", "decision", "route", "ladder", "calendaryear", "rungfired", "seal"):
        assert client.get(reverse(f"admin:workflow_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:workflow_{model}_add")).status_code == 403
    change = reverse("admin:workflow_case_change", args=[case.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"state": "approved"}).status_code == 403
    assert client.post(reverse("admin:workflow_case_delete", args=[case.pk]), {"post": "yes"}).status_code == 403
    assert Case.objects.get(pk=case.pk).state == "draft"
    for model in ("user", "organisation", "rolegroup", "round", "delegation"):
        assert client.get(reverse(f"admin:workflow_{model}_changelist")).status_code == 200
