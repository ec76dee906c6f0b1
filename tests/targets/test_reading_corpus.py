"""The varied corpus: what is asked of the reader on forms of many governments, on a fixed sample of each part of it."""

import re
from pathlib import Path

import pytest

from targets import reading
from targets.reading.labels import labels_of
from targets.reading.result import Fix
from tests.corpus.byhand import HAND, OPEN, by_hand
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


def test_a_form_by_hand_that_is_known_not_to_be_read_right_is_never_read_by_half():
    made = by_hand(folder=OPEN)
    whole, by_tag = scores(made)
    of_case = {choice: one for (tag, choice), one in by_tag.items() if tag == "case"}
    assert set(of_case) == {path.stem for path in OPEN.glob("*.txt")}
    assert [name for name, one in of_case.items() if one.right and one.share_right < 0.85] == [], whole.wrong


def test_of_damaged_forms_nothing_wrong_is_unmarked_but_a_lost_label_that_no_cell_betrays():
    made = damaged(seed=TUNED, count=SAMPLE)
    whole, by_tag = scores(case for case in made if case.tags["damage"] != "no_label")
    assert whole.share_right >= 0.9
    assert [text for text in whole.wrong if "UNMARKED" in text] == []
    assert len({choice for tag, choice in by_tag if tag == "damage"}) == 9


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
