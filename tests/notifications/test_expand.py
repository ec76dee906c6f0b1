"""Who hears of what: one notice a transition, recipients as they are when it is expanded."""

from datetime import date, datetime, timedelta

import pytest

from notifications import queries
from notifications.expand import ExpandResult, expand
from notifications.models import Channel, Delivery, Notice, Preference, Status
from tests.world import NOW, act, group, person, toy_case, walk_to
from workflow import engine, sweeping
from workflow.machine import Action, Kind, Role
from workflow.models import Task, User
from workflow.signals import announced

DUE = date(2026, 9, 17)


def shanghai(text):
    """A time written as people in Shanghai write it."""
    return datetime.fromisoformat(text + ":00+08:00")


def told(kind=None):
    """Who was told on the page: {(kind, username)}."""
    rows = Delivery.objects.filter(channel=Channel.IN_APP).exclude(status=Status.PREPARED)
    return {(k, u) for k, u in rows.values_list("notice__kind", "recipient__username") if kind in (None, k)}


def fresh(user):
    """The person as a new request loads them."""
    return User.objects.get(pk=user.pk)


class TestTransitions:
    def test_a_submission_tells_the_next_desk_on_the_page_only(self, mailed, toy):
        act(toy_case(mailed, toy), Action.SUBMIT, mailed.editor)
        assert Notice.objects.count() == 1
        assert expand(now=NOW).notices == 1
        assert told() == {("arrived", "head"), ("arrived", "reviewer")}
        assert not Delivery.objects.filter(channel=Channel.EMAIL).exists()
        body = Delivery.objects.first().body
        assert "演示项目" in body
        assert "演示办公室本级" in body

    def test_an_approval_tells_the_next_desk(self, world, toy):
        walk_to(toy_case(world, toy), world, "finance_review")
        expand(now=NOW)
        assert ("arrived", "business_reviewer") in told()
        assert ("approved", "editor") not in told()

    def test_a_desk_that_is_already_empty_is_not_told(self, world, toy):
        walk_to(toy_case(world, toy), world, "performance")
        expand(now=NOW)
        assert told() == {("arrived", "performance_reviewer")}

    def test_a_return_tells_the_units_editors_the_words_and_the_phone(self, world, toy):
        type(world.office).objects.filter(pk=world.office.pk).update(phone="0952-0000001")
        case = walk_to(toy_case(world, toy), world, "department_review")
        act(case, Action.RETURN, world.reviewer, reason="成本合计与资金不一致")
        expand(now=NOW)
        assert told("returned") == {("returned", "editor"), ("returned", "editor2")}
        body = Delivery.objects.filter(notice__kind="returned").first().body
        assert "成本合计与资金不一致" in body
        assert "0952-0000001" in body
        assert "演示办公室" in body
        assert "演示业务股" not in body, "the unit calls the desk that returned it"
        assert "2026年9月10日" in body

    def test_a_release_tells_the_unit_the_document_number(self, world, toy):
        walk_to(toy_case(world, toy), world, "approved")
        expand(now=NOW)
        assert told("released") == {("released", "editor"), ("released", "editor2"), ("released", "head")}
        assert "演示〔2027〕1号" in Delivery.objects.filter(notice__kind="released").first().body

    def test_an_opened_report_tells_the_units_editors(self, world, toy):
        engine.start(kind=Kind.REPORT, unit=world.own, title="演示项目", fiscal_year=2027, profile="nx_2022", by=None,
                     key="k", now=NOW, due_on=DUE)  # fmt: skip
        expand(now=NOW)
        assert told() == {("monitoring_opened", "editor"), ("monitoring_opened", "editor2")}

    def test_opening_and_recalling_tell_nobody(self, world, toy):
        case = toy_case(world, toy)
        assert not Notice.objects.exists()
        act(case, Action.SUBMIT, world.editor)
        act(case, Action.RECALL, world.editor2)
        expand(now=NOW)
        assert told() == set()

    def test_a_refused_action_leaves_no_notice(self, world, toy):
        case = toy_case(world, toy)
        with pytest.raises(engine.Stale if hasattr(engine, "Stale") else Exception):
            act(case, Action.SUBMIT, world.editor, seen=engine.Seen(99, ""))
        assert not Notice.objects.exists()

    def test_the_notice_is_written_with_the_event_and_costs_no_statement(self, world, toy, django_assert_num_queries):
        from notifications import receivers
        from workflow.models import Case, Event

        case = walk_to(toy_case(world, toy), world, "department_review")
        event = Event.objects.filter(case=case, action=Action.SUBMIT).get()
        Notice.objects.all().delete()
        tasks = list(Task.objects.filter(case=case, status="open"))
        with django_assert_num_queries(0):
            given = receivers.note_transition(
                Case, case=case, event=event, by=world.editor, opened=tasks, closed=[], now=NOW
            )
        assert [(notice.kind, notice.event, notice.task) for notice in given] == [("arrived", event, tasks[0])]
        assert not Notice.objects.exists()
        act(case, Action.APPROVE, world.reviewer)
        written = Notice.objects.get()
        assert written.event == Event.objects.filter(case=case, action=Action.APPROVE).get()
        assert written.task == Task.objects.filter(case=case, status="open").order_by("pk").first()

    def test_an_announcement_of_a_document_room_is_told(self, world, toy):
        case = toy_case(world, toy)
        announced.send(sender=None, case=case, kind="approved", by=world.editor, now=NOW, facts={})
        expand(now=NOW)
        assert told() == {("approved", "editor2"), ("approved", "head")}

    def test_an_announcement_nobody_declared_is_an_error(self, world, toy):
        with pytest.raises(KeyError):
            announced.send(sender=None, case=toy_case(world, toy), kind="gossip", by=None, now=NOW, facts={})


