"""Decisions: verdict, words, sheet and comments in one transaction; who may not decide changes nothing."""

from datetime import date

import pytest

from targets import comparing, differences, drafts, reviews
from targets.models import Comment, Indicator, ReviewSheet, Revision
from targets.rows import content_of
from tests.targets.papers import again, fresh, in_force, submitted
from tests.world import NOW, group, key, seen
from workflow.look import Look
from workflow.machine import Role, State
from workflow.models import Case, Decision, Event, Step
from workflow.record import payload_of
from workflow.refusals import Blocked, NotPermitted, NotVisible, ReasonMissing, Refused, SamePersonRefused, Stale

SHEET = {
    "completeness": "excellent",
    "relevance": "good",
    "suitability": "good",
    "feasibility": "excellent",
    "overall": "good",
    "opinion": "演示：同意",
}


def decide(case: Case, by, verdict: str = "approve", **more):
    return reviews.decide(
        case=case,
        by=fresh(by),
        verdict=verdict,
        seen=more.pop("seen", seen(case)),
        key=more.pop("key", key()),
        now=NOW,
        **more,
    )


def row_of(case: Case, code: str) -> Indicator:
    return Indicator.objects.get(table=case.pk, code=code)


def resubmit(world, case: Case, **parts):
    return drafts.submit(
        case=case,
        by=fresh(world.editor),
        now=NOW,
        seen=seen(case),
        key=key(),
        looked_at=True,
        unsaved=drafts.Unsaved(**parts) if parts else None,
    )


def mended(case: Case, code: str, value: str) -> list[dict]:
    return [
        {"uuid": row.uuid, "code": row.code, "name": row.name, "value": value if row.code == code else row.value}
        for row in Indicator.objects.filter(table=case.pk)
    ]


def test_the_whole_line_ends_in_force_with_the_content_that_was_decided_on(world):
    case = in_force(world)
    assert case.state == State.APPROVED
    approved = Revision.objects.get(case=case, why="approved")
    assert approved.content_hash == case.content_hash
    assert {d.content_hash for d in Decision.objects.filter(case=case)} == {case.content_hash}
    release = payload_of(Event.objects.get(case=case, action="release"))
    assert (release["document_number"], release["document_date"]) == ("演示〔2027〕1号", "2027-01-20")


def test_a_sheet_is_kept_with_the_decision_it_belongs_to(world):
    case = submitted(world)
    decide(case, world.reviewer, sheet=SHEET)
    sheet = ReviewSheet.objects.get(case=case)
    assert sheet.decision.actor == sheet.filled_by == world.reviewer
    assert (sheet.overall, sheet.opinion) == ("good", "演示：同意")


def test_a_sheet_with_a_grade_that_is_none_blocks(world):
    case = submitted(world)
    with pytest.raises(Blocked) as told:
        decide(case, world.reviewer, sheet=SHEET | {"relevance": "super"})
    assert [blocker.place for blocker in told.value.blockers] == ["sheet.relevance"]
    assert not ReviewSheet.objects.exists()
    assert not Decision.objects.exists()


def test_a_return_publishes_comments_with_what_stood_there(world):
    case = submitted(world)
    row = row_of(case, "14")
    decide(
        case,
        world.reviewer,
        "return",
        words="请核对成本",
        reason_code="cost",
        comments=[
            reviews.Remark("value", "成本不足", indicator=str(row.uuid)),
            reviews.Remark("annual_goal", "写具体", kind="should"),
        ],
    )
    assert again(case).state == State.DRAFT
    comment = Comment.objects.get(kind="must")
    assert (comment.value_then, comment.published_at, comment.author) == (row.value, NOW, world.reviewer)
    assert payload_of(Event.objects.get(case=case, action="return"))["reason"] == "请核对成本"
    assert Comment.objects.filter(case=case, published_at=NOW).count() == 2


def test_a_return_says_why(world):
    case = submitted(world)
    with pytest.raises(ReasonMissing):
        decide(case, world.reviewer, "return", words=" ")
    assert again(case).state == State.DEPARTMENT_REVIEW


def test_an_open_must_fix_comment_blocks_until_the_place_is_mended(world):
    case = submitted(world)
    decide(
        case,
        world.reviewer,
        "return",
        words="核对",
        comments=[reviews.Remark("value", "数量过低", indicator=str(row_of(case, "11").uuid))],
    )
    with pytest.raises(Blocked, match="数量过低"):
        resubmit(world, case)
    resubmit(world, case, rows=mended(case, "11", "≥15台"))
    assert again(case).state == State.DEPARTMENT_REVIEW
    decide(case, world.reviewer)
    assert Comment.objects.get().resolved_by == world.reviewer


