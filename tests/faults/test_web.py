"""The real web server: its workers killed and replaced, its machine's clock wrong, its database altered meanwhile.

BTR_KILLS sets how many workers are killed (a fifth of it); `make faults` makes it sixty.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.faults.lab import ROOT, child_environment
from tests.faults.test_kills import KILLS, SEED, open_case, world  # noqa: F401
from tests.faults.web import Browser, Clerk, any_of, at_work, site
from workflow import grants, record
from workflow.deadlines import database_now
from workflow.models import Event, Task

pytestmark = pytest.mark.django_db(transaction=True)
FAR = date(2099, 12, 1)
FAULTS = max(4, KILLS // 5)
HOUR = str(1 / 24)
DAYS_OFF = [HOUR, f"-{HOUR}", "1", "-1", "30", "-30"] if KILLS >= 100 else ["-30"]


def clerks_of(world: SimpleNamespace, port: int, *, count: int = 3) -> list[Clerk]:  # noqa: F811
    now = database_now()
    return [
        Clerk(Browser(port, world.editor), open_case(world, n, due_on=FAR, now=now), f"clerk{n}") for n in range(count)
    ]


def assert_each_once(clerks: list[Clerk]) -> None:
    """Every key that was pressed until an answer came has one effect, and the record says nothing else."""
    effects = Counter(Event.objects.filter(refused="", key__isnull=False).values_list("key", flat=True))
    wrong = {key: effects[key] for clerk in clerks for key in clerk.keys if effects[key] != 1}
    assert wrong == {}, f"seed {SEED}"
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def test_killed_web_workers_lose_nothing_and_the_same_button_gives_the_same_answer(world, tmp_path: Path):  # noqa: F811
    rng = random.Random(SEED)
    with site(tmp_path) as running:
        clerks = clerks_of(world, running.port)
        killed = 0
        with at_work(clerks):
            while killed < FAULTS:
                served = sum(len(clerk.answers) for clerk in clerks)
                while sum(len(clerk.answers) for clerk in clerks) < served + len(clerks):
                    time.sleep(0.01)
                time.sleep(rng.uniform(0, 0.3))
                if (pid := any_of(running.workers(), rng)) is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
    answers = [answer for clerk in clerks for answer in clerk.answers]
    again = sum(clerk.asked_again for clerk in clerks)
    print(f"\nseed {SEED}: {killed} web workers killed, {len(answers)} requests, {again} asked again")
    assert [answer.status for answer in answers if answer.status >= 400] == []
    assert_each_once(clerks)


def test_workers_that_are_replaced_in_order_fail_no_request(world, tmp_path: Path):  # noqa: F811
    with site(tmp_path) as running:
        clerks = clerks_of(world, running.port)
        with at_work(clerks):
            for _ in range(max(2, FAULTS // 3)):
                time.sleep(0.5)
                before = set(running.workers())
                os.kill(running.process.pid, signal.SIGHUP)
                deadline = time.monotonic() + 30
                while before & set(running.workers()) and time.monotonic() < deadline:
                    time.sleep(0.05)
    statuses = Counter(answer.status for clerk in clerks for answer in clerk.answers)
    assert set(statuses) <= {200, 302}, statuses
    assert_each_once(clerks)


@pytest.mark.parametrize("days", DAYS_OFF)
def test_a_web_machine_whose_clock_is_wrong_opens_and_dates_nothing_wrong(world, tmp_path: Path, days):  # noqa: F811
    with site(tmp_path, workers=1, SITE_DAYS_OFF=days) as running:
        (clerk,) = clerks_of(world, running.port, count=1)
        before = database_now()
        assert clerk.press().status == 302
        after = database_now()
    moment = timedelta(seconds=2)
    (at,) = Event.objects.filter(key=clerk.keys[0]).values_list("at", flat=True)
    review = Task.objects.filter(case=clerk.case, status="open", step__isnull=False)
    opened = list(review.values_list("opened_at", flat=True))
    assert opened
    assert all(before - moment <= told <= after + moment for told in [at, *opened])


ALTER = """
import django
django.setup()
import sys, time
from django.db import OperationalError, connection, models
from workflow.models import Case, Task

def column():
    field = models.CharField(max_length=20, blank=True, default="", db_default="")
    field.set_attributes_from_name("added_under_load")
    return field

longest = 0.0
for model in (Case, Task):
    for what in ("add_field", "remove_field"):
        while True:
            began = time.monotonic()
            try:
                with connection.cursor() as cursor:
                    if connection.vendor == "postgresql":
                        cursor.execute("SET lock_timeout = '2s'")
                with connection.schema_editor() as editor:
                    if what == "add_field" or connection.vendor == "postgresql":
                        field = column()
                        field.model = model
                        getattr(editor, what)(model, field)
                longest = max(longest, time.monotonic() - began)
                break
            except OperationalError:
                time.sleep(0.2)
print(longest)
"""


def test_a_column_added_under_load_fails_no_request(world, tmp_path: Path):  # noqa: F811
    with site(tmp_path) as running:
        clerks = clerks_of(world, running.port)
        with at_work(clerks):
            time.sleep(1)
            done = subprocess.run(
                [sys.executable, "-c", ALTER], cwd=ROOT, env=child_environment(tmp_path), capture_output=True,
                text=True, timeout=120, check=False,
            )  # fmt: skip
            time.sleep(1)
    assert done.returncode == 0, done.stderr[-2000:]
    statuses = Counter(answer.status for clerk in clerks for answer in clerk.answers)
    slowest = max(answer.seconds for clerk in clerks for answer in clerk.answers)
    print(f"\nlongest step {float(done.stdout):.2f} s, slowest request {slowest:.2f} s, {statuses}")
    assert set(statuses) <= {200, 302}, statuses
    assert_each_once(clerks)
