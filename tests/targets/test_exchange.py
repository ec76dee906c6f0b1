"""Out to 一体化: one line an indicator, values in three parts, texts only, only what the person sees; the pages."""

import io
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from targets import drafts, exchange, mappings, overview
from targets.models import ExecutionFigure, ExecutionImport, Project
from targets.overview import Filters
from tests.targets import papers
from tests.targets.papers import fresh
from tests.targets.test_execution import CODE, at, xlsx
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow import record
from workflow.machine import Action
from workflow.models import Case, Event

__all__ = ["at", "at_now"]
RELATIONS = mappings.load("nx_2022")["targets"]["relations"]


def made(world: SimpleNamespace, person: Any = None, **filters: Any) -> io.BytesIO:
    """Return the file of the tables that the person sees under the filters."""
    by, written = fresh(person or world.performance_reviewer), io.BytesIO()
    cases = overview.all_cases_for(by, filters=Filters(**filters), most=100)
    exchange.write_targets(written, cases=Case.objects.filter(pk__in=[case.pk for case in cases]), by=by, now=NOW)
    return written


def out(world: SimpleNamespace, person: Any = None, **filters: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(made(world, person, **filters)).active.iter_rows()]


@pytest.mark.parametrize(("value", "code", "parts"), [
    ("≥12台", "11", ("≥", "12", "台")), ("≥98%", "12", ("≥", "98", "%")), ("≤8.50万元", "14", ("≤", "8.5", "万元")),
    ("700册", "11", ("＝", "700", "册")), ("2027年9月底前", "13", ("定性", "2027年9月底前", "")),
    ("显著提升", "22", ("定性", "显著提升", "")), ("", "11", ("定性", "", "")),
    ("50-60人", "11", ("定性", "50-60人", "")),
])
def test_a_value_is_split_where_it_is_one_number_and_stays_whole_elsewhere(value: str, code: str, parts: Any) -> None:
    found = exchange.split(value, name="演示指标", year=2027, code=code, relations=RELATIONS)
    assert (found.relation, found.number, found.unit) == parts


def test_each_indicator_is_a_line_with_the_columns_of_the_mapping(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    Project.objects.filter(tables=case.pk).update(code=CODE)
    head, *lines = out(world)
    assert head == [c["header"] for c in mappings.load("nx_2022")["targets"]["columns"]]
    assert len(lines) == len(papers.ROWS)
    first = dict(zip(head, lines[0], strict=True))
    assert first["项目编码"] == CODE
    assert (first["一级指标"], first["二级指标编码"], first["二级指标"]) == ("产出指标", "11", "数量指标")
    assert (first["三级指标"], first["指标性质"], first["指标值"], first["计量单位"]) == (
        "采购图书自助借还机", "≥", "12", "台")


def test_what_looks_like_a_formula_stays_a_text(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case),
                      rows=[{"uuid": None, "code": "11", "name": "=1+1", "value": "http://example.test"}])
    cells = [c for row in load_workbook(made(world)).active.iter_rows() for c in row]
    assert {c.data_type for c in cells if c.value is not None} == {"s"}
    assert not [c for c in cells if c.hyperlink]
    assert "=1+1" in [c.value for c in cells]


def test_only_what_the_person_sees_and_the_filters_leave_goes_out(world: SimpleNamespace) -> None:
    papers.filled(world)
    with pytest.raises(exchange.NothingToHandOver):
        out(world, world.teacher)
    with pytest.raises(exchange.NothingToHandOver):
        out(world, state="review")
    assert len(out(world, world.editor, state="draft", year=2027)) == 1 + len(papers.ROWS)


def test_a_mapping_that_names_the_unknown_is_refused(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    papers.filled(world)
    monkeypatch.setattr(mappings, "load", lambda profile: {
        "targets": {"sheet": "甲", "relations": RELATIONS, "columns": [{"header": "乙", "from": "colour"}]}})
    with pytest.raises(exchange.UnknownMapping):
        out(world)


def test_the_file_is_handed_out_under_a_chinese_name_and_recorded(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    client = client_of(world.performance_reviewer)
    assert 'form="export" name="as" value="exchange"' in client.get(reverse("table_list")).content.decode()
    answer = client.post(reverse("table_export_many"), {"as": "exchange", "format": "docx", "state": "draft"})
    assert answer.status_code == 200
    assert "一体化导入" in unquote(answer.headers["Content-Disposition"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    event = Event.objects.get(case=case, action=Action.EXPORT)
    assert record.payload_of(event) == {"format": "exchange"}
    nothing = client_of(world.teacher).post(reverse("table_export_many"), {"as": "exchange"})
    assert (nothing.status_code, nothing.headers["Location"]) == (302, reverse("table_list"))
    assert Event.objects.filter(action=Action.EXPORT).count() == 1


def test_figures_are_taken_in_matched_and_shown_locked_over_http(world: SimpleNamespace, at: SimpleNamespace) -> None:
    client = client_of(world.performance_reviewer)
    posted = {"period": at.period.pk, "file": SimpleUploadedFile("执行数.xlsx", xlsx(
        ("旧码-9", "演示图书馆设备更新", "演示办公室本级", 100000)))}
    answer = client.post(reverse("execution_import"), posted)
    source = ExecutionImport.objects.get()
    assert answer.headers["Location"] == reverse("execution_unmatched", args=[source.pk])
    assert client.get(answer.headers["Location"]).context["count"] == 1
    figure = source.figures.get()
    url = reverse("execution_match", args=[figure.pk])
    for wrong in ({"code": "无此码"}, {"project": "999999"}, {}):
        assert client.post(url, wrong).status_code == 422
    assert client_of(world.editor).post(url, {"project": at.project.pk}).status_code == 403
    assert ExecutionFigure.objects.get().project is None
    assert client.post(url, {"project": at.project.pk}).status_code == 302
    page = client_of(world.editor).get(reverse("report", args=[at.case.number]))
    assert 'name="executed_total"' not in page.content.decode()
    assert 'name="dispute"' in page.content.decode()
    assert str(page.context["rate"]) == "33.33"


def test_a_refused_figures_file_is_told_and_only_finance_may(world: SimpleNamespace, at: SimpleNamespace) -> None:
    client, url = client_of(world.performance_reviewer), reverse("execution_import")
    assert client.get(url).status_code == 200
    for data in (b"PK\x03\x04 broken", xlsx((CODE, "甲", "乙", -5))):
        answer = client.post(url, {"period": at.period.pk, "file": SimpleUploadedFile("执行数.xlsx", data)})
        assert answer.status_code == 422
    assert answer.context["result"].refused[0].line == 3
    assert not ExecutionImport.objects.exists()
    assert client_of(world.editor).get(url).status_code == 403
    assert client_of(world.editor).post(url, {"key": key()}).status_code == 403
