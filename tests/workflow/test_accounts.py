"""Accounts and organisations: entered, changed and ended by the administrators, with what is refused and why."""

from datetime import timedelta

import pytest
from django.utils import translation

from tests.world import NOW, person, toy_case
from workflow import accounts, delegations, grants, handover, organisations, reorganising, rulings
from workflow.administering import LastAdministrator
from workflow.machine import Role
from workflow.models import Delegation, Organisation, Ruling, User
from workflow.refusals import AccountRefused, NotPermitted, ReasonMissing, Refused
from workflow.reorganising import OrganisationRefused

pytestmark = pytest.mark.django_db
NO_DETAILS = organisations.Details(phone="0952-6010000")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


# Accounts


def test_an_account_opens_with_a_one_time_password_that_is_kept_as_a_hash_only(world, admin):
    made, password = accounts.open_account(
        username=" liming ", full_name="演示  李明", phone="0952-6012345", by=admin, now=NOW
    )
    assert (made.username, made.full_name, made.one_time_until) == ("liming", "演示 李明", NOW + timedelta(days=7))
    assert fresh(made).check_password(password)
    assert len(set(password.replace("-", "")) - set(accounts.SIGNS)) == 0
    last = Ruling.objects.order_by("-seq").first()
    assert (last.action, last.actor) == ("open_account", admin)
    assert not any(password in ruling.payload for ruling in Ruling.objects.all())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"username": "Editor"}, "Editor"),
        ({"username": ""}, "user name"),
        ({"username": "li ming"}, "letters, digits"),
        ({"username": "a" * 61}, "60"),
        ({"full_name": "  "}, "name"),
        ({"email": "no-mail"}, "no-mail"),
        ({"phone": "1" * 41}, "40"),
    ],
)
def test_an_account_is_refused_in_words_that_say_what_to_mend(world, admin, given, said):
    before = User.objects.count()
    with pytest.raises(Refused) as refused:
        accounts.open_account(**{"username": "liming", "full_name": "演示·李明"} | given, by=admin, now=NOW)
    assert said.lower() in str(refused.value).lower()
    assert User.objects.count() == before


def test_a_new_password_ends_the_old_one_and_is_not_for_closed_accounts_or_ones_own(world, admin):
    editor = world.editor
    editor.set_password("altes-geheimnis-1")
    editor.save()
    password = accounts.new_password(person=editor, by=admin, now=NOW)
    assert fresh(editor).check_password(password)
    assert not fresh(editor).check_password("altes-geheimnis-1")
    with pytest.raises(AccountRefused):
        accounts.new_password(person=admin, by=admin, now=NOW)
    with pytest.raises(AccountRefused):
        accounts.new_password(person=person("gone", is_active=False), by=admin, now=NOW)


def test_the_last_administrator_stays(world, admin):
    other = User.objects.create(username="admin2", administers="system")
    accounts.appoint(person=other, administers=None, reason="离任", by=admin, now=NOW)
    assert fresh(other).administers is None
    User.objects.filter(pk=other.pk).update(administers="security")
    with pytest.raises(LastAdministrator):
        accounts.appoint(person=admin, administers=None, reason="离任", by=fresh(other), now=NOW)
    assert fresh(admin).administers == "system"


def test_with_three_administrators_the_last_of_each_kind_stays(three):
    with pytest.raises(LastAdministrator):
        accounts.appoint(person=three.audit, administers=None, reason="离任", by=three.security, now=NOW)
    with pytest.raises(LastAdministrator):
        handover.deactivate(person=three.security, reason="离任", by=three.system, now=NOW)


def test_nobody_appoints_or_closes_themselves(three):
    with pytest.raises(AccountRefused):
        accounts.appoint(person=three.security, administers="system", reason="改", by=three.security, now=NOW)
    with pytest.raises(AccountRefused):
        handover.deactivate(person=three.system, reason="走", by=three.system, now=NOW)


