"""A form whose token no longer holds: what was typed comes back, what another site sent does not."""

import pytest
from django.test import Client
from django.urls import reverse

from workflow.models import Event

TYPED = "数量指标与资金不符，请按控制数调整后再报送。"


def sent(world, **headers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.business_reviewer)
    return client.post(reverse("inbox"), {"reason": TYPED, "key": "abc"}, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["origin", "referer"])
def test_an_expired_form_shows_what_was_typed_and_stores_nothing(world, header):
    before = Event.objects.count()
    answer = sent(world, **{header: "http://testserver" if header == "origin" else "http://testserver/inbox"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert TYPED in page
    assert "abc" not in page
    assert Event.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{"origin": "http://elsewhere.example"}, {}, {"origin": "null"}])
def test_a_form_of_another_site_is_answered_without_its_texts(world, headers):
    answer = sent(world, **headers)
    assert answer.status_code == 403
    assert TYPED not in answer.content.decode()
