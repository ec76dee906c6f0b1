"""The difference by row identity: its shape, and that it survives reordering, rewording and adjustment."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets.content import Funds, IndicatorContent, TableContent, diff
from targets.differences import Version, as_dict, changes, compare, identified

TEXT = st.text(alphabet="甲乙丙丁≥≤12", min_size=1, max_size=4)
MONTH = st.sampled_from([None, 6, 9])
ROW = st.builds(
    IndicatorContent, code=st.sampled_from(["11", "12", "14", "31"]), name=TEXT, value=TEXT, planned_month=MONTH
)


@st.composite
def versions(draw, most=7):
    rows = draw(st.lists(ROW, max_size=most))
    ids = draw(st.lists(st.integers(0, 30).map(str), min_size=len(rows), max_size=len(rows), unique=True))
    funds = Funds(total=draw(st.sampled_from(["30", "40", None])))
    content = TableContent(project_name=draw(TEXT), annual_goal=draw(TEXT), funds=funds, indicators=tuple(rows))
    return Version(content, tuple(ids))


def with_rows(version, pairs):
    ids, rows = [i for i, _r in pairs], [r for _i, r in pairs]
    return Version(replace(version.content, indicators=tuple(rows)), tuple(ids))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(versions())
def test_a_version_does_not_differ_from_itself(version):
    assert compare(now=version, approved=version, submitted=version, looked=version) == ()
    assert changes(version, version) == ()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(versions(), st.randoms(use_true_random=False))
def test_identity_survives_any_reordering_within_the_table(version, chance):
    pairs = list(version.rows.items())
    chance.shuffle(pairs)
    shuffled = with_rows(version, pairs)
    places = compare(now=shuffled, approved=version)
    assert {place.field for place in places} <= {"order"}
    assert bool(places) == (shuffled.ids != version.ids)
    assert changes(version, shuffled) == ()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(versions(), versions())
def test_every_difference_of_the_contents_is_found_and_nothing_else(before, after):
    same = before.content.cleaned() == after.content.cleaned() and before.ids == after.ids
    assert (compare(now=after, approved=before) == ()) == same
    for change in changes(before, after):
        if change.place == "indicator":
            continue
        row = None if change.row is None else after.content.indicators[change.row - 1]
        now = getattr(row, change.place) if row else after.header[change.place]
        assert change.after == (None if now is None else str(now))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(versions(), versions())
def test_what_was_added_one_way_was_removed_the_other(before, after):
    there = {(p.field, p.row): p.since_approved for p in compare(now=after, approved=before)}
    back = {(p.field, p.row): p.since_approved for p in compare(now=before, approved=after)}
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {k: turned[v] for k, v in there.items() if v != "moved"} == {k: v for k, v in back.items() if v != "moved"}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(versions(), versions(), versions())
def test_the_three_ways_do_not_disturb_each_other(approved, submitted, now):
    all_ = {(p.field, p.row): p for p in compare(now=now, approved=approved, submitted=submitted, looked=approved)}
    alone = {(p.field, p.row): p for p in compare(now=now, submitted=submitted)}
    for where, place in alone.items():
        assert all_[where].since_submitted == place.since_submitted
        assert (all_[where].submitted, all_[where].now) == (place.submitted, place.now)
    assert all(p.since_looked == p.since_approved for p in all_.values())


def test_the_shape_stays_as_it_is():
    before = Version(TableContent(annual_goal="甲", indicators=(IndicatorContent("11", "场次", "≥6"),)), ("a",))
    after = Version(TableContent(annual_goal="甲", indicators=(IndicatorContent("11", "场次", "≥8"),)), ("a",))
    told = as_dict(compare(now=after, approved=before, looked=after))
    assert json.loads(json.dumps(told)) == {"v": 1, "places": [{
        "field": "value", "row": "a", "code": "11", "approved": "≥6", "submitted": None, "now": "≥8",
        "since_approved": "changed", "since_submitted": "", "since_looked": "same"}]}  # fmt: skip


def test_a_row_reworded_and_moved_is_one_row_where_the_plain_difference_sees_two():
    rows = [IndicatorContent("11", f"指标{n}", f"≥{n}") for n in range(3)]
    before = Version(TableContent(indicators=tuple(rows)), ("a", "b", "c"))
    new = IndicatorContent("11", "改写", "≥9")
    after = Version(TableContent(indicators=(rows[1], rows[2], new)), ("b", "c", "a"))
    assert {(c.kind, c.place, c.row) for c in changes(before, after)} == {
        ("changed", "name", 3),
        ("changed", "value", 3),
    }
    assert {c.kind for c in diff(before.content, after.content)} == {"removed", "added"}


def test_a_version_without_identities_is_lined_up_by_category_and_name():
    now = Version(TableContent(indicators=(IndicatorContent("11", "甲", "1"), IndicatorContent("12", "乙", "2"))),
                  ("a", "b"))  # fmt: skip
    old = identified(
        TableContent(indicators=(IndicatorContent("12", "乙", "3"), IndicatorContent("31", "丙", "4"))), like=now
    )
    assert old.ids[0] == "b"
    assert old.ids[1] not in now.ids
    with pytest.raises(ValueError, match="one identity"):
        Version(now.content, ("a", "a"))
