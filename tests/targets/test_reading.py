"""Files in, tables out: every file under tests/files is one case; the eight real tables are read to the letter."""

import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets import reading
from targets.content import TableContent
from targets.reading import MAX_BYTES, read

FILES = Path(__file__).parents[1] / "files"
SAMPLE = Path(reading.__file__).parents[1] / "samples" / "pingluo-2024-targets.txt"
SHIFTED = {
    30,
    54,
    59,
    60,
    *range(81, 85),
    *range(89, 92),
    *range(111, 114),
    139,
    141,
    142,
    169,
    170,
    173,
    174,
    175,
    *range(194, 200),
    225,
    226,
    227,
    232,
    233,
}
PAGE_BREAKS = {18, 49, 80, 114, 160, 193, 224}


def cases(folder):
    return sorted(p.with_suffix("") for p in (FILES / folder).glob("*.json"))


@pytest.fixture(scope="module")
def sample():
    return read(name="pingluo", data=SAMPLE.read_bytes())


@pytest.mark.parametrize("path", cases("readable"), ids=lambda p: p.name)
def test_a_readable_file_gives_its_table_and_its_problems(path):
    found = read(name=path.name, data=path.read_bytes())
    wanted = json.loads(Path(f"{path}.json").read_text("utf-8"))["tables"]
    assert found.refused is None
    assert len(found.tables) == len(wanted)
    for table, want in zip(found.tables, wanted, strict=True):
        content = table.content
        header = {
            k: getattr(content, k) for k in want if k not in ("funds", "indicators", "problems", "rows")
        }
        assert header == {k: want[k] for k in header}
        assert {k: getattr(content.funds, k) for k in ("total", "fiscal", "other")} == want["funds"]
        assert [[i.code, i.name, i.value] for i in content.indicators] == want["indicators"]
        assert [[p.code, str(p.place)] for p in table.problems] == want["problems"]
        assert [p.row for p in table.rows] == list(range(1, len(want["indicators"]) + 1))
        assert [str(p) for p in table.rows] == want.get("rows", [str(p) for p in table.rows])


@pytest.mark.parametrize("path", cases("refused"), ids=lambda p: p.name)
def test_a_refused_file_says_why_and_what_to_do(path):
    found = read(name=path.name, data=path.read_bytes())
    wanted = json.loads(Path(f"{path}.json").read_text("utf-8"))
    assert found.tables == ()
    assert found.refused.code == wanted["code"]
    assert len(found.refused.message % found.refused.facts) > 40


def test_every_message_can_be_filled_from_its_facts():
    for path in cases("readable"):
        for table in read(name=path.name, data=path.read_bytes()).tables:
            for problem in table.problems:
                assert "%(" not in problem.message % problem.facts


def test_the_sample_gives_eight_tables_with_109_indicators(sample):
    rows = [i for t in sample.tables for i in t.content.indicators]
    assert [len(t.content.indicators) for t in sample.tables] == [14, 14, 15, 11, 7, 17, 15, 16]
    assert Counter(i.code for i in rows) == {
        "11": 21,
        "12": 16,
        "13": 11,
        "14": 23,
        "21": 2,
        "22": 14,
        "23": 3,
        "24": 11,
        "31": 8,
    }
    assert all(i.name and i.value for i in rows)


def test_the_header_of_every_sample_table_is_whole(sample):
    contents = [t.content for t in sample.tables]
    assert [c.funds.total for c in contents] == ["50", "40", "180", "48", "0.642", "25", "25", "15"]
    assert [c.funds.fiscal for c in contents] == [c.funds.total for c in contents]
    assert [c.funds.other for c in contents] == [None] * 8
    assert {c.fiscal_year for c in contents} == {2024}
    assert {c.department for c in contents} == {"中共平罗县委办公室"}
    assert {c.unit for c in contents} == {"中国共产党平罗县委员会办公室本级"}
    assert {c.attribute for c in contents} == {"0101-一年期项目", "0101—一年期项目"}
    assert {c.period for c in contents} == {"2024 年 1-12 月"}
    text = SAMPLE.read_text("utf-8")
    assert all(f"\t{c.project_name}\t" in text and f"\t{c.annual_goal}\t" in text for c in contents)


