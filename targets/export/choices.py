"""The list to fill in: one line an indicator, and in its cells lists of what may be chosen, each under the one before.

For clerks who would rather choose than type. What is filled in is read by targets.reading like any other file.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from targets.content import TableContent
from targets.export.layout import Form
from targets.export.ruled import Ruled, RuledCell, RuledRow, Span
from targets.export.ruled_office import write_ruled
from targets.export.template import ADVICE_SHEET, LIST_HEADS, blank_of
from targets.export.xlsx import OPTIONS
from targets.profiles import Profile

VALUE_HEADS = ("计算符号", "指标值", "计量单位")
RELATIONS = ("≥", "≤", "＞", "＜", "＝")
UNITS = ("个", "人", "人次", "次", "场", "期", "台", "套", "件", "份", "册", "篇", "条", "户", "家", "处", "座",
         "项", "批", "平方米", "亩", "公里", "米", "吨", "%", "元", "万元", "元/人", "天", "个月", "年")
LIST_CM = (3.0, 4.2, 6.0, 2.0, 3.4, 2.2)
PAIR_SPOTS, LINE_SPOTS, MONEY_SPOTS = ((0, 0), (1, 2), (3, 3), (4, 5)), ((0, 0), (1, 5)), ((1, 1), (2, 5))
"""Where the cells of a row of the upper part stand: first and last column."""
LIST_ROWS = 30
LIST_NAME = "绩效目标填报"
LIST_CELLS = {"project_name": (2, 1), "attribute": (4, 1)}
LIST_ADVICE = (
    "1. 一行填一条三级指标：先选一级指标，再选二级指标（只列出该一级指标下的），然后填名称、符号、指标值和单位。",
    "2. 用文字表述的指标值（如“显著提升”“2027年9月底前”）整句写在“指标值”一栏，符号和单位不选。",
    "3. 单位列表中没有的，可以直接填写；金额单位写明元或万元。",
    "4. 同一二级指标有几条三级指标的，占几行，行与行之间不要留空行；不用的行留空即可。",
    "5. 项目资金的单位为{unit}；年度资金总额等于财政拨款与其他资金之和。",
    "6. 填好后在系统“导入”页上传本文件，系统逐格读入并提示需要核对之处。",
)


def choices_of(
    *, content: TableContent, profile: Profile, now: datetime, lists: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """Return a list to fill in as an xlsx: one line an indicator, with lists of first level, second level under that
    first level, comparator and unit in its cells. Arguments as for template_of.
    """
    form = blank_of(content, profile)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"title": profile.title, "created": now.replace(tzinfo=None)})
        ruled = _list_of(form, profile)
        sheet, first = write_ruled(book, ruled)
        begins = first + len(form.head) + 1
        _choices(book, sheet, profile, begins, first + len(ruled.rows) - 1, lists or {})
        sheet.freeze_panes(begins, 0)
    return out.getvalue()


def _list_of(form: Form, profile: Profile) -> Ruled:
    """Return the list: the upper part of the form, six columns, a line for each needed category and free lines."""
    (money,) = (cell.text for cell in form.head[form.funds_row] if cell.rows > 1)
    rows = []
    for n, row in enumerate(form.head):
        cells = [cell for cell in row if cell.rows == 1]
        is_money = form.funds_row <= n < form.funds_row + 3
        spots = MONEY_SPOTS if is_money else PAIR_SPOTS if len(cells) == 4 else LINE_SPOTS
        placed = (RuledCell(cell.text, *spot, cell.is_label) for cell, spot in zip(cells, spots, strict=True))
        rows.append(RuledRow(tuple(placed), (Span("money", 0, money, money),) if is_money else ()))
    heads = (*(profile.columns[name][0] for name in ("family", "category", "name")), *VALUE_HEADS)
    rows.append(RuledRow(tuple(RuledCell(text, n, n, True) for n, text in enumerate(heads)), is_head=True))
    labels = [(line.family, line.category) for line in form.lines
              if (category := profile.category(line.code)) and category.need != "optional" and line.category_rows]
    labels += [("", "")] * (LIST_ROWS - len(labels))
    rows += (RuledRow(tuple(RuledCell(text, n, n, n < 2) for n, text in enumerate((*label, "", "", "", ""))))
             for label in labels)
    return Ruled(form.title, form.year_line, form.project_name or LIST_NAME, LIST_CM, tuple(rows))


def _choices(
    book: Any, sheet: Any, profile: Profile, begins: int, ends: int, lists: Mapping[str, Sequence[str]]
) -> None:
    """Write the sheet of choices and let the cells of the list, rows `begins` to `ends`, offer them."""
    advice = book.add_worksheet(ADVICE_SHEET)
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "font_name": "宋体"})
    advice.set_column(0, 0, 60, wrapped)
    for n, line in enumerate(LIST_ADVICE):
        advice.write_string(n, 0, line.format(unit=profile.funds_unit), wrapped)
    columns = [
        ("family", "一级指标", [family.label for family in profile.families]),
        ("relation", VALUE_HEADS[0], RELATIONS), ("unit", VALUE_HEADS[2], UNITS),
        *((name, head, [text for text in lists.get(name, ()) if text]) for name, head in LIST_HEADS.items()),
        *((one.code, one.label, [c.label for c in profile.of_family(one.code)]) for one in profile.families),
    ]
    ranges = {}
    for column, (name, head, texts) in enumerate(columns, start=1):
        for n, text in enumerate((head, *texts)):
            advice.write_string(n, column, text, wrapped)
        letter = chr(ord("A") + column)
        ranges[name] = f"'{ADVICE_SHEET}'!${letter}$2:${letter}${max(len(texts), 1) + 1}"
    last = max(len(profile.of_family(family.code)) for family in profile.families)
    first_letter, last_letter = (chr(ord("A") + len(columns) - len(profile.families) + n)
                                 for n in (1, len(profile.families)))
    heads = f"'{ADVICE_SHEET}'!${first_letter}$1:${last_letter}$1"
    found = f"MATCH($A{begins + 1},{heads},0)-1"
    under = f"=OFFSET('{ADVICE_SHEET}'!${first_letter}$2,0,{found},{last},1)"
    for column, source, stops in (
        (0, f"={ranges['family']}", True), (1, under, True), (3, f"={ranges['relation']}", True),
        (5, f"={ranges['unit']}", False),
    ):  # fmt: skip
        sheet.data_validation(begins, column, ends, column, {
            "validate": "list", "source": source, "error_type": "stop" if stops else "information",
            "error_title": "请从列表中选择", "error_message": "请从列表中选择；没有合适的，见“填报说明”。",
        })  # fmt: skip
    for name, (row, column) in LIST_CELLS.items():
        if lists.get(name):
            sheet.data_validation(row, column, row, column, {
                "validate": "list", "source": f"={ranges[name]}", "error_type": "information",
                "error_title": LIST_HEADS[name], "error_message": "表中没有这一项，请核对后再填。",
            })  # fmt: skip
