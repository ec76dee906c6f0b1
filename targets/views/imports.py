"""Import in three pages: upload a file, look at what was read, take tables over one by one or all at once."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from targets import checks, mending, organisations, overview, profiles, uploads
from targets.content import Change, TableContent
from targets.forms import UploadForm
from targets.models import ImportedTable, Project, SourceDocument
from targets.paper import FormText, Paper, paper
from targets.reading.problems import KINDS
from targets.views.common import person, posted_key
from targets.views.tables import findings_context
from workflow.machine import State
from workflow.models import Case
from workflow.refusals import NotVisible, Refused

OFF_LIST, LEAVE_OUT = "off-list", "leave-out"
NOTES = {kind.message for kind in KINDS.values()}


@dataclass(slots=True)
class Card:
    """One table that was read, as the preview shows it."""

    staged: ImportedTable
    content: TableContent
    paper: Paper
    problems: list[dict[str, str]]
    must_fix: list[dict[str, Any]]
    should_fix: list[dict[str, Any]]
    chosen: str
    refusal: Refused | None = None
    fills: Case | None = None
    """The case of the project that has the table's name, whether it may be filled or not."""
    question: str = ""
    answers: set[str] = field(default_factory=set)
    replaces: bool = False
    changes: tuple[Change, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.staged.decision == ImportedTable.Decision.PENDING

    @property
    def is_too_late(self) -> bool:
        """Whether the table it would fill is past its draft."""
        return self.is_open and self.fills is not None and self.fills.state != State.DRAFT

    @property
    def asks_replacing(self) -> bool:
        return isinstance(self.refusal, uploads.ImportDiffers)


@require_http_methods(["GET", "POST"])
def import_upload(request: HttpRequest) -> HttpResponse:
    """Take a file and go to its preview; a refused one is explained beside the form."""
    units = organisations.units_edited_by(person(request))
    if not units:
        raise organisations.NotAnEditor
    form = UploadForm(request.POST or None, request.FILES or None, units=units)
    refusal = None
    if request.method == "POST" and form.is_valid():
        file: UploadedFile = form.cleaned_data["file"]
        try:
            source = uploads.import_upload(
                name=file.name or "", data=file.read(settings.UPLOAD_LIMIT_BYTES + 1), by=person(request),
                now=timezone.now(), unit=form.cleaned_data.get("unit"))
            return redirect("import_preview", source.pk)
        except (uploads.FileRefused, uploads.TooLarge, organisations.WhichUnit) as refused:
            refusal = refused
    status = 422 if refusal or form.errors else 200
    return render(request, "targets/import_upload.html", {
        "section": "import", "form": form, "refusal": refusal, "uploads": overview.uploads_of(person(request)),
    }, status=status)


@require_GET
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was read: each table as a card, its content beside the problems and their places."""
    source = _own_source(request, pk)
    return _preview(request, source)


def _own_source(request: HttpRequest, pk: int) -> SourceDocument:
    source = SourceDocument.objects.select_related("unit__parent", "uploaded_by").filter(pk=pk).first()
    if source is None or source.unit not in organisations.units_edited_by(person(request)):
        raise NotVisible
    return source


def _preview(request: HttpRequest, source: SourceDocument, *, refused: dict[int, Refused] | None = None,
             status: int = 200) -> HttpResponse:
    tables = overview.tables_to_fill(source.unit)
    cards = [_card(request, staged, tables, (refused or {}).get(staged.pk)) for staged in overview.staged_of(source)]
    return render(request, "targets/import_preview.html", {
        "section": "import", "source": source, "cards": cards, "tables": tables,
        "profile": profiles.load(profiles.DEFAULT),
        "n_open": sum(card.is_open for card in cards), "n_lines": sum(len(card.content.indicators) for card in cards),
        "n_problems": sum(len(card.problems) for card in cards), "OFF_LIST": OFF_LIST, "LEAVE_OUT": LEAVE_OUT,
    }, status=status)


def _card(request: HttpRequest, staged: ImportedTable, tables: list[tuple[Project, Case]],
          refused: Refused | None) -> Card:
    content = mending.standing(staged).content
    profile = profiles.load(profiles.DEFAULT)
    findings = checks.check(content=content, profile=profile)
    told = findings_context(findings)
    fills = next((case for project, case in tables if project.pk == staged.suggested_id), None)
    proposed = OFF_LIST if fills is None else str(staged.suggested_id) if fills.state == State.DRAFT else LEAVE_OUT
    card = Card(
        staged, content,
        paper(FormText.of_content(content), profile=profile, year=content.fiscal_year),
        [_problem(problem) for problem in staged.problems], told["must_fix"], told["should_fix"],
        request.POST.get(f"choice.{staged.pk}", proposed), refused, fills,
        answers=set(request.POST.getlist(f"answer.{staged.pk}")))
    if isinstance(refused, uploads.Question):
        card.question = refused.name
    if isinstance(refused, uploads.ImportDiffers):
        card.changes = tuple(refused.facts.get("changes", ()))
    return card


def _problem(problem: dict[str, Any]) -> dict[str, str]:
    """Return a stored problem as a sentence. Its message is one of the reading's own."""
    words = _(problem["message"]) if problem["message"] in NOTES else problem["message"]
    return {"code": problem["code"], "severity": problem["severity"], "place": problem["place"],
            "words": words % problem.get("facts", {})}


@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the tables that were chosen: one when its own button was pressed, else all that are open."""
    source = _own_source(request, pk)
    only = request.POST.get("only", "")
    waiting = [s for s in overview.staged_of(source) if s.decision == ImportedTable.Decision.PENDING]
    if only:
        waiting = [s for s in waiting if str(s.pk) == only]
    refused: dict[int, Refused] = {}
    taken = 0
    for staged in waiting:
        try:
            taken += _take(request, staged)
        except Refused as refusal:
            refused[staged.pk] = refusal
    if taken:
        messages.success(request, _("%(count)s tables were taken over. Look through them, then submit.")
                         % {"count": taken})
    if refused:
        messages.warning(request, _("%(count)s tables still need an answer from you.") % {"count": len(refused)})
        return _preview(request, source, refused=refused, status=422)
    return redirect("import_preview", pk)


def _take(request: HttpRequest, staged: ImportedTable) -> int:
    """Carry out what was chosen for one table; return how many drafts were filled."""
    choice = request.POST.get(f"choice.{staged.pk}") or str(staged.suggested_id or OFF_LIST)
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
        replace=f"replace.{staged.pk}" in request.POST)
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
