"""The same content from text, Word and Excel: the eight real tables, and tables that a generator makes."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets import reading
from targets.content import Funds, IndicatorContent, TableContent, diff
from targets.profiles import load
from targets.reading import read
from tests.targets.office import docx, read_here, xlsx, zipped

SAMPLE = Path(reading.__file__).parents[1] / "samples" / "pingluo-2024-targets.txt"
CODES = [c.code for c in load().categories]
WRITTEN = st.text(
    st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Po", "Pd", "Ps", "Pe", "Sm", "Sc"), max_codepoint=0x2FFFF),
    min_size=1,
    max_size=20,
).map(lambda text: f"甲{text}乙")
VALUES = st.sampled_from(
    ["≥95%", "3场次", "2025年1月-12月", "显著提升", "20万元", "≤1.5 万元", ">12 个", "100%"]
    + ["9256 卷、1 件", "=3", "1:2", "≥９５％"]
)
AMOUNTS = st.one_of(st.none(), st.decimals(0, 99999, places=2).map(lambda n: format(n, "f")))


@st.composite
def contents(draw):
    rows = draw(st.lists(st.tuples(st.sampled_from(CODES), WRITTEN, VALUES), min_size=1, max_size=20))
    rows.sort(key=lambda row: CODES.index(row[0]))
    goal = draw(st.lists(WRITTEN, min_size=1, max_size=3))
    return TableContent(
        project_name=draw(WRITTEN),
        department=draw(WRITTEN),
        unit=draw(WRITTEN),
        attribute="0101-一年期项目",
        period="2025年1-12月",
        fiscal_year=draw(st.integers(2015, 2035)),
        funds=Funds(*(draw(AMOUNTS) for _n in range(3))),
        annual_goal="\n".join(goal),
        indicators=tuple(IndicatorContent(*row) for row in rows),
    ).cleaned()


@pytest.fixture(scope="module")
def sample():
    return [t.content for t in read(name="s", data=SAMPLE.read_bytes()).tables]


@pytest.mark.parametrize("kind", ["docx", "xlsx, a sheet each", "xlsx, stacked"])
def test_the_eight_real_tables_are_the_same_in_every_format_and_nothing_is_noted(sample, kind):
    data = docx(*sample) if kind == "docx" else xlsx(*sample, stacked="stacked" in kind)
    found = read(name=f"表.{kind[:4]}", data=data)
    assert [diff(a, t.content) for a, t in zip(sample, found.tables, strict=True)] == [()] * 8
    assert [t.problems for t in found.tables] == [()] * 8


def test_a_zip_of_files_gives_all_tables_and_names_the_file_in_every_place(sample):
    files = {"一/a.docx": docx(*sample[:2]), "b.xlsx": xlsx(sample[2]), "c.txt": SAMPLE.read_bytes()}
    data = zipped({**files, "__MACOSX/x": b""})
    tables = read(name="全部.zip", data=data).tables
    assert [t.content for t in tables] == [*sample[:3], *sample]
    assert str(tables[0].rows[0]) == "一/a.docx/T1:R9:C4"
    assert str(tables[2].rows[0]) == "b.xlsx/Sheet!D11"
    assert str(tables[3].rows[0]).startswith("c.txt/L")


def test_a_bad_file_in_a_zip_is_told_and_the_others_are_read(sample):
    data = zipped({"坏.docx": b"PK\x03\x04broken", "a.docx": docx(sample[0]), "图.png": b"\x89PNG\r\n\x1a\n"})
    (table,) = read_here("x.zip", data).tables
    assert table.content == sample[0]
    assert [p.facts["file"] for p in table.problems] == ["坏.docx", "图.png"]


def test_names_in_a_zip_written_in_gbk_are_read():
    data = zipped({"QQQQQQ.docx": docx(SMALL)}).replace(b"QQQQQQ", "目标表".encode("gbk"))
    (table,) = read_here("x.zip", data).tables
    assert str(table.rows[0]) == "目标表.docx/T1:R9:C4"


@settings(max_examples=40, deadline=None)
@given(st.lists(contents(), min_size=1, max_size=3))
def test_any_table_is_the_same_in_word_and_excel(tables):
    for name, data in (("a.docx", docx(*tables)), ("a.xlsx", xlsx(*tables)), ("b.xlsx", xlsx(*tables, stacked=True))):
        found = read_here(name, data)
        assert [diff(a, t.content) for a, t in zip(tables, found.tables, strict=True)] == [()] * len(tables), name


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_with_changed_bytes_is_answered(data):
    kind = data.draw(st.sampled_from(["word", "excel"]))
    whole = bytearray(WHOLE_DOCX if kind == "word" else WHOLE_XLSX)
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6)):
        whole[at] = data.draw(st.integers(0, 255))
    found = read_here("a.docx" if kind == "word" else "a.xlsx", bytes(whole))
    assert (found.refused is None) is bool(found.tables)


SMALL = TableContent(project_name="演示", fiscal_year=2025, indicators=(IndicatorContent("11", "演示数", "1个"),))
WHOLE_DOCX, WHOLE_XLSX = docx(SMALL), xlsx(SMALL)


def test_the_process_that_takes_files_apart_loads_nothing_of_what_recognises_the_form():
    code = "import sys, targets.reading.__main__; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "targets.reading.docx" in found
    assert not {"targets.values", "targets.reading.labels", "targets.reading.door", "django"} & set(found)


def test_a_name_that_the_door_does_not_have_is_said_to_be_missing():
    with pytest.raises(AttributeError):
        reading.no_such_name  # noqa: B018
