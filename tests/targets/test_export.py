"""The official form out: what is printed reads back to the same content, and nothing in it is alive."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pdfplumber
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from targets import export
from targets.content import Funds, IndicatorContent, TableContent, diff
from targets.export import Blank, Format, Mark, binding, breaking, county, paging
from targets.export.code import check_code, typed_code
from targets.export.layout import form_of
from targets.export.pdf import _compiler, said_of
from targets.export.ruled import ruled_of
from targets.profiles import load
from targets.reading import read
from tests.targets.office import read_here
from tests.targets.test_reading_same import SAMPLE, contents

NOW = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
MARK = Mark("2027-0001", "第1次报送", "ABCD2345")
PROFILE = load()
OFFICE = [Format.DOCX, Format.XLSX]


def printed(content, format, mark=None):
    return export.export(content=content, profile=PROFILE, format=format, now=NOW, mark=mark)


def read_back(content, format, mark=None):
    """Return the one table that an export holds."""
    (table,) = read_here(f"表.{format}", printed(content, format, mark)).tables
    return table


def parts(data):
    """Return the parts of an Office file as one text."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


@pytest.fixture(scope="module")
def sample():
    return [t.content for t in read(name="s", data=SAMPLE.read_bytes()).tables]


@pytest.mark.parametrize("format", OFFICE)
def test_the_eight_real_tables_read_back_the_same_and_nothing_is_noted(sample, format):
    assert len(sample) == 8
    for content in sample:
        table = read_back(content, format)
        assert table.content.hash() == content.hash()
        assert table.problems == ()


@pytest.mark.parametrize("format", OFFICE)
def test_the_marked_paper_reads_back_the_same_and_its_empty_signatures_ask_nothing(sample, format):
    table = read_back(sample[0], format, MARK)
    assert table.content.hash() == sample[0].hash()
    assert table.problems == ()


@pytest.mark.parametrize("format", OFFICE)
@settings(max_examples=20, deadline=None)
@given(contents())
def test_any_table_reads_back_the_same(format, content):
    assert read_back(content, format, MARK).content.hash() == content.hash()


@pytest.mark.parametrize("format", OFFICE)
def test_rows_that_do_not_stand_in_the_order_of_the_form_keep_their_order(sample, format):
    rows = tuple(reversed(sample[0].indicators))
    content = replace(sample[0], indicators=rows)
    assert read_back(content, format).content.indicators == rows


def test_nothing_typed_becomes_a_formula_a_link_or_a_number():
    rows = (
        IndicatorContent("11", "=HYPERLINK(\"http://x\",\"y\")", "=1+1"),
        IndicatorContent("12", "https://example.org/合格率", "00098"),
        IndicatorContent("13", "@SUM(A1)", "-1"),
    )
    content = TableContent(project_name="+演示项目", fiscal_year=2027, funds=Funds("030", "30", None), indicators=rows)
    found = parts(printed(content, Format.XLSX))
    xml = "".join(found.values())
    assert "<f>" not in xml
    assert "<hyperlink" not in xml
    assert not re.search(r'<c (?![^>]*t="s")[^>]*><v>', found["xl/worksheets/sheet1.xml"]), "every cell is a text"
    assert "=1+1" in xml
    assert diff(content.cleaned(), read_back(content, Format.XLSX).content) == ()


def test_what_looks_like_markup_is_printed_as_typed():
    content = TableContent(project_name="<w:p/>&#x5B;_x000A_*粗*$x$", fiscal_year=2027, annual_goal="#panic()\n]]>",
                           indicators=(IndicatorContent("11", "甲\t乙", "≥1台"),))
    assert read_back(content, Format.DOCX).content.hash() == content.hash()
    assert printed(content, Format.PDF).startswith(b"%PDF-")


def test_a_character_that_no_office_file_may_hold_is_replaced_and_named():
    content = TableContent(project_name="演示\ufffe项目", fiscal_year=2027)
    assert "演示\ufffd项目" in parts(printed(content, Format.DOCX))["word/document.xml"]
    assert [m.words for m in export.missing_glyphs(content=content, profile=PROFILE)] == ["U+FFFD（项目名称）"]


