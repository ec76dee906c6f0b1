"""Reviewers over HTTP: what they are shown, what they decide, and that a refused decision keeps its words."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from targets import projects
from targets.models import Comment, Indicator, ReviewSheet
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of, form_of
from tests.world import NOW, key
from workflow.machine import State
from workflow.models import Case, Decision

__all__ = ["at_now"]


def decision(case: Case, verdict: str, **more: Any) -> dict[str, Any]:
    fresh = papers.again(case)
    return {"seen_version": fresh.version, "seen_hash": fresh.content_hash, "key": key(), "verdict": verdict, **more}


def url(case: Case) -> str:
    return reverse("table_decide", args=[case.number])


def test_the_reviewer_is_offered_a_decision_and_the_editor_is_not(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    page = client_of(world.reviewer).get(reverse("table", args=[case.number]))
    assert page.context["decides"]
    assert 'value="approve"' in page.content.decode()
    for person in (world.editor, world.business_reviewer, world.auditor):
        other = client_of(person).get(reverse("table", args=[case.number]))
        assert 'name="verdict"' not in other.content.decode()


def test_an_approval_moves_the_table_to_the_next_desk(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    grades = {"completeness": "excellent", "relevance": "good", "suitability": "good", "feasibility": "good"}
    answer = client_of(world.reviewer).post(url(case), decision(case, "approve", words="同意", **grades))
    assert answer.status_code == 302
    assert papers.again(case).state == State.FINANCE_REVIEW
    sheet = ReviewSheet.objects.get(case=case)
    assert (sheet.completeness, sheet.overall, sheet.opinion) == ("excellent", "good", "同意")


def test_a_half_filled_sheet_is_refused_and_keeps_its_words(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    page = client_of(world.reviewer).post(url(case), decision(case, "approve", words="写好的意见", completeness="good"))
    assert page.status_code == 422
    assert "写好的意见" in page.content.decode()
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    assert not ReviewSheet.objects.exists()


def test_a_return_without_words_is_refused(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    page = client_of(world.reviewer).post(url(case), decision(case, "return", words="  "))
    assert page.status_code == 422
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    assert not Decision.objects.exists()


def test_a_return_with_a_remark_reaches_the_unit_which_answers_it(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    row = Indicator.objects.get(table=case.pk, code="14")
    remark = {"remark_uuid": [str(row.uuid)], "remark_kind": ["must"], "remark_words": ["请补充测算依据"]}
    assert client_of(world.reviewer).post(url(case), decision(case, "return", **remark)).status_code == 302
    comment = Comment.objects.get(case=case)
    client = client_of(world.editor)
    assert "请补充测算依据" in client.get(reverse("table", args=[case.number])).content.decode()
    refused = client.post(reverse("table_submit", args=[case.number]), form_of(case, looked_at="1"))
    assert refused.status_code == 422
    answered = client.post(reverse("table_answer", args=[case.number]),
                           form_of(case, answer=str(comment.pk), **{f"answer.{comment.pk}": "见附件测算表"}))
    assert answered.status_code == 302
    comment.refresh_from_db()
    assert comment.answer == "见附件测算表"
    assert client.post(reverse("table_submit", args=[case.number]), form_of(case, looked_at="1")).status_code == 302


def test_a_remark_that_must_be_mended_does_not_go_with_an_approval(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    row = Indicator.objects.get(table=case.pk, code="14")
    remark = {"remark_uuid": [str(row.uuid)], "remark_kind": ["must"], "remark_words": ["请补充测算依据"]}
    page = client_of(world.reviewer).post(url(case), decision(case, "approve", **remark))
    assert page.status_code == 422
    assert "请补充测算依据" in page.content.decode()
    assert not Comment.objects.exists()
    assert papers.again(case).state == State.DEPARTMENT_REVIEW


def test_after_a_correction_the_changes_are_marked_in_words(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    client_of(world.reviewer).post(url(case), decision(case, "return", words="请修改"))
    data = form_of(case, looked_at="1")
    data["row_value"][0] = "≥15台"
    assert client_of(world.editor).post(reverse("table_submit", args=[case.number]), data).status_code == 302
    page = client_of(world.reviewer).get(reverse("table", args=[case.number]))
    changes = page.context["changes"]
    assert [(c.place, c.before, c.after) for c in changes] == [("value", "≥12台", "≥15台")]
    assert "<del>≥12台</del> <ins>≥15台</ins>" in page.content.decode()


def test_who_has_no_part_in_it_may_not_decide(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    assert client_of(world.business_reviewer).post(url(case), decision(case, "approve")).status_code == 403
    assert client_of(world.editor).post(url(case), decision(case, "approve")).status_code == 403
    assert client_of(world.school_reviewer).post(url(case), decision(case, "approve")).status_code == 404
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    assert not Decision.objects.exists()


def test_a_decision_on_what_has_moved_is_stale_and_keeps_the_words(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    late = decision(case, "return", words="我写了很久的意见")
    assert client_of(world.head).post(url(case), decision(case, "approve")).status_code == 302
    page = client_of(world.reviewer).post(url(case), late)
    assert page.status_code == 409
    assert "我写了很久的意见" in page.content.decode()
    assert papers.again(case).state == State.FINANCE_REVIEW


def test_pressing_twice_decides_once(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    once = decision(case, "approve", words="同意")
    client = client_of(world.reviewer)
    assert client.post(url(case), once).status_code == 302
    assert client.post(url(case), once).status_code == 302
    assert Decision.objects.filter(case=case).count() == 1


def test_a_release_needs_its_document(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    for person in (world.reviewer, world.business_reviewer, world.performance_reviewer):
        assert client_of(person).post(url(case), decision(case, "approve")).status_code == 302
    client = client_of(world.leader)
    assert client.post(url(case), decision(case, "release", document_number="演示〔2027〕1号")).status_code == 422
    assert client.post(url(case), decision(case, "release", document_number="演示〔2027〕1号",
                                           document_date="昨天")).status_code == 422
    assert papers.again(case).state == State.FINANCE_REVIEW
    assert client.post(url(case), decision(case, "release", document_number="演示〔2027〕1号",
                                           document_date="2027-01-20")).status_code == 302
    assert papers.again(case).state == State.APPROVED


@pytest.mark.parametrize("rows", [3, 30])
def test_the_review_page_asks_the_same_number_of_questions_for_any_number_of_rows(
        world: SimpleNamespace, rows: int) -> None:
    case = papers.filled(world)
    more = [("11", f"设备数量{n}", f"≥{n}台") for n in range(1, rows + 1)]
    client_of(world.editor).post(reverse("table_submit", args=[case.number]),
                                 form_of(case, [*papers.ROWS, *more], looked_at="1"))
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    client = client_of(world.reviewer)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("table", args=[case.number])).status_code == 200
    assert len(asked) <= 18


def test_after_a_correction_and_with_other_tables_beside_it_the_review_page_asks_little_more(
        world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    client = client_of(world.reviewer)
    client.post(url(case), decision(case, "return", words="请修改"))
    data = form_of(case, looked_at="1")
    data["row_value"][0] = "≥15台"
    client_of(world.editor).post(reverse("table_submit", args=[case.number]), data)
    for n in range(3):
        other = projects.add_off_list(unit=world.own, name=f"演示另一项目{n}", by=papers.fresh(world.editor), key=key(),
                                      now=NOW)
        papers.filled(world, case=other)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("table", args=[case.number]))
    assert page.context["changes"]
    assert len(asked) <= 20