class TestRecipients:
    def test_who_did_it_is_not_told(self, world, toy):
        world.reviewer.groups.add(group(world.own, Role.EDITOR))
        case = walk_to(toy_case(world, toy), world, "department_review")
        act(case, Action.RETURN, world.reviewer, reason="演示")
        expand(now=NOW)
        assert ("returned", "reviewer") not in told()

    def test_an_inactive_person_is_not_told(self, world, toy):
        act(toy_case(world, toy), Action.SUBMIT, world.editor)
        User.objects.filter(pk=world.head.pk).update(is_active=False)
        expand(now=NOW)
        assert told() == {("arrived", "reviewer")}

    def test_whoever_took_over_meanwhile_is_told_instead(self, world, toy):
        act(toy_case(world, toy), Action.SUBMIT, world.editor)
        world.reviewer.groups.clear()
        person("newcomer", (world.office, Role.DEPARTMENT_REVIEWER))
        expand(now=NOW)
        assert told() == {("arrived", "head"), ("arrived", "newcomer")}

    def test_the_submitter_who_left_the_unit_may_not_see_it_and_is_not_told(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "department_review")
        world.editor.groups.clear()
        act(case, Action.RETURN, world.reviewer, reason="演示")
        expand(now=NOW)
        assert told("returned") == {("returned", "editor2")}

    def test_a_second_expansion_changes_nothing(self, world, toy):
        act(toy_case(world, toy), Action.SUBMIT, world.editor)
        expand(now=NOW)
        before = list(Delivery.objects.values())
        assert expand(now=NOW) == ExpandResult()
        assert list(Delivery.objects.values()) == before

    def test_a_lost_mark_of_expansion_tells_nobody_twice(self, world, toy):
        act(toy_case(world, toy), Action.SUBMIT, world.editor)
        expand(now=NOW)
        count = Delivery.objects.count()
        Notice.objects.update(expanded_at=None)
        expand(now=NOW)
        assert Delivery.objects.count() == count

    def test_a_preference_switches_a_channel_off(self, mailed, toy):
        queries.set_preference(user=mailed.editor2, channel="email", kind="returned", enabled=False)
        case = walk_to(toy_case(mailed, toy), mailed, "department_review")
        act(case, Action.RETURN, mailed.reviewer, reason="演示")
        expand(now=NOW)
        mailed_to = Delivery.objects.filter(channel=Channel.EMAIL).values_list("recipient__username", flat=True)
        assert list(mailed_to) == ["editor"]
        assert ("returned", "editor2") in told()

    def test_a_preference_for_an_unknown_kind_is_an_error(self, world):
        with pytest.raises(KeyError):
            queries.set_preference(user=world.editor, channel="email", kind="gossip", enabled=False)
        assert not Preference.objects.exists()

    def test_without_a_mail_server_nothing_waits_to_be_mailed(self, mailed, toy, settings):
        settings.EMAIL_ENABLED = False
        case = walk_to(toy_case(mailed, toy), mailed, "department_review")
        act(case, Action.RETURN, mailed.reviewer, reason="演示")
        expand(now=NOW)
        assert not Delivery.objects.filter(channel=Channel.EMAIL).exists()

    def test_a_notice_that_cannot_be_expanded_is_put_off_and_keeps_nobody_waiting(self, world, toy, caplog):
        act(toy_case(world, toy), Action.SUBMIT, world.editor)
        Notice.objects.create(kind="gossip", case_id=Notice.objects.get().case_id, created_at=NOW)
        assert expand(now=NOW) == ExpandResult(notices=1, deliveries=2, failed=1)
        stuck = Notice.objects.get(kind="gossip")
        assert stuck.attempts == 1
        assert "gossip" in stuck.last_error
        assert expand(now=NOW + timedelta(minutes=1)) == ExpandResult()
        assert expand(now=NOW + timedelta(minutes=6)).failed == 1


