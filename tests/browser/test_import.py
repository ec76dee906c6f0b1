"""The import in a real browser: the file beside the result, mends by button, without script and on a phone."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe

from targets.models import ImportedTable, Indicator
from targets.reading import read
from tests import world as county
from tests.browser.conftest import PASSWORD, SIZES, Visit
from tests.browser.test_procedure_pages import TAGS
from tests.targets import office, papers
from tests.targets.test_pages_import import filled_before
from workflow.models import User


@pytest.fixture
def county_at_work(transactional_db: None) -> SimpleNamespace:
    """The small county, and everybody with the same password."""
    world = county.build_world()
    for person in User.objects.all():
        person.set_password(PASSWORD)
        person.save()
    return world


def faulty(name: str = "演示乡镇图书室项目", **more: object) -> office.TableContent:
    """Return a table with faults that can be mended by a button: a 100% as quantity, a time as quality."""
    rows = (
        ("11", "购置图书", "≥2000册"), ("11", "图书上架率", "≥98%"), ("12", "图书验收合格率", "≥98%"),
        ("13", "完成时间", "2025年11月底前"), ("14", "购书成本", "≥8万元"), ("22", "年到馆人次", "≥3万人次"),
        ("24", "图书使用年限", "≥8年"), ("31", "读者满意度", "≥90%"),
    )
    return office.small_content(project_name=name, department="演示办公室", unit="演示办公室本级", fiscal_year=2027,
                                indicators=tuple(office.IndicatorContent(*row) for row in rows), **more)


def choose(seen: Visit, folder: Path, *files: tuple[str, bytes]) -> None:
    """Choose files on the upload page, declare, and send them."""
    paths = []
    for name, data in files:
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    page = seen.open("/import")
    page.set_input_files("#id_file", paths)
    page.check("#id_declared")
    page.click("button[data-main-action]")


KINDS = [("附件2.docx", office.docx), ("附件2.xlsx", office.xlsx)]


@pytest.mark.parametrize(("name", "make"), KINDS)
def test_cells_of_file_and_result_light_up_together(visit: Callable[..., Visit], tmp_path: Path, shots: Path,
                                                    name: str, make: Callable[..., bytes]) -> None:
    seen = visit(who="editor")
    choose(seen, tmp_path, (name, make(faulty())))
    page = seen.page
    page.wait_for_url("**/import/*")
    read = page.locator("#t1-r5-value")
    assert read.locator("a").inner_text() == "≥8万元"
    read.hover()
    lit = page.locator(".source-rows:not(.result) td.lit")
    assert lit.inner_text() == "≥8万元"
    lit.locator("a").focus()
    assert "lit" in (read.get_attribute("class") or "")
    page.keyboard.press("F8")
    assert page.evaluate("document.activeElement.hasAttribute('data-problem')")
    page.screenshot(path=shots / f"import-{name.rpartition('.')[2]}.png", full_page=True)
    page.evaluate("scrollTo(0, 0)")  # what lies under the bar at the top is no small target
    found = Axe().run(page, options={"runOnly": TAGS})
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []


@pytest.mark.parametrize("script", [True, False])
def test_a_mend_is_made_shown_and_taken_back(visit: Callable[..., Visit], tmp_path: Path, script: bool,
                                             shots: Path) -> None:
    seen = visit(who="editor", script=script)
    choose(seen, tmp_path, ("附件2.docx", office.docx(faulty(), faulty("演示第二个项目"))))
    page = seen.page
    page.wait_for_url("**/import/*")
    assert "全部按建议修正" in page.content()
    page.locator("button[name=mend_all][value='']").click()
    page.wait_for_selector(".mends-made")
    assert page.locator("#t1-told .mends-made li").count() >= 1
    assert page.locator(".result .mark").count() >= 1
    page.screenshot(path=shots / f"import-mended-{script}.png", full_page=True)
    undone = ImportedTable.objects.order_by("position")[0]
    before = len(undone.mends)
    page.locator("#t1-told button[name=undo]").first.click()
    page.wait_for_load_state()
    undone.refresh_from_db()
    assert len(undone.mends) == before - 1
    page.click("button[data-main-action]")
    page.wait_for_url("**/result")
    assert ImportedTable.objects.filter(decision=ImportedTable.Decision.TAKEN).count() == 2


def real_tables() -> list[office.TableContent]:
    """Return the eight published tables, as they are read from their text."""
    data = (Path(__file__).parents[2] / "targets" / "samples" / "pingluo-2024-targets.txt").read_bytes()
    return [table.content for table in read(name="a.txt", data=data).tables]


@pytest.mark.parametrize(("name", "make", "script"), [(*KINDS[0], True), (*KINDS[1], False)])
def test_eight_real_tables_go_the_whole_way(visit: Callable[..., Visit], tmp_path: Path, shots: Path, name: str,
                                            make: Callable[..., bytes], script: bool) -> None:
    seen = visit(who="editor", script=script)
    choose(seen, tmp_path, (name, make(*real_tables())))
    page = seen.page
    page.wait_for_url("**/import/*")
    assert page.locator(".import-card").count() == 8
    assert page.locator(".import-list li").count() == 8
    page.locator("#t1 .body > details > summary").first.click()
    page.locator("#t1-r1-value button.write").click()
    page.wait_for_selector("[data-writing] textarea")
    page.fill("[data-writing] textarea", "≥96%")
    if script:
        page.keyboard.press("Enter")
    else:
        page.click("[data-writing] button[name=write]")
    page.wait_for_selector("#t1-told .mends-made")
    page.locator("button[name=mend_all][value='']").click()
    page.wait_for_load_state()
    page.screenshot(path=shots / f"import-real-{script}.png", full_page=True)
    for _question in range(4):
        page.click(".decision-bar [data-main-action]")
        page.wait_for_load_state()
        for box in page.locator("[name^='answer.'][type=checkbox]").all():
            box.check()
        if page.url.endswith("/result"):
            break
    page.wait_for_url("**/result")
    page.screenshot(path=shots / f"import-result-{script}.png", full_page=True)
    assert ImportedTable.objects.filter(decision=ImportedTable.Decision.TAKEN).count() == 8
    first = ImportedTable.objects.get(position=1)
    assert Indicator.objects.filter(table=first.case_id).count() == 14
    assert Indicator.objects.filter(table=first.case_id, value="≥96%").exists()
    seen.complaints[:] = [told for told in seen.complaints if "422" not in told]


@pytest.mark.parametrize("script", [True, False])
def test_what_reading_doubts_is_mended_and_taken_back_as_one(visit: Callable[..., Visit], tmp_path: Path, script: bool,
                                                             shots: Path) -> None:
    seen = visit(who="editor", script=script)
    rows = [("11", "≥12台", "采购图书自助借还机"), *papers.ROWS[1:]]
    choose(seen, tmp_path, ("附件2.txt", papers.paper(rows=rows, total="3O")))
    page = seen.page
    page.wait_for_url("**/import/*")
    page.screenshot(path=shots / f"import-doubts-{script}.png", full_page=True)
    page.locator("#t1-told button[name=mend]", has_text="采购图书自助借还机").click()
    page.wait_for_selector(".mends-made")
    assert page.locator("#t1-r1-name").locator("ins").inner_text() == "采购图书自助借还机"
    assert page.locator("#t1-r1-value ins").inner_text() == "≥12台"
    assert page.locator(".mends-made li").count() == 1
    page.screenshot(path=shots / f"import-doubts-mended-{script}.png", full_page=True)
    page.locator(".mends-made button[name=undo]").first.click()
    page.wait_for_selector(".mends-made", state="detached")
    assert page.locator("#t1-r1-name").inner_text().startswith("≥12台")
    assert ImportedTable.objects.get().mends == []


@pytest.mark.parametrize("size", SIZES)
def test_the_page_does_not_scroll_sideways(visit: Callable[..., Visit], tmp_path: Path, size: str,
                                           shots: Path) -> None:
    seen = visit(who="editor", size=size)
    choose(seen, tmp_path, ("附件2.xlsx", office.xlsx(faulty(), faulty("演示第二个项目"))))
    page = seen.page
    page.wait_for_url("**/import/*")
    page.locator(".import-card details > summary").first.click()
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.screenshot(path=shots / f"import-two-{size}.png", full_page=True)
    assert width <= 0


@pytest.mark.parametrize("script", [True, False])
def test_many_files_are_read_while_the_page_looks_on(visit: Callable[..., Visit], tmp_path: Path, shots: Path,
                                                     script: bool) -> None:
    seen = visit(who="editor", script=script)
    names = [f"演示项目{n}" for n in range(1, 6)]
    files = [(f"{name}.xlsx", office.xlsx(faulty(name))) for name in names]
    choose(seen, tmp_path, *files, ("坏.docx", b"PK not a document"))
    page = seen.page
    page.wait_for_url("**/import/files/*")
    page.screenshot(path=shots / f"import-waiting-{script}.png", full_page=True)
    while not script and page.locator("#files form.without-script button").count():
        page.locator("#files form.without-script button").click()
    page.wait_for_selector("#files .note", timeout=60_000)
    assert page.locator("#files tbody a").count() == len(names)
    page.screenshot(path=shots / f"import-files-{script}.png", full_page=True)
    found = Axe().run(page, options={"runOnly": TAGS}) if script else None
    assert found is None or [v["id"] for v in found.response["violations"]] == []
    page.click("#files button[data-main-action]")
    page.wait_for_load_state()
    assert ImportedTable.objects.filter(decision=ImportedTable.Decision.TAKEN).count() == len(names)


def test_a_refused_upload_is_explained_without_leaving_the_page(visit: Callable[..., Visit], tmp_path: Path,
                                                                shots: Path) -> None:
    seen = visit(who="editor")
    choose(seen, tmp_path, ("坏.txt", "这不是表\n".encode()))
    seen.page.wait_for_selector("[role=alert]")
    assert "没有保存" in seen.page.inner_text("[role=alert]") or "未保存" in seen.page.inner_text("[role=alert]")
    seen.page.screenshot(path=shots / "import-refused.png", full_page=True)
    seen.complaints[:] = [told for told in seen.complaints if "422" not in told]
    choose(seen, tmp_path, ("好.docx", office.docx(faulty())))
    seen.page.wait_for_url("**/import/*")
    assert seen.page.locator(".import-card").count() == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_known_project_shows_draft_and_file_side_by_side(visit: Callable[..., Visit], county_at_work: SimpleNamespace,
                                                           tmp_path: Path, shots: Path, size: str) -> None:
    filled_before(county_at_work)
    seen = visit(who="editor", size=size)
    choose(seen, tmp_path, ("附件.txt", papers.paper()))
    page = seen.page
    page.wait_for_url("**/import/*")
    page.locator(".import-beside summary").click()
    assert page.locator(".import-beside del").first.inner_text() == "原来的目标。"
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.screenshot(path=shots / f"import-beside-{size}.png", full_page=True)
    assert width <= 0
    found = Axe().run(page, options={"runOnly": TAGS})
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []
