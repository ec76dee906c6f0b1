"""One-time passwords from the head of the own department: for its people and its units' people alone, recorded."""

import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import NOW, person
from workflow import accounts, delegations
from workflow.machine import Role
from workflow.models import RoleGroup, Ruling, User
from workflow.refusals import AccountRefused, NotPermitted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OLD = "altes-geheimnis-1"


@pytest.fixture
def department(world, admin):
    """The education department with its head; the teacher holds a post in its unit and has a password."""
    world.admin, world.chief = admin, person("chief", (world.school, Role.DEPARTMENT_HEAD))
    world.teacher.set_password(OLD)
    world.teacher.save()
    return world


def client_of(user):
    client = Client()

    client.force_login(User.objects.get(pk=user.pk))
    return client


def fresh(user):
    return User.objects.get(pk=user.pk)


def refused(by, who, error=NotPermitted):
    """Assert that `by` is refused a password for `who`: the old one stands, and the attempt is kept."""
    before = User.objects.filter(pk=who.pk).values().get()
    with pytest.raises(error):
        accounts.new_password(person=fresh(who), by=fresh(by), now=NOW)
    assert User.objects.filter(pk=who.pk).values().get() == before
    last = Ruling.objects.latest("seq")
    assert (last.action, last.actor, "refused" in json.loads(last.payload)) == ("new_password", by, True)


def test_the_head_gives_a_colleague_a_one_time_password_that_opens_only_the_change_of_it(department):
    chief, teacher = client_of(department.chief), client_of(department.teacher)
    assert teacher.get(reverse("inbox")).status_code == 200
    page = chief.post(reverse("colleagues"), {"username": "teacher"})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    password = re.search(r'id="one-time">([a-z0-9-]{14})<', page.content.decode()).group(1)
    assert teacher.get(reverse("inbox")).status_code == 302, "the open session has ended"
    other = Client()
    assert other.login(username="teacher", password=password)
    assert not Client().login(username="teacher", password=OLD)
    assert other.get(reverse("rounds")).headers["Location"] == reverse("password_change")
    ruling = Ruling.objects.get()
    assert (ruling.action, ruling.actor, ruling.subject) == ("new_password", department.chief, str(department.teacher))
    assert password not in ruling.payload


def test_the_page_lists_exactly_those_for_whom_the_head_may(department):
    names = re.findall(
        r'name="username" value="(\w+)"', client_of(department.chief).get("/colleagues").content.decode()
    )
    may = set()
    for who in User.objects.all():
        try:
            accounts.new_password(person=who, by=fresh(department.chief), now=NOW)
        except (NotPermitted, AccountRefused):
            continue
        may.add(who.username)
    assert set(names) == may == {"teacher", "principal", "school_reviewer"}


@pytest.mark.parametrize("who", ["editor", "reviewer", "business_reviewer", "leader", "auditor", "admin"])
def test_nobody_outside_the_department_gets_one_from_its_head(department, who):
    refused(department.chief, getattr(department, who))


@pytest.mark.parametrize(
    "who", ["teacher", "principal", "school_reviewer", "leader", "auditor", "performance_reviewer"]
)
def test_who_heads_no_department_gives_none_and_sees_no_page(department, who):
    by = getattr(department, who)
    refused(by, department.teacher, AccountRefused if by == department.teacher else NotPermitted)
    client = client_of(by)
    assert client.get("/colleagues").status_code == 403
    assert client.post("/colleagues", {"username": "teacher"}).status_code == 403
    assert fresh(department.teacher).check_password(OLD)


def test_whoever_has_a_post_elsewhere_administers_or_is_closed_is_not_the_department_s(department):
    two = person("two", (department.primary, Role.EDITOR), (department.business, Role.FINANCE_REVIEWER))
    keeper = person("keeper", (department.primary, Role.EDITOR), administers="audit")
    root = person("root", (department.primary, Role.EDITOR), is_superuser=True)
    gone = person("gone", (department.primary, Role.EDITOR), is_active=False)
    for who in (two, keeper, root, gone, department.chief):
        refused(department.chief, who, AccountRefused if who == department.chief else NotPermitted)


def test_whoever_acts_for_somebody_elsewhere_is_not_the_department_s_while_it_lasts(department):
    def lend(principal, deputy, start, end):
        delegations.give(principal=principal, deputy=deputy, starts_at=start, ends_at=end, by=principal, now=start,
                         basis="演示")  # fmt: skip

    lend(department.leader, department.teacher, NOW - DAY, NOW + DAY)
    lend(department.teacher, department.principal, NOW - DAY, NOW + DAY)
    refused(department.chief, department.teacher)
    refused(department.chief, department.principal)
    accounts.new_password(person=fresh(department.teacher), by=fresh(department.chief), now=NOW + 2 * DAY)
    lend(department.school_reviewer, department.principal, NOW + 2 * DAY, NOW + 4 * DAY)
    accounts.new_password(person=fresh(department.principal), by=fresh(department.chief), now=NOW + 3 * DAY)


def test_a_head_whose_post_was_taken_or_whose_account_is_closed_gives_none(department):
    department.chief.groups.clear()
    refused(department.chief, department.teacher)
    department.chief.groups.add(RoleGroup.objects.get(organisation=department.school, role=Role.DEPARTMENT_HEAD))
    User.objects.filter(pk=department.chief.pk).update(is_active=False)
    refused(department.chief, department.teacher)


def test_the_page_says_why_not_and_gives_404_for_nobody(department):
    client = client_of(department.chief)
    answer = client.post("/colleagues", {"username": "leader"})
    assert answer.status_code == 403
    assert "主管部门负责人" in answer.content.decode()
    assert client.post("/colleagues", {"username": "nobody"}).status_code == 404


def test_from_the_command_line_as_the_head_and_as_somebody_else(department, capsys):
    call_command("account", "password", "teacher", "--as", "chief")
    password = capsys.readouterr().out.split("one-time password ")[1].split(",")[0]
    assert fresh(department.teacher).check_password(password)
    with pytest.raises(CommandError):
        call_command("account", "password", "editor", "--as", "chief")
    assert fresh(department.teacher).one_time_until > timezone.now()


def test_the_login_page_and_the_head_s_menu_show_the_way(department):
    assert "忘记密码" in Client().get(reverse("login")).content.decode()
    assert 'href="/colleagues"' in client_of(department.chief).get(reverse("inbox")).content.decode()
    assert 'href="/colleagues"' not in client_of(department.teacher).get(reverse("inbox")).content.decode()


def test_the_list_costs_the_same_for_any_number_of_people(department, django_assert_max_num_queries):
    for n in range(30):
        person(f"more{n}", (department.primary, Role.EDITOR))
    client = client_of(department.chief)
    client.get("/colleagues")
    with django_assert_max_num_queries(9):
        client.get("/colleagues")
