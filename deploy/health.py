"""Answers for watchers: is the process alive, can it serve, which version is it.

Answered by a middleware before the host check, the redirect to HTTPS and the log-in, so that a probe needs neither a
name nor a session. Redis and the mail server are not asked: losing them must not take the site down.
"""

import functools
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from notifications import queries
from workflow import deadlines, sweeping
from workflow.administering import Duty
from workflow.machine import TaskStatus
from workflow.models import CalendarYear, Heartbeat, Task
from workflow.views.asking import keeper

_migrated = False


def _database() -> str:
    """Say "ok" when the database answers; else which kind of error it gave (never its text: it names hosts)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


def _migrations() -> str:
    """Say "ok" when every migration of this version is applied; asked of the database until it once was so."""
    global _migrated
    if _migrated:
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return type(error).__name__
    _migrated = not waiting
    return "ok" if _migrated else f"{len(waiting)} not applied"


def _storage() -> str:
    """Say "ok" when a file can be written to VAR_DIR."""
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR) as file:
            file.write(b"ready?")
    except OSError as error:
        return type(error).__name__
    return "ok"


def _free_percent() -> int:
    """Return how much of the disk that holds VAR_DIR is free, in percent; -1 when it cannot be asked."""
    try:
        usage = shutil.disk_usage(settings.VAR_DIR)
    except OSError:
        return -1
    return usage.free * 100 // usage.total


@functools.cache
def version() -> dict[str, str]:
    """Return the name and version of the project, from pyproject.toml."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"name": project["name"], "version": project["version"]}


def _answer(body: dict[str, object], status: int = 200) -> HttpResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process runs."""
    return _answer({"alive": True})


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when database, migrations and storage are in order, else 503, with one word for each."""
    database = _database()
    checks = {
        "database": database,
        "migrations": _migrations() if database == "ok" else "not asked",
        "storage": _storage(),
    }
    ready = set(checks.values()) == {"ok"}
    return _answer({"ready": ready, "checks": checks}, 200 if ready else 503)


@login_not_required
def show_version(request: HttpRequest) -> HttpResponse:
    """Answer with the name and version of what runs here."""
    return _answer({**version()})


def _age(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else max(0, int((now - since).total_seconds()))


@require_safe
def statusz(request: HttpRequest) -> HttpResponse:
    """Answer administrators with what waits, since when (in seconds), who lives, and what the calendar knows.

    Raises: PermissionDenied for everybody else.
    """
    keeper(request, Duty.OPERATION, Duty.RECORD)
    now = deadlines.database_now()
    due, outbox = sweeping.backlog(now=now), queries.outbox()
    years = sorted(CalendarYear.objects.values_list("year", flat=True))
    return _answer({
        "time": now.isoformat(),
        "sweep": {"tasks_due": due.tasks, "oldest_unfired_seconds": _age(due.oldest, now)},
        "outbox": {
            "notices": outbox.notices,
            "oldest_notice_seconds": _age(outbox.oldest_notice, now),
            "pending": outbox.pending,
            "oldest_pending_seconds": _age(outbox.oldest_pending, now),
        },
        "incidents": {"deliveries": outbox.incidents, "notices": outbox.stuck},
        "storage": {"free_percent": _free_percent()},
        "heartbeats": {
            row.name: {
                "seconds": _age(row.beat_at, now),
                "up_since": row.up_since.isoformat() if row.up_since else None,
            }
            for row in Heartbeat.objects.order_by("name")
        },
        "calendar": {
            "years": years,
            "this_year_known": deadlines.day_of(now).year in years,
            "next_year_known": deadlines.day_of(now).year + 1 in years,
            "provisional_deadlines": Task.objects.filter(status=TaskStatus.OPEN, due_is_provisional=True).count(),
        },
    })  # fmt: skip


urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("version", show_version, name="version"),
    path("statusz", statusz, name="statusz"),
]
_ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/livez": livez,
    "/readyz": readyz,
    "/version": show_version,
}


class HealthMiddleware:
    """Stands first: a probe is answered here, everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = _ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return answer(request)
