"""The statements of one action: how many, and that they write what the move says; rows that become instances."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from tests.world import NOW, act, key, seen, toy_case, walk_to
from workflow import engine, grants, sql
from workflow.machine import Action
from workflow.models import Case, CaseGroupPermission, Decision, Event, Ladder, RoleGroup, Task, User

pytestmark = pytest.mark.django_db


def statements(captured) -> list[str]:
    outside = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return [q["sql"] for q in captured if not q["sql"].strip().startswith(outside)]


def test_an_approval_is_one_read_and_one_write(world, toy):
    first, second = (walk_to(toy_case(world, toy), world, "department_review") for _ in range(2))
    act(first, Action.APPROVE, world.reviewer)
    by, looked = User.objects.get(pk=world.reviewer.pk), seen(second)
    with CaptureQueriesContext(connection) as captured:
        engine.perform(second.pk, Action.APPROVE, by=by, seen=looked, key=key(), now=NOW)
    sent = statements(captured)
    if connection.vendor == "postgresql":
        assert len(sent) == 2
    else:
        assert len(sent) == 9
        assert sum(s.lstrip().startswith("SELECT") for s in sent) == 1


def test_grants_that_stay_are_left_alone(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    before = set(CaseGroupPermission.objects.filter(content_object=case).values_list("pk", "group", "permission"))
    act(case, Action.APPROVE, world.reviewer)
    after = set(CaseGroupPermission.objects.filter(content_object=case).values_list("pk", "group", "permission"))
    assert after != before
    pairs = {(group, permission) for _pk, group, permission in before}
    assert {row for row in after if row[1:] in pairs} <= before
    assert list(grants.drift()) == []


def test_a_used_key_writes_nothing_of_the_move(world, toy):
    first, second = (walk_to(toy_case(world, toy), world, "department_review") for _ in range(2))
    used = key()
    act(first, Action.APPROVE, world.reviewer, key=used)
    tasks = list(Task.objects.filter(case=second).order_by("pk").values())
    with pytest.raises(engine.KeyReused):
        act(second, Action.APPROVE, world.reviewer, key=used)
    assert list(Task.objects.filter(case=second).order_by("pk").values()) == tasks
    assert Case.objects.get(pk=second.pk).state == "department_review"


def test_a_row_that_points_to_no_row_of_the_move_is_refused(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    stranger = Event.fresh(case=case, seq=99)
    writes = sql.Writes()
    from notifications.models import Notice

    row = Notice.fresh(kind="arrived", case=case, event=stranger, facts={}, created_at=NOW)
    with pytest.raises(ValueError, match="neither stored nor about to be"):
        writes.insert("told", [row])
    assert not Notice.objects.filter(kind="arrived", case=case, event=None).exists()


def test_a_version_that_has_passed_is_not_written(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    title, case.pass_no = case.title, 7
    writes = sql.Writes()
    with transaction.atomic():
        writes.move(case, version=case.version - 1)
        assert writes.send() is False
    assert Case.objects.get(pk=case.pk).pass_no == 1
    assert Case.objects.get(pk=case.pk).title == title


def test_what_is_read_around_a_case_is_what_its_rows_say(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    found = grants.around(Case.objects.select_related("unit", "department").get(pk=case.pk))
    tasks = list(Task.objects.filter(case=case, status="open").order_by("pk").values())
    names = [field.attname for field in Task._meta.concrete_fields]
    assert [{name: getattr(task, name) for name in names} for task in found.tasks] == tasks
    events = Event.objects.filter(case=case).order_by("seq")
    assert [(e.seq, e.at, e.actor_id, e.payload) for e in found.events] == list(
        events.values_list("seq", "at", "actor_id", "payload")
    )
    assert found.events == sql.chain(case.pk)
    assert dict(case.round.dates.values_list("milestone", "date")) == found.dates


def test_rows_of_one_statement_may_leave_different_columns_empty(world, toy):
    case = toy_case(world, toy)
    shared = {"case": case, "kind": "fill", "opened_at": NOW}
    office, person = world.editor.groups.get().rolegroup, world.editor
    tasks = [
        Task.fresh(**shared, role_group=office, due_at=NOW + timedelta(days=1)),
        Task.fresh(**shared, person=person, begun_at=NOW),
    ]
    sql.insert(tasks)
    stored = [Task.objects.get(pk=task.pk) for task in tasks]
    assert [(t.role_group_id, t.person_id, t.due_at, t.begun_at, t.step_id) for t in stored] == [
        (office.pk, None, NOW + timedelta(days=1), None, None),
        (None, person.pk, None, NOW, None),
    ]


def test_what_a_case_names_cannot_be_deleted_though_the_database_looks_nothing_up(world, toy):
    """Decision 0013: the references that every move would check are kept by the ORM alone."""
    case = walk_to(toy_case(world, toy), world, "finance_review")
    decision = Decision.objects.filter(case=case).select_related("step", "actor").first()
    office = RoleGroup.objects.get(pk=Task.objects.filter(case=case, status="open").first().role_group_id)
    ladder = Ladder.objects.get(pk=Task.objects.filter(case=case, ladder__isnull=False).first().ladder_id)
    for named in (decision.actor, decision.step, case.step, office, ladder, case):
        with pytest.raises(ProtectedError):
            named.delete()
        assert type(named).objects.filter(pk=named.pk).exists()


def test_rights_go_with_the_case_or_group_that_they_name(world, toy):
    group = Group.objects.create(name="演示·临时组")
    case = toy_case(world, toy)
    permission = CaseGroupPermission.objects.filter(content_object=case).first().permission
    CaseGroupPermission.objects.create(content_object=case, group=group, permission=permission)
    group.delete()
    assert not CaseGroupPermission.objects.filter(group_id=group.pk).exists()
    assert list(grants.drift()) == []


class TestRowsAsInstances:
    def test_a_fresh_one_is_what_the_class_makes(self, world, toy):
        case = toy_case(world, toy)
        values = {"case": case, "kind": "fill", "role_group_id": None, "person": world.editor, "opened_at": NOW}
        quick, slow = Task.fresh(**values), Task(**values)
        columns = [field.attname for field in Task._meta.concrete_fields]
        assert [getattr(quick, c) for c in columns] == [getattr(slow, c) for c in columns]
        assert quick.case is case
        assert quick._state.adding
        assert quick.pk is None

    def test_a_stored_one_saves_and_reloads(self, world, toy):
        task = Task.objects.filter(case=toy_case(world, toy)).first()
        task.pass_no = 5
        task.save()
        assert Task.objects.get(pk=task.pk).pass_no == 5
        assert not task._state.adding

    def test_deferred_columns_are_read_when_asked(self, world, toy):
        case = toy_case(world, toy)
        short = Case.objects.only("pk", "number").get(pk=case.pk)
        assert short.get_deferred_fields()
        assert short.title == case.title

    def test_the_state_stays_protected(self, world, toy):
        case = Case.objects.get(pk=toy_case(world, toy).pk)
        with pytest.raises(AttributeError):
            case.state = "approved"
