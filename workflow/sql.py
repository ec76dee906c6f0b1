"""The fixed statements of the one door, written as SQL because every approval sends them: alike on both databases.

What stands around a case is one read; what a move changes is one write on PostgreSQL (`Writes`). Everything else goes
through the ORM. Decision 0013 says what this buys.
"""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    Model,
    TextField,
)

M = TypeVar("M", bound=Model)

_POST = (
    "role_group.group_ptr_id, role_group.role, organisation.id, organisation.name, organisation.kind,"
    " organisation.is_performance_division, person.id"
)
_OF_POSTS = """
  FROM workflow_rolegroup AS role_group
  JOIN workflow_organisation AS organisation ON organisation.id = role_group.organisation_id
  LEFT JOIN workflow_user_groups AS membership ON membership.group_id = role_group.group_ptr_id
  LEFT JOIN workflow_user AS person ON person.id = membership.user_id AND person.is_active
 WHERE organisation.id IN ({keys}) OR organisation.is_performance_division OR organisation.kind = 'bureau'
"""
POSTS_AROUND_A_CASE = f"SELECT {_POST} {_OF_POSTS.format(keys='%s, %s, %s')} ORDER BY 1, 7"
"""Parameters: unit, department and division in charge, as ids."""

EVENT = (
    "seq, at, actor_id, actor_name, on_behalf_of_id, action, refused, from_state, to_state, version, key, payload,"
    " content_hash, on_behalf_name"
)
ORGANISATIONS = ("unit_id", "department_id", "department__division_in_charge_id")
AROUND_A_CASE = {
    "posts": (f"SELECT {{rows}}({{array}}({_POST})) {_OF_POSTS}", ORGANISATIONS),
    "groups": (
        "SELECT {rows}({array}(group_id, permission_id, id)) FROM workflow_casegrouppermission"
        " WHERE content_object_id = {keys}",
        ("pk",),
    ),
    "people": (
        "SELECT {rows}({array}(user_id, permission_id, id)) FROM workflow_caseuserpermission"
        " WHERE content_object_id = {keys}",
        ("pk",),
    ),
    "dates": ("SELECT {rows}({array}(milestone, date)) FROM workflow_rounddate WHERE round_id = {keys}", ("round_id",)),
    "tasks": (
        "SELECT {rows}({array}({task})) FROM workflow_task WHERE case_id = {keys} AND status = 'open'",
        ("pk",),
    ),
    "events": (f"SELECT {{rows}}({{array}}({EVENT})) FROM workflow_event WHERE case_id = {{keys}}", ("pk",)),
}
"""What stands around a case, each part one JSON array of arrays in no order, and the columns of the case that it is
asked with. posts: one entry a member; groups, people: guardian's rows; dates: of its round; tasks: the open ones with
every column; events: the chain. `array` and `rows`: the database's functions that make an array of values, of rows."""
CHAIN_OF_A_CASE = f"SELECT {EVENT} FROM workflow_event WHERE case_id = %s ORDER BY seq"
DIALECTS = {
    "postgresql": {"array": "json_build_array", "rows": "json_agg"},
    "sqlite": {"array": "json_array", "rows": "json_group_array"},
}
AS_ONE = {"postgresql": "json_build_array(%(expressions)s)::text", "sqlite": "json_array(%(expressions)s)"}
"""All parts as one text: six values to read apart cost the client a fifth of the whole read."""

MOVED = (
    "state", "version", "moved_at", "content_hash", "head", "head_seq", "step_id", "pass_no", "route_id", "is_late",
    "submitted_at", "approved_at", "is_admitted", "is_unfunded",
)  # fmt: skip
"""The columns of a case that a move may change: all are written every time, under the lock."""
MOVE_CASE = f"""
UPDATE workflow_case SET {", ".join(f"{column} = %s" for column in MOVED)} WHERE id = %s AND version = %s RETURNING id
"""
CLOSE_TASKS = """
UPDATE workflow_task
   SET status = CASE WHEN id IN ({done}) THEN 'done' ELSE 'withdrawn' END, closed_at = %s, closed_seq = %s,
       next_rung_at = NULL
 WHERE id IN ({tasks}) RETURNING id
"""
DELETE_GRANTS = "DELETE FROM workflow_case{whose}permission WHERE content_object_id = %s"
TAKE_GRANTS = "DELETE FROM workflow_case{whose}permission WHERE id IN ({rows}) RETURNING id"
INSERT_GRANTS = """
INSERT INTO workflow_case{whose}permission (content_object_id, {whose}_id, permission_id) VALUES {rows}
ON CONFLICT DO NOTHING RETURNING id
"""
"""`whose` is "group" or "user"."""
FIRST_OF = "(SELECT id FROM {part} ORDER BY id LIMIT 1 OFFSET {place})"
"""Within one statement: the key of a row that another part of it inserts."""


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
        return [event._replace(at=_moment(event.at)) for event in found]
    return found


