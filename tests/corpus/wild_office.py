"""Forms → Word and Excel files by other means than ours: controls around cells, old merges, nested tables, boxes,
tracked changes, strict names; sheets without merges, typed numbers, formulas, other sheets beside the form."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter

from tests.corpus.forms import Laid
from tests.targets.office import ABOVE, LEFT, Table, cell, docx, paragraph, word_rows, word_table

STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DAY = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
NOTES = ("填表说明", "1.项目名称应与预算一致。", "2.三级指标应细化量化。")
LAST_YEAR = tuple(map(str.split, ("项目名称 上年项目", "一级指标 二级指标 三级指标 指标值", "产出指标 数量指标 旧 1")))


def _text(text: object) -> str:
    return "" if text is LEFT or text is ABOVE or text is None else str(text)


def _right(row: Sequence[object], at: int) -> int:
    """Return how many columns the cell at `at` takes."""
    span = 1
    while at + span < len(row) and row[at + span] is LEFT:
        span += 1
    return span


def _down(table: Table, r: int, c: int) -> int:
    span = 1
    while r + span < len(table.rows) and c < len(table.rows[r + span]) and table.rows[r + span][c] is ABOVE:
        span += 1
    return span


def _paragraphs(above: list[str]) -> str:
    return "".join(map(paragraph, above))


def _around(
    forms: Sequence[Laid], table: Callable[[Table], str], lines: Callable[[list[str]], str] = _paragraphs
) -> str:
    return "".join(lines(f.above) + table(f.table) + "".join(map(paragraph, f.below)) + "<w:p/>" for f in forms)


def _pieces(text: str) -> str:
    """Return a paragraph whose text is cut into runs at every third sign, with what editors leave between them."""
    runs = ""
    for n in range(0, len(text), 3):
        part = text[n : n + 3].split("\n")
        inside = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(p)}</w:t>' for p in part)
        runs += f'<w:proofErr w:type="spellStart"/><w:r><w:rPr><w:b/></w:rPr>{inside}</w:r>'
        runs += f'<w:bookmarkStart w:id="{n}" w:name="b{n}"/><w:bookmarkEnd w:id="{n}"/>'
    return f"<w:p><w:pPr><w:jc w:val='center'/></w:pPr>{runs}</w:p>"


def _control(inside: str) -> str:
    return f"<w:sdt><w:sdtPr><w:alias w:val='域'/></w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def controls(forms: Sequence[Laid]) -> bytes:
    """Word: every other cell and row is a content control, texts are cut into many runs, no grid of columns."""

    def table(drawn: Table) -> str:
        out = ""
        for r, row in enumerate(drawn.rows):
            cells = ""
            for c, text in enumerate(row):
                if text is LEFT:
                    continue
                down = "continue" if text is ABOVE else "restart" if _down(drawn, r, c) > 1 else ""
                inside = _pieces(_text(text))
                if (r + c) % 3 == 0:
                    cells += cell(_control(inside), span=_right(row, c), down=down)
                elif (r + c) % 3 == 1:
                    cells += _control(cell(inside, span=_right(row, c), down=down))
                else:
                    cells += cell(inside, span=_right(row, c), down=down)
            made = f"<w:tr>{cells}</w:tr>"
            out += _control(made) if r % 4 == 1 else made
        return f"<w:tbl><w:tblPr/>{out}</w:tbl>"

    return docx(body=_around(forms, table, lambda above: "".join(map(_pieces, above))))


def old_merges(forms: Sequence[Laid]) -> bytes:
    """Word: cells are merged sideways with hMerge, as old programs did; a cell's lines are paragraphs."""

    def table(drawn: Table) -> str:
        out = ""
        for r, row in enumerate(drawn.rows):
            cells = ""
            for c, text in enumerate(row):
                wide = "continue" if text is LEFT else "restart" if _right(row, c) > 1 else ""
                start = c
                while row[start] is LEFT:
                    start -= 1
                down = "continue" if row[start] is ABOVE else "restart" if _down(drawn, r, start) > 1 else ""
                more = f'<w:hMerge w:val="{wide}"/>' if wide else ""
                more += f'<w:vMerge w:val="{down}"/>' if down else ""
                inside = "".join(map(paragraph, _text(text).split("\n")))
                cells += f"<w:tc><w:tcPr><w:tcW w:w='900' w:type='dxa'/>{more}</w:tcPr>{inside}</w:tc>"
            out += f"<w:tr>{cells}</w:tr>"
        return f"<w:tbl><w:tblPr/>{out}</w:tbl>"

    return docx(body=_around(forms, table))


