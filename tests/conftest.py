"""What all tests share: files of their own, cheap passwords, and how a left-out test is judged.

Nothing here knows a room; fixtures of a room stand in the room's own folder. `tests/tiers.py` starts the whole suite.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

OWN_DIRECTORY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Move everything that the project writes (database, uploads, mails) out of the user's var/."""
    from django.conf import settings

    base = os.environ.get("BTR_TEST_DIR")
    own = Path(tempfile.mkdtemp(prefix="btr-test-", dir=base))
    config.stash[OWN_DIRECTORY] = own
    os.environ["BTR_VAR_DIR"] = str(own)
    settings.VAR_DIR = own
    settings.MEDIA_ROOT = own / "media"
    settings.EMAIL_FILE_PATH = own / "mails"
    settings.STATIC_ROOT = own / "static"
    settings.STATIC_ROOT.mkdir()
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["NAME"] = str(own / "db.sqlite3")
        database.setdefault("TEST", {})["NAME"] = str(own / "test.sqlite3")
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    _let_flush_pass_the_append_only_triggers()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _let_flush_pass_the_append_only_triggers() -> None:
    """Drop the record's triggers before a transactional test is flushed; post_migrate installs them again."""
    from django.db import connection
    from django.test import TransactionTestCase

    from workflow import append_only

    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        append_only.remove(connection)
        flush(self)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]


def pytest_unconfigure(config: pytest.Config) -> None:
    if own := config.stash.get(OWN_DIRECTORY, None):
        shutil.rmtree(own, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With BTR_NO_SKIPS=1 a skipped test fails the run: what was left out must be left out by name."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("BTR_NO_SKIPS") == "1" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def clean_environment() -> Iterator[dict[str, str]]:
    """The environment for a child process that must see no BTR_ variable of ours but its own directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BTR_", "DJANGO_", "PYTEST_"))}
    with tempfile.TemporaryDirectory(prefix="btr-child-") as own:
        yield kept | {"BTR_VAR_DIR": own}


@pytest.fixture(autouse=True)
def _nothing_kept_from_the_last_test() -> None:
    """Forget what outlives the last test's rows: the calendar and the ladders of the process, the seals of the file."""
    from workflow import calendar, ladders, sealing

    sealing.file_path().unlink(missing_ok=True)

    calendar.clear_cache()
    ladders.clear_cache()
