"""取消审核, 退回修改 to any earlier step, 直达 and 逐级: which signatures stand, and on which content."""

from datetime import timedelta

import pytest

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, person, toy_case, walk_to, write_text
from workflow import calendar, choices, deadlines, record, story
from workflow.look import Look
from workflow.machine import Action, Role, State, TaskKind, TaskStatus
from workflow.models import Decision, Event, Milestone, RoundDate, Task
from workflow.refusals import (
    DetailMissing,
    NotPermitted,
    NotPossible,
    NotVisible,
    ReasonMissing,
    SamePersonRefused,
    UnknownStep,
)

pytestmark = pytest.mark.django_db


def desk(case):
    """The key of the step that the case lies on, "" for none."""
    step = refreshed(case).step
    return step.key if step else ""


def standing(case):
    """(step, content hash) of the signatures that stand, in order."""
    look = Look(refreshed(case), by=None, on_behalf_of=None, now=refreshed(case).moved_at)
    return [(s.step, s.content_hash) for s in look.signed.signatures]


# UNDO_APPROVAL


def test_who_approved_takes_it_back_until_somebody_has_acted(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    was = Task.objects.get(case=case, status=TaskStatus.DONE, kind=TaskKind.REVIEW)
    act(case, Action.UNDO_APPROVAL, world.reviewer, reason="看错了")
    assert (refreshed(case).state, desk(case)) == (State.DEPARTMENT_REVIEW, "office")
    assert standing(case) == []
    again = Task.objects.filter(case=case, status=TaskStatus.OPEN)
    assert {t.due_at for t in again} == {was.due_at}
    assert again.count() == 2
    assert Task.objects.get(pk=was.pk).status == TaskStatus.DONE
    assert Decision.objects.get(case=case).verdict == "approved"
    event = Event.objects.filter(case=case).last()
    assert record.payload_of(event)["voids"] == Decision.objects.get(case=case).event_seq
    assert_sound(case)
    act(case, Action.APPROVE, world.head)
    assert desk(case) == "business"
    assert_sound(case)


def test_an_approval_is_undone_at_every_stop_and_the_way_goes_on(world, toy):
    for stop, who in [
        ("finance_review", world.reviewer),
        ("performance", world.business_reviewer),
        ("release", world.performance_reviewer),
    ]:
        case = walk_to(toy_case(world, toy), world, stop)
        act(case, Action.UNDO_APPROVAL, who, reason="再看一下")
        assert_sound(case)
        act(case, Action.APPROVE, who)
        assert desk(case) == {"finance_review": "business", "performance": "performance", "release": "release"}[stop]
        assert_sound(case)


def test_an_approval_is_not_undone_by_others_twice_or_after_the_next_has_acted(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    undo = Action.UNDO_APPROVAL
    assert_refused(NotPermitted, case, lambda: act(case, undo, world.reviewer, reason="x"))
    assert_refused(NotPermitted, case, lambda: act(case, undo, world.leader, reason="x"))
    assert_refused(NotVisible, case, lambda: act(case, undo, world.teacher, reason="x"))
    assert_refused(ReasonMissing, case, lambda: act(case, undo, world.business_reviewer))
    act(case, undo, world.business_reviewer, reason="x")
    assert_refused(NotPossible, case, lambda: act(case, undo, world.business_reviewer, reason="x"))
    act(case, Action.APPROVE, world.business_reviewer)
    act(case, Action.CLAIM, world.performance_reviewer)
    assert_refused(NotPossible, case, lambda: act(case, undo, world.business_reviewer, reason="x"))


def test_the_head_of_the_office_undoes_what_their_people_approved(world, toy):
    head = person("business_head", (world.business, Role.FINANCE_HEAD))
    case = walk_to(toy_case(world, toy), world, "performance")
    act(case, Action.UNDO_APPROVAL, head, reason="股长要求重审")
    assert desk(case) == "business"
    assert_sound(case)


def test_a_release_is_not_undone_by_a_click(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    assert_refused(NotPossible, case, lambda: act(case, Action.UNDO_APPROVAL, world.leader, reason="x"))


def test_after_an_undone_approval_the_same_person_may_sign_again_and_no_other_step(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    act(case, Action.UNDO_APPROVAL, world.business_reviewer, reason="x")
    act(case, Action.RETURN, world.business_reviewer, reason="仍需修改")
    assert refreshed(case).state == State.DRAFT
    assert standing(case) == []
    assert_sound(case)


# RETURN to a step


def test_a_return_to_an_earlier_step_opens_it_and_the_chain_runs_again(world, toy):
    case = walk_to(toy_case(world, toy), world, "release")
    act(case, Action.RETURN, world.leader, reason="请业务股再核", to="business")
    assert (refreshed(case).state, desk(case)) == (State.FINANCE_REVIEW, "business")
    assert [step for step, _hash in standing(case)] == ["office"]
    assert_sound(case)
    act(case, Action.APPROVE, world.business_reviewer)
    assert desk(case) == "performance"
    act(case, Action.APPROVE, world.performance_reviewer)
    assert desk(case) == "release"
    assert_sound(case)


def test_a_return_to_an_earlier_stage_takes_the_edge_back(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    act(case, Action.RETURN, world.performance_reviewer, reason="请主管部门补充意见", to="office", days=2)
    assert (refreshed(case).state, desk(case)) == (State.DEPARTMENT_REVIEW, "office")
    assert_sound(case)
    act(case, Action.APPROVE, world.reviewer)
    assert desk(case) == "business"


def test_straight_back_skips_the_steps_between(world, toy):
    case = walk_to(toy_case(world, toy), world, "release")
    act(case, Action.RETURN, world.leader, reason="x", to="office", again="direct")
    assert [step for step, _hash in standing(case)] == ["business", "performance"]
    act(case, Action.APPROVE, world.head)
    assert desk(case) == "release"
    assert_sound(case)
    act(case, Action.RELEASE, world.leader)
    assert refreshed(case).state == State.APPROVED


@pytest.mark.parametrize("to", ["moon", "performance", "release", "department"])
def test_a_return_goes_to_no_later_step_and_to_none_off_the_way(world, toy, to):
    case = walk_to(toy_case(world, toy), world, "performance")
    refusal = assert_refused(
        UnknownStep, case, lambda: act(case, Action.RETURN, world.performance_reviewer, reason="x", to=to)
    )
    assert "业务股审核" in str(refusal)
    assert_refused(
        DetailMissing, case, lambda: act(case, Action.RETURN, world.performance_reviewer, reason="x", again="sideways")
    )


# 直达 after a correction


def corrected(world, toy, *, stop="performance", who="performance_reviewer", again="direct"):
    case = walk_to(toy_case(world, toy), world, stop)
    act(case, Action.RETURN, getattr(world, who), reason="成本合计与资金不符", again=again)
    write_text(case, toy, by=world.editor, text="corrected")
    return case


def test_after_a_correction_it_goes_straight_back_to_who_returned_it(world, toy):
    case = corrected(world, toy)
    act(case, Action.SUBMIT, world.editor)
    assert (refreshed(case).state, desk(case)) == (State.FINANCE_REVIEW, "performance")
    assert_sound(case)
    act(case, Action.APPROVE, world.performance_reviewer)
    act(case, Action.RELEASE, world.leader)
    case = refreshed(case)
    signatures = standing(case)
    assert [step for step, _hash in signatures] == ["office", "business", "performance", "release"]
    assert signatures[-1][1] == signatures[-2][1] == case.content_hash
    assert signatures[0][1] == signatures[1][1] != case.content_hash
    assert_sound(case)


def test_step_by_step_asks_everybody_again(world, toy):
    case = corrected(world, toy, again="chain")
    act(case, Action.SUBMIT, world.editor)
    assert desk(case) == "office"
    assert standing(case) == []


def test_a_recall_takes_the_straight_way_back_away(world, toy):
    second = person("reviewer2", (world.school, Role.DEPARTMENT_REVIEWER))
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(case, Action.SUBMIT, world.teacher)
    act(case, Action.APPROVE, world.principal)
    act(case, Action.RETURN, second, reason="x", again="direct")
    act(case, Action.SUBMIT, world.teacher)
    assert desk(case) == "department"
    act(case, Action.RECALL, world.teacher)
    write_text(case, toy, by=world.teacher, text="changed after the recall")
    act(case, Action.SUBMIT, world.teacher)
    assert desk(case) == "unit_head"
    assert_sound(case)


def test_a_second_return_by_an_earlier_step_forgets_what_later_steps_signed(world, toy):
    case = walk_to(toy_case(world, toy), world, "release")
    act(case, Action.RETURN, world.leader, reason="x", to="business", again="direct")
    act(case, Action.RETURN, world.business_reviewer, reason="x", again="direct")
    assert [step for step, _hash in standing(case)] == ["office"]
    write_text(case, toy, by=world.editor, text="changed")
    act(case, Action.SUBMIT, world.editor)
    assert desk(case) == "business"
    act(case, Action.APPROVE, world.business_reviewer)
    assert desk(case) == "performance"
    assert_sound(case)


def test_who_signed_one_finance_step_does_not_sign_another_after_a_straight_return(world, toy):
    group = world.performance.role_groups.get(role=Role.FINANCE_REVIEWER)
    case = corrected(world, toy)
    act(case, Action.SUBMIT, world.editor)
    world.business_reviewer.groups.add(group)
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.APPROVE, world.business_reviewer))


class TestTermWithinTheRound:
    """A correction never takes longer than what the round's dates leave (限时退回)."""

    def test_a_term_beyond_the_date_of_the_step_is_cut_and_says_so(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        last = RoundDate.objects.get(round=world.round, milestone=Milestone.BUSINESS_REVIEW).date
        act(case, Action.RETURN, world.business_reviewer, reason="请补充", days=60)
        (due,) = {deadlines.due_day(t.due_at) for t in Task.objects.filter(case=case, status=TaskStatus.OPEN)}
        assert due == last
        said = Event.objects.get(case=case, action=Action.RETURN, refused="").payload
        assert f'"cut_to":"{last.isoformat()}"' in said
        assert f"{last.isoformat()}" in " ".join(story.timeline(case)[0].details)

    def test_a_term_within_it_stays_and_nothing_is_noted(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        act(case, Action.RETURN, world.business_reviewer, reason="请补充", days=1)
        (due,) = {deadlines.due_day(t.due_at) for t in Task.objects.filter(case=case, status=TaskStatus.OPEN)}
        assert due == (NOW + timedelta(days=1)).date()
        assert "cut_to" not in Event.objects.get(case=case, action=Action.RETURN, refused="").payload

    def test_where_the_date_is_over_the_next_review_bounds_it_and_after_the_last_nothing_does(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        dates = RoundDate.objects.filter(round=world.round)
        dates.filter(milestone=Milestone.BUSINESS_REVIEW).update(date=NOW.date() - timedelta(days=1))
        dates.filter(milestone=Milestone.PERFORMANCE_REVIEW).update(date=NOW.date() + timedelta(days=2))
        act(case, Action.RETURN, world.business_reviewer, reason="请补充", days=20)
        assert {deadlines.due_day(t.due_at) for t in Task.objects.filter(case=case, status=TaskStatus.OPEN)} == {
            NOW.date() + timedelta(days=2)
        }
        other = walk_to(toy_case(world, toy), world, "finance_review")
        dates.update(date=NOW.date() - timedelta(days=1))
        act(other, Action.RETURN, world.business_reviewer, reason="请补充", days=20)
        assert "cut_to" not in Event.objects.get(case=other, action=Action.RETURN, refused="").payload

    @pytest.mark.parametrize("to", ["unit", "office"])
    def test_no_term_beyond_it_is_offered_and_each_that_is_offered_is_kept(self, world, toy, to):
        last = NOW.date() + timedelta(days=3)
        RoundDate.objects.filter(round=world.round, milestone=Milestone.BUSINESS_REVIEW).update(date=last)
        terms = None
        for days in (2, 20):
            case = walk_to(toy_case(world, toy), world, "finance_review")
            act(case, Action.RETURN, world.business_reviewer, reason="x", again="direct")
            act(case, Action.SUBMIT, world.editor)
            here = refreshed(case)
            terms = choices.correction_terms(choices.look_at(here, by=world.business_reviewer, now=NOW))
            assert [days for days, _words in terms.offered] == [0, 1, 2, 3]
            assert terms.usual_cut == ""
            act(case, Action.RETURN, world.business_reviewer, reason="请补充", days=days, to=to)
            due = {deadlines.due_day(t.due_at) for t in Task.objects.filter(case=case, status=TaskStatus.OPEN)}
            assert due == {min(last, calendar.add_working_days(NOW.date(), days))}
            cut = "cut_to" in Event.objects.filter(case=case, action=Action.RETURN, refused="").latest("seq").payload
            assert cut == (days == 20)

    def test_the_usual_term_says_where_the_round_cuts_it_and_without_dates_all_are_offered(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        dates = RoundDate.objects.filter(round=world.round)
        dates.filter(milestone=Milestone.BUSINESS_REVIEW).update(date=NOW.date() + timedelta(days=1))
        terms = choices.correction_terms(choices.look_at(refreshed(case), by=world.business_reviewer, now=NOW))
        assert ([days for days, _words in terms.offered], terms.usual_cut[:10]) == ([0, 1], "2026-09-08")
        dates.delete()
        terms = choices.correction_terms(choices.look_at(refreshed(case), by=world.business_reviewer, now=NOW))
        assert ([days for days, _words in terms.offered], terms.usual_cut) == (list(choices.TERMS), "")
