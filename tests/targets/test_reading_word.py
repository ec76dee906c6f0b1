"""Word files: merged cells once, tracked changes, controls, text boxes, nested, split and irregular tables."""

import pytest

from targets.content import diff
from tests.targets.office import (
    ABOVE,
    LEFT,
    Table,
    cell,
    docx,
    paper_table,
    paragraph,
    read_here,
    small_content,
    word_body,
    word_parts,
    word_rows,
    word_table,
    zipped,
)

SMALL = small_content()
TITLE = paragraph("部门项目支出预算绩效目标表") + paragraph("(2025 年度)")
ROWS = word_rows(paper_table(SMALL))
FIRST_NAME = paragraph("购置图书")


def one(body):
    found = read_here("表.docx", docx(body=body))
    assert found.refused is None, found.refused
    (table,) = found.tables
    return table


def kinds(table):
    return [(p.code, str(p.place)) for p in table.problems]


def with_cell(inside, *, name=True):
    """A body whose first name (or value) is replaced by this XML."""
    old = FIRST_NAME if name else paragraph("≥2000册")
    whole = TITLE + word_table(paper_table(SMALL))
    assert whole.count(old) == 1
    return whole.replace(old, inside)


def run(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_a_table_as_on_paper_is_read_without_a_problem():
    table = one(word_body([SMALL]))
    assert table.content == SMALL
    assert kinds(table) == []
    assert str(table.rows[0]) == "T1:R9:C4"


@pytest.mark.parametrize(
    "inside",
    [
        f"<w:sdt><w:sdtPr/><w:sdtContent>{FIRST_NAME}</w:sdtContent></w:sdt>",
        f"<w:p><w:sdt><w:sdtContent>{run('购置图书')}</w:sdtContent></w:sdt></w:p>",
        f"<w:p>{run('购')}{run('置图')}<w:smartTag>{run('书')}</w:smartTag></w:p>",
        f"<w:p><w:hyperlink>{run('购置图书')}</w:hyperlink></w:p>",
        f"<w:p><w:fldSimple w:instr=' REF x '>{run('购置图书')}</w:fldSimple></w:p>",
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF x</w:instrText></w:r>'
        f'<w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("购置图书")}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
        f"<w:p/><w:p>{run('购置图书')}</w:p><w:p/>",
        f"<w:p>{run('购置')}<w:proofErr/><w:bookmarkStart/>{run('图书')}</w:p><!-- a comment --><?pi x?>",
        f"<w:p><w:customXml>{run('购置图书')}</w:customXml></w:p>",
    ],
)
def test_wrapped_text_is_kept_and_nothing_is_noted(inside):
    table = one(with_cell(inside))
    assert table.content == SMALL
    assert kinds(table) == []


def test_an_unfilled_content_control_is_blank():
    inside = run("单击此处输入文字")
    holder = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"
    table = one(with_cell(f"<w:p>{holder}</w:p>", name=False))
    assert (table.content.indicators[0].name, table.content.indicators[0].value) == ("购置图书", None)


def test_tracked_insertions_are_kept_and_deletions_left_out_and_both_are_told():
    inside = (
        f"<w:p>{run('购置')}<w:ins>{run('图书')}</w:ins><w:del><w:r><w:delText>期刊</w:delText></w:r></w:del></w:p>"
    )
    table = one(with_cell(inside))
    assert table.content == SMALL
    assert kinds(table) == [("STR-06", "T1:R9:C4")]
    assert dict(table.problems[0].facts) == {"inserted": "图书", "deleted": "期刊"}


def test_a_moved_text_stands_where_it_was_moved_to():
    inside = f"<w:p><w:moveFrom>{run('旧处')}</w:moveFrom><w:moveTo>{run('购置图书')}</w:moveTo></w:p>"
    assert one(with_cell(inside)).content == SMALL


def test_a_deleted_row_is_left_out_and_told():
    deleted = ROWS[9].replace("<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>")
    table = one(TITLE + word_table(paper_table(SMALL), rows=[*ROWS[:9], deleted, *ROWS[10:]]))
    assert [c.before for c in diff(SMALL, table.content)] == ["11 举办读书会 ≥12场"]
    assert [p.facts["deleted"] for p in table.problems] == ["举办读书会 ≥12场"]


def test_paragraphs_joined_by_a_tracked_deletion_are_one_line():
    inside = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('购置')}</w:p><w:p>{run('图书')}</w:p>"
    assert one(with_cell(inside)).content == SMALL


