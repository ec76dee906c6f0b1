"""The blank form to fill in: the official layout with free rows as Excel or Word, lists to choose from, and advice.

What is filled in here is read by targets.reading like any other file; the second sheet holds no table and is not read.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from targets.content import IndicatorContent, TableContent
from targets.export.docx import docx_of
from targets.export.layout import Form, form_of
from targets.export.xlsx import FIRST, OPTIONS, write_form
from targets.profiles import Profile

FREE_ROWS = {"hard": 3, "required": 2, "optional": 1}
"""Free rows of a category by its need."""
ADVICE_SHEET = "填报说明"
ADVICE = (
    "1. 一行填一条三级指标：左边写指标名称，右边写绩效值。不够时在该二级指标内插入行。",
    "2. 绩效值写清比较符号、数字和单位，例如：≥95%、≥12台、≤30万元、2027年9月底前。",
    "3. 金额单位为{unit}；年度资金总额等于财政拨款与其他资金之和。",
    "4. 标“必填”的二级指标至少填一条；“硬性指标”不得空缺。",
    "5. 填好后在系统“导入”页上传本文件，系统逐格读入并提示需要核对之处。",
)
LIST_HEADS = {"project_name": "本单位预算项目", "attribute": "项目属性"}
CELLS = {"project_name": (FIRST, 1), "attribute": (FIRST + 2, 1)}
"""Where the form's cells stand that offer a list."""
FUNDS_CELLS = (FIRST + 3, 2, FIRST + 5, 2)


def template_of(
    *, content: TableContent, profile: Profile, now: datetime, lists: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """Return the blank form as an xlsx. `content`: the head that is known (unit, department, year); its rows are blank.

    Every free row names its second level, so that a row left blank is none that is missing.
    `lists`: what the cells "project_name" and "attribute" offer; other texts may still be typed. `now` dates the file.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"title": profile.title, "created": now.replace(tzinfo=None)})
        blank = blank_of(content, profile)
        each_named = replace(blank, lines=tuple(replace(line, category_rows=1) for line in blank.lines))
        sheet = write_form(book, each_named)
        _offer(book, sheet, {name: [t for t in texts if t] for name, texts in (lists or {}).items()}, profile)
    return out.getvalue()


def blank_of(content: TableContent, profile: Profile) -> Form:
    """Return the form with what is known of the project, and free rows for each category."""
    free = [IndicatorContent(c.code) for c in profile.categories for _n in range(FREE_ROWS[c.need])]
    return form_of(content=replace(content, annual_goal=None, indicators=tuple(free), attachments=()), profile=profile)


def template_docx(*, content: TableContent, profile: Profile, now: datetime) -> bytes:
    """Return the blank form as a docx: the official layout with free rows. `content`, `now`: as for template_of."""
    return docx_of(blank_of(content, profile), now)


def _offer(book: Any, sheet: Any, lists: Mapping[str, Sequence[str]], profile: Profile) -> None:
    """Write the sheet of advice with the lists, and let the cells of the form offer them."""
    advice = book.add_worksheet(ADVICE_SHEET)
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "font_name": "宋体"})
    advice.set_column(0, 2, 46, wrapped)
    for n, line in enumerate(ADVICE):
        advice.write_string(n, 0, line.format(unit=profile.funds_unit), wrapped)
    for column, (name, head) in enumerate(LIST_HEADS.items(), start=1):
        texts = lists.get(name, ())
        if not texts:
            continue
        for n, text in enumerate((head, *texts)):
            advice.write_string(n, column, text, wrapped)
        letter = "ABC"[column]
        sheet.data_validation(*CELLS[name], *CELLS[name], {
            "validate": "list", "source": f"='{ADVICE_SHEET}'!${letter}$2:${letter}${len(texts) + 1}",
            "error_type": "information", "error_title": head, "error_message": "表中没有这一项，请核对后再填。",
        })  # fmt: skip
    sheet.data_validation(*FUNDS_CELLS, {
        "validate": "decimal", "criteria": ">=", "value": 0, "error_title": "金额",
        "error_message": f"请只填数字，单位为{profile.funds_unit}。",
    })  # fmt: skip
