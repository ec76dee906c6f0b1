"""What the pages show of notices: one's own only, of visible cases only, at a constant number of queries."""

import json
from datetime import date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from notifications import queries
from notifications.expand import expand, settle
from notifications.models import Delivery, Notice, Status
from tests.world import NOW, act, group, person, toy_case, walk_to
from workflow import deadlines, orphans, record, sweeping
from workflow.machine import Action, Role
from workflow.models import Event, RungFired, User

DUE = date(2026, 9, 17)


def shanghai(text):
    """A time written as people in Shanghai write it."""
    return datetime.fromisoformat(text + ":00+08:00")


def fresh(user):
    """The person as a new request loads them."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def arrived(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    expand(now=NOW)
    return case


class TestOwnNotices:
    def test_they_are_shown_and_counted_until_read(self, world, arrived):
        (row,) = queries.notices_for(fresh(world.reviewer))
        assert row.notice.case == arrived
        assert str(row.kind_label) == "待您办理"
        assert row.is_handled is False
        assert queries.unread_count(fresh(world.reviewer)) == 1
        assert queries.mark_read(user=world.reviewer, now=NOW, deliveries=[row.pk]) == 1
        assert queries.unread_count(fresh(world.reviewer)) == 0
        assert queries.mark_read(user=world.reviewer, now=NOW) == 0

    def test_nobody_reads_for_somebody_else(self, world, arrived):
        (row,) = queries.notices_for(fresh(world.reviewer))
        assert queries.mark_read(user=world.editor, now=NOW, deliveries=[row.pk]) == 0
        assert Delivery.objects.get(pk=row.pk).read_at is None

    def test_they_clear_when_the_work_is_done_without_waiting_for_a_worker(self, world, arrived):
        act(arrived, Action.APPROVE, world.reviewer)
        assert queries.unread_count(fresh(world.head)) == 0
        assert queries.notices_for(fresh(world.head))[0].is_handled
        assert settle(now=NOW) == 2
        assert settle(now=NOW) == 0
        left = Delivery.objects.filter(notice__kind="arrived", handled_at__isnull=True)
        assert not left.filter(recipient=world.head).exists()

    def test_a_case_one_may_not_see_any_more_takes_its_notices_with_it(self, world, arrived):
        world.reviewer.groups.clear()
        assert queries.notices_for(fresh(world.reviewer)) == []
        assert queries.unread_count(fresh(world.reviewer)) == 0

    def test_they_are_grouped_by_case(self, world, toy, arrived):
        act(arrived, Action.RETURN, world.reviewer, reason="演示")
        act(arrived, Action.SUBMIT, world.editor)
        act(arrived, Action.RETURN, world.reviewer, reason="演示")
        expand(now=NOW)
        (group_,) = queries.by_case(queries.notices_for(fresh(world.editor)))
        assert group_.case == arrived
        assert len(group_.deliveries) == 2
        assert (group_.unread, group_.is_handled) == (1, False)

    @pytest.mark.parametrize("cases", [1, 12])
    def test_queries_do_not_grow_with_the_notices(self, world, toy, cases, django_assert_max_num_queries):
        for _ in range(cases):
            act(toy_case(world, toy), Action.SUBMIT, world.editor)
        expand(now=NOW)
        reviewer = fresh(world.reviewer)
        with django_assert_max_num_queries(2):
            rows = queries.notices_for(reviewer)
            assert [row.notice.case.unit.name for row in rows] == ["演示办公室本级"] * cases
        with django_assert_max_num_queries(1):
            queries.unread_count(reviewer)


class TestPrepared:
    @pytest.fixture
    def overdue(self, world, toy):
        world.performance_reviewer.groups.add(group(world.performance, Role.FINANCE_HEAD))
        case = toy_case(world, toy, due_on=DUE)
        sweeping.sweep(now=shanghai("2026-09-21T09:00"))
        expand(now=shanghai("2026-09-21T09:00"))
        return case

    def test_finance_sees_it_and_nobody_else(self, world, overdue):
        for name in ("business_reviewer", "performance_reviewer", "leader"):
            (text,) = queries.prepared_for(fresh(getattr(world, name)))
            assert text.notice.case == overdue
            assert text.recipients == (world.performance_reviewer,)
            assert "已逾期 3 个工作日" in text.body
        for name in ("editor", "head", "reviewer", "teacher", "auditor"):
            assert queries.prepared_for(fresh(getattr(world, name))) == []

    def test_the_group_text_has_a_line_for_each(self, world, overdue):
        text = queries.group_text(queries.prepared_for(fresh(world.business_reviewer)))
        assert text.count("\n") == 0
        assert overdue.number in text

    def test_it_is_gone_when_the_work_is_done(self, world, overdue):
        act(overdue, Action.SUBMIT, world.editor)
        assert queries.prepared_for(fresh(world.business_reviewer)) == []
        settle(now=NOW)
        assert Delivery.objects.filter(status=Status.DROPPED).count() == 1

    def test_it_costs_two_queries(self, world, overdue, django_assert_max_num_queries):
        reviewer = fresh(world.business_reviewer)
        with django_assert_max_num_queries(2):
            assert len(queries.prepared_for(reviewer)) == 1


class TestCommand:
    def run(self, capsys, *arguments):
        call_command("sweep", "--json", *arguments)
        return json.loads(capsys.readouterr().out)

    def test_it_sweeps_expands_and_delivers_at_the_time_given(self, mailed, toy, capsys, mailoutbox):
        toy_case(mailed, toy, due_on=DUE)
        answer = self.run(capsys, "--now", "2026-09-18T09:00")
        assert answer["now"] == "2026-09-18T09:00:00+08:00"
        assert answer["sweep"] == {"fired": 2, "silent": 2, "tasks": 1}
        assert answer["expand"] == {"notices": 2, "deliveries": 6, "failed": 0}
        assert answer["deliver"]["sent"] == len(mailoutbox) == 3
        assert {row.notice.kind for row in queries.notices_for(fresh(mailed.head))} == {"escalation"}

    def test_again_it_changes_nothing(self, world, toy, capsys):
        toy_case(world, toy, due_on=DUE)
        self.run(capsys, "--now", "2026-09-18T09:00")
        before = list(Notice.objects.values()), list(Delivery.objects.values()), list(RungFired.objects.values())
        answer = self.run(capsys, "--now", "2026-09-18T09:00")
        assert {number for counts in answer.values() if isinstance(counts, dict) for number in counts.values()} == {0}
        after = list(Notice.objects.values()), list(Delivery.objects.values()), list(RungFired.objects.values())
        assert after == before

    def test_a_made_up_time_never_enters_the_record(self, world, toy, capsys):
        start = datetime(2020, 1, 6, 2, 0, tzinfo=NOW.tzinfo)
        toy_case(world, toy, due_on=date(2020, 1, 10), now=start)
        self.run(capsys, "--now", "2099-01-05T09:00")
        event = Event.objects.filter(action=Action.ESCALATE).first()
        assert abs(event.at - deadlines.database_now()).total_seconds() < 60
        assert list(record.verify()) == []

    def test_without_a_time_it_is_now(self, world, capsys):
        answer = self.run(capsys)
        assert abs(datetime.fromisoformat(answer["now"]) - deadlines.database_now()).total_seconds() < 60

    def test_a_bare_date_is_its_morning(self, world, capsys):
        assert self.run(capsys, "--now", "2026-09-18")["now"] == "2026-09-18T01:00:00+00:00"

    @pytest.mark.parametrize("text", ["tomorrow", "2026-13-40T09:00"])
    def test_what_is_no_time_is_refused_and_nothing_fires(self, world, toy, text):
        toy_case(world, toy, due_on=DUE)
        with pytest.raises(CommandError, match="is no time"):
            call_command("sweep", "--now", text)
        assert not RungFired.objects.exists()

    def test_it_also_speaks_plainly(self, world, capsys):
        call_command("sweep")
        assert "sweep: 0 fired, 0 silent, 0 tasks" in capsys.readouterr().out


class TestOutside:
    """Who administers and has no business right is told that a post is empty, and nothing of any case."""

    @pytest.fixture
    def admin(self, world):
        return person("admin", administers="system")

    def test_an_administrator_hears_of_an_empty_post_and_of_no_case(self, world, toy, admin):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        world.business_reviewer.groups.clear()
        orphans.notice_tasks(now=NOW)
        expand(now=NOW)
        (row,) = queries.notices_for(fresh(admin))
        assert "演示业务股" in row.body
        for secret in (case.title, case.number, case.unit.name):
            assert secret not in row.subject + row.body
        assert queries.unread_count(fresh(admin)) == 1
        client = Client()
        client.force_login(admin)
        page = client.get(reverse("notices")).content.decode()
        assert "演示业务股" in page
        for secret in (case.title, case.number, case.unit.name):
            assert secret not in page

    def test_words_written_while_they_saw_it_are_not_shown_later(self, world, toy, admin):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        admin.groups.add(group(world.performance, Role.FINANCE_REVIEWER))
        world.business_reviewer.groups.clear()
        orphans.notice_tasks(now=NOW)
        expand(now=NOW)
        assert case.title in queries.notices_for(fresh(admin))[0].body
        admin.groups.clear()
        (row,) = queries.notices_for(fresh(admin))
        assert case.title not in row.subject + row.body

    def test_nobody_else_is_told_of_what_they_may_not_see(self, world, toy):
        walk_to(toy_case(world, toy), world, "finance_review")
        world.business_reviewer.groups.clear()
        orphans.notice_tasks(now=NOW)
        expand(now=NOW)
        told = set(Delivery.objects.filter(notice__kind="nobody_there").values_list("recipient__username", flat=True))
        assert told == {"performance_reviewer"}
        assert queries.notices_for(fresh(world.school_reviewer)) == []
