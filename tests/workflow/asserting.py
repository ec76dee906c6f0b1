"""What tests of the procedure assert over and over: a refusal changed nothing, and a case is sound."""

import pytest

from workflow import grants, record
from workflow.machine import State, TaskStatus
from workflow.models import Case, Copy, Decision, Event, Suspension, Task


def refreshed(case):
    return Case.objects.select_related("step", "unit", "department").get(pk=case.pk)


def rows(case):
    """Everything about a case that a refusal must leave alone."""
    fresh_case = refreshed(case)
    fresh = Case.objects.filter(pk=case.pk).values(
        "state", "version", "content_hash", "step", "pass_no", "amount", "title", "route", "submitted_at"
    )
    return (
        list(fresh),
        list(Task.objects.filter(case=case).order_by("pk").values()),
        list(Decision.objects.filter(case=case).values()),
        grants.rows_of(fresh_case),
        list(Copy.objects.filter(case=case).values()),
        list(Suspension.objects.filter(task__case__in=[case.pk, *case.children.values_list("pk", flat=True)]).values()),
        Event.objects.filter(case=case, refused="").count(),
    )


def assert_refused(refusal, case, call):
    """`call` raises `refusal`, changes nothing, and leaves exactly one record of the refusal."""
    before, refused_before = rows(case), Event.objects.filter(case=case).exclude(refused="").count()
    with pytest.raises(refusal) as caught:
        call()
    assert str(caught.value)
    assert "%(" not in str(caught.value)
    assert rows(case) == before
    last = Event.objects.filter(case=case).last()
    assert Event.objects.filter(case=case).exclude(refused="").count() == refused_before + 1
    assert last.refused == caught.value.code
    assert record.payload_of(last)["refusal"]["message"] == str(caught.value)
    assert list(record.verify()) == []
    return caught.value


def assert_sound(case):
    """State, open tasks, grants, clocks and the last event agree."""
    case = refreshed(case)
    last = Event.objects.filter(case=case, refused="").last()
    assert last.to_state == case.state
    assert last.version == case.version
    assert list(grants.drift()) == []
    assert list(record.verify()) == []
    open_tasks = list(Task.objects.filter(case=case, status=TaskStatus.OPEN))
    if case.state in (State.DEPARTMENT_REVIEW, State.FINANCE_REVIEW):
        assert case.step is not None
        assert {t.step_id for t in open_tasks} == {case.step_id}
    else:
        assert case.step is None
        assert all(t.step_id is None for t in open_tasks)
    assert not Task.objects.filter(case=case).exclude(status=TaskStatus.OPEN).exclude(next_rung_at=None).exists()
