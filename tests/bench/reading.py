"""`python -m tests.bench.reading [N]`: the time the eight real tables take to read, beside that of splitting cells.

Asked: the eight tables in at most 150 ms; a table of 30 indicators as docx in 40 ms and as xlsx in 15 ms of processor
time beyond the start of the child process; one uploaded file in 300 ms from hand-over to answer, the first of a
process included. All are measured in turn, in one run; medians are printed, of the last one the worst kind of file.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from targets.checks import check
from targets.content import IndicatorContent, TableContent
from targets.profiles import load
from targets.reading import read, server
from tests.targets.office import docx, paper_table, read_here, small_content, xlsx
from tests.targets.pdfs import pdf

SAMPLE = Path(__file__).parents[2] / "targets" / "samples" / "pingluo-2024-targets.txt"
ASKED_MS = 150
ASKED_OFFICE_MS = {"docx": 40, "xlsx": 15}
ASKED_UPLOAD_MS = 300
PROCESSOR = (*ASKED_OFFICE_MS, "pdf")
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


def first_upload(name: str, data: bytes) -> float:
    """Return how long the first file of a process takes, the start of the waiting process included."""
    server._server.forget()
    return milliseconds(lambda: read(name=name, data=data), time.perf_counter)


def measure(rounds: int) -> dict[str, float]:
    """Return the medians in milliseconds: the floor, reading, and checking all tables."""
    data, profile = SAMPLE.read_bytes(), load()
    tables = read(name="warm", data=data).tables
    word, sheet, portable = docx(thirty()), xlsx(thirty()), pdf(paper_table(thirty()))
    works: dict[str, Callable[[], object]] = {
        "floor": lambda: [line.split("\t") for line in data.decode("utf-8").split("\n")],
        "read": lambda: read(name="sample", data=data),
        "docx": lambda: read_here("a.docx", word),
        "xlsx": lambda: read_here("a.xlsx", sheet),
        "pdf": lambda: read_here("a.pdf", portable),
        "docx upload": lambda: read(name="a.docx", data=word),
        "xlsx upload": lambda: read(name="a.xlsx", data=sheet),
        "pdf upload": lambda: read(name="a.pdf", data=portable),
        "check": lambda: [check(content=table.content, profile=profile) for table in tables],
    }
    first = max(first_upload(name, data) for name, data in (("a.docx", word), ("a.pdf", portable)))
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(rounds):
        for name, work in works.items():
            clock = time.process_time if name in PROCESSOR else time.perf_counter
            taken[name].append(milliseconds(work, clock))
    return {name: statistics.median(times) for name, times in taken.items()} | {"first upload": first}


def main() -> None:
    """Print the figures beside what is asked of them."""
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    print(
        f"eight tables: read {found['read']:.1f} ms (asked: {ASKED_MS}), {found['read'] / found['floor']:.0f} times "
        f"the floor of {found['floor']:.3f} ms; checked {found['check']:.1f} ms"
    )
    print(
        f"30 indicators, processor time: docx {found['docx']:.1f} ms (asked: {ASKED_OFFICE_MS['docx']}), "
        f"xlsx {found['xlsx']:.1f} ms (asked: {ASKED_OFFICE_MS['xlsx']}), pdf {found['pdf']:.0f} ms"
    )
    uploads = {name: took for name, took in found.items() if name.endswith("upload")}
    print(
        f"one upload through a child (asked: {ASKED_UPLOAD_MS}): "
        + ", ".join(f"{name.removesuffix(' upload')} {took:.0f} ms" for name, took in uploads.items())
    )


if __name__ == "__main__":
    main()