def test_every_name_and_value_of_the_sample_stands_in_the_line_it_was_read_from(sample):
    lines = SAMPLE.read_text("utf-8").split("\n")
    for table in sample.tables:
        for row, place in zip(table.content.indicators, table.rows, strict=True):
            cells = lines[place.line - 1].split("\t")
            assert row.name in cells
            assert row.value in cells or (row.value, place.line) == ("≥ 95%", 118)
            assert cells[place.cell - 1] == row.name


def test_every_shifted_cell_and_page_break_of_the_sample_is_noted_and_no_other(sample):
    problems = [p for t in sample.tables for p in t.problems]
    assert {p.place.line for p in problems if p.code == "STR-06"} == SHIFTED
    assert {p.place.line for p in problems if p.code == "STR-09"} == PAGE_BREAKS
    assert {p.place.line for p in problems if p.code == "STR-08"} >= {33, 118, *range(148, 152), 154, 155}
    assert {p.code for p in problems} == {"STR-06", "STR-07", "STR-08", "STR-09"}
    assert {p.severity for p in problems} == {"hint"}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_the_sample_reads_the_same_in_every_encoding(sample, encoding):
    again = read(name="x", data=SAMPLE.read_text("utf-8").encode(encoding))
    assert again.tables == sample.tables


def test_a_file_that_is_too_large_is_refused_without_being_read():
    found = read(name="x", data=b"x" * (MAX_BYTES + 1))
    assert (found.refused.code, found.tables) == ("too_large", ())


@pytest.mark.parametrize(
    ("start", "filling", "code"),
    [
        ("", "\x01\x9f\x03\xd8", "not_text"),
        ("项目名称", "\t", "no_table"),
        ("项目名称", "\tx", "too_large"),
        ("项目名称", "字", "too_large"),
        ("项目名称", "\n", "too_large"),
        ("项目名称\n", "$<b ", "too_large"),
        ("", "no table here ", "no_table"),
        ("项目名称", " ", "no_table"),
    ],
)
def test_twenty_megabytes_of_anything_are_answered_in_seconds(start, filling, code):
    unit = filling.encode("latin-1") if code == "not_text" else filling.encode()
    data = start.encode() + unit * ((MAX_BYTES - 100) // len(unit))
    began = time.perf_counter()
    found = read(name="x", data=data)
    assert found.refused.code == code
    assert time.perf_counter() - began < 5


def shifted(line, how):
    cells = line.split("\t")
    if how == "no tab before the label":
        return line.lstrip("\t")
    if how == "a tab too many":
        return "\t" + line
    last = max(i for i, cell in enumerate(cells) if cell)
    return "\t".join([*cells[:last], "", *cells[last:]])


@pytest.mark.parametrize("how", ["no tab before the label", "a tab too many", "a gap before the value"])
def test_a_shift_in_any_line_changes_no_indicator_and_is_noted_there(sample, how):
    lines = SAMPLE.read_text("utf-8").split("\n")
    for table in sample.tables:
        for place in table.rows[::3]:
            moved = shifted(lines[place.line - 1], how)
            text = [*lines[: place.line - 1], moved, *lines[place.line :]]
            again = read(name="x", data="\n".join(text).encode())
            assert [t.content for t in again.tables] == [t.content for t in sample.tables]
            noted = {p.place.line for t in again.tables for p in t.problems if p.code == "STR-06"}
            assert (
                place.line in noted
                or place.line in SHIFTED
                or positions(moved) == positions(lines[place.line - 1])
            )


def positions(line):
    return [index for index, cell in enumerate(line.split("\t")) if cell]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_answered(data):
    found = read(name="x", data=data)
    assert (found.refused is None) is bool(found.tables)


@pytest.mark.parametrize("seed", range(20))
def test_lines_in_any_order_are_answered(seed):
    lines = SAMPLE.read_text("utf-8").split("\n")[:62]
    random.Random(seed).shuffle(lines)
    found = read(name="x", data="\n".join(lines).encode())
    assert found.refused is None
    for table in found.tables:
        assert len(table.rows) == len(table.content.indicators)
        assert all(i.name or i.value for i in table.content.indicators)


def test_many_tables_take_time_in_proportion():
    few, many = (read(name="x", data=SAMPLE.read_bytes() * n) for n in (1, 25))
    assert len(many.tables) == 25 * len(few.tables)
    assert many.tables[-1].content == few.tables[-1].content


def test_a_reading_survives_the_canonical_form(sample):
    for table in sample.tables:
        assert TableContent.from_canonical(table.content.canonical()) == table.content