def repeated(forms: Sequence[Laid]) -> bytes:
    """Word: nothing is merged; a label stands again in every row it holds for, a wide cell is left empty behind."""
    return docx(body=_around(forms, lambda drawn: word_table(Table(_repeated(drawn)))))


def _repeated(drawn: Table) -> list[list[object]]:
    rows: list[list[object]] = []
    for row in drawn.rows:
        made: list[object] = []
        for c, text in enumerate(row):
            made.append(rows[-1][c] if text is ABOVE else "" if text is LEFT else text)
        rows.append(made)
    return rows


def nested(forms: Sequence[Laid]) -> bytes:
    """Word: the form stands inside the one cell of a table that only draws a frame."""
    return docx(
        body=_around(
            forms,
            lambda drawn: f"<w:tbl><w:tblPr/><w:tr>{cell(word_table(drawn) + paragraph(''))}</w:tr></w:tbl>",
        )
    )


def box(forms: Sequence[Laid]) -> bytes:
    """Word: title and year stand in a text box, once for new programs and once for old ones."""

    def head(above: list[str]) -> str:
        inside = f"<w:txbxContent>{''.join(map(paragraph, above))}</w:txbxContent>"
        return (
            f"<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:wsp><wps:txbx>{inside}"
            f"</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape>"
            "</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        )

    return docx(body=_around(forms, word_table, head))


def tracked(forms: Sequence[Laid]) -> bytes:
    """Word: cells hold tracked changes, a row was struck out; what counts is the text after them."""
    who = "w:id='1' w:author='演示' w:date='2025-01-01T00:00:00Z'"

    def changed(text: str) -> str:
        half = len(text) // 2
        run = lambda t: f'<w:r><w:t xml:space="preserve">{escape(t)}</w:t></w:r>'  # noqa: E731
        gone = f"<w:del {who}><w:r><w:delText>原稿</w:delText></w:r></w:del>"
        return f"<w:p>{run(text[:half])}{gone}<w:ins {who}>{run(text[half:])}</w:ins></w:p>"

    def table(drawn: Table) -> str:
        rows = []
        for n, (row, made) in enumerate(zip(drawn.rows, word_rows(drawn), strict=True)):
            text = next((t for t in reversed(row) if isinstance(t, str) and t and "\n" not in t), "")
            plain = paragraph(text)
            rows.append(made.replace(plain, changed(text), 1) if n % 2 else made)
        struck = "".join(cell(paragraph("作废")) for _ in drawn.rows[0])
        rows.append(f"<w:tr><w:trPr><w:del {who}/></w:trPr>{struck}</w:tr>")
        return word_table(drawn, rows=rows)

    return docx(body=_around(forms, table))


def in_pieces(forms: Sequence[Laid]) -> bytes:
    """Word: one form as three tables with an empty line between: fields, first half, second half of the rows."""

    def table(drawn: Table) -> str:
        rows = drawn.rows
        cuts = [n for n, row in enumerate(rows) if n > 2 and not any(text is ABOVE for text in row)]
        first = cuts[len(cuts) // 3] if cuts else len(rows)
        second = cuts[2 * len(cuts) // 3] if cuts else len(rows)
        parts = [rows[:first], rows[first:second], rows[second:]]
        return "<w:p/>".join(word_table(Table(part)) for part in parts if part)

    return docx(body=_around(forms, table))


def set_in(forms: Sequence[Laid]) -> bytes:
    """Word: where a label covers several rows at the left, the rows below leave the place out (gridBefore)."""

    def table(drawn: Table) -> str:
        rows = []
        for row, made in zip(drawn.rows, word_rows(drawn), strict=True):
            left = 0
            while left < len(row) and row[left] is ABOVE:
                left += 1
            if left:
                made = made.replace(cell(paragraph(""), down="continue"), "", left)
                made = made.replace("<w:tr>", f'<w:tr><w:trPr><w:gridBefore w:val="{left}"/></w:trPr>')
            rows.append(made.replace('<w:vMerge w:val="restart"/>', ""))
        return word_table(drawn, rows=rows)

    return docx(body=_around(forms, table))


def strict(forms: Sequence[Laid]) -> bytes:
    """Word: the strict variant of the format, other names for everything."""
    plain = docx(body=_around(forms, word_table))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode()
            data = data.replace("http://schemas.openxmlformats.org/wordprocessingml/2006/main", STRICT)
            data = data.replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                "http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            new.writestr(name, data)
    return out.getvalue()


def _book(forms: Sequence[Laid], put: Callable[..., None], *, left: int = 0, top: int = 0, merge: bool = True) -> bytes:
    """Return a workbook of xlsxwriter; `put` writes one cell."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    wrap = book.add_format({"text_wrap": True, "border": 1})
    for number, form in enumerate(forms):
        sheet, at = book.add_worksheet(f"附件{number + 1}"), top
        width = max(map(len, form.table.rows))
        for line in form.above:
            if merge and width > 1:
                sheet.merge_range(at, left, at, left + width - 1, line, wrap)
            else:
                sheet.write_string(at, left, line)
            at += 1
        for r, row in enumerate(form.table.rows):
            for c, text in enumerate(row):
                if text is LEFT or text is ABOVE:
                    continue
                wide, down = _right(row, c), _down(form.table, r, c)
                if merge and (wide, down) != (1, 1):
                    sheet.merge_range(at + r, left + c, at + r + down - 1, left + c + wide - 1, "", wrap)
                put(book, sheet, at + r, left + c, _text(text))
        at += len(form.table.rows)
        for line in form.below:
            sheet.write_string(at, left, line)
            at += 1
    book.close()
    return out.getvalue()


def _string(_book_: object, sheet: object, r: int, c: int, text: str) -> None:
    if text:
        sheet.write_string(r, c, text)


def unmerged(forms: Sequence[Laid]) -> bytes:
    """Excel: nothing is merged, a label stands once and the cells below it are empty."""
    return _book(forms, _string, merge=False)


def repeats(forms: Sequence[Laid]) -> bytes:
    """Excel: nothing is merged, a label stands again in every row it holds for."""
    forms = [Laid(f.above, Table(_repeated(f.table)), f.below, f.expected, f.style) for f in forms]
    return _book(forms, _string, merge=False)


def typed(forms: Sequence[Laid]) -> bytes:
    """Excel: the form begins at C4; numbers, shares and days are typed as such and print as on paper."""

    def put(book: object, sheet: object, r: int, c: int, text: str) -> None:
        share = re.fullmatch(r"(≥|≤)?(\d+)(\.\d+)?%", text)
        day = DAY.fullmatch(text)
        if share:
            places = "." + "0" * (len(share[3]) - 1) if share[3] else ""
            sign = f'"{share[1]}"' if share[1] else ""
            number = float(share[2] + (share[3] or "")) / 100
            sheet.write_number(r, c, number, book.add_format({"num_format": f"{sign}0{places}%"}))
        elif NUMBER.fullmatch(text):
            places = text.partition(".")[2]
            form = "0" + ("." + "0" * len(places) if places else "")
            sheet.write_number(r, c, float(text), book.add_format({"num_format": form}))
        elif day:
            at = date(*map(int, day.groups()))
            sheet.write_datetime(r, c, at, book.add_format({"num_format": "yyyy/m/d"}))
        else:
            _string(book, sheet, r, c, text)

    return _book(forms, put, left=2, top=3)


def computed(forms: Sequence[Laid]) -> bytes:
    """Excel: every other text is the result of a formula; between the columns stand narrow empty ones."""

    def put(_book_: object, sheet: object, r: int, c: int, text: str) -> None:
        if text and "\n" not in text and (r + c) % 2:
            sheet.write_formula(r, c, '="x"', None, text)
        else:
            _string(_book_, sheet, r, c, text)

    return _book(forms, put)


def among_sheets(forms: Sequence[Laid]) -> bytes:
    """Excel: before the form a sheet that explains how to fill it in, behind it a hidden one of last year."""
    out = io.BytesIO()
    whole = _book(forms, _string)
    book = openpyxl.load_workbook(io.BytesIO(whole))
    notes = book.create_sheet("填表说明", 0)
    for n, line in enumerate(NOTES, start=1):
        notes.cell(n, 1, line)
    old = book.create_sheet("上年")
    for n, row in enumerate(LAST_YEAR, start=1):
        for c, text in enumerate(row, start=1):
            old.cell(n, c, text)
    old.sheet_state = "hidden"
    book.save(out)
    return out.getvalue()
