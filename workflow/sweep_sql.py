"""The statements of the sweep, for both databases: claim, fire, move on, and the heads of the cases that were reported.

Each takes any number of tasks. What needs a ladder, a calendar or a hash is decided in workflow.sweeping and comes in
as JSON; what each task has had, has begun and is due for is decided here. Decision 0020 says what this buys.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, overload

from django.conf import settings
from django.db import connection

from workflow.models import RungFired

CLAIM = """
SELECT {columns}
  FROM workflow_task AS task JOIN workflow_case AS held ON held.id = task.case_id
 WHERE task.status = 'open' AND task.next_rung_at <= %(now)s {without}
 ORDER BY task.next_rung_at
 LIMIT %(limit)s {lock}
"""
"""Task and case are locked together and waited for never, so that the sweep stands in no circle with the engine."""

FIRE = """
INSERT INTO workflow_rungfired (task_id, code, term, audience, is_escalation, due_at, fired_at, is_silent)
SELECT task.id, rung.code, task.term, rung.audience, rung.is_escalation, rung.due_at, %(now)s,
       row_number() OVER (
           PARTITION BY task.id, rung.is_escalation, rung.audience ORDER BY rung.due_at DESC, rung.place DESC
       ) > 1
  FROM {tasks} JOIN {rungs} ON rung.plan = task.plan
 WHERE (rung.is_escalation OR rung.due_at >= task.next_rung_at)
   AND NOT (rung.only_if_not_begun AND task.begun_at IS NOT NULL)
   AND NOT EXISTS (
       SELECT 1 FROM workflow_rungfired AS known
        WHERE known.task_id = task.id AND known.code = rung.code AND known.term = task.term
   )
 ORDER BY task.id, rung.due_at, rung.place
RETURNING id, is_silent, is_escalation
"""
"""The insert is the claim. A reminder earlier than the task's next rung was passed over on purpose: it lay before the
task was opened. Of what fires together, all but the latest of its kind and audience are silent."""

LOCAL_DAY = "(task.opened_at AT TIME ZONE %(zone)s::text)::date"
RUNG = """(plan integer, place bigint, code text, audience text, is_escalation boolean, only_if_not_begun boolean,
        due_at timestamptz)"""
ALIKE = f"""
SELECT ladder_id, min(opened_at), due_at
  FROM (SELECT task.ladder_id, task.opened_at, task.due_at, {LOCAL_DAY} AS opened_on FROM workflow_task AS task
         WHERE task.status = 'open' AND task.next_rung_at <= %(now)s ORDER BY task.next_rung_at LIMIT %(limit)s) AS due
 GROUP BY ladder_id, opened_on, due_at
"""
SWEEP = f"""
WITH held AS MATERIALIZED ({{claim}}
), task AS MATERIALIZED (
    SELECT held.*, plan.number AS plan, plan.next_at
      FROM held JOIN jsonb_to_recordset(%(plans)s::jsonb)
             AS plan (number integer, ladder_id bigint, opened_on date, due_at timestamptz, next_at timestamptz)
        ON coalesce(held.ladder_id, 0) = plan.ladder_id AND held.opened_on = plan.opened_on
           AND held.due_at = plan.due_at
), moved AS (
    UPDATE workflow_task SET next_rung_at = task.next_at FROM task WHERE workflow_task.id = task.id
), fired AS ({FIRE.format(tasks="task", rungs=f"jsonb_to_recordset(%(rungs)s::jsonb) AS rung {RUNG}")})
SELECT (SELECT count(*) FROM task), count(*) FILTER (WHERE is_silent),
       coalesce(array_agg(id ORDER BY id) FILTER (WHERE NOT is_silent), '{{{{}}}}'),
       coalesce(array_agg(id ORDER BY id) FILTER (WHERE NOT is_silent AND is_escalation), '{{{{}}}}')
  FROM fired
