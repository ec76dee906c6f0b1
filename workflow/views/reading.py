"""The procedure's read-only pages: a case's record, the overdue board, timetable, calendar, ladders, people."""

import calendar as month_shapes
from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from workflow import (
    call_list,
    deadlines,
    delegations,
    engine,
    extensions,
    kinds,
    pictures,
    purging,
    queries,
    route_words,
    story,
    urging,
)
from workflow.context_processors import seat_of
from workflow.machine import TaskKind
from workflow.models import CalendarYear, Delegation, Ladder, Milestone, Round, Route, User, WorkDay
from workflow.refusals import Refused
from workflow.views.asking import person, visible_case

FIRST_YEAR, LAST_YEAR = 2000, 2100


@require_safe
def case_history(request: HttpRequest, number: str) -> HttpResponse:
    """Show everything that happened to one case, with versions and hashes, and where it stands."""
    case = visible_case(request, number)
    standing = queries.standing(case)
    return render(request, "workflow/case_history.html", {
        "section": "tables",
        "case": case,
        "standing": standing,
        "link": kinds.document_of(case).url(case),
        "steps": story.route_steps(case, open_tasks=standing.tasks),
        "entries": story.timeline(case),
    })  # fmt: skip


@require_safe
def case_way(request: HttpRequest, number: str) -> HttpResponse:
    """Show the way of one case as pictures: its route with where it stands, and the whole procedure."""
    case = visible_case(request, number)
    standing = queries.standing(case)
    steps = story.steps_of(case)
    return render(request, "workflow/case_way.html", {
        "section": "tables",
        "case": case,
        "standing": standing,
        "link": kinds.document_of(case).url(case),
        "route": pictures.route_svg(
            steps,
            title=_("The way of case %(number)s") % {"number": case.number},
            people=route_words.names_in(steps),
            stands=story.stands(case, open_tasks=standing.tasks),
        ),
        "machine": pictures.machine_svg(now_at=case.state),
        "may_purge": purging.is_head(person(request), case),
    })  # fmt: skip


@require_safe
def case_why(request: HttpRequest, number: str) -> HttpResponse:
    """Say for every action whether the person may do it now, by what right and until when, or why not and who can."""
    case, user, now = visible_case(request, number), person(request), timezone.now()
    standing = queries.standing(case)
    principals: list[User | None] = [None, *delegations.principals_of(user, now=now, kind=case.kind)]
    acting = [(one, engine.available_actions(case, by=user, now=now, on_behalf_of=one)) for one in principals]
    ended = Delegation.objects.filter(deputy=user, starts_at__lte=now).filter(
        Q(ends_at__lte=now) | Q(revoked_at__isnull=False)
    )
    return render(request, "workflow/case_why.html", {
        "section": "tables",
        "case": case,
        "standing": standing,
        "link": kinds.document_of(case).url(case),
        "holders": [(task, queries.holder_of(task)) for task in standing.tasks],
        "acting": [
            (principal, [one for one in found if one.may], [one for one in found if not one.may])
            for principal, found in acting
        ],
        "ended": ended.select_related("principal").order_by("-ends_at")[:3],
        "now": now,
    })  # fmt: skip


@require_safe
def overdue_board(request: HttpRequest) -> HttpResponse:
    """Show who is late with what, with phones and a ready text for the group chat."""
    now = timezone.now()
    debtors = queries.overdue_for(person(request), now=now)
    tasks = [task for debtor in debtors for task in debtor.tasks]
    urged = urging.cooling((task.case_id for task in tasks), now=now)
    for task in tasks:
        task.urged_at = urged.get(task.case_id)  # type: ignore[attr-defined]
    return render(request, "workflow/overdue_board.html", {
        "section": "overdue",
        "now": now,
        "debtors": debtors,
        "total": len(tasks),
        "group_text": queries.group_text(debtors, now=now),
        "ageing": call_list.ageing(debtors, now=now),
        "ages": call_list.age_labels(),
        "asked": extensions.open_for(person(request)).count() if queries.is_finance(person(request)) else 0,
    })  # fmt: skip


