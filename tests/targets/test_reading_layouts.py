"""Forms of other counties: the form is recognised by its labels, whatever stands beside, above or below them."""

import pytest
from openpyxl import Workbook

from tests.targets.office import (
    ABOVE,
    LEFT,
    Table,
    docx,
    fill,
    paper_table,
    paragraph,
    read_here,
    saved,
    small_content,
    word_table,
)

L, A = LEFT, ABOVE


def both(title, table):
    """The one table of this layout, from Word and from Excel, which must agree."""
    (word,) = read_here("a.docx", docx(body=paragraph(title) + word_table(table))).tables
    book = Workbook()
    book.active["A1"] = title
    fill(book.active, table, 2)
    (sheet,) = read_here("a.xlsx", saved(book)).tables
    assert word.content == sheet.content
    assert [p.message for p in word.problems] == [p.message for p in sheet.problems]
    return word


def rows(table):
    return [(i.code, i.name, i.value) for i in table.content.indicators]


def said(table):
    return [(p.code, p.severity, str(p.place)) for p in table.problems if p.code != "STR-01"]


def made(*lines):
    return Table([list(line) for line in lines])


NATIONAL = made(
    ["项目名称", "演示智慧水务项目", L, L, L, L, L, L],
    ["主管部门及代码", "演示水务局", L, L, "实施单位", "演示供水站", L, L],
    ["项目属性", "新增项目", L, L, "项目期", "2025年1-12月", L, L],
    ["项目资金（万元）", L, "中期资金总额：", "300", L, "年度资金总额：", L, "100"],
    [A, L, "其中：财政拨款", "240", L, "其中：财政拨款", L, "80"],
    [A, L, "其他资金", "60", L, "其他资金", L, "20"],
    ["总体目标", "中期目标（2025年—2027年）", L, L, L, "年度目标", L, L],
    [A, "三年建成智慧水务平台。", L, L, L, "完成一期平台。", L, L],
    ["绩效指标", "一级指标", "二级指标", "三级指标", "指标值", "二级指标", "三级指标", "指标值"],
    [A, "产出指标", "数量指标", "指标1：水表数", "3000块", "数量指标", "指标1：水表安装数", "1000块"],
    [A, A, A, "指标2：泵站数", "6座", A, "指标2：泵站改造数", "2座"],
    [A, A, A, "……", "", A, "……", ""],
    [A, A, "质量指标", "指标1：合格率", "≥97%", "质量指标", "指标1：验收合格率", "≥98%"],
    [A, "效益指标", "社会效益指标", "指标1：受益人口", "9万人", "社会效益指标", "指标1：受益人口", "3万人"],
    [
        A,
        "满意度指标",
        "服务对象满意度指标",
        "指标1：满意度",
        "≥90%",
        "服务对象满意度指标",
        "指标1：满意度",
        "≥91%",
    ],
)


def test_of_mid_term_and_year_side_by_side_the_year_is_read():
    table = both("项目支出绩效目标申报表（2025年度）", NATIONAL)
    content = table.content
    assert (content.funds.total, content.funds.fiscal, content.funds.other) == ("100", "80", "20")
    assert (content.fiscal_year, content.annual_goal) == (2025, "完成一期平台。")
    assert (content.department, content.unit, content.period) == ("演示水务局", "演示供水站", "2025年1-12月")
    assert rows(table) == [
        ("11", "水表安装数", "1000块"),
        ("11", "泵站改造数", "2座"),
        ("12", "验收合格率", "≥98%"),
        ("22", "受益人口", "3万人"),
        ("31", "满意度", "≥91%"),
    ]
    assert {p.severity for p in table.problems} == {"hint"}
    told = " ".join(str(p.facts) for p in table.problems)
    assert all(amount in told for amount in ("300", "240", "60", "三年建成"))


def test_a_blank_form_is_recognised_as_one():
    blank = Table([list(row) for row in NATIONAL.rows])
    filled = {"演示", "2025年1", "新增", "三年", "完成一期", "300", "240", "100", "80", "60", "20"}
    for r, row in enumerate(blank.rows):
        for c, text in enumerate(row):
            if isinstance(text, str) and any(text.startswith(word) for word in filled):
                row[c] = ""
            elif r >= 9 and isinstance(text, str) and c in (3, 4, 6, 7):
                row[c] = "指标1：" if c in (3, 6) else ""
    body = paragraph("项目支出绩效目标申报表") + paragraph("（    年度）") + word_table(blank)
    found = read_here("空表.docx", docx(body=body))
    assert (found.tables, found.refused.code) == ((), "blank_form")
    own = paper_table(small_content(**dict.fromkeys(("project_name", "department", "unit", "annual_goal"))))
    del own.rows[8:]
    own.rows[3][2] = own.rows[4][2] = ""
    own.add("绩效指标", "1-产出指标", "11-数量指标（必填 硬性指标）", "", "")
    assert read_here("a.docx", docx(body=word_table(own))).refused.code == "blank_form"


