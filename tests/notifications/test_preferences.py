"""One's own choices of message and channel, and the calendar feed with its key."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import feeds
from notifications.expand import expand
from notifications.kinds import KINDS
from notifications.models import Delivery, FeedToken, Preference
from tests import world as county
from workflow.machine import Action
from workflow.models import Task, User

pytestmark = pytest.mark.django_db


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_what_is_switched_off_is_not_told_and_switched_on_it_is_again(mailed, toy):
    client = client_of(mailed.editor)
    everything = [f"{kind.id}:{channel}" for kind in KINDS.values() for channel in kind.channels]
    client.post(reverse("preferences"), {"on": [one for one in everything if one != "returned:email"]})
    assert list(Preference.objects.values_list("kind", "channel", "enabled")) == [("returned", "email", False)]
    case = county.toy_case(mailed, toy)
    county.act(case, Action.SUBMIT, mailed.editor)
    county.act(case, Action.RETURN, mailed.reviewer, reason="补")
    expand(now=county.NOW)
    assert set(Delivery.objects.filter(recipient=mailed.editor).values_list("channel", flat=True)) == {"in_app"}
    assert set(Delivery.objects.filter(recipient=mailed.editor2).values_list("channel", flat=True)) == {
        "in_app",
        "email",
    }
    client.post(reverse("preferences"), {"on": everything})
    assert Preference.objects.get().enabled
    page = client.get(reverse("preferences")).content.decode()
    assert page.count("checked") == len(everything)


def test_a_feed_shows_ones_open_deadlines_until_it_is_revoked(world, toy, settings):
    settings.FEED_ENABLED = True
    case = county.toy_case(world, toy)
    type(case).objects.filter(pk=case.pk).update(title="很长的项目名称；" * 20)
    client = client_of(world.editor)
    told = client.post(reverse("feed_token"), {"new": "1"}, follow=True).content.decode()
    token = told.split("/feeds/")[1].split(".ics")[0]
    answer = Client().get(reverse("feed", args=[token]))
    assert answer["Content-Type"].startswith("text/calendar")
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert answer.content.count(b"BEGIN:VEVENT") == 1
    assert "（暂定）" not in answer.content.decode()
    Task.objects.filter(case=case).update(due_is_provisional=True)
    again = Client().get(reverse("feed", args=[token])).content.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:（暂定）" in again
    assert token not in FeedToken.objects.get().digest
    client.post(reverse("feed_token"), {"revoke": "1"})
    assert Client().get(reverse("feed", args=[token])).status_code == 404


def test_a_feed_stops_with_a_new_key_with_its_person_and_with_the_setting(world, settings):
    settings.FEED_ENABLED = True
    old = feeds.new_token(user=world.editor, now=timezone.now())
    new = feeds.new_token(user=world.editor, now=timezone.now())
    assert feeds.person_of(old) is None
    assert feeds.person_of(new) == world.editor
    User.objects.filter(pk=world.editor.pk).update(is_active=False)
    assert feeds.person_of(new) is None
    User.objects.filter(pk=world.editor.pk).update(is_active=True)
    settings.FEED_ENABLED = False
    assert feeds.person_of(new) is None
    assert client_of(world.editor).post(reverse("feed_token"), {"new": "1"}).status_code == 404


def test_who_leaves_no_way_open_is_told_which_messages_come_nowhere(mailed):
    User.objects.filter(pk=mailed.editor.pk).update(email="")
    client = client_of(User.objects.get(pk=mailed.editor.pk))
    ticked = [f"{kind.id}:in_app" for kind in KINDS.values() if kind.id != "returned"] + ["returned:email"]
    answer = client.post(reverse("preferences"), {"on": ticked}, follow=True).content.decode()
    assert "以下消息不会送达您：退回修改。" in answer
    answer = client.post(reverse("preferences"), {"on": [*ticked, "returned:in_app"]}, follow=True).content.decode()
    assert "以下消息不会送达您" not in answer
