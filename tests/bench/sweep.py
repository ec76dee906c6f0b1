"""The sweep over many open clocks beside the one statement that no sweep can beat, and the loop of the documents.

    BTR_DATABASE_URL=postgresql://… python -m tests.bench.sweep [clocks] [share due, per mille]

The limit is INSERT … SELECT of the same rows into the same table of fired rungs, committed, so that its foreign keys
are checked as ours are. Ours also locks, decides by each task's own ladder, writes the notices and what comes next:
"all in one" is the one statement (PostgreSQL) that writes these three without deciding anything.
Processor time, ours and our PostgreSQL backend's, is printed beside the clock's: what else runs here changes it less.
The loop is what the documents of django-fsm and django-guardian show: for each object that is due ask whether it has
been done, who holds a right on it, create a row, call the transition, save. Expanding and sending: tests.bench.outbox.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.test.utils import setup_databases, setup_test_environment, teardown_databases
from django_fsm import FSMField, transition
from guardian.shortcuts import get_users_with_perms

from notifications.models import Notice
from tests.faults.lab import register_document
from tests.world import NOW, build_world, key
from workflow import append_only, deadlines, engine
from workflow.machine import Kind, Right
from workflow.models import Case, CaseGroupPermission, Event, RungFired, Task
from workflow.sweeping import sweep

ROUNDS = 5
"""Limit and sweep are measured in turn, so that both see the same noise; medians are printed."""
DUE = date(2026, 9, 17)
AT = deadlines.morning(date(2026, 9, 16))
"""The morning of −1: one rung is due for each task that is."""
LIMIT = """
    INSERT INTO workflow_rungfired (task_id, code, term, audience, is_escalation, due_at, fired_at, is_silent)
    SELECT id, '{code}', term, 'assignees', {false}, next_rung_at, {now}, {false} FROM workflow_task
    WHERE status = 'open' AND next_rung_at <= {now}
"""
ALL_IN_ONE = """
WITH fired AS (
    {limit} RETURNING id, task_id, code, audience
), moved AS (
    UPDATE workflow_task SET next_rung_at = {later} WHERE status = 'open' AND next_rung_at <= {now}
)
INSERT INTO notifications_notice (kind, case_id, task_id, rung_fired_id, facts, created_at, attempts, last_error)
SELECT 'reminder', task.case_id, task.id, fired.id,
       jsonb_build_object('audience', fired.audience, 'rung', fired.code), {now}, 0, ''
  FROM fired JOIN workflow_task AS task ON task.id = fired.task_id
"""


def fill(clocks: int, due: int) -> None:
    """Make `due` cases with a task that is due at AT, and as many more open clocks as are wanted, not due."""
    world = build_world()
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
            [connection.ops.adapt_datetimefield_value(AT), task.pk, case.pk],
        )
        later = connection.ops.adapt_datetimefield_value(deadlines.morning(date(2026, 12, 1)))
        rounds = (clocks - due) // due
        cursor.execute(
            f"{own}, c.id, %s FROM workflow_task t, workflow_case c, {numbers} WHERE t.id = %s AND c.number LIKE 'x%%'",
            [later, rounds, task.pk],
        )
        spread = "make_interval(days => (id % 20)::int)" if connection.vendor == "postgresql" else ""
        if spread:
            cursor.execute(f"UPDATE workflow_task SET opened_at = opened_at - {spread}")
            cursor.execute("VACUUM ANALYZE")
    Task.objects.filter(pk=task.pk).update(next_rung_at=AT)
    holders = CaseGroupPermission.objects.filter(content_object=case).values_list("group_id", "permission_id")
    for group, permission in list(holders):
        CaseGroupPermission.objects.bulk_create(
            (CaseGroupPermission(content_object_id=pk, group_id=group, permission_id=permission)
             for pk in Case.objects.filter(number__startswith="b").values_list("pk", flat=True)),
            batch_size=5000,
        )  # fmt: skip


class Seconds(NamedTuple):
    """By the clock, and by the processor."""

    wall: float
    cpu: float


@contextmanager
def measured() -> Iterator[Callable[[], Seconds]]:
    """Yield a function that says, afterwards, what the block has cost."""
    begin = time.perf_counter(), _cpu()
    end: list[Seconds] = []
    yield lambda: end[0]
    end.append(Seconds(time.perf_counter() - begin[0], _cpu() - begin[1]))


def _cpu() -> float:
    if connection.vendor != "postgresql":
        return time.process_time()
    pid = connection.connection.info.backend_pid
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit(at: datetime, code: str) -> Seconds:
    """Run and commit the one statement, then take its rows away again; return what it cost."""
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(at)
        false = "false" if connection.vendor == "postgresql" else "0"
        with measured() as cost:
            cursor.execute(LIMIT.format(false=false, now=f"'{now}'", code=code))
        _clear(cursor, code)
    return cost()


def all_in_one(at: datetime, code: str) -> Seconds:
    """Do with one statement what a sweep writes, commit it and take it away again; return what it cost."""
    with connection.cursor() as cursor:
        now = f"'{at.isoformat()}'"
        later = f"'{deadlines.morning(date(2026, 10, 30)).isoformat()}'"
        with measured() as cost:
            cursor.execute(
                ALL_IN_ONE.format(limit=LIMIT.format(false="false", now=now, code=code), now=now, later=later)
            )
        cursor.execute("DELETE FROM notifications_notice")
        _clear(cursor, code)
        cursor.execute(f"UPDATE workflow_task SET next_rung_at = {now} WHERE next_rung_at = {later}")
        cursor.execute("VACUUM workflow_task, notifications_notice")
    return cost()


def _clear(cursor: CursorWrapper, code: str) -> None:
    cursor.execute(f"DELETE FROM workflow_rungfired WHERE code = '{code}'")
    if connection.vendor == "postgresql":
        cursor.execute("VACUUM workflow_rungfired")


class Reminded(models.Model):
    """The object of the documents' loop: the state of one reminder, moved by django-fsm."""

    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, related_name="+")
    state = FSMField(default="waiting", protected=True)

    class Meta:
        app_label = "workflow"
        managed = False
        db_table = "bench_reminded"

    @transition(field=state, source="waiting", target="reminded")
    def remind(self) -> None:
        """Note that somebody was told."""


