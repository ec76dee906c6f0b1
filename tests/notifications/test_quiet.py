"""Quiet hours, muted tables and deputies: nobody is told more than they want, and nobody's work is told to no one."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from notifications import queries, quiet
from notifications.delivery import deliver
from notifications.expand import expand
from notifications.models import Channel, Delivery, Muted, QuietHours
from tests import world as county
from tests.world import NOW
from workflow import delegations
from workflow.machine import Action, Kind
from workflow.models import Delegation, User

pytestmark = pytest.mark.django_db


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text + ":00+08:00")


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def returned(mailed, toy):
    case = county.walk_to(county.toy_case(mailed, toy), mailed, "department_review")
    county.act(case, Action.RETURN, mailed.reviewer, reason="补一行")
    return case


@pytest.mark.parametrize(
    ("hours", "made", "goes"),
    [
        ((20, 8), "2026-09-07T21:30", "2026-09-08T08:00"),
        ((20, 8), "2026-09-08T07:59", "2026-09-08T08:00"),
        ((20, 8), "2026-09-08T08:00", "2026-09-08T08:00"),
        ((20, 8), "2026-09-07T19:59", "2026-09-07T19:59"),
        ((12, 14), "2026-09-07T12:00", "2026-09-07T14:00"),
        ((12, 14), "2026-09-07T14:00", "2026-09-07T14:00"),
        ((22, 0), "2026-09-07T23:30", "2026-09-08T00:00"),
    ],
)
def test_a_mail_waits_for_the_end_of_the_quiet_hours(hours, made, goes):
    assert quiet.after(QuietHours(from_hour=hours[0], to_hour=hours[1]), now=shanghai(made)) == shanghai(goes)


def test_in_quiet_hours_the_page_shows_it_and_the_mail_comes_when_they_end(mailed, returned):
    quiet.keep(user=mailed.editor, from_hour="9", to_hour="12")
    expand(now=NOW)
    assert queries.unread_count(mailed.editor) == 1
    deliver(now=NOW)
    assert {message.to[0] for message in mail.outbox} == {"editor2@example.org"}
    deliver(now=NOW + timedelta(hours=2) - timedelta(seconds=1))
    assert len(mail.outbox) == 1
    deliver(now=NOW + timedelta(hours=2))
    assert {message.to[0] for message in mail.outbox} == {"editor@example.org", "editor2@example.org"}


@pytest.mark.parametrize(
    ("start", "end"), [("8", "8"), ("24", "8"), ("8", ""), ("-1", "8"), ("八点", "9"), ("08", "8")]
)
def test_hours_that_are_none_get_their_sentence_and_nothing_is_kept(mailed, start, end):
    quiet.keep(user=mailed.editor, from_hour="20", to_hour="7")
    answer = client_of(mailed.editor).post(reverse("preferences"), {"quiet_from": start, "quiet_to": end, "on": []})
    assert answer.status_code == 422
    assert "免打扰" in answer.content.decode()
    assert list(QuietHours.objects.values_list("from_hour", "to_hour")) == [(20, 7)]
    assert not mailed.editor.notice_preferences.exists()


def test_the_page_keeps_hours_and_takes_them_back(mailed):
    client = client_of(mailed.editor)
    assert client.post(reverse("preferences"), {"quiet_from": "20", "quiet_to": "8", "on": []}).status_code == 302
    assert 'value="20"' in client.get(reverse("preferences")).content.decode()
    client.post(reverse("preferences"), {"quiet_from": "", "quiet_to": "", "on": []})
    assert not QuietHours.objects.exists()


def test_a_muted_table_sends_no_mail_and_leaves_nothing_unread_and_the_page_still_shows_it(mailed, returned):
    client = client_of(mailed.editor)
    assert client.post(reverse("mute", args=[returned.number])).status_code == 302
    client.post(reverse("mute", args=[returned.number]))
    assert Muted.objects.count() == 1
    expand(now=NOW)
    deliver(now=NOW)
    assert {message.to[0] for message in mail.outbox} == {"editor2@example.org"}
    assert queries.unread_count(mailed.editor) == 0
    assert queries.unread_count(mailed.editor2) == 1
    assert [row.notice.case_id for row in queries.notices_for(mailed.editor)] == [returned.pk]
    assert returned.title in client.get(reverse("preferences")).content.decode()
    client.post(reverse("mute", args=[returned.number]), {"again": "1"})
    assert not Muted.objects.exists()


def test_nobody_mutes_what_they_do_not_see(mailed, returned):
    assert client_of(mailed.teacher).post(reverse("mute", args=[returned.number])).status_code == 404
    assert not Muted.objects.exists()


class TestDeputies:
    def give(self, mailed, deputy, *, days=(0, 365), kinds=()):
        delegations.give(
            principal=mailed.editor, deputy=deputy, starts_at=NOW + timedelta(days=days[0]),
            ends_at=NOW + timedelta(days=days[1]), kinds=kinds, basis="出差", by=mailed.editor, now=NOW,
        )  # fmt: skip

    def told(self, person):
        return Delivery.objects.filter(recipient=person, channel=Channel.IN_APP).count()

    def test_a_deputy_is_told_what_the_principal_is_told(self, mailed, returned):
        self.give(mailed, mailed.teacher)
        expand(now=NOW)
        deliver(now=NOW)
        assert self.told(mailed.teacher) == 1
        assert "teacher@example.org" in {message.to[0] for message in mail.outbox}

    def test_before_the_delegation_begins_they_are_not(self, mailed, returned):
        self.give(mailed, mailed.teacher, days=(1, 365))
        expand(now=NOW)
        assert self.told(mailed.teacher) == 0

    def test_nor_about_a_kind_of_document_that_it_does_not_cover(self, mailed, returned):
        self.give(mailed, mailed.teacher, kinds=(Kind.REPORT,))
        expand(now=NOW)
        assert self.told(mailed.teacher) == 0

    def test_a_delegation_that_is_revoked_before_the_mail_goes_stops_it(self, mailed, returned):
        self.give(mailed, mailed.teacher)
        expand(now=NOW)
        Delegation.objects.update(revoked_at=NOW)
        deliver(now=NOW)
        assert "teacher@example.org" not in {message.to[0] for message in mail.outbox}

    def test_the_deputy_of_a_deputy_is_told_and_nobody_beyond(self, mailed, returned):
        self.give(mailed, mailed.teacher)
        for principal, deputy in ((mailed.teacher, mailed.principal), (mailed.principal, mailed.school_reviewer)):
            Delegation.objects.create(
                principal=principal, deputy=deputy, starts_at=NOW, ends_at=NOW + timedelta(days=365), created_at=NOW
            )
        expand(now=NOW)
        assert [self.told(p) for p in (mailed.teacher, mailed.principal, mailed.school_reviewer)] == [1, 1, 0]


def test_every_mail_says_why_it_came_and_where_to_choose(mailed, returned):
    expand(now=NOW)
    deliver(now=NOW)
    for message in mail.outbox:
        assert "您收到本消息的原因" in message.body
        assert "/notices/preferences" in message.body
        assert "您收到本消息的原因" in message.alternatives[0][0]