class Around(NamedTuple):
    """AROUND_A_CASE as values: posts as _POST, guardian's rows by holder and permission, the rest as it says there."""

    posts: list[list[Any]]
    groups: dict[tuple[int, int], int]
    people: dict[tuple[int, int], int]
    dates: dict[str, date]
    tasks: list[Any]
    events: list[Happened]


def around(case: Model, *, task: type[Model]) -> Around:
    """Return what stands around a case, in one statement. `task` is the model of tasks."""
    names = [name for _text, names in AROUND_A_CASE.values() for name in names]
    parts = ", ".join(f"({part})" for part in around_parts(task, mark=lambda names: ", ".join("%s" for _ in names)))
    statement = f"SELECT {AS_ONE[connection.vendor] % {'expressions': parts}}"
    ((found,),) = rows(statement, *(_followed(case, name) for name in names))
    return around_of(found, task=task)


def around_parts(task: type[Model], *, mark: Callable[[Sequence[str]], str]) -> list[str]:
    """Return the selects of AROUND_A_CASE for this database; `mark` gives what stands for the columns of the case."""
    columns = ", ".join(str(field.column) for field in task._meta.concrete_fields)
    words = {"task": columns, **DIALECTS[connection.vendor]}
    return [text.format(keys=mark(names), **words) for text, names in AROUND_A_CASE.values()]


def around_of(text: str, *, task: type[Model]) -> Around:
    """Return the values of AROUND_A_CASE from AS_ONE text; SQLite has its arrays as texts within the text."""
    posts, groups, people, dates, tasks, events = (
        json.loads(array) if isinstance(array, str) else array or [] for array in json.loads(text)
    )
    return Around(
        posts=sorted(posts, key=lambda row: (row[0], row[-1] or 0)),
        groups={(holder, permission): pk for holder, permission, pk in groups},
        people={(holder, permission): pk for holder, permission, pk in people},
        dates={milestone: date.fromisoformat(day) for milestone, day in dates},
        tasks=[_unpacked(task, values) for values in sorted(tasks)],
        events=[Happened(seq, _moment(at), *rest) for seq, at, *rest in sorted(events)],
    )


def _followed(case: Any, name: str) -> int:
    for part in name.split("__"):
        case = getattr(case, part)
    return case or 0


def _unpacked(model: type[M], values: list[Any]) -> M:
    """Return the instance whose columns are `values`, as JSON has them."""
    names, readers = _reading(model)
    for place, read in readers:
        if values[place] is not None:
            values[place] = read(values[place])
    return model.from_db(connection.alias, names, values)


@cache
def _reading(model: type[Model]) -> tuple[tuple[str, ...], tuple[tuple[int, Any], ...]]:
    """Return the attributes of a model, and how those columns are read that JSON has no word for, by their place."""
    fields = model._meta.concrete_fields
    readers = [(n, _moment) for n, field in enumerate(fields) if isinstance(field, DateTimeField)]
    truths = [(n, bool) for n, field in enumerate(fields) if isinstance(field, BooleanField)]
    return tuple(field.attname for field in fields), (*readers, *truths)


def _moment(at: Any) -> datetime:
    moment = datetime.fromisoformat(str(at))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Return every row of `statement`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


# Writing

Pair = tuple[int, int]