def loop(at: datetime, many: int) -> float:
    """Do for `many` of the due tasks what the documents show, roll it back; return the seconds a task."""
    with connection.schema_editor() as editor:
        editor.create_model(Reminded)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO bench_reminded SELECT id, 'waiting' FROM workflow_task"
                       f" WHERE next_rung_at <= '{connection.ops.adapt_datetimefield_value(at)}'")  # fmt: skip
    with transaction.atomic():
        begin = time.perf_counter()
        due = Task.objects.filter(status="open", next_rung_at__lte=at).select_related("case").order_by("next_rung_at")
        for task in due[:many]:
            if RungFired.objects.filter(task=task, code="due-1", term=task.term).exists():
                continue
            for user in get_users_with_perms(task.case, only_with_perms_in=[Right.SUBMIT.value], with_group_users=True):
                Notice.objects.create(kind="reminder", case=task.case, task=task, created_at=at, facts={"to": user.pk})
            RungFired.objects.create(
                task=task, code="due-1", term=task.term, audience="assignees", due_at=at, fired_at=at
            )
            reminded = Reminded.objects.get(pk=task.pk)
            reminded.remind()
            reminded.save()
        seconds = time.perf_counter() - begin
        transaction.set_rollback(True)
    return seconds / many


def once(at: datetime, due: int) -> Seconds:
    """Sweep at `at` and return what it cost."""
    with measured() as cost:
        result = sweep(now=at)
    assert (result.tasks, result.fired) == (due, due), result
    return cost()


def times(ours: Sequence[Seconds], least: Sequence[Seconds]) -> str:
    """Return how many times `least` ours cost: the medians of the rounds, by the clock and by the processor."""
    pairs = list(zip(ours, least, strict=True))
    wall = statistics.median(mine.wall / other.wall for mine, other in pairs)
    cpu = statistics.median(mine.cpu / max(other.cpu, 0.01) for mine, other in pairs)
    return f"{wall:.1f} times by the clock, {cpu:.1f} by the processor"


def again(at: datetime) -> None:
    """Take away what a sweep at `at` wrote, so that the next finds the same data."""
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at)
        cursor.execute("UPDATE workflow_task SET next_rung_at = %s WHERE id IN"
                       " (SELECT task_id FROM workflow_rungfired WHERE fired_at = %s)", [moment, moment])  # fmt: skip
        cursor.execute("DELETE FROM notifications_notice")
        cursor.execute("DELETE FROM workflow_rungfired WHERE fired_at = %s", [moment])
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM workflow_task, workflow_rungfired, notifications_notice")


def main() -> None:
    is_postgres = connection.vendor == "postgresql"
    clocks = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000 if is_postgres else 50_000
    due = clocks * (int(sys.argv[2]) if len(sys.argv) > 2 else 10) // 1000
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        register_document()
        fill(clocks, due)
        print(f"{connection.vendor}: {Task.objects.count():,} open clocks, {due:,} due")
        sweep(now=NOW)
        floors, wholes, sweeps = [], [], []
        for _round in range(ROUNDS):
            floors.append(limit(AT, "due-1"))
            if is_postgres:
                wholes.append(all_in_one(AT, "due-1"))
            sweeps.append(once(AT, due))
            again(AT)
        swept = statistics.median(cost.wall for cost in sweeps)
        floor = statistics.median(cost.wall for cost in floors)
        print(f"reminders: {swept:.3f} s = {due / swept:,.0f}/s; limit {floor:.3f} s; ours {times(sweeps, floors)}")
        if is_postgres:
            whole = statistics.median(cost.wall for cost in wholes)
            print(f"all in one: {whole:.3f} s; ours {times(sweeps, wholes)}")
        looped = loop(AT, min(due, 300))
        print(f"the loop of the documents: {looped * due:.1f} s ({looped * 1000:.2f} ms a task, measured on"
              f" {min(due, 300):,}): {looped * due / swept:.0f} times ours")  # fmt: skip
        once(AT, due)
        begin = time.perf_counter()
        sweep(now=AT)
        print(f"a sweep with nothing due: {(time.perf_counter() - begin) * 1000:.1f} ms")
        sweep(now=deadlines.morning(DUE))
        late = deadlines.morning(date(2026, 9, 18))
        least, events = limit(late, "late-1"), Event.objects.count()
        cost = once(late, due)
        print(f"escalations, each with an event in its case's chain: {cost.wall:.3f} s = {due / cost.wall:,.0f}/s;"
              f" {times([cost], [least])} the limit")  # fmt: skip
        assert Event.objects.count() == events + due
    finally:
        append_only.remove(connection)
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
