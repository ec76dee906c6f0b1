"""The odd inputs: files that are read all the same, under the numbers of the project's list of bad inputs.

`READ`: name → (file name, bytes, kinds of problems that must be told). Each gives the content of `bad_inputs.SMALL`,
or what `CHANGED` says of it.
"""

import io
import zipfile
from datetime import date

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.files.bad_inputs import DOCUMENT, GOOD, SMALL, links, parts, prefixed, with_part
from tests.targets.office import (
    ABOVE,
    LEFT,
    Table,
    docx,
    fill,
    paper_table,
    paragraph,
    saved,
    small_content,
    word_body,
    word_parts,
    word_rows,
    word_table,
    zipped,
)

TITLE = paragraph("部门项目支出预算绩效目标表") + paragraph("(2025 年度)")
NAME = paragraph("购置图书")
TEXT = "部门项目支出预算绩效目标表\n(2025 年度)\n" + "\n".join(
    "\t".join("" if c in (LEFT, ABOVE) else str(c) for c in row).rstrip("\t") for row in paper_table(SMALL).rows
)
WPS = 'xmlns:wpsCustomData="http://www.wps.cn/officeDocument/2013/wpsCustomData" mc:Ignorable="wpsCustomData"'


def named(inside):
    """A docx whose first name is written as this XML."""
    return docx(body=word_body([SMALL]).replace(NAME, f"<w:p>{inside}</w:p>"))


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def wide():
    changed = parts()
    text = changed[DOCUMENT].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    return zipped({**changed, DOCUMENT: text.encode("utf-16")})


def by_wps():
    changed = parts()
    text = changed[DOCUMENT].decode().replace("<w:document ", f"<w:document {WPS} ")
    text = text.replace("</w:body>", '<wpsCustomData:x val="1"/><w:sectPr/></w:body>')
    return zipped({**changed, DOCUMENT: text.encode(), "customXml/item1.xml": b"<s:x xmlns:s='http://www.wps.cn/x'/>"})


def repeated_head():
    table = paper_table(SMALL)
    table.rows.insert(12, ["名称", "一级指标", "二级指标", "三级指标", "绩效值"])
    return docx(body=TITLE + word_table(table))


def grid_before():
    wider = Table([["", *row] for row in paper_table(SMALL).rows])
    rows = word_rows(paper_table(SMALL))
    rows = [row.replace("<w:tr>", '<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>') for row in rows]
    return docx(body=TITLE + word_table(wider, rows=rows))


def another_table():
    other = word_table(Table([["序号", "支出内容", "金额"], ["1", "印刷费", "5"], ["2", "差旅费", "3"]]))
    return docx(body=TITLE + word_table(paper_table(SMALL)) + paragraph("支出明细") + other)


def nested():
    inner = word_table(paper_table(SMALL))
    return docx(body=TITLE + f"<w:tbl><w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>")


def boxed():
    inner = word_table(paper_table(SMALL))
    return docx(body=TITLE + f"<w:p><w:r><w:pict><w:txbxContent>{inner}</w:txbxContent></w:pict></w:r></w:p>")


def sheet(change=None, *, old="", new="", epoch=None, extra=None):
    """An xlsx with the table; `change` gets its sheet; `old` in the sheet's XML becomes `new`."""
    book = Workbook()
    book.active.title = "目标表"
    fill(book.active, paper_table(SMALL), 1, title="部门项目支出预算绩效目标表", year=2025)
    if change:
        change(book.active)
    if extra:
        extra(book)
    if epoch:
        book.epoch = epoch
    data = saved(book)
    if not old:
        return data
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, part.replace(old.encode(), new.encode()) if "sheet1" in name else part)
    return out.getvalue()


def put(at, value, code="General"):
    def change(sheet):
        sheet[at].value = value
        sheet[at].number_format = code

    return change


def text_cell(at, value):
    def change(sheet):
        sheet[at].value = value
        sheet[at].data_type = "s"

    return change


def hide(sheet):
    sheet.row_dimensions[12].hidden = True


def hidden_sheet(book):
    book.create_sheet("去年")["A1"] = "x"
    book["去年"].sheet_state = "veryHidden"


def dimension():
    with zipfile.ZipFile(io.BytesIO(sheet())) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
    return text[text.index("<dimension") : text.index("/>", text.index("<dimension")) + 2]


def csv(sign):
    """The table with this sign between its cells, each cell that needs it in quotes."""
    rows = ["部门项目支出预算绩效目标表", "(2025 年度)"]
    for row in paper_table(SMALL).rows:
        rows.append(sign.join("" if c in (LEFT, ABOVE) else str(c) for c in row))
    return "\n".join(rows)


