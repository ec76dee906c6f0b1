"""The list of all ids of the catalogue of checks says where each is kept; this holds it to the code."""

from importlib import import_module

import pytest

from targets.checks import RULES
from targets.checks.readme import catalogue, elsewhere
from targets.reading.problems import KINDS

FAMILIES = {
    "STR": 13, "FND": 8, "CST": 13, "CAT": 16, "VAL": 19, "QLT": 7, "NAM": 10, "SAT": 4, "REL": 9, "TXT": 6, "XTB": 4,
}  # fmt: skip
"""How many ids each family of the catalogue has on the table itself: 109."""
PROCESS = {"PRC": 8, "MON": 9, "SLF": 10}
"""And beside it: 27."""


def ids(counts):
    return {f"{family}-{number:02}" for family, count in counts.items() for number in range(1, count + 1)}


def test_each_of_the_109_on_the_table_is_a_rule_or_told_by_the_reading():
    rules = set(catalogue()["on_the_table"]["rule"].split())
    reading = set(catalogue()["on_the_table"]["reading"].split())
    assert rules | reading == ids(FAMILIES)
    assert not rules & reading
    assert len(rules | reading) == 109
    assert reading <= {kind.code for kind in KINDS.values()}


def test_the_rules_are_those_of_the_list_and_no_others():
    asked = set(catalogue()["on_the_table"]["rule"].split()) | set(catalogue()["from_practice"]["rule"].split())
    assert {rule.id for rule in RULES.values()} == asked


def test_each_of_the_27_beside_the_table_has_its_place():
    assert set(elsewhere()) == ids(PROCESS)
    assert len(ids(FAMILIES) | ids(PROCESS)) == 136


@pytest.mark.parametrize("id", sorted(catalogue()["procedure"] | catalogue()["monitoring"]))
def test_what_another_room_keeps_is_there_under_its_name(id):
    module, _colon, name = (catalogue()["procedure"] | catalogue()["monitoring"])[id].partition(":")
    assert hasattr(import_module(module), name)
