"""Exports in a real browser: a round in the background with progress and cancel, the Word template taken in and used.

With script and without, and on a phone.
"""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from targets import jobs, projects
from targets.export import county
from targets.models import ExportJob, WordTemplate
from targets.profiles import load
from tests import world as county_world
from tests.browser.conftest import PASSWORD, Visit
from tests.browser.test_procedure_pages import TAGS
from tests.targets.papers import fresh
from tests.world import key
from workflow.models import User


@pytest.fixture
def county_at_work(transactional_db: None, settings: object, tmp_path: Path,
                   monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The small county with three tables and one password for everybody; two tables take the background already."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    world = county_world.build_world()
    for person in User.objects.all():
        person.set_password(PASSWORD)
        person.save()
    for n in range(3):
        projects.add_off_list(unit=world.own, name=f"演示项目{n}", by=fresh(world.editor), key=key(),
                              now=timezone.now())
    return world


def has_no_fault(seen: Visit) -> None:
    found = Axe().run(seen.page, options={"runOnly": TAGS})
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []


@pytest.mark.parametrize(("script", "size"), [(True, "desk"), (False, "phone")])
def test_a_round_is_made_while_the_page_waits_and_is_downloaded(visit: Callable[..., Visit], script: bool, size: str,
                                                                shots: Path) -> None:
    seen = visit(who="editor", script=script, size=size)
    page = seen.open("/tables")
    page.select_option("#export select[name=format]", "volume")
    page.click("#export button[name=all]")
    page.wait_for_url("**/tables/exports/*")
    page.screenshot(path=shots / f"export-waits-{size}.png")
    assert "0 / 3" in page.content()
    jobs.make_next(now=timezone.now())
    if not script:
        page.reload()
    link = page.locator("a.btn-primary", has_text="合订")
    link.wait_for()
    page.screenshot(path=shots / f"export-ready-{size}.png")
    if script:
        has_no_fault(seen)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.startswith("绩效目标表-合订-")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("script", [True, False])
def test_one_that_waits_is_cancelled_by_its_button(visit: Callable[..., Visit], script: bool) -> None:
    seen = visit(who="editor", script=script)
    page = seen.open("/tables")
    page.click("#export button[name=all]")
    page.wait_for_url("**/tables/exports/*")
    page.click("form[action$='/cancel'] button")
    page.wait_for_load_state()
    page.locator("text=本次导出已取消").wait_for()
    assert ExportJob.objects.get().status == "cancelled"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_template_is_taken_in_looked_at_and_put_in_force(visit: Callable[..., Visit], tmp_path: Path, size: str,
                                                           shots: Path) -> None:
    seen = visit(who="performance_reviewer", size=size)
    page = seen.open("/tables/word-template")
    path = tmp_path / "模板.docx"
    path.write_bytes(county.shipped(load(), timezone.now()))
    page.set_input_files("#file", path)
    page.click("button[data-main-action]")
    page.locator("text=第 1 版已保存").wait_for()
    page.screenshot(path=shots / f"word-template-{size}.png", full_page=True)
    has_no_fault(seen)
    with page.expect_download() as download:
        page.click("a:has-text('预览')")
    assert download.value.suggested_filename == "演示-第1版.docx"
    page.click("button:has-text('启用')")
    page.locator("text=恢复官方表样").wait_for()
    assert WordTemplate.objects.get().is_active
