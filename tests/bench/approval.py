"""One full approval through perform() beside the floor: statements, and the ratio of times, paired in one run.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.approval [pairs] [approvals a pair]

The floor is what any engine must send: one transaction with UPDATE item, INSERT audit, INSERT outbox and UPDATE
task, prepared, through psycopg (on SQLite through the sqlite3 module). Each pair runs floor, then ours.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from tests.world import NOW, ToyDocument, build_world, key, seen, toy_case, walk_to
from workflow import append_only, engine
from workflow.machine import Action, Kind
from workflow.models import Case, User

FLOOR_TABLES = (
    "CREATE TABLE floor_item (id integer PRIMARY KEY, version integer, state varchar(20))",
    "CREATE TABLE floor_audit (item integer, version integer, who varchar(40), what text)",
    "CREATE TABLE floor_outbox (item integer, version integer, kind varchar(40))",
    "CREATE TABLE floor_task (item integer PRIMARY KEY, status varchar(20))",
)
FLOOR_STATEMENTS = (
    "UPDATE floor_item SET state = 'next', version = version + 1 WHERE id = {0} AND version = {1}",
    "INSERT INTO floor_audit VALUES ({0}, {1}, 'who', 'what')",
    "INSERT INTO floor_outbox VALUES ({0}, {1}, 'kind')",
    "UPDATE floor_task SET status = 'done' WHERE item = {0} AND {1} >= 0",
)


def floor(items: range, version: int) -> float:
    """Run one floor transaction an item; return the seconds."""
    raw = connection.connection
    mark = "?" if connection.vendor == "sqlite" else "%s"
    statements = [s.format(mark, mark) for s in FLOOR_STATEMENTS]
    arguments = [lambda i: (i, version), lambda i: (i, version), lambda i: (i, version), lambda i: (i, version)]
    begin = time.perf_counter()
    for item in items:
        if connection.vendor == "sqlite":
            raw.execute("BEGIN IMMEDIATE")
            for statement, make in zip(statements, arguments, strict=True):
                raw.execute(statement, make(item))
            raw.execute("COMMIT")
        else:
            with raw.transaction(), raw.cursor() as cursor:
                for statement, make in zip(statements, arguments, strict=True):
                    cursor.execute(statement, make(item), prepare=True)
    return time.perf_counter() - begin


def approve(cases: list[Case]) -> Callable[[], float]:
    """Return a run that approves each case's department step with a fresh user object, as a request has it."""
    looked = [(case, seen(case), key()) for case in cases]

    def run() -> float:
        begin = time.perf_counter()
        for case, before, operation in looked:
            by = User(pk=REVIEWER.pk, username="reviewer", full_name=REVIEWER.full_name, is_active=True)
            engine.perform(case.pk, Action.APPROVE, by=by, seen=before, key=operation, now=NOW)
        return time.perf_counter() - begin

    return run


def main(pairs: int, each: int) -> None:
    global REVIEWER
    world: SimpleNamespace = build_world()
    toy = ToyDocument()
    for kind in Kind:
        engine.register(kind, toy)
    REVIEWER = world.reviewer
    with connection.cursor() as cursor:
        for statement in FLOOR_TABLES:
            cursor.execute(statement)
        for item in range(each):
            cursor.execute(f"INSERT INTO floor_item VALUES ({item}, 0, 'here')")
            cursor.execute(f"INSERT INTO floor_task VALUES ({item}, 'open')")
    ready = [walk_to(toy_case(world, toy), world, "department_review") for _ in range(each * (pairs + 1) + 1)]
    first = ready.pop()
    by, looked, operation = User.objects.get(pk=REVIEWER.pk), seen(first), key()
    with CaptureQueriesContext(connection) as captured:
        engine.perform(first.pk, Action.APPROVE, by=by, seen=looked, key=operation, now=NOW)
    statements = [q["sql"].strip() for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT"))]
    if "-v" in sys.argv:
        print(*(s[:160] for s in statements), sep="\n")
    approve(ready[:each])()
    ratios, per_second = [], []
    for n in range(pairs):
        low = floor(range(each), n)
        ours = approve(ready[each * (n + 1) : each * (n + 2)])()
        ratios.append(ours / low)
        per_second.append((each / low, each / ours))
    print(f"{connection.vendor}: {len(statements)} statements an approval")
    spread = f"[{min(ratios):.1f}–{max(ratios):.1f}] over {pairs} pairs of {each}"
    print(f"ratio to the floor: median {statistics.median(ratios):.1f} {spread}")
    floors, ours = (statistics.median(column) for column in zip(*per_second, strict=True))
    print(f"floor {floors:.0f}/s, perform {ours:.0f}/s")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers or [7, 60]))
    finally:
        append_only.remove(connection)
        teardown_databases(made, verbosity=0)
