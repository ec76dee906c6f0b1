"""The one-command start: `python -m deploy.embedded`, what `make run` runs after building the environment.

Prepares the database, then runs gunicorn, a Celery worker, beat and a Redis under one supervisor until Ctrl-C. With
no Redis at all it runs the sweep itself every 30 seconds. `--detach` returns when the site is ready, `--stop` ends it.
For trial and small offices; larger installations use the units described in deploy/README.md.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from deploy.children import Child, start_process, stop
from deploy.embedded_redis import EmbeddedRedis, find_redis
from deploy.running import AlreadyRunning, Place

ROOT = Path(__file__).resolve().parent.parent
WEB_PORTS = range(8000, 8100)
WEB_WORKERS, WEB_THREADS, CELERY_PROCESSES = 2, 4, 2
SWEEP_EVERY = 30.0
READY_WITHIN = 180.0
TICK = 0.1


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of an `.env` file (comments and blank lines skipped, quotes taken off)."""
    if not path.exists():
        return {}
    pairs = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name and not name.startswith("#"):
            pairs[name.strip()] = value.strip().strip("\"'")
    return pairs


def open_door(port: int | None) -> socket.socket:
    """Return a listening loopback socket: on `port`, else on the first free one of WEB_PORTS, else on any.

    The supervisor keeps it for its whole life and hands it to gunicorn, so no other process can take the port in
    between. Raises: SystemExit when the port asked for is taken.
    """
    for candidate in (port,) if port else (*WEB_PORTS, 0):
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", candidate))
            door.listen(512)
        except OSError:
            door.close()
            continue
        return door
    raise SystemExit(f"Not started: port {port} is taken. Name another with PORT=, or none.")


