"""Execution figures: sums by project, refunds, what is refused, what is matched and remembered, locked money."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from targets import execution, lists, monitoring, organisations
from targets.models import ExecutionFigure, ExecutionImport, ExecutionMatch, MonitoringReport, Project
from tests.targets.papers import again, fresh
from tests.targets.test_monitoring import opened, rows_of, save, submit
from tests.world import NOW, seen

HEAD = ("项目编码", "项目名称", "单位名称", "执行数（元）")
CODE = "640221-0001"


def xlsx(*rows: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> bytes:
    book = Workbook()
    for row in (("2027年支出明细",), head, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def at(world: SimpleNamespace) -> SimpleNamespace:
    """A report that is open, its project known by a code."""
    found = opened(world)
    Project.objects.filter(tables=found.target.pk).update(code=CODE)
    found.project = Project.objects.get(code=CODE)
    return found


def take(world: SimpleNamespace, at: SimpleNamespace, data: bytes, by: Any = None) -> execution.ExecutionResult:
    return execution.import_execution(period=at.period, name="执行数.xlsx", data=data, now=NOW,
                                      by=fresh(by or world.performance_reviewer))


def test_rows_of_a_project_are_summed_and_refunds_taken_off(world: SimpleNamespace, at: SimpleNamespace) -> None:
    result = take(world, at, xlsx((CODE, "甲", "乙", 120000.5), (CODE, "甲", "乙", "-20,000.50"), ("合计", "", "", 1)))
    assert (result.rows, result.matched, result.unmatched) == (2, 1, 0)
    figure = ExecutionFigure.objects.get()
    assert (figure.amount, figure.rows, figure.project, figure.line) == (Decimal("100000.00"), 2, at.project, 3)
    assert figure.source.as_of == date(2027, 7, 31)


@pytest.mark.parametrize(("head", "typed"), [
    ("执行数（元）", "150000"), ("累计支出（万元）", "15"), ("支付金额/元", 150000)])
def test_the_header_says_the_unit_of_money(world: SimpleNamespace, at: SimpleNamespace, head: str, typed: Any) -> None:
    take(world, at, xlsx((CODE, typed), head=("项目编码", head)))
    assert ExecutionFigure.objects.get().amount == 150000


def test_csv_in_gb18030_is_read(world: SimpleNamespace, at: SimpleNamespace) -> None:
    take(world, at, f"项目编码,执行数（元）\n{CODE},5\n{CODE},6\n".encode("gb18030"))
    assert ExecutionFigure.objects.get().amount == 11


def test_only_a_sum_below_zero_is_refused_and_then_nothing_is_stored(world: SimpleNamespace,
                                                                     at: SimpleNamespace) -> None:
    result = take(world, at, xlsx((CODE, "甲", "乙", 100), (CODE, "甲", "乙", -300), ("X-2", "丙", "乙", 50)))
    assert [line.line for line in result.refused] == [3]
    assert "-200.00" in result.refused[0].sentence
    assert result.source is None
    assert not ExecutionImport.objects.exists()


@pytest.mark.parametrize(("row", "line"), [
    ((CODE, "甲", "乙", "若干"), 3), (("", "", "乙", 5), 3), ((1234567890123456789, "甲", "乙", 5), 3)])
def test_a_wrong_line_refuses_the_file(world: SimpleNamespace, at: SimpleNamespace, row: Any, line: int) -> None:
    result = take(world, at, xlsx(row, (CODE, "甲", "乙", 5)))
    assert [refused.line for refused in result.refused] == [line]
    assert not ExecutionFigure.objects.exists()


@pytest.mark.parametrize(("data", "refused"), [
    (xlsx((CODE, 5), head=("项目编码", "备注")), lists.ColumnMissing),
    (xlsx((CODE, 5), head=("编号", "备注")), execution.NoExecutionFile),
    (xlsx((CODE, 5), head=("项目编码", "执行数")), lists.NoUnitOfMoney),
    (xlsx((CODE, 5, 6), head=("项目编码", "执行数（元）", "支出数（元）")), lists.ColumnTwice),
    (xlsx(head=HEAD), lists.ListEmpty), (b"PK\x03\x04 broken", lists.ListUnreadable),
])
def test_what_is_no_such_file_is_refused(world: SimpleNamespace, at: SimpleNamespace, data: bytes,
                                         refused: Any) -> None:
    with pytest.raises(refused):
        take(world, at, data)
    assert not ExecutionImport.objects.exists()


def test_only_finance_takes_figures_in(world: SimpleNamespace, at: SimpleNamespace) -> None:
    for person in (world.editor, world.reviewer, world.auditor):
        with pytest.raises(organisations.NotFinance):
            take(world, at, xlsx((CODE, "甲", "乙", 5)), by=person)
    assert not ExecutionImport.objects.exists()


def test_what_is_not_matched_is_kept_with_candidates_and_a_match_is_remembered(world: SimpleNamespace,
                                                                              at: SimpleNamespace) -> None:
    data = xlsx(("旧码-9", "演示图书馆设备更新", "演示办公室本级", 150000))
    result = take(world, at, data)
    assert (result.matched, result.unmatched) == (0, 1)
    assert result.source is not None
    unmatched = execution.unmatched_of(result.source)
    assert [list(u.candidates) for u in unmatched] == [[at.project]]
    assert execution.figure_of(at.report) is None
    with pytest.raises(organisations.NotFinance):
        execution.match(figure=unmatched[0].figure, project=at.project, by=fresh(world.editor), now=NOW)
    execution.match(figure=unmatched[0].figure, project=at.project, by=fresh(world.performance_reviewer), now=NOW)
    found = execution.figure_of(at.report)
    assert found is not None
    assert (found.amount, found.in_wan) == (150000, "15")
    with pytest.raises(execution.AlreadyMatched):
        execution.match(figure=unmatched[0].figure, project=at.project, by=fresh(world.performance_reviewer), now=NOW)
    assert take(world, at, data).unmatched == 0


def test_a_match_that_would_fall_below_zero_is_refused(world: SimpleNamespace, at: SimpleNamespace) -> None:
    result = take(world, at, xlsx((CODE, "甲", "乙", 100), ("旧码-9", "甲", "乙", 50)))
    assert result.source is not None
    figure = result.source.figures.get(project=None)
    ExecutionFigure.objects.filter(pk=figure.pk).update(amount=-200)
    with pytest.raises(execution.NegativeSum):
        execution.match(figure=figure, project=at.project, by=fresh(world.performance_reviewer), now=NOW)
    figure.refresh_from_db()
    assert figure.project is None
    assert not ExecutionMatch.objects.exists()


def test_the_newest_file_of_the_period_counts(world: SimpleNamespace, at: SimpleNamespace) -> None:
    take(world, at, xlsx((CODE, "甲", "乙", 100000)))
    take(world, at, xlsx((CODE, "甲", "乙", 120000)))
    found = execution.figure_of(at.report)
    assert found is not None
    assert found.in_wan == "12"


def test_a_report_takes_the_figure_and_computes_its_rate(world: SimpleNamespace, at: SimpleNamespace) -> None:
    take(world, at, xlsx((CODE, "甲", "乙", 100000)))
    submit(world, at, header={})
    report = MonitoringReport.objects.get(pk=at.case.pk)
    assert (report.executed_total, report.light) == ("10", "yellow")
    assert monitoring.execution_rate(report.executed_total, report.budget_total) == Decimal("33.33")
    assert monitoring.canonical_of(again(at.case))["execution"]["as_of"] == "2027-07-31"
    take(world, at, xlsx((CODE, "甲", "乙", 290000)))
    report.refresh_from_db()
    assert report.executed_total == "10"


def test_another_number_is_refused_and_an_objection_is_kept(world: SimpleNamespace, at: SimpleNamespace) -> None:
    take(world, at, xlsx((CODE, "甲", "乙", 100000)))
    before = again(at.case).content_hash
    with pytest.raises(execution.LockedMoney) as refused:
        save(world, at, header={"executed_total": "15"}, rows=rows_of(at.report))
    assert refused.value.facts == {"amount": "10", "day": "2027-07-31", "typed": "15"}
    assert again(at.case).content_hash == before
    assert MonitoringReport.objects.get(pk=at.case.pk).executed_total == ""
    save(world, at, header={"executed_total": "10.0", "dispute": "应为15万元，7月支付未入账"}, old=seen(at.case))
    report = MonitoringReport.objects.get(pk=at.case.pk)
    assert (report.executed_total, report.dispute) == ("10", "应为15万元，7月支付未入账")
    assert monitoring.canonical_of(again(at.case))["dispute"] == report.dispute


def test_without_a_figure_the_unit_types_the_amount_and_the_hash_is_as_before(world: SimpleNamespace,
                                                                            at: SimpleNamespace) -> None:
    submit(world, at)
    report = MonitoringReport.objects.get(pk=at.case.pk)
    assert (report.executed_total, report.execution_source) == ("15", None)
    assert not {"execution", "dispute"} & set(monitoring.canonical_of(again(at.case)))


def test_a_missing_column_is_named_with_what_the_file_has() -> None:
    with pytest.raises(lists.ColumnMissing) as caught:
        execution.read_execution(xlsx((CODE, 5), head=("项目编码", "备注")))
    for text in ("执行数", "项目编码", "备注"):
        assert text in str(caught.value)
    with pytest.raises(lists.ColumnMissing) as caught:
        lists.read_list(name="清单.xlsx", data=xlsx(("A", "甲"), head=("项目编码", "项目名称")))
    assert "金额" in str(caught.value)


def test_the_command_takes_figures_in_and_refuses_what_the_page_refuses(world: SimpleNamespace, at: SimpleNamespace,
                                                                        tmp_path: Path) -> None:
    path = tmp_path / "执行数.xlsx"
    options = {"period": at.period.pk, "person": world.performance_reviewer.username}
    path.write_bytes(xlsx((CODE, "甲", "乙", -5)))
    for wrong in (options, {**options, "period": 0}, {**options, "person": "nobody"},
                  {**options, "person": world.editor.username}):
        with pytest.raises(CommandError):
            call_command("import_execution", path, **wrong)
    with pytest.raises(CommandError):
        call_command("import_execution", tmp_path / "none.xlsx", **options)
    assert not ExecutionImport.objects.exists()
    path.write_bytes(xlsx((CODE, "甲", "乙", 5)))
    call_command("import_execution", path, **options, as_of=date(2027, 7, 20))
    assert ExecutionImport.objects.get().as_of == date(2027, 7, 20)
