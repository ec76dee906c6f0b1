"""Attachments of a target table over HTTP: add, remove, open. Whoever does not see the case finds no page."""

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
    """Attach the posted file; refused, the form says why."""
    case = visible_case(request, number, kind=Kind.TARGET)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise DetailMissing(field=_("File"))
        attachments.check_size(file.size or 0)
        made = attachments.add(case=case, kind=request.POST.get("kind", ""), name=file.name or "", data=file.read(),
                               by=person(request), now=timezone.now())
    except (attachments.AttachmentRefused, DetailMissing) as refusal:
        return _shown_again(request, case, refusal)
    messages.success(request, _("“%(name)s” is attached. It belongs to what will be reviewed.") % {"name": made.name})
    return redirect("table", number)


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


def _shown_again(request: HttpRequest, case: Case, refusal: Refused) -> HttpResponse:
    if not engine.explain(case, Action.EDIT, by=person(request), now=timezone.now()).may:
        raise refusal
    return form_page(request, case, status=422, attachment_refusal=refusal)