def test_hidden_text_is_left_out_and_told():
    table = one(with_cell(f"<w:p>{run('购置图书')}{run('，勿印', '<w:vanish/>')}</w:p>"))
    assert table.content == SMALL
    assert [(p.code, p.severity, p.facts["text"]) for p in table.problems] == [("STR-06", "should_fix", "，勿印")]


def test_text_that_is_told_not_to_be_hidden_is_kept():
    shown = '<w:vanish w:val="0"/>'
    table = one(with_cell(f"<w:p>{run('购置图书', shown)}</w:p>"))
    assert (table.content, kinds(table)) == (SMALL, [])


def test_a_comment_is_noted_and_its_text_left_out():
    inside = f"<w:p><w:commentRangeStart/>{run('购置图书')}<w:r><w:commentReference/></w:r></w:p>"
    table = one(with_cell(inside))
    assert table.content == SMALL
    assert kinds(table) == [("STR-07", "T1:R9:C4")]


@pytest.mark.parametrize(
    ("sign", "read_as"),
    [
        ('<w:sym w:font="Symbol" w:char="F0B3"/>', "≥"),
        ('<w:sym w:font="Symbol" w:char="F0A3"/>', "≤"),
        ('<w:sym w:font="宋体" w:char="2265"/>', "≥"),
        ('<w:sym w:font="Wingdings" w:char="F0FE"/>', "☑"),
    ],
)
def test_signs_of_picture_fonts_are_read(sign, read_as):
    table = one(with_cell(f"<w:p><w:r>{sign}</w:r>{run('2000册')}</w:p>", name=False))
    assert table.content.indicators[0].value == f"{read_as}2000册"
    assert kinds(table) == []


def test_a_sign_nobody_knows_is_told():
    table = one(with_cell(f'<w:p><w:r><w:sym w:font="Webdings" w:char="F0B3"/></w:r>{run("2000册")}</w:p>', name=False))
    assert (table.content.indicators[0].value, kinds(table)) == ("□2000册", [("STR-06", "T1:R9:C5")])


def test_line_breaks_and_paragraphs_of_a_goal_are_lines():
    content = small_content(annual_goal="目标一：购书。\n目标二：读书会。")
    assert one(word_body([content])).content == content
    broken = paragraph(content.annual_goal)
    parts = "".join(paragraph(line) for line in content.annual_goal.split("\n"))
    assert one(word_body([content]).replace(broken, parts)).content == content


def test_a_table_in_a_text_box_is_read_and_told():
    box = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>{0}'
        "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{0}"
        "</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    table = one(TITLE + paragraph("说明") + box.format(word_table(paper_table(SMALL))))
    assert table.content == SMALL
    assert [p.code for p in table.problems] == ["STR-06"]
    assert "text box" in table.problems[0].message


def test_a_stamp_in_a_text_box_inside_the_table_changes_nothing():
    box = f"<v:textbox><w:txbxContent>{paragraph('盖章')}</w:txbxContent></v:textbox>"
    stamp = f"<w:p>{run('购置图书')}<w:r><w:pict>{box}</w:pict></w:r></w:p>"
    table = one(with_cell(stamp))
    assert table.content == SMALL
    assert any(p.facts.get("text") == "盖章" for p in table.problems)


def test_a_form_nested_in_a_cell_is_read():
    outer = Table([["x"]])
    body = word_table(outer, rows=[f"<w:tr>{cell(word_table(paper_table(SMALL)) + '<w:p/>')}</w:tr>"])
    table = one(TITLE + body)
    assert (table.content, kinds(table)) == (SMALL, [])
    assert str(table.rows[0]) == "T1.1:R9:C4"


def test_a_small_table_inside_a_cell_is_the_text_of_that_cell():
    small = word_table(Table([["购书", "2000 册"], ["读书会", "12 场"]]))
    body = word_body([SMALL]).replace(paragraph(SMALL.annual_goal), small + "<w:p/>")
    assert one(body).content.annual_goal == "购书 2000 册\n读书会 12 场"


