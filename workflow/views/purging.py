"""The pages of a purge: what a case holds and could lose, and the requests that wait for a second signature."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workflow import kinds, purging
from workflow.models import Purge
from workflow.refusals import DetailMissing, Refused
from workflow.views.asking import person, visible_case

SHOWN = 100


@require_http_methods(["GET", "POST"])
def case_purge(request: HttpRequest, number: str) -> HttpResponse:
    """Show a head what the case holds, and take the first signature for one of it."""
    by, case = person(request), visible_case(request, number)
    if not purging.is_head(by, case):
        raise PermissionDenied(_("This page is for the heads of the case's offices."))
    refusal = None
    if request.method == "POST":
        what, _sign, sha256 = request.POST.get("which", "").partition(":")
        try:
            reason = request.POST.get("reason", "")
            if not what:
                raise DetailMissing(field=_("what is to be purged"))
            purging.ask(case=case, what=what, sha256=sha256, reason=reason, by=by, now=timezone.now())
            messages.success(request, _("Asked for. The security administrator gives the second signature."))
            return redirect("purges")
        except Refused as refused:
            refusal = refused
    kept = purging.kept_of(case)
    return render(request, "workflow/case_purge.html", {
        "section": "tables",
        "case": case,
        "link": kinds.document_of(case).url(case),
        "kept": kept,
        "choosable": any(not one.is_purged for one in kept),
        "chosen": request.POST.get("which", ""),
        "reason": request.POST.get("reason", ""),
        "refusal": refusal,
    }, status=422 if refusal else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def purges(request: HttpRequest) -> HttpResponse:
    """Show the requests that wait, and what was purged; sign the second time, or refuse."""
    by, refusal = person(request), None
    if request.method == "POST":
        pressed = "confirm" if "confirm" in request.POST else "refuse"
        number = request.POST.get(pressed, "")
        purge = get_object_or_404(Purge, pk=int(number) if number.isdecimal() and len(number) < 12 else 0)
        try:
            if pressed == "confirm":
                purging.confirm(purge=purge, by=by, now=timezone.now())
                messages.success(request, _("Purged. Only the digest is left."))
            else:
                purging.refuse(purge=purge, by=by, now=timezone.now())
                messages.success(request, _("The request is closed; nothing was taken away."))
            return redirect("purges")
        except Refused as refused:
            refusal = refused
    keeps = purging.is_keeper(by)
    done = Purge.objects.filter(is_carried_out=True).select_related("case", "asked_by", "decided_by").order_by("-pk")
    return render(request, "workflow/purges.html", {
        "section": "purges",
        "waiting": purging.open_for(by),
        "done": done[:SHOWN] if keeps else [],
        "keeps": keeps,
        "refusal": refusal,
    }, status=422 if refusal else 200)  # fmt: skip