def test_characters_without_a_glyph_are_named_with_their_place_and_the_sample_has_none(sample):
    for content in sample:
        assert export.missing_glyphs(content=content, profile=PROFILE) == ()
    rows = (IndicatorContent("12", "𠮷祥乐队𠮷", "≥1个"), IndicatorContent("11", "丂", "2"))
    found = export.missing_glyphs(content=TableContent(indicators=rows), profile=PROFILE)
    assert [m.words for m in found] == ["U+20BB7（12-质量指标）", "U+4E02（11-数量指标）"]


@pytest.mark.parametrize("mark", [None, MARK])
@pytest.mark.parametrize("way", ["docx", "xlsx", "county"])
def test_rare_characters_are_named_below_the_form_and_it_reads_back_the_same(sample, way, mark):
    content = replace(sample[0], project_name="演示𠮷祥项目")
    format = Format.XLSX if way == "xlsx" else Format.DOCX
    own = county.shipped(PROFILE, NOW) if way == "county" else None
    data = export.export(content=content, profile=PROFILE, format=format, now=NOW, mark=mark, word_template=own)
    assert "U+20BB7（项目名称）" in "".join(parts(data).values())
    (table,) = read_here(f"表.{format}", data).tables
    assert table.content.hash() == content.hash()
    plain = export.export(content=sample[0], profile=PROFILE, format=format, now=NOW, mark=mark, word_template=own)
    assert "生僻" not in "".join(parts(plain).values())


def test_the_check_code_is_of_number_and_content_and_is_read_however_it_is_typed(sample):
    code = check_code(number="2027-0001", content_hash=sample[0].hash())
    assert re.fullmatch("[2-9A-HJ-NP-Z]{8}", code)
    assert code != check_code(number="2027-0002", content_hash=sample[0].hash())
    assert code != check_code(number="2027-0001", content_hash=sample[1].hash())
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code.lower())
    assert typed_code(f" {code[:4]}-{code[4:].lower()} ") == typed_code(wide) == code
    assert typed_code(code[:7]) is typed_code(code[:7] + "O") is typed_code("") is None


@pytest.mark.parametrize("format", OFFICE)
def test_number_version_and_code_stand_at_the_foot_of_the_page(sample, format):
    foot = {Format.DOCX: "word/footer1.xml", Format.XLSX: "xl/worksheets/sheet1.xml"}[format]
    assert "2027-0001　第1次报送　校验码 ABCD2345" in parts(printed(sample[0], format, MARK))[foot]
    assert "校验码" not in "".join(parts(printed(sample[0], format)).values())


def pages(content, mark=None):
    """Return the pages of a form as typst is given them."""
    return paging.pages_of(ruled_of(form_of(content=content, profile=PROFILE, mark=mark)))


def said(page):
    return ["".join(cell[4]) for cell in page.cells]


def test_a_group_that_crosses_a_page_has_its_label_again_and_every_page_the_head_of_the_columns(sample):
    rows = tuple(IndicatorContent("11", f"第{n}项", "≥1个") for n in range(80))
    found = pages(replace(sample[0], indicators=rows))
    assert len(found) >= 3
    for page in found[1:]:
        assert said(page)[:5] == ["名称", "一级指标", "二级指标", "三级指标", "绩效值"]
    labels = [[text for text in said(page) if "11-" in text] for page in found]
    assert labels[0] == ["11-数量指标（必填硬性指标）"], "the blank falls where the line breaks"
    assert labels[1] == ["11-数量指标（续）"]
    assert sum(page.cells[-1][3] > 0 for page in found) == len(found)
    assert not any("（续）" in text for page in pages(TableContent(project_name="演示项目")) for text in said(page))


@settings(max_examples=30, deadline=None)
@given(contents())
def test_every_text_stands_whole_on_pages_that_hold_it_and_labels_have_room(content):
    form = form_of(content=content, profile=PROFILE, mark=MARK)
    found = paging.pages_of(ruled_of(form))
    bare = re.compile(r"\s")
    printed_text = "".join(bare.sub("", text) for page in found for text in said(page))
    for _place, text in form.texts():
        for line in text.split("\n"):
            assert bare.sub("", line) in printed_text or len(found) > 1
    for page in found:
        assert sum(page.heights) == pytest.approx(page.used)
        assert page.used <= paging.PAGE + paging.height_of(3)
        for _column, row, _columns, rows, lines, look in page.cells:
            if look in (paging.LEFT, paging.CENTER):
                assert paging.height_of(len(lines)) <= sum(page.heights[row:row + rows]) + 0.01


