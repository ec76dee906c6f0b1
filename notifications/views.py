"""The pages of notices: one's own, the texts that wait for a person to send them, and the mails of a trial."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from notifications import delivery, mail_files, queries, quiet
from workflow.context_processors import reads_mails
from workflow.views.asking import person


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Show the person's notices by case, newest first; those whose work is done are folded away."""
    shown = queries.by_case(queries.notices_for(person(request)))
    only = request.GET.get("show", "open")
    return render(request, "notifications/notices.html", {
        "section": "notices",
        "only": only,
        "groups": [group for group in shown if only == "all" or not group.is_handled],
        "open_count": sum(not group.is_handled for group in shown),
        "all_count": len(shown),
        "unread_here": sum(group.unread for group in shown),
        "waiting": len(queries.prepared_for(person(request))),
        "muted": {case.pk for case in quiet.muted_by(person(request))},
    })  # fmt: skip


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark notices as read: those ticked, or all."""
    ticked = [int(pk) for pk in request.POST.getlist("delivery") if pk.isdecimal() and len(pk) < 18]
    count = queries.mark_read(
        user=person(request), now=timezone.now(), deliveries=None if "all" in request.POST else ticked
    )
    words = ngettext("%(count)s message marked as read.", "%(count)s messages marked as read.", count)
    messages.success(request, words % {"count": count})
    return redirect("notices")


@require_safe
def badge(request: HttpRequest) -> HttpResponse:
    """Answer the bell's number alone, for the poll."""
    return render(request, "components/badge.html")


@require_safe
def prepared(request: HttpRequest) -> HttpResponse:
    """Show the texts above one's own line that a person sends, one by one and as one text for the group."""
    found = queries.prepared_for(person(request))
    return render(request, "notifications/prepared.html", {
        "section": "notices",
        "prepared": found,
        "group_text": queries.group_text(found),
    })  # fmt: skip


@require_POST
def release(request: HttpRequest, notice: int) -> HttpResponse:
    """Send one prepared text inside the product, in the name of the person who looked at it."""
    mine = next((text for text in queries.prepared_for(person(request)) if text.notice.pk == notice), None)
    if mine is None:
        raise Http404
    count = delivery.release_prepared(notice=mine.notice, by=person(request), now=timezone.now())
    words = ngettext("Sent to %(count)s person.", "Sent to %(count)s people.", count)
    messages.success(request, words % {"count": count} if count else _("This text has been sent already."))
    return redirect("prepared")


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """Show the mails that a trial wrote to files instead of sending; nobody else's installation has this page."""
    if not settings.EMAIL_TO_FILES or not reads_mails(person(request)):
        raise Http404
    found = mail_files.mails(settings.EMAIL_FILE_PATH)
    return render(request, "notifications/mails.html", {"section": "notices", "mails": found})
