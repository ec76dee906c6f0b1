"""Official forms out over HTTP: one table, many as a zip, the blank form, and the page that knows check codes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from targets import exporting, jobs, organisations, overview, sheets, word_templates
from targets.export import Blank, Format
from targets.exporting import Exported
from targets.forms import ListFilters
from targets.models import ExportJob
from targets.views.common import person, visible_case
from workflow import grants
from workflow.machine import Kind
from workflow.refusals import NotVisible

SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


def download(made: Exported) -> HttpResponse:
    """Answer with a file: always saved, never shown in the page's origin, never kept by a cache."""
    headers = {**SAFE, "Content-Disposition": content_disposition_header(True, made.name) or "attachment"}
    return HttpResponse(made.data, content_type=made.media, headers=headers)


@require_GET
def one(request: HttpRequest, number: str, format: str) -> HttpResponse:
    """Answer with one table as docx, xlsx or pdf; the record says who took it out."""
    case = visible_case(request, number, kind=Kind.TARGET)
    wanted = exporting.format_of(format)
    own = word_templates.in_force() if wanted == Format.DOCX else None
    return download(exporting.export_table(case=case, format=wanted, by=person(request), now=timezone.now(),
                                           word_template=own))


@require_GET
def review_sheet(request: HttpRequest, number: str, format: str) -> HttpResponse:
    """Answer with the review sheet of one table; without decisions it is blank, to be filled in by hand."""
    case = visible_case(request, number, kind=Kind.TARGET)
    wanted = exporting.format_of(format)
    return download(sheets.export_sheet(case=case, format=wanted, by=person(request), now=timezone.now()))


@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Answer with a file of the ticked tables, or of all that the filters show; many are made in the background.

    `as`: all of them as this, whatever format is chosen.
    """
    what, wanted = jobs.wanted_of(request.POST.get("as") or request.POST.get("format", ""))
    seen = grants.visible_to(person(request)).filter(kind=Kind.TARGET)
    if request.POST.get("all") or request.POST.get("as"):
        filters, _after = ListFilters(request.POST).asked()
        cases = overview.all_cases_for(person(request), filters=filters, most=jobs.MOST + 1)
    else:
        cases = list(seen.filter(number__in=request.POST.getlist("number")[:jobs.MOST + 1]).order_by("number"))
    try:
        made = jobs.ask(what=what, format=wanted, cases=cases, by=person(request), now=timezone.now())
    except jobs.NothingChosen as refusal:
        messages.error(request, str(refusal))
        back = request.headers.get("referer", "")
        ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
        return redirect(back if ours else "table_list")
    return redirect("table_export_job", made.pk) if isinstance(made, ExportJob) else download(made)


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """Show what the person exported during the last day."""
    return render(request, "targets/export_jobs.html", {"section": "tables", "jobs": jobs.jobs_of(person(request))})


@require_GET
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far an export of many tables is; the page, or its part, asks again by itself until the file is there."""
    found = jobs.job_of(pk, by=person(request))
    context: dict[str, Any] = {"section": "tables", "job": found, "total": len(found.cases),
                               "name": jobs.name_of(found), "until": found.asked_at + jobs.KEPT}
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "targets/export_progress.html" if is_part else "targets/export_job.html", context)


@require_POST
def job_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop an export that is not ready yet."""
    found = jobs.job_of(pk, by=person(request))
    try:
        jobs.cancel(found)
    except jobs.NoLongerWaiting as refusal:
        messages.error(request, str(refusal))
    return redirect("table_export_job", pk)


@require_GET
def job_file(request: HttpRequest, pk: UUID) -> FileResponse:
    """Answer with the file of an export that is ready."""
    found = jobs.job_of(pk, by=person(request))
    answer = FileResponse(jobs.opened(found), as_attachment=True, filename=jobs.name_of(found),
                          content_type=jobs.MEDIA_OF[found.what])
    for header, value in SAFE.items():
        answer.headers[header] = value
    return answer


@require_GET
def template(request: HttpRequest, kind: str = Blank.FORM.value) -> HttpResponse:
    """Answer with a blank form of a unit that the person edits: the first, ?unit=, or with the head of ?case= in it."""
    units = organisations.units_edited_by(person(request))
    if not units:
        raise organisations.NotAnEditor
    number = request.GET.get("case", "")
    case = visible_case(request, number, kind=Kind.TARGET) if number else None
    wanted = str(case.unit_id) if case else request.GET.get("unit")
    unit = next((u for u in units if str(u.pk) == wanted), None if case else units[0])
    if unit is None or kind not in list(Blank):
        raise NotVisible
    return download(exporting.fill_in_template(unit=unit, fiscal_year=overview.open_year(), now=timezone.now(),
                                               kind=Blank(kind), case=case))


@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """Say which version a check code on paper is, among the tables that the person sees."""
    code = request.GET.get("code", "")[:40]
    found = exporting.verify(code=code, by=person(request)) if code else None
    return render(request, "targets/verify.html", {"section": "tables", "code": code, "found": found})
