"""Batches over HTTP: choose on the workbench, look at what can be done and why not, confirm, read the results."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow import batches, choices, grants, papers
from workflow.machine import Action
from workflow.models import Batch
from workflow.papers import PaperRefused
from workflow.refusals import DetailMissing, NotVisible, Refused
from workflow.views.asking import person


@require_POST
def batch_new(request: HttpRequest) -> HttpResponse:
    """Make the preview of what was chosen, and go to it; with nothing ticked, say so on the workbench."""
    by, now = person(request), timezone.now()
    action = request.POST.get("action", "")
    try:
        if action not in batches.CHOSEN:
            raise batches.NoBatchOf(action=action[:20])
        cases = batches.waiting_for(by=by) if "all" in request.POST else batches.chosen(
            numbers=request.POST.getlist("number"), by=by)  # fmt: skip
        batch = batches.prepare(action=action, rows=[(case, {}) for case in cases], by=by, now=now)
    except (batches.NothingChosen, batches.TooManyChosen, batches.NoBatchOf) as refusal:
        messages.error(request, str(refusal))
        return redirect("inbox")
    return redirect("batch", batch.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the preview, the progress or the results; a POST confirms."""
    found = batches.find(pk, by=person(request))
    if request.method != "POST":
        return _page(request, found)
    typed = {name: request.POST.get(name, "").strip() for name in batches.DETAILS.get(Action(found.action), ())}
    if "people" in typed:
        typed["people"] = [typed["people"]] if typed["people"] else []  # type: ignore[assignment]
    try:
        done = batches.confirm(found, by=person(request), now=timezone.now(), details=typed, scan=posted_scan(request))
    except batches.ConfirmedBefore as refusal:
        messages.info(request, str(refusal))
        return redirect("batch", pk)
    except (DetailMissing, PaperRefused, batches.NothingChosen) as refusal:
        return _page(request, found, refusal=refusal, typed=typed, status=422)
    if done.status == Batch.Status.DONE:
        count = sum(result["done"] for result in done.results)
        messages.success(request, _("Done for %(count)s of %(all)s cases.")
                         % {"count": count, "all": len(done.rows)})  # fmt: skip
    return redirect("batch", pk)


def posted_scan(request: HttpRequest) -> tuple[str, bytes] | None:
    """Return name and bytes of the scan that was sent with a release, None without one."""
    file = request.FILES.get("scan")
    if file is None or isinstance(file, list):
        return None
    return file.name or "", file.read(settings.UPLOAD_LIMIT_BYTES + 1)


def _page(request: HttpRequest, found: Batch, *, refusal: Refused | None = None, typed: dict[str, Any] | None = None,
          status: int = 200) -> HttpResponse:  # fmt: skip
    seen = batches.shown(found)
    asked = batches.DETAILS.get(seen.action, ()) if found.status == Batch.Status.PREVIEW else ()
    answer = render(request, "workflow/batch.html", {
        "section": "inbox", "batch": found, "shown": seen, "asked": asked, "refusal": refusal, "typed": typed or {},
        "can": seen.count("can"), "amount_can": seen.amount("can"), "cannot": seen.count("cannot"),
        "amount_cannot": seen.amount("cannot"), "done": seen.count("done"), "amount_done": seen.amount("done"),
        "refused": seen.count("refused"), "carried": len(found.results), "total": len(found.rows),
        "colleagues": choices.colleagues(person(request)) if "people" in asked else (),
        "now": timezone.now(),
    }, status=status)  # fmt: skip
    if found.status == Batch.Status.WAITING:
        answer["Refresh"] = "5"
    return answer


@require_safe
def release_scan(request: HttpRequest, number: str) -> HttpResponseBase:
    """Hand out the scan of the document under which a case was released, to be saved, never shown by the browser."""
    case = grants.visible_to(person(request)).filter(number=number).first()
    found = papers.of_case(case) if case is not None else None
    if found is None:
        raise NotVisible
    safe = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return FileResponse(default_storage.open(found.path, "rb"), as_attachment=True, filename=found.name,
                        content_type="application/octet-stream", headers=safe)  # fmt: skip


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    """Show the batches that the person confirmed lately."""
    mine = Batch.objects.filter(by=person(request)).exclude(status=Batch.Status.PREVIEW)[:30]
    lines = [(one, Action(one.action).label, sum(r["done"] for r in one.results), len(one.rows)) for one in mine]
    return render(request, "workflow/batch_list.html", {"section": "inbox", "lines": lines})
