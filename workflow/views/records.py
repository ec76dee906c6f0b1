"""The audit administrator's page of the record: seals, exports and refusals. Nothing can be changed here.

A case is named only to who may see it; everybody else reads when, who and what, which is what an audit asks.
"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from workflow import administering, grants, rulings
from workflow.administering import Duty
from workflow.machine import Action, Role
from workflow.models import Event, Ruling, Seal
from workflow.views.asking import person

SHOWN = 50


@require_safe
def record_board(request: HttpRequest) -> HttpResponse:
    """Show the last seals, who exported what, and what was refused, inside cases and outside."""
    user = person(request)
    is_auditor = any(held.role == Role.AUDITOR for held in grants.roles_of(user))
    if not (is_auditor or administering.has(user, Duty.RECORD)):
        raise PermissionDenied(_("This page is for the audit administrator and the auditors."))
    events = Event.objects.select_related("case").order_by("-pk")
    exports = list(events.filter(action=Action.EXPORT)[:SHOWN])
    refusals = list(events.exclude(refused="")[:SHOWN])
    outside = Ruling.objects.filter(payload__contains=rulings.REFUSED).order_by("-seq")[:SHOWN]
    mentioned = [event.case_id for event in (*exports, *refusals)]
    return render(request, "workflow/record_board.html", {
        "section": "record",
        "seals": Seal.objects.order_by("-pk")[:10],
        "seal_count": Seal.objects.count(),
        "exports": exports,
        "refusals": refusals,
        "outside": [rulings.shown(one) for one in outside],
        "seen": set(grants.visible_to(user).filter(pk__in=mentioned).values_list("pk", flat=True)),
    })  # fmt: skip
