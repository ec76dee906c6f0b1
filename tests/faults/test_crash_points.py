"""A process ends between its commit and the bell, or right before each commit of a job: the next one finds it all."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.transaction import Atomic

from notifications.backing_off import LEASE
from notifications.channels import email
from notifications.delivery import deliver
from notifications.expand import expand
from notifications.models import Channel, Delivery, Digest, Notice, Status
from tests.faults.test_kills import KILLS, open_case, world  # noqa: F401
from tests.world import NOW, seen
from workflow import engine, grants, record, sweeping
from workflow.models import Case, Event, RungFired, Task
from workflow.signals import work_waits

pytestmark = pytest.mark.django_db(transaction=True)
CRASHES = max(4, KILLS // 6)
LATE = datetime(2026, 9, 18, 1, 0, tzinfo=UTC)
ENDED = 9


def crashes(work: Callable[[], object]) -> int:
    """Run `work` in a process of its own with a connection of its own; return how it ended, 0 when it came through."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def before_commit(number: int) -> None:
    """Let this process end right before its commit of that number, everything written and nothing committed."""
    leave, count = Atomic.__exit__, [0]

    def ends(self, kind, error, trace):
        if kind is None and connection.in_atomic_block and not connection.savepoint_ids:
            count[0] += 1
            if count[0] == number:
                os._exit(ENDED)
        leave(self, kind, error, trace)

    Atomic.__exit__ = ends


def test_a_crash_between_the_commit_and_the_bell_delays_the_work_and_loses_none(world: SimpleNamespace):  # noqa: F811
    pk = open_case(world, 1, due_on=date(2099, 12, 1))
    for n in range(CRASHES):
        case = Case.objects.get(pk=pk)
        action, by = ("submit", world.editor) if case.state == "draft" else ("return", world.reviewer)
        looked = seen(case)

        def act(action: str = action, by=by, looked: engine.Seen = looked, n: int = n) -> None:
            work_waits.connect(lambda **_: os._exit(ENDED), weak=False)
            engine.perform(pk, action, by=by, seen=looked, key=f"bell-{n}", now=NOW, reason="演示")

        assert crashes(act) == ENDED
    assert Event.objects.filter(key__startswith="bell-", refused="").count() == CRASHES
    expand(now=NOW)
    returned = Notice.objects.filter(kind="returned")
    assert returned.count() == CRASHES // 2
    assert not returned.filter(expanded_at=None).exists()
    assert set(returned.values_list("pk")) == set(
        Delivery.objects.filter(channel=Channel.IN_APP, notice__kind="returned").values_list("notice").distinct()
    )


def test_a_crash_before_each_commit_of_each_job_is_as_if_it_had_not_begun(world: SimpleNamespace, settings, tmp_path):  # noqa: F811
    """Sweep, expand and deliver end before their first commit, then before their second … until they come through."""
    settings.EMAIL_ENABLED, settings.EMAIL_BACKEND = True, "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mails"
    for n in range(3):
        open_case(world, n, due_on=date(2026, 9, 17))
    Task.objects.update(begun_at=None)
    points, moment = 0, LATE
    for job in (sweeping.sweep, expand, deliver):
        number = 1
        while True:
            moment += LEASE

            def run(job=job, number: int = number, moment: datetime = moment) -> None:
                before_commit(number)
                job(now=moment)

            if (code := crashes(run)) == 0:
                break
            assert code == ENDED
            points, number = points + 1, number + 1
    print(f"\n{points} crash points")
    assert points >= 4
    fired = list(RungFired.objects.values_list("task_id", "term", "code"))
    assert len(fired) == len(set(fired)) == 3 * 5
    assert Notice.objects.filter(rung_fired__isnull=False).count() == 3 * 2
    assert not Notice.objects.filter(expanded_at=None).exists()
    mails = Delivery.objects.filter(channel=Channel.EMAIL)
    assert set(mails.values_list("status", flat=True)) == {Status.SENT}
    numbers = [line for file in (tmp_path / "mails").iterdir() for line in file.read_text().splitlines()
               if line.startswith("Message-ID")]  # fmt: skip
    assert len(set(numbers)) == Digest.objects.filter(sent_at__isnull=False).count() == 3
    assert email.message_id(f"digest-{Digest.objects.first().pk}") in " ".join(numbers)
    assert list(record.verify()) == []
    assert list(grants.drift()) == []
