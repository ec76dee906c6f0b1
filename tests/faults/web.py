"""A real web server on loopback and people in front of it, who press a button, note what came back, and press again.

What comes back is an answer, an error of the server (5xx), or nothing at all: then the outcome is unknown.
"""

import contextlib
import http.client
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from tests.faults.lab import ROOT, child_environment
from tests.world import seen
from workflow.models import Case, User

PATIENCE = 30.0
TOKEN = "a" * 32
UNAUTHORIZED = 401
"""What being sent to the log-in page counts as."""


@dataclass
class Site:
    """gunicorn with two workers of four threads; `port` stays the same when it is started again."""

    own: Path
    port: int
    process: "subprocess.Popen[bytes]"

    def workers(self) -> list[int]:
        """Return the process ids of the workers, none while they are being replaced."""
        with contextlib.suppress(OSError):
            return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
                    .read_text().split()]  # fmt: skip
        return []

    def await_answer(self) -> None:
        deadline = time.monotonic() + PATIENCE * 2
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                door.request("GET", "/readyz")
                if door.getresponse().status == 200:
                    return
            assert self.process.poll() is None, (self.own / "web.log").read_text()[-2000:]
            time.sleep(0.1)
        raise AssertionError(f"The site does not answer: {(self.own / 'web.log').read_text()[-2000:]}")


@contextlib.contextmanager
def site(own: Path, *, workers: int = 2, **environment: str) -> Iterator[Site]:
    """Run the site on the test database until the block ends."""
    import socket

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = int(door.getsockname()[1])
    with (own / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tests.faults.site:application", f"--bind=127.0.0.1:{port}",
             "--worker-class=gthread", f"--workers={workers}", "--threads=4", "--preload", "--no-control-socket",
             "--graceful-timeout=10", "--timeout=60"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=child_environment(
                own, BTR_DEBUG="1", BTR_SECRET_KEY=settings.SECRET_KEY, PGAPPNAME="site", **environment
            ),
        )  # fmt: skip
    running = Site(own, port, process)
    try:
        running.await_answer()
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of one request: its status (0: nothing came) and the seconds it took."""

    status: int
    seconds: float

    @property
    def is_known(self) -> bool:
        return 0 < self.status < 500


class Browser:
    """One person's session, speaking HTTP without cookies of its own; every request is one connection."""

    def __init__(self, port: int, user: User) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self._port = port
        self._headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def ask(self, method: str, path: str, **fields: str) -> Answer:
        """Send one request; redirects are not followed."""
        return self.send(method, path, urlencode(fields) if fields else None, {})

    def send(self, method: str, path: str, body: "str | bytes | None", headers: dict[str, str]) -> Answer:
        began, door = time.monotonic(), http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            door.request(method, path, body, self._headers | headers)
            answer = door.getresponse()
            answer.read()
            is_out = (answer.getheader("Location") or "").startswith("/login")
            return Answer(UNAUTHORIZED if is_out else answer.status, time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            return Answer(0, time.monotonic() - began)
        finally:
            door.close()


@dataclass
class Clerk:
    """Somebody who submits and recalls one case over and over, each time with a key, and asks again when in doubt.

    With a `reviewer` it is not recalled but returned by them.
    """

    browser: Browser
    case: int
    name: str
    reviewer: Browser | None = None
    answers: list[Answer] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    asked_again: int = 0

    def press(self) -> Answer:
        """Submit the case, or take it back; return the first answer that is one."""
        case = Case.objects.get(pk=self.case)
        looked, key = seen(case), f"{self.name}-{len(self.keys)}"
        self.keys.append(key)
        fields = {"seen_version": str(looked.version), "seen_hash": looked.content_hash, "key": key}
        by, verb = self.browser, "submit"
        if case.state != "draft" and self.reviewer is None:
            verb = "recall"
        elif case.state != "draft" and self.reviewer is not None:
            by, verb = self.reviewer, "decide"
            fields |= {"verdict": "return", "words": "演示", "again": "chain"}
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = by.ask("POST", f"/tables/{case.number}/{verb}", **fields)
            self.answers.append(answer)
            if answer.is_known or time.monotonic() > deadline:
                return answer
            self.asked_again += 1
            time.sleep(0.05)

    def work(self, home_time: Flag) -> None:
        """Press and look at the own tables until it is time to go home."""
        from django.db import connection

        while not home_time.is_set():
            self.press()
            self.answers.append(self.browser.ask("GET", "/"))
        connection.close()


@contextlib.contextmanager
def at_work(clerks: list[Clerk]) -> Iterator[None]:
    """Let the clerks work, each in a thread, until the block ends."""
    home_time = Flag()
    threads = [Thread(target=clerk.work, args=(home_time,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        home_time.set()
        for thread in threads:
            thread.join()


def any_of(pids: list[int], rng: random.Random) -> int | None:
    return rng.choice(pids) if pids else None
