"""Rights are a projection of state and tasks; viewing follows from the organisation, in lists and one by one alike."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.world import toy_case, walk_to
from workflow import grants
from workflow.machine import Right
from workflow.models import Case, CaseGroupPermission, User

pytestmark = pytest.mark.django_db

PEOPLE = [
    "editor",
    "editor2",
    "head",
    "reviewer",
    "business_reviewer",
    "performance_reviewer",
    "leader",
    "auditor",
    "teacher",
    "principal",
    "school_reviewer",
]


def test_a_case_is_in_a_persons_list_exactly_when_they_may_see_it(world, toy):
    for stop in ("department_review", "finance_review", "approved"):
        walk_to(toy_case(world, toy), world, stop)
    toy_case(world, toy, by=world.teacher, unit=world.primary)
    for name in PEOPLE:
        user = User.objects.get(username=name)
        listed = set(grants.visible_to(user))
        assert listed == {case for case in Case.objects.select_related("department") if grants.may(user, "view", case)}
        assert 0 < len(listed) <= 4
    User.objects.filter(username="auditor").update(is_active=False)
    assert not grants.visible_to(User.objects.get(username="auditor")).exists()


def test_guardian_answers_the_same_as_the_engine(world, toy):
    for stop in ("department_review", "finance_review", "release", "approved"):
        case = walk_to(toy_case(world, toy), world, stop)
        for name in PEOPLE:
            user = User.objects.get(username=name)
            rights = grants.rights_of(user, case)
            assert rights == {
                right for right in Right if User.objects.get(pk=user.pk).has_perm(f"workflow.{right}", case)
            }


def test_review_rights_follow_the_open_task(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    holders = [n for n in PEOPLE if Right.REVIEW in grants.rights_of(User.objects.get(username=n), case)]
    assert holders == ["business_reviewer"]
    assert Right.CHANGE not in grants.rights_of(world.editor, case)


def test_sync_grants_reports_drift_and_mends_it(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    call_command("sync_grants", "--check")
    row = CaseGroupPermission.objects.filter(content_object=case).first()
    row.delete()
    with pytest.raises(CommandError):
        call_command("sync_grants", "--check")
    assert not CaseGroupPermission.objects.filter(pk=row.pk).exists()
    call_command("sync_grants")
    call_command("sync_grants", "--check")


def test_a_person_without_roles_sees_nothing(world, toy):
    toy_case(world, toy)
    nobody = User.objects.create(username="nobody")
    assert not grants.visible_to(nobody).exists()
    admin = User.objects.create(username="root", is_superuser=True, administers="system")
    assert not grants.visible_to(admin).exists()