class TestRungs:
    def fire(self, world, toy, moment, **columns):
        case = toy_case(world, toy, due_on=DUE, **columns)
        sweeping.sweep(now=shanghai(moment))
        expand(now=shanghai(moment))
        return case

    def test_a_reminder_goes_to_the_editors(self, world, toy):
        self.fire(world, toy, "2026-09-16T09:00")
        assert told() == {("reminder", "editor"), ("reminder", "editor2")}
        assert "剩 1 个工作日" in Delivery.objects.first().subject

    def test_a_newer_reminder_takes_the_place_of_the_older(self, world, toy):
        self.fire(world, toy, "2026-09-14T09:00")
        sweeping.sweep(now=shanghai("2026-09-16T09:00"))
        expand(now=shanghai("2026-09-16T09:00"))
        assert queries.unread_count(fresh(world.editor)) == 1
        assert len(queries.notices_for(fresh(world.editor))) == 2

    def test_a_reminder_whose_task_is_done_by_now_tells_nobody(self, world, toy):
        case = toy_case(world, toy, due_on=DUE)
        sweeping.sweep(now=shanghai("2026-09-14T09:00"))
        act(case, Action.SUBMIT, world.editor)
        expand(now=shanghai("2026-09-14T09:01"))
        assert told("reminder") == set()

    @pytest.mark.parametrize(
        ("moment", "who"),
        [("2026-09-18T09:00", {"head"}), ("2026-09-20T09:00", {"head", "business_reviewer"})],
    )
    def test_an_escalation_climbs_the_ladder(self, world, toy, moment, who):
        self.fire(world, toy, moment)
        assert {name for _kind, name in told("escalation")} == who
        assert "已逾期" in Delivery.objects.filter(notice__kind="escalation").first().subject

    def test_above_the_setting_a_text_is_prepared_and_nobody_is_told(self, world, toy):
        boss = person("performance_head", (world.performance, Role.FINANCE_HEAD))
        self.fire(world, toy, "2026-09-21T09:00")
        row = Delivery.objects.get(status=Status.PREPARED)
        assert row.recipient == boss
        assert "演示办公室本级" in row.body
        assert queries.notices_for(boss) == []

    def test_with_a_higher_setting_it_is_sent(self, world, toy, settings):
        settings.AUTO_SEND_UP_TO = "bureau_head"
        person("performance_head", (world.performance, Role.FINANCE_HEAD))
        self.fire(world, toy, "2026-09-21T09:00")
        assert ("escalation", "performance_head") in told()

    def test_a_small_performance_division_hears_of_it_itself(self, world, toy):
        self.fire(world, toy, "2026-09-21T09:00")
        assert Delivery.objects.get(status=Status.PREPARED).recipient == world.performance_reviewer

    def test_an_overdue_review_goes_to_the_reviewers_own_head(self, world, toy):
        chief = person("chief", (world.business, Role.FINANCE_HEAD))
        case = walk_to(toy_case(world, toy, due_on=DUE), world, "finance_review")
        due = Task.objects.get(case=case, status="open").due_at
        sweeping.sweep(now=due + timedelta(days=3))
        expand(now=due + timedelta(days=3))
        assert told("escalation") == {("escalation", chief.username)}

    def test_without_a_head_of_the_division_the_bureau_hears_of_it(self, world, toy):
        case = walk_to(toy_case(world, toy, due_on=DUE), world, "finance_review")
        due = Task.objects.get(case=case, status="open").due_at
        sweeping.sweep(now=due + timedelta(days=3))
        expand(now=due + timedelta(days=3))
        assert told("escalation") == {("escalation", "leader")}

    def test_a_unit_without_a_head_is_reported_to_its_department(self, world, toy):
        world.head.groups.clear()
        person("director", (world.office, Role.DEPARTMENT_HEAD))
        self.fire(world, toy, "2026-09-18T09:00")
        assert told("escalation") == {("escalation", "director")}


class TestEarlierSigners:
    def test_who_signed_hears_that_a_later_step_has_returned_to_the_unit(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "performance")
        act(case, Action.RETURN, world.performance_reviewer, reason="指标与资金不一致")
        expand(now=NOW)
        assert told("returned_after_you") == {
            ("returned_after_you", "reviewer"),
            ("returned_after_you", "business_reviewer"),
        }
        assert told("returned") == {("returned", "editor"), ("returned", "editor2")}
        assert "指标与资金不一致" in Delivery.objects.filter(notice__kind="returned_after_you").first().body
        assert not Delivery.objects.filter(notice__kind="returned_after_you", channel=Channel.EMAIL).exists()

    def test_a_return_to_a_step_tells_only_those_past_whom_it_went(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "performance")
        act(case, Action.RETURN, world.performance_reviewer, reason="请再核", to="business")
        expand(now=NOW)
        assert told("returned_after_you") == set(), "the department's signature stands, the division has it again"
        assert ("arrived", "business_reviewer") in told()

    def test_a_rejection_tells_them_too_and_an_approval_taken_back_does_not_count(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "finance_review")
        act(case, Action.UNDO_APPROVAL, world.reviewer, reason="看错了")
        act(case, Action.APPROVE, world.head)
        act(case, Action.REJECT, world.business_reviewer, reason="不属于本级事权")
        expand(now=NOW)
        assert told("rejected_after_you") == {("rejected_after_you", "head")}
        assert "不属于本级事权" in Delivery.objects.get(notice__kind="rejected_after_you").body

    def test_the_first_step_returns_and_nobody_has_signed(self, world, toy):
        case = walk_to(toy_case(world, toy), world, "department_review")
        act(case, Action.RETURN, world.reviewer, reason="请补充")
        expand(now=NOW)
        assert told("returned_after_you") == set()
