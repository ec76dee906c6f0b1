"""Mails leave once, in one message a person and day where they are about what is due, and never get lost unseen."""

import smtplib
from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import delivery, queries, tasks
from notifications.channels import email
from notifications.delivery import DeliverResult, deliver
from notifications.expand import expand
from notifications.models import Channel, Delivery, Digest, Status
from tests.world import NOW, act, person, toy_case, walk_to
from workflow import sweeping
from workflow.machine import Action, Role
from workflow.models import User

DUE = date(2026, 9, 17)


def shanghai(text):
    """A time written as people in Shanghai write it."""
    return datetime.fromisoformat(text + ":00+08:00")


def mails():
    """What left: {recipient: subject}; each recipient is expected once."""
    assert len({m.to[0] for m in mail.outbox}) == len(mail.outbox)
    return {m.to[0].split("@")[0]: m for m in mail.outbox}


@pytest.fixture
def returned(mailed, toy):
    """A table that was returned to two editors, expanded and not yet mailed."""
    case = walk_to(toy_case(mailed, toy), mailed, "department_review")
    act(case, Action.RETURN, mailed.reviewer, reason="成本合计与资金不一致")
    expand(now=NOW)
    return case


@pytest.fixture
def failing(monkeypatch):
    """A mail server that answers with the error that is put in; None: it takes everything."""
    answer = {"error": None}
    real = email.EmailMultiAlternatives.send

    def send(self, *args, **kwargs):
        if answer["error"]:
            raise answer["error"]
        return real(self, *args, **kwargs)

    monkeypatch.setattr(email.EmailMultiAlternatives, "send", send)
    return answer


def pending():
    return Delivery.objects.filter(channel=Channel.EMAIL)


class TestSingles:
    def test_a_return_is_mailed_to_each_editor_with_words_and_link(self, returned):
        assert deliver(now=NOW) == DeliverResult(sent=2)
        assert set(mails()) == {"editor", "editor2"}
        message = mails()["editor"]
        assert message.subject == "退回修改：演示项目"
        assert "成本合计与资金不一致" in message.body
        assert f"/toy/{returned.number}" in message.body
        html, kind = message.alternatives[0]
        assert kind == "text/html"
        assert "成本合计与资金不一致" in html

    def test_what_was_sent_is_kept_with_its_message_id(self, returned):
        deliver(now=NOW)
        row = pending().order_by("pk").first()
        assert (row.status, row.sent_at, row.lease_until) == (Status.SENT, NOW, None)
        assert row.message_id == mail.outbox[0].extra_headers["Message-ID"]
        assert f"delivery-{row.pk}" in row.message_id
        assert row.subject == "退回修改：演示项目"

    def test_a_second_run_sends_nothing(self, returned):
        deliver(now=NOW)
        assert deliver(now=NOW + timedelta(minutes=1)) == DeliverResult()
        assert len(mail.outbox) == 2

    def test_what_somebody_else_is_sending_is_left_to_them_until_their_lease_ends(self, returned):
        pending().update(lease_until=NOW + timedelta(minutes=5))
        assert deliver(now=NOW) == DeliverResult()
        assert deliver(now=NOW + timedelta(minutes=5)).sent == 2

    def test_a_word_of_the_reviewer_cannot_become_a_header_or_markup(self, mailed, toy):
        case = walk_to(toy_case(mailed, toy), mailed, "department_review")
        type(case).objects.filter(pk=case.pk).update(title="演示\nBcc: x@example.org")
        act(case, Action.RETURN, mailed.reviewer, reason="<script>alert(1)</script>")
        expand(now=NOW)
        deliver(now=NOW)
        message = mails()["editor"]
        assert message.subject == "退回修改：演示 Bcc: x@example.org"
        assert "<script>" in message.body
        assert "<script>" not in message.alternatives[0][0]

    def test_who_left_before_the_mail_went_gets_none(self, returned):
        User.objects.filter(username="editor").update(is_active=False)
        assert deliver(now=NOW) == DeliverResult(sent=1, dropped=1)
        assert set(mails()) == {"editor2"}

    def test_the_rate_is_bounded(self, returned):
        assert deliver(now=NOW, limit=1).sent == 1
        assert deliver(now=NOW, limit=1).sent == 1
        assert deliver(now=NOW, limit=1).sent == 0


def test_one_turn_of_the_job_sends_more_than_one_call_takes(mailed, toy, monkeypatch):
    monkeypatch.setattr(delivery.deliver, "__kwdefaults__", {"limit": 1})
    case = walk_to(toy_case(mailed, toy), mailed, "department_review")
    act(case, Action.RETURN, mailed.reviewer, reason="演示")
    expand(now=NOW)
    tasks.deliver.run()
    assert set(mails()) == {"editor", "editor2"}


