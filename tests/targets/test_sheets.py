"""The review sheet out: grades ticked, opinions of every step, points of key projects, or blank."""

import io
import zipfile
from types import SimpleNamespace

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from targets import export, reviews, sheets
from targets.export import Format, paging
from targets.export.sheet import Opinion, SheetContent, sheet_of, words
from targets.models import Project
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow import record
from workflow.machine import Action
from workflow.models import Event
from workflow.refusals import NotVisible

__all__ = ["at_now"]
GRADES = {"completeness": "excellent", "relevance": "good", "suitability": "fair", "feasibility": "poor",
          "overall": "poor"}
FILLED = SheetContent(
    "演示项目", "演示局", "演示局本级", "30", "第1次报送", grades=GRADES, mark="2027-0001　校验码 ABCD2345",
    opinions=(Opinion("主管部门审核", "退回修改", "=1+1 成本不实。", "演示·甲", "2026年9月7日"),))


def texts_of(data: bytes, format: Format) -> str:
    if format == Format.XLSX:
        cells = (cell for row in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row)
        return "\n".join(str(cell.value) for cell in cells if cell.value is not None)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("word/document.xml").decode()


def test_the_sheet_has_four_blocks_of_eight_items_that_come_to_a_hundred() -> None:
    items = [one for block in words()["blocks"] for one in block["items"]]
    assert len(items) == 8
    assert sum(one["points"] for one in items) == 100
    assert [sum(one["points"] for one in block["items"]) for block in words()["blocks"]] == [20, 30, 30, 20]


@pytest.mark.parametrize("format", [Format.DOCX, Format.XLSX])
def test_the_grade_of_each_block_is_ticked_once_and_opinions_stand_below(format: Format) -> None:
    said = texts_of(export.review_sheet(content=FILLED, format=format, now=NOW), format)
    for ticked in ("■优 □良 □中 □差", "□优 ■良 □中 □差", "□优 □良 ■中 □差"):
        assert said.count(ticked) == 1
    assert said.count("□优 □良 □中 ■差") == 2, "feasibility and overall"
    for text in ("一般性项目", "主管部门审核", "退回修改。=1+1 成本不实。", "演示·甲　2026年9月7日",
                 "审核部门（盖章）"):
        assert text in said
    assert "得分" not in said


def test_nothing_in_the_xlsx_is_a_formula_or_a_number() -> None:
    data = export.review_sheet(content=FILLED, format=Format.XLSX, now=NOW)
    cells = (cell for row in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row)
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


@pytest.mark.parametrize("format", [Format.DOCX, Format.XLSX])
def test_a_key_project_has_points_and_their_sum(format: Format) -> None:
    content = SheetContent("演示", "甲", "乙", "500", "", is_key=True, grades=GRADES, points={"form": 9, "clear": 8})
    said = texts_of(export.review_sheet(content=content, format=format, now=NOW), format)
    for text in ("重点项目", "得分", "17"):
        assert text in said


def test_a_long_opinion_goes_on_over_pages_and_the_label_is_repeated() -> None:
    opinion = Opinion("业务股审核", "审核通过", "逐项核对。" * 900, "演示·乙", "2026年9月8日")
    pages = paging.pages_of(sheet_of(SheetContent("演示", "甲", "乙", "5", "", opinions=(opinion,) * 2)))
    assert len(pages) > 2
    said = ["".join(cell[4]) for page in pages for cell in page.cells]
    assert said.count("审核意见（续）") >= 1
    assert "".join(said).count("逐") == 2 * 900
    said = ["".join(cell[4]) for cell in pages[1].cells]
    assert said[:4] == ["审核内容", "审核项目", "审核要点", "审核意见"]
    assert export.review_sheet(content=FILLED, format=Format.PDF, now=NOW).startswith(b"%PDF-")


def test_what_reviewers_decided_stands_on_the_sheet_of_the_case(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    sheet = {**GRADES, "overall": "good", "opinion": "总体可行。"}
    reviews.decide(case=case, by=papers.fresh(world.reviewer), verdict="approve", seen=seen(case), key=key(), now=NOW,
                   words="同意，总体可行。", sheet=sheet)
    content = sheets.sheet_content(papers.again(case))
    assert content.grades == {**GRADES, "overall": "good"}
    (opinion,) = content.opinions
    assert (opinion.verdict, opinion.words) == ("审核通过", "同意，总体可行。")
    assert opinion.day == "2026年9月7日"
    assert not content.is_key
    Project.objects.filter(tables=case.pk).update(is_key=True)
    assert sheets.sheet_content(papers.again(case)).is_key


@pytest.mark.parametrize("format", list(Format))
def test_it_is_downloaded_from_the_page_and_recorded(world: SimpleNamespace, format: Format) -> None:
    case = papers.submitted(world)
    client = client_of(world.reviewer)
    assert reverse("review_sheet", args=[case.number, format]) in client.get(
        reverse("table", args=[case.number])).content.decode()
    answer = client.get(reverse("review_sheet", args=[case.number, format.value]))
    assert answer.status_code == 200
    event = Event.objects.get(case=case, action=Action.EXPORT)
    assert record.payload_of(event) == {"format": format.value, "form": "review"}


def test_the_sheet_of_others_is_not_there_and_nothing_is_recorded(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    assert client_of(world.teacher).get(reverse("review_sheet", args=[case.number, "pdf"])).status_code == 404
    with pytest.raises(NotVisible):
        sheets.export_sheet(case=case, format=Format.PDF, by=papers.fresh(world.teacher), now=NOW)
    assert client_of(world.reviewer).get(reverse("review_sheet", args=[case.number, "exe"])).status_code == 422
    assert not Event.objects.filter(action=Action.EXPORT).exists()
