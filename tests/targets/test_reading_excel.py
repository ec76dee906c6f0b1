"""Excel files: merged ranges once, numbers and dates as printed, several sheets and forms, what a sheet hides."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from targets.reading import formats, read
from tests.targets.office import fill, paper_table, read_here, saved, small_content, xlsx

SMALL = small_content()
XLS = Path(__file__).parents[1] / "files" / "readable" / "small.xls"
# A sheet knows no time zone.
MORNING, NIGHT = datetime(2025, 9, 5, 8, 30), datetime(2025, 1, 2, 3, 4)  # noqa: DTZ001


def book(change=None):
    made = Workbook()
    sheet = made.active
    sheet.title = "目标表"
    fill(sheet, paper_table(SMALL), 1, title="部门项目支出预算绩效目标表", year=2025)
    if change is not None:
        change(sheet)
    return made


def one(change=None):
    found = read_here("表.xlsx", saved(book(change)))
    assert found.refused is None, found.refused
    (table,) = found.tables
    return table


def put(value, code="General", at="E11"):
    """A sheet whose first value is this, in this format."""

    def change(sheet):
        sheet[at] = value
        sheet[at].number_format = code

    return change


def edited(data, part, old, new):
    """A workbook with one piece of one part replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            text = before.read(name)
            if name == part:
                assert old.encode() in text, text[:3000]
                text = text.replace(old.encode(), new.encode())
            after.writestr(name, text)
    return out.getvalue()


def test_a_sheet_as_on_paper_is_read_without_a_problem():
    table = one()
    assert table.content == SMALL
    assert [str(p.place) for p in table.problems] == []
    assert str(table.rows[0]) == "目标表!D11"


