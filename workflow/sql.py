"""The fixed statements of the one door, written as SQL because every approval sends them: alike on both databases.

Everything else goes through the ORM. Decision 0013 says what this buys.
"""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import BooleanField, CharField, DateTimeField, ForeignKey, IntegerField, Model, TextField

M = TypeVar("M", bound=Model)
PLAIN = CharField | TextField | IntegerField | ForeignKey
"""Fields whose texts and whole numbers need no preparing."""

_POSTS = """
SELECT 'post', role_group.group_ptr_id, role_group.role, organisation.id, organisation.name, organisation.kind,
       organisation.is_performance_division, person.id
  FROM workflow_rolegroup AS role_group
  JOIN workflow_organisation AS organisation ON organisation.id = role_group.organisation_id
  LEFT JOIN workflow_user_groups AS membership ON membership.group_id = role_group.group_ptr_id
  LEFT JOIN workflow_user AS person ON person.id = membership.user_id AND person.is_active
 WHERE organisation.id IN (%s, %s, %s) OR organisation.is_performance_division OR organisation.kind = 'bureau'
"""
POSTS_AROUND_A_CASE = f"{_POSTS} ORDER BY 2, 8"
"""Parameters: unit, department and division in charge, as ids."""

AROUND_A_CASE = (
    _POSTS
    + """
 UNION ALL
SELECT 'group', group_id, '', permission_id, '', '', false, NULL
  FROM workflow_casegrouppermission WHERE content_object_id = %s
 UNION ALL
SELECT 'person', user_id, '', permission_id, '', '', false, NULL
  FROM workflow_caseuserpermission WHERE content_object_id = %s
 UNION ALL
SELECT 'date', 0, milestone, 0, CAST(date AS varchar(10)), '', false, NULL
  FROM workflow_rounddate WHERE round_id = %s
 UNION ALL
SELECT 'task', id, '', 0, CAST({array}({columns}) AS varchar), '', false, NULL
  FROM workflow_task WHERE case_id = %s AND status = 'open'
 ORDER BY 1, 2, 8
"""
)
"""Parameters: those of the posts, the case twice, its round, the case. The first column says what a row is: a post with
one member, a grant of a group or a person (holder, -, permission), a date of the round (-, milestone, -, date), or an
open task (id, -, -, its columns as a JSON array). `array` is the database's function that makes one."""

CHAIN_OF_A_CASE = """
SELECT seq, at, actor_id, actor_name, on_behalf_of_id, action, refused, from_state, to_state, version, key, payload,
       content_hash, on_behalf_name
  FROM workflow_event WHERE case_id = %s ORDER BY seq
"""

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
    on_behalf_name: str = ""


def chain(case_id: int) -> list[Happened]:
    """Return the events of a case, oldest first."""
    found = [Happened(*row) for row in rows(CHAIN_OF_A_CASE, case_id)]
    if connection.vendor == "sqlite":
        return [event._replace(at=datetime.fromisoformat(str(event.at)).replace(tzinfo=UTC)) for event in found]
    return found


def around(case_id: int, *, posts: Sequence[int], round_id: int, model: type[Model]) -> dict[str, list[Any]]:
    """Return the rows of AROUND_A_CASE by part, without their first column. `model` is Task; `posts`: see _POSTS."""
    array = "json_build_array" if connection.vendor == "postgresql" else "json_array"
    statement = AROUND_A_CASE.format(array=array, columns=_columns(model))
    parts: dict[str, list[Any]] = {part: [] for part in ("post", "group", "person", "date", "task")}
    for part, *row in rows(statement, *posts, case_id, case_id, round_id, case_id):
        parts[part].append(tuple(row))
    return parts


@cache
def _columns(model: type[Model]) -> str:
    return ", ".join(str(field.column) for field in model._meta.concrete_fields)


def unpacked(model: type[M], array: str) -> M:
    """Return the instance whose columns a JSON array holds, as AROUND_A_CASE gives it."""
    fields = model._meta.concrete_fields
    values = [_plain(field, value) for field, value in zip(fields, json.loads(array), strict=True)]
    return model.from_db(connection.alias, [field.attname for field in fields], values)


def _plain(field: Any, value: Any) -> Any:
    if value is None or not isinstance(field, DateTimeField | BooleanField):
        return value
    if isinstance(field, BooleanField):
        return bool(value)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
    parameters = [_sent(field, getattr(instance, field.attname)) for instance in instances for field in fields]
    for instance, (key,) in zip(instances, rows(statement, *parameters), strict=True):
        instance.pk = key
        instance._state.adding, instance._state.db = False, connection.alias


def _sent(field: Any, value: Any) -> Any:
    """Return a value as the database takes it: plain texts and numbers go as they are, the rest as its field says."""
    if value is None or (type(value) in (int, str) and isinstance(field, PLAIN)):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def _insert_head(model: type[Model]) -> tuple[str, tuple[Any, ...]]:
    fields = tuple(field for field in model._meta.concrete_fields if not field.primary_key)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES {{rows}} RETURNING id", fields


def update(instance: Model, names: Collection[str], *, version: int) -> bool:
    """Write the fields `names` where the row still has `version`; return whether it had. One statement."""
    fields = [instance._meta.get_field(name) for name in names]
    columns = ", ".join(f"{field.column} = %s" for field in fields)  # type: ignore[union-attr]
    values = [_sent(field, getattr(instance, field.attname)) for field in fields]  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {instance._meta.db_table} SET {columns} WHERE id = %s AND version = %s",
            [*values, instance.pk, version],
        )
        return cursor.rowcount == 1


def _execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _marks(values: Collection[Any]) -> str:
    return ", ".join("%s" for _ in values)
