"""Monitoring: periods open reports of what is in force; rates, lights, reasons; finance accepts."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from targets import monitoring, organisations, reviews
from targets.models import MonitoringPeriod, MonitoringReport, Revision
from targets.models.monitoring import IndicatorProgress
from tests.targets.papers import ROWS, again, fresh, in_force, submitted
from tests.world import NOW, key, seen
from workflow import sweeping
from workflow.machine import Kind, State, TaskKind
from workflow.models import Case, Task
from workflow.refusals import Blocked, DetailMissing, NotPossible, NotVisible, Refused, Stale

DATES = {
    "from_date": date(2027, 1, 1),
    "to_date": date(2027, 7, 31),
    "opens_at": NOW,
    "unit_due": date(2027, 8, 12),
    "department_due": date(2027, 8, 18),
    "finance_due": date(2027, 8, 28),
}


def period_of(world, **changes) -> MonitoringPeriod:
    return monitoring.create_period(
        **({"fiscal_year": 2027, "label": "1—7月", "by": fresh(world.performance_reviewer)} | DATES | changes)
    )


def opened(world) -> SimpleNamespace:
    target, period = in_force(world), period_of(world)
    monitoring.open_monitoring(
        case=target, period=period, by=fresh(world.performance_reviewer), now=NOW, key=key(), seen=seen(target)
    )
    report = MonitoringReport.objects.select_related("case").get(target=target)
    return SimpleNamespace(target=again(target), period=period, report=report, case=again(report.case))


def rows_of(report: MonitoringReport, **changes) -> list[dict]:
    return [
        {"uuid": str(row.uuid), "actual": "已完成过半", "forecast": row.target_value, "possibility": "certain"}
        | changes
        for row in report.progress.all()
    ]


def save(world, at, by=None, header=None, rows=None, old=None):
    return monitoring.save_report(
        case=at.case,
        by=fresh(by or world.editor),
        now=NOW,
        seen=old or seen(at.case),
        header=header or {},
        rows=rows or [],
    )


def submit(world, at, header=None, rows=None):
    unsaved = monitoring.Unsaved(
        {"executed_total": "15"} if header is None else header, rows_of(at.report) if rows is None else rows
    )
    return monitoring.submit_report(
        case=at.case, by=fresh(world.editor), now=NOW, seen=seen(at.case), key=key(), unsaved=unsaved
    )


# Opening


def test_opening_makes_one_report_with_a_row_for_each_indicator_in_force(world):
    at = opened(world)
    assert at.target.state == State.MONITORING
    assert (at.case.kind, at.case.parent, at.case.unit) == (Kind.REPORT, at.target, world.own)
    assert [(r.code, r.name, r.target_value) for r in at.report.progress.all()] == ROWS
    assert (at.report.budget_total, at.report.target_hash) == ("30", at.target.content_hash)
    task = Task.objects.get(case=at.case)
    assert task.kind == TaskKind.REPORT
    assert task.due_at.date() == date(2027, 8, 12)


def test_the_clock_opens_what_is_due_once(world):
    target = in_force(world)
    submitted_only = Case.objects.exclude(pk=target.pk).count()
    period = period_of(world)
    assert monitoring.open_due_periods(NOW - timedelta(minutes=1)) == 0
    assert monitoring.open_due_periods(NOW) == 1
    assert monitoring.open_due_periods(NOW + timedelta(days=1)) == 0
    assert (MonitoringReport.objects.get().period, submitted_only) == (period, 0)
    assert again(target).state == State.MONITORING
    assert Case.objects.get(kind=Kind.REPORT).opened_by is None


def test_a_second_period_opens_its_own_report(world):
    at = opened(world)
    later = period_of(world, label="1—10月", to_date=date(2027, 10, 31))
    monitoring.open_monitoring(
        case=at.target, period=later, by=fresh(world.performance_reviewer), now=NOW, key=key(), seen=seen(at.target)
    )
    assert MonitoringReport.objects.filter(target=at.target).count() == 2


def test_a_period_is_not_opened_twice_nor_for_another_year(world):
    at = opened(world)
    other = period_of(world, fiscal_year=2028, from_date=date(2028, 1, 1), to_date=date(2028, 7, 31))
    for period in (at.period, other):
        with pytest.raises(Blocked):
            monitoring.open_monitoring(
                case=at.target,
                period=period,
                by=fresh(world.performance_reviewer),
                now=NOW,
                key=key(),
                seen=seen(at.target),
            )
    assert MonitoringReport.objects.count() == 1


def test_what_is_not_in_force_is_not_monitored(world):
    case, period = submitted(world), period_of(world)
    assert monitoring.open_due_periods(NOW) == 0
    with pytest.raises(NotPossible):
        monitoring.open_monitoring(case=case, period=period, by=None, now=NOW, key=key(), seen=seen(case))
    assert not MonitoringReport.objects.exists()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"label": " "}, DetailMissing),
        ({"to_date": date(2026, 1, 1)}, monitoring.PeriodRefused),
        ({"department_due": date(2027, 8, 1)}, monitoring.PeriodRefused),
        ({"opens_at": NOW + timedelta(days=999)}, monitoring.PeriodRefused),
    ],
)
def test_dates_of_a_period_stand_in_order(world, changes, refusal):
    with pytest.raises(refusal):
        period_of(world, **changes)
    assert not MonitoringPeriod.objects.exists()


def test_only_finance_sets_up_a_period_and_only_once(world):
    with pytest.raises(organisations.NotFinance):
        period_of(world, by=fresh(world.editor))
    period_of(world)
    with pytest.raises(monitoring.PeriodThere):
        period_of(world)
    assert MonitoringPeriod.objects.count() == 1


# Filling


def test_a_saved_report_computes_lights_and_changes_the_hash(world):
    at = opened(world)
    rows = rows_of(at.report)
    rows[2] |= {"possibility": "possible", "reason": "演示原因", "cause_funds": True}
    rows[4] |= {"possibility": "impossible"}
    save(world, at, header={"executed_total": "15", "remark": "演示"}, rows=rows)
    report = MonitoringReport.objects.get(pk=at.case.pk)
    lights = [row.light for row in report.progress.all()]
    assert (lights[0], lights[2], lights[4], report.light) == ("green", "yellow", "red", "red")
    assert report.progress.all()[2].cause_funds
    assert again(at.case).content_hash not in ("", at.case.content_hash)
    assert again(at.case).amount == at.target.amount


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ({"header": {"budget_total": "1"}}, "unknown_field"),
        ({"rows": [{"uuid": "x"}]}, "unknown_row"),
        ({"header": {"executed_total": "9" * 61}}, "text_too_long"),
    ],
)
def test_what_the_report_does_not_have_is_refused_and_nothing_is_saved(world, parts, refusal):
    at = opened(world)
    with pytest.raises(Refused) as told:
        save(world, at, **({"header": {"remark": "改"}} | parts))
    assert told.value.code == refusal
    assert MonitoringReport.objects.get().remark == ""


def test_an_unknown_possibility_is_refused(world):
    at = opened(world)
    with pytest.raises(monitoring.UnknownPossibility):
        save(world, at, rows=rows_of(at.report, possibility="maybe"))
    assert not IndicatorProgress.objects.exclude(possibility="").exists()


def test_strangers_and_stale_forms_save_nothing(world):
    at = opened(world)
    old = seen(at.case)
    with pytest.raises(NotVisible):
        save(world, at, by=world.teacher, header={"remark": "x"})
    save(world, at, header={"remark": "先"})
    with pytest.raises(Stale):
        save(world, at, header={"remark": "后"}, old=old)
    assert MonitoringReport.objects.get().remark == "先"


# Submitting and accepting


def test_finance_accepts_a_whole_report_by_the_same_machine(world):
    at = opened(world)
    submit(world, at)
    for person in (world.reviewer, world.performance_reviewer):
        reviews.decide(case=at.case, by=fresh(person), verdict="approve", seen=seen(at.case), key=key(), now=NOW)
    assert again(at.case).state == State.APPROVED
    assert Revision.objects.filter(case=at.case, why="approved").count() == 1
    assert again(at.target).state == State.MONITORING


def test_a_returned_report_is_mended_and_submitted_again(world):
    at = opened(world)
    submit(world, at)
    row = at.report.progress.first()
    reviews.decide(
        case=at.case,
        by=fresh(world.reviewer),
        verdict="return",
        words="写清进度",
        seen=seen(at.case),
        key=key(),
        now=NOW,
        comments=[reviews.Remark("indicator", "写数字", indicator=str(row.uuid))],
    )
    with pytest.raises(Blocked, match="写数字"):
        submit(world, at)
    submit(world, at, rows=rows_of(at.report, actual="已购 8 台"))
    assert again(at.case).state == State.DEPARTMENT_REVIEW


@pytest.mark.parametrize(
    ("header", "changes", "code"),
    [
        ({}, {}, "MON-EXECUTED"),
        ({"executed_total": "五万"}, {}, "MON-EXECUTED"),
        ({"executed_total": "-1"}, {}, "MON-EXECUTED"),
        ({"executed_total": "1", "forecast_total": "x"}, {}, "MON-EXECUTED"),
        ({"executed_total": "1"}, {"actual": ""}, "MON-ACTUAL"),
        ({"executed_total": "1"}, {"possibility": ""}, "MON-POSSIBILITY"),
        ({"executed_total": "1"}, {"possibility": "possible"}, "MON-05"),
        ({"executed_total": "1"}, {"possibility": "impossible", "reason": "有"}, "MON-05"),
    ],
)
def test_an_unfinished_report_is_not_submitted_and_stays_as_it_was(world, header, changes, code):
    at = opened(world)
    with pytest.raises(Blocked) as told:
        submit(world, at, header=header, rows=rows_of(at.report, **changes))
    assert {blocker.code for blocker in told.value.blockers} == {code}
    assert again(at.case).state == State.DRAFT
    assert not IndicatorProgress.objects.exclude(actual="").exists()


def test_nothing_spent_is_an_answer(world):
    at = opened(world)
    submit(world, at, header={"executed_total": "0"})
    assert MonitoringReport.objects.get().light == "yellow"


# Computing


@pytest.mark.parametrize(
    ("done", "budget", "rate"),
    [
        ("15", "30", "50.00"),
        ("40", "30", "133.33"),
        ("0", "30", "0.00"),
        ("15", "0", None),
        ("15", "", None),
        ("", "30", None),
        ("abc", "30", None),
        ("0.000001", "0.642", "0.00"),
    ],
)
def test_the_rate_is_exact_and_unknown_stays_unknown(done, budget, rate):
    assert monitoring.execution_rate(done, budget) == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize(("month", "line"), [(3, 0), (4, 25), (7, 40), (8, 60), (12, 80)])
def test_the_line_of_a_month_is_the_last_one_passed(month, line):
    assert monitoring.execution_line(month) == line


def test_before_its_month_a_row_is_not_due_unless_it_is_at_risk():
    row = IndicatorProgress(planned_month=12, possibility="certain")
    assert monitoring.light_of_row(row, month=7) == "not_due"
    assert monitoring.light_of_row(row, month=12) == "green"
    row.possibility = "impossible"
    assert monitoring.light_of_row(row, month=7) == "red"
    assert monitoring.light_of_row(IndicatorProgress(), month=7) == ""


def test_the_command_and_each_sweep_open_what_is_due(world, capsys):
    in_force(world)
    period_of(world)
    call_command("open_due_periods", "--now", (NOW - timedelta(days=1)).isoformat())
    assert "opened: 0" in capsys.readouterr().out
    call_command("open_due_periods", "--now", NOW.isoformat())
    assert "opened: 1" in capsys.readouterr().out
    assert MonitoringReport.objects.count() == 1


def test_a_sweep_opens_the_period_that_has_begun(world):
    in_force(world)
    period_of(world)
    sweeping.sweep(now=NOW - timedelta(days=1))
    assert not MonitoringReport.objects.exists()
    sweeping.sweep(now=NOW)
    sweeping.sweep(now=NOW)
    assert MonitoringReport.objects.count() == 1
