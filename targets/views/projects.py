"""The project list's pages: the list, its import by finance, the template, and projects that are not on it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from targets import lists, organisations, overview, projects
from targets.forms import ListFilters, OffListForm, ProjectImportForm
from targets.views.common import person, posted_key
from workflow.queries import standing_of
from workflow.refusals import Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def project_list(request: HttpRequest) -> HttpResponse:
    """Show what the rounds list, and how far the table of each project is."""
    filters, after = ListFilters(request.GET).asked()
    rows, more = overview.projects_for(person(request), q=filters.q, year=filters.year, after=after)
    shown = [(row, standing_of(overview.open_tasks(row.case)) if row.case else None) for row in rows]
    return render(request, "targets/project_list.html", {
        "section": "projects", "rows": shown, "after": more, "filters": filters, "now": timezone.now(),
        "is_finance": organisations.is_finance(person(request)),
        "is_editor": bool(organisations.units_edited_by(person(request))),
    })


@require_http_methods(["GET", "POST"])
def project_import(request: HttpRequest) -> HttpResponse:
    """Take in a project list, whole or not at all, and show what came of it line by line."""
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    form = ProjectImportForm(request.POST or None, request.FILES or None, rounds=overview.open_rounds())
    result, refusal = None, None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            result = projects.import_project_list(
                name=file.name or "", data=file.read(lists.MAX_BYTES + 1), by=person(request), now=timezone.now(),
                round=form.cleaned_data["round"], is_final=form.cleaned_data["is_final"])
        except lists.ListRefused as refused:
            refusal = refused
    if result is not None and result.is_stored:
        messages.success(
            request, _("List taken in: %(created)s new, %(updated)s changed, %(unchanged)s as they were.")
            % {"created": result.created, "updated": result.updated, "unchanged": result.unchanged})
        return redirect("project_list")
    status = 422 if form.errors or refusal or result is not None else 200
    return render(request, "targets/project_import.html", {
        "section": "projects", "form": form, "result": result, "refusal": refusal, "columns": lists.TEMPLATE,
    }, status=status)


@require_GET
def project_template(request: HttpRequest) -> HttpResponse:
    """Hand out an empty project list."""
    answer = HttpResponse(projects.template(), content_type=XLSX)
    answer.headers["Content-Disposition"] = content_disposition_header(True, "预算项目清单-模板.xlsx") or ""
    return answer


@require_http_methods(["GET", "POST"])
def project_add(request: HttpRequest) -> HttpResponse:
    """Add a project that is not on the list, and go to its blank table."""
    units = organisations.units_edited_by(person(request))
    if not units:
        raise organisations.NotAnEditor
    form = OffListForm(request.POST or None, units=units)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            case = projects.add_off_list(unit=said["unit"], name=said["name"], category=said["category"],
                                        by=person(request), key=posted_key(request), now=timezone.now())
            messages.success(request, _("“%(title)s” is opened. Fill in its table.") % {"title": case.title})
            return redirect("table", case.number)
        except (projects.KnownProject, projects.NoRound) as refused:
            refusal = refused
    status = 422 if form.errors or refusal else 200
    return render(request, "targets/project_add.html", {"section": "projects", "form": form, "refusal": refusal},
                  status=status)
