"""The administrator's pages of people: who holds which post, organisations that change, hand-over, work without people.

Each change is shown before it is made, and made by one function below; a refusal gives the page back as it was typed.
"""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from workflow import administering, deadlines, grants, handover, organisations, orphans, queries, reorganising, rulings
from workflow.administering import Duty
from workflow.machine import Role
from workflow.models import Organisation, RoleGroup, Ruling, User
from workflow.refusals import DetailMissing, Refused
from workflow.views.asking import administrator, keeper, person
from workflow.views.choosing import choices, named
from workflow.views.timing import parse_date_or_none

RULINGS_SHOWN = 200


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Show organisations, posts and their people; administrators get the ways to change them."""
    user = person(request)
    if not queries.is_finance(user):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))
    return render(request, "workflow/people.html", {
        "section": "people",
        "offices": queries.offices(),
        "administers": administering.is_administrator(user),
        "keeps_accounts": administering.has(user, Duty.ACCOUNTS),
        "idle": User.objects.filter(is_active=True, groups=None, administers=None).order_by("username")[:50],
        "orphans": orphans.count(),
    })  # fmt: skip


# Organisations and posts


@require_http_methods(["GET", "POST"])
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one organisation with its posts and spellings; change what the person's duties allow."""
    by = administrator(request) if request.method == "GET" else keeper(request, Duty.ACCOUNTS, Duty.RIGHTS)
    found = get_object_or_404(Organisation.objects.select_related("parent", "successor"), pk=pk)
    if request.method == "GET":
        return _organisation_page(request, found, by)
    try:
        said = _change(request, found, by=by)
    except Refused as refusal:
        return _organisation_page(request, Organisation.objects.get(pk=pk), by, refusal=refusal)
    messages.success(request, said)
    return redirect("organisation", pk)


def _change(request: HttpRequest, found: Organisation, *, by: User) -> str:
    """Do what the pressed button says; return what to say about it. Raises: Refused."""
    post, now = request.POST, timezone.now()
    if "rename" in post:
        name = post.get("name", "")
        reorganising.rename(organisation=found, name=name, reason=post.get("reason", ""), by=by, now=now)
        return _("Renamed. The old name stays as a spelling.")
    if "change" in post:
        organisations.change(organisation=found, details=_details(request), by=by, now=now)
        return _("Stored.")
    if "end" in post:
        on = parse_date_or_none(post.get("on", ""))
        if on is None:
            raise DetailMissing(field=_("the day"))
        organisations.end(organisation=found, on=on, reason=post.get("reason", ""), by=by, now=now)
        return _("It has ended. What it did stays readable.")
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


def _details(request: HttpRequest) -> organisations.Details:
    """Return what the form says of an organisation. Raises: DetailMissing for a day that is none."""
    post = request.POST
    first = parse_date_or_none(post.get("valid_from", ""))
    if first is None and post.get("valid_from", "").strip():
        raise DetailMissing(field=_("valid from"))
    return organisations.Details(
        phone=post.get("phone", ""), division_in_charge=_chosen(post.get("division", "")), valid_from=first
    )


def _chosen(text: str) -> Organisation | None:
    return Organisation.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 12 else None


@require_http_methods(["GET", "POST"])
def organisation_new(request: HttpRequest) -> HttpResponse:
    """Enter an organisation; what was typed stays when it is refused."""
    by, refusal, post = keeper(request, Duty.ACCOUNTS), None, request.POST
    if request.method == "POST":
        try:
            made = organisations.open_organisation(
                code=post.get("code", ""), name=post.get("name", ""), kind=post.get("kind", ""),
                parent=_chosen(post.get("parent", "")), details=_details(request), by=by, now=timezone.now(),
                is_own_office="is_own_office" in post, is_performance_division="is_performance_division" in post,
            )  # fmt: skip
            messages.success(request, _("Entered. Now give its posts to people."))
            return redirect("organisation", made.pk)
        except Refused as refused:
            refusal = refused
    standing = Organisation.objects.filter(successor=None, valid_to=None).order_by("code")
    return render(request, "workflow/organisation_new.html", {
        "section": "people",
        "kinds": Organisation.Kind.choices,
        "parents": standing.filter(kind__in=[Organisation.Kind.DEPARTMENT, Organisation.Kind.BUREAU]),
        "divisions": standing.filter(kind=Organisation.Kind.DIVISION),
        "typed": post,
        "refusal": refusal,
        "today": deadlines.day_of(timezone.now()),
    }, status=422 if refusal else 200)  # fmt: skip


