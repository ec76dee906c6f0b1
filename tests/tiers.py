"""The test command: `python -m tests.tiers [arguments of pytest]`, what `make test` runs.

A tier is one run of the suite on one set of servers: SQLite; PostgreSQL on a throw-away cluster; the measurements.
Tests that need a Redis server or Chromium join the SQLite tier where those are found. What is not run is named in one
line; with BTR_TIERS=all a missing tier, and a test skipped inside a tier, is an error. Everything started is stopped.
"""

import contextlib
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5
"""What pytest exits with when no test was chosen."""
PASSED_ON = {"BTR_RACES", "BTR_KILLS", "BTR_PAIRS", "BTR_SEED"}
"""How long the fault tests go on, and which run they repeat."""
SHORT = {
    "bad_mail": ("40",), "batch": ("60",), "importing": ("60",), "inbox": ("50000",), "mutants": ("--list",),
    "record": ("20000", "200"), "outbox": ("3000", "200"), "sweep": ("50000", "10"),
}  # fmt: skip
"""What the scripts of tests/bench are told here, so that none of them takes minutes; by hand they run in full."""
RUNS = "if __name__ =="
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The tests about the project itself (contracts, catalogues, texts) say nothing about a database: they run once.
ONCE = ("--ignore=tests/house", "--ignore=tests/browser")


@dataclass(frozen=True, slots=True)
class Tier:
    """One run of pytest: its name, its marker expression, further arguments, the environment it adds."""

    name: str
    markers: str
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def postgres_binaries() -> Path | None:
    """Return the directory that holds initdb and postgres, the newest of those installed, or None."""
    if (found := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(versions, key=lambda path: float(path.parent.name), default=None)


def _server_account() -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root (it refuses root), or None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise SystemExit("PostgreSQL refuses to run as root, and neither the account postgres nor nobody exists.")


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextlib.contextmanager
def postgres_cluster(binaries: Path, directory: Path) -> Iterator[str]:
    """Start a cluster of our own on loopback and yield its BTR_DATABASE_URL; stop it afterwards.

    It forgets at power loss (fsync off): right for tests, for nothing else. Its one account has a random password.
    """
    account = _server_account()
    who: dict[str, object] = {}
    cluster = directory / "postgres"
    cluster.mkdir(mode=0o700)
    if account:
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(cluster, account.pw_uid, account.pw_gid)
        directory.chmod(0o711)
    password, port = secrets.token_hex(16), _free_port()
    secret = cluster / "password"
    secret.write_text(password)
    if account:
        os.chown(secret, account.pw_uid, account.pw_gid)
    place = {"cwd": cluster, "env": {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(cluster)}, **who}
    subprocess.run(
        [binaries / "initdb", "-D", cluster / "data", "-U", "btr", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
         "--auth=scram-sha-256", f"--pwfile={secret}"],
        check=True, stdout=subprocess.DEVNULL, **place,
    )  # fmt: skip
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": cluster, "fsync": "off",
        "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 100,
    }  # fmt: skip
    log = cluster / "log"
    log.touch()
    with log.open("w") as output:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", cluster / "data", *(f"--{key}={value}" for key, value in settings.items())],
            stdout=output, stderr=output, **place,
        )  # fmt: skip
    try:
        _await_port(server, port, log)
        yield f"postgresql://btr:{password}@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await_port(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        # The port opens before recovery ends; the log says when connections are taken.
        if "ready to accept connections" in log.read_text(errors="replace"):
            return
        time.sleep(0.05)
    raise SystemExit(f"PostgreSQL did not start on port {port}:\n{log.read_text(errors='replace')}")


def plan(*, everything: bool) -> tuple[list[Tier], list[str]]:
    """Return the tiers to run without PostgreSQL, and a reason for each part that cannot run here."""
    left_out, excluded = [], ["postgres", "bench"]
    if not shutil.which("redis-server"):
        left_out.append("redis_server (no redis-server on the PATH)")
        excluded.append("redis_server")
    if not any(map(shutil.which, CHROMIUMS)):
        left_out.append("browser (no Chromium on the PATH)")
        excluded.append("browser")
    tiers = [Tier("SQLite", " and ".join(f"not {name}" for name in excluded))]
    if not postgres_binaries():
        left_out.append("postgres (no PostgreSQL server binaries found)")
    if not everything:
        left_out.append("bench (measurements run with BTR_TIERS=all)")
    return tiers, left_out


