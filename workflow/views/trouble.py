"""Answers to trouble that is nobody's fault below: a page for an error of the system, with a code to quote."""

import errno
import logging
import sys
from http import HTTPStatus
from uuid import uuid4

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.http import url_has_allowed_host_and_scheme

from workflow import kept

log = logging.getLogger(__name__)


NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_ROOM_WORDS = ("disk is full", "no space left", "could not extend file")
"""What SQLite and PostgreSQL say when they can write no more."""


def server_error(request: HttpRequest) -> HttpResponse:
    """Show a short code that the log line carries too; asks nothing of the database, which may be the trouble.

    A full disk gets a sentence of its own: trying again is no use, and what was sent is not stored.
    """
    code = uuid4().hex[:8].upper()
    log.error("server error %s at %s %s", code, request.method, request.path)
    context = {"code": code, "has_no_room": _has_no_room(sys.exc_info()[1])}
    return HttpResponse(loader.render_to_string("500.html", context), status=500)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token no longer holds; what was typed into a form of ours is shown, so that nothing is lost.

    A form that another site sent is answered without its texts.
    """
    came_from = request.headers.get("origin") or request.headers.get("referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure())
    typed = kept.typed_texts(request.POST) if ours and came_from.startswith("http") else ()
    return render(request, "403_csrf.html", {"kept": typed}, status=HTTPStatus.FORBIDDEN)


def _has_no_room(error: BaseException | None) -> bool:
    """Return whether `error`, or one that it comes from, is about a disk that takes no more."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        if isinstance(error, DatabaseError) and any(words in str(error).lower() for words in NO_ROOM_WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False
