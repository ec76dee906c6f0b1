"""委托: valid now or not at all; both names in the record; duties go by both people; chains bounded, no cycles."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, person, toy_case, walk_to
from workflow import choices, delegations, grants, queries
from workflow.machine import Action, Kind, Role
from workflow.models import Decision, Delegation, Event, User
from workflow.refusals import DetailMissing, NotPermitted, NotVisible, SamePersonRefused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def deputy(world):
    return person("deputy")


def lend(principal, deputy, *, start=NOW - DAY, end=NOW + DAY, now=NOW - DAY, **more):
    return delegations.give(
        principal=principal, deputy=deputy, starts_at=start, ends_at=end, by=principal, now=now, basis="财办〔2026〕12号",  # noqa: E501
        **more,
    )  # fmt: skip


def test_a_deputy_decides_for_the_principal_and_the_record_keeps_both_names(world, toy, deputy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    lend(world.business_reviewer, deputy)
    act(case, Action.APPROVE, deputy, on_behalf_of=world.business_reviewer)
    decision = Decision.objects.filter(case=case).last()
    assert (decision.actor, decision.principal) == (deputy, world.business_reviewer)
    event = Event.objects.filter(case=case).last()
    assert (event.actor_name, event.on_behalf_name) == ("演示·deputy", "演示·business_reviewer")
    assert refreshed(case).step.key == "performance"
    assert_sound(case)


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        (NOW, NOW + DAY, True),
        (NOW - DAY, NOW + timedelta(seconds=1), True),
        (NOW - DAY, NOW, False),
        (NOW + timedelta(seconds=1), NOW + DAY, False),
    ],
)
def test_a_delegation_holds_from_its_start_and_no_longer_at_its_end(world, toy, deputy, start, end, valid):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    lend(world.business_reviewer, deputy, start=start, end=end)

    def decide():
        return act(case, Action.APPROVE, deputy, on_behalf_of=world.business_reviewer)

    if valid:
        decide()
        assert refreshed(case).step.key == "performance"
    else:
        assert_refused(NotVisible, case, decide)


def test_revoked_limited_and_inactive_deputies_decide_nothing(world, toy, deputy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    given = lend(world.business_reviewer, deputy, kinds=(Kind.REPORT,))

    def decide():
        return act(case, Action.APPROVE, deputy, on_behalf_of=world.business_reviewer)

    assert_refused(NotVisible, case, decide)
    delegations.revoke(delegation=given, by=world.business_reviewer, now=NOW)
    second = lend(world.business_reviewer, deputy)
    User.objects.filter(pk=deputy.pk).update(is_active=False)
    assert_refused(NotVisible, case, decide)
    User.objects.filter(pk=deputy.pk).update(is_active=True)
    delegations.revoke(delegation=second, by=deputy, now=NOW)
    assert_refused(NotVisible, case, decide)
    assert Delegation.objects.filter(revoked_at=NOW).count() == 2


def test_who_drafted_does_not_decide_as_a_deputy_nor_a_deputy_for_who_drafted(world, toy, deputy):
    lend(world.reviewer, world.editor)
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(
        SamePersonRefused, case, lambda: act(case, Action.APPROVE, world.editor, on_behalf_of=world.reviewer)
    )
    world.editor.groups.add(world.office.role_groups.get(role=Role.DEPARTMENT_REVIEWER))
    lend(world.editor, deputy)
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.APPROVE, deputy, on_behalf_of=world.editor))


def test_one_deputy_of_two_divisions_signs_only_one_finance_step(world, toy, deputy):
    lend(world.business_reviewer, deputy)
    lend(world.performance_reviewer, deputy)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.APPROVE, deputy, on_behalf_of=world.business_reviewer)
    assert_refused(
        SamePersonRefused, case, lambda: act(case, Action.APPROVE, deputy, on_behalf_of=world.performance_reviewer)
    )


def test_a_deputys_signature_skips_no_step_of_their_own_office(world, toy):
    lend(world.business_reviewer, world.performance_reviewer)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.APPROVE, world.performance_reviewer, on_behalf_of=world.business_reviewer)
    assert refreshed(case).step.key == "performance"
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.APPROVE, world.performance_reviewer))


def test_chains_are_bounded_and_cycles_refused(world, toy, deputy):
    second, third = person("second"), person("third")
    lend(world.business_reviewer, deputy)
    lend(deputy, second)
    lend(second, third)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    with pytest.raises(delegations.DelegationCycle):
        lend(third, world.business_reviewer)
    with pytest.raises(delegations.DelegationCycle):
        lend(deputy, world.business_reviewer)
    assert_refused(
        NotVisible, case, lambda: act(case, Action.APPROVE, third, on_behalf_of=world.business_reviewer)
    )
    act(case, Action.APPROVE, second, on_behalf_of=world.business_reviewer)
    assert refreshed(case).step.key == "performance"
    assert Delegation.objects.count() == 3


def test_what_makes_no_delegation_is_refused_and_leaves_none(world, deputy):
    with pytest.raises(DetailMissing):
        lend(world.reviewer, deputy, end=NOW - 2 * DAY, start=NOW - 3 * DAY)
    with pytest.raises(DetailMissing):
        lend(world.reviewer, world.reviewer)
    common = {"starts_at": NOW, "ends_at": NOW + DAY, "now": NOW}
    with pytest.raises(DetailMissing):
        delegations.give(principal=world.reviewer, deputy=deputy, by=world.reviewer, basis=" ", **common)
    with pytest.raises(NotPermitted):
        delegations.give(principal=world.reviewer, deputy=deputy, by=world.head, basis="x", **common)
    assert not Delegation.objects.exists()
    given = lend(world.reviewer, deputy)
    with pytest.raises(delegations.DelegationOverlaps):
        lend(world.reviewer, deputy)
    with pytest.raises(NotPermitted):
        delegations.revoke(delegation=given, by=world.head, now=NOW)
    assert Delegation.objects.get().revoked_at is None


def test_a_deputy_sees_and_finds_the_principals_work_while_it_lasts(world, toy, deputy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    now = timezone.now()
    given = lend(world.business_reviewer, deputy, start=now - DAY, end=now + DAY, now=now - DAY)
    fresh = User.objects.get(pk=deputy.pk)
    assert set(grants.visible_to(fresh)) == {case}
    assert grants.may(fresh, "view", refreshed(case))
    assert [t.case for t in queries.open_tasks_for(fresh)] == [case]
    assert choices.stands_in_for(refreshed(case), by=fresh, now=now) == world.business_reviewer
    delegations.revoke(delegation=given, by=deputy, now=now)
    fresh = User.objects.get(pk=deputy.pk)
    assert not grants.visible_to(fresh).exists()
    assert queries.open_tasks_for(fresh) == []
    assert choices.stands_in_for(refreshed(case), by=fresh, now=now) is None


def test_from_the_command_line(world, toy, deputy, capsys):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    until = (timezone.now() + DAY).isoformat()
    call_command("delegate", "business_reviewer", "deputy", person="business_reviewer",
                 ends_at=timezone.now() + DAY, basis="出差")  # fmt: skip
    assert until[:10] in capsys.readouterr().out
    call_command("act", case.number, "approve", person="deputy", principal="business_reviewer")
    assert refreshed(case).step.key == "performance"
    number = Delegation.objects.get().pk
    call_command("delegate", person="deputy", revoke=number)
    with pytest.raises(SystemExit):
        call_command("act", case.number, "claim", person="deputy", principal="business_reviewer")
    with pytest.raises(CommandError):
        call_command("act", case.number, "claim", person="deputy", principal="ghost")
    with pytest.raises(CommandError):
        call_command("delegate", "business_reviewer", "deputy", person="head", ends_at=timezone.now() + DAY, basis="x")
