"""The normal form in print: one way to write one meaning, and it parses to what it was made from."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import targets
from targets.grammar.measures import UNITS
from targets.reading import read
from targets.values import parse, printed
from tests.targets.test_values_forms import MEASURES, TIMES, WORDS, YEAR

SAMPLE = Path(targets.__file__).parent / "samples" / "pingluo-2024-targets.txt"


def meaning(value):
    """The record without what only tells how it was written."""
    items = tuple((name, meaning(item)) for name, item in value.items)
    return replace(value, raw=None, confidence="high", direction_from=None, items=items)


def comes_back(raw, name=None, year=YEAR):
    first = parse(raw, name=name, year=year)
    text = printed(first)
    again = parse(text, name=name, year=year)
    assert meaning(again) == meaning(first), (raw, text)
    assert printed(again) == text


@pytest.mark.parametrize("row", MEASURES)
def test_each_measure_in_print_means_the_same(row):
    raw, name, *_rest = row.split("|")
    comes_back(raw, name or None)


@pytest.mark.parametrize("row", TIMES + WORDS)
def test_each_time_and_word_in_print_means_the_same(row):
    comes_back(row.split("|")[0])
    comes_back(row.split("|")[0], year=None)


@pytest.mark.parametrize(
    ("raw", "name", "text"),
    [
        ("不低于 95％", None, "≥95%"),
        ("1-12 月份", None, "2024年1月-2024年12月"),
        ("2024年底前完成", None, "2024年12月31日前"),
        ("250万", "项目资金", "250万元"),
        ("每月不少于4次", None, "≥4次/月"),
        ("同比下降不少于 3个百分点", None, "较上年下降≥3个百分点"),
        ("395694件 700064卷", None, "395694件、700064卷"),
        ("12月底前100%到位", None, "2024年12月31日前100%"),
        ("显著 改变", None, "显著改变"),
        ("百分之九十五", None, "95%"),
        ("≤28.40/株", None, "≤28.4元/株"),
        ("2.5万平方米", None, "25000平方米"),
        ("≥0.97比例", None, "≥97%"),
        ("不低于3成", None, "≥30%"),
        ("1成", "投诉量较上年减少", "较上年下降10%"),
        ("￥50万", None, "50万元"),
    ],
)
def test_the_normal_form_is_one_way_to_write_it(raw, name, text):
    assert printed(parse(raw, name=name, year=YEAR)) == text
    comes_back(raw, name)


def test_every_value_of_the_sample_comes_back():
    for table in read(name="x", data=SAMPLE.read_bytes()).tables:
        for row in table.content.indicators:
            comes_back(row.value, row.name)


NUMBERS = st.integers(0, 10**9).map(str) | st.decimals(0, 10**6, places=2, allow_nan=False).map(str)
SIGN = st.sampled_from(["", "≥", "≤", ">", "<", "=", "不低于", "不超过", "约", "至少"])
UNIT = st.sampled_from(sorted(UNITS))
DAYS = st.dates(date(2000, 1, 1), date(2090, 1, 1))
NAMES = st.sampled_from([None, "投诉率", "培训成本（万元）", "合格率(≥**%)", "离婚率较上年减少", "收入增长", "资金"])
GENERATED = st.one_of(
    st.builds("{}{}{}".format, SIGN, NUMBERS, UNIT),
    st.builds("{}{}".format, SIGN, NUMBERS),
    st.builds("{}{}以上".format, NUMBERS, UNIT),
    st.builds("{0}-{1}{2}".format, st.integers(0, 99), st.integers(0, 99), UNIT),
    st.builds("{}{}元/{}".format, SIGN, NUMBERS, UNIT),
    st.builds("每{}{}{}".format, st.sampled_from("月年村人"), NUMBERS, UNIT),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "较上年", "同比", "较2023年"]),
        st.sampled_from(["增长", "下降", "提高", "减少"]),
        NUMBERS,
        UNIT,
    ),
    st.builds("{:%Y年%m月}-{:%Y年%m月}".format, DAYS, DAYS),
    st.builds("{0:%Y}年{0.month}月{0.day}日{1}".format, DAYS, st.sampled_from(["", "前", "之前", "止", "前完成"])),
    st.builds("{}{:%Y年%m月}底".format, st.sampled_from(["", "持续至", "截至", "至"]), DAYS),
    st.builds("甲{}{}、乙、丙{}{}".format, NUMBERS, UNIT, NUMBERS, UNIT),
    st.text(alphabet="0123456789.%万元年月日-~至≥≤、次场个底前显著提升高约每/ ", max_size=24),
)


@settings(derandomize=True, max_examples=400)
@given(GENERATED, NAMES)
def test_whatever_was_typed_its_print_means_the_same(raw, name):
    comes_back(raw, name)
