"""`python -m tests.bench.reading [N]`: the time the eight real tables take to read, beside that of splitting cells.

Asked: the eight tables in at most 150 ms. Both are measured in turn, in one run; medians are printed.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from targets.checks import check
from targets.profiles import load
from targets.reading import read

SAMPLE = Path(__file__).parents[2] / "targets" / "samples" / "pingluo-2024-targets.txt"
ASKED_MS = 150
ROUNDS = 50


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure(rounds: int) -> dict[str, float]:
    """Return the medians in milliseconds: the floor, reading, and checking all tables."""
    data, profile = SAMPLE.read_bytes(), load()
    tables = read(name="warm", data=data).tables
    works: dict[str, Callable[[], object]] = {
        "floor": lambda: [line.split("\t") for line in data.decode("utf-8").split("\n")],
        "read": lambda: read(name="sample", data=data),
        "check": lambda: [check(content=table.content, profile=profile) for table in tables],
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(rounds):
        for name, work in works.items():
            taken[name].append(milliseconds(work))
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> int:
    """Print the figures; 1 when reading is slower than asked."""
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(
        f"eight tables: read {found['read']:.1f} ms (asked: {ASKED_MS}), {found['read'] / found['floor']:.0f} times "
        f"the floor of {found['floor']:.3f} ms; checked {found['check']:.1f} ms"
    )
    return int(found["read"] > ASKED_MS)


if __name__ == "__main__":
    raise SystemExit(main())
