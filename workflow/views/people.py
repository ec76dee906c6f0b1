"""The administrator's pages of people: who holds which post, organisations that change, hand-over, work without people.

Each change is shown before it is made, and made by one function below; a refusal gives the page back as it was typed.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from workflow import deadlines, handover, orphans, queries, reorganising, rulings
from workflow.machine import Role
from workflow.models import Organisation, RoleGroup, Ruling, User
from workflow.refusals import DetailMissing, Refused, UnknownPerson
from workflow.views.asking import person
from workflow.views.timing import administrator

RULINGS_SHOWN = 200


def named(text: str) -> User:
    """Return the active person of this account. Raises: UnknownPerson."""
    name = text.strip()
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise UnknownPerson(name=name or "—", why=_("There is no active account of that name."))
    return found


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Show organisations, posts and their people; administrators get the ways to change them."""
    user = person(request)
    if not queries.is_finance(user):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))
    return render(request, "workflow/people.html", {
        "section": "people",
        "offices": queries.offices(),
        "administers": bool(user.administers),
        "idle": User.objects.filter(is_active=True, groups=None, administers=None).order_by("username")[:50],
        "orphans": orphans.count(),
    })  # fmt: skip


# Organisations and posts


@require_http_methods(["GET", "POST"])
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one organisation with its posts and spellings; rename it, add a spelling, give or take a post."""
    by = administrator(request)
    found = get_object_or_404(Organisation.objects.select_related("parent", "successor"), pk=pk)
    if request.method == "GET":
        return _organisation_page(request, found)
    try:
        said = _change(request, found, by=by)
    except Refused as refusal:
        return _organisation_page(request, Organisation.objects.get(pk=pk), refusal=refusal)
    messages.success(request, said)
    return redirect("organisation", pk)


def _change(request: HttpRequest, found: Organisation, *, by: User) -> str:
    """Do what the pressed button says; return what to say about it. Raises: Refused."""
    post, now = request.POST, timezone.now()
    if "rename" in post:
        name = post.get("name", "")
        reorganising.rename(organisation=found, name=name, reason=post.get("reason", ""), by=by, now=now)
        return _("Renamed. The old name stays as a spelling.")
    if "spelling" in post:
        reorganising.add_spelling(organisation=found, text=post.get("text", ""), by=by, now=now)
        return _("Stored.")
    if "take" in post:
        account, _sign, group = post["take"].partition("@")
        role_group = get_object_or_404(RoleGroup, organisation=found, pk=int(group) if group.isdecimal() else 0)
        reorganising.take_post(person=get_object_or_404(User, username=account), group=role_group, by=by, now=now)
        return _("The post is taken away.")
    role = post.get("role", "")
    if role not in Role.values:
        raise DetailMissing(field=_("role"))
    reorganising.give_post(person=named(post.get("person", "")), organisation=found, role=Role(role), by=by, now=now)
    return _("The post is given.")


def _organisation_page(request: HttpRequest, found: Organisation, refusal: Refused | None = None) -> HttpResponse:
    groups = RoleGroup.objects.filter(organisation=found).prefetch_related("user_set").order_by("role")
    return render(request, "workflow/organisation.html", {
        "section": "people",
        "organisation": found,
        "groups": [(group, [one for one in group.user_set.all() if one.is_active]) for group in groups],
        "roles": [(role.value, role.label) for role in reorganising.ROLES_AT[found.kind]],
        "accounts": User.objects.filter(is_active=True, administers=None).order_by("username")[:2000],
        "spellings": reorganising.spellings(found),
        "before": found.predecessors.order_by("code"),
        "others": Organisation.objects.filter(kind=found.kind, successor=None).exclude(pk=found.pk),
        "refusal": refusal,
        "typed": request.POST,
    }, status=422 if refusal else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def organisation_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one organisation go over into another: first what would go over, then, when confirmed, the change."""
    by, now = administrator(request), timezone.now()
    found = get_object_or_404(Organisation, pk=pk)
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("into", "")
    into = Organisation.objects.filter(pk=int(wanted) if wanted.isdecimal() else 0).first()
    if into is None:
        return redirect("organisation", pk)
    context: dict[str, Any] = {
        "section": "people",
        "organisation": found,
        "into": into,
        "typed": given,
        "today": deadlines.day_of(now),
    }
    try:
        context["over"] = reorganising.preview(organisation=found, into=into)
        if request.method == "POST":
            on = parse_date(given.get("on", "") if len(given.get("on", "")) <= 10 else "")
            if on is None:
                raise DetailMissing(field=_("the day"))
            reason, with_people = given.get("reason", ""), "with_people" in given
            over = reorganising.merge(
                organisation=found, into=into, on=on, reason=reason, by=by, now=now, with_people=with_people
            )
            words = _("Done. %(cases)s open cases and %(tasks)s tasks have gone over.")
            messages.success(request, words % {"cases": len(over.cases), "tasks": over.tasks})
            return redirect("organisation", into.pk)
    except (Refused, ValueError) as refused:
        refusal = refused if isinstance(refused, Refused) else DetailMissing(field=_("the day"))
        return render(request, "workflow/organisation_over.html", context | {"refusal": refusal}, status=422)
    return render(request, "workflow/organisation_over.html", context)


