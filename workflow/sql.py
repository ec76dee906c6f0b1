"""The fixed statements of the one door, written as SQL because every approval sends them: alike on both databases.

Everything else goes through the ORM. Decision 0013 says what this buys.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model

POSTS_AROUND_A_CASE = """
SELECT role_group.group_ptr_id, role_group.role, organisation.id, organisation.name, organisation.kind,
       organisation.is_performance_division, person.id
  FROM workflow_rolegroup AS role_group
  JOIN workflow_organisation AS organisation ON organisation.id = role_group.organisation_id
  LEFT JOIN workflow_user_groups AS membership ON membership.group_id = role_group.group_ptr_id
  LEFT JOIN workflow_user AS person ON person.id = membership.user_id AND person.is_active
 WHERE organisation.id IN (%s, %s, %s) OR organisation.is_performance_division OR organisation.kind = 'bureau'
 ORDER BY role_group.group_ptr_id, person.id
"""
"""Parameters: unit, department and division in charge, as ids."""

GRANT_ROWS_OF_A_CASE = """
SELECT 1, group_id, permission_id FROM workflow_casegrouppermission WHERE content_object_id = %s
 UNION ALL
SELECT 0, user_id, permission_id FROM workflow_caseuserpermission WHERE content_object_id = %s
"""
"""Parameters: the case, twice. The first column is 1 for a group's row, 0 for a person's."""


CHAIN_OF_A_CASE = """
SELECT seq, at, actor_id, actor_name, on_behalf_of_id, action, refused, from_state, to_state, version, key, payload,
       content_hash
  FROM workflow_event WHERE case_id = %s ORDER BY seq
"""
DATES_OF_A_ROUND = "SELECT milestone, date FROM workflow_rounddate WHERE round_id = %s"

CLOSE_TASKS = """
UPDATE workflow_task
   SET status = CASE WHEN id IN ({done}) THEN 'done' ELSE 'withdrawn' END, closed_at = %s, closed_seq = %s,
       next_rung_at = NULL
 WHERE id IN ({tasks})
"""
DELETE_GRANTS = "DELETE FROM workflow_case{whose}permission WHERE content_object_id = %s"
INSERT_GRANTS = """
INSERT INTO workflow_case{whose}permission (content_object_id, {whose}_id, permission_id) VALUES {rows}
"""
"""`whose` is "group" or "user"."""


class Happened(NamedTuple):
    """One event of a chain as plain values: CHAIN_OF_A_CASE."""

    seq: int
    at: datetime
    actor_id: int | None
    actor_name: str
    on_behalf_of_id: int | None
    action: str
    refused: str
    from_state: str
    to_state: str
    version: int
    key: str | None
    payload: str
    content_hash: str


def chain(case_id: int) -> list[Happened]:
    """Return the events of a case, oldest first."""
    found = [Happened(*row) for row in rows(CHAIN_OF_A_CASE, case_id)]
    if connection.vendor == "sqlite":
        return [event._replace(at=datetime.fromisoformat(str(event.at)).replace(tzinfo=UTC)) for event in found]
    return found


def round_dates(round_id: int) -> dict[str, date]:
    """Return the dates of a round by milestone."""
    return {name: date.fromisoformat(str(day)) for name, day in rows(DATES_OF_A_ROUND, round_id)}


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Return every row of `statement`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def close_tasks(tasks: Collection[int], *, done: Collection[int], now: datetime, seq: int) -> None:
    """Close `tasks` at `now` by the event `seq`: those in `done` as done, the others as withdrawn. One statement."""
    statement = CLOSE_TASKS.format(done=_marks(done) or "NULL", tasks=_marks(tasks))
    _execute(statement, *done, connection.ops.adapt_datetimefield_value(now), seq, *tasks)


def replace_grants(case_id: int, whose: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Delete the grant rows of a case and insert `pairs` (group or user, permission). One or two statements."""
    _execute(DELETE_GRANTS.format(whose=whose), case_id)
    if pairs:
        values = ", ".join("(%s, %s, %s)" for _ in pairs)
        parameters = [value for holder, permission in pairs for value in (case_id, holder, permission)]
        _execute(INSERT_GRANTS.format(whose=whose, rows=values), *parameters)


def insert(instances: Sequence[Model]) -> None:
    """Insert new instances of one model and give them their keys: what bulk_create sends, compiled once a model."""
    if not instances:
        return
    head, fields = _insert_head(type(instances[0]))
    one = "(" + ", ".join("%s" for _ in fields) + ")"
    statement = head.format(rows=", ".join(one for _ in instances))
    parameters = [
        field.get_db_prep_save(getattr(instance, field.attname), connection)
        for instance in instances
        for field in fields
    ]
    for instance, (key,) in zip(instances, rows(statement, *parameters), strict=True):
        instance.pk = key
        instance._state.adding, instance._state.db = False, connection.alias


@cache
def _insert_head(model: type[Model]) -> tuple[str, tuple[Any, ...]]:
    fields = tuple(field for field in model._meta.concrete_fields if not field.primary_key)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES {{rows}} RETURNING id", fields


def _execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _marks(values: Collection[Any]) -> str:
    return ", ".join("%s" for _ in values)
