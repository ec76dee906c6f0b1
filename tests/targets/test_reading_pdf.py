"""PDF with a text layer: ruled tables to the letter, others by places, and what a PDF does not say is told."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest
import typst

from targets import export
from targets.content import diff
from targets.profiles import load
from targets.reading import pdf as reader
from targets.reading import pdftext, read
from targets.reading.pdftext import Line, Sign, letter, lines_of, said
from tests.targets import pdfs
from tests.targets.office import ABOVE, LEFT, Table, paper_table, read_here, small_content, zipped
from tests.targets.pdfs import ACROSS, NONE, bare_pdf, pdf
from tests.targets.test_reading_layouts import NATIONAL
from tests.targets.test_reading_same import SAMPLE

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MARK = export.Mark("2027-0001", "第1次报送", "ABCD2345")
SMALL = small_content()
LONG = small_content(
    indicators=tuple(
        replace(row, name=f"{row.name}（第{n}项），说明文字长到要换行") for row in SMALL.indicators for n in "一二三四"
    )
)
SCAN = """
#set page(paper: "a4", margin: 0pt)
#image(bytes("<svg xmlns='http://www.w3.org/2000/svg' width='210' height='297'/>"), width: 100%)
"""


def one(data):
    found = read_here("目标表.pdf", data)
    assert found.refused is None, found.refused
    (table,) = found.tables
    return table


def told(table):
    return [(str(p.place), p.severity) for p in table.problems if p.code == "STR-06"]


def test_a_ruled_table_is_read_to_the_letter_and_said_to_come_from_a_pdf():
    table = one(pdf(paper_table(SMALL)))
    assert table.content == SMALL
    assert [(p.code, p.severity, "PDF" in p.message) for p in table.problems] == [("STR-06", "hint", True)]
    assert str(table.rows[0]) == "p1:R9:C4"


def test_a_table_over_two_pages_is_one_table_and_its_places_name_the_page():
    table = one(pdf(paper_table(LONG)))
    assert diff(LONG, table.content) == ()
    assert str(table.rows[-1]).startswith("p2:R")
    assert [p.code for p in table.problems] == ["STR-06", "STR-09"]


def test_a_head_repeated_on_the_second_page_is_read_once():
    table = paper_table(LONG)
    head = table.rows[7]
    assert head[0] == "名称"
    table.rows.insert(30, head)
    found = one(pdf(table))
    assert [(i.name, i.value) for i in found.content.indicators] == [(i.name, i.value) for i in LONG.indicators]


def test_several_forms_in_one_pdf_are_several_tables():
    others = [small_content(project_name=f"演示项目{n}") for n in range(3)]
    found = read_here("a.pdf", pdf(*map(paper_table, others)))
    assert [t.content for t in found.tables] == others


def test_the_national_form_is_read_as_from_word():
    table = one(pdf(NATIONAL, widths=(1.5, 2, 2, 3, 2, 2, 3, 2), title="项目支出绩效目标申报表（2025年度）"))
    assert [(i.name, i.value) for i in table.content.indicators][:2] == [
        ("水表安装数", "1000块"),
        ("泵站改造数", "2座"),
    ]
    assert (table.content.funds.total, table.content.annual_goal) == ("100", "完成一期平台。")


@pytest.mark.parametrize("page", ["flipped: true", "fill: luma(230)", "header: [演示县财政局], footer: [第 1 页]"])
def test_turned_coloured_and_headed_pages_are_read(page):
    table = one(pdf(paper_table(SMALL), page=page))
    assert diff(SMALL, table.content) == ()


def turned(data, degrees):
    """The PDF with its pages said to be turned."""
    document = pypdfium2.PdfDocument(data)
    for page in document:
        page.set_rotation(degrees)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_table_printed_sideways_is_read_when_the_page_says_so_and_else_refused(monkeypatch):
    sideways = pdfs.PAGE.replace("{\n", "{ rotate(-90deg, reflow: true, block(width: 24cm)[#{\n", 1)
    monkeypatch.setattr(pdfs, "PAGE", sideways.rstrip().removesuffix("}") + "}])}\n")
    data = pdf(paper_table(SMALL))
    assert one(turned(data, 90)).content == SMALL
    assert read_here("a.pdf", data).refused.code == "sideways"


@pytest.mark.parametrize("stroke", [ACROSS, NONE])
def test_a_table_without_upright_rules_is_read_by_places_and_every_wrong_cell_is_marked(stroke):
    plain = small_content(indicators=tuple(replace(row, name=row.name[:6]) for row in SMALL.indicators))
    table = paper_table(plain)
    table.rows = [[x if x is not ABOVE else "" for x in row] for row in table.rows if row[3] != ""]
    table.rows = [[str(x).replace("（必填 硬性指标）", "").replace("（必填）", "") if x is not LEFT else x for x in row]
                  for row in table.rows]  # fmt: skip
    found = one(pdf(table, stroke=stroke, inset="6pt"))
    wanted = {(i.code, i.name, i.value) for i in plain.indicators}
    marked = {p.place.order for p in found.problems if p.severity != "hint"}
    for row, place in zip(found.content.indicators, found.rows, strict=True):
        assert (row.code, row.name, row.value) in wanted or place.order in marked
    assert len(wanted & {(i.code, i.name, i.value) for i in found.content.indicators}) >= 6
    assert found.content.project_name == plain.project_name


def test_a_blank_that_a_line_end_may_have_eaten_is_marked():
    value = "2025年1月1日 2025年12月31日"
    content = small_content(indicators=(replace(SMALL.indicators[0], value=value),))
    table = one(pdf(paper_table(content)))
    assert table.content.indicators[0].value.replace(" ", "") == value.replace(" ", "")
    assert ("p1:R9:C5", "should_fix") in told(table)


def test_lines_that_the_writer_ended_stay_lines_and_wrapped_ones_are_joined():
    content = small_content(
        annual_goal="目标一：购书。\n" + "目标二，" + "读书会与讲座每月至少一场，" * 5 + "全年完成。"
    )
    assert one(pdf(paper_table(content))).content.annual_goal == content.annual_goal


def test_a_first_line_of_a_page_that_may_be_the_rest_of_the_last_is_marked():
    table = paper_table(LONG)
    whole = one(pdf(table))
    first = next(place for place in whole.rows if str(place).startswith("p2:"))
    name = whole.content.indicators[whole.rows.index(first)].name
    row = next(row for row in table.rows if row[3] == name)
    row[4] = ""
    cut = one(pdf(table))
    assert [p.facts.get("text") for p in cut.problems if p.severity != "hint"] == [name]
    assert (str(first), "should_fix") in told(cut)
    assert not [p for p in whole.problems if p.severity != "hint"]


def test_our_own_prints_of_the_eight_real_tables_read_back_the_same():
    """But for one blank that the PDF does not hold: it is marked, and so is every cell where one may be missing."""
    contents = [t.content for t in read(name="s", data=SAMPLE.read_bytes()).tables]
    for content in contents:
        printed = export.export(content=content, profile=load(), format=export.Format.PDF, now=NOW, mark=MARK)
        table = one(printed)
        marked = {str(p.place) for p in table.problems if p.severity != "hint"}
        places = {number: str(place) for number, place in enumerate(table.rows, 1)}
        changed = [
            c for c in diff(content, table.content) if not (c.row and places[c.row][:-1] in {m[:-1] for m in marked})
        ]
        assert changed == []
        assert len(marked) <= 2


def test_a_scan_is_refused_with_its_sentence():
    data = typst.compile(SCAN.encode(), format="pdf")
    found = read_here("a.pdf", data)
    assert found.refused.code in ("scanned", "no_letters")
    assert "Word" in found.refused.message


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"%PDF-1.7\n", "damaged no_letters"),
        ("a.pdf", b"%PDF-1.7\n" + b"\x00\xff" * 5000, "damaged no_letters"),
        ("a.docx", pdf(paper_table(SMALL)), "wrong_name"),
        ("a", pdf(paper_table(SMALL)), "no_ending"),
        ("a.pdf", pdf(Table([["一", "二"]])), "no_table"),
        ("a.pdf", b"%PDF-1.7\n" + zipped({"a.txt": b"x"}), "disguised"),
        ("a.pdf", pdf(paper_table(SMALL))[:30_000], "damaged no_letters"),
    ],
)
def test_a_pdf_that_is_none_is_refused(name, data, code):
    found = read_here(name, data)
    assert found.tables == ()
    assert found.refused.code in code.split()


LOCKED = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/Length 40/P -4/O<%s>/U<%s>>>" % (b"41" * 32, b"42" * 32)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bare_pdf(b"BT /F1 10 Tf (x) Tj ET", trailer=LOCKED), "encrypted"),
        (bare_pdf(b"BT /F1 10 Tf (x) Tj ET", pages=201), "too_large"),
        (bare_pdf(b"BT /F1 10 Tf (%s) Tj ET" % (b"ab" * 251)), "too_large"),
        (bare_pdf(b"0 0 m 9 9 l S\n" * 501), "too_large"),
        (bare_pdf(), "no_letters"),
        (bare_pdf().replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]"), "no_letters damaged"),
        (
            bare_pdf(b"BT /F1 10 Tf (x) Tj ET").replace(b"/Parent 2 0 R", b"/Parent 5 0 R"),
            "no_table no_letters damaged",
        ),
    ],
)
def test_a_locked_or_endless_pdf_is_refused(data, code, monkeypatch):
    assert (reader.MAX_PAGES, reader.MAX_SIGNS, reader.MAX_RULES) == (200, 20_000, 20_000)
    monkeypatch.setattr(reader, "MAX_SIGNS", 500)
    monkeypatch.setattr(reader, "MAX_RULES", 500)
    found = read_here("a.pdf", data)
    assert found.tables == ()
    assert found.refused.code in code.split()


def test_through_the_real_child_a_pdf_gives_the_same_as_here():
    data = pdf(paper_table(SMALL))
    assert read(name="a.pdf", data=data) == read_here("a.pdf", data)


def test_a_pdf_in_a_zip_is_read():
    (table,) = read_here("a.zip", zipped({"一/表.pdf": pdf(paper_table(SMALL))})).tables
    assert table.content == SMALL
    assert str(table.rows[0]) == "一/表.pdf/p1:R9:C4"


def row_of(text, *, x=0.0, top=0.0, size=10.0, gap=0.0):
    """Signs of one line, each as wide as high, letters half as wide."""
    signs = []
    for character in text:
        width = size / 2 if character.isascii() else size
        signs.append(Sign(character, x, x + width, top, top + size, size))
        x += width + gap
    return signs


def test_radicals_of_dictionaries_are_the_characters_that_look_alike():
    assert "".join(map(letter, "⼀⽬⽤⻔⻓⺠项")) == "一目用门长民项"
    assert all(len(pdftext.RADICALS[sign]) == 1 for sign in pdftext.RADICALS)


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        (row_of("项目名称"), "项目名称"),
        (row_of("项目", gap=4), "项目"),
        (row_of("AB") + row_of("CD", x=14), "AB CD"),
        (row_of("AB") + row_of("CD", x=10.5), "ABCD"),
        (row_of("2024") + row_of("年", x=22), "2024年"),
        (row_of("项目") + row_of("名称", x=40), "项目 名称"),
        (row_of("(cid:7)")[:0] + [Sign("(cid:7)", 0, 10, 0, 10, 10)], "□"),
    ],
)
def test_gaps_become_blanks_where_blanks_stand(signs, text):
    (line,) = lines_of(signs)
    assert line.text == text


@pytest.mark.parametrize(
    ("lines", "right", "text", "unsure"),
    [
        (["一二三四五", "六七"], 52, "一二三四五六七", False),
        (["一二", "三四"], 52, "一二\n三四", False),
        (["一二三四（", "五）"], 52, "一二三四（五）", False),
        (["一二三", "（四五"], 52, "一二三（四五", False),
        (["一二三 2", "024 年"], 52, "一二三 2024 年", True),
        (["ABCDEFGHI", "JKL"], 52, "ABCDEFGHI JKL", True),
    ],
)
def test_a_line_end_is_kept_where_the_next_word_had_had_room(lines, right, text, unsure):
    found = said([Line(tuple(row_of(line, top=12.0 * n))) for n, line in enumerate(lines)], left=0, right=right)
    assert (found.text, found.unsure) == (text, unsure)