def test_a_blank_form_beside_a_filled_one_is_passed_over():
    body = word_table(paper_table(small_content())) + paragraph("部门项目支出预算绩效目标表")
    blank = Table([[x if c in (0, L, A) or r > 7 else "" for c, x in enumerate(row)] for r, row in enumerate([
        ["项目名称", "", L, L, L], ["主管部门", "", "实施单位", "", L], ["年度总体绩效目标", "", L, L, L],
        ["名称", "一级指标", "二级指标", "三级指标", "绩效值"],
    ])])  # fmt: skip
    blank.rows[-1] = ["名称", "一级指标", "二级指标", "三级指标", "绩效值"]
    (table,) = read_here("a.docx", docx(body=body + word_table(blank))).tables
    assert table.content.project_name == small_content().project_name


def three_columns(two_heads):
    table = made(
        ["项目名称", "演示道路照明项目", L, L, L, L, L],
        ["主管部门", "演示住建局", L, "实施单位", L, "演示路灯所", L],
        ["项目资金（元）", L, "年度资金总额", L, "500000", L, L],
        [A, L, "其中：财政拨款", L, "456789.5", L, L],
        ["年度目标", "更换路灯。", L, L, L, L, L],
    )
    if two_heads:
        table.add("一级指标", "二级指标", "三级指标", "指标值", L, L, "权重")
        table.add(A, A, A, "符号", "值", "单位", A)
    else:
        table.add("一级指标", "二级指标", "三级指标", "指标性质", "指标值", "度量单位", "分值")
    table.add("产出指标", "数量指标", "更换路灯数", "≥", "200", "盏", "20")
    table.add(A, "质量指标", "亮灯率", "≥", "98", "%", "20")
    table.add(A, "时效指标", "完成及时率", "＝", "100", "%", "10")
    table.add("效益指标", "社会效益", "夜间出行便利程度", "定性", "明显提升", "无", "30")
    table.add("满意度指标", "服务对象满意度", "群众满意度", "≥", "90%", "%", "20")
    return table


@pytest.mark.parametrize("two_heads", [False, True])
def test_sign_number_and_unit_in_three_columns_are_one_value(two_heads):
    table = both("2025年度项目绩效目标表", three_columns(two_heads))
    assert [i.value for i in table.content.indicators] == ["≥200盏", "≥98%", "＝100%", "明显提升", "≥90%"]
    assert (table.content.funds.total, table.content.funds.fiscal) == ("50", "45.67895")
    told = {p.message.partition(" ")[0] for p in table.problems}
    assert {"The", "Sign,"} <= told


def test_columns_of_past_years_under_one_head_are_left_out_and_told():
    table = both(
        "2025年演示市项目支出绩效目标表",
        made(
            ["项目名称", "演示植树项目", L, L, L, L, L],
            ["主管部门", "演示林业局", L, "实施单位", "演示林场", L, L],
            ["资金总额", "30万元", L, L, L, L, L],
            ["年度绩效目标", "植树。", L, L, L, L, L],
            ["一级指标", "二级指标", "三级指标", "指标值", L, L, "谁也不认识的列"],
            [A, A, A, "前年", "上年", "预期当年实现值", A],
            ["产出指标", "数量指标", "植树株数", "800", "900", "1000株", "计划"],
            [A, "质量指标", "成活率", "80%", "85%", "≥90%", "计划"],
        ),
    )
    assert rows(table) == [("11", "植树株数", "1000株"), ("12", "成活率", "≥90%")]
    assert [p.facts["heads"] for p in table.problems if "heads" in p.facts] == [
        "谁也不认识的列",
        "前年, 上年",
    ]
    unknown = next(p for p in table.problems if p.facts.get("heads") == "谁也不认识的列")
    assert unknown.severity == "should_fix"


