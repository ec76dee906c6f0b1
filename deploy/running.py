"""What one installation's VAR_DIR says about its running supervisor: a lock, a state file, the logs.

The lock, held by the living process, is the truth; the state file only tells its pid, port and words.
"""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STOP_WITHIN = 40.0
LAST_BREATH = 5.0


class AlreadyRunning(Exception):
    """Another supervisor of the same VAR_DIR is alive; the text says where, and how to stop it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The directories of one installation's running state."""

    var: Path

    @classmethod
    def of(cls, var: str | os.PathLike[str]) -> "Place":
        place = cls(Path(var).resolve())
        place.var.mkdir(parents=True, exist_ok=True)
        # The demo's password stands in the state file and in the logs: both are their owner's alone.
        for directory in (place.run, place.log("any").parent):
            directory.mkdir(mode=0o700, exist_ok=True)
        return place

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def _state(self) -> Path:
        return self.run / "supervisor.json"

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def read_state(self) -> dict[str, Any]:
        """Return what the running supervisor wrote last, or nothing."""
        try:
            return dict(json.loads(self._state.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def write_state(self, **facts: object) -> None:
        """Replace the state file in one step, readable by its owner only (it holds the demo's password)."""
        fresh = self._state.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self._state)

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the lock of this installation while the block runs.

        Raises: AlreadyRunning when another process holds it.
        """
        with (self.run / "supervisor.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning(self._where()) from None
            self.write_state(pid=os.getpid(), ready=False)
            try:
                yield
            finally:
                self._state.unlink(missing_ok=True)

    def _where(self) -> str:
        state = self.read_state()
        address = state.get("address", "still starting")
        return f"Already running: {address} (process {state.get('pid', '?')}). `make stop` ends it."

    def _is_locked(self) -> bool:
        with (self.run / "supervisor.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def already_running(self) -> str | None:
        """Return a sentence about the supervisor that runs, or None."""
        return self._where() if self._is_locked() else None

    def stop_running(self) -> str:
        """End the running supervisor, by force after 40 seconds, and return a sentence about it."""
        if not self._is_locked():
            return "Nothing is running."
        pid = self.read_state().get("pid")
        if not isinstance(pid, int):
            return "It is just starting; try again in a moment."
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        while self._is_locked():
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                return f"Process {pid} did not end within {STOP_WITHIN:.0f} s and was killed."
            time.sleep(0.05)
        _await_end(pid)
        return "Stopped."


def _await_end(pid: int) -> None:
    """Wait until a process that has let go of its lock is gone, LAST_BREATH seconds at most: nobody may reap it."""
    deadline = time.monotonic() + LAST_BREATH
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
