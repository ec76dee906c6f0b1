"""What every peer's script shares: settings in code, its own database, batches on demand, a race of two.

Runs inside the peer's throw-away environment, so it imports Django and tests.bench.floor only.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
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
    """Build and warm up, then measure one batch for each line of the standard input; answers are lines of JSON.

    `build(n)` returns n items, each ready for its department's approval, `approve(item)` carries one out, `again(item)`
    returns what one of two racing threads runs: a callable whose exception means that it was told. Asked "floor" or
    "approve", the answer is what a batch took: [seconds, processor seconds]; asked "race", how often both were told.
    """
    from django.db import connection, reset_queries
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from tests.bench import floor

    pairs, each, races = (int(a) for a in sys.argv[1:4])
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        floor.build(each)
        items = iter(build(each * (pairs + 1) + 1 + races))
        connection.force_debug_cursor = True
        reset_queries()
        approve(next(items))
        statements = [q["sql"] for q in connection.queries if not q["sql"].startswith(("BEGIN", "COMMIT"))]
        connection.force_debug_cursor = False
        versions = count()
        batches = {
            "floor": lambda: _taken(lambda: floor.run(each, next(versions))),
            "approve": lambda: _taken(lambda batch: [approve(item) for item in batch], list(islice(items, each))),
            "race": lambda: sum(_race(again(item)) == 2 for item in islice(items, races)),
        }
        print(json.dumps({"peer": name, "statements": len(statements)}), flush=True)
        for line in sys.stdin:
            print(json.dumps(batches[line.strip()]()), flush=True)
    finally:
        teardown_databases(made, verbosity=0)


def _taken(run: Callable, *arguments: list) -> tuple[float, float]:
    """Return the seconds of a run, and the processor's: of this process and of its server process, if it is here."""
    begin, worked = time.perf_counter(), _worked()
    run(*arguments)
    return time.perf_counter() - begin, _worked() - worked


def _worked() -> float:
    from django.db import connection

    server = 0.0
    if connection.vendor == "postgresql":
        of_server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
        server = int(of_server.read_text().split()[0]) / 1e9 if of_server.exists() else 0.0
    return time.process_time() + server


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
