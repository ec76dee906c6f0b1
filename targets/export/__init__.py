"""CONTENT → FILE: the target table in its official layout as Word, Excel or PDF, and the blank form to fill in.

Pure: no Django, no database, no clock. What is printed here reads back (targets.reading) to the same content.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from targets.content import TableContent
from targets.export import county
from targets.export.binding import bound_pdf
from targets.export.choices import choices_of
from targets.export.docx import docx_of
from targets.export.glyphs import Missing, missing_in, missing_of
from targets.export.layout import Form, Mark, form_of
from targets.export.pdf import pdf_of
from targets.export.ruled import Ruled, ruled_of
from targets.export.ruled_office import ruled_docx, ruled_xlsx
from targets.export.sheet import SheetContent, sheet_of
from targets.export.template import template_docx, template_of
from targets.export.xlsx import xlsx_of
from targets.profiles import Profile

__all__ = [
    "MEDIA", "Blank", "Form", "Format", "Mark", "Missing", "SheetContent", "blank_form", "export", "form_of",
    "missing_glyphs", "missing_of_sheet", "review_sheet", "template_of", "volume",
]


class Format(StrEnum):
    """What a table may be printed as; the value is the ending of the file."""

    DOCX = "docx"
    XLSX = "xlsx"
    PDF = "pdf"


class Blank(StrEnum):
    """What a blank form is: the official layout in Excel or Word, or a list with choices; the value is its address."""

    FORM = "form"
    WORD = "word"
    CHOICES = "choices"


MEDIA = {
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}
WRITERS: Mapping[Format, Callable[[Form, datetime], bytes]] = {
    Format.DOCX: docx_of,
    Format.XLSX: xlsx_of,
    Format.PDF: lambda form, now: pdf_of([ruled_of(form)], now),
}

RULED: Mapping[Format, Callable[[Ruled, datetime], bytes]] = {
    Format.DOCX: ruled_docx,
    Format.XLSX: ruled_xlsx,
    Format.PDF: lambda ruled, now: pdf_of([ruled], now),
}


def export(
    *, content: TableContent, profile: Profile, format: Format, now: datetime, mark: Mark | None = None,
    word_template: bytes | None = None,
) -> bytes:
    """Return one table as a file in the official layout. `mark`: what the paper says of its version, if anything.

    `word_template`: the county's own, checked before (county.faults_of); Word files are then made from it. `now` dates
    the file. Every text is written as text: no formula, no link. Linear in the text.
    """
    form = form_of(content=content, profile=profile, mark=mark)
    if word_template is not None and format == Format.DOCX:
        return county.fill(template=word_template, form=form, content=content, profile=profile, now=now)
    return WRITERS[format](form, now)


def volume(*, tables: Sequence[tuple[TableContent, Profile, Mark | None]], now: datetime) -> bytes:
    """Return all tables, each on pages of its own, as one PDF."""
    forms = (form_of(content=content, profile=profile, mark=mark) for content, profile, mark in tables)
    return bound_pdf([ruled_of(form) for form in forms], now)


def missing_glyphs(*, content: TableContent, profile: Profile) -> tuple[Missing, ...]:
    """Return the characters of a table that the PDF's font cannot print, each with the place where it is first met."""
    return missing_in(form_of(content=content, profile=profile))


def review_sheet(*, content: SheetContent, format: Format, now: datetime) -> bytes:
    """Return the review sheet (审核表) as a file; without grades its boxes are blank, to be ticked by hand."""
    return RULED[format](sheet_of(content), now)


def missing_of_sheet(content: SheetContent) -> tuple[Missing, ...]:
    """Return the characters of a review sheet that the PDF's font cannot print, each with its place."""
    ruled = sheet_of(content)
    return missing_of((row.cells[0].text[:10], cell.text) for row in ruled.rows for cell in row.cells)


def blank_form(
    *, kind: Blank, content: TableContent, profile: Profile, now: datetime,
    lists: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Format, bytes]:
    """Return a blank form with what is known of a project, and the format that it has. `lists`: see template_of."""
    if kind == Blank.WORD:
        return Format.DOCX, template_docx(content=content, profile=profile, now=now)
    maker = template_of if kind == Blank.FORM else choices_of
    return Format.XLSX, maker(content=content, profile=profile, now=now, lists=lists)
