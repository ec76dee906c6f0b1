"""Grades and suggested texts: 良 comes straight back with one click of the unit, 中 and 差 are not passed."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from targets import drafts, reviews, suggestions
from targets.models import Comment, Indicator
from tests.targets import papers
from tests.targets.test_pages_review import at_now, decision
from tests.targets.test_pages_tables import client_of
from tests.world import NOW, act, key, seen
from workflow.machine import Action, State
from workflow.models import Case, Event
from workflow.refusals import Blocked, NotPermitted

__all__ = ["at_now"]
pytestmark = pytest.mark.django_db


def returned(world: SimpleNamespace, *, again: str = "direct") -> Case:
    """A table that the business division returned with one suggested value."""
    case = papers.submitted(world)
    act(case, Action.APPROVE, world.reviewer)
    row = Indicator.objects.get(table=case.pk, code="11")
    remark = {"remark_uuid": [str(row.uuid)], "remark_kind": ["should"], "remark_words": [""],
              "remark_suggestion": ["≥15台"]}  # fmt: skip
    client = client_of(world.business_reviewer)
    answer = client.post(reverse("table_decide", args=[case.number]), decision(case, "return", again=again, **remark))
    assert answer.status_code == 302, answer.content.decode()[:400]
    return papers.again(case)


def value_of(case: Case) -> str:
    return Indicator.objects.get(table=case.pk, code="11").value


def test_one_click_takes_the_suggested_value_over_and_the_table_comes_straight_back(world):
    case = returned(world)
    assert (case.state, value_of(case)) == (State.DRAFT, "≥12台"), "the reviewer never edits"
    client = client_of(world.editor)
    page = client.get(reverse("table", args=[case.number])).content.decode()
    assert 'id="suggestions"' in page
    now = papers.again(case)
    form = {"seen_version": now.version, "seen_hash": now.content_hash, "key": key(), "submit": "1", "looked_at": "1"}
    url = reverse("table_take_over", args=[case.number])
    assert client.post(url, form).status_code == 302
    after = papers.again(case)
    assert (after.state, after.step.key, value_of(case)) == (State.FINANCE_REVIEW, "business", "≥15台")
    comment = Comment.objects.get(case=case)
    assert (comment.answered_by, comment.answered_at is not None) == (world.editor, True)
    act(case, Action.APPROVE, world.business_reviewer)
    repeated = client.post(url, form)
    assert repeated.status_code == 302
    assert Event.objects.filter(case=case, action=Action.SUBMIT, refused="").count() == 2


def test_it_may_be_taken_over_without_submitting_and_only_while_the_place_is_as_it_was(world):
    case = returned(world)
    suggestions.take_over(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case))
    assert (papers.again(case).state, value_of(case)) == (State.DRAFT, "≥15台")
    with pytest.raises(suggestions.NothingSuggested):
        suggestions.take_over(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case))


def test_what_the_unit_has_changed_itself_is_not_overwritten(world):
    case = returned(world)
    rows = [{"uuid": r.uuid, "code": r.code, "name": r.name, "value": "≥13台" if r.code == "11" else r.value}
            for r in Indicator.objects.filter(table=case.pk)]  # fmt: skip
    drafts.save_table(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), rows=rows)
    assert suggestions.open_suggestions(case) == []
    client = client_of(world.editor)
    now = papers.again(case)
    form = {"seen_version": now.version, "seen_hash": now.content_hash, "key": key(), "submit": "1", "looked_at": "1"}
    assert client.post(reverse("table_take_over", args=[case.number]), form).status_code == 422
    assert (papers.again(case).state, value_of(case)) == (State.DRAFT, "≥13台")


def test_nobody_but_the_unit_takes_over_and_a_refusal_leaves_the_text(world):
    case = returned(world)
    with pytest.raises(NotPermitted):
        suggestions.take_over_and_submit(
            case=case, by=papers.fresh(world.reviewer), now=NOW, seen=seen(case), key=key(), looked_at=True
        )
    assert (value_of(case), Comment.objects.get(case=case).answered_at) == ("≥12台", None)


@pytest.mark.parametrize(("grade", "code"), [("fair", "grade"), ("poor", "grade")])
def test_a_table_graded_fair_or_poor_is_not_approved_but_may_be_returned(world, grade, code):
    case = papers.submitted(world)
    sheet = {**dict.fromkeys(("completeness", "relevance", "suitability"), "good"), "feasibility": grade,
             "overall": grade, "opinion": "x"}  # fmt: skip
    common = {"case": case, "by": papers.fresh(world.reviewer), "now": NOW, "sheet": sheet, "words": "请修改"}
    with pytest.raises(Blocked) as blocked:
        reviews.decide(verdict="approve", seen=seen(case), key=key(), **common)
    assert [b.code for b in blocked.value.blockers] == [code]
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    reviews.decide(verdict="return", seen=seen(case), key=key(), **common)
    assert papers.again(case).state == State.DRAFT


def test_a_suggestion_is_for_one_cell(world):
    case = papers.submitted(world)
    remark = reviews.Remark("case", "改成这样", suggestion="别的")
    with pytest.raises(reviews.UnknownPlace):
        reviews.decide(
            case=case, by=papers.fresh(world.reviewer), verdict="return", seen=seen(case), key=key(), now=NOW,
            comments=[remark],
        )  # fmt: skip
