"""Monitoring (绩效运行监控): periods, opening reports of what is in force, filling, submitting, rates and lights.

One transaction a public function, through the engine. Finance accepts a report by the same machine (targets.reviews).
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from targets import comparing, execution, rows
from targets.content import TableContent, amount
from targets.models import IndicatorProgress, MonitoringPeriod, MonitoringReport, Revision
from targets.models.monitoring import Light, Possibility
from targets.organisations import NotFinance, is_finance
from workflow import engine
from workflow.engine import Outcome, Seen
from workflow.machine import Action, Kind, State, TaskKind
from workflow.models import Case, User
from workflow.refusals import Blocker, DetailMissing, Refused

logger = logging.getLogger(__name__)

OPENED_AT_ONCE = 200
AMOUNTS = ("executed_total", "executed_fiscal", "executed_other", "forecast_total", "forecast_fiscal",
           "forecast_other")
TEXTS = ("remark", "dispute")
CAUSES = ("cause_funds", "cause_rules", "cause_staff", "cause_equipment", "cause_other")
ROW_TEXTS = ("actual", "forecast", "reason", "measures")
SNAPSHOT = ("project_name", "department_text", "unit_text", "annual_goal", "budget_total", "budget_fiscal",
            "budget_other", "adjusted_total")
EXECUTION_LINES = {4: 25, 6: 40, 8: 60, 10: 80}
"""Last month of the period → percent of the budget below which the light turns yellow (川财绩〔2025〕10号)."""
LIGHTS = {Possibility.CERTAIN: Light.GREEN, Possibility.POSSIBLE: Light.YELLOW, Possibility.IMPOSSIBLE: Light.RED}
WORSE = (Light.NOT_DUE, Light.GREEN, Light.YELLOW, Light.RED)
CANONICAL_VERSION = 1


class PeriodRefused(Refused):
    code = "period_refused"
    message = _("The dates of the period are not in order: it opens, then units report, departments review, finance "
                "reviews. Mend the dates and try again.")


class PeriodThere(Refused):
    code = "period_there"
    message = _("The period “%(label)s” of %(year)s is there already.")


class UnknownRow(Refused):
    code = "unknown_row"
    message = _("The report has no such indicator. Reload the page and try again.")


class UnknownPossibility(Refused):
    code = "unknown_possibility"
    message = _("“%(typed)s” is not one of: certain, possible, impossible.")


# Periods, and opening what is due

def create_period(*, fiscal_year: int, label: str, from_date: date, to_date: date, opens_at: datetime, unit_due: date,
                  department_due: date, finance_due: date, by: User) -> MonitoringPeriod:
    """Set up a period that is monitored. Raises: NotFinance, DetailMissing, PeriodRefused, PeriodThere."""
    if not is_finance(by):
        raise NotFinance
    if not label.strip():
        raise DetailMissing(field=gettext("period"))
    if not from_date <= to_date or not unit_due <= department_due <= finance_due:
        raise PeriodRefused
    if timezone.localtime(opens_at).date() > unit_due:
        raise PeriodRefused
    period, is_new = MonitoringPeriod.objects.get_or_create(
        fiscal_year=fiscal_year, label=label.strip(), defaults={
            "from_date": from_date, "to_date": to_date, "opens_at": opens_at, "unit_due": unit_due,
            "department_due": department_due, "finance_due": finance_due, "created_by": by})
    if not is_new:
        raise PeriodThere(label=period.label, year=fiscal_year)
    return period


def open_due_periods(now: datetime, *, limit: int = OPENED_AT_ONCE) -> int:
    """Open the reports of every period that has begun and is not over, for each table in force without one.

    Done by the clock; a second call opens nothing more, and a table approved later gets its report then.
    Returns how many were opened, at most `limit`; one that is refused is logged and left for the next call.
    """
    opened = 0
    today = timezone.localtime(now).date()
    for period in MonitoringPeriod.objects.filter(opens_at__lte=now, finance_due__gte=today).order_by("opens_at"):
        waiting = Case.objects.filter(
            kind=Kind.TARGET, fiscal_year=period.fiscal_year, state__in=(State.APPROVED, State.MONITORING), parent=None,
        ).exclude(reports__period=period).order_by("pk")[: limit - opened]
        for case in waiting:
            try:
                open_monitoring(case=case, period=period, by=None, now=now, key=f"monitoring:{period.pk}:{case.pk}",
                                seen=Seen(case.version, case.content_hash))
                opened += 1
            except Refused as refusal:
                logger.warning("report not opened: case %s, period %s, %s", case.number, period.pk, refusal.code)
        MonitoringPeriod.objects.filter(pk=period.pk, opened_at=None).update(opened_at=now)
    return opened


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Open what is due whenever the procedure sweeps: receiver of time_passes, with or without a broker."""
    open_due_periods(now)


