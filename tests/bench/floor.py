"""The floor of an approval, and how anything is paired with it: imports Django only, for the peers' environments.

The floor is what any engine must send: one transaction with UPDATE item, INSERT audit, INSERT outbox and UPDATE
task, prepared, through psycopg (on SQLite through the sqlite3 module).
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

TABLES = (
    "CREATE TABLE floor_item (id integer PRIMARY KEY, version integer, state varchar(20))",
    "CREATE TABLE floor_audit (item integer, version integer, who varchar(40), what text)",
    "CREATE TABLE floor_outbox (item integer, version integer, kind varchar(40))",
    "CREATE TABLE floor_task (item integer PRIMARY KEY, status varchar(20))",
)
STATEMENTS = (
    "UPDATE floor_item SET state = 'next', version = version + 1 WHERE id = {0} AND version = {1}",
    "INSERT INTO floor_audit VALUES ({0}, {1}, 'who', 'what')",
    "INSERT INTO floor_outbox VALUES ({0}, {1}, 'kind')",
    "UPDATE floor_task SET status = 'done' WHERE item = {0} AND {1} >= 0",
)


def build(items: int) -> None:
    """Create the floor's four tables with `items` rows to move."""
    with connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
        for item in range(items):
            cursor.execute(f"INSERT INTO floor_item VALUES ({item}, 0, 'here')")
            cursor.execute(f"INSERT INTO floor_task VALUES ({item}, 'open')")


def run(items: int, version: int) -> float:
    """Run one floor transaction an item; return the seconds."""
    raw = connection.connection
    mark = "?" if connection.vendor == "sqlite" else "%s"
    statements = [s.format(mark, mark) for s in STATEMENTS]
    begin = time.perf_counter()
    for item in range(items):
        if connection.vendor == "sqlite":
            raw.execute("BEGIN IMMEDIATE")
            for statement in statements:
                raw.execute(statement, (item, version))
            raw.execute("COMMIT")
        else:
            with raw.transaction(), raw.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement, (item, version), prepare=True)
    return time.perf_counter() - begin


@dataclass(frozen=True, slots=True)
class Paired:
    """Ratios of a way's time to the floor's, pair by pair, and both rates (a second, medians)."""

    ratios: tuple[float, ...]
    floor: float
    ours: float

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def __str__(self) -> str:
        low, high = min(self.ratios), max(self.ratios)
        return (
            f"{self.ratio:.1f} times the floor [{low:.1f}–{high:.1f}, {len(self.ratios)} pairs], "
            f"{self.ours:.0f}/s beside a floor of {self.floor:.0f}/s"
        )


def pair(rounds: list[list], approve: Callable, each: int) -> Paired:
    """Run floor and `approve(item)` in turn, one round of `each` items a pair; the first round only warms up.

    `approve` does one whole approval as its product's documents tell, with a fresh user object as a request has it.
    """
    ratios, floors, ours = [], [], []
    for n, items in enumerate(rounds):
        low = run(each, n)
        begin = time.perf_counter()
        for item in items:
            approve(item)
        took = time.perf_counter() - begin
        if n:
            ratios.append(took / low)
            floors.append(each / low)
            ours.append(each / took)
    return Paired(tuple(ratios), statistics.median(floors), statistics.median(ours))
