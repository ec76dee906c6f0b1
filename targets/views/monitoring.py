"""Monitoring's pages: the board with its periods, the form of one report, its reading view for reviewers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from targets import execution, monitoring, organisations, overview, profiles, remeasuring, report_findings
from targets.forms import DecisionForm, ListFilters, PeriodForm
from targets.models import IndicatorProgress, MonitoringPeriod, MonitoringReport
from targets.models.monitoring import Possibility
from targets.rows import TextTooLong, UnknownField
from targets.views.common import person, posted_key, posted_seen, standing_context, visible_case
from targets.views.tables import open_comments
from workflow import engine, grants
from workflow.engine import Seen
from workflow.machine import Action, Kind
from workflow.models import Case
from workflow.queries import standing_of
from workflow.refusals import Blocked, Refused, Stale

SHOWN_ON_THE_FORM = (Stale, Blocked, TextTooLong, UnknownField, monitoring.UnknownRow, monitoring.UnknownPossibility,
                     execution.LockedMoney, remeasuring.NothingNewer)
CAUSES = tuple((f.name, f.verbose_name) for f in IndicatorProgress._meta.fields if f.name in monitoring.CAUSES)
FUNDS = ("total", "fiscal", "other")


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Show the periods with their counts, and the reports of the chosen one."""
    return _board(request)


def _board(request: HttpRequest, *, form: PeriodForm | None = None, refusal: Refused | None = None,
           status: int = 200) -> HttpResponse:
    rows = overview.periods_for(person(request))
    asked = request.GET.get("period", "")
    chosen = next((row for row in rows if str(row.period.pk) == asked), rows[0] if rows else None)
    _filters, after = ListFilters(request.GET).asked()
    reports, more = overview.reports_of(chosen.period, person(request), after=after) if chosen else ([], None)
    return render(request, "targets/monitoring.html", {
        "section": "monitoring", "periods": rows, "chosen": chosen, "after": more, "now": timezone.now(),
        "reports": [(report, standing_of(overview.open_tasks(report.case)), _rate(report)) for report in reports],
        "is_finance": organisations.is_finance(person(request)), "opens": _opens_reports(request),
        "form": form or PeriodForm(initial=_proposal()),
        "refusal": refusal,
    }, status=status)


def _opens_reports(request: HttpRequest) -> bool:
    """Return whether the person is of the performance division, which opens reports; the engine asks for the right."""
    return any(held.is_performance_division for held in grants.roles_of(person(request)))


def _proposal() -> dict[str, Any]:
    """Return a period as most counties set it, for this year: January to July."""
    year = timezone.localdate().year
    return {"fiscal_year": year, "label": "1—7月", "from_date": date(year, 1, 1), "to_date": date(year, 7, 31),
            "unit_due": date(year, 8, 12), "department_due": date(year, 8, 18), "finance_due": date(year, 8, 28)}


@require_POST
def period_create(request: HttpRequest) -> HttpResponse:
    """Set up a period that begins now."""
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    form = PeriodForm(request.POST)
    form.instance.opens_at = timezone.now()
    if not form.is_valid():
        return _board(request, form=form, status=422)
    try:
        period = monitoring.create_period(**form.cleaned_data, opens_at=_opening(form), by=person(request))
    except (monitoring.PeriodRefused, monitoring.PeriodThere) as refusal:
        return _board(request, form=form, refusal=refusal, status=422)
    messages.success(request, _("The period “%(label)s” is set up. Open its reports when the units shall begin.")
                     % {"label": period.label})
    return redirect(f"{reverse('monitoring')}?period={period.pk}")


def _opening(form: PeriodForm) -> datetime:
    """Return when the clock may open the reports: after the last day of the period, or now if that is past."""
    after_the_end = timezone.make_aware(datetime.combine(form.cleaned_data["to_date"], time.max))
    return max(timezone.now(), after_the_end)


