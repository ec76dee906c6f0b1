"""A person before the pages: signs in, opens an address, fills the form that stands there, presses a button.

Speaks HTTP with the standard library alone and reads the forms of the page as a browser without script does.
"""

import uuid
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

from bs4 import BeautifulSoup, Tag

Fields = list[tuple[str, Any]]


@dataclass
class Page:
    """One answer: its status, its address after redirects, and its text."""

    status: int
    url: str
    soup: BeautifulSoup

    @property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split())

    def form(self, action: str) -> Tag:
        """Return the form whose action ends with `action`; "" is the page's own form that posts to itself."""
        for form in self.soup.find_all("form", method="post"):
            if form.get("action", "") == action or (action and str(form.get("action", "")).endswith(action)):
                return form
        raise AssertionError(f"{self.url} ({self.status}) has no form {action!r}: {self.text[:300]}")

    def link(self, part: str) -> str:
        """Return the address of the first link that holds `part`."""
        for anchor in self.soup.find_all("a", href=True):
            if part in anchor["href"]:
                return str(anchor["href"])
        raise AssertionError(f"{self.url} links to nothing with {part!r}")


@dataclass
class Person:
    """Somebody with an account at `base`."""

    base: str
    username: str
    password: str
    opener: OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))
        page = self.open("/login")
        answer = self.press(page, "", username=self.username, password=self.password)
        assert "/login" not in answer.url, f"{self.username} could not sign in: {answer.text[:200]}"

    def open(self, path: str) -> Page:
        """Open an address, whatever it answers."""
        return self._send(Request(urljoin(self.base, path)))

    def press(self, page: Page, action: str, button: tuple[str, str] | None = None, /, *, to: str | None = None,
              files: dict[str, tuple[str, bytes]] | None = None, lists: dict[str, list[str]] | None = None,
              **typed: str) -> Page:  # fmt: skip
        """Fill the form `action` with `typed` (and whole columns of same-named fields with `lists`) and send it.

        `button`: the name and value of the pressed button. `to`: the address of a button with its own formaction.
        """
        form = page.form(action)
        values = [(name, value) for name, value in _fields(form) if name not in typed]
        for name, column in (lists or {}).items():
            waiting = iter(column)
            values = [(n, next(waiting, v) if n == name else v) for n, v in values]
        values += list(typed.items()) + ([button] if button else [])
        address = urljoin(page.url, to or str(form.get("action") or page.url))
        body, kind = _multipart(values, files) if files else (urlencode(values).encode(), _URLENCODED)
        headers = {"Content-Type": kind, "Referer": page.url}
        return self._send(Request(address, data=body, headers=headers))

    def _send(self, request: Request) -> Page:
        try:
            answer = self.opener.open(request, timeout=60)
        except HTTPError as error:
            answer = error
        with answer:
            return Page(answer.status, answer.url, BeautifulSoup(answer.read(), "html.parser"))


_URLENCODED = "application/x-www-form-urlencoded"


def _fields(form: Tag) -> Fields:
    """Return what a browser would send of the form as it stands, in order."""
    found: Fields = []
    inside = form.find_all(["input", "textarea", "select"])
    outside = (
        form.find_parents()[-1].find_all(["input", "textarea", "select"], form=form["id"]) if form.get("id") else []
    )
    for tag in [*inside, *(t for t in outside if t not in inside)]:
        name, kind = tag.get("name"), tag.get("type", "text")
        if not name or tag.has_attr("disabled") or kind in {"file", "submit", "button"}:
            continue
        if tag.name == "select":
            chosen = tag.find("option", selected=True) or tag.find("option")
            found.append((name, chosen.get("value", chosen.get_text()) if chosen else ""))
        elif tag.name == "textarea":
            found.append((name, tag.get_text().removeprefix("\n")))
        elif kind not in {"checkbox", "radio"} or tag.has_attr("checked"):
            found.append((name, tag.get("value", "on" if kind == "checkbox" else "")))
    return found


def _multipart(values: Fields, files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values
    ]
    for name, (filename, data) in files.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        parts += [head.encode(), data, b"\r\n"]
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"
