"""Sweeper, expander, sender and clerk are killed again and again, half of them before a commit: nothing is lost.

BTR_KILLS sets how many (`make faults`: 300 a database), BTR_SEED repeats a run.
"""

import os
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.faults import checker
from tests.faults.lab import laboratory, register_document
from tests.world import NOW, build_world, key
from workflow import calendar, engine, kinds
from workflow.machine import Kind
from workflow.models import Task, User

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = int(os.environ.get("BTR_KILLS", "24"))
SEED = int(os.environ.get("BTR_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
FIRST_DUE = date(2026, 9, 9)


@pytest.fixture
def world(transactional_db: None) -> SimpleNamespace:
    kept = dict(kinds._documents)
    register_document()
    world = build_world()
    for person in User.objects.all():
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")
    yield world
    kinds._documents.clear()
    kinds._documents.update(kept)


def open_case(world: SimpleNamespace, n: int, *, due_on: date, now: datetime = NOW) -> int:
    case = engine.start(
        kind=Kind.TARGET, unit=world.own, title=f"演示项目 {n}", fiscal_year=2027, profile="nx_2022", by=world.editor,
        key=key(), now=now, round=world.round, due_on=due_on,
    )  # fmt: skip
    engine.set_content(case, by=world.editor, now=now, write=lambda locked: None)
    return case.pk


def test_whatever_is_killed_nothing_is_lost_early_or_doubled(world: SimpleNamespace, tmp_path: Path) -> None:
    for n in range(24 + KILLS // 4):
        open_case(world, n, due_on=calendar.add_working_days(FIRST_DUE, n % (8 + KILLS // 12)))
    Task.objects.update(begun_at=None)
    clerks = [open_case(world, 1000 + n, due_on=date(2026, 12, 30)) for n in range(4)]
    with laboratory(tmp_path, seed=SEED, cases=clerks, start_at=NOW + timedelta(minutes=5)) as lab:
        lab.torment(kills=KILLS)
        lab.next_morning(of_work=True)
        seconds = lab.settle(checker.is_quiet, patience=60)
        now = lab.now()
        assert checker.is_quiet(now), f"not drained after {seconds:.0f} s; seed {SEED}"
    verdict = checker.check(lab, now=now)
    in_gap = sum(count for name, count in lab.kills.items() if name.startswith("sender"))
    print(f"\nseed {SEED}: {sum(lab.kills.values())} kills {dict(lab.kills)}")
    print(f"drained in {seconds:.1f} s; {verdict}; lost or doubled at most {3 / KILLS:.3%} a kill (95 %)")
    assert verdict.faults == {}, f"seed {SEED}"
    assert verdict.rungs > KILLS
    assert verdict.operations > KILLS // 4
    assert verdict.mails > 0
    assert verdict.repeated + verdict.unmarked <= in_gap, f"seed {SEED}"
