"""Forms without cells: paragraphs of Word and texts, divided at their labels; what cannot be told apart is told.

Whole texts of this kind are files in tests/files/readable (one-cell-a-line, prose-*, run-together).
"""

import pytest

from targets.reading.prose import _divided
from tests.targets.office import docx, paragraph, read_here, small_content, xlsx

TITLE = paragraph("部门项目支出预算绩效目标表") + paragraph("(2025 年度)")
SMALL = small_content()


def one(body):
    (table,) = read_here("表.docx", docx(body=body)).tables
    return table


PROSE = (
    "项目名称：演示乡镇图书室项目",
    "主管部门：演示县文化局　实施单位：演示县图书馆",
    "年度资金总额：8万元，其中：财政拨款8万元",
    "年度总体绩效目标：购置图书 2000 册。",
    "【产出指标-数量指标】指标1：购置图书（≥2000册）；指标2：举办读书会（≥12场）",
    "【产出指标-质量指标】图书验收合格率（≥98%）",
    "【满意度指标-服务对象满意度指标】读者满意度很高",
)


def test_a_form_written_as_paragraphs_is_divided_at_its_labels_and_told():
    table = one(TITLE + "".join(map(paragraph, PROSE)))
    assert [(i.code, i.name, i.value) for i in table.content.indicators] == [
        ("11", "购置图书", "≥2000册"),
        ("11", "举办读书会", "≥12场"),
        ("12", "图书验收合格率", "≥98%"),
        ("31", "读者满意度很高", None),
    ]
    assert (table.content.unit, table.content.funds.fiscal) == ("演示县图书馆", "8")
    assert [str(p.place) for p in table.problems if p.severity == "should_fix"][-1] == "P9"


@pytest.mark.parametrize(
    ("item", "name", "value"),
    [
        ("指标1：购置图书（≥2000册）", "购置图书", "≥2000册"),
        ("①图书验收合格率≥98%", "图书验收合格率", "≥98%"),
        ("（2）完成时间：2025年11月底前", "完成时间", "2025年11月底前"),
        ("培训人数不少于 300 人次", "培训人数", "不少于 300 人次"),
        ("群众（含老人）满意", "群众（含老人）满意", ""),
        ("购书≥20册讲座≥2场", "购书≥20册讲座≥2场", ""),
        ("2025年完成", "2025年完成", ""),
    ],
)
def test_name_and_value_are_told_apart_or_left_together(item, name, value):
    assert _divided(item) == (name, value)


def test_tables_with_cells_are_never_rearranged():
    for file, data in (("a.docx", docx(SMALL)), ("a.xlsx", xlsx(SMALL))):
        (table,) = read_here(file, data).tables
        assert (table.content, table.problems) == (SMALL, ())


def test_a_letter_that_names_some_labels_is_no_form():
    letter = "关于报送绩效目标的通知\n请各单位按时报送项目名称、主管部门和年度绩效目标。\n联系人见附件。\n"
    found = read_here("a.txt", letter.encode())
    assert (found.tables, found.refused.code) == ((), "no_table")
