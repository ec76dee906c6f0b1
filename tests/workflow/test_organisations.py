"""Organisations change and people go: cases and tasks follow, history stays readable, nothing is left to nobody."""

from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from tests.workflow.asserting import assert_sound, carried_out, refreshed
from tests.world import NOW, act, group, toy_case, walk_to
from workflow import grants, handover, names, record, reorganising, rulings
from workflow.machine import Action, Role, State
from workflow.models import Case, Event, Organisation, Ruling, Task, User
from workflow.refusals import DetailMissing, NotPermitted, ReasonMissing

pytestmark = pytest.mark.django_db


def fresh(user):
    return User.objects.get(pk=user.pk)


def merge(organisation, into, by, **how):
    given = {"on": date(2026, 9, 7), "reason": "机构改革", "now": NOW} | how
    return reorganising.merge(organisation=organisation, into=into, by=by, **given)


# names and posts


def test_a_renamed_office_keeps_its_old_name_as_a_spelling(world, admin):
    reorganising.rename(organisation=world.primary, name="演示实验小学", reason="更名批复", by=admin, now=NOW)
    world.primary.refresh_from_db()
    assert world.primary.name == "演示实验小学"
    assert [alias.text for alias in world.primary.aliases.all()] == ["演示小学"]
    assert group(world.primary, Role.EDITOR).name == "演示实验小学·" + str(Role.EDITOR.label)
    assert Ruling.objects.get().action == "rename"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"name": " "}, DetailMissing),
        ({"reason": " "}, ReasonMissing),
        ({"name": "演示小学"}, reorganising.OrganisationRefused),
        ({"name": "演示办公室 本级"}, reorganising.OrganisationRefused),
    ],
)
def test_a_name_that_cannot_be_is_refused(world, admin, given, refusal):
    options = {"name": "新名", "reason": "x"} | given
    with pytest.raises(refusal):
        reorganising.rename(organisation=world.primary, by=admin, now=NOW, **options)
    assert Organisation.objects.get(pk=world.primary.pk).name == "演示小学"
    assert not carried_out()


def test_only_administrators_change_organisations_and_posts(world, second):
    for by in (world.leader, world.editor):
        with pytest.raises(NotPermitted):
            reorganising.rename(organisation=world.primary, name="x", reason="x", by=by, now=NOW)
        with pytest.raises(NotPermitted):
            merge(world.primary, second, by)
        with pytest.raises(NotPermitted):
            reorganising.give_post(person=world.editor, organisation=second, role=Role.EDITOR, by=by, now=NOW)
        with pytest.raises(NotPermitted):
            handover.hand_over(person=world.editor, to=world.editor2, reason="x", by=by, now=NOW)
    assert not carried_out()


def test_a_post_is_given_and_taken_once(world, admin, second):
    for _ in range(2):
        reorganising.give_post(person=world.teacher, organisation=second, role=Role.EDITOR, by=admin, now=NOW)
    assert carried_out() == ["give_post"]
    made = group(second, Role.EDITOR)
    for _ in range(2):
        reorganising.take_post(person=world.teacher, group=made, by=admin, now=NOW)
    assert Ruling.objects.count() == 2
    assert list(rulings.verify()) == []
    User.objects.filter(pk=world.teacher.pk).update(is_active=False)
    with pytest.raises(reorganising.OrganisationRefused):
        reorganising.give_post(person=fresh(world.teacher), organisation=second, role=Role.EDITOR, by=admin, now=NOW)


def test_a_post_that_the_office_does_not_have_and_an_administrator_are_refused(world, admin, second):
    wrong = [(world.teacher, Role.AUDITOR), (world.teacher, Role.FINANCE_HEAD), (admin, Role.EDITOR)]
    for who, role in wrong:
        with pytest.raises(reorganising.OrganisationRefused) as caught:
            reorganising.give_post(person=fresh(who), organisation=second, role=role, by=admin, now=NOW)
        assert "%(" not in str(caught.value)
    assert not second.role_groups.exists()
    assert not carried_out()