def test_one_form_over_two_word_tables_is_one_table():
    table = paper_table(SMALL)
    head, tail = (
        Table(table.rows[:11]),
        Table([["绩效指标", "1-产出指标", *table.rows[11][2:]], *table.rows[12:]]),
    )
    found = one(TITLE + word_table(head) + "<w:p/>" + word_table(tail))
    assert found.content == SMALL
    assert [p.code for p in found.problems] == ["STR-09"]
    assert str(found.rows[-1]) == "T2:R7:C4"


def test_a_form_whose_second_word_table_is_drawn_otherwise_is_one_table():
    table = paper_table(SMALL)
    head = Table(table.rows[:8])
    rows = word_rows(Table(table.rows[8:]))
    found = one(
        TITLE
        + word_table(head, widths=[900, 1200, 2000, 4000, 1900])
        + word_table(table, rows=rows, widths=[950, 1150, 2000, 3900, 2000])
    )
    assert found.content == SMALL
    assert {p.code for p in found.problems} <= {"STR-09"}


def test_a_head_repeated_on_the_next_page_is_read_once():
    table = paper_table(SMALL)
    table.rows.insert(12, ["名称", "一级指标", "二级指标", "三级指标", "绩效值"])
    rows = word_rows(table)
    found = one(TITLE + word_table(table, rows=rows))
    assert [(i.name, i.value) for i in found.content.indicators] == [(i.name, i.value) for i in SMALL.indicators]


def test_several_forms_in_one_file_are_several_tables_each_with_its_own_problems():
    other = small_content(project_name="演示文化站项目", fiscal_year=2026)
    body = with_cell(f"<w:p>{run('购置图书')}{run('隐', '<w:vanish/>')}</w:p>") + word_body([other])
    first, second = read_here("两张.docx", docx(body=body)).tables
    assert (first.content, second.content) == (SMALL, other)
    assert (len(first.problems), len(second.problems)) == (1, 0)


def test_two_forms_without_titles_are_two_tables():
    other = small_content(project_name="演示文化站项目")
    body = paragraph("(2025 年度)") + word_table(paper_table(SMALL)) + word_table(paper_table(other))
    first, second = read_here("两张.docx", docx(body=body)).tables
    assert (first.content.project_name, second.content.project_name) == (
        SMALL.project_name,
        other.project_name,
    )
    assert second.content.indicators == other.indicators


def test_a_title_and_year_inside_the_table_are_no_rows_of_it():
    table = Table([["部门项目支出预算绩效目标表", LEFT, LEFT, LEFT, LEFT], ["(2025 年度)", LEFT, LEFT, LEFT, LEFT]])
    table.rows += paper_table(SMALL).rows
    found = one(word_table(table))
    assert (found.content, kinds(found)) == (SMALL, [])


def test_columns_drawn_by_hand_fall_under_their_heads():
    """Every row has edges of its own: the widths differ by a few hundredths of the page."""
    edges = [1000, 1030, 2200, 2260, 4100, 4150, 7900, 8000, 10000]
    widths = [b - a for a, b in zip([0, *edges], edges, strict=False)]
    table, rows = paper_table(SMALL), []
    for number, row in enumerate(word_rows(table)):
        if number < 7:
            rows.append(row)
            continue
        spans = [1, 2, 2, 2, 2] if number % 2 else [2, 2, 2, 2, 1]
        cells = row.removeprefix("<w:tr>").removesuffix("</w:tr>").split("</w:tc>")[:-1]
        rows.append(
            "<w:tr>"
            + "".join(
                c.replace("<w:tcPr>", f'<w:tcPr><w:gridSpan w:val="{s}"/>') + "</w:tc>"
                for c, s in zip(cells, spans, strict=True)
            )
            + "</w:tr>"
        )
    found = one(TITLE + word_table(table, rows=rows, widths=widths))
    assert found.content == SMALL
    assert kinds(found) == []


def test_rows_that_begin_further_right_are_read():
    rows = [row.replace("<w:tr>", '<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>') for row in ROWS]
    wide = Table([["", *row] for row in paper_table(SMALL).rows])
    found = one(TITLE + word_table(wide, rows=rows))
    assert (found.content, kinds(found)) == (SMALL, [])


def test_a_value_merged_over_two_names_holds_for_both_and_is_told():
    table = paper_table(SMALL)
    table.rows[9][4] = ABOVE
    found = one(TITLE + word_table(table))
    assert [(i.name, i.value) for i in found.content.indicators[:2]] == [
        ("购置图书", "≥2000册"),
        ("举办读书会", "≥2000册"),
    ]
    assert kinds(found) == [("STR-06", "T1:R10:C5")]


