"""Profiles: the shipped one says what the county's form says; a wrong one is refused."""

import pytest

from targets import profiles
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX, UnknownProfile, load
from targets.reading.problems import KINDS


def test_the_ningxia_profile_has_the_categories_of_the_paper():
    profile = load("nx_2022")
    assert [c.code for c in profile.categories] == ["11", "12", "13", "14", "21", "22", "23", "24", "31"]
    assert [c.code for c in profile.required()] == ["11", "12", "13", "14", "22", "24", "31"]
    assert [c.code for c in profile.categories if c.need == "hard"] == ["11", "14"]
    assert [f.label for f in profile.families] == ["1-产出指标", "2-效益指标", "3-满意度指标"]
    assert profile.category("14").label == "14-成本指标（必填 硬性指标）"
    assert profile.category("14").name == "成本指标"
    assert (profile.title, profile.value_label) == ("部门项目支出预算绩效目标表", "绩效值")


def test_an_unknown_profile_is_refused_by_naming_the_known_ones():
    with pytest.raises(UnknownProfile, match="nx_2022"):
        load("nowhere_1999")
    with pytest.raises(UnknownProfile):
        load("../profiles/nx_2022")


def test_eleven_rules_at_most_keep_a_table_back():
    severities = load().severities
    assert {rule for rule, grade in severities.items() if grade == MUST_FIX} == {
        "STR-01",
        "STR-02",
        "STR-04",
        "STR-05",
        "FND-01",
        "FND-02",
        "CST-01",
        "VAL-14",
        "XTB-01",
        "LST-01",
        "SEC-01",
    }
    assert severities["CST-01.short"] == SHOULD_FIX
    assert severities["STR-06"] == HINT


def test_every_kind_of_problem_is_graded_by_the_profile():
    assert {kind.code for kind in KINDS.values()} <= set(load().severities)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"categories": [{"code": "11", "label": "a", "words": [], "need": "hard"}] * 2}, "category 11 twice"),
        ({"categories": [{"code": "91", "label": "a", "words": [], "need": "hard"}]}, "category 91 without a family"),
        ({"categories": [{"code": "11", "label": "a", "words": [], "need": "maybe"}]}, "need 'maybe' of 11"),
        ({"severities": {"STR-01": "terrible"}}, "severity 'terrible' of STR-01"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(change, said):
    raw = {
        "id": "x",
        "title": "t",
        "value_label": "v",
        "funds_unit": "万元",
        "header": {},
        "columns": {},
        "families": [{"code": "1", "label": "f", "words": []}],
        "categories": [],
        "severities": {},
    }
    assert profiles._from_mapping(raw).id == "x"
    with pytest.raises(ValueError, match=said):
        profiles._from_mapping({**raw, **change})
