"""The administrator's page of the ways out: the mail server and the webhooks, entered, tried and switched off."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import hooks, trying
from notifications.forms import HookForm
from notifications.models import Hook
from workflow.administering import Duty
from workflow.views.asking import keeper


@require_safe
def channels(request: HttpRequest) -> HttpResponse:
    """Show every way over which messages leave the site, whether it is on, and a button that tries it."""
    return _page(request)


def _page(request: HttpRequest, *, tried: trying.Tried | None = None, to: str | None = None) -> HttpResponse:
    by = keeper(request, Duty.OPERATION)
    known = Hook.objects.select_related("department").order_by("-is_active", "title", "pk")
    count, people = trying.out_of_reach()
    return render(request, "notifications/channels.html", {
        "section": "channels",
        "has_mail": settings.EMAIL_ENABLED,
        "to_files": settings.EMAIL_TO_FILES,
        "mail_server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "sender": settings.DEFAULT_FROM_EMAIL,
        "to": by.email if to is None else to,
        "hosts": sorted(settings.WEBHOOK_HOSTS),
        # The path of a robot's address is its key: only the host is shown.
        "hooks": [(hook, urlsplit(hook.address).hostname or "") for hook in known],
        "without_mail": count,
        "without_mail_names": people,
        "tried": tried,
    }, status=200 if tried is None or tried.is_taken else 422)  # fmt: skip


@require_POST
def try_mail(request: HttpRequest) -> HttpResponse:
    """Send one test mail and say what came of it."""
    by = keeper(request, Duty.OPERATION)
    to = request.POST.get("to", "").strip()
    return _page(request, tried=trying.mail(to=to, by=by, now=timezone.now()), to=to)


@require_POST
def try_hook(request: HttpRequest, pk: int) -> HttpResponse:
    """Call one webhook with a test message and say what came of it; one that is switched off may be tried too."""
    by = keeper(request, Duty.OPERATION)
    hook = get_object_or_404(Hook, pk=pk)
    return _page(request, tried=trying.hook(hook, by=by, now=timezone.now()))


@require_http_methods(["GET", "POST"])
def hook_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Enter a webhook or change one; what is refused stays typed and nothing is stored."""
    by = keeper(request, Duty.OPERATION)
    hook = get_object_or_404(Hook, pk=pk) if pk is not None else None
    form = HookForm(request.POST or None, instance=hook)
    if request.method == "POST" and form.is_valid():
        hooks.enter(hook=form.save(commit=False), by=by, now=timezone.now())
        messages.success(request, _("Stored. Try it out with a test message."))
        return redirect("channels")
    context = {"section": "channels", "form": form, "hook": hook, "hosts": sorted(settings.WEBHOOK_HOSTS)}
    return render(request, "notifications/hook_edit.html", context, status=422 if request.method == "POST" else 200)
