"""Answers to trouble that is nobody's fault below: a page for an error of the system, with a code to quote."""

import logging
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.template import loader

log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show a short code that the log line carries too; asks nothing of the database, which may be the trouble."""
    code = uuid4().hex[:8].upper()
    log.error("server error %s at %s %s", code, request.method, request.path)
    return HttpResponse(loader.render_to_string("500.html", {"code": code}), status=500)
