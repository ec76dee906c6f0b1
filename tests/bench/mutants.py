"""Authorisation mutants: each check is taken away in turn, and the tests must notice.

    python -m tests.bench.mutants [--list] [--jobs N] [part of a name …]

A check is an `if` whose body refuses: it raises, or answers 403 or 404. A mutant is the project with one such
condition made False. Each runs in a copy of the project until its first failing test; the tests of its room come
first. Prints who survived and exits with their number. Takes about half a minute a mutant.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ("tests/workflow", "tests/journeys")
PAGES = ("tests/workflow", "tests/targets", "tests/notifications")
CHECKED = {
    "workflow/rules.py": CORE,
    "workflow/engine.py": CORE,
    "workflow/moves.py": CORE,
    "workflow/asides.py": CORE,
    "workflow/starting.py": (*CORE, "tests/targets"),
    "workflow/delegations.py": CORE,
    "workflow/choices.py": (*CORE, "tests/targets"),
    "workflow/extensions.py": CORE,
    "workflow/views": PAGES,
    "targets/views": ("tests/targets", "tests/journeys"),
    "targets/attachments.py": ("tests/targets",),
    "targets/reviews.py": ("tests/targets", "tests/journeys"),
}
"""Where rights are asked, and the tests that must notice when one no longer is."""
REFUSING = (
    "PermissionDenied",
    "Http404",
    "Not",
    "Same",
    "Stale",
    "Asked",
    "Claimed",
    "Conditions",
    "Reason",
    "Blocked",
)
WAIT = 900


@dataclass(frozen=True, slots=True)
class Mutant:
    """One check to take away: the span of its condition in a file, and the tests that must fail then."""

    path: str
    line: int
    start: int
    end: int
    condition: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line} if {' '.join(self.condition.split())[:70]}"


def mutants() -> Iterator[Mutant]:
    """Yield every check of CHECKED, in the order of files and lines."""
    for place, tests in CHECKED.items():
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            source = file.read_text()
            starts = [0]
            for line in source.splitlines(keepends=True):
                starts.append(starts[-1] + len(line.encode()))
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.If) and _refuses(node):
                    test = node.test
                    assert test.end_lineno is not None
                    assert test.end_col_offset is not None
                    start = starts[test.lineno - 1] + test.col_offset
                    end = starts[test.end_lineno - 1] + test.end_col_offset
                    words = source.encode()[start:end].decode()
                    yield Mutant(str(file.relative_to(ROOT)), test.lineno, start, end, words, tests)


def _refuses(node: ast.If) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Raise) and any(
        isinstance(part, ast.Name) and part.id.startswith(REFUSING) for part in ast.walk(last)
    )


def run(mutant: Mutant, copy: Path) -> bool:
    """Return whether the tests noticed, in `copy`, which is as before afterwards."""
    file = copy / mutant.path
    source = file.read_bytes()
    file.write_bytes(
        source[: mutant.start] + b"False and (" + source[mutant.start : mutant.end] + b")" + source[mutant.end :]
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("BTR_")} | {"BTR_VAR_DIR": str(copy / "var")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *mutant.tests]
    try:
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=WAIT)
    finally:
        file.write_bytes(source)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{mutant.name}: the tests could not run\n{done.stdout[-2000:]}")
    return done.returncode == 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("parts", nargs="*")
    asked = parser.parse_args()
    wanted = [m for m in mutants() if not asked.parts or any(part in m.name for part in asked.parts)]
    if asked.list:
        print(*(m.name for m in wanted), sep="\n")
        return 0
    with tempfile.TemporaryDirectory() as work:
        copies = [Path(work) / str(n) for n in range(asked.jobs)]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", "var", "__pycache__"))
        free = list(copies)

        def one(mutant: Mutant) -> tuple[Mutant, bool]:
            copy = free.pop()
            try:
                noticed = run(mutant, copy)
            finally:
                free.append(copy)
            print("killed  " if noticed else "SURVIVED", mutant.name, flush=True)
            return mutant, noticed

        with ThreadPoolExecutor(asked.jobs) as pool:
            found = list(pool.map(one, wanted))
    survivors = [mutant for mutant, noticed in found if not noticed]
    print(f"{len(found) - len(survivors)} of {len(found)} killed")
    return len(survivors)


if __name__ == "__main__":
    sys.exit(main())
