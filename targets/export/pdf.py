"""Form → PDF by typst: the texts go in as data, never as markup; the font is the committed one and no other.

A character without a glyph is printed as a box by typst without a word, so the foot of the form names it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from targets.export.glyphs import FONTS, missing_in
from targets.export.layout import SIDE, SIGNATURES, SIGNED_ON, WIDTHS_CM, Form

SOURCE = Path(__file__).parent / "form.typ"


def pdf_of(forms: Sequence[Form], now: datetime) -> bytes:
    """Return the forms as one PDF, each on pages numbered from 1; the file is dated `now`."""
    given = [_given(form) for form in forms]
    found: list[int] = json.loads(_compiler(given).query("<pages>", field="value", one=True))
    to_the_second = now.astimezone(UTC).replace(microsecond=0)
    made = _compiler(_on_pages(given, found)).compile(format="pdf", timestamp=to_the_second)
    assert isinstance(made, bytes)
    return made


def _compiler(given: list[dict[str, Any]]) -> typst.Compiler:
    said = {"forms": given, "widths": WIDTHS_CM, "signatures": SIGNATURES, "signed_on": SIGNED_ON}
    inputs = {"data": json.dumps(said, ensure_ascii=False)}
    return typst.Compiler(
        input=SOURCE, root=SOURCE.parent, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs
    )


def _given(form: Form) -> dict[str, Any]:
    lines = [asdict(line) | {"side": SIDE, "side_again": SIDE} for line in form.lines]
    return asdict(form) | {
        "lines": lines,
        "mark": form.mark.line if form.mark else None,
        "missing": "、".join(one.words for one in missing_in(form)),
        "pages": None,
        "first_page": None,
        "page_count": None,
    }


def _on_pages(given: list[dict[str, Any]], found: list[int]) -> list[dict[str, Any]]:
    """Return the forms with the pages of their rows. `found`: of each form its first page, its rows', its last."""
    placed, start = [], 0
    for form in given:
        end = start + len(form["lines"]) + 1
        first, *rows, last = found[start : end + 1]
        placed.append(form | {"pages": rows, "first_page": first, "page_count": last - first + 1})
        start = end + 1
    return placed


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
