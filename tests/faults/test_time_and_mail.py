"""Clocks of processes that are wrong, three days off, three tickers for a day, and a mail server with every fault.

BTR_KILLS sets the size: `make faults` makes it 10,000 due rows and mails, in the suite a few hundred.
"""

import os
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from notifications.backing_off import GIVES_UP_AFTER
from notifications.delivery import deliver
from notifications.expand import expand
from notifications.models import Channel, Delivery, Digest, Notice, Status
from notifications.tasks import deliver as deliver_task
from notifications.tasks import expand as expand_task
from tests.faults.lab import Sink
from tests.faults.races import at_once
from tests.faults.test_kills import open_case, world  # noqa: F401
from tests.world import NOW, act
from workflow import deadlines, record, sweeping
from workflow.machine import Action
from workflow.models import Case, RungFired, Task
from workflow.tasks import sweep as sweep_task

pytestmark = pytest.mark.django_db(transaction=True)
IS_LONG = int(os.environ.get("BTR_KILLS", "0")) >= 100
MANY = 10_000 if IS_LONG else 40
JUMPS = [timedelta(hours=1), timedelta(days=1), timedelta(days=30)]


@pytest.mark.parametrize("jump", [*JUMPS, *(-jump for jump in JUMPS)], ids=str)
def test_a_process_whose_clock_is_wrong_fires_nothing_early_and_nothing_again(world, jump):  # noqa: F811
    real = deadlines.database_now()
    pk = open_case(world, 1, due_on=deadlines.day_of(real) + timedelta(days=60), now=real)
    due = Task.objects.get(case=pk)
    Task.objects.filter(pk=due.pk).update(begun_at=None)
    with time_machine.travel(real + jump, tick=True):
        for _ in range(3):
            sweep_task.run(), expand_task.run(), deliver_task.run()
    assert not RungFired.objects.exists()
    Task.objects.filter(pk=due.pk).update(next_rung_at=real, due_at=real - timedelta(days=1), opened_at=real)
    sweep_task.run()
    fired = RungFired.objects.count()
    with time_machine.travel(real + jump, tick=True):
        sweep_task.run()
    assert RungFired.objects.count() == fired
    assert all(at >= due for at, due in RungFired.objects.values_list("fired_at", "due_at"))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai", "Pacific/Apia"])