def test_of_a_self_evaluation_its_target_part_is_read():
    table = both(
        "2024年度项目支出绩效自评表",
        made(
            ["项目名称", "演示执法项目", L, L, L, L, L, L],
            ["主管部门", "演示执法局", L, L, "实施单位", "演示大队", L, L],
            ["项目资金（万元）", "", L, "年初预算数", "全年预算数", "全年执行数", "分值", "执行率"],
            [A, "年度资金总额", L, "50", "60", "58", "10", "96.7%"],
            [A, "其中：当年财政拨款", L, "50", "60", "58", "—", "—"],
            [A, "上年结转资金", L, "0", "0", "0", "—", "—"],
            [A, "其他资金", L, "0", "0", "0", "—", "—"],
            ["年度总体目标", "预期目标", L, L, "实际完成情况", L, L, L],
            [A, "查处案件100件。", L, L, "查处案件110件。", L, L, L],
            ["绩效指标", "一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分"],
            [A, "产出指标", "数量指标", "查处案件数", "≥100件", "110件", "20", "20"],
            [A, "满意度指标", "服务对象满意度指标", "群众满意度", "≥90%", "92%", "10", "10"],
            ["总分", L, L, L, L, L, "100", "98"],
        ),
    )
    funds = table.content.funds
    assert (funds.total, funds.fiscal, funds.other, table.content.fiscal_year) == ("50", "50", "0", 2024)
    assert table.content.annual_goal == "查处案件100件。"
    assert rows(table) == [("11", "查处案件数", "≥100件"), ("31", "群众满意度", "≥90%")]


def test_fields_and_stamps_that_a_target_table_does_not_have_are_left_out_and_told():
    table = both(
        "项目绩效目标申报表（2025年度）",
        made(
            ["项目名称", "演示养老服务", L, L, L],
            ["预算主管部门", "演示民政局", L, "预算单位", "演示养老中心"],
            ["项目起止时间", "2025-01-01 至 2025-12-31", L, "项目负责人", "演示人员甲"],
            ["项目资金（元）", "年度资金申请总额", L, "1,250,000.00", L],
            [A, "其中：当年财政拨款", L, "1,200,000.00", L],
            [A, "上年结转资金", L, "50,000.00", L],
            ["项目概况", "为老人提供服务。", L, L, L],
            ["年度总目标", "服务老人 3000 人次", L, L, L],
            ["绩效指标", "一级指标", "二级指标", "三级指标", "指标目标值"],
            [A, "产出指标（50分）", "数量（20分）", "服务老人人次", "≥3000人次"],
            [A, A, "质量", "服务达标率", "≥95%"],
            ["业务股室初审意见：", "同意", L, L, L],
        ),
    )
    assert (table.content.unit, table.content.period) == ("演示养老中心", "2025-01-01 至 2025-12-31")
    assert (table.content.funds.total, table.content.funds.fiscal) == ("125", "120")
    assert rows(table) == [("11", "服务老人人次", "≥3000人次"), ("12", "服务达标率", "≥95%")]
    told = [p.facts["text"] for p in table.problems if "text" in p.facts]
    assert told == [
        "项目负责人 演示人员甲",
        "上年结转资金 50,000.00",
        "项目概况 为老人提供服务。",
        "业务股室初审意见： 同意",
    ]


def test_numbered_labels_and_several_indicators_in_one_cell_are_read():
    table = both(
        "2025年项目支出绩效目标表",
        made(
            ["项目名称", "演示培训项目", L, L],
            ["主管部门", "演示人社局", "实施单位", "演示人社局本级"],
            ["年度资金总额", "10", L, L],
            ["年度总体目标", "开展培训", L, L],
            ["一级指标", "二级指标", "三级指标", "指标值"],
            ["1.产出指标", "1.1数量指标", "1、举办培训班\n2、培训人数", "≥3期\n≥200人"],
            [A, "（2）质量指标", "合格率", "≥95%"],
            ["二、效益指标", "社会效益指标", "就业能力", "提升"],
        ),
    )
    assert rows(table) == [
        ("11", "1、举办培训班", "≥3期"),
        ("11", "2、培训人数", "≥200人"),
        ("12", "合格率", "≥95%"),
        ("22", "就业能力", "提升"),
    ]
    assert ("STR-06", "should_fix", "T1:R6:C3") in said(table)


def test_a_name_of_two_lines_with_one_value_is_one_indicator():
    content = small_content()
    first = content.indicators[0]
    table = paper_table(content)
    table.rows[8][3] = "购置\n图书"
    (found,) = read_here("a.docx", docx(body=word_table(table))).tables
    assert found.content.indicators[0].name == "购置\n图书"
    assert found.content.indicators[0].value == first.value


def test_cost_as_a_first_level_indicator_is_read():
    table = both(
        "2025年项目支出绩效目标表",
        made(
            ["项目名称", "演示项目", L, L],
            ["主管部门", "演示局", "实施单位", "演示站"],
            ["年度资金总额", "10", L, L],
            ["年度总体目标", "完成。", L, L],
            ["一级指标", "二级指标", "三级指标", "指标值"],
            ["成本指标", "经济成本指标", "设备费", "≤6万元"],
            [A, "社会成本指标", "社会成本", "≤4万元"],
            ["产出指标", "数量指标", "设备数", "3台"],
            ["满意度指标", "服务对象满意度指标", "满意度", "≥90%"],
        ),
    )
    assert rows(table) == [
        ("14", "设备费", "≤6万元"),
        ("14", "社会成本", "≤4万元"),
        ("11", "设备数", "3台"),
        ("31", "满意度", "≥90%"),
    ]


