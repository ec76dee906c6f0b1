"""Three administrators: each duty is one kind's alone, and nobody who administers has a right on a case."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import translation

from tests.world import NOW, person, toy_case
from workflow import (
    accounts,
    administering,
    delegations,
    engine,
    handover,
    organisations,
    purging,
    reorganising,
    route_editing,
    rulings,
)
from workflow.administering import DUTIES, Duty
from workflow.machine import Action, Kind, Role
from workflow.models import Delegation, Organisation, Purge, RoleGroup, Route, Ruling, User
from workflow.refusals import NotPermitted, NotVisible

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


KINDS = ("system", "security", "audit")


def test_who_reads_the_record_finds_it_in_the_rail(world, client):
    for reader, reads in ((world.auditor, True), (world.business_reviewer, False), (world.editor, False)):
        client.force_login(reader)
        assert (reverse("record_board") in client.get(reverse("inbox")).content.decode()) == reads, reader
        assert client.get(reverse("record_board")).status_code == (200 if reads else 403), reader


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_every_duty_is_one_kinds():
    assert sorted(duty for duties in DUTIES.values() for duty in duties) == sorted(Duty)


def test_one_administrator_has_every_duty_until_another_kind_is_named(world, admin):
    assert administering.duties_of(admin) == frozenset(Duty)
    User.objects.create(username="security", administers="security")
    assert administering.duties_of(fresh(admin)) == frozenset(Duty) - {Duty.RIGHTS}
    User.objects.create(username="audit", administers="audit", is_active=False)
    assert administering.duties_of(fresh(admin)) == frozenset(Duty) - {Duty.RIGHTS}, "a closed account holds nothing"


def test_with_three_administrators_nobody_stands_in_for_anybody(world, admin, settings):
    settings.THREE_ADMINISTRATORS = True
    assert administering.duties_of(admin) == frozenset(DUTIES[User.Administers.SYSTEM])


def test_the_duties_cost_one_statement_a_person(world, admin, django_assert_num_queries):
    with django_assert_num_queries(1):
        administering.duties_of(admin)
        assert administering.has(admin, Duty.RECORD)
    with django_assert_num_queries(0):
        assert not administering.duties_of(world.editor)


def test_a_superuser_counts_as_the_system_administrator_and_has_no_right_on_a_case(world, toy, settings):
    settings.THREE_ADMINISTRATORS = True
    root = User.objects.create(username="root", is_superuser=True)
    assert administering.duties_of(root) == frozenset(DUTIES[User.Administers.SYSTEM])
    case = toy_case(world, toy)
    assert not any(one.may for one in engine.available_actions(case, by=root, now=NOW))


# Each function × each kind


def route_draft(world: SimpleNamespace) -> Route:
    draft = route_editing.begin(case_kind=Kind.TARGET, profile="nx_2022", by=fresh(world.leader), now=NOW)
    draft.steps.filter(stage="finance_review").update(days_allowed=9)
    return draft


def delegation(world: SimpleNamespace) -> Delegation:
    return delegations.give(
        principal=world.head,
        deputy=world.editor2,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=3),
        by=world.head,
        now=NOW,
        basis="演示",
    )


def group(world: SimpleNamespace) -> RoleGroup:
    return RoleGroup.objects.get(organisation=world.own, role=Role.EDITOR)


NO_DETAILS = organisations.Details(phone="0952-6010000")
DONE = {
    "open an account": (
        Duty.ACCOUNTS,
        lambda w, by: accounts.open_account(username="new", full_name="演示·新", by=by, now=NOW),
    ),
    "change an account": (
        Duty.ACCOUNTS,
        lambda w, by: accounts.change(person=w.editor, full_name="演示·改", phone="", email="", by=by, now=NOW),
    ),
    "make a password": (Duty.ACCOUNTS, lambda w, by: accounts.new_password(person=w.idle, by=by, now=NOW)),
    "use again": (Duty.ACCOUNTS, lambda w, by: accounts.reactivate(person=w.closed, reason="回来", by=by, now=NOW)),
    "close": (Duty.ACCOUNTS, lambda w, by: handover.deactivate(person=w.idle, reason="离职", by=by, now=NOW)),
    "enter an organisation": (
        Duty.ACCOUNTS,
        lambda w, by: organisations.open_organisation(
            code="D3", name="演示统计局", kind="department", parent=None, details=NO_DETAILS, by=by, now=NOW
        ),
    ),
    "change an organisation": (
        Duty.ACCOUNTS,
        lambda w, by: organisations.change(organisation=w.own, details=NO_DETAILS, by=by, now=NOW),
    ),
    "end an organisation": (
        Duty.ACCOUNTS,
        lambda w, by: organisations.end(organisation=w.empty, on=NOW.date(), reason="撤销", by=by, now=NOW),
    ),
    "rename": (
        Duty.ACCOUNTS,
        lambda w, by: reorganising.rename(organisation=w.own, name="演示办", reason="机构改革", by=by, now=NOW),
    ),
    "add a spelling": (
        Duty.ACCOUNTS,
        lambda w, by: reorganising.add_spelling(organisation=w.own, text="演示县委办", by=by, now=NOW),
    ),
    "merge without people": (
        Duty.ACCOUNTS,
        lambda w, by: reorganising.merge(
            organisation=w.empty, into=w.primary, on=NOW.date(), reason="合并", by=by, now=NOW, with_people=False
        ),
    ),
    "name an administrator": (
        Duty.RIGHTS,
        lambda w, by: accounts.appoint(person=w.idle, administers="audit", reason="任命", by=by, now=NOW),
    ),
    "give a post": (
        Duty.RIGHTS,
        lambda w, by: reorganising.give_post(person=w.idle, organisation=w.own, role=Role.EDITOR, by=by, now=NOW),
    ),
    "take a post": (Duty.RIGHTS, lambda w, by: reorganising.take_post(person=w.editor, group=group(w), by=by, now=NOW)),
    "hand over": (
        Duty.RIGHTS,
        lambda w, by: handover.hand_over(person=w.editor, to=w.idle, reason="调岗", by=by, now=NOW),
    ),
    "delegate for others": (
        Duty.RIGHTS,
        lambda w, by: delegations.give(
            principal=w.reviewer,
            deputy=w.idle,
            starts_at=NOW,
            ends_at=NOW + timedelta(days=2),
            by=by,
            now=NOW,
            basis="出差",
        ),
    ),
    "end others' delegations": (Duty.RIGHTS, lambda w, by: delegations.revoke(delegation=w.delegation, by=by, now=NOW)),
    "publish a route": (
        Duty.RIGHTS,
        lambda w, by: route_editing.publish(w.draft.pk, by=by, now=NOW, seen=None, despite=True),
    ),
}
"""What each duty is needed for, and how it is done."""


@pytest.fixture
def stage(three):
    three.idle = person("idle")
    three.closed = person("closed", is_active=False)
    three.empty = Organisation.objects.create(code="D2-9", name="演示空校", kind="unit", parent=three.school)
    three.delegation = delegation(three)
    three.draft = route_draft(three)
    return three


def everything() -> list[tuple[str, list[tuple]]]:
    """Return every row that an administrator could change."""
    columns = {
        User: ("pk", "username", "full_name", "phone", "password", "is_active", "administers", "one_time_until"),
        Organisation: ("pk", "code", "name", "phone", "valid_to", "successor_id", "division_in_charge_id"),
        RoleGroup.user_set.through: ("user_id", "group_id"),
        Delegation: ("pk", "revoked_at"),
        Route: ("pk", "published_at", "retired_at"),
        Purge: ("pk", "decided_at"),
    }
    return [(model.__name__, sorted(model.objects.values_list(*names), key=str)) for model, names in columns.items()]


@pytest.mark.parametrize("kind", [*KINDS, "editor", "leader", "auditor"])
@pytest.mark.parametrize("what", DONE)
def test_a_duty_is_done_by_its_kind_alone_and_a_refusal_changes_nothing_but_the_record(stage, what, kind):
    duty, do = DONE[what]
    by, before, noted = fresh(getattr(stage, kind)), everything(), Ruling.objects.count()
    if administering.has(by, duty) or (what == "publish a route" and kind == "leader"):
        do(stage, by)
        assert everything() != before or what == "add a spelling"
        last = Ruling.objects.order_by("-seq").first()
        assert last.actor == by
        assert not rulings.shown(last)["refused"]
        return
    with pytest.raises(NotPermitted) as refused:
        do(stage, by)
    assert everything() == before
    last = Ruling.objects.order_by("-seq").first()
    assert Ruling.objects.count() == noted + 1
    assert (last.actor, rulings.shown(last)["refused"]) == (by, str(refused.value))
    assert not list(rulings.verify())


@pytest.mark.parametrize("kind", KINDS)
def test_no_administrator_may_anything_on_any_case(three, toy, kind):
    case, by = toy_case(three, toy), fresh(getattr(three, kind))
    found = engine.available_actions(case, by=by, now=NOW)
    assert [one.action for one in found if one.may] == []
    with pytest.raises(NotVisible):
        engine.perform(case, Action.SUBMIT, by=by, seen=engine.Seen(case.version, case.content_hash), key=kind, now=NOW)


def test_who_moves_people_with_an_organisation_needs_the_right_to_give_posts(stage):
    person("pupil", (stage.empty, Role.EDITOR))
    given = {"organisation": stage.empty, "into": stage.primary, "on": NOW.date(), "reason": "合并", "now": NOW}
    with pytest.raises(NotPermitted):
        reorganising.merge(by=stage.system, **given)
    assert Organisation.objects.get(pk=stage.empty.pk).successor is None


def test_closing_with_a_hand_over_needs_both_duties(stage):
    given = {"person": stage.editor, "to": stage.idle, "reason": "离职", "now": NOW, "deactivate": True}
    before = everything()
    for by in (stage.system, stage.security):
        with pytest.raises(NotPermitted):
            handover.hand_over(by=by, **given)
    assert everything() == before


def test_the_second_signature_of_a_purge_is_the_security_administrators(three):
    assert [kind for kind in KINDS if purging.is_keeper(fresh(getattr(three, kind)))] == ["security"]
