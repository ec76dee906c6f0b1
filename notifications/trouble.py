"""The administrator's page of what could not be told: each with its reason, to be tried again or dealt with by hand."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import delivery as sending
from notifications import hooks, queries
from workflow import administering, sweeping
from workflow.administering import Duty
from workflow.models import User
from workflow.views.asking import keeper

SHOWN = 200


def _operator(request: HttpRequest) -> User:
    return keeper(request, Duty.OPERATION)


@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """Show what waits, what was given up, and what cannot be expanded."""
    by = keeper(request, Duty.OPERATION, Duty.RECORD)
    now = timezone.now()
    return render(request, "notifications/incidents.html", {
        "section": "incidents",
        "operates": administering.has(by, Duty.OPERATION),
        "deliveries": queries.incidents()[:SHOWN],
        "hooks": queries.hook_incidents()[:SHOWN],
        "notices": queries.stuck_notices()[:SHOWN],
        "outbox": queries.outbox(),
        "backlog": sweeping.backlog(now=now),
    })  # fmt: skip


def _done(request: HttpRequest, count: int, words: str) -> HttpResponse:
    """Say what was done, or 404 when the incident is none any more."""
    if not count:
        raise Http404
    messages.success(request, words)
    return redirect("incidents")


@require_POST
def retry(request: HttpRequest, delivery: int) -> HttpResponse:
    """Try to send a message again, from its first attempt on."""
    _operator(request)
    return _done(request, sending.retry(delivery_id=delivery, now=timezone.now()), _("It will be sent again."))


@require_POST
def resolve(request: HttpRequest, delivery: int) -> HttpResponse:
    """Note that the person was told in another way."""
    by = _operator(request)
    count = sending.resolve(delivery_id=delivery, by=by, note=request.POST.get("note", ""), now=timezone.now())
    return _done(request, count, _("Noted as dealt with."))


@require_POST
def retry_notice(request: HttpRequest, notice: int) -> HttpResponse:
    """Try to expand a notice again."""
    _operator(request)
    return _done(request, sending.retry_notice(notice_id=notice, now=timezone.now()), _("It will be tried again."))


@require_POST
def retry_hook(request: HttpRequest, delivery: int) -> HttpResponse:
    """Try a webhook again, from its first attempt on."""
    _operator(request)
    return _done(request, hooks.retry(delivery_id=delivery, now=timezone.now()), _("It will be sent again."))


@require_POST
def resolve_hook(request: HttpRequest, delivery: int) -> HttpResponse:
    """Note that a webhook's message was dealt with in another way."""
    by = _operator(request)
    count = hooks.resolve(delivery_id=delivery, by=by, note=request.POST.get("note", ""), now=timezone.now())
    return _done(request, count, _("Noted as dealt with."))
