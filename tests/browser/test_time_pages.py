"""The pages of time in a real browser: board, calendar, ladders, notices and preferences, with and without script."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone

from notifications.channels import webhook
from notifications.expand import expand
from notifications.models import Hook, Muted, Preference, QuietHours
from tests.browser.conftest import SIZES, Visit
from tests.browser.test_procedure_pages import TAGS
from workflow import projecting
from workflow.deadlines import database_now
from workflow.machine import Action
from workflow.models import CalendarYear, Event, Ladder, Task, User, WorkDay
from workflow.sweeping import note_beat, sweep

LINES = "2031-01-01,放假,元旦\n2031-05-01,放假,劳动节\n2031-10-01,放假,国庆节\n2031-10-11,上班,国庆节"


@pytest.fixture
def late(county_at_work):
    """Two tasks of the editor that were due three days ago."""
    now = timezone.now()
    tasks = list(Task.objects.filter(status="open", kind__in=("fill", "correct")).order_by("pk")[:2])
    assert len(tasks) == 2
    for task in tasks:
        Task.objects.filter(pk=task.pk).update(opened_at=now - timedelta(days=20))
        task.refresh_from_db()
        projecting.set_due(task, due_at=now - timedelta(days=3), now=now - timedelta(days=10), is_new_term=True)
    return tasks


@pytest.fixture
def administrator(county_at_work):
    User.objects.filter(username="leader").update(administers="system")


def forget_refusals(window: Visit) -> None:
    """Leave out what the browser's console says of a page that was answered with 422 on purpose."""
    window.complaints[:] = [line for line in window.complaints if "status of 422" not in line]


@pytest.mark.parametrize("size", SIZES)
def test_no_page_of_time_has_an_accessibility_violation_or_scrolls_sideways(size, visit, late, administrator, shots):
    sweep(now=timezone.now())
    expand(now=timezone.now())
    pages = [
        ("business_reviewer", "/overdue"), ("leader", "/calendar/edit?year=2031"), ("leader", "/ladders/fill/edit"),
        ("leader", "/rounds/{round}/edit"), ("editor", "/notices"), ("editor", "/notices/preferences"),
        ("leader", "/status"), ("leader", "/channels"), ("leader", "/channels/hooks/new"), ("leader", "/incidents"),
    ]  # fmt: skip
    number = late[0].case.round_id
    windows = {who: visit(who=who, size=size) for who in dict.fromkeys(who for who, _path in pages)}
    found = []
    for n, (who, path) in enumerate(pages):
        page = windows[who].open(path.format(round=number))
        for fold in page.locator("main details:not([open]) > summary").all():
            if fold.is_visible():
                fold.click()
        answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        found += [f"{path} {v['id']}: {node['html'][:160]}" for v in answer["violations"] for node in v["nodes"]]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > SIZES[size][0]:
            found.append(f"{path} is {width} px wide")
        page.screenshot(path=shots / f"time-{n:02}-{size}.png", full_page=True)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("script", [True, False])
def test_on_the_board_ticked_tables_are_urged_together_and_one_by_its_button(visit, late, script):
    page = visit(who="business_reviewer", script=script).open("/overdue")
    first, second = (task.case.number for task in late)
    page.check(f'input[name=case][value="{first}"]')
    page.click("text=催办所勾选的表")
    page.wait_for_selector("text=已催办 1 张表")
    page.click(f'button[name=only][value="{second}"]')
    page.wait_for_selector("text=已催办 1 张表")
    urged = Event.objects.filter(action=Action.URGE, refused="").values_list("case__number", flat=True)
    assert sorted(urged) == sorted([first, second])
    for number in (first, second):
        assert page.locator(f'[value="{number}"]').count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_a_year_is_written_looked_at_and_stored(visit, administrator, script):
    window = visit(who="leader", script=script)
    page = window.open("/calendar/edit?year=2031")
    page.fill("#source", "演示通知")
    page.fill("#lines", LINES + "\n2031-10-11,放假,又一次")
    page.click("form:has(#lines) button")
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#lines").endswith("又一次")
    assert not CalendarYear.objects.filter(year=2031).exists()
    page.fill("#lines", LINES)
    page.click("form:has(#lines) button")
    page.wait_for_selector("input[name=confirmed]", state="attached")
    assert not CalendarYear.objects.filter(year=2031).exists()
    page.click("form:has(input[name=confirmed]) button")
    page.wait_for_url("**/calendar")
    forget_refusals(window)
    assert WorkDay.objects.filter(year=2031).count() == 4


