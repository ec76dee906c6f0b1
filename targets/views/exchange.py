"""Exchange with 一体化 over HTTP: execution figures in, what of them is not matched, target tables out."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from targets import execution, lists, organisations
from targets.models import ExecutionFigure, ExecutionImport, MonitoringPeriod, Project
from targets.views.common import person
from workflow.refusals import DetailMissing, Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
MOST_SHOWN = 50


class ExecutionImportForm(forms.Form):
    """A file of execution figures for one period."""

    period = forms.ModelChoiceField(MonitoringPeriod.objects.all(), label=gettext_lazy("Monitoring period"),
                                    widget=forms.Select(attrs={"class": "form-select"}))
    as_of = forms.DateField(label=gettext_lazy("Figures as of"), required=False,
                            help_text=gettext_lazy("Left empty: the last day of the period."),
                            widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}))
    file = forms.FileField(label=gettext_lazy("File (xlsx or csv)"),
                           widget=forms.ClearableFileInput(attrs={"class": "form-control"}))


@require_http_methods(["GET", "POST"])
def execution_import(request: HttpRequest) -> HttpResponse:
    """Take a file of execution figures in, whole or not at all, and go to what is not matched."""
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    form = ExecutionImportForm(request.POST or None, request.FILES or None,
                               initial={"period": request.GET.get("period") or execution.only_period()})
    result, refusal = None, None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            result = execution.import_execution(
                period=said["period"], name=said["file"].name or "", data=said["file"].read(lists.MAX_BYTES + 1),
                by=person(request), now=timezone.now(), as_of=said["as_of"])
        except lists.ListRefused as refused:
            refusal = refused
    if result is not None and result.source is not None:
        messages.success(
            request, _("%(rows)s lines read: %(matched)s projects matched, %(unmatched)s not matched yet.")
            % {"rows": result.rows, "matched": result.matched, "unmatched": result.unmatched})
        return redirect("execution_unmatched", result.source.pk)
    status = 422 if form.errors or refusal or result is not None else 200
    return render(request, "targets/execution_import.html", {
        "section": "monitoring", "form": form, "result": result, "refusal": refusal,
        "earlier": ExecutionImport.objects.select_related("period", "imported_by")[:10]}, status=status)


@require_GET
def execution_unmatched(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the rows of one file that belong to no project yet, with the projects that they may mean."""
    return _unmatched(request, pk)


@require_POST
def execution_match(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which project one row belongs to: a candidate's button, or a code that was typed."""
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    figure = get_object_or_404(ExecutionFigure, pk=pk)
    try:
        project = _chosen(request)
        execution.match(figure=figure, project=project, by=person(request), now=timezone.now())
    except (execution.NegativeSum, execution.UnknownProjectCode, execution.AlreadyMatched, DetailMissing) as refusal:
        return _unmatched(request, figure.source_id, refusal=refusal, status=422)
    messages.success(request, _("Line %(line)s is matched to “%(project)s”, in every later file too.")
                     % {"line": figure.line, "project": project.name})
    return redirect("execution_unmatched", figure.source_id)


def _chosen(request: HttpRequest) -> Project:
    chosen = request.POST.get("project", "")
    if not chosen:
        return execution.project_of_code(request.POST.get("code", ""))
    found = Project.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 10 else None
    if found is None:
        raise DetailMissing(field=_("project"))
    return found


def _unmatched(request: HttpRequest, pk: int, *, refusal: Refused | None = None, status: int = 200) -> HttpResponse:
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    source = get_object_or_404(ExecutionImport.objects.select_related("period"), pk=pk)
    return render(request, "targets/execution_unmatched.html", {
        "section": "monitoring", "source": source, "refusal": refusal,
        "unmatched": execution.unmatched_of(source, limit=MOST_SHOWN),
        "count": source.figures.filter(project=None).count(), "matched": source.figures.exclude(project=None).count(),
        "is_newest": execution.newest(source.period) == source}, status=status)
