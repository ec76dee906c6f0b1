"""Good tables of many trades are left alone; their bad twins, each with one weakness put in, are found at its place."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from targets import values
from targets.checks import REVIEWER, check
from targets.checks.wording import secret_words
from targets.content import IndicatorContent, TableContent
from targets.profiles import HINT, MUST_FIX, load
from tests.targets import tables

NX = load("nx_2022")
GOOD = tables.load()
# What is still asked of the good tables: costs whose output stands there in other words, or not at all.
ASKED = {
    ("演示县公共图书馆免费开放补助资金", "CST-08", 10),
    ("演示县政务服务大厅运行维护项目", "CST-08", 8),
    ("演示县政务服务大厅运行维护项目", "CST-08", 10),
    ("演示县智慧政务云平台租赁项目", "CST-08", 9),
    ("演示县智慧政务云平台租赁项目", "CST-08", 10),
    ("演示县动物疫病防控项目", "CST-08", 8),
    ("演示县人工影响天气作业经费", "CAT-08", 12),
    ("演示县信访积案化解专项资金", "CST-08", 8),
    ("演示县地方志编纂出版", "CST-08", 8),
    ("演示县民兵训练及征兵工作经费", "CST-08", 9),
}


def test_good_tables_are_asked_for_almost_nothing():
    told = {
        (name, f.rule, f.row)
        for name, content in GOOD.items()
        for f in check(content=content, profile=NX, audience=REVIEWER)
        if f.severity != HINT
    }
    assert told == ASKED
    assert len(told) <= 0.02 * sum(len(content.indicators) for content in GOOD.values())
    assert len(GOOD) >= 60


@pytest.mark.parametrize("name", sorted(GOOD))
def test_nothing_keeps_a_good_table_back_and_its_hints_are_few(name):
    told = check(content=GOOD[name], profile=NX)
    assert [f.rule for f in told if f.severity == MUST_FIX] == []
    assert len([f for f in told if f.severity == HINT]) <= 6


# --- The same tables under the national form of 2021: cost a family of its own, no lasting effect.

NATION = load("mof_2021")
MOVED = {"14": "41", "24": "22"}


def national(content: TableContent) -> TableContent:
    rows = [replace(row, code=MOVED.get(row.code, row.code)) for row in content.indicators]
    return replace(content, indicators=tuple(sorted(rows, key=lambda row: (row.code != "41", row.code))))


def test_under_the_national_form_the_same_is_asked_of_the_good_tables():
    told = {
        (name, f.rule)
        for name, content in GOOD.items()
        for f in check(content=national(content), profile=NATION, audience=REVIEWER)
        if f.severity != HINT
    }
    assert told == {(name, rule) for name, rule, _row in ASKED}


def test_under_the_national_form_costs_are_added_up_and_divided():
    content = national(GOOD["演示县应急物资储备项目"])
    dear, _row = put(content, 1, value="≤81万元")  # type: ignore[misc]
    told = {f.rule: f for f in check(content=dear, profile=NATION)}
    assert told["CST-01"].place == "category 41"
    assert told["CST-01"].severity == MUST_FIX
    assert told["CST-12"].facts["categories"] == "社会成本指标、生态环境成本指标"
    assert "STR-03" not in told
    plain = replace(content, indicators=tuple(row for row in content.indicators if row.code not in ("41", "31", "13")))
    assert {f.rule for f in check(content=plain, profile=NATION) if f.severity == MUST_FIX} == set()
    bare = replace(content, indicators=tuple(row for row in content.indicators if row.code[0] != "2"))
    assert {f.rule for f in check(content=bare, profile=NATION) if f.severity == MUST_FIX} == {"STR-04"}


# --- Bad twins. A weakness returns the twin and the row where it is to be found (None: anywhere), or None: it
# --- cannot be put into this table.

Twin = tuple[TableContent, int | None] | None


def first(content: TableContent, *codes: str) -> int | None:
    return next((n for n, row in enumerate(content.indicators, 1) if row.code in codes), None)


def put(content: TableContent, number: int | None, **parts: str) -> Twin:
    if number is None:
        return None
    rows = list(content.indicators)
    rows[number - 1] = replace(rows[number - 1], **parts)
    return replace(content, indicators=tuple(rows)), number


def added(content: TableContent, *row: str) -> Twin:
    return replace(content, indicators=(*content.indicators, IndicatorContent(*row))), len(content.indicators) + 1


def without(content: TableContent, code: str) -> Twin:
    return replace(content, indicators=tuple(row for row in content.indicators if row.code != code)), None


def everywhere(content: TableContent, family: str, value: str) -> Twin:
    rows = tuple(replace(row, value=value) if row.code.startswith(family) else row for row in content.indicators)
    return replace(content, indicators=rows), None


def money_row(content: TableContent) -> int | None:
    plain = [values.parse(row.value, name=row.name, code=row.code).kind for row in content.indicators]
    priced = "unit-price" in plain
    return (
        None
        if priced
        else next(
            (n for n, row in enumerate(content.indicators, 1) if row.code == "14" and plain[n - 1] == "money"), None
        )
    )


def a_cost_too_many(content: TableContent) -> Twin:
    return put(content, money_row(content), value=f"≤{Decimal(content.funds.total or 0) + 1}万元") and (
        put(content, money_row(content), value=f"≤{Decimal(content.funds.total or 0) + 1}万元")[0],  # type: ignore[index]
        None,
    )


def a_cost_too_few(content: TableContent) -> Twin:
    number = money_row(content)
    if number is None:
        return None
    return put(content, number, value="≤0.01万元")[0], None  # type: ignore[index]


def another_number_than_the_goal(content: TableContent) -> Twin:
    """Only where goal and name say the same thing in the same words, not run into the next figure (3期450人)."""
    for number, row in enumerate(content.indicators, 1):
        figure = re.search(r"(\d+(?:\.\d+)?)(\D+)$", row.value or "")
        noun = re.sub("(?:数量|人数|个数|面积|长度|里程|场次|期数|件数|户数|数)$", "", row.name or "")
        if row.code == "11" and figure and re.search(rf"{noun}{figure[0]}(?!\d)", content.annual_goal or ""):
            return put(content, number, value=f"≥{Decimal(figure[1]) * 3}{figure[2]}")
    return None


def of_last_year(content: TableContent) -> Twin:
    """Not where the goal names this year besides."""
    goal = f"2025年{(content.annual_goal or '').replace('2026年', '')}"
    return None if "2026" in goal else (replace(content, annual_goal=goal), None)


WEAKNESSES: dict[str, tuple[str, Callable[[TableContent], Twin]]] = {
    "a quantity that is a rate": ("CAT-01", lambda c: put(c, first(c, "11"), value="≥95%")),
    "a quantity in words": ("CAT-02", lambda c: put(c, first(c, "11"), value="显著提升")),
    "a quantity that is a period": ("CAT-02", lambda c: put(c, first(c, "11"), value="全年")),
    "a quality that is a count": ("CAT-03", lambda c: put(c, first(c, "12"), value="≥3次")),
    "a quality in words": ("CAT-04", lambda c: put(c, first(c, "12"), value="明显提升")),
    "timeliness that is a count": ("CAT-05", lambda c: put(c, first(c, "13"), value="≥10处")),
    "timeliness that is the year": ("CAT-06", lambda c: put(c, first(c, "13"), value="2026年1-12月")),
    "ecology without ecology": ("CAT-08", lambda c: added(c, "23", "干部作风转变", "有效提升")),
    "economy without economy": ("CAT-09", lambda c: added(c, "21", "群众幸福指数", "≥90分")),
    "satisfaction that is not named": ("CAT-10", lambda c: put(c, first(c, "31"), name="群众评价良好情况")),
    "a benefit that is a deadline": ("CAT-14", lambda c: added(c, "22", "到项目结束为止", "效果明显")),
    "costs above the total": ("CST-01", a_cost_too_many),
    "costs below the total": ("CST-01", a_cost_too_few),
    "a cost that is a count": ("CST-02", lambda c: put(c, first(c, "14"), value="12座")),
    "a cost with a lower bound": ("CST-04", lambda c: put(c, money_row(c), value="≥1万元")),
    "a cost that pays for nothing": (
        "CST-08",
        lambda c: added(c, "14", "石刻碑林拓片装裱", "≤0.1万元") if money_row(c) and len(c.of_code("14")) > 2 else None,
    ),
    "sources that do not add up": ("FND-01", lambda c: (replace(c, funds=replace(c.funds, other="1")), None)),
    "no total": ("FND-02", lambda c: (replace(c, funds=replace(c.funds, total=None)), None)),
    "basic expenditure": ("FND-05", lambda c: added(c, "14", "单位办公费、电话费", "≤0.1万元")),
    "a number without unit": ("VAL-03", lambda c: put(c, first(c, "11"), value="≥5")),
    "several values in a row": ("VAL-02", lambda c: put(c, first(c, "11"), value="道路9公里、涵洞5座")),
    "a share above the whole": ("VAL-07", lambda c: put(c, first(c, "31"), value="290%")),
    "a number that the goal contradicts": ("VAL-11", another_number_than_the_goal),
    "a placeholder": ("VAL-14", lambda c: put(c, first(c, "12"), value="≥**%")),
    "a date after the end": ("VAL-17", lambda c: put(c, first(c, "13"), value="2027年10月底前")),
    "a bound from the wrong side": ("VAL-18", lambda c: put(c, first(c, "31"), value="≤90%")),
    "free text": ("VAL-01", lambda c: put(c, first(c, "12"), value="严格执行相关制度规定")),
    "a bare adverb": ("QLT-01", lambda c: put(c, first(c, "22"), value="显著")),
    "benefits all in words": ("QLT-03", lambda c: everywhere(c, "2", "有效提升")),
    "a name that is a value": ("QLT-04", lambda c: put(c, first(c, "31"), name="满意")),
    "a likely slip": ("QLT-05", lambda c: put(c, first(c, "22"), value="有限提升")),
    "the same name twice": ("NAM-05", lambda c: added(c, c.indicators[0].code, c.indicators[0].name or "", "≥9个")),
    "a name that is a sentence": (
        "NAM-01",
        lambda c: put(c, first(c, "22"), name="通过本项目的实施切实改善群众生产生活条件，推动各项事业高质量发展。"),
    ),
    "nobody is asked": ("SAT-01", lambda c: put(c, first(c, "31"), name="工作满意度")),
    "a goal without figures": ("REL-01", lambda c: (replace(c, annual_goal="做好各项工作，促进事业发展。"), None)),
    "a promise without output": (
        "REL-02",
        lambda c: (replace(c, annual_goal=f"{c.annual_goal}建设石刻碑林一座。"), None),
    ),
    "a blank header": ("STR-01", lambda c: (replace(c, period=" "), None)),
    "a category left out": ("STR-02", lambda c: without(c, "13")),
    "a family left out": ("STR-04", lambda c: without(c, "31")),
    "half a row": ("STR-05", lambda c: put(c, first(c, "12"), value="")),
    "another year": ("STR-11", lambda c: put(c, first(c, "13"), value="2025年10月底前")),
    "a telephone number": ("TXT-05", lambda c: (replace(c, annual_goal=f"{c.annual_goal}联系电话13800000000。"), None)),
    "a county that is another's": ("CPY-02", lambda c: (replace(c, annual_goal=f"盐池县{c.annual_goal}"), None)),
    "last year's goal": ("CPY-01", of_last_year),
    "what may be secret": ("SEC-01", lambda c: put(c, first(c, "12"), name="涉密文件管理合格率")),
}


@pytest.mark.parametrize("weakness", sorted(WEAKNESSES))
def test_a_weakness_put_into_any_good_table_is_found_at_its_place(weakness):
    rule, worsened = WEAKNESSES[weakness]
    missed, tried = [], 0
    for name, content in GOOD.items():
        twin = worsened(content)
        if twin is None:
            continue
        tried += 1
        bad, row = twin
        found = [f for f in check(content=bad, profile=NX, audience=REVIEWER) if f.rule == rule]
        if not any(row is None or row in f.rows for f in found):
            missed.append((name, row))
    assert missed == []
    assert tried >= 10


@pytest.mark.parametrize(
    "text",
    [
        "传染病疫情报告及时率",
        "全国防汛抗旱物资储备",
        "司机要求持证上岗",
        "手机要素采集",
        "国家安全生产标准化达标率",
        "确保密切联系群众",
        "全国保护母亲河行动",
        "国防教育进校园场次",
        "动态密码令牌",
        "中小学反恐防暴器材",
        "灾情报送及时率",
    ],
)
def test_what_only_sounds_secret_is_let_pass(text):
    assert secret_words(text) == []


@pytest.mark.parametrize(
    "text", ["机要通信保障", "密码设备维护", "涉密信息系统建设", "国家安全日常工作", "人民防空国防动员", "情报信息搜集"]
)
def test_what_may_be_secret_is_found(text):
    assert secret_words(text) != []


@pytest.mark.parametrize("text", ["农民工工资发放及时率", "城镇污水费征收", "困难群众取暖补贴人数", "农业水费收缴率"])
def test_what_only_sounds_like_running_costs_is_let_pass(text):
    content = next(iter(GOOD.values()))
    twin, row = added(content, "12", text, "≥98%")  # type: ignore[misc]
    assert not [f for f in check(content=twin, profile=NX) if f.rule == "FND-05" and row in f.rows]
