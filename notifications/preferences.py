"""The page of one's own choices: which kind of message over which channel, and the key of the calendar feed."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import feeds, queries, quiet
from notifications.kinds import KINDS, Kind
from notifications.models import Channel, FeedToken, Preference, QuietHours
from workflow.models import User
from workflow.refusals import Refused
from workflow.views.asking import person, visible_case


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and keep the choices of the person who asks; they hold for what is told from now on."""
    user = person(request)
    off = set(Preference.objects.filter(user=user, enabled=False).values_list("kind", "channel"))
    hours = QuietHours.objects.filter(user=user).first()
    typed = (hours.from_hour, hours.to_hour) if hours else ("", "")
    refusal: Refused | None = None
    if request.method == "POST":
        typed = (request.POST.get("quiet_from", ""), request.POST.get("quiet_to", ""))
        try:
            quiet.keep(user=user, from_hour=typed[0], to_hour=typed[1])
        except Refused as error:
            refusal = error
    if request.method == "POST" and refusal is None:
        ticked = set(request.POST.getlist("on"))
        for kind in KINDS.values():
            for channel in kind.channels:
                wanted = f"{kind.id}:{channel}" in ticked
                if wanted == ((kind.id, channel.value) in off):
                    queries.set_preference(user=user, channel=channel, kind=kind.id, enabled=wanted)
        messages.success(request, _("Kept. It holds for messages from now on."))
        if unheard := [str(kind.label) for kind in KINDS.values() if not _reaches(user, kind, ticked)]:
            messages.warning(
                request,
                _("Of these you are told nowhere now: %(kinds)s. Your work itself stays in the workbench.")
                % {"kinds": "、".join(unheard)},
            )
        return redirect("preferences")
    if refusal is not None:
        ticked = set(request.POST.getlist("on"))
        off = {(k.id, c.value) for k in KINDS.values() for c in k.channels if f"{k.id}:{c}" not in ticked}
    rows = [
        (kind, [(channel, channel in kind.channels, (kind.id, channel.value) not in off) for channel in Channel])
        for kind in KINDS.values()
    ]
    return render(request, "notifications/preferences.html", {
        "section": "notices",
        "rows": rows,
        "channels": list(Channel),
        "has_mail": settings.EMAIL_ENABLED,
        "has_feeds": settings.FEED_ENABLED,
        "feed": FeedToken.objects.filter(user=user).first(),
        "quiet_from": typed[0],
        "quiet_to": typed[1],
        "has_more": bool(hours or refusal),
        "muted": quiet.muted_by(user),
        "refusal": refusal,
    }, status=422 if refusal else 200)  # fmt: skip


def _reaches(user: User, kind: Kind, ticked: set[str]) -> bool:
    """Return whether a message of `kind` would come to `user` over any way that is set up."""
    ways = [c for c in kind.channels if c != Channel.EMAIL or (settings.EMAIL_ENABLED and user.email)]
    return any(f"{kind.id}:{channel}" in ticked for channel in ways)


@require_POST
def mute(request: HttpRequest, number: str) -> HttpResponse:
    """Tell the person who asks no more of one case, or tell again; the case must be one that they see."""
    user, case = person(request), visible_case(request, number)
    if "again" in request.POST:
        quiet.unmute(user=user, case=case)
        messages.success(request, _("You are told of “%(title)s” again.") % {"title": case.title})
    else:
        quiet.mute(user=user, case=case, now=timezone.now())
        messages.success(
            request,
            _("“%(title)s” is muted: no e-mail, nothing unread. Your work on it stays in the workbench.")
            % {"title": case.title},
        )
    back = "preferences" if "again" in request.POST else "notices"
    return redirect(back)


@require_POST
def feed_token(request: HttpRequest) -> HttpResponse:
    """Make a new key for the feed and show its address once, or revoke the one there is."""
    if not settings.FEED_ENABLED:
        raise Http404
    user = person(request)
    if "revoke" in request.POST:
        feeds.revoke(user=user)
        messages.success(request, _("The calendar address is revoked."))
        return redirect("preferences")
    token = feeds.new_token(user=user, now=timezone.now())
    address = settings.SITE_URL.rstrip("/") + reverse("feed", args=[token])
    messages.success(request, _("Your calendar address, shown this once: %(address)s") % {"address": address})
    return redirect("preferences")


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the feed to whoever holds its key; a wrong or revoked key is no address."""
    user = feeds.person_of(token)
    if user is None:
        raise Http404
    body = feeds.feed(user, now=timezone.now())
    headers = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)
