"""The administrators' pages of accounts: found, opened with a one-time password shown once, changed, given duties;
and the page on which the head of a department gives its people one-time passwords.

Each change is made by one function of workflow.accounts or reorganising; a refusal gives the page back as it was typed.
"""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from workflow import accounts as keeping
from workflow import administering, handover, reorganising, rulings
from workflow.administering import Duty
from workflow.machine import Role
from workflow.middleware import status_of
from workflow.models import Organisation, RoleGroup, Ruling, User
from workflow.refusals import DetailMissing, Refused
from workflow.views.asking import administrator, keeper, person

PAGE = 50
RULINGS_SHOWN = 30
ONLY = {
    "": Q(is_active=True),
    "idle": Q(is_active=True, groups=None, administers=None),
    "administers": Q(is_active=True, administers__isnull=False),
    "one_time": Q(is_active=True, one_time_until__isnull=False),
    "closed": Q(is_active=False),
}
"""What the list can be narrowed to."""


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """List accounts, found by name, user name, telephone or organisation."""
    by = administrator(request)
    only = request.GET.get("only", "") if request.GET.get("only", "") in ONLY else ""
    words = request.GET.get("q", "").strip()[:60]
    found = User.objects.filter(ONLY[only]).prefetch_related("groups")
    if words:
        found = found.filter(
            Q(username__icontains=words) | Q(full_name__icontains=words) | Q(phone__icontains=words)
            | Q(groups__rolegroup__organisation__name__icontains=words)
        ).distinct()  # fmt: skip
    page = Paginator(found.order_by("username"), PAGE).get_page(request.GET.get("page"))
    return render(request, "workflow/accounts.html", {
        "section": "accounts",
        "page": page,
        "only": only,
        "words": words,
        "may_open": administering.has(by, Duty.ACCOUNTS),
        "duties": list(administering.explained(by)),
        "three": _three(),
        "is_strict": settings.THREE_ADMINISTRATORS,
    })  # fmt: skip


def _three() -> list[tuple[str, list[User]]]:
    """Return each kind of administrator with the people whose accounts are in use. One statement."""
    found = list(User.objects.filter(is_active=True, administers__isnull=False).order_by("username"))
    return [(str(kind.label), [one for one in found if one.administers == kind]) for kind in User.Administers]


@never_cache
@require_http_methods(["GET", "POST"])
def account_new(request: HttpRequest) -> HttpResponse:
    """Open an account, with a first post where one is chosen; answer with the one-time password, this once."""
    by = keeper(request, Duty.ACCOUNTS)
    if request.method == "GET":
        return _new_page(request, by)
    post, now = request.POST, timezone.now()
    try:
        made, password = keeping.open_account(
            username=post.get("username", ""), full_name=post.get("full_name", ""), phone=post.get("phone", ""),
            email=post.get("email", ""), by=by, now=now)  # fmt: skip
    except Refused as refusal:
        return _new_page(request, by, refusal=refusal)
    return _told(request, made, password)


def _new_page(request: HttpRequest, by: User, refusal: Refused | None = None) -> HttpResponse:
    context = {"section": "accounts", "typed": request.POST, "refusal": refusal}
    return render(request, "workflow/account_new.html", context, status=422 if refusal else 200)


