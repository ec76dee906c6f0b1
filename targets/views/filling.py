"""What eases filling the form: mends by one click, saving by itself, last year's table, the library of indicators.

The form works without any of it; without script the buttons post the whole form and show it again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from targets import copying, drafts, judging, mending, profiles
from targets.checks import Finding
from targets.merging import WHOLE_ROW, Clash
from targets.models import TargetTable
from targets.paper import HEADER_FIELDS, FormText, Paper, RowMend, TypedRow, paper, place_anchor, place_label
from targets.profiles import Profile
from targets.views.common import person, posted_seen, visible_case
from targets.views.import_cards import fix_words
from workflow import engine
from workflow.machine import Action, Kind
from workflow.models import Case
from workflow.refusals import NotVisible, Refused, Stale

MOST_ROWS = 400
MOST_TEXT = 30_000
MOST_MENDS = 400


class Unreadable(Refused):
    code = "unreadable"
    message = _("The page sent something that cannot be read. Save with the button; nothing is lost.")


# Mends


def base_of(text: FormText) -> dict[str, Any]:
    """Return the stored texts as the page's script compares with them, where the form shows what was only typed."""
    return {"header": dict(text.header), "na": dict(text.not_applicable), "rows": [asdict(row) for row in text.rows]}


def context(case: Case, row: TargetTable | None, sheet: Paper, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what the form's page shows beside the paper: findings with their mends, where the table came from."""
    profile = profiles.load(case.profile)
    blank = row is None or not any(r.number for group in sheet.groups for r in group.rows)
    return {
        **told(findings, sheet, profile), "mend_all": json.dumps(_tokens(mending.in_bulk(findings), sheet)),
        "n_bulk": len(mending.in_bulk(findings)),
        "earlier": copying.earlier_table(case) if blank or (row and row.copied_from_id) else None,
        "is_copied": bool(row and row.copied_from_id),
    }


def told(findings: Sequence[Finding], sheet: Paper, profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return the findings by severity: sentence, place on the page, and a button for each mend."""
    lists: dict[str, list[dict[str, Any]]] = {severity: [] for severity in profiles.SEVERITIES}
    for finding in findings:
        lists[finding.severity].append({
            "rule": finding.rule, "words": judging.sentence(finding), "anchor": place_anchor(finding.place),
            "source": finding.source, "buttons": _buttons(finding, sheet, profile)})
    return {"must_fix": lists[profiles.MUST_FIX], "should_fix": lists[profiles.SHOULD_FIX],
            "hints": lists[profiles.HINT]}


def _buttons(finding: Finding, sheet: Paper, profile: Profile) -> list[dict[str, str]]:
    if mending.is_one_a_row(finding):
        words = _("Mend %(count)s rows as suggested") % {"count": len(finding.fixes)}
        return [{"words": words, "token": json.dumps(_tokens([finding], sheet), ensure_ascii=False)}]
    return [{"words": fix_words(fix.kind, fix.text, fix.place, profile),
             "token": json.dumps([asdict(mend)], ensure_ascii=False)}
            for fix in finding.fixes if (mend := _mend_of(fix.kind, fix.place, fix.text, sheet))]


def _tokens(findings: Sequence[Finding], sheet: Paper) -> list[dict[str, str]]:
    mends = [_mend_of(fix.kind, fix.place, fix.text, sheet) for finding in findings for fix in finding.fixes]
    return [asdict(mend) for mend in mends if mend]


def _mend_of(kind: str, place: str, text: str, sheet: Paper) -> RowMend | None:
    """Return a fix with its row named as the form names it; None for a row that is not on the page."""
    parts = place.split()
    if parts[0] != "indicator":
        return RowMend(kind, "", place, text) if place in HEADER_FIELDS else None
    rows = (row for group in sheet.groups for row in group.rows if row.number == int(parts[1]))
    row = next(rows, None)
    return RowMend(kind, row.typed.uuid or f"#{row.index}", parts[2] if len(parts) > 2 else "", text) if row else None


def mended(typed: FormText, token: str) -> FormText:
    """Return the typed form with the mends of a button that was posted; what cannot be read does nothing."""
    try:
        posted = json.loads(token)
        parts = ("kind", "row", "part", "text")
        mends = [RowMend(*(str(mend[part]) for part in parts)) for mend in posted[:MOST_MENDS]]
    except (ValueError, TypeError, KeyError):
        return typed
    return typed.with_mends(mends)


def picked(typed: FormText, token: str) -> FormText:
    """Return the typed form with an indicator of the library in it: the token is [code, name, value]."""
    try:
        code, name, value = (str(text) for text in json.loads(token))
    except (ValueError, TypeError):
        return typed
    return typed.with_entry(TypedRow("", code[:8], name[:2000], value[:2000]))


# Saving by itself


@require_POST
def table_autosave(request: HttpRequest, number: str) -> HttpResponse:
    """Merge what was typed into the draft and answer, as JSON, how the table stands: 200, or 409 with what clashes."""
    case = visible_case(request, number, kind=Kind.TARGET)
    try:
        base, typed = _posted(request)
        saved = drafts.merge_table(case=case, by=person(request), now=timezone.now(), base=base, typed=typed)
    except NotVisible:
        raise
    except Refused as refusal:
        status = 409 if isinstance(refusal, Stale) else 422
        may = engine.explain(case, Action.EDIT, by=person(request), now=timezone.now()).may
        return JsonResponse({"refused": str(refusal), "is_over": not may}, status=status if may else 403)
    return JsonResponse(_standing(request, saved), status=409 if saved.clashes else 200)


def _posted(request: HttpRequest) -> tuple[FormText, FormText]:
    """Return base and typed form. Raises: Unreadable."""
    try:
        body = json.loads(request.body)
        return _form(body["base"]), _form(body["typed"])
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise Unreadable from wrong


def _form(raw: dict[str, Any]) -> FormText:
    header = {name: _text(raw["header"][name]) for name in HEADER_FIELDS if name in raw["header"]}
    rows = [TypedRow(_text(row["uuid"]), _text(row["code"]), _text(row["name"]), _text(row["value"]),
                     _text(row.get("month", ""))) for row in raw["rows"]]
    if len(rows) > MOST_ROWS:
        raise ValueError(len(rows))
    reasons = {str(code)[:8]: _text(said) for code, said in raw["na"].items()}
    return FormText(header, tuple(rows), reasons)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise TypeError
    return value.replace("\r\n", "\n").strip()


def _standing(request: HttpRequest, saved: drafts.MergedSave) -> dict[str, Any]:
    """Return what the page needs to go on: version and hash, every text, findings, what the values say, clashes."""
    case, profile = saved.case, profiles.load(saved.case.profile)
    row = TargetTable.objects.select_related("project").filter(pk=case.pk).first()
    content = drafts.content_of(case)
    findings = judging.judge(case, content, row)
    sheet = paper(saved.text, profile=profile, year=case.fiscal_year, findings=findings)
    shown = {**context(case, row, sheet, findings), "save_url": reverse("table_save", args=[case.number]),
             "may_submit": True}
    parts = {"side": "side_findings", "bar": "form_bar"}
    return {
        "version": case.version, "hash": case.content_hash,
        "at": f"{timezone.localtime():%H:%M:%S}",
        **base_of(saved.text),
        "numbers": {r.typed.uuid: r.number for group in sheet.groups for r in group.rows if r.number},
        "said": {r.typed.uuid: [r.said, r.unsure] for group in sheet.groups for r in group.rows if r.number},
        "at_cells": _at_cells(sheet),
        **{name: render_to_string(f"targets/parts/{part}.html", shown, request) for name, part in parts.items()},
        "clashes": [_clash(clash, sheet, profile) for clash in saved.clashes],
    }


def _at_cells(sheet: Paper) -> dict[str, str]:
    """Return the findings at each cell as HTML, by field name or "<uuid> name"."""
    found: dict[str, Sequence[Finding]] = {name: field.findings for name, field in sheet.fields.items()}
    for group in sheet.groups:
        for row in group.rows:
            if row.number:
                found[f"{row.typed.uuid} name"] = row.name_findings
                found[f"{row.typed.uuid} value"] = row.value_findings
    return {place: render_to_string("targets/parts/findings.html", {"findings": told}).strip()
            for place, told in found.items() if told}


def _clash(clash: Clash, sheet: Paper, profile: Profile) -> dict[str, str | None]:
    label = clash.place.removeprefix("na.") if clash.place.startswith("na.") else place_label(clash.place, profile)
    if clash.place == WHOLE_ROW:
        label = _("Row")
    if clash.place == "code":
        label = sheet.category_label
    return {**asdict(clash), "label": str(label)}


# Last year's table, the library


@require_POST
def table_copy(request: HttpRequest, number: str) -> HttpResponse:
    """Fill the table from last year's (沿用上年)."""
    case = visible_case(request, number, kind=Kind.TARGET)
    copying.copy_last_year(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request))
    return redirect("table", number)


@require_GET
def table_library(request: HttpRequest, number: str) -> HttpResponse:
    """Show approved indicators of one category, to be put into the form by one click."""
    case = visible_case(request, number, kind=Kind.TARGET)
    entries = library_context(case, request.GET.get("library", ""), request.GET.get("library_q", ""))
    return render(request, "targets/parts/library.html", {"case": case, **entries})


def library_context(case: Case, code: str, q: str) -> dict[str, Any]:
    """Return the entries of one category; the first category where none is named."""
    categories = profiles.load(case.profile).categories
    chosen = next((c for c in categories if c.code == code), categories[0])
    entries = copying.library(case=case, code=chosen.code, q=q.strip()[:60])
    return {"categories": categories, "library": chosen, "library_q": q, "library_entries": [
        (entry, json.dumps([chosen.code, entry.name, entry.value], ensure_ascii=False)) for entry in entries]}
