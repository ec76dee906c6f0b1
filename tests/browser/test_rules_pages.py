"""Routes, organisations, hand-over, delegations and purges in a real browser: readable by all, and without script."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PASSWORD, SIZES
from tests.browser.test_procedure_pages import TAGS
from tests.world import NOW
from workflow import orphans, route_editing
from workflow.models import Organisation, Route, User


@pytest.fixture
def staffed(county_at_work):
    """The county with an administrator, an empty office, a draft of a route, and a second unit."""
    admin = User(username="admin", full_name="演示·管理员", administers="system")
    admin.set_password(PASSWORD)
    admin.save()
    county_at_work.business_reviewer.groups.clear()
    orphans.notice_tasks(now=NOW)
    Organisation.objects.create(code="D2-2", name="演示第二小学", kind="unit", parent=county_at_work.school)
    county_at_work.draft = route_editing.begin(
        case_kind="target", profile="nx_2022", by=county_at_work.performance_reviewer, now=NOW
    )
    return county_at_work


def pages(staffed):
    unit, case = staffed.primary.pk, staffed.cases[2].number
    other = Organisation.objects.get(code="D2-2").pk
    draft = staffed.draft.pk
    return [
        ("admin", "/people"),
        ("admin", f"/organisations/{unit}"),
        ("admin", f"/organisations/{unit}/over?into={other}"),
        ("admin", "/people/editor/hand-over"),
        ("admin", "/nobody-there"),
        ("admin", "/delegations"),
        ("admin", "/rulings"),
        ("admin", "/purges"),
        ("admin", "/routes"),
        ("admin", f"/routes/{draft}/draft"),
        ("admin", f"/routes/{draft}/steps/business"),
        ("admin", f"/routes/{staffed.draft.based_on_id}"),
        ("editor", "/leaving"),
        ("editor", "/delegations"),
        ("editor", f"/cases/{case}/way"),
        ("head", f"/cases/{case}/purge"),
        ("leader", "/nobody-there"),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_an_accessibility_violation_or_scrolls_sideways(size, visit, staffed, shots):
    listed = pages(staffed)
    windows = {who: visit(who=who, size=size) for who in dict.fromkeys(who for who, _path in listed)}
    found = []
    for number, (who, path) in enumerate(listed):
        page = windows[who].open(path)
        answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        found += [f"{path} {v['id']}: {node['html'][:160]}" for v in answer["violations"] for node in v["nodes"]]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > SIZES[size][0]:
            found.append(f"{path} is {width} px wide")
        page.screenshot(path=shots / f"rules-{number:02}-{size}.png", full_page=size == "phone")
    assert not found, "\n".join(found)


def test_a_route_is_edited_and_published_without_script(visit, staffed):
    clerk = visit(who="performance_reviewer", script=False)
    page = clerk.open(f"/routes/{staffed.draft.pk}/draft")
    page.click("text=添加节点")
    page.fill("#title", "分管副局长审核")
    page.check("label:has-text('归口股室：财政负责人')")
    page.fill("#days_allowed", "91")
    page.evaluate("document.querySelector('#days_allowed').removeAttribute('max')")
    page.click("button:has-text('保存到草稿')")
    assert "1 到 90" in page.inner_text("[role=alert]")
    assert page.input_value("#title") == "分管副局长审核"
    assert [said for said in clerk.complaints if "422" not in said] == []
    clerk.complaints.clear()
    page.fill("#days_allowed", "3")
    page.click("button:has-text('保存到草稿')")
    page.wait_for_url(clerk.base + f"/routes/{staffed.draft.pk}/draft")
    assert "新增第 6 个节点“分管副局长审核”" in page.content()
    page.click("button[name=up][value=step-1]")
    assert "新增第 5 个节点“分管副局长审核”" in page.content()
    assert page.locator("button[name=publish]").count() == 0
    head = visit(who="leader", script=False)
    page = head.open(f"/routes/{staffed.draft.pk}/draft")
    page.fill("#basis", "演财办〔2026〕7号")
    page.check("#despite")
    page.click("button[name=publish]")
    page.wait_for_url(head.base + "/routes")
    assert Route.objects.get(pk=staffed.draft.pk).basis == "演财办〔2026〕7号"
