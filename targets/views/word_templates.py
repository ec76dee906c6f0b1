"""The county's Word template over HTTP: download, upload a new version, look at it, put it in force, go back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from targets import word_templates
from targets.export import MEDIA, Format
from targets.export.county import FIELDS, MOST_BYTES, ROW_FIELDS
from targets.exporting import Exported
from targets.models import WordTemplate
from targets.views.common import person
from targets.views.exports import download
from workflow.refusals import DetailMissing, Refused

SHOWN = 50


def _may(request: HttpRequest) -> None:
    word_templates.check_may(person(request))


@require_http_methods(["GET", "POST"])
def word_template_list(request: HttpRequest) -> HttpResponse:
    """Show the versions and take a new one in; a file that is refused says why and nothing is kept."""
    _may(request)
    refusal = None
    if request.method == "POST":
        try:
            made = _take_in(request)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Version %(version)s is kept. Look at it, then put it in force.")
                             % {"version": made.version})
            return redirect("word_templates")
    versions = list(WordTemplate.objects.defer("data").select_related("uploaded_by", "activated_by")[:SHOWN])
    return render(request, "targets/word_templates.html", {
        "section": "word_templates", "versions": versions, "refusal": refusal, "fields": FIELDS.items(),
        "row_fields": ROW_FIELDS.items(), "is_own": any(version.is_active for version in versions),
    }, status=422 if refusal else 200)  # fmt: skip


def _take_in(request: HttpRequest) -> WordTemplate:
    file = request.FILES.get("file")
    if file is None:
        raise DetailMissing(field=_("File"))
    return word_templates.upload(name=file.name or "", data=file.read(MOST_BYTES + 1), by=person(request),
                                 now=timezone.now())


def _docx(name: str, data: bytes) -> HttpResponse:
    return download(Exported(name, data, MEDIA[Format.DOCX]))


@require_GET
def word_template_shipped(request: HttpRequest) -> HttpResponse:
    """Answer with the template of the official layout."""
    _may(request)
    return _docx("绩效目标表-Word模板.docx", word_templates.shipped(now=timezone.now()))


@require_GET
def word_template_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with one version as it was uploaded."""
    _may(request)
    found = word_templates.version_of(pk)
    return _docx(f"绩效目标表-Word模板-第{found.version}版.docx", bytes(found.data))


@require_GET
def word_template_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with one version filled with demonstration texts."""
    _may(request)
    found = word_templates.version_of(pk)
    return _docx(f"演示-第{found.version}版.docx", word_templates.preview(found, now=timezone.now()))


@require_POST
def word_template_activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one version in force."""
    found = word_templates.version_of(pk)
    word_templates.activate(template=found, by=person(request), now=timezone.now())
    messages.success(request, _("Word files are made from version %(version)s now.") % {"version": found.version})
    return redirect("word_templates")


@require_POST
def word_template_return(request: HttpRequest) -> HttpResponse:
    """Go back to the official layout."""
    word_templates.return_to_shipped(by=person(request))
    messages.success(request, _("Word files have the official layout again. Your versions are kept."))
    return redirect("word_templates")
