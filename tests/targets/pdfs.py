"""PDFs made for tests by typst from the same paper tables as Word and Excel: with all rules, some, or none."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typst

from targets import export
from tests.targets.office import ABOVE, LEFT, Table

FONTS = Path(export.__file__).parent / "fonts"
MADE = datetime(2025, 1, 1, tzinfo=UTC)
ALL, ACROSS, NONE = "0.5pt", "(x, y) => (top: 0.5pt, bottom: 0.5pt)", "none"
PAGE = """
#let given = json(bytes(sys.inputs.data))
#set text(font: "Noto Serif CJK SC", size: 10pt, lang: "zh", fallback: false)
#set page(paper: "a4", margin: 2cm, numbering: "1 / 1", PAGE)
#for form in given {
  align(center, text(size: 16pt, form.title))
  align(center, form.year)
  table(columns: form.widths.map(w => w * 1cm), stroke: STROKE, inset: INSET, align: left + horizon,
    ..form.cells.map(c => table.cell(x: c.x, y: c.y, colspan: c.across, rowspan: c.down, c.text)))
}
"""


def pdf(
    *tables: Table,
    stroke: str = ALL,
    title: str = "部门项目支出预算绩效目标表",
    year: int = 2025,
    widths: Sequence[float] = (2.2, 2.8, 4.2, 4.4, 3.4),
    inset: str = "4pt",
    page: str = "",
) -> bytes:
    """Return a PDF with these tables, each below its title and year; `widths` in centimetres."""
    given = [
        {"title": title, "year": f"({year} 年度)", "widths": list(widths), "cells": _cells(table)} for table in tables
    ]
    source = PAGE.replace("STROKE", stroke).replace("INSET", inset).replace("PAGE", page)
    made = typst.compile(
        source.encode(),
        format="pdf",
        font_paths=[FONTS],
        ignore_system_fonts=True,
        timestamp=MADE,
        sys_inputs={"data": json.dumps(given, ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made


def _cells(table: Table) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for y, row in enumerate(table.rows):
        for x, text in enumerate(row):
            if text is LEFT or text is ABOVE:
                continue
            across = down = 1
            while x + across < len(row) and row[x + across] is LEFT:
                across += 1
            while y + down < len(table.rows) and table.rows[y + down][x] is ABOVE:
                down += 1
            found.append({"x": x, "y": y, "across": across, "down": down, "text": str(text)})
    return found


def bare_pdf(content: bytes = b"", *, pages: int = 1, trailer: bytes = b"") -> bytes:
    """Return a PDF written by hand: `pages` pages that all show `content`; `trailer` is added to the trailer."""
    kids = b" ".join(b"%d 0 R" % (5 + n) for n in range(pages))
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *[
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<</Font<</F1 4 0 R>>>>>>"
            for _page in range(pages)
        ],
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, trailer, len(out))
    return out + head + table + end
