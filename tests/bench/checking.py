"""All rules over one table: milliseconds of CPU for each sample table, and for one of forty rows.

    python -m tests.bench.checking [rounds] [-v]

Each figure is the median of the rounds in this process, with nothing kept from an earlier round of the same texts:
the caches of the value grammar and of the rules are emptied before each. -v adds the ten dearest rules.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import targets
from targets.checks import REVIEWER, RULES, CheckContext, check, emptied
from targets.checks.registry import judge, subject
from targets.content import TableContent
from targets.profiles import load
from targets.reading import read

SAMPLE = Path(targets.__file__).parent / "samples" / "pingluo-2024-targets.txt"
LIMIT_MS = 5


def median_ms(run: Callable[[], object], rounds: int) -> float:
    """Return the median CPU time of `run` in milliseconds, caches empty each time."""
    taken = []
    for _round in range(rounds):
        emptied()
        begin = time.process_time_ns()
        run()
        taken.append((time.process_time_ns() - begin) / 1e6)
    return statistics.median(taken)


def long_table(contents: list[TableContent]) -> TableContent:
    """Return one table of forty rows: the first with rows of the others."""
    rows = [row for content in contents for row in content.indicators]
    return replace(contents[0], indicators=tuple(rows[:40]))


def main(rounds: int, *, told: bool) -> None:
    """Print the figures."""
    profile = load()
    contents = [table.content for table in read(name=SAMPLE.name, data=SAMPLE.read_bytes()).tables]
    everything = contents + [long_table(contents)]
    worst = 0.0
    for number, content in enumerate(everything, 1):
        context = CheckContext(neighbours=tuple(contents), last_year=contents[0], other_organisations=())
        alone = median_ms(lambda c=content: check(content=c, profile=profile), rounds)  # type: ignore[misc]
        beside = median_ms(
            lambda c=content, k=context: check(content=c, profile=profile, context=k, audience=REVIEWER),  # type: ignore[misc]
            rounds,
        )
        worst = max(worst, alone)
        name = "forty rows" if number == len(everything) else f"T{number}"
        print(f"{name:>10}: {len(content.indicators):>2} rows, {len(RULES)} rules: {alone:.2f} ms alone, "
              f"{beside:.2f} ms with last year and {len(contents)} tables beside it")
    print(f"worst alone: {worst:.2f} ms (aim: {LIMIT_MS} ms)")
    if told:
        _dearest(everything[-1], rounds)


def _dearest(content: TableContent, rounds: int) -> None:
    profile = load()
    parse = median_ms(lambda: subject(content=content, profile=profile, context=CheckContext()), rounds)
    print(f"parsing every value: {parse:.3f} ms")
    table = subject(content=content, profile=profile, context=CheckContext())
    costs = {key: median_ms(lambda r=rule: judge(r, table), rounds) for key, rule in RULES.items()}  # type: ignore[misc]
    for key in sorted(costs, key=costs.__getitem__, reverse=True)[:10]:
        print(f"{key:>14}: {costs[key]:.3f} ms")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    main(numbers[0] if numbers else 25, told="-v" in sys.argv)
