"""The sweep over many open clocks beside the one statement that no sweep can beat; then expansion and sending a second.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.sweep [clocks] [share due, per mille]

The limit is INSERT … SELECT of the same rows into the table of fired rungs, rolled back. Ours also locks, records
what is next, writes the notices and decides by each task's own ladder.
"""

import cProfile
import os
import pstats
import resource
import sys
import time
from datetime import date

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from notifications.delivery import deliver
from notifications.expand import expand
from notifications.models import Delivery, Notice
from tests.faults.lab import register_document
from tests.world import NOW, build_world, key
from workflow import append_only, deadlines, engine
from workflow.machine import Kind
from workflow.models import Case, RungFired, Task, User

DUE = date(2026, 9, 17)
AT = deadlines.morning(date(2026, 9, 16))
"""The morning of −1: one rung is due for each task that is."""
LIMIT = """
    INSERT INTO workflow_rungfired (task_id, code, term, audience, is_escalation, due_at, fired_at, is_silent)
    SELECT id, 'due-1', term, 'assignees', {false}, next_rung_at, {now}, {false} FROM workflow_task
    WHERE status = 'open' AND next_rung_at <= {now}
"""


def fill(clocks: int, due: int) -> None:
    """Make `due` cases with a task that is due at AT, and as many more open clocks as are wanted, not due."""
    world = build_world()
    User.objects.update(email="somebody@example.org")
    case = engine.start(
        kind=Kind.TARGET, unit=world.own, title="演示项目", fiscal_year=2027, profile="nx_2022", by=world.editor,
        key=key(), now=NOW, round=world.round, due_on=DUE,
    )  # fmt: skip
    task = Task.objects.get(case=case)
    columns = [f.column for f in Case._meta.concrete_fields if f.name not in {"id", "number", "head", "head_seq"}]
    numbers = "generate_series(1, %s) AS n(n)" if connection.vendor == "postgresql" else (
        "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %s) SELECT n FROM n) AS n"
    )  # fmt: skip
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f"INSERT INTO workflow_case ({listed}, number, head, head_seq) SELECT {listed}, 'b' || n.n, '', 0"
            f" FROM workflow_case, {numbers} WHERE workflow_case.id = %s",
            [due - 1, case.pk],
        )
        cursor.execute(
            f"INSERT INTO workflow_case ({listed}, number, head, head_seq) SELECT {listed}, 'x' || n.n, '', 0"
            f" FROM workflow_case, {numbers} WHERE workflow_case.id = %s",
            [due, case.pk],
        )
        columns = [f.column for f in Task._meta.concrete_fields if f.name not in {"id", "case", "next_rung_at"}]
        listed = ", ".join(f"t.{column}" for column in columns)
        own = f"INSERT INTO workflow_task ({', '.join(columns)}, case_id, next_rung_at) SELECT {listed}"
        cursor.execute(
            f"{own}, c.id, %s FROM workflow_task t, workflow_case c"
            " WHERE t.id = %s AND c.id <> %s AND c.number LIKE 'b%%'",
            [AT, task.pk, case.pk],
        )
        later = deadlines.morning(date(2026, 12, 1))
        rounds = (clocks - due) // due
        cursor.execute(
            f"{own}, c.id, %s FROM workflow_task t, workflow_case c, {numbers} WHERE t.id = %s AND c.number LIKE 'x%%'",
            [later, rounds, task.pk],
        )
        cursor.execute("ANALYZE")
    Task.objects.filter(next_rung_at__lte=AT).update(next_rung_at=AT)
    Task.objects.filter(pk=task.pk).update(next_rung_at=AT)


def limit() -> float:
    """Run the one statement and roll it back; return the seconds."""
    with transaction.atomic(), connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(AT)
        false = "false" if connection.vendor == "postgresql" else "0"
        begin = time.perf_counter()
        cursor.execute(LIMIT.format(false=false, now=f"'{now}'"))
        seconds = time.perf_counter() - begin
        transaction.set_rollback(True)
    return seconds


def main() -> None:
    is_postgres = connection.vendor == "postgresql"
    clocks = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000 if is_postgres else 50_000
    due = clocks * (int(sys.argv[2]) if len(sys.argv) > 2 else 10) // 1000
    setup_test_environment()
    settings.EMAIL_ENABLED = True
    databases = setup_databases(verbosity=0, interactive=False)
    profile = cProfile.Profile() if os.environ.get("PROFILE") else None
    try:
        register_document()
        fill(clocks, due)
        from workflow.sweeping import sweep

        floor = min(limit() for _ in range(3))
        begin = time.perf_counter()
        result = sweep(now=AT)
        swept = time.perf_counter() - begin
        assert (result.tasks, RungFired.objects.filter(is_silent=False).count()) == (due, due)
        begin = time.perf_counter()
        sweep(now=AT)
        idle = time.perf_counter() - begin
        print(f"{connection.vendor}: {Task.objects.count():,} open clocks, {due:,} due")
        print(f"sweep {swept:.2f} s = {due / swept:,.0f}/s; limit {floor:.3f} s; {swept / floor:.1f} times the limit")
        print(f"a sweep with nothing due: {idle * 1000:.1f} ms")
        begin = time.perf_counter()
        if profile:
            profile.enable()
        while expand(now=AT).notices:
            pass
        spent = time.perf_counter() - begin
        rows = Delivery.objects.count()
        print(f"expand: {Notice.objects.count():,} notices into {rows:,} deliveries in {spent:.1f} s"
              f" = {due / spent:,.0f} notices/s")  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.perf_counter()
        while deliver(now=AT).sent:
            pass
        spent = time.perf_counter() - begin
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("cumulative").print_stats(25)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        print(f"deliver: {rows // 2:,} rows in {len(mail.outbox)} messages in {spent:.1f} s"
              f" = {rows / 2 / spent:,.0f} rows/s, {grown} MB more memory")  # fmt: skip
    finally:
        append_only.remove(connection)
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