# one goes over into another


def test_open_cases_and_tasks_follow_and_closed_ones_stay_readable(world, toy, admin, second):
    open_ = toy_case(world, toy, by=world.teacher, unit=world.primary)
    closed = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(closed, Action.CANCEL, world.teacher, reason="x")
    under_way = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(under_way, Action.SUBMIT, world.teacher)
    seen = reorganising.preview(organisation=world.primary, into=second)
    assert [case.pk for case in seen.cases] == [open_.pk, under_way.pk]
    assert seen.tasks == 2
    merge(world.primary, second, admin)
    for case in (open_, under_way):
        assert refreshed(case).unit == second
        assert Event.objects.filter(case=case, action="reorganise").count() == 1
        assert_sound(case)
    assert refreshed(closed).unit == world.primary
    teacher = fresh(world.teacher)
    assert set(grants.visible_to(teacher)) == {open_, closed, under_way}
    assert all(grants.may(teacher, "view", refreshed(case)) for case in (open_, closed, under_way))
    act(under_way, Action.APPROVE, world.principal)
    act(open_, Action.SUBMIT, world.teacher)
    assert names.normal_name("演示小学") in [alias.normal for alias in second.aliases.all()]
    world.primary.refresh_from_db()
    assert (world.primary.successor, world.primary.valid_to) == (second, date(2026, 9, 7))
    assert list(record.verify()) == []
    assert list(rulings.verify()) == []


def test_a_department_takes_its_units_along(world, toy, admin):
    health = Organisation.objects.create(
        code="D3", name="演示卫健局", kind="department", division_in_charge=world.business
    )
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(case, Action.SUBMIT, world.teacher)
    act(case, Action.APPROVE, world.principal)
    merge(world.school, health, admin)
    assert refreshed(case).department == health
    assert Organisation.objects.get(pk=world.primary.pk).parent == health
    act(case, Action.APPROVE, world.school_reviewer)
    assert refreshed(case).state == State.FINANCE_REVIEW
    assert_sound(case)


def test_a_division_hands_over_the_departments_that_it_serves(world, toy, admin):
    new = Organisation.objects.create(code="F3", name="演示综合股", kind="division", parent=world.bureau)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    merge(world.business, new, admin)
    assert_sound(case)
    act(case, Action.APPROVE, world.business_reviewer)
    assert refreshed(case).step.key == "performance"


def test_what_a_killed_process_left_the_next_sweep_carries_over(world, toy, admin, second):
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    Task.objects.filter(case=case).update(status="withdrawn", closed_at=NOW)
    Organisation.objects.filter(pk=world.primary.pk).update(successor=second, valid_to=date(2026, 9, 7))
    reorganising.when_time_passes(now=NOW)
    assert refreshed(case).unit == second
    assert list(grants.drift()) == []
    reorganising.when_time_passes(now=NOW)
    assert Event.objects.filter(case=case, action="reorganise").count() == 1


def test_what_cannot_go_over_is_refused_and_nothing_changes(world, toy, admin, second):
    under_way = toy_case(world, toy)
    act(under_way, Action.SUBMIT, world.editor)
    attempts = [
        (world.primary, world.primary, {}),
        (world.primary, world.school, {}),
        (world.bureau, world.bureau, {}),
        (world.office, world.school, {}),
        (world.own, world.primary, {}),
        (world.primary, second, {"on": date(2026, 9, 8)}),
    ]
    for organisation, into, how in attempts:
        with pytest.raises(reorganising.OrganisationRefused) as caught:
            merge(organisation, into, admin, **how)
        assert "%(" not in str(caught.value)
    with pytest.raises(ReasonMissing):
        merge(world.primary, second, admin, reason=" ")
    assert not Organisation.objects.exclude(successor=None).exists()
    assert not carried_out()
    merge(world.primary, second, admin)
    third = Organisation.objects.create(code="D2-3", name="演示三小", kind="unit", parent=world.school)
    with pytest.raises(reorganising.OrganisationRefused):
        merge(world.primary, third, admin)
    with pytest.raises(reorganising.OrganisationRefused):
        merge(third, world.primary, admin)


