"""Monitoring and the project list over HTTP: periods, reports, lists that finance takes in."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from targets.models import IndicatorProgress, MonitoringPeriod, MonitoringReport, Project
from tests.targets import papers
from tests.targets.test_pages_review import decision
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import key
from workflow.machine import Kind, State
from workflow.models import Case

__all__ = ["at_now"]
PERIOD = {"fiscal_year": "2027", "label": "1—7月", "from_date": "2027-01-01", "to_date": "2027-07-31",
          "unit_due": "2027-08-12", "department_due": "2027-08-18", "finance_due": "2027-08-28"}


@pytest.fixture
def report(world: SimpleNamespace) -> Case:
    """The report of one table in force, opened over HTTP by the performance division."""
    papers.in_force(world)
    client = client_of(world.performance_reviewer)
    assert client.post(reverse("period_create"), PERIOD).status_code == 302
    period = MonitoringPeriod.objects.get()
    assert client.post(reverse("period_open", args=[period.pk]), {"key": key()}).status_code == 302
    return Case.objects.get(kind=Kind.REPORT)


def filled(case: Case, **more: Any) -> dict[str, Any]:
    fresh = papers.again(case)
    rows = IndicatorProgress.objects.filter(report=case.pk)
    data: dict[str, Any] = {"seen_version": fresh.version, "seen_hash": fresh.content_hash, "key": key(),
                            "executed_total": "15", "row": [str(r.uuid) for r in rows]}
    for row in rows:
        data |= {f"actual.{row.uuid}": "已完成一半", f"possibility.{row.uuid}": "certain"}
    return data | more


def test_a_report_is_filled_submitted_and_accepted(world: SimpleNamespace, report: Case) -> None:
    editor = client_of(world.editor)
    assert 'name="executed_total"' in editor.get(reverse("report", args=[report.number])).content.decode()
    assert editor.post(reverse("report_save", args=[report.number]), filled(report)).status_code == 302
    page = editor.get(reverse("report", args=[report.number]))
    assert page.context["rate"] == 50
    assert editor.post(reverse("report_submit", args=[report.number]), filled(report)).status_code == 302
    url = reverse("report_decide", args=[report.number])
    for person in (world.reviewer, world.performance_reviewer):
        assert client_of(person).get(reverse("report", args=[report.number])).context["decides"]
        assert client_of(person).post(url, decision(report, "approve", words="同意")).status_code == 302
    assert papers.again(report).state == State.APPROVED
    board = client_of(world.performance_reviewer).get(reverse("monitoring"))
    assert [(p.expected, p.open, p.handed_in, p.accepted) for p in board.context["periods"]] == [(1, 0, 0, 1)]


def test_a_report_with_gaps_is_shown_again_with_what_was_typed(world: SimpleNamespace, report: Case) -> None:
    data = filled(report, executed_total="十五万")
    page = client_of(world.editor).post(reverse("report_submit", args=[report.number]), data)
    assert page.status_code == 422
    assert "十五万" in page.content.decode()
    assert papers.again(report).state == State.DRAFT
    assert MonitoringReport.objects.get(pk=report.pk).executed_total == ""


def test_a_stale_report_is_refused(world: SimpleNamespace, report: Case) -> None:
    mine = filled(report, remark="我的备注")
    assert client_of(world.editor2).post(reverse("report_save", args=[report.number]),
                                         filled(report, remark="同事的备注")).status_code == 302
    page = client_of(world.editor).post(reverse("report_save", args=[report.number]), mine)
    assert page.status_code == 409
    assert "我的备注" in page.content.decode()
    assert MonitoringReport.objects.get(pk=report.pk).remark == "同事的备注"


def test_a_report_is_not_there_for_others_nor_under_tables(world: SimpleNamespace, report: Case) -> None:
    assert client_of(world.teacher).get(reverse("report", args=[report.number])).status_code == 404
    assert client_of(world.editor).get(reverse("table", args=[report.number])).status_code == 404
    save = reverse("report_save", args=[report.number])
    assert client_of(world.teacher).post(save, filled(report)).status_code == 404
    assert 'name="executed_total"' not in client_of(world.reviewer).get(
        reverse("report", args=[report.number])).content.decode()


def test_opening_again_opens_nothing_twice(world: SimpleNamespace, report: Case) -> None:
    period = MonitoringPeriod.objects.get()
    client_of(world.performance_reviewer).post(reverse("period_open", args=[period.pk]), {"key": key()})
    assert Case.objects.filter(kind=Kind.REPORT).count() == 1


@pytest.mark.parametrize(
    "wrong", [{"unit_due": "2027-09-30"}, {"label": " "}, {"to_date": "2026-01-01"}, {"from_date": "?"}])
def test_a_period_out_of_order_is_refused(world: SimpleNamespace, wrong: dict[str, str]) -> None:
    page = client_of(world.performance_reviewer).post(reverse("period_create"), PERIOD | wrong)
    assert page.status_code == 422
    assert not MonitoringPeriod.objects.exists()


def test_only_finance_sets_up_and_opens_periods(world: SimpleNamespace) -> None:
    assert client_of(world.editor).post(reverse("period_create"), PERIOD).status_code == 403
    assert not MonitoringPeriod.objects.exists()
    assert client_of(world.editor).post(reverse("period_open", args=[1]), {}).status_code == 403


# The project list

HEAD = "项目编码,项目名称,单位编码,金额（万元）\n"


def take_in(world: SimpleNamespace, body: str, *, person: Any = None) -> Any:
    file = SimpleUploadedFile("清单.csv", (HEAD + body).encode())
    return client_of(person or world.performance_reviewer).post(
        reverse("project_import"), {"round": world.round.pk, "file": file})


def test_finance_takes_a_list_in_and_the_unit_finds_its_table(world: SimpleNamespace) -> None:
    assert take_in(world, "E1,演示清单项目,D1-0,30\n").status_code == 302
    case = Case.objects.get()
    page = client_of(world.editor).get(reverse("project_list"))
    assert reverse("table", args=[case.number]) in page.content.decode()
    assert "演示清单项目" not in client_of(world.teacher).get(reverse("project_list")).content.decode()


def test_a_wrong_list_is_refused_line_by_line_and_nothing_is_stored(world: SimpleNamespace) -> None:
    page = take_in(world, "E1,甲,D1-0,30\nE1,乙,D1-0,20\nE2,丙,D1-0,-5\n")
    assert page.status_code == 422
    assert [row.line for row in page.context["result"].refused] == [3, 4]
    assert not Project.objects.exists()
    assert not Case.objects.exists()


def test_a_file_that_is_no_list_is_refused(world: SimpleNamespace) -> None:
    file = SimpleUploadedFile("x.csv", "随便写写\n".encode())
    page = client_of(world.performance_reviewer).post(reverse("project_import"),
                                                      {"round": world.round.pk, "file": file})
    assert page.status_code == 422
    assert not Project.objects.exists()


def test_only_finance_takes_lists_in(world: SimpleNamespace) -> None:
    assert client_of(world.editor).get(reverse("project_import")).status_code == 403
    assert take_in(world, "E1,甲,D1-0,30\n", person=world.editor).status_code == 403
    assert not Project.objects.exists()


def test_the_template_is_a_spreadsheet(world: SimpleNamespace) -> None:
    answer = client_of(world.performance_reviewer).get(reverse("project_template"))
    assert answer.content[:2] == b"PK"


def test_an_editor_adds_a_project_off_the_list_once(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    data = {"name": "演示清单外项目", "unit": world.own.pk, "category": "specific", "key": key()}
    answer = client.post(reverse("project_add"), data)
    assert answer.status_code == 302
    assert client.post(reverse("project_add"), data).status_code == 302
    assert client.post(reverse("project_add"), data | {"key": key()}).status_code == 422
    case = Case.objects.get()
    assert case.is_off_list
    assert answer.headers["Location"] == reverse("table", args=[case.number])
    assert client_of(world.reviewer).get(reverse("project_add")).status_code == 403


def test_an_editor_cannot_add_for_another_unit(world: SimpleNamespace) -> None:
    answer = client_of(world.editor).post(reverse("project_add"), {
        "name": "演示别家项目", "unit": world.primary.pk, "category": "specific", "key": key()})
    assert answer.status_code == 422
    assert not Case.objects.exists()


def test_only_the_performance_division_is_offered_to_open_reports(world: SimpleNamespace) -> None:
    papers.in_force(world)
    client_of(world.performance_reviewer).post(reverse("period_create"), PERIOD)
    url = reverse("period_open", args=[MonitoringPeriod.objects.get().pk])
    assert url in client_of(world.performance_reviewer).get(reverse("monitoring")).content.decode()
    assert url not in client_of(world.business_reviewer).get(reverse("monitoring")).content.decode()
    client_of(world.business_reviewer).post(url, {"key": key()})
    assert not Case.objects.filter(kind=Kind.REPORT).exists()
