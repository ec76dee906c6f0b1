"""Answers for watchers: is the process alive, can it serve, which version is it.

Answered by a middleware before the host check, the redirect to HTTPS and the log-in, so that a probe needs neither a
name nor a session. Redis and the mail server are not asked: losing them must not take the site down.
"""

import functools
import tempfile
import tomllib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from deploy import status
from workflow import deadlines
from workflow.administering import Duty
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


@functools.cache
def version() -> dict[str, str]:
    """Return the name and version of the project, from pyproject.toml."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"name": project["name"], "version": project["version"]}


def _answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
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


@require_safe
def statusz(request: HttpRequest) -> HttpResponse:
    """Answer administrators with what waits, who lives, and what the calendar knows (status.facts).

    Raises: PermissionDenied for everybody else.
    """
    keeper(request, Duty.OPERATION, Duty.RECORD)
    return _answer(status.facts(now=deadlines.database_now()))


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