@require_POST
def period_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a report for every table in force that has none in this period, as the person who presses."""
    if not organisations.is_finance(person(request)):
        raise organisations.NotFinance
    period = MonitoringPeriod.objects.filter(pk=pk).first()
    if period is None:
        return redirect("monitoring")
    opened, refused = 0, 0
    for case in overview.without_report(period, person(request)):
        try:
            monitoring.open_monitoring(case=case, period=period, by=person(request), now=timezone.now(),
                                       key=f"{posted_key(request)[:40]}:{case.pk}",
                                       seen=Seen(case.version, case.content_hash))
            opened += 1
        except Refused:
            refused += 1
    messages.success(request, _("%(count)s reports were opened for “%(label)s”.")
                     % {"count": opened, "label": period.label})
    if refused:
        messages.warning(request, _("%(count)s tables could not be opened; their record says why.")
                         % {"count": refused})
    return redirect(f"{reverse('monitoring')}?period={pk}")


# One report


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of the report under its category; `span` rows of the category begin here, 0 inside."""

    row: IndicatorProgress
    category: str
    span: int


@dataclass(frozen=True, slots=True)
class FundsLine:
    """One line of the money block: budget as in force, executed and forecast as typed, the rate in percent."""

    part: str
    label: str
    budget: str
    executed: str
    forecast: str
    rate: Decimal | None


@require_GET
def report(request: HttpRequest, number: str) -> HttpResponse:
    """Show one report: the form for whoever may fill it in now, else the reading view."""
    case = visible_case(request, number, kind=Kind.REPORT)
    context = standing_context(request, case)
    if context["may"][Action.EDIT].may:
        return report_form_page(request, case, context=context)
    return report_read_page(request, case, context=context)


def _loaded(case: Case) -> tuple[MonitoringReport, list[IndicatorProgress]]:
    found = MonitoringReport.objects.select_related("case", "period", "target", "execution_source").get(pk=case.pk)
    return found, list(found.progress.all())


def _typed(found: MonitoringReport, rows: Sequence[IndicatorProgress], post: QueryDict) -> None:
    """Put what a form posted over what is stored, on the instances only."""
    header, typed_rows = _posted(post)
    for name, text in header.items():
        setattr(found, name, text)
    by_uuid = {str(row.uuid): row for row in rows}
    for typed in typed_rows:
        row = by_uuid.get(typed.pop("uuid"))
        for name, value in typed.items() if row else ():
            setattr(row, name, value)


def _posted(post: QueryDict) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return header and rows as targets.monitoring takes them; a row's fields are named <field>.<uuid>."""
    header = {name: str(post[name]) for name in (*monitoring.AMOUNTS, *monitoring.TEXTS) if name in post}
    rows = []
    for uuid in post.getlist("row"):
        rows.append({
            "uuid": uuid, "possibility": post.get(f"possibility.{uuid}", ""),
            **{name: post.get(f"{name}.{uuid}", "") for name in monitoring.ROW_TEXTS},
            **{name: f"{name}.{uuid}" in post for name in monitoring.CAUSES}})
    return header, rows


def _rate(found: MonitoringReport) -> Decimal | None:
    return monitoring.execution_rate(found.executed_total, found.adjusted_total or found.budget_total)


def _sheet(case: Case, found: MonitoringReport, rows: Sequence[IndicatorProgress]) -> dict[str, Any]:
    profile = profiles.load(case.profile)
    lines, last = [], ""
    for row in rows:
        category = profile.category(row.code)
        span = 0 if row.code == last else sum(1 for other in rows if other.code == row.code)
        lines.append(Line(row, category.label if category else row.code, span))
        last = row.code
    funds = [FundsLine(part, profile.header[f"funds.{part}"][0], getattr(found, f"budget_{part}"),
                       getattr(found, f"executed_{part}"), getattr(found, f"forecast_{part}"),
                       monitoring.execution_rate(getattr(found, f"executed_{part}"), getattr(found, f"budget_{part}")))
             for part in FUNDS]
    return {"report": found, "lines": lines, "funds": funds, "rate": _rate(found), "possibilities": Possibility.choices,
            "causes": CAUSES, "section": "monitoring", "value_label": profile.value_label,
            "findings": report_findings.findings_of(found, rows), "measured": remeasuring.measured(found),
            "profile": profile,
            "line_percent": monitoring.execution_line(found.period.to_date.month)}


