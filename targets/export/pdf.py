"""Ruled forms → PDF by typst: the texts go in as data, never as markup; the font is the committed one and no other.

Lines and pages are known before (export.paging), so that typst sets every page once.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import typst

from targets.export import paging
from targets.export.glyphs import FONTS
from targets.export.layout import SIGNED_ON
from targets.export.ruled import Ruled

SOURCE = Path(__file__).parent / "form.typ"
MOST_TAGGED = 20
"""A file of more forms is for the printer: without the tags that screen readers use it is six times smaller."""


def pdf_of(forms: Sequence[Ruled], now: datetime) -> bytes:
    """Return the forms as one PDF, each on pages numbered from 1; the file is dated `now`."""
    return compiled(said_of(forms), now, is_tagged=len(forms) <= MOST_TAGGED)


def compiled(said: Mapping[str, object], now: datetime, *, is_tagged: bool) -> bytes:
    """Return what `said_of` said as a PDF. `is_tagged`: with the tags that screen readers use."""
    to_the_second = now.astimezone(UTC).replace(microsecond=0)
    made = _compiler(said).compile(format="pdf", timestamp=to_the_second, pdf_tags=is_tagged)
    assert isinstance(made, bytes)
    return made


def said_of(forms: Sequence[Ruled]) -> dict[str, object]:
    """Return what form.typ is told of the forms: plain values, lines and pages known."""
    return {
        "title": forms[0].name, "forms": [_given(form) for form in forms], "signed_on": SIGNED_ON,
        "size": paging.SIZE, "leading": paging.LEADING, "inset_x": paging.INSET_X, "inset_y": paging.INSET_Y,
        "note_size": paging.NOTE_SIZE,
    }  # fmt: skip


def _compiler(said: Mapping[str, object], after: str = "") -> typst.Compiler:
    """Return typst with the forms told to it. `after`: markup behind them, by which a test asks what was set."""
    inputs = {"data": json.dumps(said, ensure_ascii=False)}
    return typst.Compiler(
        input=(SOURCE.read_text("utf-8") + after).encode(), root=SOURCE.parent, font_paths=_fonts(),
        ignore_system_fonts=True, sys_inputs=inputs,
    )


def _given(form: Ruled) -> dict[str, object]:
    return {
        "title": form.title, "under": form.under, "widths": form.widths_cm,
        "mark": f"{form.mark}　" if form.mark else "",
        "pages": [{"heights": page.heights, "cells": page.cells} for page in paging.pages_of(form)],
    }  # fmt: skip


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