"""
"""Claim, fire and move on in one: PostgreSQL alone can."""
HELD = f"""task.id, task.term, task.begun_at, task.next_rung_at, task.ladder_id, task.due_at,
       {LOCAL_DAY} AS opened_on"""
PLANNED_ANEW, AS_EVER = "SET LOCAL plan_cache_mode = force_custom_plan", "SET LOCAL plan_cache_mode = auto"
"""A statement that psycopg has prepared would be planned without its values after a few chunks: a scan of every clock
where an index range does, measured as eight times slower. Not left on: foreign keys would be planned anew a row."""

CLAIMED = """(
    SELECT workflow_task.*, number.value AS plan
      FROM json_each(%(tasks)s) AS given JOIN json_each(%(numbers)s) AS number ON number.key = given.key
      JOIN workflow_task ON workflow_task.id = given.value
) AS task"""
RUNGS = """(
    SELECT value ->> 'plan' AS plan, value ->> 'place' AS place, value ->> 'code' AS code,
           value ->> 'audience' AS audience, value ->> 'is_escalation' AS is_escalation,
           value ->> 'only_if_not_begun' AS only_if_not_begun, value ->> 'due_at' AS due_at FROM json_each(%(rungs)s)
) AS rung"""
MOVE_ON = """
UPDATE workflow_task SET next_rung_at = plan.value ->> 'next_at'
  FROM json_each(%(tasks)s) AS given JOIN json_each(%(numbers)s) AS number ON number.key = given.key
  JOIN json_each(%(plans)s) AS plan ON plan.value ->> 'number' = number.value
 WHERE workflow_task.id = given.value
"""
SAVE_HEADS = """
UPDATE workflow_case SET head = moved.head, head_seq = moved.head_seq FROM {heads} WHERE workflow_case.id = moved.id
"""
HEADS = {
    "postgresql": "jsonb_to_recordset(%s::jsonb) AS moved (id bigint, head text, head_seq integer)",
    "sqlite": "(SELECT value ->> 'id' AS id, value ->> 'head' AS head, value ->> 'head_seq' AS head_seq"
    " FROM json_each(%s)) AS moved",
}


class Alike(NamedTuple):
    """What tasks that share their plan have in common; `opened_at` is one of theirs, of the same local day."""

    ladder_id: int | None
    opened_at: datetime
    due_at: datetime


class Plan(NamedTuple):
    """A plan as the statements take it: `next_at` None when nothing comes after what is due now."""

    number: int
    ladder_id: int | None
    opened_on: date
    due_at: datetime
    next_at: datetime | None


class Fired(NamedTuple):
    """One row of RungFired that this transaction has written."""

    id: int
    task_id: int
    code: str
    audience: str
    is_escalation: bool
    due_at: datetime


class FiredRungs(Sequence[Fired]):
    """Rungs that this transaction has fired and that are not silent. Who needs only `ids` spares reading the rows."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = tuple(ids)
        self._rows: list[Fired] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Fired]:
        return iter(self._read())

    @overload
    def __getitem__(self, place: int) -> Fired: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Fired]: ...
    def __getitem__(self, place: int | slice) -> Fired | Sequence[Fired]:
        return self._read()[place]

    def _read(self) -> list[Fired]:
        if self._rows is None:
            found = RungFired.objects.filter(pk__in=self.ids).order_by("pk") if self.ids else RungFired.objects.none()
            self._rows = [Fired(*row) for row in found.values_list(*Fired._fields)]
        return self._rows


class Swept(NamedTuple):
    """What one chunk did: tasks looked at, rungs recorded in silence, those announced, and the escalations of these."""

    tasks: int = 0
    silent: int = 0
    loud: FiredRungs = FiredRungs(())
    escalations: FiredRungs = FiredRungs(())


Given = tuple[Iterable[Plan], Iterable[Mapping[str, Any]]]
"""Plans, and their rungs whose time has come, as plan (number), place, code, audience, is_escalation, only_if_not_begun
and due_at; `place` decides between two of the same time."""


def alike(*, now: datetime, limit: int) -> list[Alike]:
    """Return what the oldest `limit` tasks with a rung due at `now` need a plan for. PostgreSQL alone."""
    return [Alike(*row) for row in _rows(ALIKE, {"now": now, "limit": limit, "zone": settings.TIME_ZONE})]