def test_wherever_the_machine_believes_to_be_a_day_ends_in_shanghai(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert deadlines.day_end(date(2026, 6, 30)) == datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
        assert deadlines.due_day(datetime(2026, 6, 30, 16, 0, tzinfo=UTC)) == date(2026, 6, 30)
        assert deadlines.day_of(datetime(1988, 6, 30, 15, 30, tzinfo=UTC)) == date(1988, 7, 1)
        assert abs(deadlines.database_now() - datetime.now(UTC)) < timedelta(seconds=5)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_after_three_days_off_nothing_is_missed_and_everybody_gets_one_mail(world, settings, mailoutbox):  # noqa: F811
    settings.EMAIL_ENABLED = True
    first = open_case(world, 0, due_on=date(2026, 9, 11))
    _many_like(first, MANY)
    Task.objects.update(begun_at=None)
    back = datetime(2026, 9, 15, 0, 30, tzinfo=UTC)
    """A Tuesday, 08:30: since Friday morning nothing ran; the last day's reminder and +1 were missed."""
    up = datetime(2026, 9, 11, 0, 0, tzinfo=UTC)
    sweeping.beat(now=up)
    began, turns = time.monotonic(), 0
    up_since = sweeping.beat(now=back)
    while Task.objects.filter(status="open", next_rung_at__lte=back).exists():
        sweeping.sweep(now=back, up_since=up_since)
        turns += 1
    while expand(now=back).notices or deliver(now=back).sent:
        turns += 1
    seconds = time.monotonic() - began
    print(
        f"\n{MANY} due after three days off: drained in {seconds:.1f} s ({MANY / seconds:.0f} tables/s), {turns} turns"
    )
    per_task = Counter(RungFired.objects.values_list("task_id", flat=True))
    assert len(per_task) == MANY
    assert RungFired.objects.filter(is_escalation=True).count() == 0
    assert RungFired.objects.filter(is_silent=False).count() == MANY
    assert Counter(tuple(m.to) for m in mailoutbox) == {("editor@example.org",): 1, ("editor2@example.org",): 1}
    assert not Delivery.objects.filter(status=Status.PENDING).exists()
    after_grace = back + timedelta(hours=25)
    while Task.objects.filter(status="open", next_rung_at__lte=after_grace).exists():
        sweeping.sweep(now=after_grace, up_since=up_since)
    assert RungFired.objects.filter(is_escalation=True).count() == 3 * MANY
    assert seconds < 600


def _many_like(pk: int, count: int) -> None:
    """Make `count` cases in all, copied row by row from one that the engine opened."""
    case, task = Case.objects.get(pk=pk), Task.objects.get(case=pk)
    rows = []
    for n in range(1, count):
        copy = Case(**{f.attname: getattr(case, f.attname) for f in Case._meta.concrete_fields if not f.primary_key})
        copy.number, copy.title, copy.head, copy.head_seq = f"9{n:07}", f"演示项目 {n}", "", 0
        rows.append(copy)
    made = Case.objects.bulk_create(rows, batch_size=500)
    plain = {f.attname: getattr(task, f.attname) for f in Task._meta.concrete_fields if not f.primary_key}
    Task.objects.bulk_create([Task(**plain | {"case_id": made_case.pk}) for made_case in made], batch_size=500)


def test_three_tickers_for_a_day_fire_everything_once(world):  # noqa: F811
    for n in range(6):
        open_case(world, n, due_on=date(2026, 9, 14))
    Task.objects.update(begun_at=None)
    start = datetime(2026, 9, 14, 16, 0, tzinfo=UTC)
    """Midnight in Shanghai, a Tuesday: during this day +1 falls due, and what was missed before it."""
    step = timedelta(seconds=30) if IS_LONG else timedelta(minutes=10)
    ticks = [start + n * step for n in range(int(timedelta(hours=24) / step))]

    def ticker() -> int:
        return sum(sweeping.sweep(now=tick).fired + expand(now=tick).notices for tick in ticks)

    results = at_once([ticker] * 3)
    assert all(isinstance(result, int) for result in results), results
    fired = list(RungFired.objects.values_list("task_id", "term", "code"))
    assert len(fired) == len(set(fired)) == 6 * 4
    assert Notice.objects.filter(rung_fired__isnull=False).count() == 12
    pairs = list(Delivery.objects.values_list("notice", "recipient", "channel"))
    assert len(pairs) == len(set(pairs))
    assert list(record.verify()) == []


MODES = {
    "well": ["250 OK"],
    "now and then busy": ["250 OK", "451 later", "250 OK"],
    "always busy": ["451 later"],
    "refuses for good": ["554 no"],
}


@pytest.mark.parametrize("mode", [*MODES, "down", "slow"])
def test_whatever_the_mail_server_does_every_mail_is_accounted_for(world, settings, mode, tmp_path: Path):  # noqa: F811
    settings.EMAIL_ENABLED, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 0.3 if mode == "slow" else 5
    cases = [Case.objects.get(pk=open_case(world, n, due_on=date(2026, 12, 30))) for n in range(4)]
    for case in cases:
        act(case, Action.SUBMIT, world.editor)
        act(case, Action.RETURN, world.reviewer, reason="演示")
    expand(now=NOW)
    mails = Delivery.objects.filter(channel=Channel.EMAIL)
    count = mails.count()
    assert count == 8
    with Sink() as sink:
        settings.EMAIL_PORT = sink.port
        sink.answers = cycle(MODES.get(mode, ["250 OK"]))
        sink.pause = 0.8 if mode == "slow" else 0
        if mode == "down":
            settings.EMAIL_PORT = 1
        began = time.monotonic()
        client = Client()
        client.force_login(world.editor)
        assert client.get("/").status_code == 200
        assert time.monotonic() - began < 2
        for hours in (0, 1, 2, 25):
            deliver(now=NOW + timedelta(hours=hours))
        said = Counter(mails.values_list("status", flat=True))
        expected = {
            "well": {Status.SENT: count},
            "now and then busy": {Status.SENT: count},
            "refuses for good": {Status.FAILED: count},
        }.get(mode, {Status.INCIDENT: count})
        assert said == expected
        assert set(mails.filter(status=Status.SENT).values_list("message_id", flat=True)) <= {n for n, _ in sink.taken}
    assert timedelta(hours=24) == GIVES_UP_AFTER
    assert not Digest.objects.filter(sent_at__isnull=False).exists()
