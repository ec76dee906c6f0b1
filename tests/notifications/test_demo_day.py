"""The demo day tells what the sweep and the mails really do, and touches nothing that is no demo."""

import pytest
from django.core.management import CommandError, call_command

from notifications import demo_day
from notifications.models import Delivery, Status
from tests.world import NOW, toy_case
from workflow.models import RungFired, Task, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def tables(mailed, toy):
    return [toy_case(mailed, toy) for _ in range(3)]


def test_it_shows_reminder_digest_escalation_and_catch_up(tables):
    lines = list(demo_day.story(now=NOW))
    text = "\n".join(lines)
    assert "提醒 (due-0)" in text
    assert "逾期上报 (late-1)" in text
    assert "您有 2 张表待办理" in text
    assert "停机" in text
    assert "已错过" in text
    assert lines[-1].endswith("0 条。")
    assert RungFired.objects.filter(is_silent=True).exists()
    assert not Delivery.objects.filter(status=Status.FAILED).exists()


def test_before_the_grace_is_over_nobody_is_reported_for_the_outage(tables):
    lines = list(demo_day.story(now=NOW))
    off = next(n for n, line in enumerate(lines) if "停机" in line)
    wait = next(n for n, line in enumerate(lines) if n > off and "多等一个工作日" in line)
    assert not any("逾期上报" in line for line in lines[off + 1 : wait])
    assert any("逾期上报" in line for line in lines[wait:])


def test_it_refuses_where_real_people_are_and_changes_nothing(tables):
    User.objects.filter(username="auditor").update(is_demo=False)
    before = list(Task.objects.values())
    with pytest.raises(CommandError, match="演示"):
        call_command("demo_day", "--here", "--fast")
    assert list(Task.objects.values()) == before


def test_without_tables_it_says_what_to_do(mailed):
    with pytest.raises(demo_day.NoDemoTasks):
        list(demo_day.story(now=NOW))
