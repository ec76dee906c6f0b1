"""Which organisation a printed name means."""

import pytest

from targets import organisations
from tests.targets.papers import fresh
from tests.world import person
from workflow.machine import Role


@pytest.mark.parametrize(
    "printed", ["演示办公室本级", " 演示 办公室\u3000本级", "演示办公室（本级）", "演示办公室(本级)"]
)
def test_blanks_width_and_brackets_do_not_matter(world, printed):
    assert organisations.means(printed, world.own)


@pytest.mark.parametrize("printed", ["", None, "　", "演示办公室", "演示小学"])
def test_another_name_or_none_means_nobody(world, printed):
    assert not organisations.means(printed, world.own)


def test_an_alias_is_as_good_as_the_name_and_is_kept_once(world):
    assert not organisations.means("演示县办", world.own)
    organisations.add_alias(organisation=world.own, text="演示 县办")
    organisations.add_alias(organisation=world.own, text="演示县办")
    assert organisations.means("演示县办", world.own)
    assert world.own.aliases.count() == 1


def test_the_directory_finds_by_code_name_and_alias(world, django_assert_num_queries):
    organisations.add_alias(organisation=world.primary, text="一小")
    with django_assert_num_queries(2):
        directory = organisations.Directory()
    assert directory.by_code(" D2-1 ") == world.primary
    assert directory.by_name("一小") == directory.by_name("演示小学") == [world.primary]
    assert directory.by_name("二小") == []


def test_an_editor_of_two_units_is_asked_which(world):
    both = person("both", (world.own, Role.EDITOR), (world.primary, Role.EDITOR))
    with pytest.raises(organisations.WhichUnit, match="演示小学"):
        organisations.own_unit(fresh(both))
    assert organisations.own_unit(fresh(both), world.primary) == world.primary
    with pytest.raises(organisations.NotAnEditor):
        organisations.own_unit(fresh(world.editor), world.primary)
    with pytest.raises(organisations.NotAnEditor):
        organisations.own_unit(fresh(world.reviewer))
