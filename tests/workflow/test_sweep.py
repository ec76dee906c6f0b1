"""The sweep: every rung fires once, on time, never early; what was overtaken is recorded in silence."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.world import NOW, act, toy_case
from workflow import deadlines, record, sweeping
from workflow.machine import Action
from workflow.models import Case, Event, RungFired, Task
from workflow.signals import rungs_fired, work_waits


def shanghai(text):
    """A time written as people in Shanghai write it."""
    return datetime.fromisoformat(text + ":00+08:00")


DUE = date(2026, 9, 17)
"""A Thursday; the 18th is a Friday, the 20th a Sunday made up."""


@pytest.fixture
def heard():
    """Every rung announced, as (task, code, is_escalation)."""
    rows = []

    def listen(sender, fired, **kwargs):
        rows.extend((row.task_id, row.code, row.is_escalation) for row in fired)

    rungs_fired.connect(listen)
    yield rows
    rungs_fired.disconnect(listen)


@pytest.fixture
def task(world, toy):
    case = toy_case(world, toy, due_on=DUE)
    Task.objects.filter(case=case).update(begun_at=None)
    return Task.objects.get(case=case)


def codes(heard):
    return [code for _task, code, _escalation in heard]


def snapshot():
    return (
        list(Task.objects.order_by("pk").values()),
        list(RungFired.objects.order_by("pk").values()),
        list(Event.objects.order_by("pk").values()),
        list(Case.objects.order_by("pk").values()),
    )


def test_nothing_fires_before_its_time(task, heard):
    before = snapshot()
    assert sweeping.sweep(now=shanghai("2026-09-08T08:59")) == sweeping.SweepResult()
    assert heard == []
    assert snapshot() == before


def test_each_rung_fires_at_its_time_and_once(task, heard):
    fired_at = {}
    moment = NOW
    while moment < shanghai("2026-09-25T00:00"):
        known = len(heard)
        sweeping.sweep(now=moment)
        fired_at |= dict.fromkeys(codes(heard)[known:], moment)
        moment += timedelta(minutes=30)
    assert fired_at == {
        "due-7": shanghai("2026-09-08T09:00"),
        "due-3": shanghai("2026-09-14T09:00"),
        "due-1": shanghai("2026-09-16T09:00"),
        "due-0": shanghai("2026-09-17T09:00"),
        "late-1": shanghai("2026-09-18T09:00"),
        "late-2": shanghai("2026-09-20T09:00"),
        "late-3": shanghai("2026-09-21T09:00"),
    }
    assert len(heard) == 7
    task.refresh_from_db()
    assert task.next_rung_at is None
    assert RungFired.objects.filter(task=task, is_silent=False).count() == 7


def test_a_second_sweep_changes_nothing(task, heard):
    sweeping.sweep(now=shanghai("2026-09-18T10:00"))
    before, known = snapshot(), list(heard)
    assert sweeping.sweep(now=shanghai("2026-09-18T10:00")) == sweeping.SweepResult()
    assert snapshot() == before
    assert heard == known


def test_after_an_outage_only_the_latest_reminder_is_sent(task, heard):
    result = sweeping.sweep(now=shanghai("2026-09-17T12:00"))
    assert codes(heard) == ["due-0"]
    assert (result.fired, result.silent, result.tasks) == (1, 3, 1)
    silent = RungFired.objects.filter(is_silent=True).values_list("code", flat=True)
    assert set(silent) == {"due-7", "due-3", "due-1"}


def test_after_an_outage_each_audience_hears_the_latest_escalation(task, heard):
    sweeping.sweep(now=shanghai("2026-09-20T12:00"))
    assert [(code, escalation) for _task, code, escalation in heard] == [
        ("due-0", False),
        ("late-1", True),
        ("late-2", True),
    ]
    task.refresh_from_db()
    assert task.next_rung_at == shanghai("2026-09-21T09:00")


def test_who_has_begun_is_not_told_to_begin(task, heard):
    Task.objects.filter(pk=task.pk).update(begun_at=NOW)
    sweeping.sweep(now=shanghai("2026-09-08T09:00"))
    assert heard == []
    assert not RungFired.objects.exists()
    task.refresh_from_db()
    assert task.next_rung_at == shanghai("2026-09-14T09:00")


def test_a_closed_task_fires_nothing(world, task, heard):
    act(task.case, Action.SUBMIT, world.editor)
    sweeping.sweep(now=shanghai("2026-09-08T12:00"))
    assert task.pk not in [pk for pk, _code, _escalation in heard]


def test_a_resting_task_fires_nothing_and_goes_on_when_woken(task, heard):
    deadlines.rest(task, now=NOW, reason="演示")
    sweeping.sweep(now=shanghai("2026-09-18T12:00"))
    assert heard == []
    deadlines.wake(task, now=shanghai("2026-09-18T12:00"))
    sweeping.sweep(now=shanghai("2026-09-18T12:00"))
    assert heard == []


def test_an_extended_term_fires_anew(task, heard):
    sweeping.sweep(now=shanghai("2026-09-14T09:00"))
    deadlines.rest(task := Task.objects.get(pk=task.pk), now=shanghai("2026-09-14T10:00"), reason="演示")
    deadlines.wake(task, now=shanghai("2026-09-21T10:00"))
    moment = shanghai("2026-09-21T10:00")
    while moment < shanghai("2026-09-25T00:00"):
        sweeping.sweep(now=moment)
        moment += timedelta(hours=1)
    assert codes(heard) == ["due-3", "due-1", "due-0"]


def test_an_escalation_stands_in_the_record(task):
    sweeping.sweep(now=shanghai("2026-09-20T12:00"), recorded_at=NOW + timedelta(minutes=1))
    events = list(Event.objects.filter(action=Action.ESCALATE).order_by("seq"))
    assert [record.payload_of(e)["rung"] for e in events] == ["late-1", "late-2"]
    assert {(e.actor_id, e.from_state, e.to_state, e.refused) for e in events} == {(None, "draft", "draft", "")}
    assert {e.at for e in events} == {NOW + timedelta(minutes=1)}
    assert list(record.verify()) == []


def test_a_reminder_does_not_stand_in_the_record(task):
    sweeping.sweep(now=shanghai("2026-09-17T12:00"))
    assert not Event.objects.filter(action=Action.ESCALATE).exists()


def test_two_tasks_of_one_case_keep_one_chain(task):
    Task.objects.create(
        case=task.case, kind="fill", role_group=task.role_group, opened_at=NOW, due_at=task.due_at,
        ladder=task.ladder, next_rung_at=task.next_rung_at,
    )  # fmt: skip
    sweeping.sweep(now=shanghai("2026-09-18T12:00"))
    assert Event.objects.filter(action=Action.ESCALATE).count() == 2
    assert list(record.verify()) == []


def test_the_unique_row_is_the_claim(task):
    sweeping.sweep(now=shanghai("2026-09-08T09:00"))
    row = RungFired.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_more_tasks_than_one_transaction_takes_are_all_fired(task, heard):
    Task.objects.bulk_create(
        Task(case=task.case, kind="fill", role_group=task.role_group, opened_at=NOW, due_at=task.due_at,
             ladder=task.ladder, next_rung_at=task.next_rung_at)
        for _ in range(119)
    )  # fmt: skip
    assert sweeping.sweep(now=shanghai("2026-09-08T09:00"), limit=50).tasks == 120
    assert len({pk for pk, _code, _escalation in heard}) == 120


def test_one_task_that_cannot_be_fired_does_not_keep_the_others(task, heard, caplog):
    other = Task.objects.create(
        case=task.case, kind="fill", role_group=task.role_group, opened_at=NOW, due_at=task.due_at,
        ladder=task.ladder, next_rung_at=task.next_rung_at - timedelta(hours=1),
    )  # fmt: skip

    def fail(sender, fired, **kwargs):
        if other.pk in {row.task_id for row in fired}:
            raise ValueError("演示")

    rungs_fired.connect(fail)
    try:
        result = sweeping.sweep(now=shanghai("2026-09-08T09:00"))
    finally:
        rungs_fired.disconnect(fail)
    assert result.tasks == 1
    assert list(RungFired.objects.values_list("task_id", flat=True)) == [task.pk]
    assert str(other.pk) in caplog.text


def test_the_bell_rings_after_the_commit_only_when_there_is_something_to_send(task, django_capture_on_commit_callbacks):
    rung = []

    def listen(sender, **kwargs):
        rung.append(sender)

    work_waits.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            sweeping.sweep(now=shanghai("2026-09-08T08:00"))
        assert rung == []
        with django_capture_on_commit_callbacks(execute=True):
            sweeping.sweep(now=shanghai("2026-09-08T09:00"))
        assert rung == [Task]
    finally:
        work_waits.disconnect(listen)


def test_a_sweep_costs_a_fixed_number_of_statements(task, django_assert_max_num_queries):
    Task.objects.bulk_create(
        Task(case=task.case, kind="fill", role_group=task.role_group, opened_at=NOW, due_at=task.due_at,
             ladder=task.ladder, next_rung_at=task.next_rung_at)
        for _ in range(29)
    )  # fmt: skip
    with django_assert_max_num_queries(28):
        sweeping.sweep(now=datetime(2026, 9, 8, 1, 0, tzinfo=UTC))


class TestOutage:
    BACK = shanghai("2026-09-18T15:00")
    """A Friday; the next working day is Sunday the 20th, made up."""

    def test_nobody_is_escalated_for_time_in_which_the_system_was_down(self, task, heard):
        sweeping.sweep(now=self.BACK, up_since=self.BACK)
        assert codes(heard) == ["due-0"]
        task.refresh_from_db()
        assert task.next_rung_at == shanghai("2026-09-20T09:00")

    def test_after_a_working_day_of_grace_they_are(self, task, heard):
        sweeping.sweep(now=self.BACK, up_since=self.BACK)
        sweeping.sweep(now=shanghai("2026-09-20T08:59"), up_since=self.BACK)
        assert codes(heard) == ["due-0"]
        sweeping.sweep(now=shanghai("2026-09-20T09:00"), up_since=self.BACK)
        assert codes(heard) == ["due-0", "late-1", "late-2"]
        payload = record.payload_of(Event.objects.filter(action=Action.ESCALATE).first())
        assert datetime.fromisoformat(payload["rung_due_at"]) == shanghai("2026-09-18T09:00")

    def test_who_acts_within_the_grace_is_never_reported(self, world, task, heard):
        sweeping.sweep(now=self.BACK, up_since=self.BACK)
        act(task.case, Action.SUBMIT, world.editor, now=self.BACK + timedelta(hours=1))
        sweeping.sweep(now=shanghai("2026-09-21T09:00"), up_since=self.BACK)
        assert [pk for pk, _code, escalation in heard if escalation and pk == task.pk] == []

    def test_an_old_outage_holds_nothing_back(self, task, heard):
        sweeping.sweep(now=shanghai("2026-09-18T09:00"), up_since=shanghai("2026-09-10T09:00"))
        assert "late-1" in codes(heard)

    def test_a_late_sweep_is_no_outage_and_a_long_silence_is(self, db):
        assert sweeping.beat(now=NOW) is None
        assert sweeping.beat(now=NOW + timedelta(minutes=29)) is None
        back = NOW + timedelta(days=3)
        assert sweeping.beat(now=back) == back
        assert sweeping.beat(now=back + timedelta(minutes=5)) == back

    def test_the_beat_writes_once_a_minute(self, db, django_assert_num_queries):
        sweeping.beat(now=NOW)
        with django_assert_num_queries(1):
            sweeping.beat(now=NOW + timedelta(seconds=30))
