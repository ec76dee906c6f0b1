"""One sound table has no finding; each rule finds the one fault put into it; the sample gives the known lines."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import targets
from targets import checks
from targets.checks import ALL, REVIEWER, RULES, CheckContext, Verdict, check, outcomes, readme
from targets.checks.registry import rule
from targets.content import Funds, IndicatorContent, TableContent
from targets.profiles import HINT, MUST_FIX, OFF, SHOULD_FIX, load

ROOM = Path(targets.__file__).parent
SAMPLE = ROOM / "samples" / "pingluo-2024-targets.txt"
NX = load("nx_2022")
ROWS = (
    ("11", "养护里程", "≥200 公里"),
    ("12", "验收合格率", "=100%"),
    ("13", "完成时限", "2025年12月底前"),
    ("14", "养护成本", "≤100万元"),
    ("14", "监理成本", "205000元"),
    ("22", "受益人数", "≥3000人"),
    ("24", "管护机制", "持续健全"),
    ("31", "群众满意度", "≥90%"),
)
SOUND = TableContent(
    project_name="演示农村道路养护项目",
    department="演示县交通运输局",
    unit="演示县公路段",
    attribute="0101-一年期项目",
    period="2025年1-12月",
    fiscal_year=2025,
    funds=Funds("120.5", "100", "20.5"),
    annual_goal="养护农村公路 200 公里。",
    indicators=tuple(IndicatorContent(*row) for row in ROWS),
)
COMPLETE = CheckContext(
    listed_name="演示农村道路养护项目",
    listed_amount_wan=Decimal("120.50"),
    control_figures_final=True,
    same_project_exists=False,
)


def with_row(number, **parts):
    rows = list(SOUND.indicators)
    rows[number - 1] = replace(rows[number - 1], **parts)
    return replace(SOUND, indicators=tuple(rows))


def without(*codes):
    return replace(SOUND, indicators=tuple(r for r in SOUND.indicators if r.code not in codes))


def plus(*row):
    return replace(SOUND, indicators=(*SOUND.indicators, IndicatorContent(*row)))


def found(content, context=COMPLETE, severity=None):
    return [
        (f.rule, f.severity, f.place)
        for f in check(content=content, profile=NX, context=context)
        if (f.severity != HINT if severity is None else f.severity == severity)
    ]


def test_a_sound_table_asks_nothing_and_no_rule_fails_but_hints():
    assert found(SOUND) == []
    failed = {f.rule for o in outcomes(content=SOUND, profile=NX, context=COMPLETE) for f in o.findings}
    assert failed == {"STR-03", "CST-03", "CST-05", "CAT-06", "QLT-02", "QLT-06", "REL-07"}


@pytest.mark.parametrize(
    ("content", "rule_id", "place"),
    [
        (replace(SOUND, project_name=" "), "STR-01", "project_name"),
        (replace(SOUND, department=None), "STR-01", "department"),
        (replace(SOUND, unit=None), "STR-01", "unit"),
        (replace(SOUND, period=None), "STR-01", "period"),
        (replace(SOUND, annual_goal=""), "STR-01", "annual_goal"),
        (without("11"), "STR-02", "category 11"),
        (without("12"), "STR-02", "category 12"),
        (without("13"), "STR-02", "category 13"),
        (without("14"), "STR-02", "category 14"),
        (without("22"), "STR-02", "category 22"),
        (without("24"), "STR-02", "category 24"),
        (with_row(1, value=None), "STR-05", "indicator 1 value"),
        (with_row(2, name="  "), "STR-05", "indicator 2 name"),
        (replace(SOUND, funds=Funds("120.5", "100", "20")), "FND-01", "funds.total"),
        (replace(SOUND, funds=Funds("120.5", None, None)), "FND-01", "funds.total"),
        (replace(SOUND, funds=Funds(None, "100", "20.5")), "FND-02", "funds.total"),
        (replace(SOUND, funds=Funds("0", "0", None)), "FND-02", "funds.total"),
        (replace(SOUND, funds=Funds("五十万", "100", None)), "FND-02", "funds.total"),
        (replace(SOUND, funds=Funds("1.205e2", "100", "20.5")), "FND-02", "funds.total"),
        (replace(SOUND, funds=Funds("120.5", "121.5", "-1")), "FND-02", "funds.other"),
        (with_row(4, value="≤100.0001万元"), "CST-01", "category 14"),
        (with_row(1, value="≥**公里"), "VAL-14", "indicator 1 value"),
        (with_row(8, value="≥%"), "VAL-14", "indicator 8 value"),
        (with_row(7, value="见附件"), "VAL-14", "indicator 7 value"),
        (with_row(1, name="养护里程（≥××公里）"), "VAL-14", "indicator 1 name"),
        (replace(SOUND, attribute="××"), "VAL-14", "attribute"),
        (replace(SOUND, annual_goal="无"), "VAL-14", "annual_goal"),
        (with_row(7, value="/"), "VAL-14", "indicator 7 value"),
    ],
)
def test_a_fault_that_keeps_the_table_back_is_found_at_its_place(content, rule_id, place):
    context = replace(COMPLETE, control_figures_final=False)
    assert [(r, p) for r, _s, p in found(content, context, MUST_FIX)] == [(rule_id, place)]


@pytest.mark.parametrize(
    ("content", "rule_id", "place"),
    [
        (with_row(4, value="≤90万元"), "CST-01", "category 14"),
        (plus("14", "印刷册数", "1000册"), "CST-02", "indicator 9 value"),
        (with_row(1, value="95%"), "CAT-01", "indicator 1 value"),
        (with_row(2, value="3场次"), "CAT-03", "indicator 2 value"),
        (with_row(2, value="≥7天"), "CAT-03", "indicator 2 value"),
        (with_row(3, value="≥10场"), "CAT-05", "indicator 3 value"),
        (with_row(3, value="显著提升"), "CAT-05", "indicator 3 value"),
        (with_row(1, value="公路9公里、桥梁5座"), "VAL-02", "indicator 1 value"),
        (with_row(1, value="≥5"), "VAL-03", "indicator 1 value"),
        (with_row(7, value="显著"), "QLT-01", "indicator 7 value"),
        (with_row(6, value="显著提升"), "QLT-03", "family 2"),
        (plus("11", "养护 里程", "≥3公里"), "NAM-05", "indicator 9 name"),
        (with_row(3, value="2024年12月底前"), "STR-11", "indicator 3 value"),
        (with_row(1, name="养护2023年新建里程"), "STR-11", "indicator 1 name"),
    ],
)
def test_a_fault_that_asks_a_second_look_is_found_at_its_place(content, rule_id, place):
    assert found(content) == [(rule_id, SHOULD_FIX, place)]


@pytest.mark.parametrize(
    "content",
    [
        with_row(1, name="公路覆盖率", value="≥95%"),
        with_row(3, value="100%"),
        with_row(3, value="在项目计划完成时间内完成"),
        with_row(3, value="3个工作日内"),
        with_row(2, value="≥90分"),
        with_row(1, name="较2023年新增里程"),
        with_row(1, name="整理2012年以前的档案卷数", value="≥20卷"),
        replace(SOUND, period="2024年-2026年"),
        plus("14", "项目总成本", "120.5万元"),
        plus("21", None, None),
        with_row(4, name="养护成本（万元）", value="100"),
        with_row(7, value="良好"),
        with_row(1, name="养护里程等……"),
        replace(SOUND, annual_goal="养护公路，提高通行能力，方便群众出行……"),
    ],
)
def test_what_is_right_is_not_reproached(content):
    assert found(content) == []


def test_a_missing_family_is_named_beside_its_category():
    assert found(without("31"), severity=MUST_FIX) == [
        ("STR-02", MUST_FIX, "category 31"),
        ("STR-04", MUST_FIX, "family 3"),
    ]


def test_not_applicable_with_a_reason_waives_what_may_be_waived():
    waived = replace(COMPLETE, not_applicable={"31": "不服务公众", "11": "没有", "12": " "})
    assert found(without("31"), waived) == []
    assert found(without("11"), waived, MUST_FIX) == [("STR-02", MUST_FIX, "category 11")]
    assert found(without("12"), waived, MUST_FIX) == [("STR-02", MUST_FIX, "category 12")]


def test_costs_with_unit_prices_are_not_added_and_bare_numbers_leave_it_open():
    def verdict(content):
        return {o.rule.key: o.verdict for o in outcomes(content=content, profile=NX)}["CST-01"]

    assert verdict(with_row(4, value="1600元/亩")) == Verdict.NOT_APPLICABLE
    assert verdict(with_row(4, value="90")) == Verdict.INSUFFICIENT_DATA
    assert verdict(replace(with_row(4, value="90"), funds=Funds("20", "20", None))) == Verdict.FAIL
    assert verdict(replace(SOUND, funds=Funds())) == Verdict.INSUFFICIENT_DATA


def test_without_context_the_list_and_doubles_are_not_guessed():
    said = {o.rule.key: o.verdict for o in outcomes(content=SOUND, profile=NX)}
    assert said["XTB-01"] == Verdict.INSUFFICIENT_DATA
    assert said["LST-01"] == Verdict.NOT_APPLICABLE
    final = CheckContext(control_figures_final=True)
    assert {o.rule.key: o.verdict for o in outcomes(content=SOUND, profile=NX, context=final)}["LST-01"] == (
        Verdict.INSUFFICIENT_DATA
    )


def test_doubles_and_a_table_that_differs_from_the_list_are_kept_back():
    assert found(SOUND, replace(COMPLETE, same_project_exists=True)) == [("XTB-01", MUST_FIX, "project_name")]
    assert found(SOUND, replace(COMPLETE, listed_amount_wan=Decimal(100))) == [("LST-01", MUST_FIX, "funds.total")]
    assert found(SOUND, replace(COMPLETE, listed_name="另一个项目")) == [("LST-01", MUST_FIX, "project_name")]
    assert found(SOUND, replace(COMPLETE, listed_name="演示农村 道路养护项目")) == []


def test_the_profile_decides_how_serious_a_finding_is():
    milder = replace(NX, severities={**NX.severities, "QLT-01": HINT})
    graded = check(content=with_row(7, value="显著"), profile=milder, context=COMPLETE)
    assert [(f.rule, f.severity) for f in graded if f.rule == "QLT-01"] == [("QLT-01", HINT)]


def test_a_rule_that_is_off_is_not_asked_and_changes_no_other_answer():
    content, off = with_row(7, value="显著"), replace(NX, severities={**NX.severities, "QLT-01": OFF})
    asked = {o.rule.key: o.verdict for o in outcomes(content=content, profile=NX, context=COMPLETE)}
    told = {o.rule.key: o.verdict for o in outcomes(content=content, profile=off, context=COMPLETE)}
    assert asked["QLT-01"] == Verdict.FAIL
    assert told == {**asked, "QLT-01": Verdict.NOT_APPLICABLE}


def test_a_project_that_ended_last_year_says_so_twice():
    assert found(replace(SOUND, period="2024年1-12月")) == [
        ("STR-11", SHOULD_FIX, "period"),
        ("VAL-17", SHOULD_FIX, "indicator 3 value"),
    ]


def test_what_only_a_reviewer_is_to_see_is_shown_to_the_reviewer_alone():
    seen = {f.rule for f in check(content=SOUND, profile=NX, context=COMPLETE)}
    both = check(content=SOUND, profile=NX, context=COMPLETE, audience=REVIEWER)
    assert {f.rule for f in both} - seen == {"REL-07"}
    assert {f.audience for f in both if f.rule == "REL-07"} == {REVIEWER}
    assert {o.rule.audience for o in outcomes(content=SOUND, profile=NX)} == {ALL, REVIEWER}


def test_every_message_is_filled_and_every_finding_has_a_source():
    broken = TableContent(indicators=(IndicatorContent("14", "××", "5册 6卷"), IndicatorContent("13", "", "≥3")))
    reports = check(content=broken, profile=NX, context=COMPLETE)
    assert len({f.rule for f in reports}) > 6
    assert all("%(" not in f.message % f.facts and f.source for f in reports)
    grades = [f.severity for f in reports]
    assert grades == sorted(grades, key=[MUST_FIX, SHOULD_FIX, HINT].index)


TEXTS = st.none() | st.text(alphabet="0123456789.,%≥≤万元年月日-、次场×*…见附件无 \n", max_size=40)


@given(
    st.builds(Funds, TEXTS, TEXTS, TEXTS),
    st.lists(
        st.builds(IndicatorContent, st.sampled_from(["11", "13", "14", "22", "31", "99"]), TEXTS, TEXTS), max_size=6
    ),
    TEXTS,
)
def test_whatever_was_typed_every_rule_answers(funds, rows, text):
    content = replace(SOUND, funds=funds, indicators=tuple(rows), period=text, project_name=text)
    reports = check(content=content, profile=NX, context=COMPLETE)
    assert all(f.message % f.facts for f in reports)
    assert {f.rule for f in reports} >= {"STR-02"}



def test_the_list_of_rules_is_the_registry():
    assert (ROOM / "checks" / "README.md").read_text("utf-8") == readme.text(NX)
    assert set(NX.severities) >= set(RULES)
    assert checks.RULES is RULES


def test_a_key_is_registered_once():
    with pytest.raises(ValueError, match="STR-01"):
        rule("STR-01", severity=HINT, source="", message="")(lambda table: [])
    assert RULES["STR-01"].severity == MUST_FIX
