"""Two people at once, one click ten times, eight writers: one effect each. BTR_RACES sets how many."""

import os
from types import SimpleNamespace

import pytest

from tests.faults import races
from tests.workflow.conftest import toy  # noqa: F401
from tests.world import build_world, person
from workflow import grants, record
from workflow.machine import Action, Role

pytestmark = pytest.mark.django_db(transaction=True)
RACES = int(os.environ.get("BTR_RACES", "25"))


@pytest.fixture
def world(transactional_db: None) -> SimpleNamespace:
    return build_world()


def assert_record_and_grants_hold() -> None:
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def test_two_approvers_at_once_have_one_effect_and_the_other_is_told_who(world, toy):  # noqa: F811
    tally = races.two_approvers(world, toy, races=RACES)
    assert (tally.races, tally.doubled, tally.lost) == (RACES, 0, 0)
    assert tally.answers == {"Outcome": RACES, "Stale": RACES}
    assert tally.told_who == RACES
    assert_record_and_grants_hold()


def test_one_click_ten_times_at_once_has_one_effect(world, toy):  # noqa: F811
    tally = races.one_click(world, toy, times=max(RACES // 5, 3))
    assert (tally.doubled, tally.lost) == (0, 0)
    assert set(tally.answers) == {"Outcome"}
    assert_record_and_grants_hold()


def test_eight_writers_wait_for_each_other_and_none_is_locked_out(world, toy):  # noqa: F811
    tally = races.many_writers(world, toy, writers=8, writes=RACES * 8)
    assert tally.answers == {"done": 8}
    assert tally.races >= RACES * 8
    assert_record_and_grants_hold()


def test_of_two_saves_over_the_same_reading_one_is_kept_and_the_other_is_stale(world, toy):  # noqa: F811
    tally = races.stale_saves(world, toy, times=RACES)
    assert (tally.races, tally.doubled, tally.lost) == (RACES, 0, 0)
    assert tally.answers == {"str": RACES, "Stale": RACES}
    assert_record_and_grants_hold()


@pytest.mark.parametrize(
    ("stop", "acts"),
    [
        ("department_review", [("reviewer", Action.APPROVE), ("editor", Action.RECALL)]),
        ("release", [("leader", Action.RELEASE), ("leader2", Action.RELEASE)]),
        ("release", [("leader", Action.RELEASE), ("leader2", Action.RETURN)]),
        ("performance", [("performance_reviewer", Action.APPROVE), ("business_reviewer", Action.UNDO_APPROVAL)]),
        ("approved", [("editor", Action.ADJUST), ("business_reviewer", Action.FUNDS_CHANGED)]),
    ],
    ids=["approve or recall", "two releases", "release or return", "approve or undo", "adjust or control figure"],
)
def test_of_two_who_act_at_once_on_one_case_one_has_an_effect(world, toy, stop, acts):  # noqa: F811
    world.leader2 = person("leader2", (world.bureau, Role.FINANCE_HEAD))
    tally, done = races.at_one_desk(world, toy, stop=stop, acts=acts, races=max(RACES // 2, 3))
    assert (tally.doubled, tally.lost) == (0, 0)
    assert tally.answers == {"Outcome": tally.races, "Stale": tally.races}
    assert tally.told_who == tally.races
    assert set(done) <= {action.value for _who, action in acts}
    assert_record_and_grants_hold()


def test_two_releases_of_the_same_cases_while_one_is_returned_decide_each_case_once(world, toy):  # noqa: F811
    world.leader2 = person("leader2", (world.bureau, Role.FINANCE_HEAD))
    tally = races.releases_at_once(world, toy, races=max(RACES // 5, 3))
    assert (tally.doubled, tally.lost) == (0, 0)
    assert set(tally.answers) <= {"Batch", "Outcome", "Stale"}
    assert tally.refused >= 3 * tally.races
    assert tally.told_who == tally.refused
    assert_record_and_grants_hold()
