"""What the rules say of a monitoring report: faults are found, what is right is left alone, unknown is said."""

from dataclasses import replace
from decimal import Decimal

import pytest

from targets import monitoring, report_findings
from targets.checks import Verdict
from targets.checks.progress import REPORT_RULES, ReportLine, ReportSubject, check_report, outcomes_of_report
from targets.judging import sentence
from targets.models import IndicatorProgress, MonitoringReport
from tests.targets.test_monitoring import opened, rows_of, save
from workflow.machine import State
from workflow.models import Case

LINE = ReportLine(1, "11", "培训场次", "≥10场", "6场", "10场", "certain")


def report(*lines, rate="60", **changes):
    return ReportSubject(lines or (LINE,), None if rate is None else Decimal(rate), 2024, **changes)


def said(one):
    return {id: verdict for id, (verdict, _found) in outcomes_of_report(one).items()}


@pytest.mark.parametrize(
    ("id", "one"),
    [
        ("MON-04", report(rate="20")),
        ("MON-04", report(replace(LINE, actual="1场"))),
        ("MON-06", report(replace(LINE, forecast="8场"))),
        ("MON-06", report(replace(LINE, role="14", name="培训费", target="≤10万元", forecast="100001元"))),
        ("MON-08", report(replace(LINE, before="7场"), has_earlier=True)),
        ("SLF-05", report(replace(LINE, actual="13场"))),
        ("SLF-08", report(replace(LINE, actual="≥10场"))),
    ],
)
def test_each_fault_of_a_report_is_found_with_its_place_and_a_sentence(id, one):
    found = [finding for finding in check_report(one) if finding.rule == id]
    assert len(found) == 1
    assert found[0].place == ("remark" if id == "MON-04" else "row 1")
    assert "%(" not in sentence(found[0])
    assert found[0].source


@pytest.mark.parametrize(
    "one",
    [
        report(),
        report(rate="70"),
        report(replace(LINE, forecast="100%")),
        report(replace(LINE, forecast="8场", possibility="possible")),
        report(replace(LINE, before="6场"), has_earlier=True),
        report(replace(LINE, role="12", before="7场"), has_earlier=True),
        report(replace(LINE, actual="12.9场"), rate="95"),
        report(replace(LINE, target="100%", actual="100%", forecast="100%"), rate="100"),
    ],
)
def test_what_is_right_or_cannot_be_compared_is_left_alone(one):
    assert check_report(one) == ()


def test_what_is_unknown_is_said_and_not_guessed():
    silent = said(report(replace(LINE, actual="", forecast=""), rate=None))
    assert {id for id, verdict in silent.items() if verdict == Verdict.INSUFFICIENT_DATA} == set(REPORT_RULES)


def test_a_row_that_is_not_due_does_not_hold_the_progress_back():
    late = replace(LINE, number=2, name="年鉴出版", actual="0场", is_due=False)
    assert said(report(LINE, late))["MON-04"] == Verdict.PASS
    assert said(report(LINE, replace(late, is_due=True)))["MON-04"] == Verdict.FAIL


@pytest.mark.django_db
def test_a_report_is_compared_with_the_last_accepted_one_of_its_table(world, django_assert_num_queries):
    at = opened(world)
    row = at.report.progress.filter(code="11").first()
    unit = "台"
    IndicatorProgress.objects.filter(pk=row.pk).update(target_value=f"≥30{unit}")
    save(world, at, rows=[{**rows_of(at.report)[0], "uuid": str(row.uuid), "actual": f"20{unit}"}])
    Case.objects.filter(pk=at.case.pk).update(state=State.APPROVED)

    second = MonitoringReport.objects.select_related("case", "period", "target").get(pk=at.report.pk)
    later = monitoring.MonitoringPeriod.objects.get(pk=second.period_id)
    later.pk, later.label, later.to_date = None, "1—10月", later.to_date.replace(month=10)
    second.period = later
    rows = [replace_actual(one, f"19{unit}") for one in at.report.progress.all() if one.pk == row.pk]
    with django_assert_num_queries(1):
        found = report_findings.findings_of(second, rows)
    assert "MON-08" in {finding.rule for finding in found[row.position]}


def replace_actual(row, text):
    row.actual = text
    return row