def test_or_until_it_is_answered(world):
    case = submitted(world)
    decide(case, world.reviewer, "return", words="核对", comments=[reviews.Remark("case", "请附会议纪要")])
    comment = Comment.objects.get()
    with pytest.raises(NotVisible):
        reviews.answer_comment(comment=comment, by=fresh(world.teacher), words="好", now=NOW)
    with pytest.raises(ReasonMissing):
        reviews.answer_comment(comment=comment, by=fresh(world.editor), words=" ", now=NOW)
    with pytest.raises(Blocked):
        resubmit(world, case)
    reviews.answer_comment(comment=comment, by=fresh(world.editor), words="已附", now=NOW)
    resubmit(world, case)
    assert again(case).pass_no == 2


@pytest.mark.parametrize(
    ("remark", "refusal"),
    [
        (reviews.Remark("nowhere", "x"), "unknown_place"),
        (reviews.Remark("value", "x", indicator="7"), "unknown_place"),
        (reviews.Remark("annual_goal", "x", kind="shout"), "unknown_place"),
        (reviews.Remark("annual_goal", " "), "detail_missing"),
    ],
)
def test_a_comment_on_no_place_or_without_words_refuses_the_decision(world, remark, refusal):
    case = submitted(world)
    with pytest.raises(Refused) as told:
        decide(case, world.reviewer, "return", words="核对", comments=[remark])
    assert told.value.code == refusal
    assert not Comment.objects.exists()
    assert again(case).state == State.DEPARTMENT_REVIEW


def test_must_fix_and_approval_do_not_go_together(world):
    case = submitted(world)
    with pytest.raises(reviews.MustFixOnApproval):
        decide(case, world.reviewer, comments=[reviews.Remark("annual_goal", "改")])
    decide(case, world.reviewer, comments=[reviews.Remark("annual_goal", "可更具体", kind="should")])
    assert Comment.objects.get().kind == "should"


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("editor", NotPermitted),
        ("auditor", NotPermitted),
        ("performance_reviewer", NotPermitted),
        ("teacher", NotVisible),
        ("school_reviewer", NotVisible),
    ],
)
def test_whoever_has_no_open_step_decides_nothing_and_the_record_says_so(world, who, refusal):
    case = submitted(world)
    with pytest.raises(refusal):
        decide(case, getattr(world, who), comments=[reviews.Remark("annual_goal", "x", kind="should")])
    assert again(case).state == State.DEPARTMENT_REVIEW
    assert not Comment.objects.exists()
    assert Event.objects.filter(case=case, refused=refusal.code, actor=getattr(world, who)).count() == 1


def test_nobody_approves_what_they_submitted_themselves(world):
    world.editor.groups.add(group(world.office, Role.DEPARTMENT_REVIEWER))
    case = submitted(world)
    with pytest.raises(SamePersonRefused):
        decide(case, world.editor)
    assert not Decision.objects.exists()


def test_two_reviewers_of_one_step_one_effect(world):
    case = submitted(world)
    old = seen(case)
    decide(case, world.reviewer, seen=old)
    with pytest.raises(Stale):
        decide(case, world.head, "return", words="退", seen=old)
    assert Decision.objects.count() == 1


def test_an_unknown_verdict_is_refused(world):
    case = submitted(world)
    with pytest.raises(reviews.UnknownVerdict):
        decide(case, world.reviewer, "perhaps")


def test_a_reviewer_sees_what_changed_since_their_own_decision(world):
    case = submitted(world)
    assert bases_of(case, world.reviewer) == {}
    decide(case, world.reviewer, "return", words="核对")
    resubmit(world, case, rows=mended(case, "11", "≥15台"))
    own, others = bases_of(case, world.reviewer), bases_of(case, world.business_reviewer)
    assert [(c.place, c.before, c.after) for c in own["looked"]] == [("value", "≥12台", "≥15台")]
    assert list(others) == ["submitted"]
    assert [c.after for c in others["submitted"]] == ["≥15台"]


def bases_of(case, person):
    """Return what the table changed against each version that `person` may compare it with, by its name."""
    now = comparing.version_of(case, content_of(case))
    last = Look(again(case), by=person, on_behalf_of=None, now=NOW).last_by_actor()
    bases = comparing.bases_for(again(case), last=(last.seq, last.at) if last else None, now=now)
    return {name: differences.changes(base.version, now) for name, base in bases.items()}


def test_a_step_that_asks_for_a_sheet_waits_for_it(world):
    case = submitted(world)
    Step.objects.filter(pk=case.step_id).update(sheet="general")
    with pytest.raises(Blocked) as told:
        decide(case, world.reviewer)
    assert [blocker.code for blocker in told.value.blockers] == ["sheet"]
    decide(case, world.reviewer, sheet=SHEET)


def test_release_is_refused_before_the_route_came_to_it(world):
    case = submitted(world)
    with pytest.raises(Refused):
        reviews.release(
            case=case,
            by=fresh(world.leader),
            document_number="1",
            document_date=date(2027, 1, 1),
            seen=seen(case),
            key=key(),
            now=NOW,
        )
    assert again(case).state == State.DEPARTMENT_REVIEW
