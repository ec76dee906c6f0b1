"""What could not be told is shown to administrators alone, tried again or dealt with by hand, and told why."""

import pytest
from django.test import Client
from django.urls import reverse

from notifications.expand import expand
from notifications.models import Channel, Delivery, Notice, Status
from tests import world as county
from workflow.machine import Action
from workflow.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(mailed, toy) -> Delivery:
    case = county.toy_case(mailed, toy)
    county.act(case, Action.SUBMIT, mailed.editor)
    county.act(case, Action.RETURN, mailed.reviewer, reason="补")
    expand(now=county.NOW)
    delivery = Delivery.objects.filter(channel=Channel.EMAIL).first()
    Delivery.objects.filter(pk=delivery.pk).update(status=Status.FAILED, last_error="refused: [550]", attempts=1)
    return Delivery.objects.get(pk=delivery.pk)


@pytest.fixture
def administrator(mailed) -> Client:
    User.objects.filter(pk=mailed.teacher.pk).update(administers="system")
    client = Client()
    client.force_login(User.objects.get(pk=mailed.teacher.pk))
    return client


def test_others_neither_see_nor_touch_incidents(mailed, stuck):
    client = Client()
    client.force_login(mailed.leader)
    assert client.get(reverse("incidents")).status_code == 403
    for name in ("incident_retry", "incident_resolve"):
        assert client.post(reverse(name, args=[stuck.pk]), {"note": "x"}).status_code == 403
    stuck.refresh_from_db()
    assert (stuck.status, stuck.resolved_at) == (Status.FAILED, None)


def test_an_incident_is_shown_with_its_reason_and_tried_again(administrator, stuck):
    assert "refused: [550]" in administrator.get(reverse("incidents")).content.decode()
    assert administrator.post(reverse("incident_retry", args=[stuck.pk])).status_code == 302
    stuck.refresh_from_db()
    assert (stuck.status, stuck.attempts) == (Status.PENDING, 0)
    assert administrator.post(reverse("incident_retry", args=[stuck.pk])).status_code == 404


def test_an_incident_is_dealt_with_only_with_a_word_and_stays_known(administrator, stuck):
    answer = administrator.post(reverse("incident_resolve", args=[stuck.pk]), {"note": "  "})
    assert answer.status_code == 422
    stuck.refresh_from_db()
    assert stuck.resolved_at is None
    administrator.post(reverse("incident_resolve", args=[stuck.pk]), {"note": "已电话告知"})
    stuck.refresh_from_db()
    assert (stuck.resolved_by.username, stuck.resolved_note, stuck.status) == ("teacher", "已电话告知", Status.FAILED)
    assert "refused: [550]" not in administrator.get(reverse("incidents")).content.decode()
    assert administrator.post(reverse("incident_retry", args=[stuck.pk])).status_code == 404


def test_a_notice_that_cannot_be_expanded_is_shown_and_tried_again(administrator, stuck):
    notice = Notice.objects.first()
    Notice.objects.filter(pk=notice.pk).update(expanded_at=None, attempts=5, last_error="KeyError: 'gone'")
    assert "KeyError" in administrator.get(reverse("incidents")).content.decode()
    administrator.post(reverse("notice_retry", args=[notice.pk]))
    notice.refresh_from_db()
    assert (notice.attempts, notice.lease_until) == (0, None)
    assert administrator.post(reverse("notice_retry", args=[10**9])).status_code == 404
