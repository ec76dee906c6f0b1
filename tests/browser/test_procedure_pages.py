"""The procedure's pages in a real browser: readable by all, by keyboard, without script, on a phone, and light."""

import gzip
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders

from tests.browser.conftest import PASSWORD, SIZES

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = [
    ("", "/login"),
    ("editor", "/"),
    ("editor", "/?tab=late"),
    ("editor", "/?tab=mine"),
    ("reviewer", "/?tab=done"),
    ("reviewer", "/"),
    ("editor", "/?kind=nonsense"),
    ("editor", "/cases/{returned}/history"),
    ("performance_reviewer", "/overdue"),
    ("editor", "/rounds"),
    ("editor", "/calendar?year=2026"),
    ("editor", "/calendar?year=2040"),
    ("performance_reviewer", "/ladders"),
    ("performance_reviewer", "/people"),
    ("editor", "/password"),
    ("editor", "/notices"),
    ("performance_reviewer", "/notices/prepared"),
]
FIRST_VISIT_BYTES = 120_000
FIRST_VISIT_REQUESTS = 8


@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_an_accessibility_violation_or_scrolls_sideways(size, visit, county_at_work, shots):
    returned = county_at_work.cases[-1].number
    windows = {who: visit(who=who, size=size) for who in dict.fromkeys(who for who, _path in PAGES)}
    found = []
    for number, (who, path) in enumerate(PAGES):
        page = windows[who].open(path.format(returned=returned))
        answer = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        found += [f"{path} {v['id']}: {node['html'][:160]}" for v in answer["violations"] for node in v["nodes"]]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > SIZES[size][0]:
            found.append(f"{path} is {width} px wide")
        page.screenshot(path=shots / f"procedure-{number:02}-{size}.png", full_page=size == "phone")
    assert not found, "\n".join(found)


def test_the_first_visit_is_light(visit):
    window = visit()
    window.open("/login")
    first = list(window.requests)
    assert len(first) <= FIRST_VISIT_REQUESTS
    sent = len(gzip.compress(window.page.content().encode()))
    for url in first[1:]:
        name = urlsplit(url).path.removeprefix("/static/")
        path = finders.find(name)
        if path:
            with open(path, "rb") as opened:
                sent += len(gzip.compress(opened.read()))
    assert sent <= FIRST_VISIT_BYTES


def test_from_login_to_a_case_by_keyboard_alone(visit, county_at_work):
    window = visit()
    page = window.open("/login")
    page.keyboard.type("editor")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(window.base + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if "/cases/" in (page.evaluate("document.activeElement.getAttribute('href')") or ""):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    page.keyboard.press("Enter")
    page.wait_for_url("**/history")


def test_the_person_menu_opens_closes_with_escape_and_gives_the_focus_back(visit):
    page = visit(who="editor").page
    page.focus("details.menu > summary")
    page.keyboard.press("Enter")
    assert page.is_visible("details.menu .sheet")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.is_visible("details.menu .sheet")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_without_script_people_log_in_filter_change_language_and_log_out(visit, county_at_work):
    window = visit(who="editor", script=False)
    page = window.page
    page.select_option("#filter-kind", "correct")
    page.click("form.filters button")
    assert "kind=correct" in page.url
    assert county_at_work.cases[-1].number in page.content()
    assert county_at_work.cases[0].number not in page.content()
    page.click("details.menu > summary")
    page.click("button[name=language]")
    assert "Workbench" in page.inner_text("h1")
    page.click("details.menu > summary")
    page.click("text=Log out")
    assert page.url.endswith("/login")


def test_a_form_is_sent_once_however_often_the_button_is_pressed(visit):
    page = visit(who="editor").open("/password")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    for name, text in (("old_password", PASSWORD), ("new_password1", "x"), ("new_password2", "y")):
        page.fill(f"#id_{name}", text)
    page.evaluate("() => { const b = document.querySelector('main form button'); b.click(); b.click(); b.click(); }")
    page.wait_for_selector("#errors")
    assert len(posts) == 1
