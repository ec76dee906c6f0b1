"""The workbench: what I must do by when, what I have decided, and what I have begun."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from workflow import batches, deadlines, kinds, queries
from workflow.machine import Action, TaskKind
from workflow.models import Task
from workflow.views.asking import person, visible_case


@dataclass(frozen=True, slots=True)
class Group:
    """One heading of the inbox and what falls under it: the first group whose test holds takes the task."""

    key: str
    title: str | Promise
    tone: str
    holds: Callable[[Task, datetime], bool]


def _is_today(task: Task, now: datetime) -> bool:
    return task.due_at is not None and deadlines.working_days_left(due_at=task.due_at, now=now) == 0


GROUPS = (
    Group("late", _("Overdue"), "late", lambda task, now: bool(task.due_at and task.due_at <= now)),
    Group("today", _("Due today"), "today", _is_today),
    Group("confirm", _("Waiting for my confirmation"), "", lambda task, now: task.kind == TaskKind.CONFIRM),
    Group("review", _("Waiting for my review"), "", lambda task, now: task.kind not in queries.UNIT_KINDS),
    Group("returned", _("Returned to me"), "", lambda task, now: task.kind == TaskKind.CORRECT),
    Group("fill", _("For me to fill in"), "", lambda task, now: True),
)
TABS = ("todo", "late", "done", "mine")


def grouped(tasks: list[Task], *, now: datetime) -> list[tuple[Group, list[Task]]]:
    """Return the tasks under the inbox's headings, in the order of the headings, without empty ones."""
    under: dict[str, list[Task]] = {group.key: [] for group in GROUPS}
    for task in tasks:
        under[next(group.key for group in GROUPS if group.holds(task, now))].append(task)
    return [(group, under[group.key]) for group in GROUPS if under[group.key]]


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show one tab: open tasks by group, overdue ones, decisions made, or cases begun. At most 8 statements."""
    now = timezone.now()
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "todo"
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 18 else None
    context: dict[str, Any] = {
        "section": "inbox",
        "tab": tab,
        "now": now,
        "counts": queries.counts_for(person(request), now=now),
    }
    if tab == "done":
        context["page"] = queries.done_by(person(request), after=start)
    elif tab == "mine":
        page = queries.begun_by(person(request), after=start)
        context |= {"page": page, "rows": [(case, queries.standing_of(case.open_tasks)) for case in page.rows]}
    else:
        context |= _open(request, late_at=now if tab == "late" else None, now=now)
    return render(request, "workflow/inbox.html", context)


ONLY_ON = {Action.APPROVE: TaskKind.REVIEW, Action.RELEASE: TaskKind.RELEASE}
"""What may be chosen for many cases only where a task of this kind is among them."""


def _open(request: HttpRequest, *, late_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Return the rows of the tabs of open tasks, narrowed by the address: kind of task and department."""
    tasks = queries.open_tasks_for(person(request), late_at=late_at)
    departments = {task.case.department_id: task.case.department.name for task in tasks}
    wanted_kind, wanted_department = request.GET.get("kind", ""), request.GET.get("department", "")
    shown = [
        task
        for task in tasks
        if wanted_kind in ("", task.kind) and wanted_department in ("", str(task.case.department_id))
    ]
    kinds_there = dict.fromkeys(task.kind for task in tasks)
    return {
        "groups": grouped(shown, now=now),
        "shown": len(shown),
        "is_cut": len(tasks) == queries.ROWS_SHOWN,
        "limit": queries.ROWS_SHOWN,
        "kinds": [(kind, TaskKind(kind).label) for kind in kinds_there],
        "departments": sorted(departments.items(), key=lambda pair: pair[1]),
        "kind": wanted_kind,
        "department": wanted_department,
        "is_filtered": bool(wanted_kind or wanted_department),
        "can_batch": any(task.step_id for task in shown),
        "batch_actions": [
            (action.value, action.label)
            for action in batches.CHOSEN
            if ONLY_ON.get(action) in (None, *(task.kind for task in shown))
        ],
    }


@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Go to the page of the document that the case is about."""
    found = visible_case(request, number)
    return redirect(kinds.document_of(found).url(found))


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers to stay out."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
