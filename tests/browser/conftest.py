"""A live server, Chromium driven by playwright, and an eye on the console: a page test fails on what it says there."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import world as county
from workflow import kinds
from workflow.machine import Action, Kind
from workflow.models import Case, User

PASSWORD = "a long enough phrase"
SIZES = {"desk": (1366, 768), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _database_beside_a_browser() -> None:
    """Playwright runs an event loop in this thread; the test's own queries are still synchronous and alone."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Toy(county.ToyDocument):
    """The toy document; its page is the case's history, which every room can show."""

    def url(self, case: Case) -> str:
        return f"/cases/{case.number}/history"


@pytest.fixture
def county_at_work(transactional_db: None) -> Iterator[SimpleNamespace]:
    """The small county with cases in several states, and everybody with the same password."""
    kept = dict(kinds._documents)
    toy = Toy()
    for kind in Kind:
        kinds.register(kind, toy)
    world = county.build_world()
    for person in User.objects.all():
        person.set_password(PASSWORD)
        person.save()
    world.cases = []
    for stop in (None, "department_review", "finance_review", "release", "approved", "returned"):
        case = county.toy_case(world, toy)
        if stop == "returned":
            county.act(case, Action.SUBMIT, world.editor)
            county.act(
                case, Action.RETURN, world.reviewer, reason="满意度指标请写明对象；成本合计与资金总额相差 10 万元。"
            )
        elif stop:
            county.walk_to(case, world, stop)
        world.cases.append(case)
    yield world
    kinds._documents.clear()
    kinds._documents.update(kept)


@dataclass
class Visit:
    """One browser window of one person, and everything that went wrong in it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the product. Fails on any answer that is not a page."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.page


@pytest.fixture
def visit(chromium: Browser, live_server: Any, county_at_work: SimpleNamespace) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a window: visit(who="editor", size="desk", script=True)."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def start(*, who: str = "", size: str = "desk", script: bool = True) -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", java_script_enabled=script
        )
        contexts.append(context)
        found = Visit(context.new_page(), live_server.url)
        visits.append(found)
        found.page.on(
            "console",
            lambda m: found.complaints.append(f"console: {m.text}") if m.type in ("error", "warning") else None,
        )
        found.page.on("pageerror", lambda error: found.complaints.append(f"script: {error}"))
        found.page.on("request", lambda request: found.requests.append(request.url))
        if who:
            found.page.goto(live_server.url + "/login")
            found.page.fill("#id_username", who)
            found.page.fill("#id_password", PASSWORD)
            found.page.click("button[type=submit]")
            found.page.wait_for_url(live_server.url + "/")
        return found

    yield start
    for context in contexts:
        context.close()
    for found in visits:
        assert found.complaints == []
        foreign = [url for url in found.requests if not url.startswith((live_server.url, "data:"))]
        assert foreign == []


@pytest.fixture
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: BTR_SHOTS_DIR, else a temporary directory."""
    named = os.environ.get("BTR_SHOTS_DIR")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
