"""One approval of ours beside the peers that install from PyPI and beside the floor: batches in turn, in one run.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.peers [rounds] [approvals a batch] [races]

In a round each way runs a batch of the floor and one of its own, so that all see the same disk and the same load; the
ratios are of one round each. The first round only warms up.

Each peer gets an environment of its own from its hash-pinned file in requirements/, thrown away afterwards. They do
not do the same work: the plain way checks the object's permission, logs, moves two permission rows and writes an
outbox row; Viewflow checks a model permission and writes its tasks; Wagtail checks the group and logs; ours checks
rights, content and separation of duties, and writes decision, chained event, tasks with clocks, grants and a notice.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PEERS = {"plain": "plain", "viewflow": "viewflow_way", "wagtail": "wagtail_way"}
WAIT = 900
"""Seconds that one environment or one measurement may take."""


def main(numbers: list[str]) -> None:
    arguments = (numbers + ["7", "60", "200"][len(numbers) :])[:3]
    with tempfile.TemporaryDirectory() as work:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        env.setdefault("BTR_DATABASE_URL", f"sqlite:///{work}/bench.sqlite3")
        ways = {"ours": Way(sys.executable, "tests.bench.peers.ours", arguments, env)}
        for name, module in PEERS.items():
            python = _environment(Path(work) / name, HERE / "requirements" / f"{name}.txt", env)
            ways[name] = Way(python, f"tests.bench.peers.{module}", arguments, env)
        for number in range(int(arguments[0]) + 1):
            in_turn = list(ways.values())
            for way in in_turn if number % 2 else reversed(in_turn):
                way.round(keep=number > 0)
        ours = ways["ours"]
        for name, way in ways.items():
            print(f"{name}: {way.told['statements']} statements, {way.milliseconds(each=int(arguments[1]))}")
            print(f"    {_told(way.ratios(way.floor, by=0))} times the floor; processor {_told(way.ratios(way.floor))}")
            if way is not ours:
                print(f"    ours is {_told(way.ratios(ours.batches, by=0))} times as fast;"
                      f" processor {_told(way.ratios(ours.batches))}")  # fmt: skip
            print(f"    {way.ask('race')} of {arguments[2]} races of two: both were told they had approved")
            way.end()


class Way:
    """One engine in a process of its own, asked for a batch at a time; what its batches and its floor's took."""

    def __init__(self, python: str, module: str, arguments: list[str], env: dict[str, str]) -> None:
        command, pipe = [python, "-m", module, *arguments], subprocess.PIPE
        self._process = subprocess.Popen(command, env=env, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self.told = self._answer()
        self.floor: list[list[float]] = []
        self.batches: list[list[float]] = []

    def round(self, *, keep: bool) -> None:
        """Let it run one batch of the floor and one of its own."""
        floor, batch = self.ask("floor"), self.ask("approve")
        if keep:
            self.floor.append(floor)
            self.batches.append(batch)

    def ratios(self, others: list[list[float]], *, by: int = 1) -> list[float]:
        """Return its times in those of `others`, round by round; `by`: 0 the clock's, 1 the processor's."""
        return [mine[by] / other[by] for mine, other in zip(self.batches, others, strict=True)]

    def milliseconds(self, *, each: int) -> str:
        """Return the medians of one approval and one run of the floor, in words."""
        own, low = (median(took for took, _worked in found) / each * 1e3 for found in (self.batches, self.floor))
        return f"{own:.2f} ms beside a floor of {low:.2f} ms"

    def ask(self, what: str) -> Any:
        """Return the answer to one line."""
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Let it take its database down."""
        self._process.stdin.close()
        self._process.wait(timeout=WAIT)

    def _answer(self) -> Any:
        for line in self._process.stdout:
            if line.startswith(("{", "[")) or line.strip().isdigit():
                return json.loads(line)
        raise SystemExit("a measurement ended before its time")


def _told(ratios: list[float]) -> str:
    return f"{median(ratios):.1f} [{min(ratios):.1f}–{max(ratios):.1f}]"


def _environment(place: Path, requirements: Path, env: dict[str, str]) -> str:
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
    subprocess.run(install, env=env, check=True, timeout=WAIT)
    return python


if __name__ == "__main__":
    main([a for a in sys.argv[1:] if a.isdigit()])
