"""Child processes under the one-command start: started, restarted with a growing pause, stopped in order.

Knows processes and signals, nothing of what they do; `deploy/embedded.py` says which there are. No Django here.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
LOG_LIMIT_BYTES = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, so that a killed supervisor leaves nothing running."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start_process(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    log: Path,
    stdin: int = subprocess.DEVNULL,
    outlives_parent: bool = False,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own with both outputs appended to `log`, and return it.

    The terminal's Ctrl-C therefore reaches the supervisor alone, which then stops its children in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=directory,
            env=dict(environment),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
            preexec_fn=None if outlives_parent else _end_with_parent,
        )


@dataclass(slots=True)
class Child:
    """One process that should run all the time. `pause` is the wait in seconds before its next restart."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 1.0
    next_start: float = 0.0
    restarts: int = 0

    def launch(self) -> None:
        self.process = self.start()
        self.started = time.monotonic()

    def watch(self) -> str | None:
        """Restart the process if it died and its pause is over; return a sentence when something happened."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.next_start:
                self.restarts += 1
                self.launch()
            return None
        code = self.process.poll()
        if code is None:
            if now - self.started > STEADY_AFTER:
                self.pause = 1.0
            return None
        self.process = None
        self.next_start = now + self.pause
        sentence = f"{self.name} ended with code {code}; it starts again in {self.pause:.0f} s"
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return sentence


def stop(processes: Sequence["subprocess.Popen[bytes] | None"], *, patience: float) -> None:
    """Ask all `processes` to end, wait at most `patience` seconds for them together, then kill what is left."""
    running = [process for process in processes if process and process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + patience
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        # The group, not the process: a worker's own children must not outlive it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
