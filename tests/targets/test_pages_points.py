"""The review sheet of a key project is scored on the page: sums, the grade they suggest, and what is no points.

Remarks with a suggested text on fields of the head are here too: they come back to the unit like those of rows.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from targets import scoring
from targets.export import sheet
from targets.models import Comment, Project, ReviewSheet, TargetTable
from targets.sheets import sheet_content
from tests.targets import papers
from tests.targets.test_pages_review import decision, url
from tests.targets.test_pages_tables import at_now, client_of, form_of
from workflow.machine import State
from workflow.models import Case, Decision

__all__ = ["at_now"]

GOOD = {"form": "9", "clear": "8.5", "fits": "12", "indicators": "12.5", "effect": "13", "money": "12", "possible": "8",
        "conditions": "8"}
"""Sum 83: 良."""


def points(**other: str) -> dict[str, str]:
    return {f"points.{key}": value for key, value in {**GOOD, **other}.items()}


@pytest.fixture
def key_case(world: SimpleNamespace) -> Case:
    """A key project's table on the department's desk."""
    case = papers.submitted(world)
    Project.objects.filter(tables__case=case).update(is_key=True)
    return case


def test_only_a_key_project_is_scored(world: SimpleNamespace, key_case: Case) -> None:
    client = client_of(world.reviewer)
    page = client.get(reverse("table", args=[key_case.number])).content.decode()
    assert [f'name="points.{item.key}"' in page for item in scoring.items()] == [True] * 8
    Project.objects.filter(tables__case=key_case).update(is_key=False)
    assert 'name="points.' not in client.get(reverse("table", args=[key_case.number])).content.decode()


def test_points_suggest_the_grades_and_are_kept_and_printed(world: SimpleNamespace, key_case: Case) -> None:
    answer = client_of(world.reviewer).post(url(key_case), decision(key_case, "approve", words="同意", **points()))
    assert answer.status_code == 302
    kept = ReviewSheet.objects.get(case=key_case)
    assert kept.points == GOOD
    assert (kept.completeness, kept.relevance, kept.suitability, kept.feasibility) == ("good",) * 4
    assert kept.overall == "good"
    printed = sheet.sheet_of(sheet_content(papers.again(key_case)))
    texts = [cell.text for row in printed.rows for cell in row.cells]
    assert {"83", "12.5"} <= set(texts)


def test_what_the_reviewer_ticks_stands_against_the_sum(world: SimpleNamespace, key_case: Case) -> None:
    said = decision(key_case, "approve", overall="excellent", relevance="excellent", **points())
    assert client_of(world.reviewer).post(url(key_case), said).status_code == 302
    kept = ReviewSheet.objects.get(case=key_case)
    assert (kept.overall, kept.relevance, kept.suitability) == ("excellent", "excellent", "good")


def test_a_sum_that_means_return_does_not_approve(world: SimpleNamespace, key_case: Case) -> None:
    low = points(effect="5", money="5", fits="6", indicators="6")
    page = client_of(world.reviewer).post(url(key_case), decision(key_case, "approve", **low))
    assert page.status_code == 422
    assert 'value="12.5"' not in page.content.decode()
    assert 'value="8.5"' in page.content.decode()
    assert papers.again(key_case).state == State.DEPARTMENT_REVIEW
    assert not ReviewSheet.objects.exists()


@pytest.mark.parametrize("wrong", [{"form": "11"}, {"form": "-1"}, {"form": "很好"}, {"form": "9.3"}, {"form": ""},
                                   {"form": "NaN"}])
def test_points_that_are_none_are_refused_and_everything_typed_stays(
        world: SimpleNamespace, key_case: Case, wrong: dict[str, str]) -> None:
    said = decision(key_case, "approve", words="写好的意见", **points(**wrong))
    page = client_of(world.reviewer).post(url(key_case), said)
    assert page.status_code == 422
    text = page.content.decode()
    assert "规范完整性" in str(page.context["form"].errors)
    assert "写好的意见" in text
    assert 'value="8.5"' in text
    assert not Decision.objects.exists()
    assert papers.again(key_case).state == State.DEPARTMENT_REVIEW


def test_without_script_the_sum_is_shown_and_nothing_is_decided(world: SimpleNamespace, key_case: Case) -> None:
    said: dict[str, Any] = decision(key_case, "", words="写好的意见", add_up="1", **points())
    page = client_of(world.reviewer).post(url(key_case), said)
    assert page.status_code == 200
    scored = page.context["form"].scored()
    assert (scored["total"], scored["suggested"]) == ("83", "良")
    assert "<output data-sum>83</output>" in page.content.decode()
    assert "写好的意见" in page.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("given", "grade"), [
    ("100", "excellent"), ("90", "excellent"), ("89.5", "good"), ("80", "good"), ("79.5", "fair"), ("60", "fair"),
    ("59.5", "poor"), ("0", "poor")])
def test_thresholds_are_those_of_the_sheet(given: str, grade: str) -> None:
    assert scoring.grade_of(scoring.Decimal(given), most=100) == grade


def test_a_suggested_goal_and_amount_reach_the_unit_and_are_taken_over(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    said = {"remark_uuid": ["annual_goal", "funds.total", "unit"], "remark_kind": ["should", "should", "should"],
            "remark_words": ["请写明数量", "", ""], "remark_suggestion": ["更新自助借还机 15 台。", "28", ""]}
    assert client_of(world.reviewer).post(url(case), decision(case, "return", **said)).status_code == 302
    assert list(Comment.objects.values_list("place", "indicator", "suggestion")) == [
        ("annual_goal", None, "更新自助借还机 15 台。"), ("funds.total", None, "28")]
    client = client_of(world.editor)
    page = client.get(reverse("table", args=[case.number])).content.decode()
    assert "<ins>更新自助借还机 15 台。</ins>" in page
    assert client.post(reverse("table_take_over", args=[case.number]), form_of(case)).status_code == 302
    table = TargetTable.objects.get(pk=case.pk)
    assert (table.annual_goal, table.funds_total) == ("更新自助借还机 15 台。", "28")


def test_a_remark_on_whose_table_it_is_is_refused(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    said = {"remark_uuid": ["project_name"], "remark_kind": ["must"], "remark_words": ["换个名字"]}
    page = client_of(world.reviewer).post(url(case), decision(case, "return", words="请修改", **said))
    assert page.status_code == 422
    assert "请修改" in page.content.decode()
    assert not Comment.objects.exists()
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
