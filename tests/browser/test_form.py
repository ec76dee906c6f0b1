"""The document's pages in a real browser: readable by all, by keyboard, by pasted block, without script, on a phone."""

from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from targets import drafts, monitoring, projects, reviews, uploads
from targets.models import Indicator, IndicatorProgress
from tests import world as county
from tests.browser.conftest import PASSWORD, SIZES
from tests.browser.test_procedure_pages import TAGS
from tests.targets import papers
from workflow.machine import State
from workflow.models import Case, User

PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


SAVED = "[data-save-mark][data-state=saved]"
CELL = "tr[data-code='{}'] textarea[data-col={}]"


@pytest.fixture
def county_at_work(transactional_db: None) -> SimpleNamespace:
    """The small county with real tables in several states, and everybody with the same password."""
    now = timezone.now()
    world = county.build_world(now=now)
    for person in User.objects.all():
        person.set_password(PASSWORD)
        person.save()
    editor, key = papers.fresh(world.editor), county.key
    world.in_force = papers.in_force(world, now=now)
    world.draft, world.waiting, world.returned = (
        projects.add_off_list(unit=world.own, name=name, by=editor, key=key(), now=now)
        for name in ("演示新项目", "演示待审项目", "演示退回项目"))
    for case in (world.waiting, world.returned):
        papers.filled(world, case=case, now=now)
        drafts.submit(case=case, by=papers.fresh(world.editor), now=now, seen=county.seen(case), key=key(),
                      looked_at=True)
    row = Indicator.objects.get(table=world.returned.pk, code="14")
    reviews.decide(case=world.returned, by=papers.fresh(world.reviewer), verdict="return", now=now, key=key(),
                   seen=county.seen(world.returned),
                   comments=[reviews.Remark("indicator", "请补充测算依据", "must", str(row.uuid))])
    today = timezone.localdate()
    period = monitoring.create_period(
        fiscal_year=world.in_force.fiscal_year, label="1—7月", from_date=today, to_date=today, opens_at=now,
        unit_due=today, department_due=today, finance_due=today, by=papers.fresh(world.performance_reviewer))
    monitoring.open_due_periods(now)
    world.report = Case.objects.get(report__period=period)
    world.source = uploads.import_upload(name="附件.txt", data=papers.paper(unit="另一个单位"),
                                         by=papers.fresh(world.editor), now=now)
    return world


