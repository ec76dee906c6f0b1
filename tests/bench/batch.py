"""A batch of approvals beside the same approvals one by one: how much a row costs more, and how long 500 take.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.batch [rows]

Prints rows a second of the batch's preview and of its carrying out, and the ratio to perform() alone in the same run.
"""

import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from tests.world import NOW, ToyDocument, act, build_world, toy_case, walk_to
from workflow import append_only, batches, engine
from workflow.machine import Action, Kind
from workflow.models import Batch, Case, User

BAD = 3


def main(rows: int) -> None:
    world, toy = build_world(), ToyDocument()
    engine.register(Kind.TARGET, toy)
    by = User.objects.get(pk=world.business_reviewer.pk)
    alone = [walk_to(toy_case(world, toy), world, "finance_review") for _ in range(50)]
    cases = [walk_to(toy_case(world, toy), world, "finance_review") for _ in range(rows)]
    begin = time.perf_counter()
    for case in alone:
        act(case, Action.APPROVE, world.business_reviewer)
    one = (time.perf_counter() - begin) / len(alone)
    loaded = Case.objects.filter(pk__in=[c.pk for c in cases]).select_related("unit", "department", "step", "route")
    begin = time.perf_counter()
    batch = batches.prepare(action=Action.APPROVE, rows=[(case, {}) for case in loaded], by=by, now=NOW)
    preview = time.perf_counter() - begin
    for case in cases[:BAD]:
        act(case, Action.RETURN, world.business_reviewer, reason="x")
    begin = time.perf_counter()
    batch = batches.confirm(batch, by=by, now=NOW)
    while batch.status == Batch.Status.WAITING:
        batch = batches.go_on(batch, now=NOW)
    took = time.perf_counter() - begin
    done = sum(result["done"] for result in batch.results)
    print(f"{connection.vendor}: {rows} rows, {done} done, {rows - done} left alone, {BAD} were bad")
    print(f"preview {rows / preview:.0f} rows/s, carried out {rows / took:.0f} rows/s in {took:.1f} s")
    print(f"a row of a batch costs {took / rows / one:.2f} times one approval alone")


if __name__ == "__main__":
    setup_test_environment()
    kept = setup_databases(verbosity=0, interactive=False)
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    finally:
        append_only.remove(connection)
        teardown_databases(kept, verbosity=0)
