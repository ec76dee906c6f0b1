"""Several files at once: how far reading is, what became of each, cancel, and all their tables taken over together."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from targets import batches, organisations, overview
from targets.models import ImportBatch, ImportedTable
from targets.views.common import person
from targets.views.import_taking import AT_ONCE, after, go_on, take_some
from workflow.refusals import NotVisible


def own_batch(request: HttpRequest, pk: int) -> ImportBatch:
    """Return the files uploaded together for a unit that the person edits. Raises: NotVisible."""
    batch = ImportBatch.objects.select_related("unit__parent").filter(pk=pk).first()
    if batch is None or batch.unit not in organisations.units_edited_by(person(request)):
        raise NotVisible
    return batch


def _answer(request: HttpRequest, batch: ImportBatch, template: str, *, has_read: bool = True) -> HttpResponse:
    """Show the files. `has_read`: this request read one, so the page may ask again at once; else somebody else does."""
    files = list(batch.files.select_related("source").order_by("position"))
    tables = ImportedTable.objects.filter(source__in=[file.source_id for file in files if file.source_id])
    counts: dict[int, list[int]] = {}
    for source, decision, kept in tables.values_list("source_id", "decision", "counts"):
        found = counts.setdefault(source, [0, 0, 0])
        found[0] += 1
        found[1] += decision == ImportedTable.Decision.PENDING
        found[2] += kept.get("problems", 0)
    rows = [(file, *counts.get(file.source_id or 0, [0, 0, 0])) for file in files]
    return render(request, template, {
        "section": "import", "batch": batch, "rows": rows, "progress": batches.progress(batch),
        "pause": "300ms" if has_read else "2s", "n_open": sum(found[1] for found in counts.values()),
    })


@require_GET
def import_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what became of each file, and how far the others are."""
    return _answer(request, own_batch(request, pk), "targets/import_batch.html")


@require_POST
def import_batch_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the next file of the batch and say how far it is: what the open page asks again and again."""
    batch = own_batch(request, pk)
    has_read = batches.read_next(now=timezone.now(), batch=batch)
    if request.headers.get("HX-Request"):
        return _answer(request, batch, "targets/import_progress.html", has_read=has_read)
    return redirect("import_batch", pk)


@require_POST
def import_batch_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Read no more of the files; what was read stays."""
    batches.cancel(batch=own_batch(request, pk), by=person(request), now=timezone.now())
    return redirect("import_batch", pk)


@require_POST
def import_batch_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over all tables of all files where each was said, or proposed, to go; say which still need an answer."""
    batch = own_batch(request, pk)
    waiting = ImportedTable.objects.filter(
        source__in=batch.files.exclude(source=None).values("source"), decision=ImportedTable.Decision.PENDING,
        pk__gt=after(request)).select_related("source__unit__parent", "suggested").defer("source_rows").order_by("pk")
    now = list(waiting[:AT_ONCE])
    later = waiting.filter(pk__gt=now[-1].pk).count() if now else 0
    _taken, refused = take_some(request, now, overview.tables_to_fill(batch.unit))
    by_pk = {staged.pk: staged for staged in now}
    for key, refusal in list(refused.items())[:10]:
        messages.warning(request, f"{by_pk[key].source.name} · {by_pk[key].position}: {refusal}")
    return go_on(request, now[-1].pk, later) if later else redirect("import_batch", pk)