def report_form_page(request: HttpRequest, case: Case, *, context: dict[str, Any] | None = None,
                     post: QueryDict | None = None, status: int = 200, **more: Any) -> HttpResponse:
    """Show the report's form, with what was typed when something was refused."""
    found, rows = _loaded(case)
    if post is not None:
        _typed(found, rows, post)
    figure = execution.lock_money(found)
    return render(request, "targets/report_form.html", {
        **(context or standing_context(request, case)), **_sheet(case, found, rows), "comments": open_comments(case),
        "figure": figure, **more}, status=status)


def report_read_page(request: HttpRequest, case: Case, *, context: dict[str, Any] | None = None,
                     form: DecisionForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    """Show the report to read, with the decision where one is asked."""
    context = context or standing_context(request, case)
    may = context["may"]
    found, rows = _loaded(case)
    figure = execution.figure_of(found)
    return render(request, "targets/report_read.html", {
        **context, **_sheet(case, found, rows), "figure": figure,
        "newer_figure": figure if figure and figure.source != found.execution_source else None,
        "form": form or DecisionForm(), "comments": open_comments(case),
        "decides": may[Action.APPROVE].may or may[Action.RETURN].may,
        "decide_url": reverse("report_decide", args=[case.number]), **more}, status=status)


@require_POST
def report_save(request: HttpRequest, number: str) -> HttpResponse:
    """Save the report; it stays with the unit."""
    case = visible_case(request, number, kind=Kind.REPORT)
    header, rows = _posted(request.POST)
    try:
        monitoring.save_report(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request),
                               header=header, rows=rows)
    except SHOWN_ON_THE_FORM as refusal:
        return _shown_again(request, case, refusal)
    messages.success(request, _("Saved at %(clock)s. The report is not submitted yet.")
                     % {"clock": f"{timezone.localtime():%H:%M:%S}"})
    return redirect("report", number)


@require_POST
def report_take_over(request: HttpRequest, number: str) -> HttpResponse:
    """Save what the form holds and let the report measure what came into force since it was opened."""
    case = visible_case(request, number, kind=Kind.REPORT)
    try:
        remeasuring.take_over(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request),
                              unsaved=monitoring.Unsaved(*_posted(request.POST)))
    except SHOWN_ON_THE_FORM as refusal:
        return _shown_again(request, case, refusal)
    messages.success(request, _("The report measures the adjusted targets now. What was filled in has stayed with its "
                                "indicators; look through the rows that are new."))
    return redirect("report", number)


@require_POST
def report_submit(request: HttpRequest, number: str) -> HttpResponse:
    """Save what the form holds and submit the report, both or neither."""
    case = visible_case(request, number, kind=Kind.REPORT)
    header, rows = _posted(request.POST)
    unsaved = monitoring.Unsaved(header, rows) if rows or header else None
    try:
        monitoring.submit_report(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request),
                                 key=posted_key(request), unsaved=unsaved)
    except SHOWN_ON_THE_FORM as refusal:
        return _shown_again(request, case, refusal)
    messages.success(request, _("The report on “%(title)s” is submitted.") % {"title": case.title})
    return redirect("report", number)


def _shown_again(request: HttpRequest, case: Case, refusal: Refused) -> HttpResponse:
    fresh = visible_case(request, case.number, kind=Kind.REPORT)
    if not engine.explain(fresh, Action.EDIT, by=person(request), now=timezone.now()).may:
        raise refusal
    status = 409 if isinstance(refusal, Stale) else 422
    return report_form_page(request, fresh, post=request.POST, status=status, refusal=refusal)