def test_an_unknown_layout_gives_what_was_understood_and_problems():
    table = both(
        "演示情况汇总",
        made(
            ["项目名称", "演示项目", L, L],
            ["主管部门", "演示局", "奇怪的栏", "奇怪的内容"],
            ["年度资金总额", "十万", L, L],
            ["一级指标", "二级指标", "三级指标", "指标值"],
            ["产出指标", "没见过的类别指标", "某事", "≥1件"],
            ["产出指标", "数量指标", "另一事", "≥2件"],
        ),
    )
    assert table.content.project_name == "演示项目"
    assert [row[1:] for row in rows(table)] == [("某事", "≥1件"), ("另一事", "≥2件")]
    codes = {p.code for p in table.problems}
    assert {"STR-01", "STR-13", "FND-02"} <= codes
    assert table.content.department == "演示局"
    assert "奇怪的栏 奇怪的内容" in [p.facts.get("text") for p in table.problems if p.code == "STR-07"]


def test_money_in_one_cell_line_by_line_is_read_and_told_once():
    table = both(
        "2025年项目支出绩效目标表",
        made(
            ["项目名称", "演示项目", L, L],
            ["主管部门", "演示局", "实施单位", "演示站"],
            ["项目资金（万元）", "年度资金总额：50\n其中：财政拨款：45.5\n其他资金：4.5", L, L],
            ["年度总体目标", "完成。", L, L],
            ["一级指标", "二级指标", "三级指标", "指标值"],
            ["产出指标", "数量指标", "设备数", "3台"],
        ),
    )
    funds = table.content.funds
    assert (funds.total, funds.fiscal, funds.other) == ("50", "45.5", "4.5")
    assert said(table)[0] == ("STR-06", "hint", "T1:R3:C2")
    assert [p.code for p in table.problems].count("STR-06") == 1


def test_two_cells_under_one_head_are_no_name_glued_together():
    table = made(
        ["项目名称", "演示项目", L, L, L],
        ["主管部门", "演示局", L, "实施单位", "演示站"],
        ["年度总体目标", "完成。", L, L, L],
        ["一级指标", "二级指标", "三级指标", L, "指标值"],
        ["产出指标", "数量指标", "1", "举办培训班", "3期"],
        [A, A, "甲类", "举办读书会", "12场"],
    )
    found = both("2025年项目支出绩效目标表", table)
    assert rows(found) == [("11", "举办培训班", "3期"), ("11", "举办读书会", "12场")]
    assert [(str(p.place), p.facts.get("text")) for p in found.problems if p.severity == "should_fix"][
        -1:
    ] == [("T1:R6:C3", "甲类")]


def test_a_value_column_for_each_township_is_one_value_and_told():
    table = both(
        "2025年项目支出绩效目标表",
        made(
            ["项目名称", "演示修路项目", L, L, L, L],
            ["主管部门", "演示局", L, "实施单位", "演示站", L],
            ["年度总体目标", "完成。", L, L, L, L],
            ["一级指标", "二级指标", "三级指标", "指标值", L, L],
            [A, A, A, "甲镇", "乙镇", "丙镇"],
            ["产出指标", "数量指标", "修路里程", "3公里", "4公里", "5公里"],
            [A, "质量指标", "合格率", "100%", "", ""],
        ),
    )
    assert rows(table) == [
        ("11", "修路里程", "甲镇3公里；乙镇4公里；丙镇5公里"),
        ("12", "合格率", "甲镇100%"),
    ]
    assert [str(p.place) for p in table.problems if p.severity == "should_fix" and p.code == "STR-06"] == ["T1:R5"]


def test_a_value_in_two_cells_under_one_head_is_joined_and_told():
    table = both(
        "2025年项目支出绩效目标表",
        made(
            ["项目名称", "演示修路项目", L, L, L],
            ["主管部门", "演示局", "实施单位", "演示站", L],
            ["年度总体目标", "完成。", L, L, L],
            ["一级指标", "二级指标", "三级指标", "指标值", L],
            ["产出指标", "数量指标", "修路里程", "≥3", "公里"],
        ),
    )
    assert rows(table) == [("11", "修路里程", "≥3公里")]
    assert ("STR-06", "should_fix", "T1:R5") in said(table)