def open_monitoring(*, case: Case, period: MonitoringPeriod, by: User | None, now: datetime, key: str,
                    seen: Seen) -> Outcome:
    """Open the report of `case` for `period`: one row an indicator of what is in force. Raises: engine.perform's."""
    return engine.perform(case, Action.OPEN_MONITORING, by=by, seen=seen, key=key, now=now, period_id=period.pk)


def in_force(case: Case) -> Revision | None:
    """Return what is in force of a target table: what monitoring reads, whatever is being adjusted."""
    return comparing.in_force_revision(case.pk)


def opening_blockers(case: Case, details: Mapping[str, Any]) -> Sequence[Blocker]:
    """Return why the period cannot be opened for `case`."""
    period = MonitoringPeriod.objects.filter(pk=details.get("period_id") or 0).first()
    if period is None or period.fiscal_year != case.fiscal_year:
        return [Blocker("period", "period", gettext("Choose a monitoring period of the table's own fiscal year."))]
    if MonitoringReport.objects.filter(target=case, period=period).exists():
        sentence = gettext("The report for “%(label)s” is open already.") % {"label": period.label}
        return [Blocker("period", "period", sentence)]
    if in_force(case) is None:
        return [Blocker("period", "period", gettext("Nothing is in force yet: the table was never approved."))]
    return []


def open_report(case: Case, *, period_id: int, by: User | None, now: datetime) -> Case:
    """Open the report case of `case` for the period, inside the transaction that opened monitoring."""
    period = MonitoringPeriod.objects.get(pk=period_id)
    revision = in_force(case)
    assert revision is not None
    content = TableContent.from_canonical(json.loads(revision.content))
    report_case = engine.start(
        kind=Kind.REPORT, unit=case.unit, title=case.title, fiscal_year=case.fiscal_year, profile=case.profile, by=by,
        key=f"report:{case.pk}:{period.pk}", now=now, round=case.round, parent=case, amount=case.amount,
        is_key=case.is_key, is_off_list=case.is_off_list, task_kind=TaskKind.REPORT, due_on=period.unit_due)
    report = MonitoringReport.objects.create(
        case=report_case, target=case, period=period, **snapshot_of(case, revision, content))
    IndicatorProgress.objects.bulk_create(
        IndicatorProgress(report=report, position=n, code=row.code, name=row.name or "", target_value=row.value or "",
                          planned_month=row.planned_month)
        for n, row in enumerate(content.indicators, start=1))
    return report_case


PARTS = ("total", "fiscal", "other")


def snapshot_of(case: Case, revision: Revision, content: TableContent) -> dict[str, str]:
    """Return the columns that a report copies from the version of the table that it measures."""
    texts, original = rows.header_texts(content), _original_funds(case, revision)
    return {
        "target_hash": revision.content_hash, "project_name": texts["project_name"],
        "department_text": texts["department"], "unit_text": texts["unit"], "annual_goal": texts["annual_goal"],
        **(original or {f"budget_{part}": texts[f"funds.{part}"] for part in PARTS}),
        "adjusted_total": texts["funds.total"] if original else ""}


