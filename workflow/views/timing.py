"""The editors of time: calendar, ladders, a round's dates. Each shows what would change before anything is stored."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from workflow import calendar as working_days
from workflow import calendar_files, deadlines, ladders, projecting, queries, simulation, timetable
from workflow.administering import Duty
from workflow.machine import TaskKind
from workflow.models import CalendarYear, Ladder, Milestone, Round, Rung, User, WorkDay
from workflow.refusals import Refused
from workflow.views.asking import keeper, person

SALT = "workflow.calendar"
PREVIEW_HOLDS = 60 * 60
"""Seconds for which a preview may be confirmed."""
SHOWN = 100
BLANK_RUNGS = 3


def finance(request: HttpRequest) -> User:
    """Return who asks; an attempt to change something is noted in the rulings.

    Raises: PermissionDenied for everybody but finance and the administrators of rules.
    """
    user = person(request)
    return user if queries.sets_rules(user) else keeper(request, Duty.RULES)


# The calendar


def _packed(years: list[dict[str, Any]]) -> str:
    return signing.dumps(
        [
            year
            | {"published_on": year["published_on"] and year["published_on"].isoformat()}
            | {side: [[d["date"].isoformat(), d["name"]] for d in year[side]] for side in ("holidays", "working")}
            for year in years
        ],
        salt=SALT,
        compress=True,
    )


def _unpacked(text: str) -> list[dict[str, Any]]:
    years = signing.loads(text, salt=SALT, max_age=PREVIEW_HOLDS)
    for year in years:
        year["published_on"] = year["published_on"] and date.fromisoformat(year["published_on"])
        for side in ("holidays", "working"):
            year[side] = [{"date": date.fromisoformat(day), "name": name} for day, name in year[side]]
    return list(years)


@require_http_methods(["GET", "POST"])
def calendar_edit(request: HttpRequest) -> HttpResponse:
    """Take in years from a file or from lines, show whose deadlines would move, and store them when confirmed."""
    by, now = keeper(request, Duty.RULES), timezone.now()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else deadlines.day_of(now).year + 1
    context: dict[str, Any] = {"section": "calendar", "year": year}
    if "confirmed" in request.POST:
        try:
            years = _unpacked(request.POST["confirmed"])
        except signing.BadSignature:
            messages.error(request, _("The preview is too old. Look at it again, then store it."))
            return redirect("calendar_edit")
        moved = projecting.take_in(years=years, by=by, now=now)
        words = ngettext("Stored. %(count)s deadline has moved.", "Stored. %(count)s deadlines have moved.", moved)
        messages.success(request, words % {"count": moved})
        return redirect("calendar")
    lines, source = request.POST.get("lines", ""), request.POST.get("source", "")
    if request.method == "POST":
        try:
            years = _given(request, year=year)
            moves = projecting.preview(working=working_days.with_years(years), now=now)
        except Refused as refusal:
            context |= {"refusal": refusal, "lines": lines, "source": source}
            return render(request, "workflow/calendar_edit.html", context, status=422)
        missing = [(year["year"], names) for year in years if (names := calendar_files.unnamed(year))]
        context |= {"years": years, "missing": missing, "confirmed": _packed(years)}
        context |= {"moves": moves[:SHOWN], "count": len(moves)}
        return render(request, "workflow/calendar_preview.html", context)
    known = CalendarYear.objects.filter(year=year).first()
    stored = calendar_files.as_lines(WorkDay.objects.filter(year=year))
    context |= {"lines": stored, "source": known.source if known else ""}
    return render(request, "workflow/calendar_edit.html", context)


def _given(request: HttpRequest, *, year: int) -> list[dict[str, Any]]:
    """Return the years of the uploaded file, else of the lines. Raises: Refused."""
    source = request.POST.get("source", "").strip()
    upload = request.FILES.get("file")
    if upload is not None:
        if upload.size is None or upload.size > calendar_files.LARGEST:
            raise calendar_files.CalendarNoFile
        return calendar_files.read(name=upload.name or "", content=upload.read(), source=source)
    years = calendar_files.from_lines(request.POST.get("lines", ""), source=source, year=year)
    for one in years:
        calendar_files.check_whole(one)
    return years


# Ladders


def _rungs_given(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the rungs of the form that are not blank. Raises: LadderRefused for days that are no number."""
    rungs = []
    for n in range(len(request.POST.getlist("audience"))):
        given = {name: request.POST.getlist(name)[n].strip() for name in ("basis", "days", "audience", "mark")}
        if not given["days"] and given["basis"] != Rung.Basis.HALF:
            continue
        try:
            days = int(given["days"] or 0)
        except ValueError as error:
            raise ladders.LadderRefused(what=given["days"][:20]) from error
        if abs(days) > 60 or given["basis"] not in Rung.Basis.values:
            raise ladders.LadderRefused(what=given["days"][:20])
        rungs.append({
            "code": f"{given['basis']}{days:+d}-{given['audience'][:8]}".replace("_", "-"),
            "basis": given["basis"],
            "days": days,
            "audience": given["audience"],
            "only_if_not_begun": given["mark"] == "not_begun",
            "is_escalation": given["mark"] == "escalation",
        })  # fmt: skip
    return rungs