def test_who_holds_posts_administers_nothing_and_the_other_way_round(world, admin):
    with pytest.raises(AccountRefused) as refused:
        accounts.appoint(person=world.editor, administers="audit", reason="任命", by=admin, now=NOW)
    assert "演示办公室本级" in str(refused.value)
    with pytest.raises(OrganisationRefused):
        reorganising.give_post(person=admin, organisation=world.own, role=Role.EDITOR, by=admin, now=NOW)
    with pytest.raises(ReasonMissing):
        accounts.appoint(person=person("idle"), administers="audit", reason=" ", by=admin, now=NOW)


def test_administrators_neither_lend_nor_borrow_rights(world, admin):
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(days=1), "now": NOW, "basis": "演示"}
    with pytest.raises(NotPermitted):
        delegations.give(principal=world.reviewer, deputy=admin, by=world.reviewer, **times)
    with pytest.raises(NotPermitted):
        delegations.give(principal=admin, deputy=world.editor, by=admin, **times)
    assert not Delegation.objects.exists()


# Organisations


def opened(by: User, **given):
    columns = {"code": "D3", "name": "演示统计局", "kind": "department", "parent": None, "details": NO_DETAILS}
    return organisations.open_organisation(**columns | given, by=by, now=NOW)


def test_an_organisation_is_entered_with_its_place(world, admin):
    made = opened(admin, details=organisations.Details("0952", world.business, NOW.date()))
    unit = opened(admin, code="D3-0", name="演示统计局本级", kind="unit", parent=made, is_own_office=True)
    assert (unit.department, made.division_in_charge, made.valid_from) == (made, world.business, NOW.date())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": "D1"}, "演示办公室"),
        ({"code": " "}, "code"),
        ({"name": ""}, "name"),
        ({"name": "演示 教育局"}, "D2"),
        ({"kind": "ministry"}, "kind"),
        ({"kind": "unit"}, "belongs"),
        ({"kind": "bureau"}, "演示财政局"),
        ({"is_own_office": True}, "own office"),
        ({"is_performance_division": True}, "performance"),
    ],
)
def test_an_organisation_is_refused_in_words_that_say_what_to_mend(world, admin, given, said):
    before = Organisation.objects.count()
    with pytest.raises(Refused) as refused:
        opened(admin, **given)
    assert said in str(refused.value)
    assert Organisation.objects.count() == before
    assert rulings.shown(Ruling.objects.order_by("-seq").first())["refused"] == str(refused.value)


def test_an_organisation_with_open_cases_people_or_units_does_not_end_and_says_why(world, admin, toy):
    case = toy_case(world, toy)
    for organisation, said in (
        (world.own, case.number),
        (world.school, "演示小学"),
        (world.business, "演示办公室"),
        (world.bureau, "stays"),
    ):
        with pytest.raises(OrganisationRefused) as refused:
            organisations.end(organisation=organisation, on=NOW.date(), reason="撤销", by=admin, now=NOW)
        assert said in str(refused.value)
        assert Organisation.objects.get(pk=organisation.pk).valid_to is None


def test_an_ended_organisation_takes_no_posts_and_a_day_ahead_is_not_entered(world, admin, second):
    with pytest.raises(OrganisationRefused):
        organisations.end(organisation=second, on=NOW.date() + timedelta(days=1), reason="撤销", by=admin, now=NOW)
    organisations.end(organisation=second, on=NOW.date(), reason="撤销", by=admin, now=NOW)
    second.refresh_from_db()
    with pytest.raises(OrganisationRefused):
        reorganising.give_post(person=person("idle"), organisation=second, role=Role.EDITOR, by=admin, now=NOW)


def test_another_division_in_charge_gets_the_rights_at_once(world, admin, toy):
    case = toy_case(world, toy)
    other = Organisation.objects.create(code="F3", name="演示二股", kind="division", parent=world.bureau)
    someone = person("someone", (other, Role.FINANCE_REVIEWER))
    assert not grants.may(someone, "view", case)
    details = organisations.Details(division_in_charge=other)
    assert organisations.change(organisation=world.office, details=details, by=admin, now=NOW)
    assert grants.may(fresh(someone), "view", type(case).objects.select_related("department").get(pk=case.pk))
    assert not list(grants.drift())
    with pytest.raises(OrganisationRefused):
        organisations.change(organisation=world.office, details=organisations.Details(), by=admin, now=NOW)
