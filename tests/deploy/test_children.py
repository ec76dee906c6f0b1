"""A child that dies comes back after a growing pause; stopping leaves nothing running, not even grandchildren."""

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.children import LONGEST_PAUSE, Child, start_process, stop


def _python(code: str, log: Path) -> "subprocess.Popen[bytes]":
    return start_process([sys.executable, "-c", code], directory=log.parent, environment=os.environ, log=log)


def _await(condition, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_dies_is_started_again_after_a_growing_pause(tmp_path: Path) -> None:
    child = Child("short", lambda: _python("raise SystemExit(3)", tmp_path / "short.log"))
    child.launch()
    child.process.wait()
    sentence = child.watch()
    assert sentence is not None
    assert "short ended with code 3" in sentence
    assert child.watch() is None
    assert child.restarts == 0, "it must not come back before its pause is over"
    child.next_start = 0
    child.watch()
    assert child.restarts == 1
    for _ in range(8):
        child.process.wait()
        child.watch()
        child.next_start = 0
        child.watch()
    assert child.pause == LONGEST_PAUSE
    stop([child.process], patience=5)


def test_a_child_that_runs_is_left_alone(tmp_path: Path) -> None:
    child = Child("long", lambda: _python("import time; time.sleep(60)", tmp_path / "long.log"))
    child.launch()
    pid = child.process.pid
    assert child.watch() is None
    assert child.process.pid == pid
    stop([child.process], patience=5)
    assert not _lives(pid)


def test_what_ignores_the_request_to_end_is_killed_with_its_own_children(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(grandchild.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    log = tmp_path / "stubborn.log"
    process = _python(code, log)
    assert _await(lambda: log.read_text().strip().isdigit())
    grandchild = int(log.read_text())
    stop([process, None], patience=0.5)
    assert process.returncode is not None
    assert _await(lambda: not _lives(grandchild))


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from deploy.children import start_process\n"
        "child = start_process([sys.executable, '-c', 'import time; time.sleep(60)'], directory=Path('.'),\n"
        "                      environment=os.environ, log=Path(sys.argv[1]))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "child.log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _lives(child)
        parent.kill()
    assert _await(lambda: not _lives(child))


def test_a_long_log_is_turned_over(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("deploy.children.LOG_LIMIT_BYTES", 10)
    log = tmp_path / "web.log"
    log.write_text("a line longer than ten bytes\n")
    _python("print('fresh')", log).wait()
    assert log.read_text() == "fresh\n"
    assert (tmp_path / "web.log.1").read_text().startswith("a line")
