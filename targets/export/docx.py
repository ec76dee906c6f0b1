"""Form → Word: the official table as WordprocessingML, with real merged cells and the version in the page footer.

Written by hand because one table with merged cells is all there is; a template engine would bring more than it saves.
"""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from targets.export.glyphs import rare_in
from targets.export.layout import SIDE, SIGNATURES, SIGNED_ON, WIDTHS_CM, Cell, Form

TWIPS_A_CM = 567
WIDTHS = tuple(round(width * TWIPS_A_CM) for width in WIDTHS_CM)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
STYLES = (
    f'{XML}<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" '
    'w:hAnsi="Times New Roman" w:eastAsia="宋体" w:cs="Times New Roman"/><w:sz w:val="21"/><w:szCs w:val="21"/>'
    '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style></w:styles>'
)
TYPES = (
    f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    + "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{TYPE}.{kind}+xml"/>'
        for name, kind in (("document", "document.main"), ("styles", "styles"), ("footer1", "footer"))
    )
    + "</Types>"
)
LINKS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{R}/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
OWN_LINKS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{R}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{R}/footer" Target="footer1.xml"/></Relationships>'
)


def docx_of(
    form: Form, now: datetime, *, lines: Sequence[str] | None = None, note: str | None = None
) -> bytes:
    """Return the form as a docx, one section of A4; its zip is dated `now`.

    `lines`: rows of the table (see `table_row`) instead of the form's own indicators; `note`: what stands below the
    table instead of its rare characters.
    """
    note = rare_in(form) if note is None else note
    body = paragraph(form.title, align="center", size=36, bold=True)
    body += paragraph(form.year_line, align="center", size=24)
    body += table_of([*_head(form), *(_lines(form) if lines is None else lines)], WIDTHS)
    if form.mark is not None:
        body += paragraph("", size=8) + signatures_of(SIGNATURES, (sum(WIDTHS[:3]), WIDTHS[3], WIDTHS[4]))
    if note:
        body += paragraph(note, size=16)
    return packed(body, form.mark.line if form.mark else "", now)


def packed(body: str, mark: str, now: datetime) -> bytes:
    """Return a docx with this body, one section of A4, `mark` in the foot of each page; its zip is dated `now`."""
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": LINKS,
        "word/document.xml": _document(body),
        "word/styles.xml": STYLES,
        "word/footer1.xml": f'{XML}<w:ftr xmlns:w="{W}">{_footer(mark)}</w:ftr>',
        "word/_rels/document.xml.rels": OWN_LINKS,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, now.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("utf-8"))
    return out.getvalue()


def _document(body: str) -> str:
    margins = 'w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"'
    section = (
        '<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/>'
        f"<w:pgMar {margins}/></w:sectPr>"
    )
    body += paragraph("", size=2) + section
    return f'{XML}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>'


def table_of(rows: Sequence[str], widths: Sequence[int]) -> str:
    """Return a ruled table of these rows; `widths` in twips."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return f"<w:tbl>{_table_look(BORDERS)}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _table_look(borders: str) -> str:
    return (
        f'<w:tblPr><w:tblW w:w="{sum(WIDTHS)}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{borders}'
        '</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="85" w:type="dxa"/>'
        '<w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )


def _head(form: Form) -> list[str]:
    found = []
    for n, row in enumerate(form.head):
        inside = form.funds_row < n < form.funds_row + 3
        cells = cell_of("", 0, 0, down="<w:vMerge/>") if inside else ""
        cells += "".join(_head_cell(cell) for cell in row)
        found.append(row_of(cells))
    labels = "".join(cell_of(text, n, n, align="center", bold=True) for n, text in enumerate(form.columns))
    return [*found, row_of(labels)]


def _head_cell(cell: Cell) -> str:
    down = '<w:vMerge w:val="restart"/>' if cell.rows > 1 else ""
    align = "center" if cell.is_label and cell.first != 1 else "left"
    return cell_of(cell.text, cell.first, cell.last, align=align, down=down)


def _lines(form: Form) -> list[str]:
    return [
        row_of(
            _label(SIDE, 0, n == 0)
            + _label(line.family, 1, bool(line.family_rows))
            + _label(line.category, 2, bool(line.category_rows))
            + cell_of(line.name, 3, 3)
            + cell_of(line.value, 4, 4)
        )
        for n, line in enumerate(form.lines)
    ]


def table_row(texts: Sequence[str]) -> str:
    """Return one row under the head of the columns: five texts, or one over the whole width."""
    if len(texts) == 1:
        return row_of(cell_of(texts[0], 0, len(WIDTHS) - 1))
    return row_of("".join(cell_of(text, n, n, align="left" if n > 2 else "center") for n, text in enumerate(texts)))


def _label(text: str, column: int, begins: bool) -> str:
    down = '<w:vMerge w:val="restart"/>' if begins else "<w:vMerge/>"
    return cell_of(text if begins else "", column, column, align="center", down=down)


def signatures_of(texts: Sequence[str], widths: Sequence[int]) -> str:
    """Return a table of one row with a place to sign for each text; `widths` in twips."""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f"{paragraph(text)}{paragraph('')}{paragraph('')}{paragraph(SIGNED_ON, align='right')}</w:tc>"
        for width, text in zip(widths, texts, strict=True)
    )
    return table_of([row_of(cells)], widths)


def row_of(cells: str) -> str:
    """Return a row that no page breaks."""
    return f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="454" w:hRule="atLeast"/></w:trPr>{cells}</w:tr>'


def cell_of(
    text: str, first: int, last: int, *, align: str = "left", down: str = "", bold: bool = False,
    widths: Sequence[int] = WIDTHS,
) -> str:
    """Return a cell from column `first` to `last`. `down`: how it goes on from the row above; `widths` in twips."""
    span = f'<w:gridSpan w:val="{last - first + 1}"/>' if last > first else ""
    width = sum(widths[first : last + 1])
    look = f'<w:tcW w:w="{width}" w:type="dxa"/>{span}{down}<w:vAlign w:val="center"/>'
    return f"<w:tc><w:tcPr>{look}</w:tcPr>{paragraph(text, align=align, bold=bold)}</w:tc>"


def paragraph(text: str, *, align: str = "left", size: int = 21, bold: bool = False) -> str:
    """Return a paragraph; line ends are breaks, tabs are tabs. `size` in half points."""
    run = f"<w:rPr>{'<w:b/>' if bold else ''}<w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr>"
    inside = "<w:br/>".join(
        "<w:tab/>".join(f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in line.split("\t"))
        for line in text.split("\n")
    )
    filled = f"<w:r>{run}{inside}</w:r>" if text else ""
    return f'<w:p><w:pPr><w:jc w:val="{align}"/>{run}</w:pPr>{filled}</w:p>'


def _footer(mark: str) -> str:
    """Return the foot of every page: version and check code, then page and pages."""
    said = f"{mark}　" if mark else ""
    field = '<w:fldSimple w:instr="{}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    look = '<w:rPr><w:sz w:val="18"/></w:rPr>'
    text = '<w:r>{}<w:t xml:space="preserve">{}</w:t></w:r>'
    return (
        f'<w:p><w:pPr><w:jc w:val="center"/></w:pPr>{text.format(look, escape(said) + "第 ")}{field.format("PAGE")}'
        f'{text.format(look, " 页，共 ")}{field.format("NUMPAGES")}{text.format(look, " 页")}</w:p>'
    )
