"""Who leaves hands everything over; work that nobody can do is seen; deputies are named on a page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from notifications import expand
from notifications.models import Delivery
from tests.workflow.asserting import assert_sound, carried_out
from tests.world import NOW, act, group, person, toy_case, walk_to
from workflow import delegations, handover, orphans, record, reorganising, routes
from workflow.machine import Action, Role, TaskStatus
from workflow.models import Delegation, Event, Route, Step, Task, User
from workflow.refusals import NobodyThere, ReasonMissing

pytestmark = pytest.mark.django_db


def fresh(user):
    return User.objects.get(pk=user.pk)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


# hand-over


def sequence(world, toy, *people, rule="sequence"):
    route = Route.objects.create(case_kind="target", profile="nx_2022", version=9, title="依次")
    Step.objects.create(
        route=route,
        position=1,
        key="one",
        stage="finance_review",
        title="依次审核",
        waiting_title="待审",
        rule=rule,
        candidates=[{"person": one.pk} for one in people],
    )
    routes.publish(route, now=NOW)
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    return case


def test_everything_goes_to_one_person_in_one_operation(world, toy, admin):
    successor = person("successor")
    first, third = person("first"), person("third")
    case = sequence(world, toy, first, world.business_reviewer, third)
    draft = toy_case(world, toy)
    reviewing = fresh(world.business_reviewer)
    week = NOW + timedelta(days=7)
    given = delegations.give(
        principal=reviewing, deputy=third, starts_at=NOW, ends_at=week, by=reviewing, now=NOW, basis="休假"
    )
    held = delegations.give(
        principal=world.leader, deputy=reviewing, starts_at=NOW, ends_at=week, by=world.leader, now=NOW, basis="出差"
    )
    act(case, Action.APPROVE, first)
    task = Task.objects.get(case=case, status=TaskStatus.OPEN)
    due = task.due_at
    handover.hand_over(person=reviewing, to=successor, reason="调岗", by=admin, now=NOW, deactivate=True)
    task.refresh_from_db()
    assert (task.person, task.due_at, task.position) == (successor, due, 2)
    assert not fresh(reviewing).is_active
    assert not fresh(reviewing).groups.exists()
    assert successor.groups.filter(pk=group(world.business, Role.FINANCE_REVIEWER).pk).exists()
    assert {one.pk for one in Delegation.objects.exclude(revoked_at=None)} == {given.pk, held.pk}
    assert Delegation.objects.get(revoked_at=None).deputy == successor
    assert Event.objects.filter(case=case, action="hand_over").count() == 1
    assert not Event.objects.filter(case=draft, action="hand_over").exists()
    assert_sound(case)
    act(case, Action.APPROVE, successor)
    assert Task.objects.get(case=case, status=TaskStatus.OPEN).person == third
    assert list(record.verify()) == []


def test_a_place_in_line_that_has_not_come_yet_goes_too(world, toy, admin):
    successor = person("successor", (world.performance, Role.FINANCE_REVIEWER))
    people = [person("first", (world.performance, Role.FINANCE_REVIEWER)), world.performance_reviewer]
    route = Route.objects.create(case_kind="target", profile="nx_2022", version=9, title="依次")
    Step.objects.create(
        route=route,
        position=1,
        key="one",
        stage="finance_review",
        title="依次审核",
        waiting_title="待审",
        rule="sequence",
        candidates=[{"role": "finance_reviewer", "of": "performance_division"}],
    )
    successor.groups.clear()
    routes.publish(route, now=NOW)
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    first = Task.objects.get(case=case, status=TaskStatus.OPEN).person
    other = next(one for one in people if one != first)
    Task.objects.filter(case=case, status=TaskStatus.OPEN).update(claimed_by=None)
    handover.hand_over(person=other, to=successor, reason="调岗", by=admin, now=NOW)
    act(case, Action.APPROVE, first)
    assert Task.objects.get(case=case, status=TaskStatus.OPEN).person == successor


def test_drafts_are_noted_and_stay_with_their_unit(world, toy, admin):
    draft = toy_case(world, toy)
    handover.hand_over(person=fresh(world.editor), to=fresh(world.editor2), reason="调岗", by=admin, now=NOW)
    event = Event.objects.get(case=draft, action="hand_over")
    assert record.payload_of(event)["to_name"] == str(world.editor2)
    act(draft, Action.SUBMIT, world.editor2)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the engine calls somebody without a post
        act(draft, Action.RECALL, world.editor)


def test_a_hand_over_that_cannot_be_is_refused_whole(world, toy, admin):
    case = sequence(world, toy, world.business_reviewer, world.editor, rule="all")
    gone = person("gone", is_active=False)
    leaver = fresh(world.business_reviewer)
    for to in (leaver, gone, world.editor):
        with pytest.raises(handover.HandOverRefused) as caught:
            handover.hand_over(person=leaver, to=fresh(to), reason="x", by=admin, now=NOW)
        assert "%(" not in str(caught.value)
    with pytest.raises(handover.HandOverRefused):
        handover.hand_over(person=leaver, to=admin, reason="x", by=admin, now=NOW)
    with pytest.raises(ReasonMissing):
        handover.hand_over(person=leaver, to=person("free"), reason=" ", by=admin, now=NOW)
    assert leaver.groups.count() == 1
    assert not carried_out()
    assert not Event.objects.filter(case=case, action="hand_over").exists()


def test_an_account_is_closed_only_when_nothing_is_left(world, admin):
    with pytest.raises(handover.StillHolds) as caught:
        handover.deactivate(person=world.editor, by=admin, now=NOW, reason="离职")
    assert "1" in str(caught.value)
    assert fresh(world.editor).is_active
    handover.hand_over(person=world.editor, to=world.editor2, reason="离职", by=admin, now=NOW)
    handover.deactivate(person=fresh(world.editor), by=admin, now=NOW, reason="离职")
    assert not fresh(world.editor).is_active
    assert carried_out() == ["hand_over", "deactivate"]


# work that nobody can do


def test_an_empty_office_is_noticed_once_and_forgotten_when_somebody_comes(world, toy, admin, announced):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert orphans.board() == []
    world.business_reviewer.groups.clear()
    assert [orphan.case for orphan in orphans.board()] == [case]
    assert orphans.notice_tasks(now=NOW) == 1
    assert orphans.notice_tasks(now=NOW) == 0
    assert announced == [("nobody_there", group(world.business, Role.FINANCE_REVIEWER).name)]
    assert orphans.count() == 1
    reorganising.give_post(
        person=fresh(world.auditor), organisation=world.business, role=Role.FINANCE_REVIEWER, by=admin, now=NOW
    )
    orphans.notice_tasks(now=NOW)
    assert orphans.count() == 0
    assert orphans.board() == []


def test_the_performance_division_is_told_who_sees_the_case(world, toy):
    walk_to(toy_case(world, toy), world, "finance_review")
    world.business_reviewer.groups.clear()
    orphans.notice_tasks(now=NOW)
    expand.expand(now=NOW)
    told = Delivery.objects.filter(notice__kind="nobody_there")
    assert [one.recipient for one in told] == [world.performance_reviewer]
    assert "演示业务股" in told.get().body


def test_a_task_of_somebody_who_left_is_on_the_board(world, toy, admin):
    one = person("one")
    case = sequence(world, toy, one)
    User.objects.filter(pk=one.pk).update(is_active=False)
    (orphan,) = orphans.board()
    assert (orphan.case, orphan.person, orphan.why) == (case, one, orphans.LEFT)


def test_a_step_whose_people_are_all_barred_is_on_the_board(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert orphans.barred() == []
    world.business_reviewer.groups.clear()
    fresh(world.editor).groups.add(group(world.business, Role.FINANCE_REVIEWER))
    assert [(orphan.case, orphan.why) for orphan in orphans.board()] == [(case, orphans.BARRED)]


def test_a_case_held_before_an_empty_step_is_on_the_board_and_announced_once(world, toy, announced):
    world.business_reviewer.groups.clear()
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    for _ in range(2):
        with pytest.raises(NobodyThere):
            act(case, Action.APPROVE, world.reviewer)
    assert [kind for kind, _office in announced] == ["nobody_there"]
    assert [(orphan.case, orphan.why) for orphan in orphans.board()] == [(case, orphans.HELD_UP)]
    fresh(world.business_reviewer).groups.add(group(world.business, Role.FINANCE_REVIEWER))
    act(case, Action.APPROVE, world.reviewer)
    assert orphans.board() == []


# the board and the page of delegations


def test_the_board_names_cases_only_to_who_may_see_them(world, toy, admin):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    world.business_reviewer.groups.clear()
    assert case.number not in client_of(admin).get(reverse("orphans")).content.decode()
    assert case.number in client_of(world.leader).get(reverse("orphans")).content.decode()


def test_delegations_are_given_with_a_look_and_ended_early(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    principal, here = client_of(world.business_reviewer), reverse("delegations")
    given = {"deputy": "auditor", "first": "", "last": "2099-01-01", "basis": "休假"}
    looked = principal.post(here, given | {"look": "1"})
    assert [task.case for task in looked.context["looked"]["tasks"]] == [case]
    assert not Delegation.objects.exists()
    assert principal.post(here, given | {"give": "1", "last": "2000-01-01"}).status_code == 422
    assert principal.post(here, given | {"give": "1", "deputy": "nobody"}).status_code == 422
    assert principal.post(here, given | {"give": "1", "basis": ""}).status_code == 422
    assert principal.post(here, given | {"give": "1"}).status_code == 302
    deputy = client_of(world.auditor)
    inbox = deputy.get(reverse("inbox"))
    assert f"代{world.business_reviewer}" in inbox.content.decode().replace(" ", "")
    stranger = client_of(world.editor)
    number = Delegation.objects.get().pk
    assert stranger.post(here, {"end": number}).status_code == 422
    assert deputy.get(here).context["held"][0].standing == "runs"
    assert principal.post(here, {"end": number}).status_code == 302
    assert deputy.get(here).context["held"][0].standing == "ended"
