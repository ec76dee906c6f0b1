"""What stands around a form: other tables, remarks, empty rows, dates. None of it may become an indicator."""

from openpyxl import Workbook

from tests.targets.office import (
    ABOVE,
    LEFT,
    docx,
    fill,
    paper_table,
    paragraph,
    read_here,
    saved,
    small_content,
    word_table,
)
from tests.targets.test_reading_layouts import both, made, said

L, A = LEFT, ABOVE
SMALL = small_content()
DETAILS = made(["序号", "支出内容", "金额"], ["1", "印刷费", "5"], ["2", "差旅费", "3"])


def test_51_another_table_behind_the_form_is_no_part_of_it_and_told():
    body = (
        paragraph("(2025 年度)")
        + word_table(paper_table(SMALL))
        + paragraph("支出明细")
        + word_table(DETAILS)
    )
    (table,) = read_here("a.docx", docx(body=body)).tables
    assert table.content == SMALL
    assert ("STR-06", "should_fix", "T2:R1") in said(table)


def test_51_another_table_in_front_of_the_form_changes_nothing():
    body = word_table(DETAILS) + paragraph("(2025 年度)") + word_table(paper_table(SMALL))
    (table,) = read_here("a.docx", docx(body=body)).tables
    assert table.content == SMALL


def test_rows_behind_an_empty_row_of_a_sheet_are_no_part_of_the_form():
    book = Workbook()
    behind = fill(book.active, paper_table(SMALL), 1, title="部门项目支出预算绩效目标表", year=2025)
    fill(book.active, DETAILS, behind + 1)
    (table,) = read_here("a.xlsx", saved(book)).tables
    assert table.content == SMALL
    assert [p.facts["text"] for p in table.problems] == ["序号 支出内容 金额", "1 印刷费 5", "2 差旅费 3"]


def test_a_sheet_with_an_empty_row_between_labelled_rows_is_read_whole():
    table = paper_table(SMALL)
    labelled = next(n for n, row in enumerate(table.rows) if row[2] not in (A, L) and n > 10)
    table.rows = [[x if x is not A else "" for x in row] for row in table.rows]
    table.rows.insert(labelled, [""] * 5)
    book = Workbook()
    fill(book.active, table, 1, title="部门项目支出预算绩效目标表", year=2025)
    (found,) = read_here("a.xlsx", saved(book)).tables
    assert found.content.indicators == SMALL.indicators


def test_a_remark_below_the_indicators_is_no_indicator():
    table = paper_table(SMALL)
    table.add("以上内容已经单位负责人审定", L, L, L, L)
    found = both("部门项目支出预算绩效目标表", table)
    assert found.content.indicators == SMALL.indicators
    assert [p.facts["text"] for p in found.problems if "text" in p.facts] == ["以上内容已经单位负责人审定"]


def test_the_year_is_that_of_the_budget_not_of_the_day_of_filling_in():
    lead = (
        paragraph("项目支出绩效目标申报表") + paragraph("（2026年度）") + paragraph("填报日期：2025年9月5日")
    )
    (table,) = read_here("a.docx", docx(body=lead + word_table(paper_table(SMALL)))).tables
    assert table.content.fiscal_year == 2026
    own = paper_table(SMALL)
    own.rows.insert(1, ["预算年度", "2027", L, L, L])
    (table,) = read_here("a.docx", docx(body=paragraph("绩效目标表") + word_table(own))).tables
    assert table.content == small_content(fiscal_year=2027)
