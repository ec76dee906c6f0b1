"""Extensions: ask for a later deadline, and the page on which finance answers."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow import extensions, queries
from workflow.models import Extension
from workflow.refusals import DetailMissing
from workflow.views.asking import person
from workflow.views.timing import parse_date_or_none


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Show the requests that wait for an answer, on cases that the person sees."""
    if not queries.is_finance(person(request)):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))
    found = list(extensions.open_for(person(request)))
    return render(request, "workflow/extensions.html", {"section": "overdue", "extensions": found})


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, task: int) -> HttpResponse:
    """Ask for a later deadline of one's own task."""
    mine = queries.tasks_of(person(request)).select_related("case__unit", "step").filter(pk=task).first()
    if mine is None:
        raise Http404
    if request.method == "GET":
        return render(request, "workflow/extension_ask.html", {"section": "inbox", "task": mine})
    until = parse_date_or_none(request.POST.get("until", ""))
    if until is None:
        raise DetailMissing(field=_("New date"))
    extensions.ask(
        task_id=mine.pk, by=person(request), until=until, reason=request.POST.get("reason", ""), now=timezone.now()
    )
    messages.success(request, _("Asked. Until finance answers, the present deadline holds."))
    return redirect("inbox")


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse a request."""
    asked = get_object_or_404(Extension.objects.select_related("task__case__department"), pk=pk)
    if not extensions.may_answer(person(request), asked.task.case):
        raise Http404
    is_granted = "grant" in request.POST
    extensions.answer(
        extension_id=asked.pk,
        by=person(request),
        grant=is_granted,
        words=request.POST.get("words", ""),
        now=timezone.now(),
    )
    messages.success(
        request, _("Granted: the deadline has moved.") if is_granted else _("Refused: the deadline stays.")
    )
    return redirect("extensions")