class Writes:
    """What a move writes: gathered and sent as one statement on PostgreSQL, written at once part by part on SQLite.

    A gathered row may refer to one gathered before that has no key yet: a notice to its event. Instances have their
    keys after `send`.
    """

    def __init__(self) -> None:
        # The connection itself: `connection` looks for the thread's each time that an attribute of it is asked.
        self._db = connections[DEFAULT_DB_ALIAS]
        self._gathers = self._db.vendor == "postgresql"
        self._parts: dict[str, tuple[str, Sequence[Any]]] = {}
        self._instances: dict[str, Sequence[Model]] = {}
        self._keys: dict[str, list[int]] = {}

    def insert(self, part: str, instances: Sequence[Model]) -> None:
        """Insert new instances of one model."""
        if instances:
            statement, parameters = _insertion(instances, db=self._db, refer=self._reference)
            self._add(part, statement, parameters)
            self._instances[part] = instances
            if not self._gathers:
                _give_keys(instances, self._keys[part], db=self._db)

    def move(self, case: Model, *, version: int) -> None:
        """Write the columns MOVED of `case` where its row still has `version`."""
        columns = _columns_of(type(case), self._db.vendor, MOVED)
        self._add("moved", MOVE_CASE, [*columns.values(case, db=self._db), case.pk, version])

    def close(self, tasks: Sequence[int], *, done: Collection[int], now: datetime, seq: int) -> None:
        """Close `tasks` at `now` by the event `seq`: those in `done` as done, the others as withdrawn."""
        if tasks:
            statement = CLOSE_TASKS.format(done=_marks(done) or "NULL", tasks=_marks(tasks))
            at = self._db.ops.adapt_datetimefield_value(now)
            self._add("closed", statement, [*done, at, seq, *tasks])

    def change_grants(self, case_id: int, whose: str, *, take: Sequence[int], give: Collection[Pair]) -> None:
        """Delete grant rows of a case by their keys, and insert others, each a group or user and a permission."""
        if take:
            self._add(f"{whose}_taken", TAKE_GRANTS.format(whose=whose, rows=_marks(take)), take)
        if give:
            self._add(f"{whose}_given", *_grants_inserted(case_id, whose, give))

    def send(self) -> bool:
        """Write what is gathered and give the new rows their keys; return whether the case still had its version."""
        if self._parts:
            parts = ", ".join(f"{part} AS ({statement})" for part, (statement, _values) in self._parts.items())
            found = " UNION ALL ".join(f"SELECT '{part}', id FROM {part}" for part in ("moved", *self._instances))
            parameters = [value for _statement, values in self._parts.values() for value in values]
            keys: dict[str, list[int]] = {}
            for part, key in long_rows(f"WITH {parts} {found}", parameters):
                keys.setdefault(part, []).append(key)
            for part, instances in self._instances.items():
                _give_keys(instances, sorted(keys[part]), db=self._db)
            self._keys |= keys
        return bool(self._keys.get("moved"))

    def _add(self, part: str, statement: str, parameters: Sequence[Any]) -> None:
        if self._gathers:
            self._parts[part] = statement, parameters
        else:
            self._keys[part] = [key for (key,) in rows(statement, *parameters)]

    def _reference(self, other: Model) -> str:
        """Return the SQL for the key of an instance that was gathered and is not yet stored."""
        for part, instances in self._instances.items():
            for place, instance in enumerate(instances):
                if instance is other:
                    return FIRST_OF.format(part=part, place=place)
        raise ValueError(f"{other!r} is neither stored nor about to be")


def long_rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return every row of a statement that is sent again and again, inside a transaction.

    psycopg takes a long statement apart each time to turn its %s into $1; its raw cursor takes them numbered.
    """
    db = connections[DEFAULT_DB_ALIAS]
    if db.vendor != "postgresql" or db.queries_logged:
        return rows(statement, *parameters)
    from psycopg import RawCursor

    raw: Any = RawCursor(db.connection)
    with db.make_cursor(raw) as cursor:
        cursor.execute(_numbered(statement), parameters)
        return cursor.fetchall()


@lru_cache(maxsize=256)
def _numbered(statement: str) -> str:
    first, *others = statement.split("%s")
    return first + "".join(f"${n}{text}" for n, text in enumerate(others, start=1))


def replace_grants(case_id: int, whose: str, pairs: Sequence[Pair]) -> None:
    """Delete the grant rows of a case and insert `pairs` (group or user, permission). One or two statements."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_GRANTS.format(whose=whose), [case_id])
        if pairs:
            cursor.execute(*_grants_inserted(case_id, whose, pairs))


