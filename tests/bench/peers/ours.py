"""One full approval of ours in the peers' run: the same floor, the same pairs, the same race."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from tests.bench.peers import harness
from tests.world import NOW, ToyDocument, build_world, key, seen, toy_case, walk_to
from workflow import append_only, engine
from workflow.machine import Action, Kind
from workflow.models import User


def build(count: int) -> list[tuple]:
    world, toy = build_world(), ToyDocument()
    for kind in Kind:
        engine.register(kind, toy)
    ready = [walk_to(toy_case(world, toy), world, "department_review") for _ in range(count)]
    return [(case.pk, seen(case), world.reviewer.pk, world.reviewer.full_name) for case in ready]


def approve(item: tuple, meet=lambda: None) -> None:
    case_id, looked, person, name = item
    by = User(pk=person, username="reviewer", full_name=name, is_active=True)
    meet()
    engine.perform(case_id, Action.APPROVE, by=by, seen=looked, key=key(), now=NOW)


if __name__ == "__main__":
    from django.db import connection

    try:
        harness.measure("ours, perform()", build, approve, lambda item: lambda meet: approve(item, meet))
    finally:
        append_only.remove(connection)