def _environment(tier: Tier, directory: Path, *, strict: bool) -> dict[str, str]:
    """Return what a tier's processes see: no setting of the user's, files in `directory`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BTR_") or name in PASSED_ON}
    own = {
        "BTR_TEST_DIR": str(directory),
        "BTR_VAR_DIR": str(directory / "var"),
        "BTR_NO_SKIPS": "1" if strict else "0",
    }
    return kept | own | dict(tier.environment)


def _show(command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a command, showing what it prints as it comes; return its exit status and its last line."""
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode, last


def run(tier: Tier, arguments: Sequence[str], *, directory: Path, strict: bool) -> tuple[int, str]:
    """Run pytest for one tier; return its exit status and the last line of its report."""
    print(f"\n=== {tier.name} ===", flush=True)
    command = [sys.executable, "-m", "pytest", "-m", tier.markers, *tier.arguments, *arguments]
    status, last = _show(command, _environment(tier, directory, strict=strict))
    # 5 = no test was chosen: right for a narrow call such as `-k name`, an error for the whole suite.
    return (0 if status == NO_TESTS and arguments else status), last.strip("= ")


def measure(tier: Tier, *, directory: Path) -> tuple[int, str]:
    """Run each script of tests/bench; return the worst exit status and who failed. A script asserts no time."""
    print(f"\n=== {tier.name} ===", flush=True)
    environment = _environment(tier, directory, strict=True)
    failed = []
    scripts = sorted(path.stem for path in (ROOT / "tests" / "bench").glob("*.py") if RUNS in path.read_text())
    for name in scripts:
        print(f"--- tests.bench.{name} {' '.join(SHORT.get(name, ()))}", flush=True)
        if _show([sys.executable, "-m", f"tests.bench.{name}", *SHORT.get(name, ())], environment)[0]:
            failed.append(name)
    return int(bool(failed)), f"failed: {', '.join(failed)}" if failed else f"{', '.join(scripts)}: figures above"


def _count(results: Sequence[tuple[Tier, int, str]], word: str) -> int:
    """Return how many tests of all tiers `passed` or `failed`, from the last lines of their reports."""
    return sum(int(number) for _, _, last in results for number in re.findall(rf"(\d+) {word}", last))


def main(arguments: Sequence[str]) -> int:
    """Run every tier that can run here and return 0 only if all were green."""
    everything = os.environ.get("BTR_TIERS") == "all"
    tiers, left_out = plan(everything=everything)
    results = []
    with tempfile.TemporaryDirectory(prefix="btr-tests-") as temporary, contextlib.ExitStack() as started:
        directory = Path(temporary)
        parallel = () if any(argument.startswith(("-n", "-p")) for argument in arguments) else ("-n", "2")
        tiers = [Tier(tier.name, tier.markers, (*parallel, *tier.arguments)) for tier in tiers]
        address: tuple[tuple[str, str], ...] = ()
        if binaries := postgres_binaries():
            url = started.enter_context(postgres_cluster(binaries, directory))
            address = (("BTR_DATABASE_URL", url),)
            tiers.append(Tier("PostgreSQL", "not bench and not browser", (*parallel, *ONCE), address))
        for tier in tiers:
            results.append((tier, *run(tier, arguments, directory=directory, strict=everything)))
        if everything:
            measurements = Tier("measurements", "bench", ("-n", "0", "-s"), address)
            results.append((measurements, *measure(measurements, directory=directory)))
    print("\n=== summary ===")
    for tier, status, last in results:
        print(f"{tier.name}: {'green' if status == 0 else f'FAILED ({status})'}: {last}")
    if left_out:
        print(f"Not run here: {'; '.join(left_out)}.")
    missing = everything and bool(left_out)
    if missing:
        print("BTR_TIERS=all asks for every tier: the missing ones above are an error.")
    print(f"{_count(results, 'passed')} passed, {_count(results, 'failed')} failed")
    return 1 if missing or any(status for _, status, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
