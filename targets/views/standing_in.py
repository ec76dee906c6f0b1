"""代填, 补录 and 建议值 over HTTP: others fill in or suggest, the unit confirms or takes over, finance admits."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from targets import attachments, drafts, standing_in, suggestions
from targets.paper import FormText
from targets.reopened import OnlyFundsOpen
from targets.rows import TextTooLong, TooManyRows, UnknownCategory, UnknownField
from targets.views.common import person, posted_key, posted_principal, posted_seen, visible_case
from targets.views.editing import CHANGES
from targets.views.tables import form_page, read_page
from workflow import engine
from workflow.machine import Action, Basis, Kind
from workflow.models import Case
from workflow.refusals import Blocked, DetailMissing, NotPermitted, ReasonMissing, Refused

SHOWN = (DetailMissing, ReasonMissing, TextTooLong, TooManyRows, UnknownCategory, UnknownField, OnlyFundsOpen,
         drafts.LockedHeader, attachments.AttachmentRefused)
"""What is wrong in the form itself: shown on it, with everything that was typed."""


@require_http_methods(["GET", "HEAD", "POST"])
def table_fill_for(request: HttpRequest, number: str) -> HttpResponse:
    """Show the form to department or bureau; a POST fills the table in for its unit, all of it or nothing."""
    case = visible_case(request, number, kind=Kind.TARGET)
    told = engine.explain(case, Action.FILL_FOR, by=person(request), now=timezone.now())
    if request.method != "POST":
        if not told.may:
            raise NotPermitted(action=Action.FILL_FOR.label, who=told.why)
        return _form(request, case)
    typed = FormText.of_post(request.POST)
    if change := next((name for name in CHANGES if name in request.POST), ""):
        return _form(request, case, typed=CHANGES[change](typed, request.POST[change]))
    try:
        standing_in.fill_for(
            case=case, by=person(request), now=timezone.now(), seen=posted_seen(request), key=posted_key(request),
            basis=request.POST.get("basis", ""), reason=request.POST.get("reason", ""), scan=_scan(request),
            unsaved=drafts.Unsaved(typed.header, typed.row_dicts(), typed.not_applicable),
            on_behalf_of=posted_principal(request, case))
    except SHOWN as refusal:
        fresh = visible_case(request, number, kind=Kind.TARGET)
        return _form(request, fresh, typed=typed, refusal=refusal, status=422)
    messages.success(request, _("Filled in for %(unit)s. It counts as the unit's own once the unit has confirmed it, "
                                "or at once with a signed scan.") % {"unit": case.unit.name})
    return redirect("table", number)


def _form(request: HttpRequest, case: Case, *, typed: FormText | None = None, refusal: Refused | None = None,
          status: int = 200) -> HttpResponse:
    return form_page(request, case, typed=typed, seen=posted_seen(request) if typed else None, status=status,
                     template="targets/table_fill_for.html", refusal=refusal, basis_choices=Basis.choices,
                     fill_basis=request.POST.get("basis", ""), fill_reason=request.POST.get("reason", ""))


def _scan(request: HttpRequest) -> standing_in.Scan | None:
    file = request.FILES.get("scan")
    if file is None:
        return None
    attachments.check_size(file.size or 0)
    return standing_in.Scan(file.name or "", file.read())


@require_POST
def table_confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Save what the unit's form holds, then confirm for the unit what was filled in for it."""
    case = visible_case(request, number, kind=Kind.TARGET)
    seen = posted_seen(request)
    if "with_form" in request.POST:
        typed = FormText.of_post(request.POST)
        try:
            drafts.save_table(case=case, by=person(request), now=timezone.now(), seen=seen, header=typed.header,
                              rows=typed.row_dicts(), not_applicable=typed.not_applicable)
        except SHOWN as refusal:
            return form_page(request, case, typed=typed, status=422, refusal=refusal)
        saved = Case.objects.get(pk=case.pk)
        seen = engine.Seen(seen.version, saved.content_hash)
    standing_in.confirm_filled(case=case, by=person(request), now=timezone.now(), seen=seen, key=posted_key(request))
    messages.success(request, _("Confirmed. The table is the unit's own now and can be submitted."))
    return redirect("table", number)


@require_POST
def table_take_over(request: HttpRequest, number: str) -> HttpResponse:
    """Take the reviewer's suggested texts over and, where that button was pressed, submit the table."""
    case = visible_case(request, number, kind=Kind.TARGET)
    common: dict[str, Any] = {"case": case, "by": person(request), "now": timezone.now(), "seen": posted_seen(request)}
    try:
        if "submit" not in request.POST:
            suggestions.take_over(**common)
            messages.success(request, _("The suggested texts are in the table. It is not submitted yet."))
        else:
            suggestions.take_over_and_submit(**common, key=posted_key(request), looked_at="looked_at" in request.POST)
            messages.success(request, _("The suggested texts are taken over and the table is submitted."))
    except (Blocked, suggestions.NothingSuggested) as refusal:
        return form_page(request, visible_case(request, number, kind=Kind.TARGET), status=422, refusal=refusal)
    return redirect("table", number)


@require_POST
def table_admission(request: HttpRequest, number: str) -> HttpResponse:
    """Propose that the table is admitted; what is missing is said on the page, with what was typed."""
    case = visible_case(request, number, kind=Kind.TARGET)
    said = {name: request.POST.get(name, "").strip() for name in ("document_number", "document_date", "reason")}
    try:
        standing_in.propose_admission(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request),
                                      key=posted_key(request), scan=_scan(request),
                                      on_behalf_of=posted_principal(request, case), **said)
    except (DetailMissing, Blocked, attachments.AttachmentRefused) as refusal:
        return read_page(request, visible_case(request, number, kind=Kind.TARGET), status=422, verb_refused=refusal,
                         verb=Action.PROPOSE_ADMISSION.value, verb_typed=said)
    messages.success(request, _("Proposed. A second person of the finance bureau confirms the admission."))
    return redirect("table", number)
