"""The end of an import: tables are taken over, a bounded number a request, and the result page says what came of it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from targets import overview, uploads
from targets.models import ImportedTable, Project
from targets.views.common import person, posted_key
from targets.views.import_cards import LEAVE_OUT, OFF_LIST, proposed
from targets.views.imports import own_source, preview, remember
from workflow.models import Case
from workflow.refusals import NotVisible, Refused

AT_ONCE = 40
"""So many tables are taken over a request; the page then goes on by itself, or by its button."""
KEEP, FILL_BLANKS = "keep", "fill:"


def after(request: HttpRequest) -> int:
    """Return behind which table the posted request goes on, 0 at the beginning."""
    posted = request.POST.get("after", "")
    return int(posted) if posted.isdecimal() and len(posted) < 15 else 0


def take_some(request: HttpRequest, waiting: Iterable[ImportedTable], tables: Sequence[tuple[Project, Case]]
              ) -> tuple[int, dict[int, Refused]]:
    """Carry out what was said or proposed for each table; return how many drafts were filled, and the refusals."""
    taken, refused = 0, dict[int, Refused]()
    for staged in waiting:
        try:
            taken += take(request, staged, proposed(staged, tables)[0])
        except Refused as refusal:
            refused[staged.pk] = refusal
    if taken:
        messages.success(request, _("%(count)s tables were taken over. Look through them, then submit.")
                         % {"count": taken})
    return taken, refused


def take(request: HttpRequest, staged: ImportedTable, choice: str) -> int:
    """Carry out what was chosen for one table; return how many drafts were filled."""
    said = request.POST.get(f"replace.{staged.pk}", "")
    if choice == LEAVE_OUT or said == KEEP:
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
        replaces=said.removeprefix(FILL_BLANKS), only_blanks=said.startswith(FILL_BLANKS))
    return 1


@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the tables that were chosen: one when its own button was pressed, else all that are open."""
    source = own_source(request, pk)
    only = request.POST.get("only", "")
    waiting = [s for s in overview.outlines_of(source)
               if s.decision == ImportedTable.Decision.PENDING and s.pk > after(request)]
    remember(request, waiting)
    if only:
        waiting = [s for s in waiting if str(s.pk) == only]
    now, later = waiting[:AT_ONCE], waiting[AT_ONCE:]
    for staged in now:
        staged.source = source
    _taken, refused = take_some(request, now, overview.tables_to_fill(source.unit))
    if later:
        return go_on(request, now[-1].pk, len(later))
    if refused:
        messages.warning(request, _("%(count)s tables still need an answer from you.") % {"count": len(refused)})
        return preview(request, source, refused=refused, status=422)
    if only and any(s.decision == ImportedTable.Decision.PENDING for s in overview.outlines_of(source)):
        return redirect("import_preview", pk)
    return redirect("import_result", pk)


def go_on(request: HttpRequest, last: int, n_later: int) -> HttpResponse:
    """Show that the rest follows: the page posts again by itself; without script its button does."""
    return render(request, "targets/import_going_on.html", {
        "section": "import", "last": last, "n_later": n_later, "key": posted_key(request), "action": request.path})


@require_GET
def import_result(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what came of each table of one upload: where it went, what is left to mend, what is still open."""
    source = own_source(request, pk)
    tables = overview.outlines_of(source)
    return render(request, "targets/import_done.html", {
        "section": "import", "source": source, "tables": tables,
        "counts": Counter(staged.decision for staged in tables),
        "n_left": sum(staged.counts.get("must_fix", 0) for staged in tables),
    })
