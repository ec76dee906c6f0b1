"""The result of an import as a sheet: every field and indicator that was read, its remaining problems beside it."""

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import xlsxwriter  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from targets import profiles
from targets.views.import_cards import Card, Told
from targets.views.import_files import own_batch
from targets.views.imports import cards_of, own_source

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS = (22, 6, 26, 22, 44, 34, 16, 12, 70)
MOST_TEXT = 32_000
"""A cell of Excel holds 32,767 characters."""


@require_GET
def import_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the result of one upload as xlsx."""
    source = own_source(request, pk)
    name = _("Import result of %(file)s.xlsx") % {"file": source.name.rpartition(".")[0] or source.name}
    return _handed_out(workbook(cards_of(source)), name)


@require_GET
def import_batch_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the result of all files that were uploaded together as one xlsx."""
    batch = own_batch(request, pk)
    sources = [file.source for file in batch.files.select_related("source__unit__parent").exclude(source=None)]
    cards = [card for source in sources if source for card in cards_of(source)]
    name = _("Import result of %(file)s.xlsx") % {"file": f"{timezone.localtime(batch.uploaded_at):%Y-%m-%d}"}
    return _handed_out(workbook(cards), name)


def _handed_out(data: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=XLSX)
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def workbook(cards: Sequence[Card]) -> bytes:
    """Return the sheet of all tables as xlsx. Every cell is a string: no formula and no link is made from a text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                     "strings_to_numbers": False})
    sheet = book.add_worksheet(_("Import result"))
    head = book.add_format({"bold": True, "bg_color": "#EEF2F6", "border": 1, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    looks = {profiles.MUST_FIX: book.add_format({"border": 1, "text_wrap": True, "valign": "top",
                                                 "bg_color": "#FFEBE9"}),
             profiles.SHOULD_FIX: book.add_format({"border": 1, "text_wrap": True, "valign": "top",
                                                   "bg_color": "#FFF8C5"})}
    titles = (_("File"), _("No."), _("Project name"), _("Place"), _("Name or field"), _("Value"),
              _("As it stands in the file"), _("Severity"), _("Problems that are left"))
    for column, (title, width) in enumerate(zip(titles, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, head)
    sheet.freeze_panes(1, 0)
    for at, (severity, cells) in enumerate((line for card in cards for line in _lines(card)), start=1):
        for column, text in enumerate(cells):
            sheet.write_string(at, column, text[:MOST_TEXT], looks.get(severity, plain))
    book.close()
    return out.getvalue()


def _lines(card: Card) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each line of one table with the worst severity on it; what belongs to no line comes last."""
    places = _places(card)
    left: dict[str, list[Told]] = defaultdict(list)
    for one in (*card.must_fix, *card.should_fix, *card.problems):
        left[one.result].append(one)
    file, number, project = card.staged.source.name, str(card.staged.position), card.content.project_name or ""

    def line(place: str, name: str, value: str, cell: str, told: list[Told]) -> tuple[str, tuple[str, ...]]:
        severity = next((s for s in profiles.SEVERITIES if any(t.severity == s for t in told)), "")
        label = str(_(profiles.SEVERITY_LABELS[severity])) if severity else ""
        words = "\n".join(f"{t.words} [{t.code}]" for t in told)
        return severity, (file, number, project, place, name, value, cell, label, words)

    for name, field in card.paper.fields.items():
        anchor = card.prefix + field.anchor
        yield line(_("Head of the form"), field.label, field.text, places.get(card.of_field.get(name, ""), ""),
                   left.pop(anchor, []))
    for group in card.paper.groups:
        own = left.pop(card.prefix + group.anchor, [])
        for row in group.rows:
            if not row.number:
                continue
            anchor = f"{card.prefix}{row.anchor}"
            told = [*left.pop(f"{anchor}-name", []), *left.pop(f"{anchor}-value", [])]
            yield line(group.category.label, row.typed.name, row.typed.value,
                       places.get(card.of_name.get(row.number, ""), ""), [*own, *told])
            own = []
        if own:
            yield line(group.category.label, "", "", "", own)
    for one in [t for rest in left.values() for t in rest]:
        yield line(_("Elsewhere in the file"), "", "", one.place, [one])


def _places(card: Card) -> Mapping[str, str]:
    return {cell.anchor: cell.place for row in card.source.rows for cell in row.cells}
