"""Word and Excel files made by hand for tests: a table as on paper, and the parts that a hostile file changes."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape

from openpyxl import Workbook

from targets.content import Funds, IndicatorContent, TableContent
from targets.profiles import load
from targets.reading import Reading, Refusal, read_grids
from targets.reading.child import answer, grids_of_answer

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
LEFT = object()
"""A cell that belongs to the cell left of it."""
ABOVE = object()
"""A cell that belongs to the cell above it."""


@dataclass
class Table:
    """Rows of texts, LEFT and ABOVE on one grid of columns."""

    rows: list[list[object]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row."""
        self.rows.append(list(cells))


def paper_table(content: TableContent) -> Table:
    """Return one target table laid out as the official form: five columns, labels merged downwards."""
    profile = load()
    text = lambda value: value or ""  # noqa: E731
    table = Table()
    table.add("项目名称", text(content.project_name), LEFT, LEFT, LEFT)
    table.add("主管部门", text(content.department), "实施单位", text(content.unit), LEFT)
    table.add("项目属性", text(content.attribute), "项目期限", text(content.period), LEFT)
    funds = content.funds
    table.add("项目资金（万元）", "年度资金总额：", text(funds.total), LEFT, LEFT)
    table.add(ABOVE, "其中：财政拨款", text(funds.fiscal), LEFT, LEFT)
    table.add(ABOVE, "其他资金", text(funds.other), LEFT, LEFT)
    table.add("年度总体绩效目标", text(content.annual_goal), LEFT, LEFT, LEFT)
    table.add("名称", "一级指标", "二级指标", "三级指标", "绩效值")
    first, family = True, ""
    for category in profile.categories:
        rows = content.of_code(category.code)
        for n, row in enumerate(rows or [None]):
            label = next(f.label for f in profile.families if f.code == category.code[:1])
            table.add(
                "绩效指标" if first else ABOVE,
                ABOVE if category.code[:1] == family else label,
                category.label if n == 0 else ABOVE,
                text(row and row.name),
                text(row and row.value),
            )
            first, family = False, category.code[:1]
    return table


def paragraph(text: str) -> str:
    """Return a paragraph; line ends inside become line breaks."""
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:p><w:r>{runs}</w:r></w:p>"


def cell(inside: str, *, span: int = 1, down: str = "", more: str = "") -> str:
    """Return a cell of Word; `inside` is XML, `down` "restart" or "continue"."""
    properties = f'<w:gridSpan w:val="{span}"/>' if span != 1 else ""
    properties += f'<w:vMerge w:val="{down}"/>' if down == "restart" else "<w:vMerge/>" if down else ""
    return f"<w:tc><w:tcPr>{properties}{more}</w:tcPr>{inside}</w:tc>"


def word_rows(table: Table) -> list[str]:
    """Return each row of a table as XML."""
    found = []
    for number, row in enumerate(table.rows):
        below = table.rows[number + 1] if number + 1 < len(table.rows) else []
        out = ""
        for index, text in enumerate(row):
            if text is LEFT:
                continue
            span = 1
            while index + span < len(row) and row[index + span] is LEFT:
                span += 1
            starts = index < len(below) and below[index] is ABOVE
            down = "continue" if text is ABOVE else "restart" if starts else ""
            out += cell(paragraph("" if text is ABOVE else str(text)), span=span, down=down)
        found.append(f"<w:tr>{out}</w:tr>")
    return found


def word_table(table: Table, *, widths: Sequence[int] = (), rows: Sequence[str] | None = None) -> str:
    """Return a table as XML."""
    count = max(map(len, table.rows), default=0)
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths or [1800] * count)
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{''.join(rows or word_rows(table))}</w:tbl>"


def word_body(contents: Sequence[TableContent]) -> str:
    """Return the body of a document with these tables, each below its title and year."""
    out = ""
    for content in contents:
        out += paragraph("部门项目支出预算绩效目标表") + paragraph(f"({content.fiscal_year} 年度)")
        out += word_table(paper_table(content)) + "<w:p/>"
    return out


