"""`python -m tests.bench.export [N]`: the time one table takes in each format, and N tables (100) in one PDF.

Asked: at most 100 ms a table and format; 1,000 tables to one PDF in 6 s. The floor is writing the same texts into a
zip. Every text of every table is another, so that nothing is taken from an earlier one; medians are printed. The time
of the CPU stands beside the time of the clock, for a machine that has other work.
"""

import io
import resource
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from targets.content import TableContent
from targets.export import Format, Mark, export, volume
from targets.profiles import load
from targets.reading import read
from tests.bench.reading import SAMPLE

ASKED_MS = 100
ROUNDS = 5
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def milliseconds(work: Callable[[TableContent], object], content: TableContent) -> float:
    """Return how long printing one table takes."""
    began = time.perf_counter()
    work(content)
    return (time.perf_counter() - began) * 1000


def floor(content: TableContent) -> bytes:
    """Return the texts of a table in a zip, the least that an Office file is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("texts", repr(content.canonical()))
    return out.getvalue()


def measure() -> dict[str, float]:
    """Return the medians in milliseconds a table: the floor and each format."""
    profile, tables = load(), [table.content for table in read(name="sample", data=SAMPLE.read_bytes()).tables]
    works: dict[str, Callable[[TableContent], object]] = {"floor": floor}
    for format in Format:
        works[format.value] = lambda content, format=format: export(
            content=content, profile=profile, format=format, now=NOW, mark=Mark("2027-0001", "第1次报送", "ABCD2345")
        )
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS):
        for content in tables:
            own = told_apart(content, number)
            for name, work in works.items():
                taken[name].append(milliseconds(work, own))
    return {name: statistics.median(times) for name, times in taken.items()}


def told_apart(content: TableContent, number: int) -> TableContent:
    """Return the content with the number behind every text that is typed in."""
    mark = lambda text: None if text is None else f"{text}{number}"  # noqa: E731
    rows = tuple(replace(row, name=mark(row.name), value=mark(row.value)) for row in content.indicators)
    goal, name = mark(content.annual_goal), mark(content.project_name)
    return replace(content, project_name=name, annual_goal=goal, indicators=rows)


def seconds_of_volume(count: int) -> tuple[float, float]:
    """Return how long one PDF of `count` different, marked tables takes: seconds of the clock, seconds of the CPU."""
    profile, tables = load(), [table.content for table in read(name="sample", data=SAMPLE.read_bytes()).tables]
    marks = (Mark(f"2027-{n:04}", "第1次报送", "ABCD2345") for n in range(count))
    items = [(told_apart(tables[n % 8], n), profile, mark) for n, mark in enumerate(marks)]
    began, worked = time.perf_counter(), worked_for()
    volume(tables=items, now=NOW)
    return time.perf_counter() - began, worked_for() - worked


def worked_for() -> float:
    """Return the seconds of the CPU that this process and those it started have had."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Print the figures beside what is asked of them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    found = measure()
    for format in Format:
        own = found[format.value]
        print(f"{format.value}: {own:.1f} ms a table (asked: {ASKED_MS}), {own / found['floor']:.0f} times the floor")
    clock, cpu = seconds_of_volume(count)
    own, parts = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"one PDF of {count} tables: {clock:.1f} s ({cpu:.1f} s of CPU; {own} MB here, {parts} MB a part at most)")


if __name__ == "__main__":
    main()