RARE = small_content(project_name="演示㐀𠮷项目")
CHANGED = {
    "52 full-width digits": {"name": (7, "读者满意度", "≥９０％")},
    "59 no result": {"name": (0, "购置图书", None)},
    "60 formula as text": {"name": (0, "=cmd|' /C calc'!A0", "≥2000册")},
    "61 error": {"name": (0, "购置图书", None)},
    "62 too large a number": {"name": (0, "购置图书", "1E+400")},
    "63 eighteen digits": {"name": (0, "购置图书", "640221198001011234")},
    "64 leading zeros": {"name": (0, "购置图书", "00123")},
    "65 no date": {"name": (0, "购置图书", "9999-99-99")},
    "65 days from 1904": {"name": (0, "购置图书", "2025/11/30")},
    "66 hidden row": {"without": 1},
    "70 rare characters": {"project_name": "演示㐀𠮷项目"},
}
READ = {
    "8 capitals": ("A.DOCX", GOOD, ()),
    "26 picture outside": ("a.docx", with_part("word/_rels/document.xml.rels",
                                             links("image", "http://127.0.0.1:9/x")), ()),
    "38 utf-16": ("a.docx", wide(), ()),
    "39 instructions": ("a.docx", prefixed("<?mso-x y?><!-- z -->"), ()),
    "40 strict": (
        "a.docx",
        zipped(word_parts(word_body([SMALL]), namespace="http://purl.oclc.org/ooxml/wordprocessingml/main")),
        (),
    ),
    "41 tracked": ("a.docx", named(f"<w:ins>{run('购置')}</w:ins><w:del><w:r><w:delText>x</w:delText></w:r></w:del>"
                                   f"{run('图书')}"), ("tracked",)),
    "42 comment": ("a.docx", named(f"<w:commentRangeStart/>{run('购置图书')}"), ("commented",)),
    "43 hidden": ("a.docx", named(run("购置图书") + run("勿印", "<w:vanish/>")), ("hidden_text",)),
    "44 control": ("a.docx", named(f"<w:sdt><w:sdtContent>{run('购置图书')}</w:sdtContent></w:sdt>"), ()),
    "45 text box": ("a.docx", boxed(), ("text_box",)),
    "46 nested": ("a.docx", nested(), ()),
    "47 merged": ("a.docx", GOOD, ()),
    "48 begins further right": ("a.docx", grid_before(), ()),
    "50 head again": ("a.docx", repeated_head(), ()),
    "51 another table": ("a.docx", another_table(), ("other_table",)),
    "52 full-width digits": ("a.docx", docx(body=word_body([SMALL]).replace("≥90%", "≥９０％")), ()),
    "53 field": ("a.docx", named(f"<w:fldSimple w:instr=' REF x '>{run('购置图书')}</w:fldSimple>"), ()),
    "53 footnote": ("a.docx", named(run("购置图书") + '<w:r><w:footnoteReference w:id="2"/></w:r>'), ()),
    "54 by WPS": ("a.docx", by_wps(), ()),
    "57 says too little": ("a.xlsx", sheet(old=dimension(), new='<dimension ref="A1:A1"/>'), ()),
    "57 says too much": ("a.xlsx", sheet(old=dimension(), new='<dimension ref="A1:XFD1048576"/>'), ()),
    "59 no result": ("a.xlsx", sheet(put("E11", "=1+1")), ("uncomputed",)),
    "60 formula as text": ("a.xlsx", sheet(text_cell("D11", "=cmd|' /C calc'!A0")), ()),
    "61 error": ("a.xlsx", sheet(put("E11", "#REF!")), ("error_cell",)),
    "62 too large a number": ("a.xlsx", sheet(put("E11", 424242), old="424242", new="1E+400"), ("odd_number",)),
    "63 eighteen digits": ("a.xlsx", sheet(put("E11", 424242), old="424242", new="640221198001011234"),
                            ("long_number",)),
    "64 leading zeros": ("a.xlsx", sheet(text_cell("E11", "00123")), ()),
    "65 no date": ("a.xlsx", sheet(text_cell("E11", "9999-99-99")), ()),
    "65 days from 1904": ("a.xlsx", sheet(put("E11", date(2025, 11, 30), "yyyy/m/d"), epoch=CALENDAR_MAC_1904), ()),
    "66 hidden row": ("a.xlsx", sheet(hide), ("hidden_row",)),
    "66 very hidden sheet": ("a.xlsx", sheet(extra=hidden_sheet), ("hidden_sheet",)),
    "68 merged head": ("a.xlsx", sheet(), ()),
    "69 mark of utf-8": ("a.txt", b"\xef\xbb\xbf" + TEXT.encode(), ()),
    "70 gb18030": ("a.txt", TEXT.encode("gb18030"), ()),
    "70 rare characters": ("a.txt", TEXT.replace(SMALL.project_name, RARE.project_name).encode("gb18030"), ()),
    "71 utf-16, little end": ("a.txt", TEXT.encode("utf-16-le"), ()),
    "71 utf-16, big end": ("a.txt", TEXT.encode("utf-16-be"), ()),
    "75 unclosed quote": ("a.csv", csv(",").replace("购置图书,", '"购置图书,', 1).encode(), ("any",)),
    "75 ragged rows": ("a.txt", "\n".join(line.rstrip("\t") + "\t" * (n % 4) for n, line in
                                          enumerate(TEXT.split("\n"))).encode(), ()),
    "76 ideographic commas": ("a.csv", csv("、").encode(), ("any",)),
    "76 semicolons": ("a.csv", csv(";").encode(), ()),
    "76 tabs": ("a.tsv", TEXT.encode(), ()),
    "78 only CR": ("a.txt", TEXT.replace("\n", "\r").encode(), ()),
}  # fmt: skip
"""`any` stands for a problem of whatever kind; such a case need not give the same content."""
