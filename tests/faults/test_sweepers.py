"""Several sweepers, expanders and senders at once, and people who act meanwhile: everything once, nothing lost."""

from collections import Counter
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.core import mail

from notifications.delivery import deliver
from notifications.expand import expand
from notifications.models import Channel, Delivery, Digest, Notice, Status
from tests.faults.races import at_once
from tests.workflow.conftest import toy  # noqa: F401
from tests.world import act, build_world, toy_case
from workflow import grants, record, sweeping
from workflow.machine import Action
from workflow.models import RungFired, Task, User

pytestmark = pytest.mark.django_db(transaction=True)

LATE = datetime(2026, 9, 18, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai on the working day after DUE: three reminders are overtaken, one is sent, one escalation."""
DUE = date(2026, 9, 17)
TABLES = 24


@pytest.fixture
def tables(transactional_db: None, toy, settings) -> SimpleNamespace:  # noqa: F811
    settings.EMAIL_ENABLED = True
    world = build_world()
    for person in User.objects.all():
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")
    world.cases = [toy_case(world, toy, due_on=DUE) for _ in range(TABLES)]
    Task.objects.update(begun_at=None)
    return world


def sweep_until_done() -> None:
    """A sweeper leaves to the next what somebody else holds; the next is us."""
    sweeping.sweep(now=LATE)
    assert not Task.objects.filter(status="open", next_rung_at__lte=LATE).exists()


def test_four_sweepers_fire_every_rung_once(tables):
    results = at_once([lambda: sweeping.sweep(now=LATE)] * 4)
    assert all(isinstance(result, sweeping.SweepResult) for result in results)
    sweep_until_done()
    assert RungFired.objects.count() == TABLES * 5
    assert set(Counter(RungFired.objects.values_list("task_id", flat=True)).values()) == {5}
    assert Notice.objects.count() == TABLES * 2
    assert list(record.verify()) == []


def test_people_who_submit_while_it_is_swept_neither_wait_for_ever_nor_lose_anything(tables):
    submitting = [lambda case=case: act(case, Action.SUBMIT, tables.editor, now=LATE) for case in tables.cases[:6]]
    results = at_once([*submitting, *([lambda: sweeping.sweep(now=LATE)] * 2)])
    assert [type(result).__name__ for result in results] == ["Outcome"] * 6 + ["SweepResult"] * 2
    sweep_until_done()
    kept = Task.objects.filter(case__in=tables.cases[6:])
    assert RungFired.objects.filter(task__in=kept).count() == (TABLES - 6) * 5
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def test_three_expanders_tell_everybody_once(tables):
    sweeping.sweep(now=LATE)
    results = at_once([lambda: expand(now=LATE)] * 3)
    assert sum(result.notices for result in results) + expand(now=LATE).notices == TABLES * 2
    assert sum(result.failed for result in results) == 0
    # two editors are reminded and the unit's head hears of it, on the page and by mail
    assert Delivery.objects.count() == TABLES * 3 * 2


def test_three_senders_send_one_message_a_person(tables):
    sweeping.sweep(now=LATE)
    expand(now=LATE)
    at_once([lambda: deliver(now=LATE)] * 3)
    deliver(now=LATE)
    assert sorted(message.to[0] for message in mail.outbox) == [
        "editor2@example.org",
        "editor@example.org",
        "head@example.org",
    ]
    assert Digest.objects.filter(sent_at__isnull=False).count() == 3


def test_what_waits_for_an_answer_goes_before_the_digests_and_the_oldest_first(tables):
    sweeping.sweep(now=LATE)
    expand(now=LATE)
    for case in tables.cases[:3]:
        act(case, Action.SUBMIT, tables.editor, now=LATE)
        act(case, Action.RETURN, tables.reviewer, reason="演示", now=LATE)
    expand(now=LATE)
    deliver(now=LATE, limit=4)
    sent = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT).order_by("pk")
    assert list(sent.values_list("notice__kind", flat=True)) == ["returned"] * 4
    oldest = Delivery.objects.filter(channel=Channel.EMAIL, notice__kind="returned").order_by("available_at", "pk")
    assert list(sent) == list(oldest[:4])
    deliver(now=LATE)
    assert not Delivery.objects.filter(channel=Channel.EMAIL, status=Status.PENDING).exists()
