"""`python -m tests.bench.reading [N]`: the time the eight real tables take to read, beside that of splitting cells.

Asked: the eight tables in at most 150 ms; a table of 30 indicators as docx in 40 ms and as xlsx in 15 ms of processor
time beyond the start of the child process. All are measured in turn, in one run; medians are printed.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from targets.checks import check
from targets.content import IndicatorContent, TableContent
from targets.profiles import load
from targets.reading import read
from tests.targets.office import docx, read_here, small_content, xlsx

SAMPLE = Path(__file__).parents[2] / "targets" / "samples" / "pingluo-2024-targets.txt"
ASKED_MS = 150
ASKED_OFFICE_MS = {"docx": 40, "xlsx": 15}
ROUNDS = 50


def milliseconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return how long one call takes."""
    began = clock()
    work()
    return (clock() - began) * 1000


def thirty() -> TableContent:
    """Return a table of 30 indicators."""
    codes = ("11", "12", "13", "14", "22", "24", "31")
    names = [f"演示指标 {number} 的名称写得长一些" for number in range(1, 31)]
    rows = [IndicatorContent(codes[n // 5], name, f"≥{n + 1}万人次") for n, name in enumerate(names)]
    return small_content(indicators=tuple(rows))


def measure(rounds: int) -> dict[str, float]:
    """Return the medians in milliseconds: the floor, reading, and checking all tables."""
    data, profile = SAMPLE.read_bytes(), load()
    tables = read(name="warm", data=data).tables
    word, sheet = docx(thirty()), xlsx(thirty())
    works: dict[str, Callable[[], object]] = {
        "floor": lambda: [line.split("\t") for line in data.decode("utf-8").split("\n")],
        "read": lambda: read(name="sample", data=data),
        "docx": lambda: read_here("a.docx", word),
        "xlsx": lambda: read_here("a.xlsx", sheet),
        "child": lambda: read(name="a.docx", data=word),
        "check": lambda: [check(content=table.content, profile=profile) for table in tables],
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(rounds):
        for name, work in works.items():
            clock = time.process_time if name in ASKED_OFFICE_MS else time.perf_counter
            taken[name].append(milliseconds(work, clock))
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> int:
    """Print the figures; 1 when reading is slower than asked."""
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(
        f"eight tables: read {found['read']:.1f} ms (asked: {ASKED_MS}), {found['read'] / found['floor']:.0f} times "
        f"the floor of {found['floor']:.3f} ms; checked {found['check']:.1f} ms"
    )
    print(
        f"30 indicators: docx {found['docx']:.1f} ms (asked: {ASKED_OFFICE_MS['docx']}), xlsx {found['xlsx']:.1f} ms "
        f"(asked: {ASKED_OFFICE_MS['xlsx']}); through a child process {found['child']:.0f} ms"
    )
    return int(found["read"] > ASKED_MS or any(found[kind] > asked for kind, asked in ASKED_OFFICE_MS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