def test_a_blank_value_that_is_not_merged_stays_blank_and_the_name_may_be_half_of_the_one_above():
    table = paper_table(SMALL)
    table.rows[9][4] = ""
    found = one(TITLE + word_table(table))
    assert found.content.indicators[1].value is None
    assert kinds(found) == [("STR-06", "T1:R10:C4")]


def test_text_in_a_covered_cell_is_not_printed_and_is_told():
    row = ROWS[9].replace(
        '<w:vMerge/></w:tcPr><w:p><w:r><w:t xml:space="preserve"></w:t>',
        "<w:vMerge/></w:tcPr><w:p><w:r><w:t>旧标签</w:t>",
        1,
    )
    assert "旧标签" in row
    found = one(TITLE + word_table(paper_table(SMALL), rows=[*ROWS[:9], row, *ROWS[10:]]))
    assert found.content == SMALL
    assert [p.facts.get("text") for p in found.problems] == ["旧标签"]


def test_cells_merged_the_old_way_are_one_cell():
    row = ROWS[0]
    wide = '<w:gridSpan w:val="4"/>'
    assert wide in row
    merged = row.replace(wide, '<w:hMerge w:val="restart"/>').removesuffix("</w:tr>")
    merged += cell("<w:p/>", more="<w:hMerge/>") * 3 + "</w:tr>"
    found = one(TITLE + word_table(paper_table(SMALL), rows=[merged, *ROWS[1:]]))
    assert (found.content, kinds(found)) == (SMALL, [])


def test_text_around_the_tables_is_left_out_and_told_once():
    body = (
        paragraph("附件2") + word_body([SMALL]) + paragraph("以上由演示县文化局填报。") + paragraph("联系电话见封面。")
    )
    found = one(body)
    assert found.content == SMALL
    assert [(p.code, p.facts["text"]) for p in found.problems] == [("STR-07", "以上由演示县文化局填报。")]


def test_header_fields_above_the_table_are_read():
    table = Table(paper_table(SMALL).rows[2:])
    head = paragraph("项目名称：演示乡镇图书室项目") + paragraph("主管部门：演示县文化局      实施单位：演示县图书馆")
    assert one(TITLE + head + word_table(table)).content == SMALL


def test_a_form_written_with_tabs_and_no_table_is_read():
    lines = [
        "\t".join("" if c in (LEFT, ABOVE) else str(c) for c in row).rstrip("\t") for row in paper_table(SMALL).rows
    ]
    body = TITLE + "".join(paragraph(line).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">') for line in lines)
    assert one(body).content == SMALL


def test_a_strict_document_and_one_in_utf16_are_read():
    strict = word_parts(word_body([SMALL]), namespace="http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert read_here("a.docx", zipped(strict)).tables[0].content == SMALL
    wide = word_parts(word_body([SMALL]))
    text = wide["word/document.xml"].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    wide["word/document.xml"] = text.encode("utf-16")
    assert read_here("a.docx", zipped(wide)).tables[0].content == SMALL


def test_full_width_signs_stay_as_printed():
    content = small_content(indicators=(SMALL.indicators[0].__class__("12", "合格率", "≥９５％"),))
    assert one(word_body([content])).content.indicators == content.indicators


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.replace('<w:vMerge w:val="restart"/>', "<w:vMerge/>"),
        lambda row: row.replace("<w:vMerge/>", '<w:vMerge w:val="continue"/>'),
        lambda row: row.replace("<w:tcPr>", '<w:tcPr><w:tcW w:w="0" w:type="auto"/>'),
        lambda row: row.replace("<w:tr>", "<w:tr><w:tblPrEx/><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"),
        lambda row: row.replace("<w:tr>", '<w:tr><w:trPr><w:gridAfter w:val="1"/></w:trPr>'),
    ],
)
def test_odd_but_printable_ways_to_draw_the_same_table_change_nothing(change):
    table = one(TITLE + word_table(paper_table(SMALL), rows=[change(row) for row in ROWS]))
    assert table.content == SMALL


def test_a_table_that_does_not_say_its_columns_is_read():
    whole = word_table(paper_table(SMALL))
    grid = whole[whole.index("<w:tblGrid>") : whole.index("</w:tblGrid>") + len("</w:tblGrid>")]
    assert one(TITLE + whole.replace(grid, "")).content == SMALL