def _rungs_typed(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the rows of the form as they were typed, so that a refusal loses none of them."""
    names = ("basis", "days", "audience", "mark")
    rows = zip(*(request.POST.getlist(name) for name in names), strict=False)
    return [
        {"basis": basis, "days": days, "audience": audience,
         "only_if_not_begun": mark == "not_begun", "is_escalation": mark == "escalation"}
        for basis, days, audience, mark in rows
        if days.strip() or basis == Rung.Basis.HALF
    ]  # fmt: skip


@require_http_methods(["GET", "POST"])
def ladder_edit(request: HttpRequest, task_kind: str) -> HttpResponse:
    """Edit the ladder of one kind of task; "simulate" shows who would get what and when, "save" makes a new version."""
    by, now = keeper(request, Duty.RULES), timezone.now()
    if task_kind not in TaskKind.values:
        return redirect("ladders")
    in_force = Ladder.objects.filter(pk=ladders.id_for(task_kind) or 0).first()
    context: dict[str, Any] = {
        "section": "ladders",
        "task_kind": TaskKind(task_kind),
        "ladder": in_force,
        "rungs": list(ladders.rungs_of(in_force.pk if in_force else None)),
        "audiences": Rung.Audience.choices,
        "bases": Rung.Basis.choices,
        "blank": range(BLANK_RUNGS),
        "title": request.POST.get("title", in_force.title if in_force else ""),
    }
    if request.method == "GET":
        return render(request, "workflow/ladder_edit.html", context)
    try:
        given = _rungs_given(request)
        if "save" in request.POST:
            title = context["title"].strip()[:120] or str(TaskKind(task_kind).label)
            ladders.replace(task_kind=task_kind, title=title, rungs=given, by=by, now=now)
            messages.success(request, _("Stored as a new version. Tasks that are open keep the ladder they have."))
            return redirect("ladders")
        ladders.check_rungs(given)
    except Refused as refusal:
        typed = context | {"rungs": _rungs_typed(request), "refusal": refusal}
        return render(request, "workflow/ladder_edit.html", typed, status=422)
    rungs = [Rung(**rung) for rung in given]
    told = simulation.simulate(task_kind=task_kind, rungs=rungs, now=now)
    return render(request, "workflow/ladder_edit.html", context | {"rungs": rungs, "told": told})


# The dates of a round


@require_http_methods(["GET", "POST"])
def round_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the dates of a round; shows whose deadlines move before they are stored."""
    by, now = finance(request), timezone.now()
    found = get_object_or_404(Round, pk=pk)
    stood = {row.milestone: row.date for row in found.dates.all()}
    context: dict[str, Any] = {"section": "rounds", "round": found}
    if request.method == "GET":
        return render(request, "workflow/round_edit.html", context | {"rows": _dated(stood)})
    given = {value: parse_date_or_none(request.POST.get(value, "")) for value in Milestone.values}
    rows = _dated(given)
    try:
        for value, label in Milestone.choices:
            if given[value] is None and (typed := request.POST.get(value, "").strip()):
                raise timetable.DateUnreadable(milestone=label, text=typed[:20])
        if "save" in request.POST:
            moved = timetable.store(round_id=found.pk, wanted=given, by=by, now=now)
            words = ngettext("Stored. %(count)s deadline has moved.", "Stored. %(count)s deadlines have moved.", moved)
            messages.success(request, words % {"count": moved})
            return redirect("rounds")
        timetable.check(stood=stood, wanted=given, now=now)
        moves = list(timetable.moves(round_id=found.pk, stood=stood, wanted=given))
    except Refused as refusal:
        return render(request, "workflow/round_edit.html", context | {"rows": rows, "refusal": refusal}, status=422)
    context |= {"rows": rows, "moves": moves[:SHOWN], "count": len(moves), "is_checked": True}
    return render(request, "workflow/round_edit.html", context)


def _dated(dates: Mapping[str, date | None]) -> list[tuple[str, Any, date | None, timetable.Latest | None]]:
    """Return value, name, date and the last lawful day of each milestone."""
    latest = timetable.latest_by_law(dates)
    return [(value, label, dates.get(value), latest.get(value)) for value, label in Milestone.choices]


def parse_date_or_none(text: str) -> date | None:
    """Return the date written in `text`, None for none or nonsense."""
    try:
        return parse_date(text.strip())
    except ValueError:
        return None
