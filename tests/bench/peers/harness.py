"""What every peer's script shares: settings in code, its own database, the paired run, a race of two, a line of JSON.

Runs inside the peer's throw-away environment, so it imports Django and tests.bench.floor only.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings


def database(name: str) -> dict:
    """Return the DATABASES entry for BTR_DATABASE_URL (postgresql://… or sqlite:///…)."""
    url = urlsplit(os.environ["BTR_DATABASE_URL"])
    if url.scheme == "sqlite":
        path = f"{url.path}.{name}"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
            "TEST": {"NAME": path},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.strip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname,
        "PORT": url.port or "",
        "OPTIONS": {"prepare_threshold": 1, "server_side_binding": True},
        "TEST": {"NAME": f"test_peer_{name}"},
    }


def configure(name: str, apps: list[str], **further) -> None:
    """Set Django up with `apps` beside auth and contenttypes."""
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DATABASES={"default": database(name)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        SECRET_KEY="of the measurement only",
        **further,
    )
    django.setup()


def measure(name: str, build: Callable, approve: Callable, again: Callable) -> None:
    """Build, warm up, pair, race, and print one line of JSON.

    `build(n)` returns n items, each ready for its department's approval, `approve(item)` carries one out, `again(item)`
    returns what one of two racing threads runs: a callable whose exception means that it was told.
    """
    from django.db import connection, reset_queries
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from tests.bench import floor

    pairs, each, races = (int(a) for a in sys.argv[1:4])
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        floor.build(each)
        items = build(each * (pairs + 1) + 1 + races)
        connection.force_debug_cursor = True
        reset_queries()
        approve(items[-1])
        statements = [q["sql"] for q in connection.queries if not q["sql"].startswith(("BEGIN", "COMMIT"))]
        connection.force_debug_cursor = False
        rounds = [items[each * n : each * (n + 1)] for n in range(pairs + 1)]
        paired = floor.pair(rounds, approve, each)
        both = sum(_race(again(item)) == 2 for item in items[each * (pairs + 1) : -1])
        answer = {"peer": name, "statements": len(statements), "ratio": paired.ratio, "text": str(paired)}
        print(json.dumps({**answer, "races": races, "both": both}))
    finally:
        teardown_databases(made, verbosity=0)


def _race(run: Callable) -> int:
    """Let two threads, each on its own connection, meet at `run`; return how many were told that they succeeded."""
    from django.db import connection

    gate, told = threading.Barrier(2), []

    def one() -> None:
        try:
            run(gate.wait)
            told.append(True)
        except Exception:
            pass  # The refusal: what the count is about.
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(told)
