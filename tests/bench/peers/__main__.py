"""One approval of ours beside the peers that install from PyPI, paired with one floor on one database, in one run.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.peers [pairs] [approvals a pair] [races]

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
        ways = {"ours": _measure(sys.executable, "tests.bench.peers.ours", arguments, env)}
        for name, module in PEERS.items():
            python = _environment(Path(work) / name, HERE / "requirements" / f"{name}.txt", env)
            ways[name] = _measure(python, f"tests.bench.peers.{module}", arguments, env)
        ways["ours again"] = _measure(sys.executable, "tests.bench.peers.ours", arguments, env)
    ours = (ways["ours"]["ratio"] + ways["ours again"]["ratio"]) / 2
    for name, found in ways.items():
        print(f"{name}: {found['statements']} statements, {found['text']}")
        print(f"    {found['both']} of {found['races']} races of two: both were told they had approved")
        if name in PEERS:
            print(f"    ours is {found['ratio'] / ours:.1f} times as fast")


def _environment(place: Path, requirements: Path, env: dict[str, str]) -> str:
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
    subprocess.run(install, env=env, check=True, timeout=WAIT)
    return python


def _measure(python: str, module: str, arguments: list[str], env: dict[str, str]) -> dict:
    command = [python, "-m", module, *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, check=True, timeout=WAIT, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main([a for a in sys.argv[1:] if a.isdigit()])
