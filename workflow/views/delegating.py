"""The page of delegations: mine, those I hold, and for administrators all; given with a look at what goes with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workflow import administering, queries
from workflow import delegations as giving
from workflow.administering import Duty
from workflow.machine import Kind
from workflow.models import Delegation, RoleGroup, Task, User
from workflow.refusals import DetailMissing, Refused
from workflow.views.asking import person
from workflow.views.choosing import Choice, choices, named
from workflow.views.timing import parse_date_or_none

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One delegation as the page lists it: what it holds for, and whether it runs, is ahead, or is over."""

    delegation: Delegation
    kinds: tuple[str, ...]
    standing: str


def _rows(found: Iterable[Delegation], *, now: datetime) -> list[Row]:
    return [Row(one, _kinds(one), _standing(one, now=now)) for one in found]


def _kinds(one: Delegation) -> tuple[str, ...]:
    return tuple(str(Kind(kind).label) for kind in one.scope.get("kinds") or () if kind in Kind.values)


def _standing(one: Delegation, *, now: datetime) -> str:
    if one.revoked_at is not None and one.revoked_at < one.ends_at:
        return "ended"
    if one.ends_at <= now:
        return "over"
    return "ahead" if one.starts_at > now else "runs"


@require_http_methods(["GET", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """List delegations; "look" shows which tasks would go with one, "give" stores it, "end" ends one early."""
    user = person(request)
    if request.method == "GET":
        return _page(request, user)
    try:
        if "end" in request.POST:
            number = request.POST["end"]
            one = get_object_or_404(Delegation, pk=int(number) if number.isdecimal() and len(number) < 12 else 0)
            giving.revoke(delegation=one, by=user, now=timezone.now())
            messages.success(request, _("The delegation is ended. What was done under it stays."))
            return redirect("delegations")
        return _give(request, user)
    except Refused as refusal:
        return _page(request, user, refusal=refusal)


def _give(request: HttpRequest, user: User) -> HttpResponse:
    """Look at what would go with a delegation, or give it. Raises: Refused."""
    post, now = request.POST, timezone.now()
    principal = named(post["principal"]) if post.get("principal", "").strip() else user
    if principal.pk != user.pk:
        administering.check(user, Duty.RIGHTS, action=_("delegate for somebody else"))
    deputy = named(post.get("deputy", ""))
    starts, ends = _times(request, now=now)
    kinds = tuple(Kind(kind) for kind in post.getlist("kinds") if kind in Kind.values)
    if "give" not in post:
        tasks = _tasks_of(principal, kinds)
        return _page(request, user, looked={"deputy": deputy, "principal": principal, "tasks": tasks[:SHOWN],
                                            "count": len(tasks), "starts": starts, "ends": ends})  # fmt: skip
    giving.give(
        principal=principal,
        deputy=deputy,
        starts_at=starts,
        ends_at=ends,
        by=user,
        now=now,
        basis=post.get("basis", ""),
        kinds=kinds,
    )
    messages.success(request, _("%(deputy)s acts for %(principal)s.") % {"deputy": deputy, "principal": principal})
    return redirect("delegations")


def _times(request: HttpRequest, *, now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when: whole days, the last one included; from now on when it begins today or earlier.

    Raises: DetailMissing.
    """
    first = parse_date_or_none(request.POST.get("first", ""))
    last = parse_date_or_none(request.POST.get("last", ""))
    if last is None or (request.POST.get("first", "") and first is None):
        raise DetailMissing(field=_("the last day"))
    starts = timezone.make_aware(datetime.combine(first, time())) if first else now
    ends = timezone.make_aware(datetime.combine(last + timedelta(days=1), time()))
    return max(starts, now), ends


def _tasks_of(principal: User, kinds: tuple[Kind, ...]) -> list[Task]:
    """Return the open tasks of the principal's own desk that a deputy would see now."""
    tasks = Task.objects.filter(queries.desk_of(principal), status="open")
    if kinds:
        tasks = tasks.filter(case__kind__in=kinds)
    return list(tasks.select_related("case__unit", "step").order_by("due_at", "pk"))


def _offered(user: User) -> Sequence[Choice]:
    """Return the accounts that the page offers: colleagues of the same offices; to administrators everybody."""
    found = User.objects.filter(is_active=True, administers=None).exclude(pk=user.pk)
    if not administering.is_administrator(user):
        offices = RoleGroup.objects.filter(user=user).values("organisation_id")
        found = found.filter(groups__rolegroup__organisation__in=offices).distinct()
    return choices(found)


def _page(
    request: HttpRequest, user: User, *, refusal: Refused | None = None, looked: dict[str, Any] | None = None
) -> HttpResponse:
    now = timezone.now()
    found = Delegation.objects.select_related("principal", "deputy").order_by("-ends_at", "-pk")
    return render(request, "workflow/delegations.html", {
        "section": "delegations",
        "mine": _rows(found.filter(principal=user)[:SHOWN], now=now),
        "held": _rows(found.filter(deputy=user)[:SHOWN], now=now),
        "all": _rows(found[:SHOWN], now=now) if administering.is_administrator(user) else [],
        "administers": administering.is_administrator(user),
        "keeps_nothing": not administering.has(user, Duty.RIGHTS),
        "gives": not administering.is_administrator(user) or administering.has(user, Duty.RIGHTS),
        "accounts": _offered(user),
        "kinds": Kind.choices,
        "ticked": request.POST.getlist("kinds"),
        "typed": request.POST,
        "looked": looked,
        "refusal": refusal,
        "today": timezone.localdate(),
    }, status=422 if refusal else 200)  # fmt: skip
