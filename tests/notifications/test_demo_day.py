"""The demo day tells what the sweep and the mails really do, and touches nothing that is no demo."""

import pytest
from django.core.management import CommandError, call_command

from notifications import demo_day
from notifications.models import Delivery, Notice, Status
from tests.world import NOW, act, toy_case
from workflow.machine import Action
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


def test_what_the_county_had_to_tell_before_is_no_mail_of_the_story(mailed, tables, toy):
    act(tables[0], Action.SUBMIT, mailed.editor)
    act(tables[0], Action.RETURN, mailed.reviewer, reason="请核对金额", days=5)
    toy_case(mailed, toy)
    text = "\n".join(demo_day.story(now=NOW))
    assert "封邮件：退回修改" not in text
    assert "封邮件：您有" in text
    assert Notice.objects.filter(kind="returned", expanded_at__isnull=False).exists()
