"""A reviewer's decision on a table or a report: approve, return, release. Texts stay when it is refused."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from targets import reviews
from targets.forms import DecisionForm
from targets.paper import REMARKED_FIELDS
from targets.views import monitoring, tables
from targets.views.common import person, posted_key, posted_principal, posted_seen, visible_case
from workflow import queries, words
from workflow.engine import Outcome
from workflow.machine import Kind
from workflow.models import Case
from workflow.papers import PaperRefused
from workflow.refusals import AskedFirst, Blocked, Claimed, ConditionsOpen, DetailMissing, ReasonMissing, UnknownStep
from workflow.views.batches import posted_scan

SHOWN_ON_THE_PAGE = (ReasonMissing, DetailMissing, Blocked, reviews.MustFixOnApproval, reviews.UnknownPlace,
                     reviews.UnknownVerdict, AskedFirst, Claimed, ConditionsOpen, UnknownStep, PaperRefused)
PAGES: dict[Kind, tuple[str, Callable[..., HttpResponse]]] = {
    Kind.TARGET: ("table", tables.read_page),
    Kind.REPORT: ("report", monitoring.report_read_page),
}


@require_POST
def decide(request: HttpRequest, number: str, kind: Kind) -> HttpResponse:
    """Carry out the decision whose button was pressed."""
    case = visible_case(request, number, kind=kind)
    page, show = PAGES[kind]
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return show(request, case, form=form, status=422, remarks=_remarks(request))
    if "add_up" in request.POST:
        return show(request, case, form=form, remarks=_remarks(request))
    try:
        outcome = _decide(request, case, form)
    except SHOWN_ON_THE_PAGE as refusal:
        return show(request, visible_case(request, number, kind=kind), form=form, status=422, refusal=refusal,
                    remarks=_remarks(request))
    _tell(request, case, outcome)
    return redirect(page, number)


def _decide(request: HttpRequest, case: Case, form: DecisionForm) -> Outcome:
    said: dict[str, Any] = form.cleaned_data
    common: dict[str, Any] = {"case": case, "by": person(request), "seen": posted_seen(request),
                              "key": posted_key(request), "now": timezone.now(), "words": said["words"],
                              "on_behalf_of": posted_principal(request, case)}
    verdict = request.POST.get("verdict", "")
    if verdict == "release":
        if not said["document_number"] or not said["document_date"]:
            raise DetailMissing(field=_("Document number and date"))
        return reviews.release(document_number=said["document_number"], document_date=said["document_date"],
                               scan=posted_scan(request), **common)
    remarks = [reviews.Remark(**remark) for remark in _remarks(request).values()]
    conditions = said["conditions"].splitlines() if verdict == "conditions" else ()
    return reviews.decide(verdict=verdict, days=said["days"], to=said["to"], again=said["again"],
                          conditions=conditions, sheet=form.sheet(), comments=remarks, **common)


def _remarks(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Return the remarks that hold words, by the uuid of the row or the name of the field that they are on."""
    lists = [request.POST.getlist(f"remark_{part}") for part in ("uuid", "kind", "words")]
    suggested = request.POST.getlist("remark_suggestion")
    suggested += [""] * (len(lists[0]) - len(suggested))
    return {where: {**_placed(where, suggests=bool(text.strip())), "kind": kind,
                    "words": words.strip() or _("Suggested: %(text)s") % {"text": text.strip()},
                    "suggestion": text.strip()}
            for where, kind, words, text in zip(*lists, suggested, strict=False) if words.strip() or text.strip()}


def _placed(where: str, *, suggests: bool) -> dict[str, Any]:
    """Return the place of a remark: a field of the head by its name, else a row by its uuid."""
    if where in REMARKED_FIELDS:
        return {"place": where, "indicator": None}
    return {"place": "value" if suggests else "indicator", "indicator": where}


def _tell(request: HttpRequest, case: Case, outcome: Outcome) -> None:
    if outcome.repeated:
        messages.info(request, _("This was done already; nothing was done twice."))
        return
    fresh = Case.objects.select_related("step").get(pk=case.pk)
    now_at = words.state_chip(fresh, task_kind=queries.standing(fresh).task_kind).words
    messages.success(request, _("Done: “%(title)s” is now “%(state)s”.") % {"title": case.title, "state": now_at})