@pytest.mark.parametrize(
    ("value", "code", "printed"),
    [
        (50, "General", "50"),
        (50.0, "0.00", "50.00"),
        (0.642, "General", "0.642"),
        (0.1 + 0.2, "General", "0.3"),
        (0.95, "0%", "95%"),
        (0.956, "0.0%", "95.6%"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (12, '0"场次"', "12场次"),
        (95, '"≥"0"%"', None),
        (95, '"≥"0\\%', None),
        (5, "00", "05"),
        (0, "0", "0"),
        (-3, "0;(0)", "(3)"),
        (3, "0.##", "3"),
        (2.5, "0.##", "2.5"),
        (1, "[Red]0", "1"),
        (7, "@", "7"),
        (7, "# ?/?", "7"),
        (1500, "¥#,##0", "¥1,500"),
    ],
)
def test_a_number_is_read_as_it_is_printed(value, code, printed):
    found = one(put(value, code)).content.indicators[0].value
    assert found == (printed or "≥95%")


@pytest.mark.parametrize(
    ("value", "code", "printed"),
    [
        (date(2025, 11, 30), "yyyy/m/d", "2025/11/30"),
        (date(2025, 11, 30), 'yyyy"年"m"月"', "2025年11月"),
        (date(2025, 9, 5), 'yyyy"年"mm"月"dd"日"', "2025年09月05日"),
        (date(2025, 9, 5), "mm-dd-yy", "2025/9/5"),
        (MORNING, "yyyy-mm-dd hh:mm", "2025-09-05 08:30"),
    ],
)
def test_a_date_is_read_as_it_is_printed(value, code, printed):
    assert one(put(value, code)).content.indicators[0].value == printed


def test_dates_counted_from_1904_are_the_same_days():
    made = book(put(date(2025, 11, 30), "yyyy/m/d"))
    made.epoch = CALENDAR_MAC_1904
    assert read_here("a.xlsx", saved(made)).tables[0].content.indicators[0].value == "2025/11/30"


@pytest.mark.parametrize(
    ("moment", "code", "printed"),
    [
        (time(8, 5), "h:mm", "8:05"),
        (timedelta(hours=30), "General", "1 day, 6:00:00"),
        (date(2025, 1, 2), "General", "2025/1/2"),
        (NIGHT, "General", "2025/1/2 03:04"),
        (time(8, 5), "yyyy/m/d", "08:05"),
    ],
)
def test_times_without_a_known_format_are_printed_plainly(moment, code, printed):
    assert formats.date_printed(moment, code) == printed


def test_numbers_that_no_format_can_hold_are_printed_as_stored():
    assert formats.number_printed(Decimal("1E+400"), "0.00") == "1E+400"
    assert formats.number_printed(Decimal("0.00001234"), "General") == "0.00001234"


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+86 0952", "@x", "00123", "-5", "https://example.org/"])
def test_text_that_begins_like_a_formula_stays_text(text):
    def change(sheet):
        sheet["D11"].value = text
        sheet["D11"].data_type = "s"

    table = one(change)
    assert (table.content.indicators[0].name, [str(p.place) for p in table.problems]) == (text, [])


def test_a_formula_without_its_result_is_blank_and_told():
    table = one(put("=1+1"))
    assert table.content.indicators[0].value is None
    assert [(p.code, p.severity, str(p.place)) for p in table.problems] == [("STR-06", "should_fix", "目标表!E11")]


def test_a_formula_with_its_result_is_its_result():
    data = edited(saved(book(put("=1+1"))), "xl/worksheets/sheet1.xml", "<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>")
    table = read_here("a.xlsx", data).tables[0]
    assert (table.content.indicators[0].value, table.problems) == ("2", ())


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_an_error_in_a_cell_is_blank_and_told(error):
    table = one(put(error))
    assert table.content.indicators[0].value is None
    assert [(p.facts["text"], str(p.place)) for p in table.problems] == [(error, "目标表!E11")]


@pytest.mark.parametrize("stored", ["1E+400", "-1E+40"])
def test_a_number_beyond_all_sense_is_kept_as_stored_and_told(stored):
    data = edited(saved(book(put(424242))), "xl/worksheets/sheet1.xml", "<v>424242</v>", f"<v>{stored}</v>")
    table = read_here("a.xlsx", data).tables[0]
    assert table.content.indicators[0].value == stored
    assert [p.code for p in table.problems] == ["FND-02"]


def test_a_number_of_more_digits_than_excel_keeps_is_told():
    made = saved(book(put(424242)))
    table = read_here("a.xlsx", edited(made, "xl/worksheets/sheet1.xml", "424242", "640221198001011234")).tables[0]
    assert table.content.indicators[0].value == "640221198001011234"
    assert [p.facts["text"] for p in table.problems] == ["640221198001011234"]


def test_one_form_a_sheet_and_forms_stacked_in_one_sheet_are_all_read():
    others = [small_content(project_name=f"演示项目{n}", fiscal_year=2025 + n) for n in range(3)]
    for stacked in (False, True):
        found = read_here("a.xlsx", xlsx(*others, stacked=stacked))
        assert [t.content for t in found.tables] == others
        assert [t.problems for t in found.tables] == [(), (), ()]
    assert str(found.tables[1].rows[0]).startswith("Sheet!D")


def test_a_sheet_without_a_table_is_passed_over():
    made = book()
    made.create_sheet("填报说明", 0)["A1"] = "请先阅读本说明。"
    (table,) = read_here("a.xlsx", saved(made)).tables
    assert table.content == SMALL


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_read_and_told(state):
    made = book()
    fill(made.create_sheet("去年"), paper_table(small_content(project_name="旧")), 1)
    made["去年"].sheet_state = state
    (table,) = read_here("a.xlsx", saved(made)).tables
    assert table.content == SMALL
    assert [p.facts for p in table.problems] == [{"names": "去年"}]


def test_a_hidden_row_is_left_out_and_told():
    def change(sheet):
        sheet.row_dimensions[12].hidden = True

    table = one(change)
    assert [i.name for i in table.content.indicators] == [i.name for i in SMALL.indicators if i.name != "举办读书会"]
    assert [(str(p.place), p.facts["text"]) for p in table.problems] == [("目标表!12", "举办读书会 ≥12场")]


def test_a_hidden_column_is_read_and_told():
    def change(sheet):
        sheet.column_dimensions["E"].hidden = True

    table = one(change)
    assert table.content == SMALL
    assert {p.code for p in table.problems} == {"STR-06"}
    assert all(str(p.place).startswith("目标表!E") for p in table.problems)


@pytest.mark.parametrize("ref", ["A1:A1", "A1:XFD1048576", "A1"])
def test_a_sheet_that_lies_about_its_size_is_read_whole(ref):
    data = saved(book())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    old = sheet[sheet.index("<dimension") : sheet.index("/>", sheet.index("<dimension")) + 2]
    found = read_here("a.xlsx", edited(data, "xl/worksheets/sheet1.xml", old, f'<dimension ref="{ref}"/>'))
    assert found.tables[0].content == SMALL


def test_a_format_far_away_without_a_value_changes_nothing():
    def change(sheet):
        sheet["XFD1"].number_format = "0%"
        sheet["A1048576"].number_format = "0%"

    table = one(change)
    assert (table.content, table.problems) == (SMALL, ())


def test_amounts_stored_as_numbers_are_the_amounts():
    def change(sheet):
        sheet["C6"], sheet["C7"] = 8, 8.0

    assert one(change).content == SMALL


def test_a_value_merged_over_two_lines_holds_for_both():
    def change(sheet):
        sheet["E12"] = None
        sheet.merge_cells("E11:E12")

    table = one(change)
    assert [i.value for i in table.content.indicators[:2]] == ["≥2000册", "≥2000册"]
    assert [str(p.place) for p in table.problems] == ["目标表!E12"]


def test_a_table_that_does_not_begin_in_the_corner_is_read():
    made = Workbook()
    fill(made.active, paper_table(SMALL), 6, title="部门项目支出预算绩效目标表", year=2025)
    made.active.insert_cols(1, 3)
    made.active.merged_cells.ranges = set()
    for old in ("D6:H6",):
        made.active.merge_cells(old)
    found = read_here("a.xlsx", saved(made)).tables[0]
    assert [(i.code, i.name, i.value) for i in found.content.indicators] == [
        (i.code, i.name, i.value) for i in SMALL.indicators
    ]


@pytest.mark.parametrize("name", ["small.xls", "small.et"])
def test_an_old_sheet_is_read(name):
    (table,) = read(name=name, data=XLS.read_bytes()).tables
    assert table.content == SMALL
    assert [p.facts for p in table.problems] == [{"names": "旧表"}]


def test_an_old_sheet_that_is_cut_off_is_refused():
    found = read_here("small.xls", XLS.read_bytes()[:5000])
    assert (found.tables, found.refused.code) == ((), "damaged")


def test_text_in_several_fonts_is_read_without_its_reading_marks():
    rich = '<r><rPr><b/></rPr><t>≥20</t></r><r><t>00册</t></r><rPh sb="0" eb="1"><t>niXX</t></rPh>'
    data = edited(saved(book(put("XX11"))), "xl/worksheets/sheet1.xml", "<t>XX11</t>", rich)
    assert read_here("a.xlsx", data).tables[0].content == SMALL


def test_a_chart_sheet_is_passed_over():
    made = book()
    made.create_chartsheet("图")
    assert read_here("a.xlsx", saved(made)).tables[0].content == SMALL


def test_a_cell_that_says_true_is_read_as_printed():
    assert one(put(True)).content.indicators[0].value == "TRUE"
