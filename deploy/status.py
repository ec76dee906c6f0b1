"""How the system is: what waits and since when, who lives, what the calendar knows; as facts and as lines for people.

Asked by /statusz (JSON for watchers) and by the administrators' page. Reads only, a fixed number of statements.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from notifications import queries
from workflow import deadlines, sweeping
from workflow.administering import Duty
from workflow.machine import TaskStatus
from workflow.models import CalendarYear, Heartbeat, Task
from workflow.views.asking import keeper

SILENT_AFTER = 180
"""Seconds without a sign of life after which somebody should look."""
LATE_AFTER = 15 * 60
"""Seconds after which something that is due and not done is no longer the usual wait."""
FORGOTTEN_AFTER = timedelta(days=7)
"""A process that has not been heard of for so long was taken away on purpose."""
LEAST_FREE = 10
"""Percent of the disk that should be free."""


def free_percent() -> int:
    """Return how much of the disk that holds VAR_DIR is free, in percent; -1 when it cannot be asked."""
    try:
        usage = shutil.disk_usage(settings.VAR_DIR)
    except OSError:
        return -1
    return usage.free * 100 // usage.total


def _age(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else max(0, int((now - since).total_seconds()))


def facts(*, now: datetime) -> dict[str, Any]:
    """Return what waits, since when (whole seconds), who lives, and what the calendar knows, ready for JSON."""
    due, outbox = sweeping.backlog(now=now), queries.outbox()
    years = sorted(CalendarYear.objects.values_list("year", flat=True))
    this_year = deadlines.day_of(now).year
    return {
        "time": now.isoformat(),
        "sweep": {"tasks_due": due.tasks, "oldest_unfired_seconds": _age(due.oldest, now)},
        "outbox": {
            "notices": outbox.notices,
            "oldest_notice_seconds": _age(outbox.oldest_notice, now),
            "pending": outbox.pending,
            "oldest_pending_seconds": _age(outbox.oldest_pending, now),
        },
        "incidents": {"deliveries": outbox.incidents, "notices": outbox.stuck},
        "storage": {"free_percent": free_percent()},
        "heartbeats": {
            row.name: {
                "seconds": _age(row.beat_at, now),
                "up_since": row.up_since.isoformat() if row.up_since else None,
            }
            for row in Heartbeat.objects.order_by("name")
        },
        "calendar": {
            "years": years,
            "this_year_known": this_year in years,
            "next_year_known": this_year + 1 in years,
            "provisional_deadlines": Task.objects.filter(status=TaskStatus.OPEN, due_is_provisional=True).count(),
        },
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page: what it is about, how it is, "good", "warn" or "bad", what to do, and where."""

    what: str
    words: str
    tone: str = "good"
    advice: str = ""
    address: str = ""


SHAPES = {"good": "tick", "warn": "triangle", "bad": "square"}


def lines(told: Mapping[str, Any], *, now: datetime) -> Iterator[Line]:
    """Yield the facts in words, in the order in which a person would ask for them."""
    yield _sweep_line(told)
    yield from _outbox_lines(told)
    yield _incident_line(told)
    yield from _calendar_lines(told, now=now)
    yield _disk_line(told["storage"]["free_percent"])