# pages


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def test_the_administrator_does_all_of_it_over_pages(world, toy, admin, second):
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    client = client_of(admin)
    here = reverse("organisation", args=[world.primary.pk])
    assert client.get(reverse("people")).status_code == 200
    assert client.get(here).status_code == 200
    assert client.post(here, {"rename": "1", "name": "新校名", "reason": "更名"}).status_code == 302
    assert client.post(here, {"rename": "1", "name": "", "reason": "更名"}).status_code == 422
    assert client.post(here, {"spelling": "1", "text": "演示 一小"}).status_code == 302
    assert client.post(here, {"give": "1", "person": "nobody", "role": "editor"}).status_code == 422
    assert client.post(here, {"give": "1", "person": "auditor", "role": "editor"}).status_code == 302
    taken = f"auditor@{group(world.primary, Role.EDITOR).pk}"
    assert client.post(here, {"take": taken}).status_code == 302
    over = reverse("organisation_over", args=[world.primary.pk])
    page = client.get(over, {"into": second.pk})
    assert case.number in page.content.decode()
    given = {"into": second.pk, "on": "2026-09-07", "reason": "合并", "with_people": "1"}
    assert client.post(over, given | {"on": "tomorrow"}).status_code == 422
    assert client.post(over, given | {"reason": ""}).status_code == 422
    assert Case.objects.get(pk=case.pk).unit == world.primary
    assert client.post(over, given).status_code == 302
    assert Case.objects.get(pk=case.pk).unit == second
    leave = reverse("hand_over", args=["teacher"])
    assert client.get(leave).status_code == 200
    looked = client.post(leave, {"look": "1", "to": "principal", "reason": "调岗"})
    assert looked.context["objections"] == []
    assert client.post(leave, {"deactivate_only": "1", "reason": "离职"}).status_code == 422
    assert client.post(leave, {"confirm": "1", "to": "nobody", "reason": "x"}).status_code == 422
    done = {"confirm": "1", "to": "principal", "reason": "调岗", "deactivate": "1"}
    assert client.post(leave, done).status_code == 302
    assert not fresh(world.teacher).is_active
    told = client.get(reverse("rulings")).content.decode()
    assert "调岗" in told
    assert client.get(reverse("orphans")).status_code == 200


def test_these_pages_are_for_those_who_may(world, second):
    for user in (world.editor, world.business_reviewer):
        client = client_of(user)
        assert client.get(reverse("organisation", args=[second.pk])).status_code == 403
        assert client.get(reverse("hand_over", args=["editor"])).status_code == 403
        assert client.get(reverse("rulings")).status_code == 403
    assert client_of(world.editor).get(reverse("orphans")).status_code == 403
    assert client_of(world.auditor).get(reverse("rulings")).status_code == 200
    page = client_of(world.editor).get(reverse("leaving"))
    assert page.status_code == 200
    assert not page.context["held"].is_nothing


def test_both_are_done_from_the_command_line(world, toy, admin, second, capsys):
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    call_command("reorganise", "D2-1", "--into", "D2-2")
    assert case.number in capsys.readouterr().out
    assert refreshed(case).unit == world.primary
    for wrong in (["D9", "--into", "D2-2"], ["D2-1", "--into", "D2"], ["D2-1", "--name", "x"]):
        with pytest.raises(CommandError):
            call_command("reorganise", *wrong)
    call_command("reorganise", "D2-1", "--into", "D2-2", "--as", "admin", "--reason", "合并")
    assert refreshed(case).unit == second
    call_command("hand_over", "teacher")
    assert "post" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("hand_over", "teacher", "--deactivate", "--as", "admin", "--reason", "x")
    with pytest.raises(CommandError):
        call_command("hand_over", "teacher", "--to", "principal", "--as", "editor", "--reason", "x")
    call_command("hand_over", "teacher", "--to", "principal", "--as", "admin", "--reason", "x", "--deactivate")
    assert not fresh(world.teacher).is_active