@pytest.mark.parametrize("script", [True, False])
def test_a_ladder_is_tried_out_before_it_is_stored_and_a_refusal_keeps_the_rows(visit, administrator, script):
    window = visit(who="leader", script=script)
    page = window.open("/ladders/fill/edit")
    versions = Ladder.objects.filter(task_kind="fill").count()
    blank = page.locator("tr:has(input[name=days])").last
    blank.locator("input[name=days]").fill("-1")
    page.click("button[name=simulate]")
    page.wait_for_selector("[role=alert]")
    assert page.locator("tr:has(input[name=days])").count() >= 8
    page.locator('input[name=days][value="-1"]').last.fill("-5")
    page.click("button[name=simulate]")
    page.wait_for_selector("button[name=save]")
    assert Ladder.objects.filter(task_kind="fill").count() == versions
    page.click("button[name=save]")
    page.wait_for_url("**/ladders")
    forget_refusals(window)
    newest = Ladder.objects.filter(task_kind="fill").latest("version")
    assert newest.rungs.filter(days=-5).exists()


@pytest.mark.parametrize("script", [True, False])
def test_notices_are_read_and_muted_and_preferences_kept(visit, county_at_work, script):
    expand(now=timezone.now())
    window = visit(who="editor", script=script)
    page = window.open("/notices")
    page.click("text=此表不再提醒 >> nth=0")
    page.wait_for_selector("text=已设为不提醒")
    assert Muted.objects.count() == 1
    page = window.open("/notices/preferences")
    page.uncheck('input[value="returned:in_app"]')
    page.click("summary:has-text('免打扰')")
    page.fill("#quiet-from", "20")
    page.fill("#quiet-to", "8")
    page.click("form:has(#quiet-from) button")
    page.wait_for_selector("text=以下消息不会送达您")
    assert QuietHours.objects.values_list("from_hour", "to_hour").get() == (20, 8)
    assert Preference.objects.get().kind == "returned"
    page.click("text=恢复提醒")
    page.wait_for_selector("text=已恢复")
    assert not Muted.objects.exists()


@pytest.mark.parametrize("script", [True, False])
def test_a_webhook_is_entered_and_every_way_out_is_tried(visit, administrator, settings, monkeypatch, script):
    settings.EMAIL_ENABLED, settings.WEBHOOK_HOSTS = True, frozenset({"robots.example.org"})
    monkeypatch.setattr(webhook, "resolve", lambda host, port: "8.8.8.8")
    calls = []
    monkeypatch.setattr(webhook, "send", lambda hook, **told: calls.append((hook.title, told["text"])))
    window = visit(who="leader", script=script)
    page = window.open("/channels")
    page.fill("#to", "nobody")
    page.click("form:has(#to) button")
    assert "不是邮箱地址" in page.inner_text("#tried")
    page.fill("#to", "guanli@example.org")
    page.click("form:has(#to) button")
    page.wait_for_selector("#tried.good")
    assert [message.to for message in mail.outbox] == [["guanli@example.org"]]
    page.click("text=新增推送地址")
    page.fill("#id_title", "演示群")
    page.select_option("#id_shape", "wecom")
    page.fill("#id_address", "https://other.example.org/send")
    page.check('input[name=kinds][value="returned"]')
    page.check("#id_is_active")
    page.click("button[data-main-action]")
    page.wait_for_selector("text=BTR_WEBHOOK_HOSTS")
    assert (Hook.objects.count(), page.input_value("#id_title")) == (0, "演示群")
    page.fill("#id_address", "https://robots.example.org/send?key=1")
    page.click("button[data-main-action]")
    page.wait_for_url("**/channels")
    page.click("text=发送测试消息")
    page.wait_for_selector("#tried.good")
    forget_refusals(window)
    assert [title for title, _text in calls] == [Hook.objects.get().title]


@pytest.mark.parametrize("script", [True, False])
def test_the_state_of_the_system_says_what_to_do_and_leads_there(visit, administrator, late, script):
    page = visit(who="leader", script=script).open("/status")
    assert "有需要马上处理的问题" in page.inner_text("main")
    note_beat(name="sweep", now=database_now())
    Task.objects.filter(status="open").update(next_rung_at=None)
    expand(now=timezone.now())
    page.click("text=刷新")
    page.wait_for_selector("text=一切正常")
    page.click("main >> text=已录入的工作日历")
    page.wait_for_url("**/calendar")
