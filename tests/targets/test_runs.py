"""Where inside a text a change lies."""

from hypothesis import given
from hypothesis import strategies as st

from targets.runs import GONE, NEW, SAME, runs

LONG = "保障妇女工作有序开展，包括报刊征订、单位水、电、物业费等，开展“三八”妇女节活动。"


def test_one_clause_that_came_is_marked_and_the_rest_stays():
    assert runs(before=LONG, after=LONG + "新增一句。") == [(SAME, LONG), (NEW, "新增一句。")]


def test_one_word_that_was_replaced_is_marked_alone():
    found = runs(before=LONG, after=LONG.replace("物业费", "取暖费"))
    assert ("".join(text for kind, text in found if kind == GONE)) == "物业"
    assert ("".join(text for kind, text in found if kind == NEW)) == "取暖"


def test_a_short_value_and_another_text_are_shown_whole():
    assert runs(before="10 场", after="≥20 场次") == [(GONE, "10 场"), (NEW, "≥20 场次")]
    other = "与原文毫无共同之处的另一段文字，写着别家单位别的工作内容与任务。"
    assert runs(before=LONG, after=other) == [(GONE, LONG), (NEW, other)]


def test_texts_too_long_to_compare_are_shown_whole():
    before, after = "甲" * 3000, "甲" * 3000 + "乙"
    assert runs(before=before, after=after) == [(GONE, before), (NEW, after)]


@given(before=st.text(alphabet="甲乙丙丁，。1%", max_size=60), after=st.text(alphabet="甲乙丙丁，。1%", max_size=60))
def test_the_runs_give_back_both_texts(before, after):
    found = runs(before=before, after=after)
    assert "".join(text for kind, text in found if kind != NEW) == before
    assert "".join(text for kind, text in found if kind != GONE) == after
