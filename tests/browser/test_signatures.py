"""What takes two people, in a real browser, with and without script: 代填, 补录, a purge, a leaver's hand-over."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from targets import drafts, projects
from targets.models import Revision, TargetTable
from tests import world as county
from tests.browser.conftest import PASSWORD, Visit
from tests.targets import papers
from workflow.machine import Action, State
from workflow.models import Case, Purge, Ruling, User

PDF = b"%PDF-1.7 signed and sealed"


@pytest.fixture
def county_at_work(transactional_db: None) -> SimpleNamespace:
    """The small county with an administrator, a table that nobody has begun and a filled one."""
    world = county.build_world(now=timezone.now())
    world.admin = User.objects.create(username="admin", full_name="演示·管理员", administers="system")
    for person in User.objects.all():
        person.set_password(PASSWORD)
        person.save()
    add = {"unit": world.own, "by": papers.fresh(world.editor), "now": timezone.now()}
    world.empty = projects.add_off_list(name="演示空白项目", key=county.key(), **add)
    world.filled = papers.filled(world, now=timezone.now())
    return world


def quiet(window: Visit) -> None:
    """Leave out what the browser's console says of a page that was answered with 422 on purpose."""
    window.complaints[:] = [line for line in window.complaints if "status of 422" not in line]


@pytest.mark.parametrize("script", [True, False])
def test_a_table_is_filled_in_for_a_unit_and_confirmed_by_it(visit: Callable[..., Visit], script: bool,
                                                             county_at_work: SimpleNamespace) -> None:
    number = county_at_work.empty.number
    helper = visit(who="reviewer", script=script)
    page = helper.open(reverse("table_fill_for", args=[number]))
    page.fill("[name=annual_goal]", "电话中说明的总体目标")
    page.click(".decision-bar button")
    page.wait_for_load_state()
    assert page.locator("#refused a[href='#basis-title']").is_visible()
    assert page.input_value("[name=annual_goal]") == "电话中说明的总体目标"
    if script:
        assert "bad" in page.evaluate("document.activeElement.className")
    assert not TargetTable.objects.get(case__number=number).annual_goal
    page.fill("[name=reason]", "单位来电，请代填")
    page.check("[name=basis] >> nth=0")
    page.click(".decision-bar button")
    page.wait_for_url("**" + reverse("table", args=[number]))
    quiet(helper)

    unit = visit(who="editor", script=script)
    page = unit.open("/")
    assert "待我确认" in page.inner_text("main")
    page = unit.open(reverse("table", args=[number]))
    page.fill("[name=attribute]", "延续项目")
    page.click("#filled-for button")
    page.locator("text=已确认").wait_for()
    case = Case.objects.get(number=number)
    assert (case.table.annual_goal, case.table.attribute) == ("电话中说明的总体目标", "延续项目")
    assert case.events.filter(action=Action.CONFIRM_FILLED, refused="").count() == 1


@pytest.mark.parametrize("script", [True, False])
def test_an_admission_is_proposed_and_signed_by_a_second_person(visit: Callable[..., Visit], script: bool,
                                                                county_at_work: SimpleNamespace, tmp_path: Path
                                                                ) -> None:
    scan = tmp_path / "批复.pdf"
    scan.write_bytes(PDF)
    address = reverse("table", args=[county_at_work.filled.number])
    first = visit(who="business_reviewer", script=script)
    page = first.open(address)
    page.click("#verbs summary:has-text('提请补录')")
    form = page.locator("form[data-verb=propose_admission]")
    form.locator("[name=document_number]").fill("演财预〔2027〕3号")
    form.locator("[name=document_date]").fill("2027-02-20")
    form.locator("button").click()
    page.locator(".note.bad a[href='#verbs']").wait_for()
    form = page.locator("form[data-verb=propose_admission]")
    assert form.locator("[name=document_number]").input_value() == "演财预〔2027〕3号"
    form.locator("[name=scan]").set_input_files(scan)
    form.locator("button").click()
    page.locator("text=须由财政局另一人确认").first.wait_for()
    assert page.locator("form[data-verb=admit]").count() == 0
    quiet(first)

    second = visit(who="performance_reviewer", script=script)
    page = second.open(address)
    page.click("#proposed a")
    page.click("#verbs summary:text-is('补录')")
    page.click("form[data-verb=admit] button")
    page.locator("text=已办理：补录").wait_for()
    assert Case.objects.get(pk=county_at_work.filled.pk).is_admitted


@pytest.mark.parametrize("script", [True, False])
def test_a_purge_takes_two_signatures(visit: Callable[..., Visit], script: bool,
                                      county_at_work: SimpleNamespace) -> None:
    case = county_at_work.filled
    county.act(case, Action.SUBMIT, county_at_work.editor, looked_at=True, now=timezone.now())
    county.act(case, Action.RECALL, county_at_work.editor, now=timezone.now())
    drafts.save_table(case=case, by=papers.fresh(county_at_work.editor), now=timezone.now(), seen=county.seen(case),
                      header=papers.HEADER | {"annual_goal": "改写后的总体目标"}, rows=papers.posted())
    first = visit(who="head", script=script)
    page = first.open(reverse("case_purge", args=[case.number]))
    page.locator("[name=which]").first.check()
    page.fill("#reason", "含有不宜存储的内容")
    page.click("main form.panel button")
    page.wait_for_url("**/purges")
    assert page.locator("button[name=confirm]").count() == 0
    assert Revision.objects.filter(case=case, purged_at=None).exists()

    second = visit(who="admin", script=script)
    page = second.open("/purges")
    assert page.locator("nav a[href='/purges'] .badge-count").inner_text() == "1"
    page.click("button[name=confirm]")
    page.locator("text=已清除，只留摘要值").wait_for()
    assert Purge.objects.get().is_carried_out
    assert not Revision.objects.filter(case=case, purged_at=None).exists()
    page = first.open(reverse("case_purge", args=[case.number]))
    assert page.locator("#reason").count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_a_leavers_work_is_handed_over(visit: Callable[..., Visit], script: bool,
                                       county_at_work: SimpleNamespace) -> None:
    leaver, number = county_at_work.business_reviewer, county_at_work.filled.number
    county.act(county_at_work.filled, Action.SUBMIT, county_at_work.editor, looked_at=True, now=timezone.now())
    county.act(county_at_work.filled, Action.APPROVE, county_at_work.reviewer, now=timezone.now())
    window = visit(who="admin", script=script)
    page = window.open(reverse("hand_over", args=[leaver.username]))
    page.fill("#to", "没有这个人")
    page.fill("#reason", "调离")
    page.click("button[name=look]")
    page.locator(".note.bad").wait_for()
    assert (page.input_value("#to"), page.input_value("#reason")) == ("没有这个人", "调离")
    assert leaver.groups.count() == 1
    quiet(window)
    page.fill("#to", "leader")
    page.check("#deactivate")
    page.click("button[name=look]")
    page.click("button[name=confirm]")
    page.locator("text=已交接给").wait_for()
    assert not User.objects.get(pk=leaver.pk).is_active
    page = visit(who="leader", script=script).open("/")
    assert number in page.inner_text("main")
    assert Ruling.objects.filter(action="hand_over").exists()
    assert Case.objects.get(number=number).state == State.FINANCE_REVIEW
