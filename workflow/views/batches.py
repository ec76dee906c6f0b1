"""Batches over HTTP: choose on the workbench, look at what can be done and why not, confirm, read the results."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow import batches, choices
from workflow.machine import Action
from workflow.models import Batch
from workflow.refusals import DetailMissing, Refused
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
        done = batches.confirm(found, by=person(request), now=timezone.now(), details=typed)
    except batches.ConfirmedBefore as refusal:
        messages.info(request, str(refusal))
        return redirect("batch", pk)
    except (DetailMissing, batches.NothingChosen) as refusal:
        return _page(request, found, refusal=refusal, typed=typed, status=422)
    if done.status == Batch.Status.DONE:
        count = sum(result["done"] for result in done.results)
        messages.success(request, _("Done for %(count)s of %(all)s cases.")
                         % {"count": count, "all": len(done.rows)})  # fmt: skip
    return redirect("batch", pk)


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
def batch_list(request: HttpRequest) -> HttpResponse:
    """Show the batches that the person confirmed lately."""
    mine = Batch.objects.filter(by=person(request)).exclude(status=Batch.Status.PREVIEW)[:30]
    lines = [(one, Action(one.action).label, sum(r["done"] for r in one.results), len(one.rows)) for one in mine]
    return render(request, "workflow/batch_list.html", {"section": "inbox", "lines": lines})
