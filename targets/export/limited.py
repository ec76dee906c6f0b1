"""A county's Word template is checked in a process of its own, used once, with limits, then gone.

`faults_in_child` starts it and waits; `python -m targets.export.limited PROFILE` is that process: bytes in, JSON out.
"""

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from targets.export.county import Fault, faults_of, shipped
from targets.profiles import load

ROOT = Path(__file__).resolve().parents[2]
MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS, WALL_SECONDS = 10, 20
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def faults_in_child(*, template: bytes, profile: str) -> tuple[Fault, ...]:
    """Return why a template may not be used, as county.faults_of; one that ends the process is at fault too."""
    command = [sys.executable, "-m", "targets.export.limited", profile]
    try:
        done = subprocess.run(command, input=template, capture_output=True, cwd=ROOT, timeout=WALL_SECONDS,
                              env={"PYTHONPATH": str(ROOT)}, check=False)
    except subprocess.TimeoutExpired:
        return (Fault("no_answer"),)
    if done.returncode != 0:
        return (Fault("no_answer"),)
    return tuple(Fault(*one) for one in json.loads(done.stdout))


def _limit() -> None:
    """Bound memory and time of this process, and forbid it to open anything: no file, no socket, no process."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_NOFILE, 3),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def main() -> int:
    """Read a template from the standard input and write its faults. What is needed is loaded before the limits."""
    profile = load(sys.argv[1])
    faults_of(template=shipped(profile, DAY), profile=profile, now=DAY)
    template = sys.stdin.buffer.read()
    _limit()
    try:
        faults = faults_of(template=template, profile=profile, now=DAY)
    except (MemoryError, RecursionError):
        faults = (Fault("no_answer"),)
    except Exception as wrong:
        # Whatever a file causes is the file's; the parent only needs to know that it is not usable.
        faults = (Fault("tag", type(wrong).__name__),)
    sys.stdout.write(json.dumps([[fault.kind, fault.what] for fault in faults]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
