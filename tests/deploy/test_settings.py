"""Settings from the environment: database addresses, refused sample key, a clean production check."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from deploy.settings import _database

PRODUCTION = {
    "BTR_HTTPS": "1",
    "BTR_SECRET_KEY": "0123456789-a-long-enough-key-for-this-check-only-abcdefghijklmnopq",
    "BTR_ALLOWED_HOSTS": "targets.example",
}


def _manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "name"),
    [
        ("postgresql://anna:p%40ss@db.example:5433/btr", "db.example", "5433", "anna", "btr"),
        ("postgres://anna@[::1]:5432/btr", "::1", "5432", "anna", "btr"),
        ("postgresql://anna@%2Frun%2FPostgreSQL/btr", "/run/PostgreSQL", "", "anna", "btr"),
        ("postgresql:///btr", "", "", "", "btr"),
    ],
)
def test_a_postgresql_address_is_read(url: str, host: str, port: str, user: str, name: str) -> None:
    read = _database(url)
    assert (read["HOST"], read["PORT"], read["USER"], read["NAME"]) == (host, port, user, name)


def test_sqlite_takes_its_write_lock_at_the_beginning() -> None:
    options = _database("sqlite:////srv/btr/db.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]
    assert "foreign_keys=ON" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]
    assert options["timeout"] == 20


def test_no_statement_lock_or_idle_transaction_on_postgresql_lasts_for_ever() -> None:
    read = _database("postgresql:///btr")
    limits = dict(part.split("=") for part in read["OPTIONS"]["options"].split("-c ") if part.strip())
    assert {name: int(value) for name, value in limits.items()} == {
        "statement_timeout": 30_000, "lock_timeout": 5_000, "idle_in_transaction_session_timeout": 60_000,
    }  # fmt: skip
    assert read["CONN_HEALTH_CHECKS"] is True


def test_an_unknown_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="BTR_DATABASE_URL"):
        _database("mysql://localhost/btr")


def test_the_sample_key_is_refused(clean_environment: dict[str, str]) -> None:
    sample = next(
        line.partition("=")[2]
        for line in (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8").splitlines()
        if "BTR_SECRET_KEY=" in line
    )
    done = _manage({**clean_environment, "BTR_SECRET_KEY": sample}, "check")
    assert done.returncode != 0
    assert "sample key" in done.stderr


def test_production_settings_pass_the_deployment_check(clean_environment: dict[str, str]) -> None:
    done = _manage({**clean_environment, **PRODUCTION}, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
