"""Clocks: when a task is due, when its rungs fire, and how a clock rests and runs on."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from tests.world import NOW, toy_case
from workflow import calendar, deadlines, ladders, projecting, record, timetable
from workflow.machine import Action
from workflow.models import Event, Suspension, Task
from workflow.signals import announced


def shanghai(text):
    """A time written as people in Shanghai write it."""
    return datetime.fromisoformat(text + ":00+08:00")


@pytest.fixture
def installed(db):
    calendar.install_defaults(now=NOW)
    ladders.install_defaults()


def times(kind, opened_at, due_at):
    return {
        r.code: deadlines.rung_time(r, opened_at=opened_at, due_at=due_at)
        for r in ladders.rungs_of(ladders.id_for(kind))
    }


@pytest.mark.usefixtures("installed")
class TestClock:
    def test_working_days_begin_tomorrow_and_end_at_midnight(self):
        clock = deadlines.clock(task_kind="correct", now=NOW, days_allowed=3)
        assert clock.due_at == shanghai("2026-09-11T00:00")
        assert deadlines.due_day(clock.due_at) == date(2026, 9, 10)
        assert (clock.budget_days, clock.due_is_provisional) == (3, False)

    def test_a_county_may_end_its_day_in_the_afternoon(self, settings):
        settings.DAY_ENDS_AT = "17:30"
        clock = deadlines.clock(task_kind="correct", now=NOW, days_allowed=3)
        assert clock.due_at == shanghai("2026-09-10T17:30")
        assert deadlines.due_day(clock.due_at) == date(2026, 9, 10)

    def test_late_in_the_evening_of_utc_it_is_already_tomorrow_in_the_county(self):
        clock = deadlines.clock(task_kind="correct", now=datetime(2026, 9, 7, 17, 0, tzinfo=UTC), days_allowed=1)
        assert deadlines.due_day(clock.due_at) == date(2026, 9, 9)

    def test_a_fixed_date_holds_even_on_a_holiday_and_in_the_past(self):
        holiday = deadlines.clock(task_kind="fill", now=NOW, fixed=date(2026, 9, 25))
        past = deadlines.clock(task_kind="fill", now=NOW, fixed=date(2026, 9, 1))
        assert deadlines.due_day(holiday.due_at) == date(2026, 9, 25)
        assert deadlines.due_day(past.due_at) == date(2026, 9, 1)
        assert past.budget_days is None

    @pytest.mark.parametrize(
        ("fixed", "due", "budget"),
        [(date(2026, 9, 1), date(2026, 9, 14), 5), (date(2026, 9, 30), date(2026, 9, 30), None)],
    )
    def test_of_a_fixed_date_and_working_days_the_later_holds(self, fixed, due, budget):
        clock = deadlines.clock(task_kind="review", now=NOW, fixed=fixed, days_allowed=5)
        assert (deadlines.due_day(clock.due_at), clock.budget_days) == (due, budget)

    def test_without_date_or_term_there_is_no_clock(self):
        assert deadlines.clock(task_kind="fill", now=NOW) == deadlines.Clock()

    def test_a_term_that_reaches_into_a_year_without_a_notice_is_provisional(self):
        clock = deadlines.clock(task_kind="review", now=shanghai("2026-12-30T10:00"), days_allowed=5)
        assert clock.due_is_provisional
        assert deadlines.due_day(clock.due_at) == date(2027, 1, 6)

    def test_the_next_rung_is_the_first_that_lies_ahead(self):
        clock = deadlines.clock(task_kind="fill", now=NOW, fixed=date(2026, 9, 11))
        assert clock.next_rung_at == shanghai("2026-09-08T09:00")

    def test_a_task_opened_late_is_escalated_only_after_a_working_day_of_its_own(self):
        clock = deadlines.clock(task_kind="fill", now=NOW, fixed=date(2026, 9, 1))
        assert clock.next_rung_at == shanghai("2026-09-08T09:00")

    def test_it_asks_no_query_once_kept(self, django_assert_num_queries):
        deadlines.clock(task_kind="fill", now=NOW, days_allowed=3)
        with django_assert_num_queries(0):
            deadlines.clock(task_kind="review", now=NOW, days_allowed=3, fixed=date(2026, 9, 30))


@pytest.mark.usefixtures("installed")
class TestRungs:
    def test_rungs_count_working_days_around_the_due_day(self):
        # due Wednesday 30 September; 25 is a holiday, 20 a Sunday made up, 1-7 October off
        found = times("fill", NOW, deadlines.day_end(date(2026, 9, 30)))
        assert found == {
            "due-7": shanghai("2026-09-20T09:00"),
            "due-3": shanghai("2026-09-24T09:00"),
            "due-1": shanghai("2026-09-29T09:00"),
            "due-0": shanghai("2026-09-30T09:00"),
            "late-1": shanghai("2026-10-08T09:00"),
            "late-2": shanghai("2026-10-09T09:00"),
            "late-3": shanghai("2026-10-10T09:00"),
        }

    def test_a_due_day_that_is_a_holiday_is_reminded_of_before_it(self):
        found = times("fill", NOW, deadlines.day_end(date(2026, 9, 25)))
        assert found["due-0"] == shanghai("2026-09-24T09:00")
        assert found["due-1"] == shanghai("2026-09-23T09:00")
        assert found["late-1"] == shanghai("2026-09-28T09:00")

    @pytest.mark.parametrize(("days", "half"), [(10, "2026-09-14"), (5, "2026-09-10"), (1, "2026-09-08")])
    def test_half_time_is_the_morning_after_half_of_the_working_days(self, days, half):
        due_at = deadlines.clock(task_kind="review", now=NOW, days_allowed=days).due_at
        assert times("review", NOW, due_at)["half"] == shanghai(f"{half}T09:00")

    def test_no_rung_comes_before_its_day_nor_an_escalation_before_the_deadline(self):
        for offset in range(0, 120, 3):
            due_at = deadlines.day_end(date(2026, 8, 3) + timedelta(days=offset))
            for kind in ("fill", "review"):
                for rung in ladders.rungs_of(ladders.id_for(kind)):
                    moment = deadlines.rung_time(rung, opened_at=shanghai("2026-07-20T15:00"), due_at=due_at)
                    assert (moment > due_at) == rung.is_escalation
                    assert calendar.is_working(deadlines.day_of(moment))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-09-07T10:00", 3),
        ("2026-09-10T23:59", 0),
        ("2026-09-11T00:00", -1),
        ("2026-09-12T10:00", -1),
        ("2026-09-15T10:00", -3),
    ],
)
def test_working_days_left_are_zero_on_the_last_day_and_negative_after_it(now, left):
    due_at = deadlines.day_end(date(2026, 9, 10))
    assert deadlines.working_days_left(due_at=due_at, now=shanghai(now)) == left


@pytest.fixture
def task(world, toy):
    return Task.objects.get(case=toy_case(world, toy, due_on=date(2026, 9, 17)))


class TestResting:
    def test_a_resting_clock_has_no_next_rung_and_a_row_in_the_ledger(self, task):
        deadlines.rest(task, now=NOW, reason="演示")
        task.refresh_from_db()
        assert (task.resting_since, task.next_rung_at) == (NOW, None)
        row = Suspension.objects.get(task=task)
        assert (row.rested_from, row.rested_to, row.reason) == (NOW, None, "演示")

    def test_resting_twice_is_resting_once(self, task):
        first = deadlines.rest(task, now=NOW, reason="演示")
        again = deadlines.rest(task, now=NOW + timedelta(days=1), reason="演示二")
        assert first == again
        assert task.resting_since == NOW

    def test_the_due_day_moves_by_the_working_days_rested(self, task):
        deadlines.rest(task, now=NOW, reason="演示")
        deadlines.wake(task, now=shanghai("2026-09-14T10:00"))  # five working days and a weekend later
        task.refresh_from_db()
        assert deadlines.due_day(task.due_at) == date(2026, 9, 23)
        assert (task.resting_since, task.term) == (None, 2)
        assert task.next_rung_at == shanghai("2026-09-15T09:00")
        assert Suspension.objects.get(task=task).rested_to == shanghai("2026-09-14T10:00")

    def test_a_rest_within_one_day_moves_nothing(self, task):
        before = task.due_at, task.term, task.next_rung_at
        deadlines.rest(task, now=NOW, reason="演示")
        deadlines.wake(task, now=NOW + timedelta(hours=3))
        task.refresh_from_db()
        assert (task.due_at, task.term, task.next_rung_at) == before

    def test_an_overdue_task_stays_overdue(self, task):
        due_at = task.due_at
        deadlines.rest(task, now=shanghai("2026-09-18T15:00"), reason="演示")
        deadlines.wake(task, now=shanghai("2026-09-25T15:00"))
        task.refresh_from_db()
        assert (task.due_at, task.term) == (due_at, 1)
        assert task.next_rung_at == shanghai("2026-09-20T09:00")

    def test_waking_what_does_not_rest_changes_nothing(self, task):
        before = Task.objects.filter(pk=task.pk).values().get()
        deadlines.wake(task, now=NOW + timedelta(days=3))
        assert Task.objects.filter(pk=task.pk).values().get() == before


class TestNewYear:
    NOTICE = {
        "year": 2027,
        "source": "演示通知",
        "holidays": [{"date": date(2027, 1, 1)}, {"date": date(2027, 1, 4)}],
        "working": [],
    }

    def open(self, world, toy):
        task = Task.objects.get(case=toy_case(world, toy, due_on=date(2026, 12, 1)))
        opened = shanghai("2026-12-30T10:00")
        clock = deadlines.clock(task_kind="fill", now=opened, days_allowed=5)
        columns = {"opened_at": opened, "due_at": clock.due_at, "budget_days": 5, "due_is_provisional": True}
        Task.objects.filter(pk=task.pk).update(next_rung_at=clock.next_rung_at, **columns)
        return Task.objects.get(pk=task.pk)

    def test_a_provisional_deadline_is_projected_anew_when_the_year_arrives(self, world, toy):
        task = self.open(world, toy)
        assert deadlines.due_day(task.due_at) == date(2027, 1, 6)
        calendar.import_years([self.NOTICE], now=NOW)
        assert projecting.reproject(now=shanghai("2026-12-31T10:00")) == 1
        task.refresh_from_db()
        assert deadlines.due_day(task.due_at) == date(2027, 1, 8)
        assert not task.due_is_provisional
        assert task.next_rung_at == shanghai("2027-01-05T09:00")
        assert projecting.reproject(now=shanghai("2026-12-31T10:00")) == 0

    def test_a_fixed_date_is_left_alone(self, world, toy):
        task = self.open(world, toy)
        Task.objects.filter(pk=task.pk).update(budget_days=None)
        calendar.import_years([self.NOTICE], now=NOW)
        assert projecting.reproject(now=NOW) == 0
        assert Task.objects.get(pk=task.pk).due_at == task.due_at

    def test_a_move_is_a_line_in_the_record_and_an_announcement(self, world, toy):
        task = self.open(world, toy)
        calendar.import_years([self.NOTICE], now=NOW)
        heard = []
        announced.connect(receiver := lambda **facts: heard.append((facts["kind"], facts["case"].pk)))
        projecting.reproject(now=shanghai("2026-12-31T10:00"), by=world.leader)
        announced.disconnect(receiver)
        event = Event.objects.filter(case=task.case_id).latest("seq")
        assert (event.action, event.actor_id) == ("move_deadline", world.leader.pk)
        assert "2027-01-06" in event.payload
        assert heard == [("deadline_moved", task.case_id)]
        assert list(record.verify()) == []

    def test_a_preview_says_what_moves_and_moves_nothing(self, world, toy):
        task = self.open(world, toy)
        now = shanghai("2026-12-31T10:00")
        (moved,) = projecting.preview(working=calendar.with_years([self.NOTICE]), now=now)
        assert (moved.task.pk, deadlines.due_day(moved.new)) == (task.pk, date(2027, 1, 8))
        assert Task.objects.get(pk=task.pk).due_at == task.due_at
        assert not calendar.is_published(date(2027, 1, 4))

    def test_a_deadline_ahead_is_never_moved_into_the_past(self, world, toy):
        task = self.open(world, toy)
        now = shanghai("2027-01-06T10:00")
        busy = calendar.WorkCalendar({date(2027, 1, 2): True, date(2027, 1, 3): True}, frozenset({2026, 2027}))
        (moved,) = projecting.preview(working=busy, now=now)
        assert moved.new == deadlines.day_end(date(2027, 1, 6)) == task.due_at


@pytest.mark.django_db
def test_the_time_of_the_database_is_aware_and_about_now():
    found = deadlines.database_now()
    assert found.utcoffset() == timedelta(0)
    assert abs(found - datetime.now(UTC)) < timedelta(minutes=5)


class TestCalendarDays:
    """Terms of the law: every day counts, holidays too (预算法)."""

    def open_task(self, world, toy, days):
        case = toy_case(world, toy, due_on=date(2026, 9, 30))
        clock = deadlines.clock(task_kind="fill", now=NOW, days_allowed=days, counts_calendar_days=True)
        Task.objects.filter(case=case).update(
            due_at=clock.due_at, budget_days=clock.budget_days, counts_calendar_days=True
        )
        return Task.objects.get(case=case)

    def test_every_day_counts_and_an_unpublished_year_does_not_matter(self, world):
        clock = deadlines.clock(task_kind="release", now=NOW, days_allowed=20, counts_calendar_days=True)
        assert clock.due_at == shanghai("2026-09-28T00:00")
        far = deadlines.clock(
            task_kind="release", now=shanghai("2026-12-30T10:00"), days_allowed=15, counts_calendar_days=True
        )
        assert (far.due_at, far.due_is_provisional) == (shanghai("2027-01-15T00:00"), False)
        assert far.counts_calendar_days

    def test_a_clock_that_rested_moves_by_every_day(self, world, toy):
        task = self.open_task(world, toy, 20)
        deadlines.rest(task, now=shanghai("2026-09-11T10:00"), reason="演示")
        deadlines.wake(task, now=shanghai("2026-09-14T10:00"))
        assert task.due_at == shanghai("2026-10-01T00:00")

    def test_no_calendar_moves_it(self, world, toy):
        task = self.open_task(world, toy, 20)
        year = {"year": 2026, "source": "演示", "holidays": [{"date": date(2026, 9, 9), "name": "演示"}], "working": []}
        calendar.import_years([year], now=NOW)
        assert projecting.reproject(now=NOW) == 0
        task.refresh_from_db()
        assert task.due_at == shanghai("2026-09-28T00:00")


class TestReproject:
    def year_with_a_holiday(self):
        year = {"year": 2026, "source": "演示", "holidays": [{"date": date(2026, 9, 9), "name": "演示"}], "working": []}
        calendar.import_years([year], now=NOW)

    @pytest.fixture
    def rolling(self, world, toy):
        case = toy_case(world, toy, due_on=date(2026, 9, 10))
        Task.objects.filter(case=case).update(budget_days=3)
        return Task.objects.get(case=case)

    def test_the_command_moves_what_the_calendar_moves_once_and_says_so(self, rolling, capsys):
        told = []

        def listen(sender, kind, **kwargs):
            told.append(kind)

        announced.connect(listen)
        moment = deadlines.database_now()
        Task.objects.filter(pk=rolling.pk).update(due_at=moment + timedelta(days=2), opened_at=moment)
        call_command("reproject", "--dry-run", "--json")
        planned = json.loads(capsys.readouterr().out)
        assert (planned["dry_run"], planned["moved"]) == (True, 1)
        assert not Event.objects.filter(action=Action.MOVE_DEADLINE).exists()
        call_command("reproject", "--reason", "演示通知", "--as", "leader")
        assert "1 moved" in capsys.readouterr().out
        event = Event.objects.get(action=Action.MOVE_DEADLINE)
        assert "演示通知" in record.payload_of(event)["words"]
        assert event.actor.username == "leader"
        assert told == ["deadline_moved"]
        call_command("reproject")
        assert "0 moved" in capsys.readouterr().out
        assert Event.objects.filter(action=Action.MOVE_DEADLINE).count() == 1

    def test_somebody_unknown_is_refused_and_nothing_moves(self, rolling):
        self.year_with_a_holiday()
        before = list(Task.objects.values())
        with pytest.raises(CommandError, match="no active person nobody"):
            call_command("reproject", "--as", "nobody")
        assert list(Task.objects.values()) == before


def test_the_law_says_until_when_and_a_later_date_is_pointed_out():
    dates = {"congress": date(2027, 1, 20), "release": date(2027, 2, 9), "publication": date(2027, 3, 2)}
    latest = timetable.latest_by_law(dates)
    assert {name: (found.day, found.is_exceeded) for name, found in latest.items()} == {
        "release": (date(2027, 2, 9), False),
        "unit_release": (date(2027, 2, 24), False),
        "publication": (date(2027, 3, 1), True),
    }
    assert timetable.latest_by_law({}) == {}