def _organisation_page(
    request: HttpRequest, found: Organisation, by: User, refusal: Refused | None = None
) -> HttpResponse:
    groups = RoleGroup.objects.filter(organisation=found).prefetch_related("user_set").order_by("role")
    return render(request, "workflow/organisation.html", {
        "section": "people",
        "organisation": found,
        "groups": [(group, [one for one in group.user_set.all() if one.is_active]) for group in groups],
        "roles": [(role.value, role.label) for role in reorganising.ROLES_AT[found.kind]],
        "accounts": choices(User.objects.filter(is_active=True, administers=None)),
        "spellings": reorganising.spellings(found),
        "before": found.predecessors.order_by("code"),
        "others": Organisation.objects.filter(kind=found.kind, successor=None, valid_to=None).exclude(pk=found.pk),
        "keeps_accounts": administering.has(by, Duty.ACCOUNTS),
        "keeps_rights": administering.has(by, Duty.RIGHTS),
        "divisions": Organisation.objects.filter(kind=Organisation.Kind.DIVISION, successor=None, valid_to=None),
        "in_the_way": organisations.in_the_way(found),
        "today": deadlines.day_of(timezone.now()),
        "refusal": refusal,
        "typed": request.POST,
    }, status=422 if refusal else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def organisation_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one organisation go over into another: first what would go over, then, when confirmed, the change."""
    by, now = keeper(request, Duty.ACCOUNTS), timezone.now()
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
            on, reason, with_people = _day(given.get("on", "")), given.get("reason", ""), "with_people" in given
            over = reorganising.merge(
                organisation=found, into=into, on=on, reason=reason, by=by, now=now, with_people=with_people
            )
            words = _("Done. %(cases)s open cases and %(tasks)s tasks have gone over.")
            messages.success(request, words % {"cases": len(over.cases), "tasks": over.tasks})
            return redirect("organisation", into.pk)
    except Refused as refusal:
        return render(request, "workflow/organisation_over.html", context | {"refusal": refusal}, status=422)
    return render(request, "workflow/organisation_over.html", context)


def _day(text: str) -> date:
    """Return the day that was typed. Raises: DetailMissing where it is none."""
    day = parse_date_or_none(text[:11])
    if day is None:
        raise DetailMissing(field=_("the day"))
    return day


# Hand-over


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, username: str) -> HttpResponse:
    """Show what a person holds and give it to another; deactivate the account with it, or when nothing is left."""
    by, now = keeper(request, Duty.RIGHTS, Duty.ACCOUNTS), timezone.now()
    leaver = get_object_or_404(User, username=username)
    context: dict[str, Any] = {"section": "people", "leaver": leaver, "typed": request.POST, "administers": True,
                               "keeps_accounts": administering.has(by, Duty.ACCOUNTS),
                               "keeps_rights": administering.has(by, Duty.RIGHTS),
                               "accounts": choices(User.objects.filter(is_active=True, administers=None).exclude(
                                   pk=leaver.pk))}  # fmt: skip
    try:
        if request.method == "POST":
            return _handed(request, leaver, by=by, context=context)
    except Refused as refusal:
        context["refusal"] = refusal
    context["held"] = handover.held_by(leaver, now=now)
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
        "administers": administering.has(user, Duty.RIGHTS),
    })  # fmt: skip


@require_safe
def ruling_list(request: HttpRequest) -> HttpResponse:
    """Show what was done to rules, organisations and people, newest first. For administrators and auditors."""
    user = person(request)
    is_auditor = any(held.role == Role.AUDITOR for held in grants.roles_of(user))
    if not (is_auditor or administering.has(user, Duty.RECORD)):
        raise PermissionDenied(_("This page is for the audit administrator and the auditors."))
    before = request.GET.get("before", "")
    only = request.GET.get("only", "")
    rows = Ruling.objects.order_by("-seq")
    if only == "refused":
        rows = rows.filter(payload__contains=rulings.REFUSED)
    if before:
        if not before.isdecimal() or len(before) > 12:
            raise Http404
        rows = rows.filter(seq__lt=int(before))
    shown = list(rows[: RULINGS_SHOWN + 1])
    return render(request, "workflow/rulings.html", {
        "section": "rulings",
        "only": only,
        "rulings": [rulings.shown(one) for one in shown[:RULINGS_SHOWN]],
        "before": shown[RULINGS_SHOWN - 1].seq if len(shown) > RULINGS_SHOWN else None,
    })  # fmt: skip