def is_ready(port: int) -> bool:
    """Say whether /readyz answers 200 on that loopback port."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Supervisor:
    """Starts the children, restarts those that die, and stops all of them on SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, place: Place, *, redis: str, port: int | None, demo: bool) -> None:
        self.place = place
        self.demo = demo
        self.stopping = False
        self.door = open_door(port)
        self.port = int(self.door.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}/"
        self.environment = self._environment()
        self.own_redis = self._own_redis(redis)
        self.has_broker = bool(self.environment.get("BTR_REDIS_URL"))
        self.redis_child: Child | None = None
        self.children: list[Child] = []
        self.sweep: subprocess.Popen[bytes] | None = None
        self.next_sweep = 0.0

    def _environment(self) -> dict[str, str]:
        given = read_env_file(ROOT / ".env") | dict(os.environ)
        defaults = {
            "BTR_SITE_URL": self.address.rstrip("/"),
            "BTR_DEMO_LOGINS": "1" if self.demo else "0",
            "BTR_EMAIL_TO_FILES": "0" if given.get("BTR_EMAIL_HOST") else "1",
            "DJANGO_SETTINGS_MODULE": "deploy.settings",
        }
        return defaults | given | {"BTR_VAR_DIR": str(self.place.var), "PYTHONUNBUFFERED": "1"}

    def _own_redis(self, choice: str) -> EmbeddedRedis | None:
        if choice == "none":
            self.environment.pop("BTR_REDIS_URL", None)
            return None
        if self.environment.get("BTR_REDIS_URL"):
            return None
        binary = find_redis(choice)
        if binary is None:
            return None
        own = EmbeddedRedis.new(binary, directory=self.place.var / "redis", log=self.place.log("redis"))
        self.environment["BTR_REDIS_URL"] = own.url
        return own

    def _python(self, name: str, *arguments: str, pass_fds: tuple[int, ...] = ()) -> "subprocess.Popen[bytes]":
        return start_process(
            [sys.executable, "-m", *arguments],
            directory=ROOT,
            environment=self.environment,
            log=self.place.log(name),
            pass_fds=pass_fds,
        )

    def _web(self) -> "subprocess.Popen[bytes]":
        return self._python(
            "web", "gunicorn", "deploy.wsgi:application", f"--bind=fd://{self.door.fileno()}", "--worker-class=gthread",
            f"--workers={WEB_WORKERS}", f"--threads={WEB_THREADS}", "--preload", "--no-control-socket",
            "--graceful-timeout=5", "--timeout=60", pass_fds=(self.door.fileno(),),
        )  # fmt: skip

    def _worker(self) -> "subprocess.Popen[bytes]":
        return self._python(
            "worker", "celery", "--app=deploy.celery_app", "worker", "--pool=prefork", "--loglevel=INFO",
            f"--concurrency={CELERY_PROCESSES}", "--without-gossip", "--without-mingle", "--without-heartbeat",
        )  # fmt: skip

    def _beat(self) -> "subprocess.Popen[bytes]":
        return self._python(
            "beat", "celery", "--app=deploy.celery_app", "beat", "--loglevel=INFO", "--pidfile=",
            f"--schedule={self.place.run / 'beat-schedule'}",
        )  # fmt: skip

    def _prepare(self) -> list[list[str]]:
        """Run `deploy.prepare` and return the demo's logins; raise SystemExit with its words when it fails."""
        log = self.place.log("prepare")
        log.unlink(missing_ok=True)
        result = self.place.run / "prepared.json"
        options = ["--demo"] if self.demo else []
        process = self._python("prepare", "deploy.prepare", *options, f"--result={result}")
        while process.poll() is None and not self.stopping:
            time.sleep(TICK)
        if self.stopping:
            process.terminate()
            process.wait()
            return []
        if process.returncode:
            raise SystemExit(f"Not started: the database could not be prepared.\n{log.read_text()}")
        prepared = json.loads(result.read_text())
        result.unlink()
        if prepared["done"]:
            say(f"Prepared: {'; '.join(prepared['done'])}.")
        return list(prepared["logins"])

    def _start(self, name: str, start: "Callable[[], subprocess.Popen[bytes]]") -> Child:
        child = Child(name, start)
        child.launch()
        self.children.append(child)
        return child

    def _watch(self) -> None:
        for child in self.children:
            if sentence := child.watch():
                say(f"{sentence} (see {self.place.log(child.name)})")
        if not self.has_broker:
            self._sweep_when_due()

    def _sweep_when_due(self) -> None:
        """Run one sweep every 30 seconds, never two at a time."""
        running = self.sweep is not None and self.sweep.poll() is None
        if time.monotonic() >= self.next_sweep and not running:
            self.sweep = start_process(
                [sys.executable, "manage.py", "sweep"],
                directory=ROOT,
                environment=self.environment,
                log=self.place.log("sweep"),
            )
            self.next_sweep = time.monotonic() + SWEEP_EVERY

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> int:
        """Run until told to stop; return the exit status (0 when stopped, 1 when it never became ready)."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._stop)
        began = time.monotonic()
        try:
            if self.own_redis:
                own = self.own_redis
                self.redis_child = self._start("redis", lambda: own.start(self.environment))
            logins = self._prepare()
            if not self.stopping:
                self._start("web", self._web)
            while not self.stopping and not is_ready(self.port):
                self._watch()
                if time.monotonic() - began > READY_WITHIN:
                    say(f"Not ready after {READY_WITHIN:.0f} s; see {self.place.log('web')}")
                    return 1
                time.sleep(TICK)
            if not self.stopping:
                self._announce(logins, seconds=time.monotonic() - began)
                # What fell due while nothing ran is told now, not at the timetable's first turn.
                self._sweep_when_due()
                if self.has_broker:
                    self._start("worker", self._worker)
                    self._start("beat", self._beat)
            while not self.stopping:
                self._watch()
                time.sleep(TICK)
            return 0
        finally:
            self._stop_all()

    def _announce(self, logins: list[list[str]], *, seconds: float) -> None:
        if self.own_redis:
            broker = self.own_redis.binary.origin
        elif self.has_broker:
            broker = "the Redis named in BTR_REDIS_URL"
        else:
            broker = f"no Redis found; deadlines are swept every {SWEEP_EVERY:.0f} s by this process"
        text = announcement(self.address, broker=broker, logins=logins, seconds=seconds)
        self.place.write_state(pid=os.getpid(), port=self.port, address=self.address, ready=True, text=text)
        say(text)
        say("Ctrl-C stops everything.")

    def _stop_all(self) -> None:
        say("Stopping …")
        # Redis goes last: a worker that finishes its task still wants to acknowledge it.
        others = [child.process for child in self.children if child is not self.redis_child]
        stop([*others, self.sweep], patience=15)
        if self.redis_child:
            stop([self.redis_child.process], patience=5)
        self.door.close()
        say("Stopped.")


def announcement(address: str, *, broker: str, logins: list[list[str]], seconds: float) -> str:
    """Return what the operator reads once the site is ready: address, broker, demo logins in a column each."""
    lines = [f"Ready in {seconds:.1f} s: {address}", f"Broker: {broker}"]
    if logins:
        widths = [max(len(row[column]) for row in logins) for column in (0, 1)]
        lines.append("Demo logins 演示账号 (user, password, role):")
        lines += [f"  {user:<{widths[0]}}  {word:<{widths[1]}}  {role}" for user, word, role in logins]
    return "\n".join(lines)


def detach(place: Place, arguments: list[str]) -> int:
    """Start the supervisor in the background and return once the site is ready, or with its words on failure."""
    log = place.log("supervisor")
    log.unlink(missing_ok=True)
    process = start_process(
        [sys.executable, "-m", "deploy.embedded", *arguments],
        directory=ROOT,
        environment=os.environ,
        log=log,
        outlives_parent=True,
    )
    deadline = time.monotonic() + READY_WITHIN + 10
    while time.monotonic() < deadline and process.poll() is None:
        state = place.read_state()
        if state.get("pid") == process.pid and state.get("ready"):
            say(f"{state['text']}\nRunning in the background; `make stop` ends it. Logs: {log.parent}")
            return 0
        time.sleep(TICK)
    if process.poll() is None:
        process.terminate()
        process.wait()
    say(f"Not started.\n{log.read_text(errors='replace')}")
    return 1


def main(arguments: list[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run, detach or stop, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded", description=__doc__)
    parser.add_argument("--detach", action="store_true", help="return when the site is ready")
    parser.add_argument("--stop", action="store_true", help="end the one that runs")
    parser.add_argument("--redis", choices=["auto", "path", "wheel", "none"], default="auto")
    parser.add_argument("--port", type=int, help=f"default: the first free one from {WEB_PORTS.start}")
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    chosen = parser.parse_args(arguments)
    place = Place.of(environment.get("BTR_VAR_DIR") or ROOT / "var")
    if chosen.stop:
        say(place.stop_running())
        return 0
    if chosen.detach:
        if sentence := place.already_running():
            say(sentence)
            return 0
        return detach(place, [part for part in arguments if part != "--detach"])
    try:
        with place.claimed():
            return Supervisor(place, redis=chosen.redis, port=chosen.port, demo=not chosen.no_demo).run()
    except AlreadyRunning as running:
        say(str(running))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