@require_POST
def overdue_urge(request: HttpRequest) -> HttpResponse:
    """Urge whoever has the ticked cases, or the one whose button was pressed, and say what came of each."""
    numbers = [request.POST["only"]] if "only" in request.POST else request.POST.getlist("case")
    try:
        done = urging.urge(
            numbers=numbers, by=person(request), key=request.POST.get("key", ""), now=deadlines.database_now()
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("overdue_board")
    told = sum(one.refusal is None for one in done)
    if told:
        words = ngettext("Urged for %(count)s table.", "Urged for %(count)s tables.", told)
        messages.success(request, words % {"count": told})
    why: dict[str, list[str]] = {}
    for one in done:
        if one.refusal is not None:
            why.setdefault(str(one.refusal), []).append(one.case.number)
    for sentence, refused in why.items():
        messages.error(request, f"{'、'.join(refused[:5])}{'…' if len(refused) > 5 else ''}：{sentence}")
    return redirect("overdue_board")


@require_safe
def overdue_sheet(request: HttpRequest) -> HttpResponse:
    """Answer with the list for an SMS platform: 姓名, 手机, 内容. The department and finance people who urge get it."""
    if not seat_of(person(request)).urges:
        raise PermissionDenied(_("This list is for departments and the finance bureau."))
    now = timezone.now()
    body = call_list.sheet(queries.overdue_for(person(request), now=now), now=now)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"overdue-{timezone.localdate().isoformat()}.xlsx"
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_safe
def rounds(request: HttpRequest) -> HttpResponse:
    """Show every round with its dates."""
    today = timezone.localdate()
    names = dict(Milestone.choices)
    rows = [
        (found, [(names.get(d.milestone, d.milestone), d.date, d.date < today) for d in found.dates.all()])
        for found in Round.objects.prefetch_related("dates")[:20]
    ]
    for _round, dates in rows:
        dates.sort(key=lambda entry: entry[1])
    return render(request, "workflow/rounds.html", {"section": "rounds", "rounds": rows, "today": today})


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Show one year of working days, with where it comes from."""
    asked = request.GET.get("year", "")
    today = timezone.localdate()
    year = int(asked) if asked.isdecimal() and FIRST_YEAR <= int(asked[:5]) <= LAST_YEAR else today.year
    differing = {day.date: day for day in WorkDay.objects.filter(date__year=year)}
    weeks = month_shapes.Calendar(firstweekday=0)
    months = [
        (month, [[_day(d, month, today, differing) for d in week] for week in weeks.monthdatescalendar(year, month)])
        for month in range(1, 13)
    ]
    named = [day for day in differing.values() if day.name]
    return render(request, "workflow/calendar.html", {
        "section": "calendar",
        "year": year,
        "source": CalendarYear.objects.filter(year=year).first(),
        "years": list(CalendarYear.objects.order_by("year").values_list("year", flat=True)),
        "months": months,
        "differing": sorted(named, key=lambda day: day.date),
    })  # fmt: skip


def _day(day: date, month: int, today: date, differing: dict[date, WorkDay]) -> tuple[str, str, str]:
    """Return number, class and title of one day's cell; blank for a day of the neighbouring month."""
    if day.month != month:
        return "", "", ""
    found = differing.get(day)
    if found:
        kind = "made-up" if found.is_working else "holiday"
        title = _("%(name)s (make-up working day)") % {"name": found.name} if found.is_working else found.name
    else:
        kind, title = ("off" if day.weekday() >= 5 else ""), ""
    return str(day.day), f"{kind} today" if day == today else kind, title


def _for_finance(request: HttpRequest) -> None:
    if not queries.is_finance(person(request)):
        raise PermissionDenied(_("This page is for the finance bureau and the administrators."))


def _ladders_in_force() -> list[tuple[list[str], Ladder]]:
    """Return the ladders that hold, those that are the same for several kinds of task once, with the kinds' names."""
    alike: dict[object, tuple[list[str], Ladder]] = {}
    found = Ladder.objects.filter(is_active=True).prefetch_related("rungs").order_by("task_kind", "-version")
    newest = {ladder.task_kind: ladder for ladder in reversed(found)}
    for ladder in newest.values():
        rungs = tuple((r.basis, r.days, r.audience, r.only_if_not_begun, r.is_escalation) for r in ladder.rungs.all())
        alike.setdefault((ladder.title, ladder.version, rungs), ([], ladder))[0].append(ladder.get_task_kind_display())
    return list(alike.values())


@require_safe
def ladders(request: HttpRequest) -> HttpResponse:
    """Show the reminders and escalations of each kind of task, and the routes that cases take."""
    _for_finance(request)
    return render(request, "workflow/ladders.html", {
        "section": "ladders",
        "ladders": _ladders_in_force(),
        "kinds": TaskKind.choices,
        "routes": Route.objects.filter(published_at__isnull=False, retired_at__isnull=True).prefetch_related("steps"),
    })  # fmt: skip
