"""The workbench: what it shows to whom, in which group, at which cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests import world
from workflow import engine, queries
from workflow.machine import Action, Kind
from workflow.models import Case, Task, User
from workflow.views.inbox import grouped

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 8


@pytest.fixture
def county():
    return world.build_world()


@pytest.fixture
def at_noon():
    with time_machine.travel(world.NOW + timedelta(hours=2), tick=False):
        yield


def page_of(user: User, query: str = "") -> tuple[Client, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("inbox") + query)
    assert answer.status_code == 200
    return client, answer.content.decode()


def statements(django_assert_max_num_queries, user: User, query: str) -> int:
    client = Client()
    client.force_login(user)
    client.get(reverse("inbox") + query)
    with django_assert_max_num_queries(MOST_STATEMENTS) as spent:
        assert client.get(reverse("inbox") + query).status_code == 200
    return len(spent)


@pytest.mark.parametrize("tab", ["", "?tab=late", "?tab=done", "?tab=mine"])
def test_the_page_costs_the_same_with_1_and_30_rows(tab, toy, county, at_noon, django_assert_max_num_queries):
    def fill(number: int) -> None:
        for _ in range(number):
            case = world.toy_case(county, toy)
            world.act(case, Action.SUBMIT, county.editor)
            world.act(case, Action.RETURN, county.reviewer, reason="补一行")

    fill(1)
    Task.objects.update(due_at=world.NOW - timedelta(days=3))
    people = [User.objects.get(pk=p.pk) for p in (county.editor, county.reviewer)]
    few = [statements(django_assert_max_num_queries, user, tab) for user in people]
    fill(29)
    Task.objects.update(due_at=world.NOW - timedelta(days=3))
    many = [statements(django_assert_max_num_queries, user, tab) for user in people]
    assert few == many


def test_an_open_task_stands_in_the_inbox_of_its_group_and_of_nobody_else(toy, county, at_noon):
    case = world.toy_case(county, toy)
    world.act(case, Action.SUBMIT, county.editor)
    assert case.number in page_of(county.reviewer)[1]
    for other in (county.editor, county.teacher, county.school_reviewer, county.business_reviewer):
        assert case.number not in page_of(other)[1]


def test_a_row_names_project_unit_amount_step_and_who_handed_it_over(toy, county, at_noon):
    case = engine.start(kind=Kind.TARGET, unit=county.own, title="演示<b>项目</b>", fiscal_year=2027, by=county.editor,
                        profile="nx_2022", key=world.key(), now=world.NOW, amount=Decimal("6420"))  # fmt: skip
    world.act(case, Action.SUBMIT, county.editor)
    text = page_of(county.reviewer)[1]
    assert "演示&lt;b&gt;项目&lt;/b&gt;" in text
    assert "0.642" in text
    assert "演示办公室本级" in text
    assert "主管部门审核（本级）" in text
    assert str(county.editor) in text


def test_tasks_fall_under_the_first_heading_that_holds(toy, county):
    now = world.NOW
    for _ in range(5):
        world.toy_case(county, toy)
    due = [now - timedelta(days=2), now + timedelta(hours=3), now + timedelta(days=9), None, now + timedelta(days=1)]
    kind = ["fill", "fill", "correct", "fill", "review"]
    for task, due_at, task_kind in zip(Task.objects.order_by("id"), due, kind, strict=True):
        Task.objects.filter(pk=task.pk).update(due_at=due_at, kind=task_kind)
    found = grouped(queries.open_tasks_for(county.editor), now=now)
    assert [(group.key, len(tasks)) for group, tasks in found] == [
        ("late", 1), ("today", 1), ("review", 1), ("returned", 1), ("fill", 1)
    ]  # fmt: skip


def test_the_most_urgent_comes_first_and_no_deadline_last(toy, county):
    for _ in range(3):
        world.toy_case(county, toy)
    first, second, third = Task.objects.order_by("id")
    Task.objects.filter(pk=first.pk).update(due_at=None)
    Task.objects.filter(pk=second.pk).update(due_at=world.NOW + timedelta(days=9))
    Task.objects.filter(pk=third.pk).update(due_at=world.NOW + timedelta(days=1))
    assert [t.pk for t in queries.open_tasks_for(county.editor)] == [third.pk, second.pk, first.pk]


def test_filters_live_in_the_address_and_bad_ones_can_be_cleared(toy, county, at_noon):
    case = world.toy_case(county, toy)
    assert case.number in page_of(county.editor, "?kind=fill")[1]
    text = page_of(county.editor, "?kind=%3Cscript%3E&department=x")[1]
    assert case.number not in text
    assert "清除筛选" in text
    assert "<script>&" not in text


@pytest.mark.parametrize(
    "query", ["?tab=nonsense", "?after=abc", "?tab=done&after=99999999999999999999", "?tab=done&after=-1"]
)
def test_a_nonsense_address_is_answered_with_a_page(query, county):
    page_of(county.editor, query)


def test_the_tabs_count_and_show_what_i_did(toy, county, at_noon):
    case = world.toy_case(county, toy)
    world.act(case, Action.SUBMIT, county.editor)
    world.act(case, Action.RETURN, county.reviewer, reason="补一行")
    counts = queries.counts_for(county.reviewer, now=world.NOW)
    assert (counts.todo, counts.done, counts.mine) == (0, 1, 0)
    mine = queries.counts_for(county.editor, now=world.NOW)
    assert (mine.todo, mine.done, mine.mine) == (1, 1, 1)
    assert "退回修改" in page_of(county.reviewer, "?tab=done")[1]
    assert case.number in page_of(county.editor, "?tab=mine")[1]


def test_what_i_did_pages_by_key_without_gaps_or_doubles(toy, county):
    for _ in range(5):
        world.act(world.toy_case(county, toy), Action.SUBMIT, county.editor)
    for case in Case.objects.order_by("id"):
        world.act(case, Action.RETURN, county.reviewer, reason="补一行")
    seen, after = [], None
    while True:
        page = queries.done_by(county.reviewer, after=after, size=2)
        seen += [event.case_id for event in page.rows]
        if page.after is None:
            break
        after = page.after
    assert seen == sorted(Case.objects.values_list("pk", flat=True), reverse=True)


def test_who_has_left_the_office_sees_nothing_of_what_they_did(toy, county):
    case = world.toy_case(county, toy)
    world.act(case, Action.SUBMIT, county.editor)
    world.act(case, Action.RETURN, county.reviewer, reason="补一行")
    county.reviewer.groups.clear()
    left = User.objects.get(pk=county.reviewer.pk)
    assert queries.done_by(left).rows == []
    assert queries.counts_for(left, now=world.NOW).done == 0


def test_a_deactivated_person_has_no_tasks(toy, county):
    world.toy_case(county, toy)
    county.editor.is_active = False
    county.editor.save()
    assert queries.open_tasks_for(User.objects.get(pk=county.editor.pk)) == []


def test_an_empty_inbox_says_so(county):
    assert "没有待办" in page_of(county.editor)[1]


def test_for_many_cases_only_what_some_of_them_wait_for_is_offered(toy, county, at_noon):
    case = world.toy_case(county, toy)
    world.act(case, Action.SUBMIT, county.editor)
    text = page_of(county.reviewer)[1]
    assert '<option value="approve">' in text
    assert '<option value="release">' not in text
    Task.objects.filter(case=case, closed_at=None, step__isnull=False).update(kind="release")
    text = page_of(county.reviewer)[1]
    assert '<option value="release">' in text
    assert '<option value="approve">' not in text