@pytest.mark.parametrize(("on", "says"), [("", "批复文号：演示〔2027〕1号。"), ("2027-02-01", "2027-02-01")])
def test_a_release_names_its_document_with_or_without_a_date(mailed, toy, on, says):
    case = walk_to(toy_case(mailed, toy), mailed, "release")
    details = {"document_number": "演示〔2027〕1号"} | ({"document_date": on} if on else {})
    act(case, Action.RELEASE, mailed.leader, **details)
    expand(now=NOW)
    deliver(now=NOW)
    body = next(m.body for m in mail.outbox if "已批复" in m.subject or "批复" in m.body)
    assert says in body
    assert "，。" not in body


class TestFailures:
    def test_a_silent_server_is_asked_again_after_1_5_15_60_minutes(self, returned, failing):
        failing["error"] = OSError("no route")
        waits, moment = [], NOW
        for _attempt in range(6):
            assert deliver(now=moment).put_off == 2
            assert deliver(now=moment) == DeliverResult()
            later = pending().first().available_at
            waits.append((later - moment) // timedelta(minutes=1))
            moment = later
        assert waits == [1, 5, 15, 60, 60, 60]
        failing["error"] = None
        assert deliver(now=moment).sent == 2
        assert pending().first().last_error == ""

    def test_after_a_day_it_is_an_incident_that_a_person_can_retry(self, returned, failing):
        failing["error"] = smtplib.SMTPServerDisconnected("gone")
        assert deliver(now=NOW).put_off == 2
        assert deliver(now=NOW + timedelta(hours=24)).given_up == 2
        stuck = queries.incidents()
        assert {row.status for row in stuck} == {Status.INCIDENT}
        assert "gone" in stuck[0].last_error
        failing["error"] = None
        assert deliver(now=NOW + timedelta(hours=25)) == DeliverResult()
        assert delivery.retry(delivery_id=stuck[0].pk, now=NOW + timedelta(hours=26)) == 1
        assert deliver(now=NOW + timedelta(hours=26)).sent == 1

    @pytest.mark.parametrize(
        "error",
        [
            smtplib.SMTPRecipientsRefused({"editor@example.org": (550, b"no such user")}),
            smtplib.SMTPDataError(554, b"refused"),
        ],
    )
    def test_a_final_refusal_is_not_asked_again(self, returned, failing, error):
        failing["error"] = error
        assert deliver(now=NOW).given_up == 2
        assert {row.status for row in pending()} == {Status.FAILED}
        assert deliver(now=NOW + timedelta(days=2)) == DeliverResult()

    @pytest.mark.parametrize(
        "error",
        [
            smtplib.SMTPRecipientsRefused({"editor@example.org": (451, b"try later")}),
            smtplib.SMTPAuthenticationError(535, b"wrong password"),
            TimeoutError("timed out"),
        ],
    )
    def test_a_passing_refusal_is_asked_again(self, returned, failing, error):
        failing["error"] = error
        assert deliver(now=NOW).put_off == 2
        assert {row.status for row in pending()} == {Status.PENDING}

    def test_retrying_what_is_not_stuck_changes_nothing(self, returned):
        deliver(now=NOW)
        row = pending().first()
        assert delivery.retry(delivery_id=row.pk, now=NOW) == 0
        assert Delivery.objects.get(pk=row.pk).status == Status.SENT


class TestDigests:
    def three_tables(self, mailed, toy):
        return [toy_case(mailed, toy, due_on=DUE) for _ in range(3)]

    def run(self, moment):
        now = shanghai(moment)
        sweeping.sweep(now=now)
        expand(now=now)
        return deliver(now=now)

    def test_everything_due_is_one_message_a_person(self, mailed, toy):
        self.three_tables(mailed, toy)
        assert self.run("2026-09-16T09:00").sent == 2
        message = mails()["editor"]
        assert message.subject == "您有 3 张表待办理"
        assert message.body.count("剩 1 个工作日") == 3
        assert pending().filter(status=Status.SENT).count() == 6
        assert Digest.objects.count() == 2

    def test_a_second_reminder_of_the_day_waits_for_the_next_working_morning(self, mailed, toy):
        self.three_tables(mailed, toy)
        self.run("2026-09-16T09:00")
        toy_case(mailed, toy, due_on=date(2026, 9, 18), now=shanghai("2026-09-16T08:00"))
        mail.outbox.clear()
        sweeping.sweep(now=shanghai("2026-09-16T09:30"))
        Delivery.objects.filter(status=Status.SENT, channel=Channel.EMAIL).update(status=Status.PENDING, sent_at=None)
        assert deliver(now=shanghai("2026-09-16T10:00")).sent == 0
        assert mail.outbox == []
        assert {row.available_at for row in pending()} == {shanghai("2026-09-17T09:00")}
        mail.outbox.clear()
        assert self.run("2026-09-17T09:00").sent == 2

    def test_it_waits_until_everything_due_is_known(self, mailed, toy):
        self.three_tables(mailed, toy)
        now = shanghai("2026-09-16T09:00")
        sweeping.sweep(now=now)
        expand(now=now, limit=1)
        assert deliver(now=now) == DeliverResult()
        expand(now=now)
        assert deliver(now=now).sent == 2

    def test_while_somebody_else_sends_it_what_is_new_waits(self, mailed, toy):
        self.three_tables(mailed, toy)
        now = shanghai("2026-09-16T09:00")
        sweeping.sweep(now=now)
        expand(now=now)
        editor = pending().filter(recipient__username="editor")
        editor.filter(pk=editor.first().pk).update(lease_until=now + timedelta(minutes=5))
        assert deliver(now=now).sent == 1
        assert set(mails()) == {"editor2"}
        assert deliver(now=now + timedelta(minutes=5)).sent == 1
        assert mails()["editor"].subject == "您有 3 张表待办理"

    def test_after_an_outage_that_ends_on_a_free_day_it_waits_for_the_next_working_day(self, mailed, toy):
        toy_case(mailed, toy, due_on=date(2026, 9, 10))
        assert self.run("2026-09-12T10:00").sent == 0
        assert {row.subject for row in queries.notices_for(mailed.editor)} != set()
        assert self.run("2026-09-14T09:00").sent > 0
        assert mails()["editor"].subject == "您有 1 张表待办理"

    def test_but_not_for_ever(self, mailed, toy):
        self.three_tables(mailed, toy)
        now = shanghai("2026-09-16T09:00")
        sweeping.sweep(now=now)
        expand(now=now, limit=1)
        assert deliver(now=now + timedelta(minutes=9)) == DeliverResult()
        assert deliver(now=now + timedelta(minutes=10)).sent == 2

    def test_what_is_done_before_it_goes_is_left_out(self, mailed, toy):
        cases = self.three_tables(mailed, toy)
        now = shanghai("2026-09-16T09:00")
        sweeping.sweep(now=now)
        expand(now=now)
        act(cases[0], Action.SUBMIT, mailed.editor, now=now)
        expand(now=now)
        deliver(now=now)
        assert mails()["editor"].subject == "您有 2 张表待办理"

    def test_nothing_left_to_do_is_silence(self, mailed, toy):
        case = toy_case(mailed, toy, due_on=DUE)
        now = shanghai("2026-09-16T09:00")
        sweeping.sweep(now=now)
        expand(now=now)
        act(case, Action.SUBMIT, mailed.editor, now=now)
        expand(now=now)
        deliver(now=now)
        assert mail.outbox == []

    def test_a_prepared_text_is_mailed_only_after_a_person_sent_it(self, mailed, toy):
        boss = person("performance_head", (mailed.performance, Role.FINANCE_HEAD), email="boss@example.org")
        toy_case(mailed, toy, due_on=DUE)
        self.run("2026-09-21T09:00")
        assert "boss" not in mails()
        (prepared,) = queries.prepared_for(mailed.business_reviewer)
        released = delivery.release_prepared(
            notice=prepared.notice, by=mailed.business_reviewer, now=shanghai("2026-09-21T10:00")
        )
        assert released == 2
        assert queries.prepared_for(mailed.business_reviewer) == []
        assert [row.subject for row in queries.notices_for(boss)] == [prepared.subject]
        deliver(now=shanghai("2026-09-21T10:00"))
        assert "boss" in mails()
        again = delivery.release_prepared(notice=prepared.notice, by=mailed.business_reviewer, now=NOW)
        assert again == 0


def test_in_the_demo_mails_become_files(mailed, toy, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    case = walk_to(toy_case(mailed, toy), mailed, "department_review")
    act(case, Action.RETURN, mailed.reviewer, reason="演示")
    expand(now=NOW)
    deliver(now=NOW)
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert text.count("Message-ID: <delivery-") == 2


class TestHandfuls:
    def test_a_slow_server_gets_the_rest_of_a_handful_at_the_next_call(self, returned, monkeypatch):
        monkeypatch.setattr(delivery, "HOLDS", -1.0)
        assert deliver(now=NOW) == DeliverResult()
        assert mail.outbox == []
        assert set(pending().values_list("status", "lease_until", "attempts")) == {(Status.PENDING, None, 0)}
        monkeypatch.undo()
        assert deliver(now=NOW).sent == 2
        assert len({row.message_id for row in pending()}) == 2

    def test_one_persons_day_is_never_divided(self, monkeypatch):
        monkeypatch.setattr(delivery, "HANDFUL", 2)
        monkeypatch.setattr(delivery, "MANY", 10)
        people = [(1, 4), (2, 7), (3, 30), (4, 1), (5, 1), (6, 1)]
        assert list(delivery._handfuls(people)) == [[1], [2], [3], [4, 5], [6]]
        assert list(delivery._handfuls([])) == []

    def test_more_mails_cost_no_more_statements_but_the_one_that_marks_each(self, mailed, toy):
        def statements(tables):
            for _ in range(tables):
                case = walk_to(toy_case(mailed, toy), mailed, "department_review")
                act(case, Action.RETURN, mailed.reviewer, reason="演示")
            expand(now=NOW)
            with CaptureQueriesContext(connection) as asked:
                assert deliver(now=NOW).sent == 2 * tables
            return len(asked)

        few, many = statements(2), statements(6)
        assert many - few == 2 * 4
