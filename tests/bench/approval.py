"""One full approval through perform() beside the floor: statements, and the ratio of times, paired in one run.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.approval [pairs] [approvals a pair]

tests.bench.floor says what the floor is; tests.bench.peers runs the same beside the peers.
"""

import os
import sys
from types import SimpleNamespace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from tests.bench import floor
from tests.world import NOW, ToyDocument, build_world, key, seen, toy_case, walk_to
from workflow import append_only, engine
from workflow.machine import Action, Kind
from workflow.models import User


def approve(item: tuple) -> None:
    """Approve one case's department step with a fresh user object, as a request has it."""
    case, before, operation = item
    by = User(pk=REVIEWER.pk, username="reviewer", full_name=REVIEWER.full_name, is_active=True)
    engine.perform(case.pk, Action.APPROVE, by=by, seen=before, key=operation, now=NOW)


def main(pairs: int, each: int) -> None:
    global REVIEWER
    world: SimpleNamespace = build_world()
    toy = ToyDocument()
    for kind in Kind:
        engine.register(kind, toy)
    REVIEWER = world.reviewer
    ready = [walk_to(toy_case(world, toy), world, "department_review") for _ in range(each * (pairs + 1) + 1)]
    floor.build(each)
    first = ready.pop()
    by, looked, operation = User.objects.get(pk=REVIEWER.pk), seen(first), key()
    with CaptureQueriesContext(connection) as captured:
        engine.perform(first.pk, Action.APPROVE, by=by, seen=looked, key=operation, now=NOW)
    statements = [q["sql"].strip() for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT"))]
    if "-v" in sys.argv:
        print(*(s[:160] for s in statements), sep="\n")
    items = [(case, seen(case), key()) for case in ready]
    rounds = [items[each * n : each * (n + 1)] for n in range(pairs + 1)]
    print(f"{connection.vendor}: {len(statements)} statements an approval")
    print(floor.pair(rounds, approve, each))


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers or [7, 60]))
    finally:
        append_only.remove(connection)
        teardown_databases(made, verbosity=0)
