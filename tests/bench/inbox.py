"""The inbox among very many cases: its page and its counts beside one indexed query each, on the same data, in turn.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.inbox [cases]

A hundred department offices have one per cent of the open tasks each; the reviewer works at one of these desks. The
limit of the page is the same number of rows of that desk from its index, joined with case, unit, department and step
and who handed the case over; the limit of the counts is one count over the desk. visible_to: the list of tables.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from tests.world import NOW, ToyDocument, build_world, group, toy_case, walk_to
from workflow import append_only, engine, grants, queries
from workflow.machine import Kind, Role
from workflow.models import Case, Organisation, Task, User

DESKS, ROUNDS = 100, 15
LIMIT_OF_PAGE = """
SELECT task.*, kase.*, unit.*, department.*, step.*,
       (SELECT actor_name FROM workflow_event WHERE case_id = kase.id AND refused = '' ORDER BY seq DESC LIMIT 1),
       (SELECT at FROM workflow_event WHERE case_id = kase.id AND refused = '' ORDER BY seq DESC LIMIT 1)
  FROM (SELECT * FROM workflow_task WHERE role_group_id = %s AND status = 'open' ORDER BY due_at, id LIMIT %s) AS task
  JOIN workflow_case AS kase ON kase.id = task.case_id
  JOIN workflow_organisation AS unit ON unit.id = kase.unit_id
  JOIN workflow_organisation AS department ON department.id = kase.department_id
  LEFT JOIN workflow_step AS step ON step.id = task.step_id
 ORDER BY task.due_at, task.id
"""
LIMIT_OF_COUNTS = """
SELECT count(*), count(*) FILTER (WHERE due_at <= %s) FROM workflow_task WHERE role_group_id = %s AND status = 'open'
"""


def fill(cases: int) -> User:
    """Make `cases` cases in department review, their tasks spread over DESKS offices; return who works at the first."""
    world, toy = build_world(), ToyDocument()
    for kind in Kind:
        engine.register(kind, toy)
    case = walk_to(toy_case(world, toy), world, "department_review")
    roles = [held.group_id for held in grants.roles_of(world.reviewer)]
    task = Task.objects.get(case=case, status="open", role_group__in=roles)
    offices = [
        group(
            Organisation.objects.create(code=f"B{n}", name=f"演示部门{n}", kind="department"), Role.DEPARTMENT_REVIEWER
        )
        for n in range(1, DESKS)
    ]
    desks = [task.role_group_id, *(office.pk for office in offices)]
    is_postgres = connection.vendor == "postgresql"
    numbers = (
        "generate_series(1, %s) AS n(n)"
        if is_postgres
        else "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %s) SELECT n FROM n) AS n"
    )
    own = {"id", "number", "head", "head_seq"}
    columns = ", ".join(f.column for f in Case._meta.concrete_fields if f.name not in own)
    theirs = ", ".join(
        f.column for f in Task._meta.concrete_fields if f.name not in {"id", "case", "role_group", "due_at"}
    )
    spread = (
        "t.due_at + make_interval(days => (c.id %% 40)::int)"
        if is_postgres
        else "datetime(t.due_at, (c.id %% 40) || ' days')"
    )
    desk = "CASE c.id %% {} {} END".format(DESKS, " ".join(f"WHEN {n} THEN {pk}" for n, pk in enumerate(desks)))
    with connection.cursor() as cursor:
        if is_postgres:
            cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f"INSERT INTO workflow_case ({columns}, number, head, head_seq) SELECT {columns}, 'b' || n.n, '', 0"
            f" FROM workflow_case, {numbers} WHERE workflow_case.id = %s",
            [cases - 1, case.pk],
        )
        cursor.execute(
            f"INSERT INTO workflow_task ({theirs}, case_id, role_group_id, due_at)"
            f" SELECT {', '.join('t.' + c for c in theirs.split(', '))}, c.id, {desk}, {spread}"
            " FROM workflow_task t, workflow_case c WHERE t.id = %s AND c.id <> %s",
            [task.pk, case.pk],
        )
        cursor.execute("VACUUM ANALYZE" if is_postgres else "ANALYZE")
    return world.reviewer


def statements_of(ask: Callable[[User], object], person: User) -> list[tuple[str, tuple]]:
    """Return the statements that `ask` sends for a person whose roles are known."""
    sent: list[tuple[str, tuple]] = []

    def note(execute, sql, params, many, context):
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask(person)
    return sent


def seconds(statements: list[tuple[str, tuple]]) -> float:
    """Send the statements and fetch every row; return the seconds."""
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()
    return time.perf_counter() - begin


def main(cases: int) -> None:
    reviewer = fill(cases)
    grants.roles_of(reviewer)
    late_at = NOW + timedelta(days=20)
    desk = Task.objects.filter(case__number__startswith="b", status="open").values_list("role_group", flat=True)
    mine = max(held.group_id for held in grants.roles_of(reviewer))
    on_desk = desk.filter(role_group=mine).count()
    print(f"{connection.vendor}: {cases} cases, {on_desk} open tasks on the reviewer's desk")
    _beside(
        f"page of {queries.ROWS_SHOWN} rows",
        statements_of(queries.open_tasks_for, reviewer),
        [(LIMIT_OF_PAGE, (mine, queries.ROWS_SHOWN))],
    )
    moment = connection.ops.adapt_datetimefield_value(late_at)
    _beside(
        "counts of open and late",
        statements_of(lambda person: queries._open_counts(person, now=late_at), reviewer),
        [(LIMIT_OF_COUNTS, (moment, mine))],
    )
    with CaptureQueriesContext(connection) as captured:
        queries.open_tasks_for(reviewer)
        queries.counts_for(reviewer, now=late_at)
    print(f"page and all counts through the ORM: {len(captured)} statements")


def _beside(words: str, ours: list[tuple[str, tuple]], limit: list[tuple[str, tuple]]) -> None:
    pairs = [(seconds(limit), seconds(ours)) for _ in range(ROUNDS)]
    ratio = statistics.median(ours / low for low, ours in pairs)
    low, mine = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"{words}: {ratio:.2f} times the limit ({mine:.2f} ms beside {low:.2f} ms), {len(ours)} statements")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers or [1_000_000]))
    finally:
        append_only.remove(connection)
        teardown_databases(made, verbosity=0)
