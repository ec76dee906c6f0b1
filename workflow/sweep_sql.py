"""The statements of the sweep, for both databases: claim, fire, move on, and the heads of the cases that were reported.

Each takes any number of tasks. What needs a ladder, a calendar or a hash is decided in workflow.sweeping and comes in
as JSON; what each task has had, has begun and is due for is decided here. Decision 0020 says what this buys.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from workflow.sql import rows

CLAIM = """
SELECT task.id, task.ladder_id, task.opened_at, task.due_at
  FROM workflow_task AS task JOIN workflow_case AS held ON held.id = task.case_id
 WHERE task.status = 'open' AND task.next_rung_at <= %s {without}
 ORDER BY task.next_rung_at, task.id
 LIMIT %s {lock}
"""
"""Task and case are locked together and waited for never, so that the sweep stands in no circle with the engine."""

FIRE = """
INSERT INTO workflow_rungfired (task_id, code, term, audience, is_escalation, due_at, fired_at, is_silent)
SELECT task.id, rung.code, task.term, rung.audience, rung.is_escalation, rung.due_at, %s,
       row_number() OVER (
           PARTITION BY task.id, rung.is_escalation, rung.audience ORDER BY rung.due_at DESC, rung.place DESC
       ) > 1
  FROM {claimed}
  JOIN workflow_task AS task ON task.id = claimed.task_id
  JOIN {rungs} ON rung.plan = claimed.plan
 WHERE (rung.is_escalation OR rung.due_at >= task.next_rung_at)
   AND NOT (rung.only_if_not_begun AND task.begun_at IS NOT NULL)
   AND NOT EXISTS (
       SELECT 1 FROM workflow_rungfired AS known
        WHERE known.task_id = task.id AND known.code = rung.code AND known.term = task.term
   )
 ORDER BY task.id, rung.due_at, rung.place
RETURNING id, task_id, code, audience, is_escalation, due_at, is_silent
"""
"""The insert is the claim. A reminder earlier than the task's next rung was passed over on purpose: it lay before the
task was opened. Of what fires together, all but the latest of its kind and audience are silent."""

MOVE_ON = """
UPDATE workflow_task SET next_rung_at = plan.next_at
  FROM {claimed} JOIN {plans} ON plan.number = claimed.plan
 WHERE workflow_task.id = claimed.task_id
"""
SAVE_HEADS = """
UPDATE workflow_case SET head = moved.head, head_seq = moved.head_seq FROM {heads} WHERE workflow_case.id = moved.id
"""

LOCK = {"postgresql": "FOR NO KEY UPDATE OF task, held SKIP LOCKED", "sqlite": ""}
"""On SQLite a transaction that writes is alone already."""
TABLES = {
    "postgresql": {
        "claimed": "unnest(%s::bigint[], %s::integer[]) AS claimed (task_id, plan)",
        "rungs": "jsonb_to_recordset(%s::jsonb) AS rung (plan integer, place bigint, code text, audience text,"
        " is_escalation boolean, only_if_not_begun boolean, due_at timestamptz)",
        "plans": "jsonb_to_recordset(%s::jsonb) AS plan (number integer, next_at timestamptz)",
        "heads": "jsonb_to_recordset(%s::jsonb) AS moved (id bigint, head text, head_seq integer)",
    },
    "sqlite": {
        "claimed": "(SELECT task.value AS task_id, plan.value AS plan FROM json_each(%s) AS task"
        " JOIN json_each(%s) AS plan ON plan.key = task.key) AS claimed",
        "rungs": "(SELECT value ->> 'plan' AS plan, value ->> 'place' AS place, value ->> 'code' AS code,"
        " value ->> 'audience' AS audience, value ->> 'is_escalation' AS is_escalation,"
        " value ->> 'only_if_not_begun' AS only_if_not_begun, value ->> 'due_at' AS due_at FROM json_each(%s)) AS rung",
        "plans": "(SELECT value ->> 'number' AS number, value ->> 'next_at' AS next_at FROM json_each(%s)) AS plan",
        "heads": "(SELECT value ->> 'id' AS id, value ->> 'head' AS head, value ->> 'head_seq' AS head_seq"
        " FROM json_each(%s)) AS moved",
    },
}


class Claimed(NamedTuple):
    """One task whose row and case this transaction holds."""

    task_id: int
    ladder_id: int | None
    opened_at: datetime
    due_at: datetime


class Fired(NamedTuple):
    """One row of RungFired that this transaction has written."""

    id: int
    task_id: int
    code: str
    audience: str
    is_escalation: bool
    due_at: datetime
    is_silent: bool


def claim(*, now: datetime, limit: int, without: Collection[int]) -> list[Claimed]:
    """Lock and return at most `limit` tasks with a rung due at `now`, oldest first, that nobody else holds."""
    marks = ", ".join("%s" for _ in without)
    statement = CLAIM.format(without=f"AND task.id NOT IN ({marks})" if without else "", lock=LOCK[connection.vendor])
    found = rows(statement, _time(now), *without, limit)
    return [Claimed(pk, ladder, _read(opened_at), _read(due_at)) for pk, ladder, opened_at, due_at in found]


def fire(*, claimed: Sequence[tuple[int, int]], rungs: Iterable[Mapping[str, Any]], now: datetime) -> list[Fired]:
    """Write the rungs of the claimed (task, plan) that are due and have not fired in this term; return the rows.

    rungs: of each plan those whose time has come, as plan, place, code, audience, is_escalation, only_if_not_begun
    and due_at; `place` decides between two of the same time.
    """
    given = [dict(rung) | {"due_at": _time(rung["due_at"])} for rung in rungs]
    if not given:
        return []
    tables = TABLES[connection.vendor]
    statement = FIRE.format(claimed=tables["claimed"], rungs=tables["rungs"])
    found = rows(statement, _time(now), *_columns(claimed), json.dumps(given, default=str))
    return sorted(
        Fired(pk, task, code, audience, bool(is_escalation), _read(due_at), bool(is_silent))
        for pk, task, code, audience, is_escalation, due_at, is_silent in found
    )


def move_on(*, claimed: Sequence[tuple[int, int]], upcoming: Mapping[int, datetime | None]) -> None:
    """Write the claimed tasks' next rung; `upcoming` by plan, None: there is none any more."""
    tables = TABLES[connection.vendor]
    plans = [{"number": plan, "next_at": moment and _time(moment)} for plan, moment in upcoming.items()]
    statement = MOVE_ON.format(claimed=tables["claimed"], plans=tables["plans"])
    _execute(statement, *_columns(claimed), json.dumps(plans, default=str))


def save_heads(heads: Iterable[tuple[int, str, int]]) -> None:
    """Write the heads of the records of cases: (case, head, seq) each."""
    given = [{"id": pk, "head": head, "head_seq": seq} for pk, head, seq in heads]
    _execute(SAVE_HEADS.format(heads=TABLES[connection.vendor]["heads"]), json.dumps(given))


def _columns(claimed: Sequence[tuple[int, int]]) -> list[Any]:
    columns = [[task for task, _plan in claimed], [plan for _task, plan in claimed]]
    return columns if connection.vendor == "postgresql" else [json.dumps(column) for column in columns]


def _time(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _read(value: Any) -> datetime:
    """Return a time as the database gives it: SQLite's are naive or text."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