def _told(request: HttpRequest, made: User, password: str, *, from_colleagues: bool = False) -> HttpResponse:
    """Show the one-time password: the page prints as a slip to hand over."""
    made.refresh_from_db()
    return render(request, "workflow/account_password.html", {
        "section": "accounts", "account": made, "password": password, "until": made.one_time_until,
        "site": request.build_absolute_uri("/"), "from_colleagues": from_colleagues})  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def colleagues(request: HttpRequest) -> HttpResponse:
    """List the people of the departments that the person heads; give one of them a one-time password, shown once."""
    by = person(request)
    if not keeping.has_people(by):
        raise PermissionDenied(_("This page is for the heads of departments."))
    refusal = None
    if request.method == "POST":
        found = get_object_or_404(User, username=request.POST.get("username", ""))
        try:
            password = keeping.new_password(person=found, by=by, now=timezone.now())
        except Refused as refused:
            refusal = refused
        else:
            return _told(request, found, password, from_colleagues=True)
    people = keeping.people_of(by).order_by("username")
    context = {"section": "colleagues", "people": Paginator(people.prefetch_related("groups"), PAGE).get_page(
        request.GET.get("page")), "refusal": refusal}  # fmt: skip
    return render(request, "workflow/colleagues.html", context, status=status_of(refusal) if refusal else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, username: str) -> HttpResponse:
    """Show one account with its posts, duties and rulings; change what the person's duties allow."""
    by = administrator(request) if request.method == "GET" else keeper(request, Duty.ACCOUNTS, Duty.RIGHTS)
    found = get_object_or_404(User, username=username)
    if request.method == "GET":
        return _page(request, found, by)
    try:
        return _changed(request, found, by)
    except Refused as refusal:
        return _page(request, User.objects.get(pk=found.pk), by, refusal=refusal)


def _changed(request: HttpRequest, found: User, by: User) -> HttpResponse:
    """Do what the pressed button says. Raises: Refused."""
    post, now, said = request.POST, timezone.now(), _("Stored.")
    reason = post.get("reason", "")
    if "password" in post:
        return _told(request, found, keeping.new_password(person=found, by=by, now=now))
    if "reactivate" in post:
        return _told(request, found, keeping.reactivate(person=found, reason=reason, by=by, now=now))
    if "close" in post:
        handover.deactivate(person=found, by=by, now=now, reason=reason)
        said = _("The account of %(name)s is closed.") % {"name": found}
    elif "appoint" in post:
        keeping.appoint(person=found, administers=post.get("administers") or None, reason=reason, by=by, now=now)
    elif "give" in post:
        typed = post.get("organisation", "").strip()
        standing = Organisation.objects.filter(successor=None, valid_to=None)
        there = standing.filter(code=typed.partition(" ")[0]).first() or standing.filter(name=typed).first()
        if there is None:
            raise DetailMissing(field=_("organisation"))
        if post.get("role") not in Role.values:
            raise DetailMissing(field=_("role"))
        reorganising.give_post(person=found, organisation=there, role=Role(post["role"]), by=by, now=now)
        said = _("The post is given.")
    elif "take" in post:
        group = get_object_or_404(RoleGroup, pk=int(post["take"]) if post["take"].isdecimal() else 0)
        reorganising.take_post(person=found, group=group, by=by, now=now)
        said = _("The post is taken away.")
    else:
        keeping.change(person=found, full_name=post.get("full_name", ""), phone=post.get("phone", ""),
                       email=post.get("email", ""), by=by, now=now)  # fmt: skip
    messages.success(request, said)
    return redirect("account", found.username)


def _page(request: HttpRequest, found: User, by: User, refusal: Refused | None = None) -> HttpResponse:
    about = Ruling.objects.filter(payload__contains=f'"person":"{found.username}"').order_by("-seq")
    mine = administering.duties_of(by)
    return render(request, "workflow/account.html", {
        "section": "accounts",
        "account": found,
        "posts": RoleGroup.objects.filter(user=found).select_related("organisation").order_by("organisation__code"),
        "keeps_accounts": Duty.ACCOUNTS in mine,
        "keeps_rights": Duty.RIGHTS in mine,
        "is_self": by.pk == found.pk,
        "kinds": User.Administers.choices,
        "administers": administering.kind_of(found),
        "organisations": Organisation.objects.filter(successor=None, valid_to=None).order_by("code"),
        "roles": Role.choices,
        "rulings": [rulings.shown(one) for one in about[:RULINGS_SHOWN]],
        "reads_record": Duty.RECORD in mine,
        "typed": request.POST,
        "refusal": refusal,
    }, status=422 if refusal else 200)  # fmt: skip
