"""The value grammar: forms met on paper, one line each; nothing raises and the raw text is kept."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import targets
from targets.levels import is_bare_adverb
from targets.normal import is_placeholder
from targets.periods import Period
from targets.reading import read
from targets.values import KINDS, in_yuan, parse

SAMPLE = Path(targets.__file__).parent / "samples" / "pingluo-2024-targets.txt"


@pytest.mark.parametrize(
    ("raw", "kind", "comparator", "low", "high", "unit"),
    [
        ("≥95%", "rate", "≥", "95", None, "%"),
        ("≥ 95%", "rate", "≥", "95", None, "%"),
        (r"$\geq 95\%$", "rate", "≥", "95", None, "%"),
        ("80%", "rate", None, "80", "80", "%"),
        ("=100.00(%)", "rate", "=", "100.00", "100.00", "%"),
        ("≥100百分比", "rate", "≥", "100", None, "%"),
        ("≥0.97比例", "rate", "≥", "97.00", None, "%"),
        ("98％", "rate", None, "98", "98", "%"),
        ("95%以上", "rate", "≥", "95", None, "%"),
        ("不低于95%", "rate", "≥", "95", None, "%"),
        ("≥95%~98%", "rate", "range", "95", "98", "%"),
        ("≥5", "number", "≥", "5", None, None),
        ("≥2 个", "number", "≥", "2", None, "个"),
        (">12 个", "number", ">", "12", None, "个"),
        ("3 场次", "number", None, "3", "3", "场次"),
        ("700册", "number", None, "700", "700", "册"),
        ("3万人", "number", None, "30000", "30000", "人"),
        ("5-10次", "number", "range", "5", "10", "次"),
        ("2次以上", "number", "≥", "2", None, "次"),
        ("≥１００人次", "number", "≥", "100", None, "人次"),
        ("985米", "number", None, "985", "985", "米"),
        ("771,325,800.00", "number", None, "771325800.00", "771325800.00", None),
        ("≥7 天", "duration", "≥", "7", None, "天"),
        ("<24小时", "duration", "<", None, "24", "小时"),
        ("3个工作日内", "duration", "≤", None, "3", "个工作日"),
        ("20万元", "money", None, "20", "20", "万元"),
        ("1.5万元", "money", None, "1.5", "1.5", "万元"),
        ("6420 元", "money", None, "6420", "6420", "元"),
        ("≤90万元", "money", "≤", None, "90", "万元"),
        ("不超过50万元", "money", "≤", None, "50", "万元"),
        ("1,234.5万元", "money", None, "1234.5", "1234.5", "万元"),
        ("1600元/亩", "unit-price", None, "1600", "1600", "元/亩"),
        ("≤28.40/株", "unit-price", "≤", None, "28.40", "元/株"),
        (">=530元/人*月", "unit-price", "≥", "530", None, "元/人*月"),
        ("下降 0.5%", "change", None, "-0.5", "-0.5", "%"),
        ("较上年增长5%", "change", None, "5", "5", "%"),
    ],
)
def test_a_measure_says_kind_bounds_and_unit(raw, kind, comparator, low, high, unit):
    found = parse(raw)
    said = (found.kind, found.comparator, found.low, found.high, found.unit, found.raw)
    assert said == (kind, comparator, low and Decimal(low), high and Decimal(high), unit, raw)


@pytest.mark.parametrize(
    ("raw", "kind", "start", "end"),
    [
        ("2024年1月-2024年12月", "period", (2024, 1, 1), (2024, 12, 31)),
        ("2024 年 1 月-12 月", "period", (2024, 1, 1), (2024, 12, 31)),
        ("1-12 月份", "period", (2025, 1, 1), (2025, 12, 31)),
        ("2024年1-6月", "period", (2024, 1, 1), (2024, 6, 30)),
        ("2023.07-2024.01", "period", (2023, 7, 1), (2024, 1, 31)),
        ("2024 年", "period", (2024, 1, 1), (2024, 12, 31)),
        ("全年", "period", (2025, 1, 1), (2025, 12, 31)),
        ("持续至 2024 年底", "period", None, (2024, 12, 31)),
        ("2024年底", "date", (2024, 12, 31), (2024, 12, 31)),
        ("2024-02-29", "date", (2024, 2, 29), (2024, 2, 29)),
        ("2019年12月", "date", (2019, 12, 1), (2019, 12, 31)),
        ("12月底到位", "date", (2025, 12, 31), (2025, 12, 31)),
        ("2024年6月底前完成", "date", (2024, 6, 30), (2024, 6, 30)),
        ("第四季度", "period", (2025, 10, 1), (2025, 12, 31)),
    ],
)
def test_a_time_says_its_days_and_inherits_the_year_of_the_table(raw, kind, start, end):
    found = parse(raw, year=2025)
    assert found.kind == kind
    assert (found.period.start, found.period.end) == (start and date(*start), date(*end))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("显著改变", "level"),
        ("显著 改变", "level"),
        ("效果明显", "level"),
        ("显著", "level"),
        ("优良", "level"),
        ("及时", "level"),
        ("正面支撑", "level"),
        ("是", "boolean"),
        ("应保尽保", "boolean"),
        ("不超预算", "boolean"),
        ("覆盖全区所有人员", "text"),
        ("在项目计划完成时间内完成", "date"),
        ("长期", "period"),
        ("2024-02-30", "text"),
        ("", "empty"),
        (None, "empty"),
        ("  ", "empty"),
        ("—", "placeholder"),
        ("/", "placeholder"),
        ("**人", "placeholder"),
        ("≧ %", "placeholder"),
        ("≥××万元", "placeholder"),
        ("XX", "placeholder"),
        ("……", "placeholder"),
        ("见附件", "placeholder"),
        ("待定", "placeholder"),
    ],
)
def test_words_blanks_and_placeholders_are_told_apart(raw, kind):
    assert parse(raw).kind == kind


def test_several_values_are_split_on_measures_not_on_commas():
    found = parse("婚姻档案 9256 卷、县委、政府文书档案 5200 卷")
    assert found.kind == "compound"
    assert [(name, value.low, value.unit) for name, value in found.items] == [
        ("婚姻档案", Decimal(9256), "卷"),
        ("县委、政府文书档案", Decimal(5200), "卷"),
    ]
    unnamed = parse("395694件 700064卷")
    assert [(name, value.low, value.unit) for name, value in unnamed.items] == [
        (None, Decimal(395694), "件"),
        (None, Decimal(700064), "卷"),
    ]


def test_the_name_lends_unit_comparator_and_direction():
    assert in_yuan(parse("95", name="专版宣传经费（万元）")) == Decimal(950_000)
    hinted = parse("85", name="苗木成活率(≥**%)")
    assert (hinted.kind, hinted.comparator, hinted.low) == ("rate", "≥", Decimal(85))
    assert parse("2%", name="离婚率较上年减少").low == Decimal(-2)
    assert parse("2%", name="离婚率").direction == "lower"
    assert parse("2%", name="合格率").direction == "higher"
    assert (parse("250万", name="项目资金").kind, parse("250万", name="株数").kind) == ("money", "number")


@pytest.mark.parametrize(
    ("raw", "yuan"),
    [
        ("0.642万元", "6420"),
        ("6420 元", "6420"),
        ("1.2亿元", "120000000"),
        ("3千元", "3000"),
        ("≤20万元", "200000"),
        ("≥20万元", "200000"),
        ("20%", None),
        ("20", None),
        ("1600元/亩", None),
    ],
)
def test_money_is_converted_exactly(raw, yuan):
    assert in_yuan(parse(raw)) == (None if yuan is None else Decimal(yuan))


def test_the_record_goes_into_json_with_numbers_as_text():
    record = parse("下降 0.5%").as_dict()
    assert json.loads(json.dumps(record)) == record
    assert (record["low"], record["direction"], record["baseline"], record["raw"]) == (
        "-0.5",
        "down",
        None,
        "下降 0.5%",
    )
    assert set(record) == {
        "kind",
        "comparator",
        "low",
        "high",
        "unit",
        "dimension",
        "direction",
        "direction_from",
        "baseline",
        "period",
        "level",
        "items",
        "qualifier",
        "raw",
        "confidence",
    }
    assert Period(None, date(2024, 12, 31), "day").as_dict() == {"start": None, "end": "2024-12-31", "precision": "day"}


def test_every_value_of_the_sample_has_a_form():
    rows = [i for t in read(name="x", data=SAMPLE.read_bytes()).tables for i in t.content.indicators]
    parsed = [parse(row.value, name=row.name, year=2024) for row in rows]
    assert {v.kind for v in parsed} <= set(KINDS) - {"text", "empty", "placeholder"}
    assert [v.raw for v in parsed if v.confidence == "low"] == ["有限提升"]


def test_a_bare_adverb_is_no_level_and_a_template_hint_is_a_placeholder():
    assert is_bare_adverb("显 著")
    assert not is_bare_adverb("显著提升")
    assert not is_bare_adverb("良好")
    assert is_placeholder("苗木成活率(≥**%)")
    assert not is_placeholder("3×4米的展板")
    assert not is_placeholder("≥一次")


@given(st.text(max_size=300), st.text(max_size=40))
def test_nothing_raises_and_the_raw_text_is_kept(raw, name):
    found = parse(raw, name=name, year=2024)
    assert (found.raw, found.kind in KINDS) == (raw, True)
    json.dumps(found.as_dict())


@given(st.text(alphabet="0123456789.,%万元年月日-~至≥≤ 、次场个底前", max_size=60))
def test_nothing_raises_on_texts_made_of_the_grammar_itself(raw):
    assert parse(raw, year=2024).raw == raw