def pages(world: SimpleNamespace) -> list[tuple[str, str]]:
    return [
        ("editor", reverse("table_list")),
        ("performance_reviewer", reverse("table_list")),
        ("editor", reverse("table", args=[world.draft.number])),
        ("editor", reverse("table", args=[world.returned.number])),
        ("editor", reverse("table", args=[world.waiting.number])),
        ("reviewer", reverse("table", args=[world.waiting.number])),
        ("editor", reverse("table_print", args=[world.in_force.number])),
        ("editor", reverse("import")),
        ("editor", reverse("import_preview", args=[world.source.pk])),
        ("editor", reverse("report", args=[world.report.number])),
        ("reviewer", reverse("report", args=[world.report.number])),
        ("performance_reviewer", reverse("monitoring")),
        ("performance_reviewer", reverse("project_list")),
        ("performance_reviewer", reverse("project_import")),
        ("editor", reverse("project_add")),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_an_accessibility_violation_or_scrolls_sideways(size, visit, county_at_work, shots):
    asked = pages(county_at_work)
    windows = {who: visit(who=who, size=size) for who in dict.fromkeys(who for who, _path in asked)}
    found = []
    for number, (who, path) in enumerate(asked):
        page = windows[who].open(path)
        answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        found += [f"{path} {v['id']}: {node['html'][:160]}" for v in answer["violations"] for node in v["nodes"]]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > SIZES[size][0]:
            found.append(f"{path} is {width} px wide")
        page.screenshot(path=shots / f"document-{number:02}-{size}.png", full_page=True)
    assert not found, "\n".join(found)


def test_a_table_is_filled_by_keys_and_a_pasted_block(visit, county_at_work):
    page = visit(who="editor").open(reverse("table", args=[county_at_work.draft.number]))
    page.locator("tr[data-code='11'] textarea[data-col=name]").focus()
    page.keyboard.type("演示培训场次")
    page.keyboard.press("Tab")
    page.keyboard.type("≥12场")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('tr').dataset.code") == "12"
    assert page.evaluate("document.activeElement.dataset.col") == "value"
    page.keyboard.press("Shift+Tab")
    page.evaluate(PASTE, '培训合格率\t≥98%\n"学员\n满意率"\t≥90%\n')
    page.locator("tr[data-code='13'] textarea[data-col=name]").focus()
    page.evaluate(PASTE, "绩效指标\t1-产出指标\t13-时效指标（必填）\t完成时间\t12月底前\n"
                         "\t\t14-成本指标（必填 硬性指标）\t讲师费\t2万元\n\t\t\t场地费\t1万元\n")
    page.locator("tr[data-code='14'] textarea").first.focus()
    page.keyboard.press("Control+s")
    page.wait_for_selector(SAVED)
    stored = Indicator.objects.filter(table=county_at_work.draft.pk).order_by("position")
    assert list(stored.values_list("code", "name", "value")) == [
        ("11", "演示培训场次", "≥12场"), ("12", "培训合格率", "≥98%"), ("12", "学员\n满意率", "≥90%"),
        ("13", "完成时间", "12月底前"), ("14", "讲师费", "2万元"), ("14", "场地费", "1万元")]


def test_a_removed_row_stays_in_sight_until_the_form_is_saved(visit, county_at_work):
    case = county_at_work.returned
    page = visit(who="editor").open(reverse("table", args=[case.number]))
    row = page.locator("tr[data-code='24']")
    button = row.locator("button[name=remove]")
    button.click()
    assert row.locator("textarea").first.is_disabled()
    button.click()
    assert row.locator("textarea").first.is_enabled()
    button.click()
    page.locator("[data-save]").click()
    page.wait_for_selector(SAVED)
    assert not Indicator.objects.filter(table=case.pk, code="24").exists()
    assert Indicator.objects.filter(table=case.pk).count() == len(papers.ROWS) - 1


def test_pinyin_arrives_whole_in_a_cell(visit, county_at_work):
    page = visit(who="editor").open(reverse("table", args=[county_at_work.draft.number]))
    page.locator("tr[data-code='11'] textarea[data-col=name]").focus()
    keyboard = page.context.new_cdp_session(page)
    for part in ("n", "ni", "nih", "nihao"):
        keyboard.send("Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)})
    keyboard.send("Input.insertText", {"text": "你好"})
    assert page.evaluate("document.activeElement.value") == "你好"


def test_without_script_a_table_is_filled_submitted_and_returned(visit, county_at_work):
    case = county_at_work.draft
    page = visit(who="editor", script=False).open(reverse("table", args=[case.number]))
    for name in ("attribute", "period", "funds.total", "funds.fiscal", "annual_goal"):
        page.fill(f"textarea[name='{name}']", papers.HEADER[name])
    page.click("button[name=add][value='11']")
    assert page.input_value("textarea[name='period']") == papers.HEADER["period"]
    assert page.locator("tr[data-code='11']").count() == 2
    for code, name, value in papers.ROWS:
        row = page.locator(f"tr[data-code='{code}']").first
        row.locator("textarea").nth(0).fill(name)
        row.locator("textarea").nth(1).fill(value)
    page.click("[data-save]")
    if page.locator("[name=looked_at]").count():
        page.check("[name=looked_at]")
    page.click("[data-main-action]")
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    page = visit(who="reviewer", script=False).open(reverse("table", args=[case.number]))
    page.fill("#id_words", "请细化成本")
    page.click("button[value=return]")
    assert papers.again(case).state == State.DRAFT


def rows_of(case: Case) -> list[tuple[str, str, str]]:
    return list(Indicator.objects.filter(table=case.pk).order_by("position").values_list("code", "name", "value"))


def test_the_form_saves_itself_and_a_reload_shows_it(visit, county_at_work):
    case = county_at_work.draft
    page = visit(who="editor").open(reverse("table", args=[case.number]))
    page.fill(CELL.format(11, "name"), "演示培训场次")
    page.fill(CELL.format(11, "value"), "80%")
    page.wait_for_selector(SAVED)
    assert rows_of(case) == [("11", "演示培训场次", "80%")]
    assert page.locator("#findings .told li").count() > 0
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.reload()
    assert page.input_value(CELL.format(11, "value")) == "80%"


def test_going_back_shows_what_is_stored(visit, county_at_work):
    case = county_at_work.draft
    window = visit(who="editor")
    page = window.open(reverse("table", args=[case.number]))
    page.fill(CELL.format(11, "name"), "演示培训场次")
    page.wait_for_selector(SAVED)
    window.open(reverse("table_list"))
    row = Indicator.objects.get(table=case.pk)
    Indicator.objects.filter(pk=row.pk).update(value="同事填的")
    page.go_back()
    page.wait_for_selector("[data-save]")
    assert page.input_value(CELL.format(11, "name")) == "演示培训场次"
    assert page.input_value(CELL.format(11, "value")) == "同事填的"
    assert page.locator("[data-undo]").is_disabled()


def test_two_windows_of_one_table_keep_both_texts_and_tell_what_clashes(visit, county_at_work, shots):
    case = county_at_work.returned
    address = reverse("table", args=[case.number])
    one, two = visit(who="editor"), visit(who="editor2")
    mine, theirs = one.open(address), two.open(address)
    theirs.fill(CELL.format(11, "value"), "≥20台")
    theirs.fill(CELL.format(31, "value"), "≥95%")
    theirs.wait_for_selector(SAVED)
    mine.fill(CELL.format(12, "value"), "≥99%")
    mine.wait_for_selector(SAVED)
    assert mine.input_value(CELL.format(31, "value")) == "≥95%"
    theirs.fill(CELL.format(12, "value"), "≥97%")
    theirs.wait_for_selector(".clash-here")
    assert "≥99%" in theirs.inner_text(".clash-here")
    assert theirs.input_value(CELL.format(12, "value")) == "≥97%"
    theirs.screenshot(path=shots / "form-clash.png")
    assert ("12", papers.ROWS[1][1], "≥99%") in rows_of(case)
    theirs.locator("[data-main-action]").click()
    theirs.wait_for_selector("[data-save-mark][data-state=clashing]")
    assert papers.again(case).state == State.DRAFT
    theirs.locator(".clash-here button").first.click()
    theirs.wait_for_selector(SAVED)
    assert ("12", papers.ROWS[1][1], "≥97%") in rows_of(case)
    assert ("11", papers.ROWS[0][1], "≥20台") in rows_of(case)
    two.complaints[:] = [told for told in two.complaints if "409" not in told]


def test_what_is_typed_without_a_connection_is_kept_and_saved_later(visit, county_at_work):
    case = county_at_work.draft
    window = visit(who="editor")
    page = window.open(reverse("table", args=[case.number]))
    page.context.set_offline(True)
    page.fill(CELL.format(11, "name"), "断网时填的")
    page.wait_for_selector("[data-save-mark][data-state=offline]")
    assert page.evaluate("Object.keys(localStorage).length") == 1
    page.context.set_offline(False)
    page.wait_for_selector(SAVED)
    assert rows_of(case) == [("11", "断网时填的", "")]
    page.context.set_offline(True)
    page.fill(CELL.format(11, "name"), "关掉浏览器前填的")
    page.wait_for_selector("[data-save-mark][data-state=offline]")
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.set_offline(False)
    page.evaluate("window.stop()")
    page.goto("about:blank")
    Indicator.objects.filter(table=case.pk).update(name="断网时填的")
    page = window.open(reverse("table", args=[case.number]))
    if page.input_value(CELL.format(11, "name")) != "关掉浏览器前填的":
        page.locator("[data-restore]").click()
        page.wait_for_selector(SAVED)
    assert rows_of(case) == [("11", "关掉浏览器前填的", "")]
    assert page.evaluate("Object.keys(localStorage).length") == 0
    window.complaints[:] = [told for told in window.complaints if "ERR_INTERNET_DISCONNECTED" not in told]


def test_logging_out_leaves_nothing_in_the_browser(visit, county_at_work):
    window = visit(who="editor")
    page = window.open(reverse("table", args=[county_at_work.draft.number]))
    page.evaluate("localStorage.setItem('btr-draft:1:2027-0001', '{}'); localStorage.setItem('other', '1')")
    page.locator("header.top details.menu summary").click()
    page.locator("form[data-logout] button").click()
    page.wait_for_url("**/login**")
    assert page.evaluate("Object.keys(localStorage)") == ["other"]


def test_rows_come_go_and_move_by_keys_and_each_step_is_taken_back(visit, county_at_work):
    case = county_at_work.returned
    page = visit(who="editor").open(reverse("table", args=[case.number]))
    page.focus(CELL.format(11, "name"))
    page.keyboard.press("Control+i")
    page.keyboard.type("第二行")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+d")
    page.keyboard.press("Alt+PageUp")
    page.keyboard.press("Control+s")
    page.wait_for_selector(SAVED)
    name, value = papers.ROWS[0][1:]
    assert rows_of(case)[:2] == [("11", "第二行", value), ("11", name, value)]
    assert page.evaluate("document.activeElement.value") == value
    for _step in range(12):
        if page.locator("[data-undo]").is_enabled():
            page.locator("[data-undo]").click()
    page.keyboard.press("Control+s")
    page.wait_for_selector(SAVED)
    page.wait_for_timeout(300)
    assert rows_of(case) == papers.ROWS
    page.locator("[data-redo]").click()
    page.focus(CELL.format(12, "value"))
    page.keyboard.press("Alt+Delete")
    page.keyboard.press("Control+s")
    page.wait_for_selector(SAVED)
    page.wait_for_timeout(300)
    assert not Indicator.objects.filter(table=case.pk, code="12").exists()


@pytest.mark.parametrize("script", [True, False])
def test_a_finding_is_mended_by_one_click(visit, county_at_work, script, shots):
    case = county_at_work.draft
    drafts.save_table(case=case, by=papers.fresh(county_at_work.editor), now=timezone.now(), seen=county.seen(case),
                      header=papers.HEADER,
                      rows=papers.posted([papers.ROWS[0], ("11", "图书上架率", "≥98%"), *papers.ROWS[1:]]))
    page = visit(who="editor", script=script).open(reverse("table", args=[case.number]))
    button = page.locator("#findings .mend:visible").first
    token = button.get_attribute("value")
    assert token
    button.click()
    if not script:
        page.wait_for_selector(".note.warn")
        assert rows_of(case)[1] == ("11", "图书上架率", "≥98%")
        page.click("[data-save]")
        page.wait_for_selector(".note.good")
    else:
        page.wait_for_selector(SAVED)
    assert page.locator(f"#findings .mend[value='{token}']").count() == 0
    page.screenshot(path=shots / f"form-mended-{script}.png", full_page=True)
    assert rows_of(case)[1] != ("11", "图书上架率", "≥98%")


@pytest.mark.parametrize("script", [True, False])
def test_an_approved_indicator_is_put_in(visit, county_at_work, script):
    case = county_at_work.draft
    page = visit(who="editor", script=script).open(reverse("table", args=[case.number]))
    page.select_option("select[name=library]", "12")
    page.click("button[name=show_library]")
    page.wait_for_selector("[name=pick]")
    page.locator("[name=pick]").first.click()
    if script:
        page.wait_for_selector(SAVED)
    else:
        page.wait_for_selector("[name=pick]")
        page.click("[data-save]")
        page.wait_for_selector(".note.good")
    assert rows_of(case) == [papers.ROWS[1]]


def test_last_years_table_is_copied_and_marked(visit, county_at_work, shots):
    old = county_at_work.in_force
    Case.objects.filter(pk=old.pk).update(fiscal_year=2026)
    case = county_at_work.draft
    case.table.project_id = old.table.project_id
    case.table.save(update_fields=["project"])
    page = visit(who="editor").open(reverse("table", args=[case.number]))
    page.screenshot(path=shots / "form-copy.png")
    page.click(f"form[action='{reverse('table_copy', args=[case.number])}'] button")
    page.wait_for_selector(f"a[href='{reverse('table', args=[old.number])}']")
    assert [row[0] for row in rows_of(case)] == [row[0] for row in papers.ROWS]
    assert old.number in page.content()


def test_the_report_asks_for_reasons_only_where_a_target_may_be_missed(visit, county_at_work):
    case = county_at_work.report
    page = visit(who="editor").open(reverse("report", args=[case.number]))
    first = IndicatorProgress.objects.filter(report=case.pk).first()
    assert page.locator(f"[name='reason.{first.uuid}']").is_hidden()
    page.check(f"[name='possibility.{first.uuid}'][value=possible]")
    page.fill(f"[name='reason.{first.uuid}']", "设备到货推迟")
    page.click("[data-save]")
    page.wait_for_selector(".note.good")
    first.refresh_from_db()
    assert (first.possibility, first.reason) == ("possible", "设备到货推迟")
    assert page.locator(f"[name='reason.{first.uuid}']").is_visible()
