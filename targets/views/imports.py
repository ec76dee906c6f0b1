"""Import: upload files, look at what was read beside its source, mend it, type into it. Taking over: import_taking."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from targets import batches, mending, organisations, overview, profiles, uploads
from targets.forms import UploadForm
from targets.models import ImportedTable, SourceDocument
from targets.paper import place_anchor
from targets.reading.intake import converts
from targets.reading.server import ready
from targets.rows import TextTooLong
from targets.views.common import person
from targets.views.import_cards import ALL_ROWS, LEAVE_OUT, OF_READING, OFF_LIST, Card, card_of, line_of, prefix_of
from workflow.models import Organisation
from workflow.refusals import NotVisible, Refused

PROBLEMS_ONLY, OPEN_ONLY = "problems", "open"
A_PAGE = 10
"""So many tables stand on a page of the preview, each with its part of the file."""


@require_http_methods(["GET", "POST"])
def import_upload(request: HttpRequest) -> HttpResponse:
    """Take files and go to the preview of one, or to how far many are; a refused one is explained beside the form."""
    units = organisations.units_edited_by(person(request))
    if not units:
        raise organisations.NotAnEditor
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return _go(request, _received(request, form.cleaned_data["file"], form.cleaned_data.get("unit")))
        except (uploads.FileRefused, uploads.TooLarge, batches.TooManyFiles, organisations.WhichUnit) as refused:
            refusal = refused
    status = 422 if refusal or form.errors else 200
    ready()
    return render(request, "targets/import_upload.html", {
        "section": "import", "form": form, "refusal": refusal, "uploads": overview.uploads_of(person(request)),
        "batches": batches.recent(person(request)), "converts": converts(),
    }, status=status)


def _received(request: HttpRequest, files: list[UploadedFile], unit: Organisation | None) -> str:
    """Read one file, or start with many; return the address of the next page."""
    by, now = person(request), timezone.now()
    if len(files) == 1 and not batches.takes_long(files):
        data = files[0].read(settings.UPLOAD_LIMIT_BYTES + 1)
        source = uploads.import_upload(name=files[0].name or "", data=data, by=by, now=now, unit=unit)
        return reverse("import_preview", args=[source.pk])
    batch = batches.start(files=files, by=by, now=now, unit=unit)
    if not batches.takes_long(files):
        for _file in files:
            batches.read_next(now=now, batch=batch)
    return reverse("import_batch", args=[batch.pk])


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """Answer with the next page; a script that uploads with a progress bar asks for its address only."""
    if request.headers.get("X-Upload"):
        return JsonResponse({"address": address})
    return redirect(address)


@require_GET
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was read: each table as a card, its content beside its source, the problems and their places."""
    return preview(request, own_source(request, pk))


def own_source(request: HttpRequest, pk: int) -> SourceDocument:
    """Return an upload of a unit that the person edits. Raises: NotVisible."""
    source = SourceDocument.objects.select_related("unit__parent", "uploaded_by").filter(pk=pk).first()
    if source is None or source.unit not in organisations.units_edited_by(person(request)):
        raise NotVisible
    return source


def cards_of(source: SourceDocument, staged_tables: Sequence[ImportedTable] | None = None, *,
             refused: Mapping[int, Refused] | None = None, request: HttpRequest | None = None) -> list[Card]:
    """Return the cards of one upload in the order of the file, or of some of its tables."""
    tables = overview.tables_to_fill(source.unit)
    return [card_of(staged, tables, refused=(refused or {}).get(staged.pk),
                    answers=request.POST.getlist(f"answer.{staged.pk}") if request else ())
            for staged in (overview.staged_of(source) if staged_tables is None else staged_tables)]


def preview(request: HttpRequest, source: SourceDocument, *, refused: Mapping[int, Refused] | None = None,
            status: int = 200) -> HttpResponse:
    """Show one page of the tables that were read; after a refusal those that wait for an answer."""
    tables = overview.tables_to_fill(source.unit)
    filled = uploads.filled_cases([case for _project, case in tables])
    lines = [line_of(staged, tables, filled) for staged in overview.outlines_of(source)]
    show = request.GET.get("show", "")
    shown = [line for line in lines if line.staged.pk in refused] if refused else \
        [line for line in lines if line.needs_a_look] if show == PROBLEMS_ONLY else \
        [line for line in lines if line.is_open] if show == OPEN_ONLY else lines
    page = Paginator(shown, A_PAGE).get_page(1 if refused else request.GET.get("page"))
    by_pk = {staged.pk: staged for staged in overview.staged_of(source, only=[line.staged.pk for line in page])}
    cards = cards_of(source, [by_pk[line.staged.pk] for line in page], refused=refused, request=request)
    pk, _colon, place = request.GET.get("edit", "").partition(":")
    for card in cards:
        card.editing = place if card.is_open and str(card.staged.pk) == pk else ""
    mend_url = reverse("import_mend", args=[source.pk]) + _asked(show=show, page=page.number)
    opens = [line for line in lines if line.is_open]
    context: dict[str, Any] = {
        "section": "import", "source": source, "cards": cards, "page": page, "show": show, "mend_url": mend_url,
        "lines": lines if len(lines) > 1 else (), "n_cards": len(lines), "n_shown": len(shown),
        "n_hidden": len(lines) - len(shown), "n_look": sum(line.needs_a_look for line in lines),
        "tables": tables, "profile": profiles.load(profiles.DEFAULT), "n_open": len(opens),
        "n_lines": sum(line.counts["lines"] for line in lines), "n_bulk": sum(line.counts["bulk"] for line in opens),
        "n_mended": sum(len(line.staged.mends) for line in opens),
        "n_problems": sum(line.n_problems for line in lines), "OFF_LIST": OFF_LIST, "LEAVE_OUT": LEAVE_OUT,
        "categories": profiles.load(profiles.DEFAULT).categories, "refused": refused,
    }
    return render(request, "targets/import_preview.html", context, status=status)