def _original_funds(case: Case, revision: Revision) -> dict[str, str] | None:
    """Return the funds as first approved where an adjustment is in force (年初预算数), None where none is."""
    if revision.case_id == case.pk:
        return None
    first = Revision.objects.filter(case=case, why=Revision.Why.APPROVED).order_by("-event_seq").first()
    if first is None:
        return None
    texts = rows.header_texts(TableContent.from_canonical(json.loads(first.content)))
    return {f"budget_{part}": texts[f"funds.{part}"] for part in PARTS}


# Filling and submitting

@dataclass(frozen=True, slots=True)
class Unsaved:
    """What the report's form holds. `header`: amounts in 万元 and remark; `rows`: dicts with the uuid of a row."""

    header: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]


def save_report(*, case: Case, by: User, now: datetime, seen: Seen, header: Mapping[str, Any],
                rows: Sequence[Mapping[str, Any]]) -> Case:
    """Save a report in draft. `header`: "executed_total" … "remark"; a row: uuid, "actual", "forecast", "possibility",
    "cause_funds" … as booleans, "reason", "measures"; what is not named stays. Rates and lights are computed.

    Raises: UnknownField, UnknownRow, UnknownPossibility, TextTooLong, and engine.set_content's. Nothing is saved then.
    """
    return engine.set_content(case, by=by, now=now, seen=seen, amount=case.amount,
                              write=lambda locked: write_unsaved(locked, Unsaved(header, rows)))


def submit_report(*, case: Case, by: User, now: datetime, seen: Seen, key: str,
                  unsaved: Unsaved | None = None) -> Outcome:
    """Save what the form still holds and submit the report, in one transaction. Raises: Blocked; save_report's."""
    return engine.perform(case, Action.SUBMIT, by=by, seen=seen, key=key, now=now,
                          prepare=lambda locked: write_unsaved(locked, unsaved or Unsaved({}, ())))


def write_unsaved(case: Case, unsaved: Unsaved) -> None:
    """Write what a form holds into the report and compute its lights, inside the engine's lock."""
    report = MonitoringReport.objects.select_related("period").get(pk=case.pk)
    for name, typed in unsaved.header.items():
        if name not in (*AMOUNTS, *TEXTS):
            raise rows.UnknownField(field=name)
        setattr(report, name, rows.text_of("annual_goal" if name in TEXTS else "funds.total", typed))
    execution.lock_money(report, unsaved.header.get("executed_total"))
    there = {row.uuid: row for row in report.progress.all()}
    changed = []
    for typed_row in unsaved.rows:
        row = there.get(rows.uuid_of(typed_row.get("uuid")))  # type: ignore[arg-type]
        if row is None:
            raise UnknownRow
        _set_row(row, typed_row)
        row.row_version += 1
        changed.append(row)
    month = report.period.to_date.month
    for row in there.values():
        row.light = light_of_row(row, month=month)
    report.light = light_of_report(report, list(there.values()))
    report.row_version += 1
    report.save()
    IndicatorProgress.objects.bulk_update(there.values(), [*ROW_TEXTS, *CAUSES, "possibility", "light", "row_version"])


def _set_row(row: IndicatorProgress, typed: Mapping[str, Any]) -> None:
    for name in ROW_TEXTS:
        if name in typed:
            setattr(row, name, rows.text_of("value", typed[name]))
    for name in CAUSES:
        if name in typed:
            setattr(row, name, bool(typed[name]))
    if "possibility" in typed:
        possibility = str(typed["possibility"] or "")
        if possibility and possibility not in Possibility.values:
            raise UnknownPossibility(typed=possibility)
        row.possibility = possibility


def submission_blockers(case: Case) -> list[Blocker]:
    """Return what a report still lacks: executed amounts, progress and possibility of every row, reasons (MON-05)."""
    report = MonitoringReport.objects.get(pk=case.pk)
    found = [blocker for name in AMOUNTS if (blocker := _amount_blocker(report, name))]
    for row in report.progress.all():
        place = f"row {row.position}"
        facts = {"row": row.position, "name": row.name}
        if not row.actual and not row.possibility:
            found.append(Blocker("MON-ACTUAL", place, gettext(
                "Row %(row)s “%(name)s”: say how far it has come, and choose whether the target will be met.") % facts))
            continue
        if not row.actual:
            found.append(Blocker("MON-ACTUAL", place,
                                 gettext("Row %(row)s “%(name)s”: say how far it has come.") % facts))
        if not row.possibility:
            found.append(Blocker("MON-POSSIBILITY", place,
                                 gettext("Row %(row)s “%(name)s”: choose whether the target will be met.") % facts))
        elif row.possibility != Possibility.CERTAIN and not (row.reason and row.measures):
            found.append(Blocker("MON-05", place, gettext(
                "Row %(row)s “%(name)s”: the target may be missed, so give the reason and the measures.") % facts))
    return found


