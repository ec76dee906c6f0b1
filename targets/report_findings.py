"""Findings of a monitoring report with what the last period reported. Called by the report's pages.

Between the pure rules (checks.progress) and the rows: reads what is there or typed, asks, and groups by row.
"""

from collections.abc import Sequence
from decimal import Decimal

from targets import monitoring, profiles
from targets.checks import Finding
from targets.checks.progress import ReportLine, ReportSubject, check_report
from targets.models import IndicatorProgress, MonitoringReport
from workflow.machine import State

WHOLE = 0
ACCEPTED = (State.APPROVED, State.CLOSED)


def findings_of(report: MonitoringReport, rows: Sequence[IndicatorProgress]) -> dict[int, list[Finding]]:
    """Return row → findings, those of the whole report under 0; `rows` may hold what is typed and not saved yet.

    One query, for what the last period reported.
    """
    earlier = _earlier(report)
    month = report.period.to_date.month
    profile = profiles.load(report.case.profile)
    meanings = profile.meanings()
    lines = tuple(
        ReportLine(row.position, meanings.get(row.code, row.code), row.name, row.target_value, row.actual, row.forecast,
                   row.possibility, earlier.get((row.code, row.name)) if earlier else None,
                   not row.planned_month or row.planned_month <= month)
        for row in rows)
    subject = ReportSubject(lines, _rate(report), report.period.fiscal_year, has_earlier=bool(earlier))
    found: dict[int, list[Finding]] = {}
    for one in check_report(subject):
        found.setdefault(one.row or WHOLE, []).append(one)
    return found


def _rate(report: MonitoringReport) -> Decimal | None:
    return monitoring.execution_rate(report.executed_total, report.adjusted_total or report.budget_total)


def _earlier(report: MonitoringReport) -> dict[tuple[str, str], str]:
    """Return (category, name) → actual value of the last accepted report of the same table in an earlier period."""
    told = IndicatorProgress.objects.filter(
        report__target_id=report.target_id, report__period__to_date__lt=report.period.to_date,
        report__case__state__in=ACCEPTED,
    ).order_by("report__period__to_date").values_list("code", "name", "actual")
    return {(code, name): actual for code, name, actual in told if actual}