def insert(instances: Sequence[Model]) -> None:
    """Insert new instances of one model and give them their keys: what bulk_create sends, compiled once a model."""
    if instances:
        db = connections[DEFAULT_DB_ALIAS]
        statement, parameters = _insertion(instances, db=db)
        _give_keys(instances, [key for (key,) in rows(statement, *parameters)], db=db)


def _grants_inserted(case_id: int, whose: str, pairs: Collection[Pair]) -> tuple[str, list[int]]:
    values = ", ".join("(%s, %s, %s)" for _ in pairs)
    parameters = [value for holder, permission in pairs for value in (case_id, holder, permission)]
    return INSERT_GRANTS.format(whose=whose, rows=values), parameters


def _give_keys(instances: Sequence[Model], keys: Sequence[int], *, db: BaseDatabaseWrapper) -> None:
    alias, name = db.alias, instances[0]._meta.pk.attname
    for instance, key in zip(instances, keys, strict=True):
        setattr(instance, name, key)
        instance._state.adding, instance._state.db = False, alias


def _insertion(instances: Sequence[Model], *, db: BaseDatabaseWrapper, refer: Any = None) -> tuple[str, list[Any]]:
    """Return the statement that inserts instances of one model, and its parameters. What is null in all is left out.

    `refer`: gives the SQL for the key of an instance that one of these points to and that is not yet stored.
    """
    model = type(instances[0])
    columns = _columns_of(model, db.vendor)
    found = [columns.values(instance, db=db) for instance in instances]
    for instance, values in zip(instances, found, strict=True):
        known = instance._state.fields_cache
        for place, name in columns.pointers:
            if values[place] is None and (other := known.get(name)) is not None:
                values[place] = Reference(refer(other)) if other.pk is None else other.pk
    filled = sorted({place for values in found for place, value in enumerate(values) if value is not None})
    tuples, parameters = [], []
    for values in found:
        given = [values[place] for place in filled]
        tuples.append(", ".join([v if type(v) is Reference else "%s" for v in given]))
        parameters += [v for v in given if type(v) is not Reference]
    names = ", ".join([columns.names[place] for place in filled])
    inserted = "), (".join(tuples)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({inserted}) RETURNING id", parameters


class Reference(str):
    """The SQL for the key of a row that has none yet."""


class Columns:
    """Some columns of a model: their names, and their values as one database takes them."""

    def __init__(self, fields: Sequence[Any], *, vendor: str) -> None:
        self.names = [f'"{field.column}"' for field in fields]
        self.pointers = [(place, field.name) for place, field in enumerate(fields) if isinstance(field, ForeignKey)]
        self._read = itemgetter(*(field.attname for field in fields))
        self._prepared = [(n, field) for n, field in enumerate(fields) if not isinstance(field, PLAIN[vendor])]

    def values(self, instance: Model, *, db: BaseDatabaseWrapper) -> list[Any]:
        """Return the values of `instance`, the few that are not plain prepared by their field."""
        values = list(self._read(instance.__dict__))
        for place, field in self._prepared:
            if values[place] is not None:
                values[place] = field.get_db_prep_save(values[place], db)
        return values


PLAIN: dict[str, tuple[type[Any], ...]] = {
    "postgresql": (CharField, TextField, IntegerField, ForeignKey, BooleanField, DateField),
    "sqlite": (CharField, TextField, IntegerField, ForeignKey),
}
"""The fields whose values a database's module takes as they are."""


@cache
def _columns_of(model: type[Model], vendor: str, columns: Sequence[str] | None = None) -> Columns:
    """Return these columns of `model`, by default all but the key."""
    fields = {field.column: field for field in model._meta.concrete_fields if not field.primary_key}
    return Columns([fields[column] for column in columns or fields], vendor=vendor)


def _marks(values: Collection[Any]) -> str:
    return ", ".join("%s" for _ in values)