def _amount_blocker(report: MonitoringReport, name: str) -> Blocker | None:
    typed = getattr(report, name)
    label = str(AMOUNT_LABELS[name])
    if not typed:
        if name != "executed_total":
            return None
        return Blocker("MON-EXECUTED", name, gettext(
            "“%(field)s” is missing. Fill in the amount, 0 if nothing was spent.") % {"field": label})
    number = amount(typed)
    if number is None or number < 0:
        return Blocker("MON-EXECUTED", name, gettext("“%(field)s” says “%(typed)s”, which is no amount in 万元.")
                       % {"field": label, "typed": typed})
    return None


AMOUNT_LABELS = {
    "executed_total": _("Executed, total"), "executed_fiscal": _("Executed, fiscal"),
    "executed_other": _("Executed, other"), "forecast_total": _("Forecast for the year, total"),
    "forecast_fiscal": _("Forecast for the year, fiscal"), "forecast_other": _("Forecast for the year, other"),
}


# Computing

def execution_rate(executed: str | None, budget: str | None) -> Decimal | None:
    """Return executed ÷ budget in percent with two places; None when either is no number or the budget is 0."""
    done, total = amount(executed), amount(budget)
    if done is None or not total:
        return None
    return (done * 100 / total).quantize(Decimal("0.01"))


def execution_line(month: int) -> Decimal:
    """Return the percent that should be executed by the end of `month`: the last line that has been passed."""
    return Decimal(max((line for m, line in EXECUTION_LINES.items() if m <= month), default=0))


def light_of_row(row: IndicatorProgress, *, month: int) -> str:
    """Return the light of one row: its possibility, or "not due" before the month in which it is planned to be done."""
    if row.planned_month and month < row.planned_month and row.possibility in ("", Possibility.CERTAIN):
        return Light.NOT_DUE
    return LIGHTS[Possibility(row.possibility)] if row.possibility else ""


def light_of_report(report: MonitoringReport, progress: Sequence[IndicatorProgress]) -> str:
    """Return the worst light of the rows, at least yellow when execution is below the month's line; "" before any."""
    lights = [Light(row.light) for row in progress if row.light]
    rate = execution_rate(report.executed_total, report.adjusted_total or report.budget_total)
    if rate is not None and rate < execution_line(report.period.to_date.month):
        lights.append(Light.YELLOW)
    return max(lights, key=WORSE.index, default="")


def canonical_of(case: Case) -> dict[str, Any]:
    """Return the canonical dictionary of a report: what a decision on it is bound to."""
    report = MonitoringReport.objects.select_related("period", "execution_source").filter(pk=case.pk).first()
    if report is None:
        return {"v": CANONICAL_VERSION, "kind": "report", "title": case.title}
    source = report.execution_source
    told = {"execution": {"as_of": source.as_of.isoformat(), "sha256": source.sha256}} if source else {}
    if report.dispute:
        told["dispute"] = report.dispute  # type: ignore[assignment]
    return {
        **told, "v": CANONICAL_VERSION, "kind": "report", "period": report.period.label, "target": report.target_hash,
        **{name: getattr(report, name) or None for name in (*SNAPSHOT, *AMOUNTS, "remark")},
        "rows": [{"code": row.code, "name": row.name, "target_value": row.target_value,
                  **{name: getattr(row, name) or None for name in (*ROW_TEXTS, "possibility")},
                  "causes": [name for name in CAUSES if getattr(row, name)]} for row in report.progress.all()],
    }
