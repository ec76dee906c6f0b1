"""How fast the record is checked: events a second of verify() beside the bare hashing, and tamperings found.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.record [events] [tamperings]

The ratio to the bare hashing is what a change of the code moves; events a second depend on the machine.
"""

import os
import random
import sys
from hashlib import sha256
from time import perf_counter, process_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection, transaction
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from tests.workflow import test_tampering as tampering
from tests.world import NOW, ToyDocument, build_world, toy_case, walk_to
from workflow import append_only, engine, record
from workflow.machine import Kind
from workflow.models import Case, Event

CHAIN = 12
"""Events a case: about what one has when it is released."""


def grow(events: int) -> None:
    """Make cases with whole chains by copying one case and hashing anew, in bulk."""
    template = Case.objects.order_by("pk").first()
    assert template is not None
    chain = list(Event.objects.filter(case=template).order_by("seq"))
    chain = (chain * CHAIN)[:CHAIN]
    while Event.objects.count() < events:
        there = Case.objects.count()
        cases = [Case(**_columns(template, but="state") | {"number": f"b{there + n}"}) for n in range(1000)]
        Case.objects.bulk_create(cases)
        made = []
        for case in cases:
            prev = ""
            for seq, old in enumerate(chain, start=1):
                event = Event(**_columns(old))
                event.case_id, event.seq, event.prev, event.key, event.at = case.pk, seq, prev, None, NOW
                event.from_state = event.to_state = "draft"
                event.hash = prev = record.digest(event)
                made.append(event)
            case.head, case.head_seq = prev, len(chain)
        Event.objects.bulk_create(made, batch_size=2000)
        Case.objects.bulk_update(cases, ["head", "head_seq"], batch_size=500)


def _columns(row: Case | Event, *, but: str = "") -> dict:
    fields = row._meta.concrete_fields
    return {f.attname: getattr(row, f.attname) for f in fields if not f.primary_key and f.attname != but}


def main(events: int, tamperings: int) -> None:
    world, toy = build_world(), ToyDocument()
    for kind in Kind:
        engine.register(kind, toy)
    walk_to(toy_case(world, toy), world, "release")
    grow(events)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    total = Event.objects.count()
    texts = [record.canonical_json(record.columns_of(event)) for event in Event.objects.order_by("pk")[:20_000]]
    started = process_time()
    for text in texts:
        sha256(text.encode()).hexdigest()
    bare = (process_time() - started) / len(texts)
    wall = cpu = float("inf")
    for _ in range(5):
        started, worked = perf_counter(), process_time()
        faults = list(record.verify())
        wall, cpu = min(wall, perf_counter() - started), min(cpu, process_time() - worked)
    assert faults == [], faults[:3]
    print(f"{connection.vendor}: {total} events, {total / wall:,.0f} a second on the clock, {total / cpu:,.0f} a second"
          f" of this process, {cpu / total / bare:.1f} × the bare hash")  # fmt: skip
    append_only.remove(connection)
    dice, found = random.Random(0), 0
    small = Event.objects.filter(case__in=list(Case.objects.order_by("pk").values_list("pk", flat=True)[:20]))
    pks = list(small.values_list("pk", flat=True))
    for _ in range(tamperings):
        event = Event.objects.get(pk=dice.choice(pks))
        with transaction.atomic():
            dice.choice(tampering.KINDS)(event, dice)
            # What it touched lies in these chains; a whole verify finds the same and more.
            cases = {event.case_id, Case.objects.exclude(pk=event.case_id).first().pk}
            found += any(list(record.verify(case_id=pk)) for pk in cases)
            transaction.set_rollback(True)
    print(f"{found} of {tamperings} random tamperings found")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers or [120_000, 1000]))
    finally:
        append_only.remove(connection)
        teardown_databases(made, verbosity=0)