def test_a_text_longer_than_a_page_goes_on_over_pages_and_nothing_is_lost(sample):
    goal = "".join(f"第{n}句话说明一件事。" for n in range(1500))
    found = pages(replace(sample[0], annual_goal=goal), MARK)
    assert len(found) > 4
    assert goal in "".join("".join(cell[4]) for page in found for cell in page.cells if cell[0] == 1)


def test_lines_are_as_typst_sets_them_so_that_heights_are_true(sample):
    """typst is asked how high each cell is in its column; a line that it broke again would be higher."""
    for content in sample:
        ruled = ruled_of(form_of(content=content, profile=PROFILE, mark=MARK))
        given_cells = [cell for page in paging.pages_of(ruled) for cell in page.cells if cell[5] in ("left", "center")]
        asked = """
        #context [#metadata(data.forms.map(f => f.pages.map(p => p.cells.filter(c => c.at(5) in ("left", "center"))
          .map(c => measure(width: f.widths.slice(c.at(0), c.at(0) + c.at(2)).sum() * 1cm - 8pt,
            c.at(4).join(linebreak())).height.pt())).flatten()).flatten())<heights>]"""
        found = json.loads(_compiler(said_of([ruled]), after=asked).query("<heights>", field="value", one=True))
        assert found == pytest.approx([len(c[4]) * 15 - 5 for c in given_cells])
    assert max(breaking.widths().values()) <= breaking.WIDEST


@pytest.mark.parametrize(("text", "room", "lines"), [
    ("一二三四五，六", 5, ("一二三四", "五，六")), ("一二三四（五）", 5, ("一二三四", "（五）")),
    ("预算100万元", 3, ("预算", "100万", "元")), ("a" * 30, 5, None), ("一\n二", 5, ("一", "二")), ("", 5, ("",)),
    ("一二三 四五六", 4, ("一二三", "四五六")), ("，，，，，，，，", 3, None),
])
def test_lines_break_where_chinese_is_broken(text, room, lines):
    found = breaking.lines_of(text, room)
    if lines is not None:
        assert found == lines
    assert "".join(found) == re.sub(r"[ \n]", "", text)
    assert all(breaking.width_of(line) <= room for line in found)


def test_a_volume_holds_every_form_on_pages_of_its_own(sample):
    data = export.volume(tables=[(content, PROFILE, MARK) for content in sample], now=NOW)
    single = [export.export(content=c, profile=PROFILE, format=Format.PDF, now=NOW, mark=MARK) for c in sample]
    count = lambda pdf: len(re.findall(rb"/Type\s*/Page\b", pdf))  # noqa: E731
    assert data.startswith(b"%PDF-")
    assert count(data) == sum(map(count, single)) >= 8


def test_a_large_volume_is_set_in_parts_and_bound_in_order(sample, monkeypatch):
    monkeypatch.setattr(binding, "PART", 3)
    tables = [(replace(content, project_name=f"演示第{n}个项目"), PROFILE, MARK) for n, content in enumerate(sample)]
    data = export.volume(tables=tables, now=NOW)
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        texts = [page.extract_text() for page in pdf.pages]
    firsts = [re.search("演示第[0-9]个项目", text)[0] for text in texts if "演示第" in text]
    assert firsts == [f"演示第{n}个项目" for n in range(8)]
    assert len(texts) == sum(len(pages(content, MARK)) for content, _profile, _mark in tables)
    assert "".join(texts).count("第 1 页，共") == 8


def test_a_part_that_cannot_be_set_stops_the_volume(sample, monkeypatch):
    monkeypatch.setattr(binding, "PART", 3)
    monkeypatch.setattr(binding, "said_of", lambda forms: {"forms": "none"})
    with pytest.raises(OSError, match="not set"):
        export.volume(tables=[(content, PROFILE, MARK) for content in sample], now=NOW)


@pytest.mark.parametrize("format", list(Format))
def test_the_same_table_at_the_same_time_is_the_same_file(sample, format):
    assert printed(sample[0], format, MARK) == printed(sample[0], format, MARK)


