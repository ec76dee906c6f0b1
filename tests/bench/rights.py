"""What may this person do with this case: every action explained, and what it costs.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.rights [cases]

Prints statements and milliseconds (wall and CPU, medians) of engine.available_actions for who has the task, who sees
the case only, and who may not know of it; and of guardian's own answer to one right, as the documents show it.
"""

import os
import statistics
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from tests.world import NOW, ToyDocument, build_world, toy_case, walk_to
from workflow import append_only, engine, grants
from workflow.machine import Kind, Right
from workflow.models import Case, User


def fresh(person: User) -> User:
    """Return the person as a request has them: their roles known, nothing asked of the case yet."""
    user = User.objects.get(pk=person.pk)
    grants.roles_of(user)
    return user


def measure(words: str, ask, cases: list[Case], person: User) -> None:
    """Print statements and medians of `ask(case, user)` over the cases, a fresh user object each."""
    people = [fresh(person) for _ in cases]
    first = fresh(person)
    with CaptureQueriesContext(connection) as captured:
        ask(cases[0], first)
    walls, cpus = [], []
    for case, user in zip(cases, people, strict=True):
        wall, cpu = time.perf_counter(), time.process_time()
        ask(case, user)
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    print(
        f"{words}: {len(captured)} statements, {statistics.median(walls) * 1000:.2f} ms "
        f"({statistics.median(cpus) * 1000:.2f} ms of CPU)"
    )
    if "-v" in sys.argv:
        print(*(q["sql"][:150].replace("\n", " ") for q in captured), sep="\n")


def main(count: int) -> None:
    world, toy = build_world(), ToyDocument()
    for kind in Kind:
        engine.register(kind, toy)
    for _ in range(count):
        walk_to(toy_case(world, toy), world, "department_review")
    cases = list(Case.objects.select_related("unit", "department", "route", "step"))

    def everything(case: Case, user: User) -> None:
        engine.available_actions(case, by=user, now=NOW)

    def one_right(case: Case, user: User) -> None:
        user.has_perm(f"workflow.{Right.REVIEW}", case)

    print(connection.vendor)
    measure("all actions, who has the task", everything, cases, world.reviewer)
    measure("all actions, who sees the case", everything, cases, world.auditor)
    measure("all actions, who may not know of it", everything, cases, world.teacher)
    measure("one right through guardian", one_right, cases, world.reviewer)


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers or [200]))
    finally:
        append_only.remove(connection)
        teardown_databases(made, verbosity=0)
