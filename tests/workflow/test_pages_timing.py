"""The editors of time: who may, what they show before storing, what they refuse, and that a refusal stores nothing."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.expand import expand
from notifications.models import Delivery
from tests import world as county
from workflow import calendar, calendar_files, call_list, deadlines, extensions, ladders, projecting, record, simulation
from workflow.models import CalendarYear, Event, Extension, Ladder, RoundDate, RungFired, Task, User, WorkDay
from workflow.refusals import DetailMissing, NotPermitted
from workflow.sweeping import sweep

pytestmark = pytest.mark.django_db

YEAR = 2031
LINES = "2031-01-01,放假,元旦\n2031-05-01,放假,劳动节\n2031-10-01,放假,国庆节\n2031-10-11,上班,国庆节"


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


@pytest.fixture
def administrator(world) -> Client:
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    return client_of(world.teacher)


def confirmed(page: str) -> str:
    return page.split('name="confirmed" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    "address", ["/calendar/edit", "/ladders/fill/edit", "/rounds/1/edit", "/extensions", "/overdue.xlsx"]
)
def test_the_editors_are_not_for_units(world, address):
    assert client_of(world.editor).get(address).status_code == 403


class TestCalendar:
    def test_a_year_is_previewed_then_stored_and_deadlines_move_with_a_line_and_a_notice(
        self, administrator, world, toy
    ):
        case = county.toy_case(world, toy)
        opened = deadlines.morning(date(2031, 9, 29))
        Task.objects.filter(case=case).update(
            opened_at=timezone.now(), budget_days=5, due_is_provisional=True,
            due_at=deadlines.day_end(calendar.add_working_days(deadlines.day_of(timezone.now()), 5)),
        )  # fmt: skip
        assert opened
        day = calendar.add_working_days(deadlines.day_of(timezone.now()), 2)
        stored = list(WorkDay.objects.filter(year=day.year))
        known = CalendarYear.objects.filter(year=day.year).first()
        lines = calendar_files.as_lines(stored) + f"\n{day.isoformat()},放假,演示日"
        address = reverse("calendar_edit") + f"?year={day.year}"
        page = administrator.post(address, {"lines": lines, "source": known.source if known else "演示"})
        assert page.status_code == 200
        text = page.content.decode()
        assert case.number in text
        before = Task.objects.get(case=case).due_at
        assert not WorkDay.objects.filter(name="演示日").exists()
        answer = administrator.post(reverse("calendar_edit"), {"confirmed": confirmed(text)})
        assert answer.status_code == 302
        assert WorkDay.objects.get(name="演示日").date == day
        task = Task.objects.get(case=case)
        assert deadlines.due_day(task.due_at) == calendar.add_working_days(deadlines.due_day(before), 1)
        event = Event.objects.filter(case=case).latest("seq")
        assert event.action == "move_deadline"
        assert list(record.verify()) == []
        expand(now=timezone.now())
        assert Delivery.objects.filter(notice__kind="deadline_moved", recipient=world.editor).exists()

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            ("", ""),
            (LINES + "\n2031-13-01,放假,错", "第 5 行"),
            (LINES + "\n2031-01-01,放假,元旦", "2031-01-01"),
            (LINES + "\n2031-01-04,放假,周六", "2031-01-04"),
            (LINES.replace("2031-05-01,放假,劳动节\n", ""), "2031-05-01"),
            (LINES + "\n2031-06-02,也许,x", "第 5 行"),
        ],
    )
    def test_a_calendar_that_cannot_be_true_is_refused_with_its_sentence(self, administrator, lines, says):
        before = WorkDay.objects.count(), CalendarYear.objects.count()
        answer = administrator.post(reverse("calendar_edit") + f"?year={YEAR}", {"lines": lines, "source": "演示"})
        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert (WorkDay.objects.count(), CalendarYear.objects.count()) == before

    @pytest.mark.parametrize(
        ("name", "content", "status"),
        [
            ("y.csv", LINES.encode(), 200),
            ("y.csv", ("日期,类型,名称\n" + LINES).encode("gb18030"), 200),
            ("y.toml", b'[[year]]\nyear = 2031\nsource = "x"\nholidays = [{date = 2031-01-01}, {date = 2031-05-01},'
                       b" {date = 2031-10-01}]", 200),
            ("y.toml", b"[[year]]\nyear = 2031", 422),
            ("y.csv", b"\x00\xff\xfe" * 50, 422),
            ("y.csv", b"", 422),
            ("y.csv", b"x" * 300_000, 422),
        ],
    )  # fmt: skip
    def test_files(self, administrator, name, content, status):
        upload = SimpleUploadedFile(name, content)
        answer = administrator.post(reverse("calendar_edit"), {"file": upload, "source": "演示"})
        assert answer.status_code == status
        assert not CalendarYear.objects.filter(year=YEAR).exists()

    def test_days_and_years_that_overlap_are_refused_and_nothing_is_stored(self, administrator):
        calendar.import_years(
            [{"year": 2030, "source": "演示", "holidays": [{"date": date(2030, 12, 31), "name": "元旦"}]}],
            now=county.NOW,
        )
        twice = b'[[year]]\nyear = 2031\nsource = "x"\nholidays = [{date = 2031-01-01}, {date = 2031-05-01},' \
                b' {date = 2031-10-01}]\n' * 2  # fmt: skip
        before = list(WorkDay.objects.values_list("date", "year_id").order_by("date"))
        for given in (
            {"lines": "2030-12-31,放假,元旦\n" + LINES, "source": "演示"},
            {"file": SimpleUploadedFile("y.toml", twice)},
        ):
            answer = administrator.post(reverse("calendar_edit") + f"?year={YEAR}", given)
            assert answer.status_code == 422
            assert "一天只属于一份通知" in answer.content.decode()
        assert list(WorkDay.objects.values_list("date", "year_id").order_by("date")) == before
        assert not CalendarYear.objects.filter(year=YEAR).exists()

    def test_a_day_taken_between_preview_and_confirmation_is_refused_whole(self, administrator):
        lines = "2030-12-31,放假,元旦\n" + LINES
        page = administrator.post(reverse("calendar_edit") + f"?year={YEAR}", {"lines": lines, "source": "演示"})
        assert page.status_code == 200
        calendar.import_years(
            [{"year": 2030, "source": "演示", "holidays": [{"date": date(2030, 12, 31), "name": "元旦"}]}],
            now=county.NOW,
        )
        answer = administrator.post(reverse("calendar_edit"), {"confirmed": confirmed(page.content.decode())})
        assert answer.status_code == 422
        assert not CalendarYear.objects.filter(year=YEAR).exists()

    @pytest.mark.parametrize("form", ["lines", "file"])
    def test_a_year_without_its_notice_is_refused(self, administrator, form):
        given = {"lines": LINES} if form == "lines" else {"file": SimpleUploadedFile("y.csv", LINES.encode())}
        answer = administrator.post(reverse("calendar_edit") + f"?year={YEAR}", given | {"source": " "})
        assert answer.status_code == 422
        assert "请写明 2031 年工作日的来源" in answer.content.decode()
        assert not CalendarYear.objects.filter(year=YEAR).exists()

    def test_the_preview_names_holidays_that_no_day_is_named_after(self, administrator):
        address = reverse("calendar_edit") + f"?year={YEAR}"
        text = administrator.post(address, {"lines": LINES, "source": "演示"}).content.decode()
        assert "没有标注春节、清明节、端午节、中秋节的日期" in text
        for year in calendar.shipped_years():
            assert set(calendar_files.unnamed(year)) <= {"中秋节"}, year["year"]

    def test_a_preview_of_somebody_else_making_is_not_stored(self, administrator):
        administrator.post(reverse("calendar_edit"), {"confirmed": "made-up"})
        assert not CalendarYear.objects.filter(year=YEAR).exists()


class TestLadder:
    FORM = {
        "title": "演示阶梯",
        "basis": ["due", "due", "due"],
        "days": ["-2", "1", ""],
        "audience": ["assignees", "own_head", "assignees"],
        "mark": ["", "escalation", ""],
    }

    def test_a_simulation_says_who_gets_what_and_stores_nothing(self, administrator, world, toy):
        case = county.toy_case(world, toy, due_on=timezone.localdate() + timedelta(days=40))
        page = administrator.post(reverse("ladder_edit", args=["fill"]), self.FORM | {"simulate": "1"})
        text = page.content.decode()
        assert page.status_code == 200
        assert case.number in text
        assert "演示办公室本级" in text
        assert Ladder.objects.filter(task_kind="fill").count() == 1

    def test_storing_makes_a_version_in_force_and_open_tasks_keep_theirs(self, administrator, world, toy):
        case = county.toy_case(world, toy)
        old = Task.objects.get(case=case).ladder_id
        assert administrator.post(reverse("ladder_edit", args=["fill"]), self.FORM | {"save": "1"}).status_code == 302
        new = Ladder.objects.get(pk=ladders.id_for("fill"))
        assert (new.version, new.title) == (2, "演示阶梯")
        assert [(r.days, r.is_escalation) for r in ladders.rungs_of(new.pk)] == [(-2, False), (1, True)]
        assert Task.objects.get(case=case).ladder_id == old

    @pytest.mark.parametrize(
        "wrong",
        [
            {"days": ["", "", ""]},
            {"days": ["1", "1", ""], "audience": ["own_head", "own_head", "assignees"]},
            {"days": ["x", "1", ""]},
            {"days": ["900", "1", ""]},
            {"audience": ["everybody", "own_head", "assignees"]},
        ],
    )
    def test_a_ladder_that_makes_no_sense_is_refused(self, administrator, wrong):
        form = self.FORM | wrong | {"save": "1"}
        assert administrator.post(reverse("ladder_edit", args=["fill"]), form).status_code == 422
        assert Ladder.objects.filter(task_kind="fill").count() == 1


class TestRound:
    def dates(self, world, **changes):
        stood = {row.milestone: row.date for row in RoundDate.objects.filter(round=world.round)}
        future = {name: timezone.localdate() + timedelta(days=20 + 5 * n) for n, name in enumerate(stood)}
        return {name: day.isoformat() for name, day in (future | changes).items() if day}

    def test_dates_are_stored_together_and_open_deadlines_move(self, world, toy):
        case = county.toy_case(world, toy)
        assert Task.objects.get(case=case).budget_days is None
        client, form = client_of(world.performance_reviewer), self.dates(world)
        page = client.post(reverse("round_edit", args=[world.round.pk]), form)
        assert case.number in page.content.decode()
        assert client.post(reverse("round_edit", args=[world.round.pk]), form | {"save": "1"}).status_code == 302
        wanted = date.fromisoformat(form["unit_submission"])
        assert deadlines.due_day(Task.objects.get(case=case).due_at) == wanted
        assert Event.objects.filter(case=case, action="move_deadline").count() == 1

    @pytest.mark.parametrize("wrong", [{"department_review": date(2099, 1, 1)}, {"unit_submission": date(2020, 1, 1)}])
    def test_dates_that_cross_or_are_over_are_refused_whole(self, world, wrong):
        before = list(RoundDate.objects.order_by("pk").values())
        client = client_of(world.performance_reviewer)
        form = self.dates(world, **wrong) | {"save": "1"}
        answer = client.post(reverse("round_edit", args=[world.round.pk]), form)
        assert answer.status_code == 422
        assert list(RoundDate.objects.order_by("pk").values()) == before


class TestExtension:
    NOW = county.NOW

    def ask(self, world, toy, **changes):
        case = county.toy_case(world, toy, due_on=date(2026, 9, 11))
        task = Task.objects.get(case=case)
        given = {"by": world.editor, "until": date(2026, 9, 18), "reason": "主管出差", "now": self.NOW} | changes
        return task, extensions.ask(task_id=task.pk, **given)

    def test_granted_the_deadline_moves_and_the_rungs_fire_anew(self, world, toy):
        task, asked = self.ask(world, toy)
        Task.objects.filter(pk=task.pk).update(begun_at=None)
        late = deadlines.morning(date(2026, 9, 14))
        sweep(now=late)
        fired = RungFired.objects.filter(task=task, term=1).count()
        assert fired > 0
        extensions.answer(extension_id=asked.pk, by=world.business_reviewer, grant=True, words="同意", now=late)
        task.refresh_from_db()
        assert (task.term, deadlines.due_day(task.due_at)) == (2, date(2026, 9, 18))
        sweep(now=deadlines.morning(date(2026, 9, 18)))
        assert RungFired.objects.filter(task=task, term=2).exists()
        assert RungFired.objects.filter(task=task, term=1).count() == fired
        actions = Event.objects.filter(case=task.case_id).values_list("action", flat=True)
        assert {"ask_extension", "extend"} <= set(actions)
        assert list(record.verify()) == []

    def test_refused_the_deadline_stays_and_the_asker_hears_why(self, world, toy):
        task, asked = self.ask(world, toy)
        extensions.answer(extension_id=asked.pk, by=world.leader, grant=False, words="时间已够", now=self.NOW)
        assert Task.objects.get(pk=task.pk).due_at == task.due_at
        expand(now=self.NOW)
        told = Delivery.objects.filter(notice__kind="extension_refused", recipient=world.editor)
        assert "时间已够" in told.first().body

    def test_finance_is_told_of_the_request(self, world, toy):
        self.ask(world, toy)
        expand(now=self.NOW)
        assert Delivery.objects.filter(notice__kind="extension_asked", recipient=world.business_reviewer).exists()

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"until": date(2026, 9, 10)}, extensions.ExtensionRefused),
            ({"until": date(2020, 1, 1)}, extensions.ExtensionRefused),
            ({"reason": " "}, DetailMissing),
        ],
    )
    def test_a_request_that_makes_no_sense_is_refused(self, world, toy, changes, error):
        with pytest.raises(error):
            self.ask(world, toy, **changes)
        assert not Extension.objects.exists()

    def test_only_who_has_the_task_asks_once_and_only_finance_answers(self, world, toy):
        task, asked = self.ask(world, toy)
        with pytest.raises(extensions.ExtensionAsked):
            extensions.ask(task_id=task.pk, by=world.editor2, until=date(2026, 9, 20), reason="x", now=self.NOW)
        with pytest.raises(NotPermitted):
            extensions.ask(task_id=task.pk, by=world.reviewer, until=date(2026, 9, 20), reason="x", now=self.NOW)
        for person in (world.editor, world.head, world.school_reviewer):
            with pytest.raises(NotPermitted):
                extensions.answer(extension_id=asked.pk, by=person, grant=True, words="x", now=self.NOW)
        assert Task.objects.get(pk=task.pk).due_at == task.due_at
        extensions.answer(extension_id=asked.pk, by=world.leader, grant=True, words="", now=self.NOW)
        with pytest.raises(extensions.ExtensionAnswered):
            extensions.answer(extension_id=asked.pk, by=world.leader, grant=True, words="", now=self.NOW)

    def test_the_pages_ask_and_answer(self, world, toy):
        case = county.toy_case(world, toy, due_on=timezone.localdate() + timedelta(days=5))
        task = Task.objects.get(case=case)
        client = client_of(world.editor)
        until = timezone.localdate() + timedelta(days=9)
        assert client.get(reverse("extension_ask", args=[task.pk])).status_code == 200
        form = {"until": until.isoformat(), "reason": "补充<佐证>"}
        assert client.post(reverse("extension_ask", args=[task.pk]), form).status_code == 302
        asked = Extension.objects.get()
        assert client_of(world.teacher).get(reverse("extension_ask", args=[task.pk])).status_code == 404
        assert (
            client_of(world.editor).post(reverse("extension_answer", args=[asked.pk]), {"grant": "1"}).status_code
            == 404
        )
        finance = client_of(world.business_reviewer)
        assert "补充&lt;佐证&gt;" in finance.get(reverse("extensions")).content.decode()
        finance.post(reverse("extension_answer", args=[asked.pk]), {"grant": "1", "words": "同意"})
        assert deadlines.due_day(Task.objects.get(pk=task.pk).due_at) == until


def test_a_refused_ladder_keeps_what_was_typed(administrator):
    rows = {"basis": ["due", "due"], "days": ["-9", "-9"], "audience": ["assignees"] * 2, "mark": ["", ""]}
    answer = administrator.post(reverse("ladder_edit", args=["fill"]), {"title": "新的", "save": "1", **rows})
    assert answer.status_code == 422
    assert answer.content.decode().count('value="-9"') == 2
    assert Ladder.objects.filter(task_kind="fill").count() == 1


@pytest.mark.parametrize("text", ["明天", "2027-02-30", "20270101x"])
def test_a_date_that_is_none_gets_its_sentence_and_takes_no_date_away(world, text):
    before = list(RoundDate.objects.order_by("pk").values())
    given = {row.milestone: row.date.isoformat() for row in RoundDate.objects.all()} | {"release": text}
    address = reverse("round_edit", args=[world.round.pk])
    answer = client_of(world.performance_reviewer).post(address, given | {"save": "1"})
    assert answer.status_code == 422
    assert "不是日期" in answer.content.decode()
    assert list(RoundDate.objects.order_by("pk").values()) == before


def test_the_round_page_says_until_when_the_law_allows(world):
    RoundDate.objects.filter(milestone__in=("congress", "release")).delete()
    RoundDate.objects.create(round=world.round, milestone="congress", date=date(2027, 1, 20))
    RoundDate.objects.create(round=world.round, milestone="release", date=date(2027, 3, 1))
    text = client_of(world.performance_reviewer).get(reverse("round_edit", args=[world.round.pk])).content.decode()
    assert "晚于法定期限：最迟 2027-02-09（预算法第五十二条" in text
    assert "法定最迟 2027-03-16" in text


def test_a_deadline_that_hangs_on_an_unpublished_year_says_so_on_every_page(world, toy):
    case = county.toy_case(world, toy)
    client = client_of(world.editor)
    assert "暂定" not in client.get("/").content.decode()
    Task.objects.filter(case=case).update(due_is_provisional=True)
    for address in ("/", "/?tab=mine", f"/cases/{case.number}/history"):
        assert "暂定" in client.get(address).content.decode(), address


def test_what_is_counted_in_an_unpublished_year_says_so_wherever_it_is_told(world, toy):
    """On the board: who is told next; in the simulation: each day; in the record: the deadline that moved."""
    case = county.toy_case(world, toy)
    task = Task.objects.get(case=case)
    projecting.set_due(task, due_at=deadlines.day_end(date(2026, 12, 31)), now=county.NOW, is_new_term=True)
    rung = next(r for r in ladders.rungs_of(task.ladder_id) if r.is_escalation)
    at = deadlines.rung_time(rung, opened_at=task.opened_at, due_at=task.due_at)
    Task.objects.filter(pk=task.pk).update(next_rung_at=at)
    task.refresh_from_db()
    assert at.year == 2027
    assert call_list.told_next(task).endswith("（暂定）")
    told = simulation.simulate(task_kind="fill", rungs=[rung], now=county.NOW)
    assert [one.is_provisional for one in told] == [one.at.year == 2027 for one in told]
    assert any(one.is_provisional for one in told)
    Task.objects.filter(pk=task.pk).update(budget_days=90, due_is_provisional=False)
    assert projecting.reproject(now=county.NOW) == 1
    task.refresh_from_db()
    assert task.due_is_provisional
    assert "（暂定）" in Event.objects.filter(case=case, action="move_deadline").get().payload
