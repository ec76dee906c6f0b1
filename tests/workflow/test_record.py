"""The record: every change of a row is found, and the database itself refuses to change one."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from notifications.models import Notice
from tests.world import NOW, toy_case, walk_to
from workflow import append_only, record, rulings, sealing
from workflow.models import Case, Decision, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(world, toy):
    return walk_to(toy_case(world, toy), world, "approved")


@pytest.fixture
def unguarded(approved):
    """The database as somebody sees it who owns it and has dropped the triggers."""
    append_only.remove(connection)
    yield approved
    append_only.install(connection)


def remove(event):
    """Delete the row as a hand in the database does, with what points to it."""
    Notice.objects.filter(event=event).delete()
    Event.objects.filter(pk=event.pk)._raw_delete(using="default")


def faults():
    return list(record.verify())


def test_an_untouched_record_holds_together(approved):
    assert faults() == []
    call_command("verify_record")


@pytest.mark.parametrize(
    "column",
    [
        "actor_name",
        "payload",
        "action",
        "to_state",
        "from_state",
        "content_hash",
        "version",
        "at",
        "prev",
        "hash",
        "on_behalf_name",
        "refused",
        "key",
    ],
)
def test_a_changed_column_is_found(unguarded, column):
    event = Event.objects.filter(case=unguarded)[2]
    changed = {"version": event.version + 1, "at": event.at.replace(year=2020)}.get(column, "x")
    Event.objects.filter(pk=event.pk).update(**{column: changed})
    assert faults()
    with pytest.raises(CommandError):
        call_command("verify_record")


def test_a_removed_event_is_found_in_the_middle_and_at_the_end(unguarded):
    with transaction.atomic():
        remove(Event.objects.get(case=unguarded, seq=3))
        assert faults()
        transaction.set_rollback(True)
    remove(Event.objects.filter(case=unguarded).last())
    assert next(f.what for f in faults()) == "the case's head is not its last event"


def test_two_swapped_events_are_found(unguarded):
    first, second = Event.objects.filter(case=unguarded)[1:3]
    Event.objects.filter(pk=first.pk).update(seq=100)
    Event.objects.filter(pk=second.pk).update(seq=first.seq)
    Event.objects.filter(pk=first.pk).update(seq=second.seq)
    assert faults()


def test_an_inserted_event_is_found(unguarded):
    last = Event.objects.filter(case=unguarded).last()
    last.pk, last.seq, last.key, last.prev = None, last.seq + 1, None, last.hash
    last.hash = record.digest(last)
    last.save(force_insert=True)
    assert faults()


def test_a_state_set_by_hand_is_found(approved):
    Case.objects.filter(pk=approved.pk).update(state="draft")
    assert [f.what for f in faults()] == ["the case's state is not that of its last event"]


def test_the_database_refuses_update_delete_and_replace(approved):
    event = Event.objects.filter(case=approved).first()
    decision = Decision.objects.filter(case=approved).first()
    for attempt in (
        lambda: Event.objects.filter(pk=event.pk).update(actor_name="x"),
        lambda: Event.objects.filter(pk=event.pk).delete(),
        lambda: Decision.objects.filter(pk=decision.pk).update(words="x"),
        lambda: event.save(force_insert=True),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert faults() == []


def test_the_database_refuses_to_replace_or_truncate(approved):
    statement = (
        "TRUNCATE workflow_event CASCADE"
        if connection.vendor == "postgresql"
        else "INSERT OR REPLACE INTO workflow_event SELECT * FROM workflow_event LIMIT 1"
    )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert faults() == []


@pytest.mark.parametrize("table", append_only.TABLES)
def test_no_statement_rewrites_what_is_append_only(approved, table, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    sealing.seal(now=NOW)
    rulings.note(action=rulings.Rule.ALIAS, subject="演示", by=None, now=NOW, payload={})
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        rows = cursor.fetchall()
        columns = [column[0] for column in cursor.description]
    assert rows
    others = ", ".join(columns[1:])
    statements = [f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"DELETE FROM {table} WHERE id = {rows[0][0]}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")
        statements.append(f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id")
    else:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
        statements.append(f"REPLACE INTO {table} SELECT * FROM {table}")
        statements.append(f"UPDATE OR REPLACE {table} SET id = id + 1")
        if append_only.ONCE[table] != "FALSE":
            same = f"SELECT id + 900000, {others} FROM {table}"
            statements.append(f"INSERT OR REPLACE INTO {table} (id, {others}) {same}")
    for statement in statements:
        for pragma in ("OFF", "ON") if connection.vendor == "sqlite" else ("",):
            with connection.cursor() as cursor:
                if pragma:
                    cursor.execute(f"PRAGMA recursive_triggers={pragma}")
                with pytest.raises(DatabaseError), transaction.atomic():
                    cursor.execute(statement)
                cursor.execute(f"SELECT * FROM {table}")
                assert cursor.fetchall() == rows, statement


def test_migrations_install_the_triggers_and_the_check_reports_their_loss(approved):
    assert append_only.missing(connection) == []
    append_only.remove(connection)
    assert len(append_only.missing(connection)) == len(append_only.TABLES) * (3 if connection.vendor == "sqlite" else 2)
    with pytest.raises(CommandError):
        call_command("verify_record")
    append_only.install(connection)
    call_command("verify_record")
