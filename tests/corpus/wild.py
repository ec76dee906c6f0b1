"""Forms → files the way other programs write them, for the third and fourth batch by hand: other means than those of
`carriers.py`. Word and Excel are in `wild_office`; here are texts in other encodings, columns held by blanks, drawn
boxes, one cell a line, and PDF on narrow pages and without lines."""

import unicodedata
from collections.abc import Callable, Sequence

import typst

from targets.export.pdf import FONTS
from tests.corpus import wild_office as office
from tests.corpus.carriers import _flat, _quoted, _typst, commas
from tests.corpus.forms import Laid


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _table_text(forms: Sequence[Laid], rows: Callable[[list[list[str]]], list[str]]) -> str:
    out: list[str] = []
    for form in forms:
        flat = [[t.replace("\n", "") for t in row] for row in _flat(form.table)]
        out += [*form.above, *rows(flat), *form.below, ""]
    return "\n".join(out)


def tabs_gb(forms: Sequence[Laid]) -> bytes:
    """Text: cells between tabs, in GB18030, lines ending as on Windows."""
    return _table_text(forms, lambda rows: ["\t".join(row) for row in rows]).replace("\n", "\r\n").encode("gb18030")


def bars_utf16(forms: Sequence[Laid]) -> bytes:
    """Text: a table of Markdown with its dashes below the first row, in UTF-16 with a mark."""

    def rows(flat: list[list[str]]) -> list[str]:
        made = ["|" + "|".join(row) + "|" for row in flat]
        return [made[0], "|" + "---|" * len(flat[0]), *made[1:]]

    return _table_text(forms, rows).encode("utf-16")


def _padded(rows: list[list[str]]) -> list[list[str]]:
    widths = [max(_wide(row[c]) if c < len(row) else 0 for row in rows) for c in range(max(map(len, rows)))]
    return [[t + " " * (widths[c] - _wide(t)) for c, t in enumerate(row)] for row in rows]


def blanks(forms: Sequence[Laid]) -> bytes:
    """Text: columns stand below each other, held apart by blanks alone."""
    return _table_text(forms, lambda rows: ["   ".join(row).rstrip() for row in _padded(rows)]).encode()


def drawn(forms: Sequence[Laid]) -> bytes:
    """Text: a box drawn with line signs around every cell."""

    def rows(flat: list[list[str]]) -> list[str]:
        made = _padded(flat)
        line = ["─" * max(_wide(t) for t in column) for column in zip(*made, strict=True)]
        out = ["┌" + "┬".join(line) + "┐"]
        for n, row in enumerate(made):
            last = n + 1 == len(made)
            out += ["│" + "│".join(row) + "│", "└" + "┴".join(line) + "┘" if last else "├" + "┼".join(line) + "┤"]
        return out

    return _table_text(forms, rows).encode()


def by_lines(forms: Sequence[Laid]) -> bytes:
    """Text: one cell a line, empty cells left out, as a page copied from a browser."""
    return _table_text(forms, lambda rows: [t for row in rows for t in row if t]).encode()


def run_on(forms: Sequence[Laid]) -> bytes:
    """Text: the whole table in one line, a blank between two cells."""
    return _table_text(forms, lambda rows: [" ".join(t for row in rows for t in row if t)]).encode()


def commas_gb(forms: Sequence[Laid]) -> bytes:
    """Comma separated text in GB18030; what holds a comma or a line end stands in quotes."""
    return commas(forms).decode().encode("gb18030")


def _typeset(forms: Sequence[Laid], page: str, table: str = "") -> bytes:
    source = f'#set page({page}, margin: 1cm)\n#set text(font: "Noto Serif SC", size: 8pt)\n{table}\n'
    for form in forms:
        source += "".join(f"#{_quoted(line)}\n\n" for line in form.above) + _typst(form.table)
        source += "".join(f"#{_quoted(line)}\n\n" for line in form.below)
    return bytes(typst.compile(source.encode(), font_paths=[str(FONTS)]))


def narrow_paper(forms: Sequence[Laid]) -> bytes:
    """PDF: a narrow page with lines, on which texts run over several lines of a cell and the table over pages."""
    return _typeset(forms, "width: 19cm, height: 12cm")


def bare_paper(forms: Sequence[Laid]) -> bytes:
    """PDF: a table without any line, columns far apart."""
    return _typeset(forms, "width: 46cm, height: 32cm", "#set table(stroke: none, column-gutter: 12pt, align: left)")




WILD: dict[str, tuple[str, Callable[[Sequence[Laid]], bytes]]] = {
    "controls": ("docx", office.controls),
    "old-merges": ("docx", office.old_merges),
    "repeated": ("docx", office.repeated),
    "nested": ("docx", office.nested),
    "box": ("docx", office.box),
    "tracked": ("docx", office.tracked),
    "in-pieces": ("docx", office.in_pieces),
    "set-in": ("docx", office.set_in),
    "strict": ("docx", office.strict),
    "unmerged": ("xlsx", office.unmerged),
    "repeats": ("xlsx", office.repeats),
    "typed": ("xlsx", office.typed),
    "computed": ("xlsx", office.computed),
    "among-sheets": ("xlsx", office.among_sheets),
    "tabs-gb": ("txt", tabs_gb),
    "bars-utf16": ("txt", bars_utf16),
    "blanks": ("txt", blanks),
    "drawn": ("txt", drawn),
    "by-lines": ("txt", by_lines),
    "run-on": ("txt", run_on),
    "commas-gb": ("csv", commas_gb),
    "narrow-paper": ("pdf", narrow_paper),
    "bare-paper": ("pdf", bare_paper),
}
