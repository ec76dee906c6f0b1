"""The pages of routes: what is in force, a draft edited step by step, what it changes, what is wrong with it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow import pictures, queries, route_checks, route_editing, route_words
from workflow.kinds import profile_name
from workflow.machine import REVIEW_STATES, Kind, Rule, SamePerson, TaskKind, WhenNobody
from workflow.models import Milestone, Route, Step, User
from workflow.refusals import Refused
from workflow.views.asking import person
from workflow.words import YUAN_A_WAN

BLANK: dict[str, Any] = {
    "stage": REVIEW_STATES[1].value,
    "task_kind": TaskKind.REVIEW.value,
    "rule": Rule.ANY.value,
    "days_allowed": "5",
    "days_counted": "working",
    "same_person": SamePerson.ASK.value,
    "when_nobody": WhenNobody.BLOCK.value,
    "candidates": (),
}


def _editor(request: HttpRequest) -> User:
    user = person(request)
    if not route_editing.may_edit(user):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))
    return user


def _reader(request: HttpRequest) -> None:
    if not queries.is_finance(person(request)):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))


@require_safe
def route_list(request: HttpRequest) -> HttpResponse:
    """Show the versions in force, the drafts, and the versions before them."""
    _reader(request)
    found = Route.objects.select_related("published_by", "drafted_by").prefetch_related("steps")
    rows = list(found.order_by("case_kind", "profile", "-version"))
    return render(request, "workflow/route_list.html", {
        "section": "routes",
        "in_force": [route for route in rows if route.published_at and not route.retired_at],
        "drafts": [route for route in rows if not route.published_at],
        "retired": [route for route in rows if route.retired_at],
        "missing": _kinds_without_draft(rows),
    })  # fmt: skip


def _kinds_without_draft(rows: list[Route]) -> list[tuple[str, str, str]]:
    """Return (kind, profile, words) for which a draft can be begun: of every profile that has routes."""
    profiles = sorted({route.profile for route in rows})
    drafted = {(route.case_kind, route.profile) for route in rows if not route.published_at}
    return [
        (kind.value, profile, f"{kind.label} · {profile_name(profile)}")
        for profile in profiles
        for kind in Kind
        if (kind.value, profile) not in drafted
    ]


@require_safe
def route_show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version: its steps, its picture, where it comes from, and what it changed."""
    _reader(request)
    route = get_object_or_404(Route.objects.select_related("published_by", "drafted_by", "based_on"), pk=pk)
    steps = list(route.steps.order_by("position"))
    return render(request, "workflow/route_show.html", {
        "section": "routes",
        "route": route,
        "steps": _shown(steps),
        "picture": pictures.route_svg(steps, title=str(route), people=route_words.names_in(steps)),
        "changes": route_editing.differences(route) if route.based_on_id else [],
    })  # fmt: skip


def _shown(steps: list[Step]) -> list[dict[str, Any]]:
    """Return the steps with their words, as tables print them."""
    names = route_words.names_in(steps)
    return [
        {
            "step": step,
            "who": route_words.candidate_words(step.candidates, people=names),
            "rule": route_words.rule_words(step),
            "only_where": route_words.condition_words(step.condition),
            "term": route_words.term_words(step),
            "date": route_words.milestone_words(step.milestone) if step.milestone else "",
        }
        for step in steps
    ]


@require_POST
def route_begin(request: HttpRequest) -> HttpResponse:
    """Begin a draft for a kind and profile, or go to the one that is there."""
    by = _editor(request)
    kind, _sign, profile = request.POST.get("of", "").partition("@")
    known = set(Route.objects.values_list("profile", flat=True))
    if kind not in Kind.values or profile not in known:
        raise Http404
    draft = route_editing.begin(case_kind=kind, profile=profile, by=by, now=timezone.now())
    return redirect("route_draft", draft.pk)


def _draft(pk: int) -> Route:
    return get_object_or_404(Route.objects.select_related("based_on", "drafted_by"), pk=pk)


