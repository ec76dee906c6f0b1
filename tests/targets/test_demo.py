"""The demo county: real actions, many states, one password an installation, and a second run that does nothing."""

import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.utils import timezone

from targets import demo
from targets.models import Indicator, MonitoringReport, Project, SourceDocument
from workflow import grants, record
from workflow.machine import Role, State, TaskStatus
from workflow.models import Case, Event, Organisation, RoleGroup, Task, User


@pytest.fixture
def seeded(db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


def counts() -> tuple[int, ...]:
    models = (Case, Task, Event, User, Organisation, RoleGroup, Project, SourceDocument, Indicator, MonitoringReport)
    return tuple(model.objects.count() for model in models)


def test_the_eight_tables_stand_in_different_states_by_real_actions(seeded):
    desks = {
        case.number: (case.state, case.step.key if case.step else "")
        for case in Case.objects.filter(kind="target").select_related("step")
    }
    assert set(desks.values()) == {
        (State.MONITORING, ""),
        (State.FINANCE_REVIEW, "release"),
        (State.FINANCE_REVIEW, "performance"),
        (State.FINANCE_REVIEW, "business"),
        (State.DEPARTMENT_REVIEW, "office"),
        (State.DRAFT, ""),
    }
    assert Indicator.objects.count() == 109
    assert Task.objects.filter(status=TaskStatus.OPEN, kind="correct").count() == 1
    assert not Event.objects.exclude(refused="").exists()
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def test_one_table_is_overdue_and_one_report_waits_for_its_unit(seeded):
    now = timezone.now()
    overdue = Task.objects.filter(status=TaskStatus.OPEN, due_at__lt=now)
    assert "fill" in {task.kind for task in overdue}
    assert not Task.objects.filter(opened_at__gt=now).exists()
    assert Task.objects.filter(status=TaskStatus.OPEN, kind="report").count() == 1
    assert Task.objects.filter(status=TaskStatus.OPEN, kind="review", case__kind="report").count() == 1


def test_somebody_holds_every_role_and_everybody_is_marked_as_demo(seeded):
    held = set(RoleGroup.objects.filter(user__isnull=False).values_list("role", flat=True))
    assert held == {str(role) for role in Role}
    assert all(user.is_demo and user.full_name.startswith("演示") for user in User.objects.all())


def test_the_logins_are_printed_and_let_people_in(seeded):
    logins = demo.logins()
    assert len(logins) == User.objects.count()
    for username, password, words in logins:
        assert username in seeded
        assert words in seeded
        assert len(password) >= 10
    assert authenticate(username=logins[0][0], password=logins[0][1]) is not None
    assert oct(demo.password_path().stat().st_mode)[-3:] == "600"


def test_a_second_run_changes_nothing_even_days_later(seeded):
    before, password = counts(), demo.password()
    demo.seed(now=timezone.now() + timedelta(days=5))
    assert counts() == before
    assert demo.password() == password


def test_a_lost_password_file_gives_a_new_one_that_works(seeded):
    demo.password_path().unlink()
    demo.seed(now=timezone.now())
    username, password, _words = demo.logins()[0]
    assert authenticate(username=username, password=password) is not None
