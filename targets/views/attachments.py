"""Attachments of a target table over HTTP: add, remove, open. Whoever does not see the case finds no page."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from targets import attachments
from targets.views.common import person, visible_case
from targets.views.tables import form_page
from workflow import engine
from workflow.machine import Action, Kind
from workflow.models import Case
from workflow.refusals import DetailMissing, Refused

SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


@require_POST
def attachment_add(request: HttpRequest, number: str) -> HttpResponse:
    """Attach the posted files, each by itself; the form says why one is refused, and the others stay attached."""
    case = visible_case(request, number, kind=Kind.TARGET)
    files = request.FILES.getlist("file")
    if not files:
        return _shown_again(request, case, [DetailMissing(field=_("File"))])
    refusals: list[Refused] = []
    for file in files:
        try:
            attachments.check_size(file.size or 0)
            made = attachments.add(case=case, kind=request.POST.get("kind", ""), name=file.name or "",
                                   data=file.read(), by=person(request), now=timezone.now())
        except attachments.AttachmentRefused as refusal:
            refusals.append(refusal)
        else:
            messages.success(request, _("“%(name)s” is attached. It belongs to what will be reviewed.")
                             % {"name": made.name})
    return _shown_again(request, case, refusals) if refusals else redirect("table", number)


@require_POST
def attachment_remove(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take one file off the table."""
    case = visible_case(request, number, kind=Kind.TARGET)
    found = attachments.find(case, pk)
    attachments.remove(attachment=found, by=person(request), now=timezone.now())
    messages.success(request, _("“%(name)s” is no longer attached. Versions that were submitted keep it.")
                     % {"name": found.name})
    return redirect("table", number)


@require_GET
def attachment_open(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """Hand out one file, to be saved, never to be shown by the browser."""
    case = visible_case(request, number, kind=Kind.TARGET)
    found = attachments.find(case, pk)
    return FileResponse(default_storage.open(found.path, "rb"), as_attachment=True, filename=found.name,
                        content_type="application/octet-stream", headers=SAFE)


def _shown_again(request: HttpRequest, case: Case, refusals: Sequence[Refused]) -> HttpResponse:
    first, *more = refusals
    if not engine.explain(case, Action.EDIT, by=person(request), now=timezone.now()).may:
        raise first
    for refusal in more:
        messages.error(request, str(refusal))
    now_there = visible_case(request, case.number, kind=Kind.TARGET)
    return form_page(request, now_there, status=422, attachment_refusal=first)
