"""The fault laboratory: real processes on one database, a mail sink, a clock that jumps, and who kills what when.

Afterwards tests.faults.checker compares what was said with what is there. Every choice comes from one seed, printed.
"""

import contextlib
import json
import logging
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller
from django.db import connection

from tests.faults.kennel import ROLES, now_by
from tests.world import ToyDocument
from workflow import calendar, kinds
from workflow.machine import Kind
from workflow.models import Case

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "example.org"
SPEED = 200.0
"""Laboratory seconds a second, so that a lease of five minutes ends after 1.5 seconds."""


class TitleDocument(ToyDocument):
    """A document that is its case's title, so that every process sees the same content."""

    def content(self, case: Case) -> Mapping[str, Any]:
        return {"v": 1, "text": case.title}


def register_document() -> None:
    for kind in Kind:
        kinds.register(kind, TitleDocument())


def database_url() -> str:
    """Return the BTR_DATABASE_URL of the test database that this process is connected to."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(parts['NAME']))}"
    account = f"{quote(parts['USER'])}:{quote(parts['PASSWORD'])}"
    return f"postgresql://{account}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


def child_environment(own: Path, **more: str) -> dict[str, str]:
    """Return the environment of a child: our test database, a directory of its own, no other setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BTR_", "PYTEST_"))}
    return (
        kept
        | {
            "BTR_DATABASE_URL": database_url(),
            "BTR_VAR_DIR": str(own),
            "BTR_SECRET_KEY": "a key of the laboratory, for nothing else",
            "BTR_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "deploy.settings",
        }
        | more
    )


class Sink:
    """A mail server on loopback that keeps each message's number and recipient, and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.answers: Iterator[str] | None = None
        self.pause = 0.0
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            self.port = int(door.getsockname()[1])
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.pause:
            time.sleep(self.pause)
        answer = next(self.answers, "250 OK") if self.answers else "250 OK"
        if answer.startswith("250"):
            number = str(message_from_bytes(envelope.content)["Message-ID"])
            self.taken += [(number, recipient) for recipient in envelope.rcpt_tos]
        return answer

    def __enter__(self) -> "Sink":
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


@dataclass
class History:
    """What was invoked and acknowledged, by key; an operation in neither end state is unknown and is asked again."""

    invoked: dict[str, dict[str, Any]] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)

    @property
    def unknown(self) -> list[dict[str, Any]]:
        return [operation for key, operation in self.invoked.items() if key not in self.acked]


@dataclass
class Lab:
    """The running processes, the clock, and the tally of what was done to them."""

    own: Path
    seed: int
    sink: Sink
    cases: list[int]
    kennel: "subprocess.Popen[bytes]"
    history: History = field(default_factory=History)
    alive: dict[str, int] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    lines: "queue.Queue[tuple[str, int, dict[str, Any]]]" = field(default_factory=queue.Queue)
    serial: int = 0
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.kennel.stdout is not None
        for line in self.kennel.stdout:
            word, pid, facts = line.decode().split(" ", 2)
            self.lines.put((word, int(pid), json.loads(facts)))

    def hear(self, wanted: str, pid: int | None = None, *, patience: float) -> tuple[int, dict[str, Any]] | None:
        """Take what the processes say until one says `wanted` (of `pid`), at most `patience` seconds."""
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            try:
                word, speaker, facts = self.lines.get(timeout=left)
            except queue.Empty:
                break
            if word == "invoked":
                self.history.invoked[facts["key"]] = facts
            elif word == "acked":
                self.history.acked.add(facts["key"])
            if word == wanted and pid in (None, speaker):
                return speaker, facts
        return None

    def start(self, role: str) -> None:
        """Start one process of `role` and wait until it lives."""
        self.serial += 1
        self.hear("nothing", patience=0.005)
        order = {"start": role, "serial": self.serial, "cases": self.cases, "unknown": self.history.unknown}
        assert self.kennel.stdin is not None
        self.kennel.stdin.write(json.dumps(order).encode() + b"\n")
        self.kennel.stdin.flush()
        born = self.hear("born", patience=30)
        assert born is not None, f"no {role} was born; seed {self.seed}"
        self.alive[role] = born[0]

    def now(self) -> datetime:
        return now_by(self.own / "clock")

    def set_clock(self, moment: datetime) -> None:
        fresh = self.own / "clock.new"
        fresh.write_text(f"{moment.timestamp()} {time.time()} {SPEED}")
        fresh.replace(self.own / "clock")

    def next_morning(self, *, of_work: bool = False) -> None:
        """Let it be 09:01 in Shanghai of the next day, or of the next working day, on which mail goes again."""
        today = (self.now() + timedelta(hours=8)).date()
        tomorrow = calendar.add_working_days(today, 1) if of_work else today + timedelta(days=1)
        self.set_clock(datetime(tomorrow.year, tomorrow.month, tomorrow.day, 1, 1, tzinfo=UTC))

    def kill(self, role: str, *, inside: bool) -> None:
        """Kill -9 the process of `role`: before a commit it has prepared (or in the gap of a sender), or anywhere.

        When it has nothing to commit within two seconds it is killed where it stands, and counted so.
        """
        pid, place = self.alive.pop(role), "anywhere"
        if inside:
            in_gap = role == "sender" and self.rng.random() < 0.5
            os.kill(pid, signal.SIGUSR2 if in_gap else signal.SIGUSR1)
            held = self.hear("held", pid, patience=0.4)
            if held is None:
                self.next_morning()
                held = self.hear("held", pid, patience=2)
            place = held[1]["place"] if held else "anywhere"
        else:
            time.sleep(self.rng.uniform(0, 0.06))
        os.kill(pid, signal.SIGKILL)
        self.kills[f"{role} {place}"] += 1
        while Path(f"/proc/{pid}").exists() and "State:\tZ" not in _status(pid):
            time.sleep(0.001)

    def torment(self, *, kills: int) -> None:
        """Kill `kills` processes, half of them inside a transaction, and start each again at once."""
        for role in ROLES:
            self.start(role)
        for n in range(kills):
            role = self.rng.choice(ROLES)
            inside = sum(count for name, count in self.kills.items() if not name.endswith("anywhere"))
            self.kill(role, inside=2 * inside <= n)
            self.start(role)
            if n % 6 == 5:
                self.next_morning()

    def settle(self, is_done: Callable[[datetime], bool], *, patience: float) -> float:
        """Let the clerk end what is unknown and go home; return the seconds until `is_done`, at most `patience`."""
        self.kill("clerk", inside=False)
        self.start("clerk")
        self.hear("nothing", patience=0.5)
        self.kill("clerk", inside=False)
        began = time.monotonic()
        while time.monotonic() - began < patience and not is_done(self.now()):
            self.hear("nothing", patience=0.1)
        return time.monotonic() - began


def _status(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/status").read_text()
    return "State:\tZ"


@contextlib.contextmanager
def laboratory(own: Path, *, seed: int, cases: list[int], start_at: datetime) -> Iterator[Lab]:
    """Start kennel and mail sink, yield the laboratory, and leave no process behind."""
    with Sink() as sink:
        environment = child_environment(
            own, BTR_EMAIL_HOST="127.0.0.1", BTR_EMAIL_PORT=str(sink.port), BTR_EMAIL_FROM=f"sender@{DOMAIN}"
        )
        (own / "clock").write_text(f"{start_at.timestamp()} {time.time()} {SPEED}")
        log = (own / "kennel.log").open("wb")
        kennel = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.kennel", str(own / "clock")],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield Lab(own, seed, sink, cases, kennel)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(kennel.pid, signal.SIGKILL)
            kennel.wait()
            log.close()
