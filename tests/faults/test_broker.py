"""A real Redis, worker and beat: Redis killed, paused, emptied and full; a poison task; a worker that hears nothing.

BTR_KILLS sets how many faults (a fifth of it); `make faults` makes it sixty.
"""

import contextlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis
from django.test import override_settings

from deploy.celery_app import app
from deploy.embedded_redis import EmbeddedRedis, RedisBinary
from notifications.expand import expand
from notifications.models import Channel, Delivery, Notice, Status
from tests.faults.lab import ROOT, Sink, child_environment
from tests.faults.test_kills import open_case, world  # noqa: F401
from tests.faults.test_web import assert_each_once, clerks_of
from tests.faults.web import Browser, site
from tests.world import seen
from workflow import engine
from workflow.deadlines import database_now
from workflow.models import Case, Event, Heartbeat, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis_server]
MAILS = 8
FAULTS = max(3, int(os.environ.get("BTR_KILLS", "15")) // 5)
SEED = int(os.environ.get("BTR_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)


@dataclass
class Stack:
    """Redis, and what is started beside it on the brisk timetable."""

    own: Path
    server: EmbeddedRedis
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    redis: "subprocess.Popen[bytes] | None" = None

    def start_redis(self) -> None:
        self.redis = self.server.start(os.environ)
        client = redis.Redis.from_url(self.server.url)
        await_that(lambda: _answers(client), seconds=10)

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        with (self.own / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app=tests.faults.brisk", *arguments],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=child_environment(self.own, BTR_REDIS_URL=self.server.url, **environment),
            )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, **environment: str) -> "subprocess.Popen[bytes]":
        options = ("--concurrency=1", "--without-gossip", "--without-mingle", "--without-heartbeat")
        return self.start("worker", *options, **environment)

    def beat(self) -> "subprocess.Popen[bytes]":
        name = self.own / f"schedule-{len(self.processes)}"
        return self.start("beat", "--pidfile=", f"--schedule={name}")

    def stop(self) -> None:
        for process in [*self.processes, *([self.redis] if self.redis else [])]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(client: "redis.Redis[bytes]") -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def await_that(holds: Callable[[], bool], *, seconds: float) -> float:
    """Wait until `holds`; return how long it took, or fail."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s; seed {SEED}"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture
def stack(tmp_path: Path, settings) -> Iterator[Stack]:
    binary = shutil.which("redis-server")
    assert binary is not None
    server = EmbeddedRedis.new(RedisBinary(Path(binary), "PATH"), directory=tmp_path / "redis", log=tmp_path / "log")
    stack = Stack(tmp_path, server)
    settings.REDIS_URL = server.url
    stack.start_redis()
    yield stack
    stack.stop()


def all_told() -> bool:
    return not Notice.objects.filter(expanded_at__isnull=True).exists()


def test_our_redis_keeps_what_it_took_and_throws_nothing_away_when_it_is_full(stack: Stack):
    client = redis.Redis.from_url(stack.server.url)
    assert client.config_get("maxmemory-policy", "appendonly", "appendfsync") == {
        "maxmemory-policy": "noeviction",
        "appendonly": "yes",
        "appendfsync": "everysec",
    }
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=stack.server.port).ping()


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def test_redis_killed_paused_and_emptied_loses_nothing_and_no_request_fails(world: SimpleNamespace, stack: Stack):  # noqa: F811
    rng = random.Random(SEED)
    stack.worker()
    stack.beat()
    with site(stack.own, BTR_REDIS_URL=stack.server.url) as running:
        (clerk,) = clerks_of(world, running.port, count=1)
        clerk.reviewer = Browser(running.port, world.reviewer)
        clerk.press()
        await_that(all_told, seconds=60)
        back = []
        for n in range(FAULTS):
            fault = ("kill", "pause", "empty")[n % 3]
            assert stack.redis is not None
            time.sleep(rng.uniform(0, 0.3))
            if fault == "empty":
                redis.Redis.from_url(stack.server.url).flushall()
            else:
                os.kill(stack.redis.pid, signal.SIGKILL if fault == "kill" else signal.SIGSTOP)
            assert clerk.press().status == 302
            clerk.answers.append(clerk.browser.ask("GET", "/"))
            time.sleep(rng.uniform(0.1, 0.8))
            if fault == "kill":
                stack.redis.wait()
                stack.start_redis()
            elif fault == "pause":
                os.kill(stack.redis.pid, signal.SIGCONT)
            back.append(await_that(all_told, seconds=90))
    seconds = [answer.seconds for answer in clerk.answers]
    print(f"\nseed {SEED}: {FAULTS} faults of Redis; {len(seconds)} requests, at most {max(seconds):.2f} s;", end=" ")
    print(
        f"first effect back after {statistics.median(back):.1f} s (median), {p95(back):.1f} s (p95), {max(back):.1f} s"
    )
    assert {answer.status for answer in clerk.answers} == {200, 302}
    assert clerk.asked_again == 0
    assert p95(back) <= 60
    assert_each_once([clerk])
    assert Notice.objects.filter(kind="returned").count() == Event.objects.filter(action="return", refused="").count()


def test_a_full_redis_refuses_the_bell_alone_and_the_work_is_done_unbidden(world: SimpleNamespace, stack: Stack):  # noqa: F811
    """`maxmemory` is reached: bell and beat are refused, and a worker ends at its first answer to a task.

    What ends is started again, as the supervisor does.
    """
    workers = [stack.worker(BRISK_UNBIDDEN="4")]

    def told_with_workers_that_live() -> bool:
        if workers[-1].poll() is not None:
            workers.append(stack.worker(BRISK_UNBIDDEN="4"))
        return all_told()

    stack.beat()
    client = redis.Redis.from_url(stack.server.url)
    with site(stack.own, BTR_REDIS_URL=stack.server.url) as running:
        (clerk,) = clerks_of(world, running.port, count=1)
        clerk.reviewer = Browser(running.port, world.reviewer)
        clerk.press()
        await_that(all_told, seconds=60)
        took = []
        for _ in range(max(1, FAULTS // 6)):
            client.config_set("maxmemory", 1)
            with pytest.raises(redis.exceptions.OutOfMemoryError):
                client.set("anything", 1)
            assert clerk.press().status == 302
            clerk.answers.append(clerk.browser.ask("GET", "/"))
            took.append(await_that(told_with_workers_that_live, seconds=90))
            assert client.config_get("maxmemory") == {"maxmemory": "1"}
            client.config_set("maxmemory", 128 << 20)
        heard = client.set("anything", 1)
        clerk.press()
        await_that(told_with_workers_that_live, seconds=60)
    ended = len(workers) - 1
    print(f"\nRedis full {len(took)} times, {ended} workers ended; told unbidden after at most {max(took):.1f} s")
    assert heard
    assert {answer.status for answer in clerk.answers} == {200, 302}
    assert clerk.asked_again == 0
    assert_each_once([clerk])
    assert Notice.objects.filter(kind="returned").count() == Event.objects.filter(action="return", refused="").count()


def pass_on(case: Case, n: int) -> None:
    """Submit or return the case."""
    action, by = ("submit", "editor") if case.state == "draft" else ("return", "reviewer")
    engine.perform(
        case.pk, action, by=User.objects.get(username=by), seen=seen(case), key=f"op-{n}", now=database_now(),
        reason="演示",
    )  # fmt: skip


def test_three_beats_and_two_workers_fire_everything_once(world: SimpleNamespace, stack: Stack):  # noqa: F811
    from workflow import deadlines
    from workflow.models import RungFired, Task

    for n in range(12):
        open_case(world, n, due_on=deadlines.day_of(database_now()))
    for _ in range(3):
        stack.beat()
    stack.worker()
    stack.worker()
    await_that(lambda: RungFired.objects.exists(), seconds=60)
    await_that(lambda: not Task.objects.filter(status="open", next_rung_at__lte=database_now()).exists(), seconds=60)
    await_that(all_told, seconds=60)
    fired = list(RungFired.objects.values_list("task", "term", "code"))
    assert len(fired) == len(set(fired)) > 0
    assert Notice.objects.filter(rung_fired__isnull=False).count() == RungFired.objects.filter(is_silent=False).count()
    await_that(lambda: Heartbeat.objects.filter(name="beat").exists(), seconds=20)
    assert Heartbeat.objects.filter(name__startswith="worker-").count() == 1


def test_a_poison_task_is_tried_four_times_at_most_and_holds_up_nobody(world: SimpleNamespace, stack: Stack):  # noqa: F811
    case_id = open_case(world, 1, due_on=date(2099, 12, 1), now=database_now())
    stack.worker()
    stack.beat()
    with app.connection_for_write(url=stack.server.url) as connection:
        app.send_task("faults.poison", queue="notices", connection=connection)
    runs = stack.own / "poison"
    await_that(runs.exists, seconds=60)
    pass_on(Case.objects.get(pk=case_id), 1)
    await_that(all_told, seconds=30)
    time.sleep(3)
    assert 1 <= len(runs.read_text()) <= 4


def test_a_worker_that_hears_nothing_ends_itself(world: SimpleNamespace, stack: Stack):  # noqa: F811
    worker = stack.worker(BRISK_SILENT_AFTER="2")
    await_that(lambda: worker.poll() is not None, seconds=60)
    assert "to be started again" in (stack.own / "worker.log").read_text()
    assert Heartbeat.objects.filter(name__startswith="worker-").exists()


def test_a_job_that_is_handed_out_again_while_it_runs_sends_nothing_twice(world: SimpleNamespace, stack: Stack):  # noqa: F811
    """Redis forgets after two seconds that a worker has the job; the job takes longer, so a second worker gets it."""
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")
    cases = [open_case(world, n, due_on=date(2099, 12, 1), now=database_now()) for n in range(MAILS)]
    with Sink() as sink:
        sink.pause = 0.4
        mail = {"BTR_EMAIL_HOST": "127.0.0.1", "BTR_EMAIL_PORT": str(sink.port), "BRISK_VISIBLE": "2"}
        for n, pk in enumerate(cases):
            pass_on(Case.objects.get(pk=pk), 2 * n)
            pass_on(Case.objects.get(pk=pk), 2 * n + 1)
        with override_settings(EMAIL_ENABLED=True):
            expand(now=database_now())
        assert Delivery.objects.filter(channel=Channel.EMAIL).count() == 2 * MAILS
        with app.connection_for_write(url=stack.server.url) as connection:
            app.send_task("notifications.deliver", queue="notices", connection=connection)
        for _ in range(2):
            stack.worker(BRISK_RUNS=str(stack.own / "runs"), **mail)
        pending = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.PENDING)
        await_that(lambda: not pending.exists(), seconds=90)
        await_that(lambda: len((stack.own / "runs").read_text()) > 1, seconds=30)
        time.sleep(1)
    runs = len((stack.own / "runs").read_text())
    print(f"\none job was run {runs} times; {len(sink.taken)} mails handed over")
    assert len(sink.taken) == len(set(sink.taken)) == 2 * MAILS
    assert Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT).count() == 2 * MAILS


def test_workers_that_are_replaced_one_after_the_other_lose_nothing(world: SimpleNamespace, stack: Stack):  # noqa: F811
    case_id = open_case(world, 1, due_on=date(2099, 12, 1), now=database_now())
    stack.beat()
    worker, restarts = stack.worker(), max(2, FAULTS // 3)
    for n in range(restarts):
        pass_on(Case.objects.get(pk=case_id), n)
        following = stack.worker()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) in {0, -signal.SIGTERM}
        worker = following
        await_that(all_told, seconds=60)
    leased = Delivery.objects.filter(lease_until__isnull=False).count()
    leased += Notice.objects.filter(lease_until__isnull=False).count()
    print(f"\n{restarts} workers replaced, {leased} leases left over")
    assert leased == 0
    assert Notice.objects.filter(kind="returned").count() == Event.objects.filter(action="return", refused="").count()
