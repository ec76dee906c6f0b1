"""The varied corpus: what is asked of the reader on forms of many governments, on a fixed sample of each part of it."""

import re
from pathlib import Path

import pytest

from targets import reading
from targets.reading.cells import joined_value
from targets.reading.labels import in_chinese, labels_of
from targets.reading.problems import KINDS
from targets.reading.result import Fix
from tests.corpus.byhand import HAND, by_hand
from tests.corpus.damage import damaged
from tests.corpus.frames import FRAMES
from tests.corpus.sampling import HELD_OUT, TUNED, cases
from tests.corpus.score import reading_of, scores
from tests.targets.office import Table, docx, paragraph, read_here, word_table

SAMPLE = 45
MOST_MARKED = 0.05
HALF = Table([
    ["项目名称", "演示项目", "", ""],
    ["一级指标", "二级指标", "三级指标", "指标值"],
    ["产出指标", "数量指标", "培训人数≥200人", ""],
    ["产出指标", "质量指标", "≥95%", "验收合格率"],
    ["产出指标", "时效指标", "项目完成", "12月底前"],
    ["", "", "的时间", ""],
])  # fmt: skip


@pytest.mark.parametrize("seed", [TUNED, HELD_OUT])
def test_of_sampled_forms_nearly_all_is_read_right_and_nothing_wrong_is_unmarked(seed):
    whole, by_tag = scores(cases(seed=seed, count=SAMPLE))
    assert whole.indicators > 500
    assert {choice for tag, choice in by_tag if tag == "frame"} == set(FRAMES)
    assert whole.share_right >= 0.99, whole.wrong
    assert (whole.unmarked, whole.fields_unmarked) == (0, 0), whole.wrong
    assert whole.share_marked <= MOST_MARKED


def test_of_the_forms_made_by_hand_all_is_read_right_and_what_they_leave_open_is_marked():
    made = by_hand()
    whole, _by_tag = scores(made)
    assert len(made) >= 60
    assert whole.share_right >= 0.99, whole.wrong
    assert (whole.unmarked, whole.fields_unmarked) == (0, 0), whole.wrong


def test_of_damaged_forms_nothing_wrong_is_unmarked():
    whole, by_tag = scores(damaged(seed=TUNED, count=SAMPLE))
    assert whole.share_right >= 0.8
    assert (whole.unmarked, [text for text in whole.wrong if "UNMARKED" in text]) == (0, [])
    assert len({choice for tag, choice in by_tag if tag == "damage"}) == 14


def test_a_reading_without_any_table_is_no_success_of_the_corpus():
    case = cases(seed=TUNED, count=1)[0]
    case.data = docx(body=paragraph("没有表格"))
    case.name = "空.docx"
    whole, _by_tag = scores([case])
    assert (whole.right, reading_of(case).refused.code) == (0, "no_table")


def test_what_is_doubted_carries_the_fixes_that_would_mend_it_and_is_left_as_it_stands():
    (table,) = read_here("a.docx", docx(body=paragraph("项目绩效目标表") + word_table(HALF))).tables
    assert [(i.name, i.value) for i in table.content.indicators] == [
        ("培训人数≥200人", None), ("≥95%", "验收合格率"), ("项目完成", "12月底前"), ("的时间", None),
    ]  # fmt: skip
    assert [problem.fixes for problem in table.problems if problem.fixes] == [
        (Fix("write", "indicator 1 name", "培训人数"), Fix("write", "indicator 1 value", "≥200人")),
        (Fix("write", "indicator 2 name", "验收合格率"), Fix("write", "indicator 2 value", "≥95%")),
        (Fix("write", "indicator 3 name", "项目完成的时间"), Fix("delete", "indicator 4")),
    ]


def test_letters_that_look_like_digits_are_proposed_and_never_taken():
    table = Table([row[:] for row in HALF.rows])
    table.rows.insert(1, ["年度资金总额", "5O", "", ""])
    (found,) = read_here("a.docx", docx(body=paragraph("项目绩效目标表") + word_table(table))).tables
    assert found.content.funds.total == "5O"
    (problem,) = [p for p in found.problems if p.code == "FND-02"]
    assert problem.fixes == (Fix("write", "funds.total", "50"),)


@pytest.mark.parametrize(
    ("profile", "head"), [("nx_2022", "可持续影响指标"), ("mof_2021", "经济成本指标")]
)
def test_each_profile_knows_the_words_of_the_other_forms(profile, head):
    labels = labels_of(profile)
    assert labels.category(head) is not None
    assert labels.header("资金名称").field == "project_name"


def test_the_table_of_layouts_names_every_frame_and_case_and_no_other():
    text = (Path(reading.__file__).parent / "README.md").read_text("utf-8")
    table = text.partition("## The layouts understood")[2]
    rows = [line.split("|")[-2] for line in table.split("\n") if line.startswith("| ") and "`" in line]
    named = {word for row in rows for word in re.findall(r"`([^`]+)`", row)}
    assert named == set(FRAMES) | {path.stem.partition("-")[0] for path in HAND.glob("*.txt")}


