"""Two hands in one form: what only one of them touched is kept, what both touched is told, nothing is lost."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from targets.merging import Clash, merge
from targets.paper import FormText, RowMend, TypedRow

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
A, B, C = "a", "b", "c"
BASE = FormText(
    {"annual_goal": "目标", "period": "2027年"},
    (TypedRow(A, "11", "甲", "1个"), TypedRow(B, "11", "乙", "2个"), TypedRow(C, "14", "费用", "3万元")),
    {"23": "不涉及"},
)


def with_row(text: FormText, uuid: str, **parts: str) -> FormText:
    return replace(text, rows=tuple(replace(r, **parts) if r.uuid == uuid else r for r in text.rows))


def without(text: FormText, uuid: str) -> FormText:
    return replace(text, rows=tuple(r for r in text.rows if r.uuid != uuid))


def test_cells_that_one_side_changed_are_both_kept():
    mine = with_row(replace(BASE, header={**BASE.header, "annual_goal": "我的目标"}), A, value="10个")
    theirs = with_row(replace(BASE, not_applicable={}), A, name="甲改")
    merged = merge(base=BASE, typed=mine, standing=theirs)
    assert merged.clashes == ()
    assert merged.text.header["annual_goal"] == "我的目标"
    assert merged.text.rows[0] == TypedRow(A, "11", "甲改", "10个")
    assert merged.text.not_applicable == {}


def test_a_cell_that_both_changed_says_what_stands_and_tells_what_was_typed():
    merged = merge(base=BASE, typed=with_row(BASE, A, value="10个"), standing=with_row(BASE, A, value="20个"))
    assert merged.text.rows[0].value == "20个"
    assert merged.clashes == (Clash("value", "20个", "10个", A),)
    same = merge(base=BASE, typed=with_row(BASE, A, value="10个"), standing=with_row(BASE, A, value="10个"))
    assert same.clashes == ()


def test_a_row_that_one_takes_out_and_the_other_changes_is_told_and_stays_as_it_stands():
    merged = merge(base=BASE, typed=without(BASE, A), standing=with_row(BASE, A, value="9个"))
    assert [r.uuid for r in merged.text.rows] == [A, B, C]
    assert merged.clashes == (Clash("row", "甲", None, A),)
    merged = merge(base=BASE, typed=with_row(BASE, A, value="9个"), standing=without(BASE, A))
    assert [r.uuid for r in merged.text.rows] == [B, C]
    assert merged.clashes == (Clash("row", None, "甲", A),)
    merged = merge(base=BASE, typed=without(BASE, A), standing=BASE)
    assert [r.uuid for r in merged.text.rows] == [B, C]
    assert merged.clashes == ()


def test_new_rows_of_both_stand_where_they_were_put_and_a_move_is_followed():
    mine = replace(BASE, rows=(BASE.rows[1], TypedRow("m", "11", "我", "1"), BASE.rows[0], BASE.rows[2]))
    theirs = replace(BASE, rows=(*BASE.rows, TypedRow("t", "14", "他", "1万元")))
    merged = merge(base=BASE, typed=mine, standing=theirs)
    assert [r.uuid for r in merged.text.rows] == [B, "m", A, C, "t"]
    assert merged.clashes == ()


texts = st.sampled_from(["", "甲", "乙", "丙"])
rows = st.builds(TypedRow, st.sampled_from("abcdef"), st.sampled_from(["11", "14"]), texts, texts)
forms = st.builds(
    FormText,
    st.fixed_dictionaries({"annual_goal": texts, "period": texts}),
    st.lists(rows, max_size=5, unique_by=lambda row: row.uuid).map(tuple),
    st.dictionaries(st.sampled_from(["13", "23"]), texts.filter(bool), max_size=2),
)


def told(form: FormText) -> FormText:
    """The form as the system would store it: no blank rows, no blank reasons."""
    return replace(form, rows=tuple(r for r in form.rows if not r.is_blank))


@UNHURRIED
@given(forms, forms)
def test_who_works_alone_gets_just_what_they_typed(base, typed):
    merged = merge(base=base, typed=typed, standing=told(base))
    assert merged.clashes == ()
    assert merged.text == told(typed)


@UNHURRIED
@given(forms, forms)
def test_who_typed_nothing_changes_nothing(base, standing):
    merged = merge(base=base, typed=base, standing=told(standing))
    assert merged.clashes == ()
    assert merged.text == told(standing)


@UNHURRIED
@given(forms, forms, forms)
def test_every_cell_is_one_of_the_two_and_what_was_typed_is_in_the_form_or_told(base, typed, standing):
    merged = merge(base=base, typed=typed, standing=told(standing))
    again = merge(base=merged.text, typed=merged.text, standing=merged.text)
    assert (again.text, again.clashes) == (merged.text, ())
    kept = {row.uuid: row for row in merged.text.rows}
    clashing = {(c.uuid, c.place) for c in merged.clashes}
    was = {row.uuid: row for row in base.rows if not row.is_blank}
    for row in told(typed).rows:
        for part in ("name", "value"):
            mine = getattr(row, part)
            changed = (getattr(was[row.uuid], part) if row.uuid in was else "") != mine
            there = row.uuid in kept and getattr(kept[row.uuid], part) == mine
            assert not changed or there or {(row.uuid, part), (row.uuid, "row")} & clashing


@pytest.mark.parametrize(("mend", "rows"), [
    (RowMend("write", B, "value", "≥2个"), [("11", "甲", "1个"), ("11", "乙", "≥2个"), ("14", "费用", "3万元")]),
    (RowMend("move", A, "", "12"), [("11", "乙", "2个"), ("14", "费用", "3万元"), ("12", "甲", "1个")]),
    (RowMend("delete", "#2", ""), [("11", "甲", "1个"), ("11", "乙", "2个")]),
    (RowMend("write", "nowhere", "value", "x"), [("11", "甲", "1个"), ("11", "乙", "2个"), ("14", "费用", "3万元")]),
    (RowMend("write", A, "uuid", "x"), [("11", "甲", "1个"), ("11", "乙", "2个"), ("14", "费用", "3万元")]),
])
def test_a_mend_is_made_in_the_typed_form(mend, rows):
    assert [(r.code, r.name, r.value) for r in BASE.with_mends([mend]).rows] == rows


def test_a_mend_of_the_head_and_a_move_within_the_category():
    assert BASE.with_mends([RowMend("write", "", "period", "2028年")]).header["period"] == "2028年"
    assert BASE.with_mends([RowMend("write", "", "key", "x")]) == BASE
    assert [r.uuid for r in BASE.with_row_moved(1, -1).rows] == [B, A, C]
    assert BASE.with_row_moved(1, 1) == BASE
    assert BASE.with_row_moved(9, 1) == BASE
