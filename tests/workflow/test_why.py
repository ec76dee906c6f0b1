"""Why not: for every action a sentence that names the cause and who can, on a page of its own and in the same words."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.workflow.asserting import refreshed
from tests.workflow.test_countersign import submitted
from tests.world import NOW, act, group, person, toy_case, walk_to
from workflow import delegations, engine
from workflow.machine import NEEDS, Action, Role
from workflow.models import Event, User
from workflow.refusals import AlreadyDecided

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def page(case, user) -> str:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client.get(reverse("case_why", args=[case.number])).content.decode()


def why(case, action, by, **how) -> str:
    found = engine.available_actions(case, by=User.objects.get(pk=by.pk), now=NOW, **how)
    return next(one for one in found if one.action == action).why


def test_the_page_says_every_action_with_its_right_or_its_reason(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    told = page(case, world.business_reviewer)
    for action in NEEDS:
        assert str(action.label) in told
    for one in engine.available_actions(case, by=User.objects.get(pk=world.business_reviewer.pk), now=NOW):
        assert (one.basis if one.may else one.why).replace("'", "&#x27;").replace('"', "&quot;") in told


def test_whoever_drafted_is_told_that_it_is_for_somebody_else_and_for_whom(world, toy):
    world.business_reviewer.groups.add(group(world.own, Role.EDITOR))
    case = walk_to(toy_case(world, toy, by=world.business_reviewer), world, "department_review")
    act(case, Action.APPROVE, world.reviewer)
    case = refreshed(case)
    told = why(case, Action.APPROVE, world.business_reviewer)
    assert "演示业务股" in told
    assert told in page(case, world.business_reviewer)


def test_who_has_signed_a_step_that_waits_for_others_is_told_so_and_whom_it_waits_for(world, toy):
    second = person("reviewer2", (world.office, Role.DEPARTMENT_REVIEWER))
    case = submitted(world, toy, "all")
    act(case, Action.APPROVE, world.reviewer)
    case = refreshed(case)
    for action in (Action.APPROVE, Action.RETURN):
        told = why(case, action, world.reviewer)
        assert "10:00" in told
        assert str(second) in told
    with pytest.raises(AlreadyDecided):
        act(case, Action.APPROVE, world.reviewer)
    assert Event.objects.filter(case=case).order_by("-seq").first().refused == "already_decided"
    assert "您已于" not in why(case, Action.APPROVE, world.leader), "who has not signed is told whose turn it is"


def test_a_deputy_reads_both_what_is_theirs_and_what_is_lent_and_that_it_is_over(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    colleague = person("colleague", (world.business, Role.FINANCE_HEAD))
    given = {"principal": world.business_reviewer, "deputy": colleague, "by": world.business_reviewer, "basis": "休假"}
    one = delegations.give(starts_at=NOW, ends_at=NOW + timedelta(days=1), now=NOW, **given)
    told = page(case, colleague)
    assert str(world.business_reviewer) in told
    delegations.revoke(delegation=one, by=world.business_reviewer, now=NOW)
    told = page(case, colleague)
    assert "提前" in told


def test_a_suspended_case_says_so(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    act(case, Action.OPEN_MONITORING, world.performance_reviewer)
    act(case, Action.SUSPEND, world.performance_reviewer, reason="暂缓拨付")
    case = refreshed(case)
    told = why(case, Action.CLOSE, world.performance_reviewer)
    assert str(case.desk) in told
    assert str(case.desk) in page(case, world.editor)


def test_the_page_is_not_there_for_who_may_not_see_the_case(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    client = Client()
    client.force_login(world.teacher)
    assert client.get(reverse("case_why", args=[case.number])).status_code == 404
