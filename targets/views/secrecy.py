"""The head's word that what may be secret in a table was reviewed and is none. A refusal keeps what was typed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from targets import secrecy
from targets.views import tables
from targets.views.common import person, visible_case
from workflow import engine
from workflow.machine import Action, Kind


@require_POST
def table_secrecy(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm the secrecy review of what the page showed, with the reason."""
    case = visible_case(request, number, kind=Kind.TARGET)
    reason = request.POST.get("secrecy_reason", "")
    try:
        secrecy.confirm(case=case, by=person(request), now=timezone.now(), reason=reason,
                        mark=request.POST.get("secrecy_mark", ""))
    except secrecy.SecrecyRefused as refusal:
        edits = engine.explain(case, Action.EDIT, by=person(request), now=timezone.now()).may
        show = tables.form_page if edits else tables.read_page
        return show(request, visible_case(request, number, kind=Kind.TARGET), status=422,
                    secrecy_refused=refusal, secrecy_typed=reason)
    messages.success(request, _("The secrecy review is noted; the table can be submitted."))
    return redirect("table", number)
