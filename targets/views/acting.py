"""The verbs beside the decision: take back, claim, transfer, ask others, copy, urge, and what finance does afterwards.

One address for all; which fields a verb carries is data.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from targets import adjustments
from targets.views.common import person, posted_key, posted_principal, posted_seen, visible_case
from targets.views.reviewing import PAGES
from workflow import engine
from workflow.machine import Action, Kind
from workflow.refusals import NotVisible, Refused, Stale

FIELDS: dict[Action, tuple[str, ...]] = {
    Action.UNDO_APPROVAL: ("reason",),
    Action.MEET_CONDITION: ("reason", "condition"),
    Action.READMIT: ("reason",),
    Action.SUSPEND: ("reason",),
    Action.RESUME: ("reason",),
    Action.CLOSE: ("reason",),
    Action.CLAIM: (),
    Action.ADJUST: ("reason",),
    Action.ADMIT: ("reason",),
    Action.DECLINE_ADMISSION: ("reason",),
    Action.CONFIRM_FILLED: (),
    Action.WAIVE: ("reason",),
    Action.FUNDS_CHANGED: ("reason", "amount"),
    Action.TRANSFER: ("reason", "people"),
    Action.ADD_APPROVER: ("reason", "people", "place", "rule"),
    Action.COPY: ("reason", "people"),
    Action.URGE: ("reason",),
}
"""What each verb takes from its form."""


@require_POST
def act(request: HttpRequest, number: str, kind: Kind) -> HttpResponse:
    """Carry out the verb whose button was pressed; a refusal is shown on the page, with what was typed."""
    case = visible_case(request, number, kind=kind)
    page, show = PAGES[kind]
    verb = request.POST.get("verb", "")
    if verb not in FIELDS:
        raise NotVisible
    action = Action(verb)
    details: dict[str, Any] = {
        name: request.POST.getlist(name) if name == "people" else request.POST.get(name, "").strip()
        for name in FIELDS[action]
    }
    try:
        outcome = engine.perform(case, action, by=person(request), seen=posted_seen(request), key=posted_key(request),
                                 now=timezone.now(), on_behalf_of=posted_principal(request, case),
                                 **{name: value for name, value in details.items() if value})
    except (NotVisible, Stale):
        raise
    except Refused as refusal:
        return show(request, visible_case(request, number, kind=kind), status=422, verb_refused=refusal, verb=verb,
                    verb_typed=details)
    if action == Action.ADJUST:
        opened = adjustments.opened_by(case, outcome)
        messages.success(request, _("The adjustment %(number)s is opened, filled with what is in force. What is in "
                                    "force stays until it is approved.") % {"number": opened.number})
        return redirect(page, opened.number)
    if outcome.repeated:
        messages.info(request, _("This was done already; nothing was done twice."))
    else:
        messages.success(request, _("Done: %(action)s.") % {"action": action.label})
    return redirect(page, number)