def test_the_blank_form_is_recognised_as_one_and_what_is_filled_in_is_read(sample):
    head = TableContent(department="演示局", unit="演示局本级", fiscal_year=2027)
    lists = {"project_name": ["演示项目甲", "演示项目乙"], "attribute": ["0101-一年期项目"]}
    data = export.template_of(content=head, profile=PROFILE, now=NOW, lists=lists)
    xml = parts(data)
    assert xml["xl/worksheets/sheet1.xml"].count("<dataValidation ") == 3
    assert "'填报说明'!$B$2:$B$3" in xml["xl/worksheets/sheet1.xml"].replace("&apos;", "'")
    book = load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    sheet["B3"], sheet["C6"], sheet["C7"], sheet["B9"] = "演示项目甲", 30, 30, "建成一座演示馆。"
    sheet["B5"], sheet["D5"] = "0101-一年期项目", "2027年1-12月"
    sheet["D11"], sheet["E11"], sheet["D12"], sheet["E12"] = "展柜采购数量", "≥12台", "展板数量", "≥3块"
    out = io.BytesIO()
    book.save(out)
    (table,) = read_here("填报.xlsx", out.getvalue()).tables
    assert table.content.indicators == (
        IndicatorContent("11", "展柜采购数量", "≥12台"), IndicatorContent("11", "展板数量", "≥3块"))
    assert (table.content.project_name, table.content.funds.total) == ("演示项目甲", "30")
    assert (table.content.unit, table.content.fiscal_year) == ("演示局本级", 2027)
    assert {p.code for p in table.problems} <= {"STR-10"}, "two indicators are few for a table"


HEAD = TableContent(project_name="演示项目甲", department="演示局", unit="演示局本级", attribute="0101-一年期项目",
                    period="2027年1-12月", fiscal_year=2027, funds=Funds("30", "30", None))
CHOSEN = (
    ("1-产出指标", "11-数量指标（必填 硬性指标）", "展柜采购数量", "≥", 12, "台", "≥12台"),
    ("1-产出指标", "11-数量指标（必填 硬性指标）", "展板制作数量", "≥", 3.5, "平方米", "≥3.5平方米"),
    ("1-产出指标", "12-质量指标（必填）", "验收合格率", "＝", 100, "%", "＝100%"),
    ("1-产出指标", "13-时效指标（必填）", "完成时间", None, "2027年9月底前", None, "2027年9月底前"),
    ("1-产出指标", "14-成本指标（必填 硬性指标）", "展柜采购成本", "≤", 30, "万元", "≤30万元"),
    ("2-效益指标", "22-社会效益（必填）", "参观人次增长", "≥", 5000, "人次", "≥5000人次"),
    ("2-效益指标", "24-可持续影响（必填）", "展览影响力", None, "显著提升", None, "显著提升"),
    ("3-满意度指标", "31-服务对象满意度（必填）", "观众满意度", "≥", 90, "%", "≥90%"),
)


def test_a_list_of_choices_offers_second_levels_under_their_first_and_reads_back_what_is_chosen():
    _format, data = export.blank_form(kind=Blank.CHOICES, content=HEAD, profile=PROFILE, now=NOW,
                                      lists={"project_name": ["演示项目甲"], "attribute": ["0101-一年期项目"]})
    book = load_workbook(io.BytesIO(data))
    sheet, choices = book.worksheets
    (head,) = (row[0].row for row in sheet.iter_rows() if row[0].value == "一级指标")
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert len(rules) == 6
    under = next(formula for cells, formula in rules.items() if cells.startswith(f"B{head + 1}:"))
    assert f"MATCH($A{head + 1}," in under
    first = next(formula for cells, formula in rules.items() if cells.startswith(f"A{head + 1}:"))
    column = re.search(r"!\$([A-Z])\$2:", first)[1]
    assert [choices[f"{column}{n}"].value for n in (2, 3, 4)] == ["1-产出指标", "2-效益指标", "3-满意度指标"]
    heads = re.search(r"!\$([A-Z])\$1:", under)[1]
    assert choices[f"{heads}1"].value == "1-产出指标"
    assert choices[f"{heads}2"].value == "11-数量指标（必填 硬性指标）"
    for n, (*cells, _value) in enumerate(CHOSEN, start=head + 1):
        for column, value in enumerate(cells, start=1):
            sheet.cell(n, column).value = value
    sheet["B9"] = "建成一座演示馆。"
    out = io.BytesIO()
    book.save(out)
    (table,) = read_here("填报.xlsx", out.getvalue()).tables
    rows = tuple(IndicatorContent(row[1][:2], row[2], row[6]) for row in CHOSEN)
    assert diff(replace(HEAD, annual_goal="建成一座演示馆。", indicators=rows), table.content) == ()
    assert [p.code for p in table.problems] == ["STR-07"], "told once that sign, number and unit were put together"