def _asked(*, show: str, page: int, edit: str = "") -> str:
    """Return the query that shows the same tables again."""
    asked = {"show": show, "page": page if page > 1 else "", "edit": edit}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"?{query}" if query else ""


def remember(request: HttpRequest, staged_tables: Sequence[ImportedTable]) -> None:
    """Keep the choices that the page holds, whichever of its buttons was pressed."""
    for staged in staged_tables:
        choice = request.POST.get(f"choice.{staged.pk}")
        if choice and staged.decision == ImportedTable.Decision.PENDING:
            uploads.remember_choice(staged=staged, choice=choice)


@require_POST
def import_mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the mend whose button was pressed, write what was typed, mend all as suggested, or take one back."""
    source = own_source(request, pk)
    outlines = overview.outlines_of(source)
    remember(request, outlines)
    by_pk = {str(staged.pk): staged for staged in outlines}
    where = ""
    try:
        if "mend_all" in request.POST:
            wanted = [s for s in outlines if s.decision == ImportedTable.Decision.PENDING
                      and request.POST["mend_all"] in ("", str(s.pk)) and mending.counts_of(s)["bulk"]]
            made = sum(mending.mend_all(staged=staged, by=person(request)) for staged in wanted)
            where = prefix_of(wanted[0]).rstrip("-") if len(wanted) == 1 else ""
            messages.success(request, _("%(count)s mends were made as suggested; each can be taken back until you "
                                        "take the table over.") % {"count": made})
        for verb, act in (("mend", _mend_one), ("write", _write_one), ("undo", _undo_one), ("edit", _edit_one)):
            if verb in request.POST:
                where = act(request, by_pk)
    except (mending.ChangedSince, mending.Decided, mending.NoSuchCell, TextTooLong) as refusal:
        messages.warning(request, str(refusal))
    page = request.GET.get("page", "")
    query = _asked(show=request.GET.get("show", ""), edit=request.POST.get("edit", "")[:80],
                   page=int(page) if page.isdecimal() and len(page) < 6 else 1)
    return redirect(reverse("import_preview", args=[pk]) + query + (f"#{where}" if where else ""))


def _mend_one(request: HttpRequest, by_pk: Mapping[str, ImportedTable]) -> str:
    parts = request.POST["mend"].split(":")
    number = parts[2].removeprefix(OF_READING) if len(parts) == 4 else ""
    if parts[0] not in by_pk or not number.isdecimal() or len(number + parts[3]) > 8:
        raise mending.ChangedSince
    fix = None if parts[3] == ALL_ROWS else int(parts[3]) if parts[3].isdecimal() else -1
    staged = by_pk[parts[0]]
    if parts[2].startswith(OF_READING):
        mending.mend_problem(staged=staged, problem=int(number), seen=parts[1], by=person(request))
    else:
        mending.mend(staged=staged, finding=int(number), fix=fix, seen=parts[1], by=person(request))
    return prefix_of(staged) + "told"


def _write_one(request: HttpRequest, by_pk: Mapping[str, ImportedTable]) -> str:
    """Write a cell that was typed into; its token is <table>:<hash>:<place>, its text stands in `text.<token>`."""
    token = request.POST["write"]
    pk, _colon, rest = token.partition(":")
    seen, _colon, place = rest.partition(":")
    if pk not in by_pk or not place:
        raise mending.ChangedSince
    mending.write(staged=by_pk[pk], place=place, text=request.POST.get(f"text.{token}", ""), seen=seen,
                  by=person(request))
    return prefix_of(by_pk[pk]) + ("told" if " " in place and place.count(" ") < 2 else place_anchor(place))


def _edit_one(request: HttpRequest, by_pk: Mapping[str, ImportedTable]) -> str:
    """Open one cell to type into: the page comes again with it, and with what was chosen."""
    pk, _colon, place = request.POST["edit"].partition(":")
    return prefix_of(by_pk[pk]) + place_anchor(place) if pk in by_pk and place else ""


def _undo_one(request: HttpRequest, by_pk: Mapping[str, ImportedTable]) -> str:
    pk, _colon, number = request.POST["undo"].partition(":")
    if pk not in by_pk or not (number == ALL_ROWS or (number.isdecimal() and len(number) < 6)):
        raise mending.ChangedSince
    mending.undo(staged=by_pk[pk], number=-1 if number == ALL_ROWS else int(number), by=person(request))
    return prefix_of(by_pk[pk]) + "told"


@require_GET
def import_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the uploaded file back, as it was, to whoever may see it."""
    source = SourceDocument.objects.select_related("unit").filter(pk=pk).first()
    if source is None or not uploads.may_see_source(source, person(request)):
        raise NotVisible
    with source.file.open("rb") as stored:
        answer = HttpResponse(stored.read(), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = content_disposition_header(True, source.name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
