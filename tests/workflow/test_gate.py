"""The gate, check by check: what each one alone keeps out, where the others would let it through."""

import itertools
import random
from datetime import timedelta

import pytest

from tests.workflow.asserting import assert_refused, refreshed
from tests.workflow.test_bad_input import DOCUMENT, LATER, VALID, attempt, stopped
from tests.world import NOW, act, key, person, seen, toy_case, walk_to, write_text
from workflow import delegations, engine, grants
from workflow.machine import NEEDS, Action, Kind, Right, Role
from workflow.models import CaseGroupPermission, CaseUserPermission, Decision, Delegation, RoleGroup, User
from workflow.refusals import (
    DetailMissing,
    NoProposal,
    NotPermitted,
    NotPossible,
    NotVisible,
    Refused,
    SamePersonRefused,
    Stale,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OF_A_TASK = (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.RETURN, Action.REJECT, Action.CLAIM,
             Action.TRANSFER, Action.ADD_APPROVER, Action.COPY)  # fmt: skip
"""What takes an open task besides the right to review."""


@pytest.fixture
def world(world):
    world.business2 = person("business2", (world.business, Role.FINANCE_REVIEWER))
    return world


def fresh(user):
    return User.objects.get(pk=user.pk)


# Who: the clock, those without rows, those who wrote it, heads, deputies


@pytest.mark.parametrize("action", [a for a, needs in NEEDS.items() if not needs.system], ids=str)
def test_the_clock_does_nothing_that_a_person_decides(world, toy, action):
    stop, _who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    assert_refused(NotPermitted, case, lambda: attempt(case, action, None, now=now))


def test_the_clock_is_nobodys_deputy(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    call = lambda: act(case, Action.OPEN_MONITORING, None, on_behalf_of=world.performance_reviewer)  # noqa: E731
    assert_refused(NotVisible, case, call)


@pytest.mark.parametrize("action", [a for a, needs in NEEDS.items() if needs.right is not None], ids=str)
def test_without_guardians_row_a_right_is_not_held_whatever_else_speaks_for_it(world, toy, action):
    stop, who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    CaseGroupPermission.objects.filter(content_object=case).delete()
    CaseUserPermission.objects.filter(content_object=case).delete()
    assert_refused(NotPermitted, case, lambda: attempt(case, action, getattr(world, who), now=now))


def test_a_right_without_the_task_decides_nothing(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    permission = grants.permission_ids()[Right.REVIEW]
    CaseUserPermission.objects.create(content_object=case, user=world.auditor, permission_id=permission)
    for action in OF_A_TASK:
        refusal = assert_refused(NotPermitted, case, lambda a=action: act(
            case, a, world.auditor, reason="x", conditions=["x"], people=["business2"]
        ))  # fmt: skip
        assert "演示业务股" in str(refusal)


@pytest.mark.parametrize("action", [a for a, needs in NEEDS.items() if needs.signs], ids=str)
def test_nobody_does_what_signs_to_a_case_that_they_wrote_on(world, toy, action):
    stop, who, _more = VALID[action]
    user = getattr(world, who)
    post = RoleGroup.objects.get(organisation=world.own, role=Role.EDITOR)
    case = toy_case(world, toy)
    user.groups.add(post)
    write_text(case, toy, by=user, text="a word of theirs")
    user.groups.remove(post)
    walk_to(case, world, "finance_review")
    if stop == "release":
        act(case, Action.APPROVE, world.business_reviewer)
        act(case, Action.APPROVE, world.performance_reviewer)
    assert_refused(SamePersonRefused, case, lambda: attempt(case, action, user))


def test_a_head_acts_for_their_people_only_where_the_machine_says_so(world, toy):
    head = person("business_head", (world.business, Role.FINANCE_HEAD))
    for action in (*OF_A_TASK, Action.RELEASE):
        if action == Action.TRANSFER:
            continue
        stop, _who, _more = VALID[action]
        case = stopped(world, toy, stop)
        assert_refused(NotPermitted, case, lambda c=case, a=action: attempt(c, a, head))


def test_a_signed_scan_lets_the_filler_submit_and_nothing_else_that_is_the_units(world, toy):
    case = toy_case(world, toy)
    act(case, Action.FILL_FOR, world.reviewer, basis="paper", reason="来函", scan="ab" * 32)
    assert_refused(NotPermitted, case, lambda: act(case, Action.CANCEL, world.reviewer, reason="x"))
    assert_refused(NotPermitted, case, lambda: act(case, Action.CONFIRM_FILLED, world.reviewer))
    act(case, Action.SUBMIT, world.reviewer)
    assert_refused(NotPermitted, case, lambda: act(case, Action.RECALL, world.reviewer))


def test_who_decides_closes_the_task_of_their_own_office(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    act(case, Action.APPROVE, world.head)
    assert Decision.objects.get(case=case).task.role_group.role == Role.UNIT_HEAD


@pytest.mark.parametrize("action", [Action.APPROVE, Action.RETURN, Action.FUNDS_CHANGED], ids=str)
def test_an_account_that_is_closed_does_nothing_even_where_its_tasks_are_still_open(world, toy, action):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    gone = fresh(world.business_reviewer)
    gone.is_active = False
    call = lambda: engine.perform(case, action, by=gone, seen=seen(case), key=key(), now=NOW, reason="x", amount="1")  # noqa: E731
    assert_refused(Refused, case, call)


# What is told


def test_a_stale_page_is_told_what_was_done_and_not_what_was_refused(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    page = seen(case)
    with pytest.raises(Refused):
        act(case, Action.RELEASE, world.leader, **DOCUMENT)
    act(case, Action.CLAIM, world.business_reviewer)
    with pytest.raises(Refused):
        act(case, Action.APPROVE, world.business2)
    refusal = assert_refused(Stale, case, lambda: act(case, Action.APPROVE, world.business_reviewer, seen=page))
    assert [change["action"] for change in refusal.facts["changes"]] == [Action.CLAIM.label]


def test_an_explanation_names_the_office_that_gives_the_right_and_no_other(world, toy):
    for post in ((world.own, Role.EDITOR), (world.office, Role.DEPARTMENT_REVIEWER)):
        world.business_reviewer.groups.add(RoleGroup.objects.get(organisation=post[0], role=post[1]))
    by = fresh(world.business_reviewer)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert engine.explain(refreshed(case), Action.APPROVE, by=by, now=NOW).basis == "演示业务股·财政审核人"
    assert engine.explain(refreshed(case), Action.URGE, by=by, now=NOW).basis == "演示办公室本级·经办"
    assert engine.explain(refreshed(case), Action.FUNDS_CHANGED, by=by, now=NOW).basis == "演示业务股·财政审核人"


@pytest.mark.parametrize("action", [a for a, needs in NEEDS.items() if needs.signs and a != Action.RELEASE], ids=str)
def test_who_signed_an_earlier_step_is_told_whose_turn_it_is_and_not_that_they_have_decided(world, toy, action):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    call = lambda: act(case, action, world.reviewer, reason="x", conditions=["x"])  # noqa: E731
    refusal = assert_refused(NotPermitted, case, call)
    assert (refusal.code, "演示业务股" in str(refusal)) == ("not_permitted", True)


def test_a_condition_is_met_while_the_case_is_reviewed_and_not_while_the_unit_corrects_it(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.APPROVE_WITH_CONDITIONS, world.business_reviewer, conditions=["补充依据"])
    act(case, Action.RETURN, world.performance_reviewer, reason="x", again="direct")
    for who in (world.business_reviewer, world.performance_reviewer):
        assert_refused(NotPossible, case, lambda who=who: act(case, Action.MEET_CONDITION, who, reason="已补"))
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.MEET_CONDITION, world.business_reviewer, reason="已补")
    assert refreshed(case).step.key == "performance"


def test_what_waits_for_the_unit_s_confirmation_is_no_admission_to_decline(world, toy):
    case = toy_case(world, toy)
    act(case, Action.FILL_FOR, world.reviewer, basis="phone", reason="来电")
    assert_refused(NoProposal, case, lambda: act(case, Action.DECLINE_ADMISSION, world.leader, reason="x"))
    assert_refused(NoProposal, case, lambda: act(case, Action.ADMIT, world.leader))


def test_nobody_admits_in_another_s_right_what_either_of_them_proposed_or_wrote(world, toy):
    lend(world.business_reviewer, world.leader, NOW - DAY, NOW + DAY)
    case = toy_case(world, toy)
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    behalf = {"on_behalf_of": world.business_reviewer}
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.ADMIT, world.leader, **behalf))
    other = toy_case(world, toy)
    act(other, Action.PROPOSE_ADMISSION, world.leader, **behalf, **DOCUMENT)
    assert_refused(SamePersonRefused, other, lambda: act(other, Action.ADMIT, world.business_reviewer))
    assert_refused(SamePersonRefused, other, lambda: act(other, Action.ADMIT, world.leader))
    act(other, Action.ADMIT, world.performance_reviewer)
    assert refreshed(other).is_admitted


def test_nobody_confirms_for_the_unit_what_was_filled_in_in_their_right(world, toy):
    lend(world.reviewer, world.business2, NOW - DAY, NOW + DAY)
    case = toy_case(world, toy)
    act(case, Action.FILL_FOR, world.business2, basis="phone", reason="来电", on_behalf_of=world.reviewer)
    post = RoleGroup.objects.get(organisation=world.own, role=Role.EDITOR)
    for who in (world.reviewer, world.business2):
        who.groups.add(post)
        assert_refused(SamePersonRefused, case, lambda who=who: act(case, Action.CONFIRM_FILLED, who))
    act(case, Action.CONFIRM_FILLED, world.editor)


# Delegations


def lend(principal, deputy, start, end, **more):
    return delegations.give(principal=principal, deputy=deputy, starts_at=start, ends_at=end, by=principal,
                            now=NOW - 9 * DAY, basis="财办〔2026〕12号", **more)  # fmt: skip


def test_one_after_the_other_is_no_overlap(world):
    lend(world.leader, world.business2, NOW, NOW + DAY)
    lend(world.leader, world.business2, NOW + DAY, NOW + 2 * DAY)
    lend(world.leader, world.business2, NOW - DAY, NOW)
    with pytest.raises(delegations.DelegationOverlaps):
        lend(world.leader, world.business2, NOW + DAY / 2, NOW + DAY)
    assert Delegation.objects.count() == 3


def test_nobody_is_made_deputy_whose_account_is_closed(world):
    User.objects.filter(pk=world.business2.pk).update(is_active=False)
    with pytest.raises(DetailMissing):
        lend(world.leader, fresh(world.business2), NOW, NOW + DAY)
    assert not Delegation.objects.exists()


def test_revoking_again_and_revoking_another_leave_what_was_revoked_as_it_was(world):
    first = lend(world.leader, world.business2, NOW - DAY, NOW + DAY)
    other = lend(world.leader, world.auditor, NOW - DAY, NOW + DAY)
    delegations.revoke(delegation=first, by=world.leader, now=NOW)
    delegations.revoke(delegation=first, by=world.leader, now=NOW + DAY / 2)
    other.refresh_from_db()
    first.refresh_from_db()
    assert (first.revoked_at, other.revoked_at) == (NOW, None)


def test_an_inactive_deputy_borrows_nothing(world):
    lend(world.leader, world.business2, NOW - DAY, NOW + DAY)
    assert [one.principal for one in delegations.borrowed_by(fresh(world.business2), now=NOW)] == [world.leader]
    User.objects.filter(pk=world.business2.pk).update(is_active=False)
    assert delegations.borrowed_by(fresh(world.business2), now=NOW) == []


@pytest.mark.parametrize("seed", range(6))
def test_who_acts_for_whom_is_the_same_asked_from_either_side(world, seed):
    """`acting`, which mails ask, and `borrowed_by`, which the gate asks, over random delegations and moments."""
    chance = random.Random(seed)
    people = [world.leader, world.business2, world.auditor, world.reviewer, world.head, world.teacher]
    for principal, deputy in chance.sample(list(itertools.permutations(people, 2)), 14):
        start = NOW + chance.randint(-3, 2) * DAY
        kinds = chance.choice([(), (), (Kind.REPORT,), (Kind.TARGET,)])
        try:
            given = lend(principal, deputy, start, start + chance.randint(1, 4) * DAY, kinds=kinds)
        except Refused:
            continue
        if chance.random() < 0.2:
            delegations.revoke(delegation=given, by=principal, now=NOW - 5 * DAY)
    for moment in (NOW - 3 * DAY, NOW - DAY, NOW, NOW + DAY, NOW + 9 * DAY):
        acting = delegations.acting(now=moment)
        for kind in ("target", "report"):
            one_side = {(p, d.deputy_id) for p, deputies in acting.items() for d in deputies if d.covers(kind)}
            other_side = {
                (one.principal.pk, deputy.pk)
                for deputy in people
                for one in delegations.borrowed_by(deputy, now=moment)
                if one.covers(kind)
            }
            assert one_side == other_side, (moment, kind)
        assert all(len({d.deputy_id for d in found}) == len(found) for found in acting.values())
        assert all(d.deputy_id != principal for principal, found in acting.items() for d in found)


def test_a_delegation_is_held_by_the_database_s_clock_only_by_its_deputy_while_it_lasts(world):
    from workflow.deadlines import database_now

    now = database_now()

    def holds(person):
        return User.objects.filter(delegations.held_now(person.pk), pk=person.pk).exists()

    cases = {world.business2: (now - DAY, now + DAY), world.auditor: (now - 2 * DAY, now - DAY),
             world.head: (now + DAY, now + 2 * DAY), world.reviewer: (now - DAY, now + DAY)}  # fmt: skip
    for deputy, (start, end) in cases.items():
        given = Delegation.objects.create(principal=world.leader, deputy=deputy, starts_at=start, ends_at=end,
                                          scope={}, basis="x", created_at=start)  # fmt: skip
        if deputy == world.reviewer:
            delegations.revoke(delegation=given, by=world.leader, now=now)
    assert {p.username for p in (*cases, world.editor) if holds(p)} == {"business2"}
