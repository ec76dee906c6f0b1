"""Ladders: the shipped ones are those of the county's practice, and one that makes no sense is refused."""

import pytest

from workflow import ladders
from workflow.ladders import LadderRefused
from workflow.machine import TaskKind
from workflow.models import Ladder, Rung

pytestmark = pytest.mark.django_db

FILLING = [
    ("due", -7, "assignees", True, False),
    ("due", -3, "assignees", False, False),
    ("due", -1, "assignees", False, False),
    ("due", 0, "assignees", False, False),
    ("due", 1, "own_head", False, True),
    ("due", 2, "division_in_charge", False, True),
    ("due", 3, "performance_head", False, True),
]
REVIEWING = [
    ("half", 0, "assignees", False, False),
    ("due", 0, "assignees", False, False),
    ("due", 1, "own_head", False, True),
    ("due", 3, "bureau_head", False, True),
]
RUNG = {"code": "one", "days": -1, "audience": "assignees"}


@pytest.mark.parametrize(
    ("kind", "rungs"),
    [(k, FILLING) for k in ("fill", "correct", "report", "adjust")]
    + [(k, REVIEWING) for k in ("review", "confirm", "release")],
)
def test_each_kind_of_task_has_its_shipped_ladder(kind, rungs):
    ladders.install_defaults()
    found = ladders.rungs_of(ladders.id_for(kind))
    assert [(r.basis, r.days, r.audience, r.only_if_not_begun, r.is_escalation) for r in found] == rungs


def test_installing_again_changes_nothing():
    assert ladders.install_defaults() == len(TaskKind)
    assert ladders.install_defaults() == 0
    assert Ladder.objects.count() == len(TaskKind)


def test_a_new_version_is_in_force_and_the_old_one_keeps_its_rungs():
    ladders.install_defaults()
    old = ladders.id_for("fill")
    new = ladders.install(task_kind="fill", title="演示", version=2, rungs=[RUNG])
    assert ladders.id_for("fill") == new.pk
    assert len(ladders.rungs_of(old)) == len(FILLING)
    Ladder.objects.filter(pk=new.pk).update(is_active=False)
    ladders.clear_cache()
    assert ladders.id_for("fill") == old


@pytest.mark.parametrize(
    "rungs",
    [
        [],
        [RUNG, RUNG | {"code": "two"}],
        [RUNG, RUNG | {"days": -2}],
        [RUNG | {"audience": "everybody"}],
    ],
)
def test_a_ladder_without_rungs_or_with_equal_ones_is_refused_with_a_sentence(rungs):
    with pytest.raises(LadderRefused) as caught:
        ladders.install(task_kind="fill", title="演示", version=1, rungs=rungs)
    assert "%(" not in str(caught.value)
    assert Ladder.objects.count() == Rung.objects.count() == 0


def test_a_kind_without_a_ladder_has_no_rungs():
    assert ladders.id_for("fill") is None
    assert ladders.rungs_of(None) == ()


@pytest.mark.parametrize(
    ("limit", "automatic"),
    [("own_head", 2), ("division_in_charge", 3), ("bureau_head", 5), ("assignees", 1)],
)
def test_above_the_setting_a_person_sends(settings, limit, automatic):
    settings.AUTO_SEND_UP_TO = limit
    assert [ladders.is_sent_automatically(a) for a in ladders.AUDIENCES] == [n < automatic for n in range(5)]


def test_kept_ladders_cost_no_query(django_assert_num_queries):
    ladders.install_defaults()
    ladders.id_for("fill")
    with django_assert_num_queries(0):
        ladders.rungs_of(ladders.id_for("review"))