FORM = [
    ["项目名称", "演示项目", "", ""],
    ["一级指标", "二级指标", "三级指标", "指标值"],
    ["产出指标", "数量指标", "甲完成数量", "≥2个"],
    ["", "", "乙", "≥3个"],
    ["", "质量指标", "丙合格率", "≥95%"],
    ["", "时效指标", "丁", "12月底前"],
    ["", "成本指标", "戊", "≤5万元"],
    ["效益指标", "社会效益指标", "己", "有效提升"],
    ["", "可持续影响指标", "庚", "持续健全"],
    ["满意度指标", "服务对象满意度指标", "辛满意度", "≥90%"],
]


def asked_about(*changes):
    """Return name, code asked for and kind of each row of FORM, changed at (row, column), whose label is doubted."""
    rows = [list(row) for row in FORM]
    for row, column, text in changes:
        rows[row][column] = text
    (table,) = reading.read(name="a.txt", data="\n".join("\t".join(row) for row in rows).encode()).tables
    assert len(table.content.indicators) == 8
    return [
        (p.facts["name"], p.facts.get("missing", "")[:2], [f.text for f in p.fixes])
        for p in table.problems
        if p.message in (KINDS["label_missing"].message, KINDS["label_order"].message)
    ]


def test_a_whole_form_is_asked_nothing_about_its_labels():
    assert asked_about() == []


def test_where_a_needed_label_is_missing_the_rows_beside_its_place_are_asked_about_with_the_move():
    assert asked_about((4, 1, "")) == [("乙", "12", ["12"]), ("丙合格率", "12", ["12"])]
    assert asked_about((7, 0, ""), (7, 1, "")) == [("己", "22", ["22"]), ("庚", "", [])]


def test_a_label_that_stands_twice_or_not_in_the_forms_order_is_asked_about_with_all_its_rows():
    assert [name for name, _code, _fix in asked_about((5, 1, "数量指标"))] == ["丁"]
    assert [name for name, _code, _fix in asked_about((4, 1, "时效指标"), (5, 1, "质量指标"))] == ["丙合格率", "丁"]


def test_a_category_under_another_first_level_is_asked_about():
    assert asked_about((7, 1, "成本指标"), (6, 1, "社会效益指标")) == [("戊", "", []), ("己", "", [])]
    assert asked_about((9, 0, "")) == []


def test_a_label_before_the_name_and_a_name_behind_its_value_are_doubted():
    rows = [list(row) for row in FORM]
    rows[5][2:] = ["全年", "项目完成时间"]
    rows[6][2] = "成本 ①印刷费"
    (table,) = reading.read(name="a.txt", data="\n".join("\t".join(row) for row in rows).encode()).tables
    assert [(p.facts["name"], p.message == KINDS["swapped"].message) for p in table.problems if p.code == "STR-06"] == [
        ("全年", True), ("成本 ①印刷费", False),
    ]


def test_two_rows_that_stand_under_each_others_labels_are_asked_about_with_the_move_to_the_other():
    changes = (4, 2, "群众满意度"), (9, 2, "工程验收合格率")
    rows = [list(row) for row in FORM]
    for row, column, text in changes:
        rows[row][column] = text
    (table,) = reading.read(name="a.txt", data="\n".join("\t".join(row) for row in rows).encode()).tables
    told = [p for p in table.problems if p.message == KINDS["label_exchanged"].message]
    assert [(p.facts["name"], p.fixes) for p in told] == [
        ("群众满意度", (Fix("move", "indicator 3", "31"),)), ("工程验收合格率", (Fix("move", "indicator 8", "12"),)),
    ]
    assert [i.code for i in table.content.indicators] == ["11", "11", "12", "13", "14", "22", "24", "31"]


def test_prose_in_a_cell_that_cannot_be_divided_stays_a_name_and_the_table_is_told():
    cell = "【产出指标-数量指标】培训（≥3场）；另行安排【满意度指标-服务对象满意度指标】学员满意度（≥90%）"
    rows = [
        ["项目名称", "演示项目"], ["主管部门", "演示局"], ["年度资金总额（万元）", "5"], ["年度总体目标", "完成培训。"],
        ["绩效指标", cell],
    ]  # fmt: skip
    (table,) = read_here("a.docx", docx(body=paragraph("项目绩效目标表") + word_table(Table(rows)))).tables
    assert [(i.code, i.name, i.value) for i in table.content.indicators] == [
        ("11", "培训", "≥3场"), ("11", "另行安排", None), ("31", "学员满意度", "≥90%"),
    ]
    assert KINDS["prose"].message in {p.message for p in table.problems}
    assert {str(place) for place in table.rows} == {"T1:R5:C2"}


@pytest.mark.parametrize(("text", "plain"), [
    ("Project 项目名称", "项目名称"), ("产出指标 Output", "产出指标"), ("指标值 Target", "指标值"),
    ("PM2.5浓度下降", "PM2.5浓度下降"), ("PPP项目", "PPP项目"), ("ABC", "ABC"), ("", ""),
])  # fmt: skip
def test_english_beside_a_label_is_no_part_of_it_and_inside_a_name_it_is(text, plain):
    assert in_chinese(text) == plain


@pytest.mark.parametrize(("cells", "value"), [
    (("=", "有效增强", "是/否"), "有效增强"), (("=", "有效增强", ""), "=有效增强"), (("=", "6", "个"), "=6个"),
])  # fmt: skip
def test_a_sign_before_words_counts_unless_the_unit_says_that_they_are_words(cells, value):
    assert joined_value(*cells) == value