# Hand-over


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, username: str) -> HttpResponse:
    """Show what a person holds and give it to another; deactivate the account with it, or when nothing is left."""
    by, now = administrator(request), timezone.now()
    leaver = get_object_or_404(User, username=username)
    context: dict[str, Any] = {"section": "people", "leaver": leaver, "typed": request.POST, "administers": True}
    try:
        if request.method == "POST":
            return _handed(request, leaver, by=by, context=context)
    except Refused as refusal:
        context["refusal"] = refusal
    context |= {"held": handover.held_by(leaver, now=now), "accounts": User.objects.filter(is_active=True).exclude(
        pk=leaver.pk).order_by("username")[:2000]}  # fmt: skip
    return render(request, "workflow/hand_over.html", context, status=422 if "refusal" in context else 200)


def _handed(request: HttpRequest, leaver: User, *, by: User, context: dict[str, Any]) -> HttpResponse:
    """Carry out the hand-over, or show what stands against it. Raises: Refused."""
    post, now = request.POST, timezone.now()
    reason = post.get("reason", "")
    if "deactivate_only" in post:
        handover.deactivate(person=leaver, by=by, now=now, reason=reason)
        messages.success(request, _("The account of %(name)s is closed.") % {"name": leaver})
        return redirect("people")
    to = named(post.get("to", ""))
    if "confirm" not in post:
        held = handover.held_by(leaver, now=now)
        found = list(handover.objections(held, person=leaver, to=to, now=now))
        context |= {"held": held, "to": to, "objections": found}
        return render(request, "workflow/hand_over.html", context)
    closing = "deactivate" in post
    handover.hand_over(person=leaver, to=to, reason=reason, by=by, now=now, deactivate=closing)
    messages.success(request, _("Handed over to %(name)s.") % {"name": to})
    return redirect("people")


@require_safe
def leaving(request: HttpRequest) -> HttpResponse:
    """Show people what they hold themselves, and what has to happen before they leave."""
    user = person(request)
    held = handover.held_by(user, now=timezone.now())
    return render(request, "workflow/hand_over.html", {
        "section": "people", "leaver": user, "held": held, "mine": True, "administers": False})  # fmt: skip


# Work without people, and what was ruled


@require_safe
def orphan_board(request: HttpRequest) -> HttpResponse:
    """Show the work that nobody can do, by office, with where to mend it; cases are named to who may see them."""
    user = person(request)
    if not queries.is_finance(user):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))
    found = orphans.board()
    return render(request, "workflow/orphans.html", {
        "section": "orphans",
        "now": timezone.now(),
        "desks": orphans.by_desk(found),
        "seen": orphans.only_seen(found, by=user),
        "total": len(found),
        "administers": bool(user.administers),
    })  # fmt: skip


@require_safe
def ruling_list(request: HttpRequest) -> HttpResponse:
    """Show what was done to rules, organisations and people, newest first. For administrators and auditors."""
    user = person(request)
    if not (user.administers or RoleGroup.objects.filter(user=user, role=Role.AUDITOR).exists()):
        raise PermissionDenied(_("This page is for the administrators and the auditors."))
    before = request.GET.get("before", "")
    rows = Ruling.objects.order_by("-seq")
    if before:
        if not before.isdecimal() or len(before) > 12:
            raise Http404
        rows = rows.filter(seq__lt=int(before))
    shown = list(rows[: RULINGS_SHOWN + 1])
    return render(request, "workflow/rulings.html", {
        "section": "rulings",
        "rulings": [rulings.shown(one) for one in shown[:RULINGS_SHOWN]],
        "before": shown[RULINGS_SHOWN - 1].seq if len(shown) > RULINGS_SHOWN else None,
    })  # fmt: skip
