"""The processes that are killed: one parent that has loaded everything forks a sweeper, an expander, a sender, a clerk.

Started as `python -m tests.faults.kennel CLOCK`. Reads one JSON object a line: {"start": role, …}; answers with lines
"born PID ROLE", "held PID", "invoked PID {…}", "acked PID {…}". SIGUSR1 holds a child before its next commit, with
everything written and nothing committed; SIGUSR2 holds a sender after the mail server's answer, before it is marked.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROLES = ("sweeper", "expander", "sender", "clerk")
HELD_SECONDS = 5.0
IDLE = 0.02
_wanted = {"commit": False, "gap": False}


def now_by(clock: Path) -> datetime:
    """Return the laboratory's time: `base` plus what has passed since `at`, `speed` times as fast."""
    base, at, speed = map(float, clock.read_text().split())
    return datetime.fromtimestamp(base + (time.time() - at) * speed, tz=UTC)


def say(word: str, **facts: Any) -> None:
    """Write one line in one piece, so that lines of several processes never mix."""
    os.write(1, f"{word} {os.getpid()} {json.dumps(facts)}\n".encode())


def hold_if(place: str) -> None:
    if _wanted[place]:
        _wanted[place] = False
        say("held", place=place)
        time.sleep(HELD_SECONDS)


def arm() -> None:
    """Let the signals hold this process at the places where a crash hurts most."""
    from django.db import connection
    from django.db.transaction import Atomic

    from notifications.channels import email

    signal.signal(signal.SIGUSR1, lambda *_: _wanted.update(commit=True))
    signal.signal(signal.SIGUSR2, lambda *_: _wanted.update(gap=True))
    leave, send = Atomic.__exit__, email.send

    def leave_held(self: Any, kind: Any, error: Any, trace: Any) -> None:
        if kind is None and connection.in_atomic_block and not connection.savepoint_ids:
            hold_if("commit")
        leave(self, kind, error, trace)

    def send_held(**message: Any) -> str:
        number = send(**message)
        hold_if("gap")
        return number

    Atomic.__exit__, email.send = leave_held, send_held  # type: ignore[method-assign]


def sweeper(clock: Path, facts: dict[str, Any]) -> None:
    from workflow.sweeping import sweep

    while True:
        sweep(now=now_by(clock), limit=3)
        time.sleep(IDLE)


def expander(clock: Path, facts: dict[str, Any]) -> None:
    from notifications import expand

    expand.HANDFUL = expand.MANY = 3
    while True:
        expand.expand(now=now_by(clock))
        time.sleep(IDLE)


def sender(clock: Path, facts: dict[str, Any]) -> None:
    from notifications.delivery import deliver

    while True:
        deliver(now=now_by(clock), limit=5)
        time.sleep(IDLE)


def clerk(clock: Path, facts: dict[str, Any]) -> None:
    """Submit and return the cases named in `facts`, each operation with its own key; first what is unknown, again."""
    from workflow import engine
    from workflow.machine import Action, State
    from workflow.models import Case, User

    people = {name: User.objects.get(username=name) for name in ("editor", "reviewer")}

    def carry_out(operation: dict[str, Any]) -> None:
        case = Case.objects.get(pk=operation["case"])
        engine.perform(
            case.pk,
            Action(operation["action"]),
            by=people[operation["by"]],
            seen=engine.Seen(case.version, case.content_hash),
            key=operation["key"],
            now=now_by(clock),
            reason="演示",
        )

    for operation in facts["unknown"]:
        carry_out(operation)
        say("acked", key=operation["key"])
    for n in range(1_000_000):
        case = Case.objects.get(pk=facts["cases"][n % len(facts["cases"])])
        action, by = ("submit", "editor") if case.state == State.DRAFT else ("return", "reviewer")
        operation = {"key": f"{os.getpid()}-{n}-{facts['serial']}", "case": case.pk, "action": action, "by": by}
        say("invoked", **operation)
        carry_out(operation)
        say("acked", key=operation["key"])
        time.sleep(0.05)


WORK: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "sweeper": sweeper,
    "expander": expander,
    "sender": sender,
    "clerk": clerk,
}


def main(clock: Path) -> None:
    import django

    django.setup()
    from tests.faults.lab import register_document

    register_document()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.stdin.close()
            arm()
            say("born", role=order["start"])
            WORK[order["start"]](clock, order)
    # The laboratory has gone: its processes go with it.
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