def span(seconds: int | None) -> str:
    """Return how long something has waited: seconds, minutes, hours or days."""
    if seconds is None:
        return "—"
    if seconds < 120:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    if seconds < 7200:
        return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60) % {"n": seconds // 60}
    if seconds < 2 * 86400:
        return ngettext("%(n)s hour", "%(n)s hours", seconds // 3600) % {"n": seconds // 3600}
    return ngettext("%(n)s day", "%(n)s days", seconds // 86400) % {"n": seconds // 86400}


def _waiting(count: int, oldest: int | None) -> str:
    if not count:
        return _("nothing waits")
    return _("%(count)s wait, the oldest for %(span)s") % {"count": count, "span": span(oldest)}


def _sweep_line(told: Mapping[str, Any]) -> Line:
    sweep, beat = told["sweep"], told["heartbeats"].get("sweep", {}).get("seconds")
    what = _("Reminders and escalations that are due")
    words = _waiting(sweep["tasks_due"], sweep["oldest_unfired_seconds"])
    if beat is None or beat > SILENT_AFTER:
        heard = _("never") if beat is None else _("%(span)s ago") % {"span": span(beat)}
        silent = _("%(words)s; last looked for: %(heard)s") % {"words": words, "heard": heard}
        advice = _("Nobody looks for what is due. Start beat and worker, or let a timer run “manage.py sweep”.")
        return Line(what, silent, "bad", advice)
    if (sweep["oldest_unfired_seconds"] or 0) > LATE_AFTER:
        advice = _("It is looked for and does not go. The log says which task cannot be fired.")
        return Line(what, words, "warn", advice)
    return Line(what, words)


def _outbox_lines(told: Mapping[str, Any]) -> Iterator[Line]:
    outbox = told["outbox"]
    for what, count, oldest in (
        (_("Messages to be addressed"), outbox["notices"], outbox["oldest_notice_seconds"]),
        (_("Messages to be sent"), outbox["pending"], outbox["oldest_pending_seconds"]),
    ):
        is_late = (oldest or 0) > LATE_AFTER
        advice = _("Mails wait for the morning or for quiet hours to end; else try the mail server.") if is_late else ""
        yield Line(what, _waiting(count, oldest), "warn" if is_late else "good", advice, reverse("channels"))


def _incident_line(told: Mapping[str, Any]) -> Line:
    count = sum(told["incidents"].values())
    what, address = _("Messages that got stuck"), reverse("incidents")
    if not count:
        return Line(what, _("none"), address=address)
    return Line(what, str(count), "bad", _("Try them again, or tell the person and note it."), address)


def _calendar_lines(told: Mapping[str, Any], *, now: datetime) -> Iterator[Line]:
    calendar, year = told["calendar"], deadlines.day_of(now).year
    address = reverse("calendar")
    if calendar["years"]:
        words = _("%(first)s to %(last)s") % {"first": calendar["years"][0], "last": calendar["years"][-1]}
    else:
        words = _("none")
    tone, advice = "good", ""
    if not calendar["this_year_known"] or (not calendar["next_year_known"] and deadlines.day_of(now).month == 12):
        missing = year if not calendar["this_year_known"] else year + 1
        tone = "bad" if missing == year else "warn"
        advice = _("Enter the working days of %(year)s as soon as the State Council’s notice is there.") % {
            "year": missing
        }
    yield Line(_("Working days known"), words, tone, advice, address)
    count = calendar["provisional_deadlines"]
    if count:
        advice = _("They hang on a year whose notice is not published, and are counted anew when it is entered.")
        yield Line(_("Provisional deadlines"), str(count), "warn", advice, address)


def _disk_line(free: int) -> Line:
    what = _("Free disk space")
    if free < 0:
        return Line(what, _("unknown"), "bad", _("The folder of the data cannot be read."))
    if free < LEAST_FREE:
        return Line(what, f"{free} %", "bad", _("Make room: when the disk is full nothing can be stored."))
    return Line(what, f"{free} %")


def processes(told: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return name, last sign of life and tone of each process heard of within the last week."""
    return [
        (name, span(beat["seconds"]), "good" if beat["seconds"] <= SILENT_AFTER else "bad")
        for name, beat in told["heartbeats"].items()
        if beat["seconds"] <= FORGOTTEN_AFTER.total_seconds()
    ]


@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    """Show administrators how the system is, and what to do about what is not well."""
    keeper(request, Duty.OPERATION, Duty.RECORD)
    now = deadlines.database_now()
    told = facts(now=now)
    found = [(line, SHAPES[line.tone]) for line in lines(told, now=now)]
    return render(request, "deploy/status.html", {
        "section": "status",
        "at": now,
        "lines": found,
        "worst": max((line.tone for line, _shape in found), key=("good", "warn", "bad").index),
        "processes": [(*row, SHAPES[row[2]]) for row in processes(told)],
    })  # fmt: skip


urlpatterns = [path("status", status_page, name="status_page")]
