"""What a form of another county asks of the reader, one small form each: what is taken and what is told."""

import pytest

from targets.reading import read
from targets.reading.columns import aligned
from targets.reading.divided import in_one_cell

TOP = "项目绩效目标表\n（2025年度）\n| 项目名称 | 演示项目 | | |\n| 主管部门 | 演示局 | 实施单位 | 演示所 |\n"
YEARS = "| 一级指标 | 二级指标 | 三级指标 | {} | {} |\n| 产出指标 | 数量指标 | 培训人数 | 240人 | 260人 |\n"


def table(rows: str):
    """Return the one table of a text with bars below the usual upper part."""
    found = read(name="a.txt", data=(TOP + rows).encode())
    assert found.refused is None
    (one,) = found.tables
    return one


def rows_of(one):
    return [(row.code, row.name, row.value) for row in one.content.indicators]


def said(one, words):
    return [p for p in one.problems if words in p.message]


@pytest.mark.parametrize(
    ("heads", "value", "told"),
    [
        (("2024年目标值", "2025年目标值"), "260人", 0),
        (("2025年目标值", "2026年目标值"), "240人", 0),
        (("2026年目标值", "2027年目标值"), "260人", 1),
    ],
)
def test_of_values_of_several_years_that_of_the_budget_is_taken_and_any_other_told(heads, value, told):
    one = table(YEARS.format(*heads))
    assert rows_of(one) == [("11", "培训人数", value)]
    assert len([p for p in one.problems if heads[1] in p.facts.get("head", "")]) == told


def test_a_form_with_name_and_value_in_one_cell_throughout_is_divided_and_told_once():
    cells = "| 产出指标 | 数量指标 | 绿化面积：2.1公顷 |\n| 产出指标 | 质量指标 | 苗木成活率≥95% |\n"
    one = table(cells)
    assert rows_of(one) == [("11", "绿化面积", "2.1公顷"), ("12", "苗木成活率", "≥95%")]
    assert len(said(one, "they were divided. Compare names")) == 1
    assert said(one, "Name and value stand in one cell (") == []


def test_a_single_name_that_holds_its_value_among_others_is_left_and_told():
    one = table(YEARS.format("指标值", "备注") + "| 产出指标 | 质量指标 | 合格率≥95% | | |\n")
    assert rows_of(one)[1] == ("12", "合格率≥95%", None)
    assert len(said(one, "Name and value stand in one cell (")) == 1


@pytest.mark.parametrize("text", ["培训人数", "≥95%：合格率", "注：随文"])
def test_what_is_no_name_with_its_value_is_not_divided(text):
    assert in_one_cell(text) is None


def test_a_level_alone_in_its_row_holds_for_the_names_below_where_no_column_is_of_levels():
    one = table("| 指标名称 | 指标方向 | 目标值 | 计量单位 |\n| 一、产出指标 | | | |\n| （一）数量指标 | | | |\n"
                "| 古籍册数 | ≥ | 60 | 册 |\n| （二）质量指标 | | | |\n| 著录准确率 | ≥ | 98 | % |\n")  # fmt: skip
    assert rows_of(one) == [("11", "古籍册数", "≥60册"), ("12", "著录准确率", "≥98%")]


def test_indicators_side_by_side_are_turned():
    one = table("| 一级指标 | 产出指标 | | 满意度指标 |\n| 二级指标 | 数量指标 | 质量指标 | 服务对象满意度指标 |\n"
                "| 三级指标 | 隔离带 | 合格率 | 群众满意度 |\n| 指标值 | 18公里 | 100% | ≥90% |\n")  # fmt: skip
    assert rows_of(one) == [("11", "隔离带", "18公里"), ("12", "合格率", "100%"), ("31", "群众满意度", "≥90%")]
    assert [str(place) for place in one.rows] == ["L7:C2", "L7:C3", "L7:C4"]


def test_a_label_that_names_another_year_fills_no_field():
    one = table("| 2024年预算 | 90 | 2025年预算 | 120 |\n" + YEARS.format("指标值", "备注"))
    assert one.content.funds.total == "120"
    assert len([p for p in one.problems if "2024年预算 90" in p.facts.get("text", "")]) == 1


@pytest.mark.parametrize(("label", "taken"), [("项目预算", None), ("合计", "60")])
def test_the_amount_of_a_part_is_not_that_of_the_whole(label, taken):
    part = "保安服务 | 38" if taken is None else "合计 | 60"
    one = table(f"| 项目预算 | {part} | |\n" + YEARS.format("指标值", "备注"))
    assert one.content.funds.total == taken


def test_two_fields_in_one_cell_are_two_fields():
    one = table("| 项目期限：1年　　预算金额：42 | | | |\n" + YEARS.format("指标值", "备注"))
    assert (one.content.period, one.content.funds.total) == ("1年", "42")


def test_a_word_too_common_for_a_label_is_one_only_where_no_other_names_the_field():
    rows = "| 项目 | 甲工程 | 金额 | 12 |\n| 绩效目标 | 修路五公里以上 | | |\n" + YEARS.format("指标值", "备注")
    alone = read(name="a.txt", data=f"项目绩效目标表\n（2025年度）\n{rows}".encode()).tables[0]
    assert (alone.content.project_name, alone.content.funds.total) == ("甲工程", "12")
    assert table(rows).content.project_name == "演示项目"


def test_columns_held_by_blanks_are_known_by_where_their_cells_begin():
    lines = ["产出    数量    甲    1个", "        质量    乙    2个", "效益    社会    丙    3个"]
    assert aligned(lines) == {}
    assert aligned([*lines, "        生态    丁    4个"])[1] == ["", "质量", "乙", "2个"]
    assert aligned([*lines, "              丁        4个"]) == {}
