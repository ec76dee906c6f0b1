"""Profiles: the shipped one says what the county's form says; a wrong one is refused."""

from datetime import UTC, datetime

import pytest

from targets import profiles
from targets.export import Format, export
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX, UnknownProfile, load
from targets.reading import read
from targets.reading.problems import KINDS
from tests.targets.test_checks_trades import GOOD, national


def test_the_ningxia_profile_has_the_categories_of_the_paper():
    profile = load("nx_2022")
    assert [c.code for c in profile.categories] == ["11", "12", "13", "14", "21", "22", "23", "24", "31"]
    assert [c.code for c in profile.required()] == ["11", "12", "13", "14", "22", "24", "31"]
    assert [c.code for c in profile.categories if c.need == "hard"] == ["11", "14"]
    assert [f.label for f in profile.families] == ["1-产出指标", "2-效益指标", "3-满意度指标"]
    assert profile.category("14").label == "14-成本指标（必填 硬性指标）"
    assert profile.category("14").name == "成本指标"
    assert (profile.title, profile.value_label) == ("部门项目支出预算绩效目标表", "绩效值")


def test_the_national_profile_of_2021_puts_cost_first_and_divides_it():
    profile = load("mof_2021")
    assert [f.label for f in profile.families] == ["成本指标", "产出指标", "效益指标", "满意度指标"]
    assert [c.name for c in profile.of_family("4")] == ["经济成本指标", "社会成本指标", "生态环境成本指标"]
    assert {profile.meanings()[code] for code in ("41", "42", "43")} == {"14"}
    assert "24" not in profile.meanings()
    assert [c.code for c in profile.required()] == ["11", "12"]
    assert (profile.title, profile.value_label, profile.funds_unit) == ("项目支出绩效目标表", "指标值", "万元")
    assert profile.header == load().header


def test_a_profile_says_only_what_it_grades_otherwise():
    county, nation = load("nx_2022"), load("mof_2021")
    differs = {key for key in county.severities if county.severities[key] != nation.severities[key]}
    assert differs == {"STR-03", "SAT-03", "CST-11"}
    assert nation.severities["SEC-01"] == MUST_FIX


def test_every_shipped_profile_is_loaded_under_its_own_name():
    assert profiles.known() == ("mof_2021", "nx_2022")
    assert [load(id).id for id in profiles.known()] == list(profiles.known())


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
        ({"families": [{"code": "1", "label": "f", "words": [], "need": "hard"}]}, "need 'hard' of 1"),
        (
            {"categories": [{"code": "11", "label": "a", "words": [], "need": "hard", "meaning": "99"}]},
            "meaning '99' of 11",
        ),
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


@pytest.mark.parametrize("format", [Format.DOCX, Format.XLSX])
def test_the_national_form_is_printed_and_read_back(format):
    """A round trip: the same content, byte for byte."""
    nation = load("mof_2021")
    for content in map(national, list(GOOD.values())[:4]):
        data = export(content=content, profile=nation, format=format, now=datetime(2026, 11, 24, tzinfo=UTC))
        (table,) = read(name=f"演示.{format.value}", data=data, profile=nation).tables
        assert table.content.hash() == content.cleaned().hash()