def test_what_is_filled_into_the_blank_word_form_reads_back_without_a_problem():
    format, data = export.blank_form(kind=Blank.WORD, content=HEAD, profile=PROFILE, now=NOW)
    assert format == Format.DOCX
    document = Document(io.BytesIO(data))
    table = document.tables[0]
    begins = next(n for n, row in enumerate(table.rows) if row.cells[0].text == "名称") + 1
    table.rows[begins - 2].cells[1].text = "建成一座演示馆。"
    written, used = [], set()
    for row in table.rows[begins:]:
        label = row.cells[2].text
        if label[:2] in {"11", "12", "13", "14", "22", "24", "31"} and label not in used:
            used.add(label)
            row.cells[3].text, row.cells[4].text = f"演示指标{label[:2]}", "≥3个"
            written.append(IndicatorContent(label[:2], f"演示指标{label[:2]}", "≥3个"))
    out = io.BytesIO()
    document.save(out)
    (found,) = read_here("填报.docx", out.getvalue()).tables
    assert diff(replace(HEAD, annual_goal="建成一座演示馆。", indicators=tuple(written)), found.content) == ()
    assert found.problems == ()


def bare(text):
    """Return a text without blanks: where a line of a PDF ends a blank cannot be told from none."""
    return "".join((text or "").split())


def test_names_and_values_of_the_pdf_are_read_back_and_so_is_the_head(sample):
    for content in sample:
        (table,) = read_here("表.pdf", printed(content, Format.PDF, MARK)).tables
        own, again = content.cleaned(), table.content
        assert [(r.code, bare(r.name), bare(r.value)) for r in again.indicators] == [
            (r.code, bare(r.name), bare(r.value)) for r in own.indicators]
        assert again.funds == own.funds
        for name in ("project_name", "department", "unit", "attribute", "period", "annual_goal"):
            assert bare(getattr(again, name)) == bare(getattr(own, name)), name


BEGINNINGS = ["=", "+", "-", "@", "\t=", "http://", "https://", "mailto:", "{=", "=HYPERLINK("]
ALIVE = st.builds("{}{}".format, st.sampled_from(BEGINNINGS),
                  st.text(alphabet="AZ19甲(),\":/.", min_size=1, max_size=12))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(ALIVE, ALIVE), min_size=1, max_size=5), ALIVE)
def test_no_text_becomes_a_formula_or_a_link_in_any_office_file(pairs, name):
    rows = tuple(IndicatorContent("11", *pair) for pair in pairs)
    content = TableContent(project_name=name, fiscal_year=2027, annual_goal=name, indicators=rows)
    book = load_workbook(io.BytesIO(printed(content, Format.XLSX, MARK)))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    own = export.export(content=content, profile=PROFILE, format=Format.DOCX, now=NOW, mark=MARK,
                        word_template=county.shipped(PROFILE, NOW))
    for data in (printed(content, Format.DOCX, MARK), own):
        found = parts(data)
        assert "<w:hyperlink" not in found["word/document.xml"]
        assert not re.search("<w:(fldSimple|instrText|fldChar)", found["word/document.xml"])
        assert "hyperlink" not in found["word/_rels/document.xml.rels"]
    for format in OFFICE:
        assert read_back(content, format, MARK).content.indicators == content.cleaned().indicators


def test_a_signature_line_that_was_filled_in_is_told():
    (table,) = read(name="a.txt", data="\n".join([
        "项目名称\t演示项目", "年度资金总额\t5", "一级指标\t二级指标\t三级指标\t指标值",
        "产出指标\t数量指标\t甲数量\t≥2个", "填报人：\t单位负责人：演示甲",
    ]).encode()).tables
    assert [p.facts["text"] for p in table.problems if p.facts.get("text", "").startswith("填报人")] == [
        "填报人： 单位负责人：演示甲"
    ]
