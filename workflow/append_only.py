"""Database triggers that keep the record append-only, on SQLite and PostgreSQL.

Installed by a migration and again after every migrate, since SQLite drops triggers when a table is remade.
They stop UPDATE, DELETE, INSERT OR REPLACE and TRUNCATE by the application; who owns the database can drop
them, and then the hash chain tells.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

ONCE = {
    "workflow_event": "case_id = NEW.case_id AND seq = NEW.seq",
    "workflow_decision": "task_id = NEW.task_id",
    "workflow_seal": "FALSE",
    "workflow_ruling": "seq = NEW.seq",
}
"""What a row stands for besides its id: on SQLite an INSERT OR REPLACE over it removes the old row without a DELETE."""
TABLES = tuple(ONCE)

_ABORT = "BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END"
_SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS {{t}}_no_update BEFORE UPDATE ON {{t}} {_ABORT}",
    f"CREATE TRIGGER IF NOT EXISTS {{t}}_no_delete BEFORE DELETE ON {{t}} {_ABORT}",
    "DROP TRIGGER IF EXISTS {t}_no_replace",
    "CREATE TRIGGER {t}_no_replace BEFORE INSERT ON {t}"
    f" WHEN EXISTS (SELECT 1 FROM {{t}} WHERE id = NEW.id OR ({{once}})) {_ABORT}",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION workflow_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    "CREATE OR REPLACE TRIGGER {t}_no_change BEFORE UPDATE OR DELETE ON {t}"
    " FOR EACH ROW EXECUTE FUNCTION workflow_append_only()",
    "CREATE OR REPLACE TRIGGER {t}_no_truncate BEFORE TRUNCATE ON {t}"
    " FOR EACH STATEMENT EXECUTE FUNCTION workflow_append_only()",
)
_NAMES = {"sqlite": ("no_update", "no_delete", "no_replace"), "postgresql": ("no_change", "no_truncate")}
_LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers as they are meant now, on those of the tables that are there already."""
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[connection.vendor]
    there = _tables_there(connection)
    with connection.cursor() as cursor:
        for table in there:
            for statement in statements:
                cursor.execute(statement.replace("{t}", table).replace("{once}", ONCE[table]))


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers: for tests that empty the tables, and for a migration backwards."""
    on_table = " ON {t}" if connection.vendor == "postgresql" else ""
    there = _tables_there(connection)
    with connection.cursor() as cursor:
        for table in there:
            for name in _NAMES[connection.vendor]:
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{on_table}".replace("{t}", table))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that should stand and do not."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED[connection.vendor])
        there = {row[0] for row in cursor.fetchall()}
    return [f"{t}_{n}" for t in TABLES for n in _NAMES[connection.vendor] if f"{t}_{n}" not in there]


def _tables_there(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the tables that exist: an early migration runs before a later one has made them."""
    names = set(connection.introspection.table_names())
    return [table for table in TABLES if table in names]
