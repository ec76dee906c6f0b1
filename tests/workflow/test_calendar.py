"""The working-day calendar: the shipped years equal the notices, and a year without a notice says so."""

from datetime import UTC, date, datetime

import pytest

from workflow import calendar
from workflow.calendar import CalendarRefused, WorkCalendar
from workflow.models import CalendarYear, WorkDay

NOW = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)

WORKING_DAYS = {2019: 250, 2020: 249, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248}
"""Working days a year: weekdays less the holidays on weekdays, plus the make-up days, as the notices give them."""


@pytest.fixture
def installed(db):
    calendar.install_defaults(now=NOW)


@pytest.mark.usefixtures("installed")
class TestShippedYears:
    @pytest.mark.parametrize(("year", "days"), WORKING_DAYS.items())
    def test_a_year_has_as_many_working_days_as_its_notice_says(self, year, days):
        assert calendar.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == days

    @pytest.mark.parametrize(
        ("day", "is_worked"),
        [
            ("2026-01-02", False),  # a Friday between New Year's Day and the weekend
            ("2026-01-04", True),  # a Sunday made up for it
            ("2026-02-14", True),
            ("2026-02-23", False),
            ("2026-02-28", True),
            ("2026-09-20", True),
            ("2026-09-25", False),
            ("2026-10-07", False),
            ("2026-10-08", True),
            ("2026-10-10", True),
            ("2026-10-11", False),
            ("2025-10-08", False),
            ("2024-02-09", True),  # the eve of 2024 was asked to be given, not ordered
            ("2020-01-31", False),  # the Spring Festival that was prolonged
            ("2020-02-01", False),  # a make-up Saturday that was withdrawn with it
            ("2019-05-02", False),  # Labour Day as the second notice of that year has it
            ("2019-05-05", True),
            ("2018-12-29", True),
        ],
    )
    def test_single_days_equal_the_notices(self, day, is_worked):
        assert calendar.is_working(date.fromisoformat(day)) is is_worked

    def test_every_year_names_its_notice(self):
        assert list(CalendarYear.objects.order_by("year").values_list("year", flat=True)) == list(range(2019, 2027))
        for year in CalendarYear.objects.all():
            assert f"关于{year.year}年" in year.source
            assert year.published_on.year == year.year - 1

    def test_installing_again_changes_nothing(self):
        before = list(WorkDay.objects.order_by("date").values())
        assert calendar.install_defaults(now=NOW) == 0
        assert list(WorkDay.objects.order_by("date").values()) == before

    def test_an_edited_year_survives_installing_again(self):
        WorkDay.objects.filter(date=date(2026, 9, 25)).delete()
        calendar.install_defaults(now=NOW)
        assert calendar.is_working(date(2026, 9, 25))


@pytest.mark.usefixtures("installed")
class TestArithmetic:
    def test_the_first_day_never_counts(self):
        assert calendar.add_working_days(date(2026, 9, 7), 3) == date(2026, 9, 10)

    def test_make_up_days_count_and_holidays_do_not(self):
        # 23 Sep is a Wednesday; 25 is a holiday; 28 Monday
        assert calendar.add_working_days(date(2026, 9, 23), 2) == date(2026, 9, 28)
        # 30 Sep, then the National Day, then Thursday 8, Friday 9, and Saturday 10 made up
        assert calendar.add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)

    def test_backwards_from_a_holiday_starts_at_the_working_day_before_it(self):
        assert calendar.add_working_days(date(2026, 9, 25), 0) == date(2026, 9, 24)
        assert calendar.add_working_days(date(2026, 9, 25), -1) == date(2026, 9, 23)

    def test_forwards_and_between_agree(self):
        start = date(2026, 1, 1)
        for days in range(1, 240, 7):
            end = calendar.add_working_days(start, days)
            assert calendar.is_working(end)
            assert calendar.working_days_between(start, end) == days

    def test_a_span_backwards_is_empty(self):
        assert calendar.working_days_between(date(2026, 9, 7), date(2026, 9, 1)) == 0


def test_a_year_without_a_notice_is_computed_by_weekends_and_says_so():
    plain = WorkCalendar({}, frozenset({2026}))
    assert plain.is_working(date(2027, 1, 1))
    assert not plain.is_working(date(2027, 1, 2))
    assert not plain.is_published(date(2027, 1, 1))
    assert plain.is_published(date(2026, 1, 1))


@pytest.mark.usefixtures("installed")
class TestImport:
    YEAR = {
        "year": 2027,
        "source": "演示通知",
        "holidays": [{"date": date(2027, 1, 1), "name": "元旦"}],
        "working": [{"date": date(2027, 1, 3), "name": "元旦"}],
    }

    def test_an_imported_year_is_in_force_at_once(self):
        assert calendar.is_working(date(2027, 1, 1))
        assert calendar.import_years([self.YEAR], now=NOW) == 1
        assert not calendar.is_working(date(2027, 1, 1))
        assert calendar.is_working(date(2027, 1, 3))
        assert calendar.is_published(date(2027, 5, 5))

    def test_importing_a_year_again_replaces_it(self):
        calendar.import_years([self.YEAR], now=NOW)
        calendar.import_years([self.YEAR | {"holidays": []}], now=NOW)
        assert calendar.is_working(date(2027, 1, 1))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"holidays": [{"date": date(2027, 1, 2)}]},  # a Saturday is no holiday of its own
            {"working": [{"date": date(2027, 1, 4)}]},  # a Monday is worked anyway
            {"holidays": [{"date": date(2028, 1, 3)}]},
            {"holidays": [{"date": date(2027, 1, 1)}, {"date": date(2027, 1, 1)}]},
        ],
    )
    def test_a_year_that_cannot_be_true_is_refused_whole(self, wrong):
        before = list(WorkDay.objects.order_by("date").values()), CalendarYear.objects.count()
        other = self.YEAR | {"year": 2028, "holidays": [], "working": []}
        with pytest.raises(CalendarRefused) as caught:
            calendar.import_years([other, self.YEAR | wrong], now=NOW)
        assert "%(" not in str(caught.value)
        assert (list(WorkDay.objects.order_by("date").values()), CalendarYear.objects.count()) == before

    def test_a_changed_row_is_read_anew(self, django_assert_num_queries):
        assert not calendar.is_working(date(2026, 9, 25))
        with django_assert_num_queries(0):
            calendar.is_working(date(2026, 9, 25))
        WorkDay.objects.get(date=date(2026, 9, 25)).delete()
        assert calendar.is_working(date(2026, 9, 25))

    def test_another_process_is_heard_within_a_minute(self, monkeypatch):
        assert not calendar.is_working(date(2026, 9, 25))
        WorkDay.objects.filter(date=date(2026, 9, 25)).update(is_working=True)
        assert not calendar.is_working(date(2026, 9, 25))
        real = calendar.time.monotonic
        monkeypatch.setattr(calendar.time, "monotonic", lambda: real() + 61)
        assert calendar.is_working(date(2026, 9, 25))