def sweep_set(*, given: Given, now: datetime, limit: int, without: Collection[int]) -> Swept:
    """Lock at most `limit` tasks with a rung due at `now`, oldest first, that nobody else holds; write their rungs that
    have not fired in this term, and their next. A task without a plan in `given` stays as it is. PostgreSQL alone."""
    parameters: dict[str, Any] = {"now": now, "limit": limit, "zone": settings.TIME_ZONE} | _json(given)
    lock = "FOR NO KEY UPDATE OF task, held SKIP LOCKED"
    claim = _claim(HELD, without, parameters, lock)
    with connection.cursor() as cursor:
        cursor.execute(PLANNED_ANEW)
        cursor.execute(SWEEP.format(claim=claim), parameters)
        tasks, silent, loud, escalations = cursor.fetchone()
        cursor.execute(AS_EVER)
    return Swept(tasks, silent, FiredRungs(loud), FiredRungs(escalations))


def sweep_few(
    *, plan_of: Callable[[Alike], int], given: Callable[[], Given], now: datetime, limit: int, without: Collection[int]
) -> Swept:
    """Do the same on SQLite, where a transaction that writes is alone: first the tasks are read, then planned."""
    parameters: dict[str, Any] = {"now": _time(now), "limit": limit}
    columns = "task.id, task.ladder_id, task.opened_at, task.due_at"
    found = _rows(_claim(columns, without, parameters, ""), parameters)
    if not found:
        return Swept()
    numbers = [plan_of(Alike(ladder, _read(opened_at), _read(due_at))) for _pk, ladder, opened_at, due_at in found]
    tasks = {"tasks": json.dumps([row[0] for row in found]), "numbers": json.dumps(numbers)}
    parameters = {"now": _time(now)} | tasks | _json(given())
    fired = _rows(FIRE.format(tasks=CLAIMED, rungs=RUNGS), parameters)
    loud = sorted(pk for pk, is_silent, _is_escalation in fired if not is_silent)
    escalations = sorted(pk for pk, is_silent, is_escalation in fired if is_escalation and not is_silent)
    _execute(MOVE_ON, parameters)
    return Swept(len(found), len(fired) - len(loud), FiredRungs(loud), FiredRungs(escalations))


def oldest(*, now: datetime, without: Collection[int]) -> list[int]:
    """Return the id of the task whose rung has waited longest, in a list; none when nothing waits."""
    parameters: dict[str, Any] = {"now": _time(now), "limit": 1}
    return [pk for (pk,) in _rows(_claim("task.id", without, parameters, ""), parameters)]


def save_heads(heads: Iterable[tuple[int, str, int]]) -> None:
    """Write the heads of the records of cases: (case, head, seq) each."""
    given = [{"id": pk, "head": head, "head_seq": seq} for pk, head, seq in heads]
    _execute(SAVE_HEADS.format(heads=HEADS[connection.vendor]), [json.dumps(given)])


def _claim(columns: str, without: Collection[int], parameters: dict[str, Any], lock: str) -> str:
    """Return CLAIM for these columns; the ids of `without` are added to the parameters."""
    named = {f"not_{n}": pk for n, pk in enumerate(without)}
    parameters |= named
    marks = ", ".join(f"%({name})s" for name in named)
    return CLAIM.format(columns=columns, without=f"AND task.id NOT IN ({marks})" if named else "", lock=lock)


def _json(given: Given) -> dict[str, str]:
    plans, rungs = given
    return {
        "plans": json.dumps([
            {"number": plan.number, "ladder_id": plan.ladder_id or 0, "opened_on": plan.opened_on.isoformat(),
             "due_at": str(_time(plan.due_at)), "next_at": plan.next_at and str(_time(plan.next_at))}
            for plan in plans
        ]),
        "rungs": json.dumps([dict(rung) | {"due_at": str(_time(rung["due_at"]))} for rung in rungs]),
    }  # fmt: skip


def _time(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _read(value: Any) -> datetime:
    """Return a time as the database gives it: SQLite's are naive or text."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _execute(statement: str, parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