@require_http_methods(["GET", "POST"])
def route_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft with its difference and what is wrong; move, remove, name, discard or publish it."""
    by, draft = _editor(request), _draft(pk)
    if draft.published_at:
        return redirect("route_show", pk)
    if request.method == "GET":
        return _draft_page(request, draft)
    seen = request.POST.get("seen", "")
    try:
        answer = _carried_out(request.POST, draft, by=by, seen=seen)
    except Refused as refusal:
        draft = _draft(pk)
        if draft.published_at:
            return redirect("route_show", pk)
        return _draft_page(request, draft, refusal=refusal)
    if answer:
        messages.success(request, answer)
    gone = "discard" in request.POST or "publish" in request.POST
    return redirect("route_list") if gone else redirect("route_draft", pk)


def _carried_out(post: Mapping[str, str], draft: Route, *, by: User, seen: str) -> str:
    """Do what the pressed button says; return what to say about it. Raises: Refused."""
    if "up" in post or "down" in post:
        route_editing.move(draft.pk, key=post.get("up") or post["down"], up="up" in post, by=by, seen=seen)
        return ""
    if "remove" in post:
        route_editing.remove(draft.pk, key=post["remove"], by=by, seen=seen)
        return _("The step is taken out of the draft.")
    if "discard" in post:
        route_editing.discard(draft.pk, by=by)
        return _("The draft is discarded.")
    route_editing.set_head(draft.pk, title=post.get("title", ""), basis=post.get("basis", ""), by=by)
    if "publish" in post:
        route_editing.publish(draft.pk, by=by, now=timezone.now(), seen=seen, despite="despite" in post)
        return _("Published. New submissions take it; cases under way keep the version they have.")
    return _("Stored.")


def _draft_page(request: HttpRequest, draft: Route, refusal: Refused | None = None) -> HttpResponse:
    steps = list(draft.steps.order_by("position"))
    problems = route_checks.problems_of(draft)
    return render(request, "workflow/route_draft.html", {
        "section": "routes",
        "route": draft,
        "seen": route_editing.state_of(draft),
        "steps": _shown(steps),
        "changes": route_editing.differences(draft),
        "fatal": [problem for problem in problems if problem.is_fatal],
        "warnings": [problem for problem in problems if not problem.is_fatal],
        "shown_units": route_checks.SHOWN_UNITS,
        "may_publish": route_editing.may_publish(person(request)),
        "picture": pictures.route_svg(steps, title=str(draft), people=route_words.names_in(steps)),
        "refusal": refusal,
        "title": request.POST.get("title", draft.title),
        "basis": request.POST.get("basis", draft.basis),
    }, status=422 if refusal else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def route_step(request: HttpRequest, pk: int, key: str = "") -> HttpResponse:
    """Edit one step of a draft, or add one; what was typed stays when it is refused."""
    by, draft = _editor(request), _draft(pk)
    if draft.published_at:
        return redirect("route_show", pk)
    step = get_object_or_404(Step, route=draft, key=key) if key else None
    given = _given(request) if request.method == "POST" else _texts_of(step) if step else BLANK
    context = _form(draft, step, given)
    if request.method == "GET":
        return render(request, "workflow/route_step.html", context | {"seen": route_editing.state_of(draft)})
    try:
        route_editing.save_step(draft.pk, key=key or None, given=given, by=by, seen=request.POST.get("seen", ""))
    except Refused as refusal:
        context |= {"refusal": refusal, "seen": route_editing.state_of(draft)}
        return render(request, "workflow/route_step.html", context, status=422)
    messages.success(request, _("Stored in the draft. Nothing changes for cases until it is published."))
    return redirect("route_draft", pk)


def _given(request: HttpRequest) -> dict[str, Any]:
    names = ("title", "waiting_title", "stage", "task_kind", "rule", "quorum", "days_allowed", "days_counted",
             "milestone", "same_person", "when_nobody", "people", "own_office", "key_project", "off_list",
             "amount_from", "amount_below", "sheet", "individually")  # fmt: skip
    return {name: request.POST.get(name, "") for name in names} | {"candidates": request.POST.getlist("candidates")}


def _texts_of(step: Step) -> dict[str, Any]:
    """Return a stored step as the form's texts."""
    named = [candidate["person"] for candidate in step.candidates if "person" in candidate]
    accounts = dict(User.objects.filter(pk__in=named).values_list("pk", "username"))
    plain = ("title", "waiting_title", "stage", "task_kind", "rule", "quorum", "days_allowed", "milestone",
             "same_person", "when_nobody", "sheet", "individually")  # fmt: skip
    facts = {fact: {True: "yes", False: "no"}.get(step.condition.get(fact), "") for fact in route_words.FACTS}
    amounts = {
        name: f"{(Decimal(step.condition[fact]) / YUAN_A_WAN).normalize():f}"
        for name, fact in (("amount_from", "amount_at_least_yuan"), ("amount_below", "amount_below_yuan"))
        if fact in step.condition
    }
    return {
        **{name: getattr(step, name) if getattr(step, name) is not None else "" for name in plain},
        **facts,
        **amounts,
        "days_counted": "calendar" if step.counts_calendar_days else "working",
        "candidates": [f"{c['role']}@{c['of']}" for c in step.candidates if "role" in c],
        "people": "\n".join(accounts[pk] for pk in named if pk in accounts),
    }


def _form(draft: Route, step: Step | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a step shows."""
    return {
        "section": "routes",
        "route": draft,
        "step": step,
        "given": given,
        "stages": [(stage.value, stage.label) for stage in REVIEW_STATES],
        "task_kinds": [(kind.value, kind.label) for kind in route_editing.SIGNED_KINDS],
        "rules": Rule.choices,
        "same_people": SamePerson.choices,
        "nobodies": WhenNobody.choices,
        "milestones": Milestone.choices,
        "days_counted": list(route_editing.DAYS_COUNTED.items()),
        "candidates": [
            (f"{role.value}@{place.value}", route_words.candidate_words([{"role": role.value, "of": place.value}])[0])
            for role, place in route_editing.CANDIDATES
        ],
        "facts": [
            (fact, words[True], words[False], given.get(fact, "")) for fact, words in route_words.FACTS.items()
        ],
    }  # fmt: skip
