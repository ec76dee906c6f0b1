"""Import in three pages: upload files, look at what was read beside its source and mend it, take tables over."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from targets import batches, mending, organisations, overview, profiles, uploads
from targets.forms import UploadForm
from targets.models import ImportedTable, Project, SourceDocument
from targets.views.common import person, posted_key
from targets.views.import_cards import ALL_ROWS, LEAVE_OUT, OFF_LIST, Card, card_of, prefix_of, proposed
from workflow.models import Organisation
from workflow.refusals import NotVisible, Refused

PROBLEMS_ONLY = "problems"


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
    return render(request, "targets/import_upload.html", {
        "section": "import", "form": form, "refusal": refusal, "uploads": overview.uploads_of(person(request)),
        "batches": batches.recent(person(request)),
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
    return _preview(request, own_source(request, pk))


def own_source(request: HttpRequest, pk: int) -> SourceDocument:
    """Return an upload of a unit that the person edits. Raises: NotVisible."""
    source = SourceDocument.objects.select_related("unit__parent", "uploaded_by").filter(pk=pk).first()
    if source is None or source.unit not in organisations.units_edited_by(person(request)):
        raise NotVisible
    return source


def cards_of(source: SourceDocument, *, refused: dict[int, Refused] | None = None,
             request: HttpRequest | None = None) -> list[Card]:
    """Return the cards of one upload, in the order of the file."""
    tables = overview.tables_to_fill(source.unit)
    return [card_of(staged, tables, refused=(refused or {}).get(staged.pk),
                    answers=request.POST.getlist(f"answer.{staged.pk}") if request else ())
            for staged in overview.staged_of(source)]


def _preview(request: HttpRequest, source: SourceDocument, *, refused: dict[int, Refused] | None = None,
             status: int = 200) -> HttpResponse:
    cards = cards_of(source, refused=refused, request=request)
    asked = request.GET.get("show") == PROBLEMS_ONLY
    shown = [card for card in cards if card.needs_a_look] if asked else cards
    context: dict[str, Any] = {
        "section": "import", "source": source, "cards": shown, "only_problems": asked,
        "n_cards": len(cards), "n_hidden": len(cards) - len(shown), "n_look": sum(c.needs_a_look for c in cards),
        "tables": overview.tables_to_fill(source.unit), "profile": profiles.load(profiles.DEFAULT),
        "n_open": sum(card.is_open for card in cards), "n_lines": sum(len(card.content.indicators) for card in cards),
        "n_bulk": sum(card.n_bulk for card in cards if card.is_open),
        "n_mended": sum(len(card.mends) for card in cards if card.is_open),
        "n_problems": sum(len(card.problems) for card in cards), "OFF_LIST": OFF_LIST, "LEAVE_OUT": LEAVE_OUT,
    }
    return render(request, "targets/import_preview.html", context, status=status)


def _remember(request: HttpRequest, staged_tables: list[ImportedTable]) -> None:
    """Keep the choices that the page holds, whichever of its buttons was pressed."""
    for staged in staged_tables:
        choice = request.POST.get(f"choice.{staged.pk}")
        if choice and staged.decision == ImportedTable.Decision.PENDING:
            uploads.remember_choice(staged=staged, choice=choice)


@require_POST
def import_mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the mend whose button was pressed, all as suggested, or take one back; then show the page again."""
    source = own_source(request, pk)
    staged_tables = overview.staged_of(source)
    _remember(request, staged_tables)
    by_pk = {str(staged.pk): staged for staged in staged_tables}
    where = ""
    try:
        if "mend_all" in request.POST:
            wanted = [s for s in staged_tables if s.decision == ImportedTable.Decision.PENDING
                      and request.POST["mend_all"] in ("", str(s.pk))]
            made = sum(mending.mend_all(staged=staged, by=person(request)) for staged in wanted)
            where = prefix_of(wanted[0]).rstrip("-") if len(wanted) == 1 else ""
            messages.success(request, _("%(count)s mends were made as suggested; each can be taken back until you "
                                        "take the table over.") % {"count": made})
        elif "mend" in request.POST:
            where = _mend_one(request, by_pk)
        elif "undo" in request.POST:
            where = _undo_one(request, by_pk)
    except (mending.ChangedSince, mending.Decided) as refusal:
        messages.warning(request, str(refusal))
    show = f"?show={PROBLEMS_ONLY}" if request.GET.get("show") == PROBLEMS_ONLY else ""
    return redirect(reverse("import_preview", args=[pk]) + show + (f"#{where}" if where else ""))


def _mend_one(request: HttpRequest, by_pk: dict[str, ImportedTable]) -> str:
    parts = request.POST["mend"].split(":")
    if len(parts) != 4 or parts[0] not in by_pk or not parts[2].isdecimal() or len(parts[2] + parts[3]) > 8:
        raise mending.ChangedSince
    fix = None if parts[3] == ALL_ROWS else int(parts[3]) if parts[3].isdecimal() else -1
    staged = by_pk[parts[0]]
    mending.mend(staged=staged, finding=int(parts[2]), fix=fix, seen=parts[1], by=person(request))
    return prefix_of(staged) + "told"


def _undo_one(request: HttpRequest, by_pk: dict[str, ImportedTable]) -> str:
    pk, _colon, number = request.POST["undo"].partition(":")
    if pk not in by_pk or not (number == ALL_ROWS or (number.isdecimal() and len(number) < 6)):
        raise mending.ChangedSince
    mending.undo(staged=by_pk[pk], number=-1 if number == ALL_ROWS else int(number), by=person(request))
    return prefix_of(by_pk[pk]) + "told"


@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the tables that were chosen: one when its own button was pressed, else all that are open."""
    source = own_source(request, pk)
    only = request.POST.get("only", "")
    waiting = [s for s in overview.staged_of(source) if s.decision == ImportedTable.Decision.PENDING]
    _remember(request, waiting)
    if only:
        waiting = [s for s in waiting if str(s.pk) == only]
    refused: dict[int, Refused] = {}
    taken = 0
    tables = overview.tables_to_fill(source.unit)
    for staged in waiting:
        try:
            taken += take(request, staged, proposed(staged, tables)[0])
        except Refused as refusal:
            refused[staged.pk] = refusal
    if taken:
        messages.success(request, _("%(count)s tables were taken over. Look through them, then submit.")
                         % {"count": taken})
    if refused:
        messages.warning(request, _("%(count)s tables still need an answer from you.") % {"count": len(refused)})
        return _preview(request, source, refused=refused, status=422)
    return redirect("import_preview", pk)


def take(request: HttpRequest, staged: ImportedTable, choice: str) -> int:
    """Carry out what was chosen for one table; return how many drafts were filled."""
    if choice == LEAVE_OUT:
        uploads.skip_import(staged=staged, by=person(request), now=timezone.now())
        return 0
    project = None
    if choice != OFF_LIST:
        project = Project.objects.filter(pk=choice, unit=staged.source.unit_id).first() if choice.isdecimal() else None
        if project is None:
            raise NotVisible
    uploads.confirm_import(
        staged=staged, project=project, by=person(request), now=timezone.now(),
        key=f"{posted_key(request)[:40]}:{staged.pk}", answers=request.POST.getlist(f"answer.{staged.pk}"),
        replaces=request.POST.get(f"replace.{staged.pk}", ""))
    return 1


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