def word_parts(body: str, *, namespace: str = W) -> dict[str, bytes]:
    """Return the parts of a small docx with this body."""
    document = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{namespace}" xmlns:r="{R}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        f"<w:body>{body}</w:body></w:document>"
    )
    types = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{WORD_TYPE}"/></Types>'
    )
    links = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{R}/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    return {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": links.encode(),
        "word/document.xml": document.encode(),
    }


def zipped(
    parts: Mapping[str, bytes] | Sequence[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """Return a zip with these members; a sequence may name one twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items() if isinstance(parts, Mapping) else parts:
            archive.writestr(name, data)
    return out.getvalue()


def docx(*contents: TableContent, body: str | None = None, **more: bytes) -> bytes:
    """Return a docx with these tables, or with this body."""
    return zipped({**word_parts(word_body(contents) if body is None else body), **more})


def fill(sheet: object, table: Table, top: int, *, title: str = "", year: int | None = None) -> int:
    """Write a table into a sheet of openpyxl from row `top`, merged as on paper; return the row behind it."""
    if title:
        sheet.cell(top, 1, title)
        sheet.merge_cells(start_row=top, end_row=top, start_column=1, end_column=5)
        sheet.cell(top + 1, 1, f"({year} 年度)")
        sheet.merge_cells(start_row=top + 1, end_row=top + 1, start_column=1, end_column=5)
        top += 2
    for r, row in enumerate(table.rows):
        for c, text in enumerate(row):
            if text is LEFT or text is ABOVE:
                continue
            put = sheet.cell(top + r, c + 1)
            if text != "":
                put.value = text
                put.data_type = "s" if isinstance(text, str) else put.data_type
            right, down = c, r
            while right + 1 < len(row) and row[right + 1] is LEFT:
                right += 1
            while down + 1 < len(table.rows) and table.rows[down + 1][c] is ABOVE:
                down += 1
            if (right, down) != (c, r):
                sheet.merge_cells(
                    start_row=top + r, end_row=top + down, start_column=c + 1, end_column=right + 1
                )
    return top + len(table.rows)


def saved(book: Workbook) -> bytes:
    """Return a workbook as bytes."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(*contents: TableContent, stacked: bool = False) -> bytes:
    """Return an xlsx with these tables: one a sheet, or all below each other in one sheet."""
    book = Workbook()
    sheet, top = book.active, 1
    for number, content in enumerate(contents):
        if number and not stacked:
            sheet, top = book.create_sheet(f"表{number + 1}"), 1
        top = (
            fill(
                sheet, paper_table(content), top, title="部门项目支出预算绩效目标表", year=content.fiscal_year
            )
            + 1
        )
    return saved(book)


def read_here(name: str, data: bytes) -> Reading:
    """Return what the child would answer, without starting one: the same way through JSON, sooner."""
    found = grids_of_answer(json.loads(json.dumps(answer(name=name, data=data))))
    return Reading(name, refused=found) if isinstance(found, Refusal) else read_grids(name, found)


def small_content(**changes: object) -> TableContent:
    """Return a small whole table of a demo county."""
    rows = (
        ("11", "购置图书", "≥2000册"),
        ("11", "举办读书会", "≥12场"),
        ("12", "图书验收合格率", "≥98%"),
        ("13", "完成时间", "2025年11月底前"),
        ("14", "购书成本", "≤8万元"),
        ("22", "年到馆人次", "≥3万人次"),
        ("24", "图书使用年限", "≥8年"),
        ("31", "读者满意度", "≥90%"),
    )
    whole = TableContent(
        project_name="演示乡镇图书室项目",
        department="演示县文化局",
        unit="演示县图书馆",
        attribute="0101-一年期项目",
        period="2025年1-12月",
        fiscal_year=2025,
        funds=Funds("8", "8", None),
        annual_goal="购置图书 2000 册，举办读书会 12 场。",
        indicators=tuple(IndicatorContent(*row) for row in rows),
    )
    return replace(whole, **changes)
