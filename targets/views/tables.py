"""The target table's pages: the list, the form or the reading view of one table, and its print."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from targets import (
    adjustments,
    attachments,
    comparing,
    differences,
    exporting,
    judging,
    overview,
    profiles,
    reopened,
    secrecy,
    suggestions,
)
from targets.checks import ALL, REVIEWER, Finding
from targets.content import TableContent
from targets.forms import DecisionForm, ListFilters
from targets.models import Attachment, Comment, Indicator, TargetTable
from targets.paper import FormText, paper, place_anchor
from targets.rows import content_from, content_of, identity_of
from targets.views import filling
from targets.views.common import person, standing_context, visible_case
from workflow import choices, grants
from workflow.engine import Seen
from workflow.look import Look
from workflow.machine import Action, Kind, Role
from workflow.models import Case
from workflow.queries import is_finance


@require_GET
def table_list(request: HttpRequest) -> HttpResponse:
    """Show the tables that the person sees, by tab, with filters in the address."""
    filters, after = ListFilters(request.GET).asked()
    page = overview.tables_for(person(request), filters=filters, after=after)
    departments, years = overview.choices_for(person(request))
    return render(request, "targets/table_list.html", {
        "section": "tables", "page": page, "filters": filters, "departments": departments, "years": years,
        "tab": page.tab(filters.state), "now": timezone.now(), "is_finance": is_finance(person(request)),
        "is_filtered": bool(filters.department or filters.year or filters.q or filters.unit),
    })


@require_GET
def table(request: HttpRequest, number: str) -> HttpResponse:
    """Show one table: the form for whoever may edit it now, else the paper with what may be decided."""
    case = visible_case(request, number, kind=Kind.TARGET)
    context = standing_context(request, case)
    if context["may"][Action.EDIT].may:
        return form_page(request, case, context=context)
    return read_page(request, case, context=context)


@dataclass(frozen=True, slots=True)
class Stored:
    """A table as it stands: its row (None before it was begun), its texts, its content, the identity of its rows."""

    row: TargetTable | None
    text: FormText
    content: TableContent
    ids: tuple[str, ...] = ()


@require_GET
def table_print(request: HttpRequest, number: str) -> HttpResponse:
    """Show the table in the official layout, ready for the printer."""
    case = visible_case(request, number, kind=Kind.TARGET)
    text = stored(case).text
    sheet = paper(text, profile=profiles.load(case.profile), year=case.fiscal_year)
    mark = exporting.mark_of(case, content_of(case))
    return render(request, "targets/table_print.html",
                  {"case": case, "paper": sheet, "mark": mark, "now": timezone.now()})


def stored(case: Case, *, files: Sequence[Attachment] | None = None) -> Stored:
    """Return the table as it stands. Two statements; one where its attachments (`files`) are loaded."""
    row: TargetTable | None = getattr(case, "table", None)  # visible_case has joined it
    if row is None:
        content = TableContent(project_name=case.title, fiscal_year=case.fiscal_year)
        return Stored(None, FormText.of_content(content), content)
    indicators = list(Indicator.objects.filter(table=row).order_by("position", "id"))
    digests = attachments.digests(case) if files is None else attachments.digests_of(files)
    content = content_from(row, rows=[(i.code, i.name, i.value, i.planned_month) for i in indicators],
                           digests=digests)
    text = FormText.of_content(content, uuids=[i.uuid for i in indicators], not_applicable=row.not_applicable)
    return Stored(row, text, content, tuple(identity_of(i) for i in indicators))


def locked_fields(case: Case, row: TargetTable | None) -> tuple[str, ...]:
    """Return the header fields that the project list fixes: shown, not typed."""
    listed = not case.is_off_list and row is not None and row.project is not None
    if row is not None and row.only_funds:
        return reopened.LOCKED_FIELDS
    return ("project_name",) if listed else ()


def form_page(request: HttpRequest, case: Case, *, context: dict[str, Any] | None = None,
              typed: FormText | None = None, seen: Seen | None = None, status: int = 200,
              template: str = "targets/table_form.html", **more: Any) -> HttpResponse:
    """Show the form, with what is stored or, when something was refused, with what was typed.

    `seen`: what the typed texts were made from, so that a stale form stays stale; None: what stands now.
    """
    context = context or standing_context(request, case)
    files = attachments.of_case(case)
    there = stored(case, files=files)
    row, text, content = there.row, there.text, there.content
    base = filling.base_of(text) if typed is not None else None
    if typed is not None:
        content, text = typed.content(content), typed
        text = FormText({**FormText.of_content(content).header, **typed.header}, typed.rows, typed.not_applicable)
    findings = judging.judge(case, content, row)
    sheet = paper(text, profile=profiles.load(case.profile), year=case.fiscal_year, locked=locked_fields(case, row),
                  findings=findings)
    comments = open_comments(case)
    answer = render(request, template, {
        "section": "tables", **context, "paper": sheet,
        "chain": adjustments.chain(case) if case.parent_id else (),
        "suggestions": suggestions.open_suggestions(case) if case.pass_no else (),
        "unconfirmed": choices.unconfirmed(context["look"]),
        "open_codes": reopened.OPEN_CODES, "only_funds": row is not None and row.only_funds,
        "is_typed": typed is not None, "form_base": base,
        **filling.context(case, row, sheet, findings), "comments": comments,
        "looked_at": _is_looked_at(row, content),
        "shelf": attachments.shelf(case, row, files=files, listing=judging.listing_of(case)),
        "secrecy": secrecy.standing(case, row, content, by=person(request)),
        "seen": seen or Seen(case.version, case.content_hash), "profile": profiles.load(case.profile), **more,
    }, status=status)
    answer.headers["Cache-Control"] = "private, no-store"  # going back shows what is stored, not what was
    return answer


def _is_looked_at(row: TargetTable | None, content: TableContent) -> bool:
    return row is not None and bool(row.looked_at_hash) and row.looked_at_hash == content.hash()


def findings_context(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings by severity, each with its sentence and the place on the page to jump to."""
    told: dict[str, list[dict[str, Any]]] = {severity: [] for severity in profiles.SEVERITIES}
    for finding in findings:
        told[finding.severity].append({
            "rule": finding.rule, "words": judging.sentence(finding), "anchor": place_anchor(finding.place),
            "source": finding.source})
    return {"must_fix": told[profiles.MUST_FIX], "should_fix": told[profiles.SHOULD_FIX],
            "hints": told[profiles.HINT]}


def open_comments(case: Case) -> list[Comment]:
    """Return the reviewers' published remarks that nobody has resolved. One statement."""
    return list(Comment.objects.filter(case=case, published_at__isnull=False, resolved_at=None)
                .select_related("author", "answered_by"))


def _is_reviewer(request: HttpRequest) -> bool:
    """Return whether the person decides on anything at all, so that a missing button needs its reason."""
    return any(held.role not in (Role.EDITOR, Role.AUDITOR) for held in grants.roles_of(person(request)))


def read_page(request: HttpRequest, case: Case, *, context: dict[str, Any] | None = None,
              form: DecisionForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    """Show the paper, what changed since this reviewer last looked, and the decision where one is asked."""
    context = context or standing_context(request, case)
    look: Look = context["look"]
    files = attachments.of_case(case)
    there = stored(case, files=files)
    row, content = there.row, there.content
    now = differences.Version(content, there.ids)
    last = look.last_by_actor()
    is_known = case.pass_no > 1 or case.parent_id or look.happened(Action.APPROVE, Action.RELEASE, Action.ADMIT)
    bases = comparing.bases_for(case, last=(last.seq, last.at) if last else None, now=now) if is_known else {}
    since = request.GET.get("since") if request.GET.get("since") in bases else next(iter(bases), "")
    before = bases[since].version if since else None
    changes = differences.changes(before, now) if before is not None else ()
    decides = any(context["may"][action].may for action in (Action.APPROVE, Action.RELEASE, Action.RETURN))
    findings = judging.judge(case, content, row, audience=REVIEWER if decides else ALL)
    sheet = paper(there.text, profile=profiles.load(case.profile), year=case.fiscal_year, changes=changes,
                  findings=findings if decides else ())
    facts = comparing.facts_of(case, content, row, counts=dict(judging.counts(findings)))
    if context["may"][Action.RELEASE].may:
        facts += comparing.ceilings_of(case)
    return render(request, "targets/table_read.html", {
        "section": "tables", **context, "release_scan": choices.release_scan(look),
        "paper": sheet, "decides": decides, "changes": changes,
        "profile": profiles.load(case.profile), "is_scored": bool(row and row.project and row.project.is_key),
        "shelf": attachments.shelf(case, row, files=files, listing=judging.listing_of(case),
                                   compared_with=before.content.attachments if before is not None else None),
        "secrecy": secrecy.standing(case, row, content, by=person(request)),
        "bases": [(name, base.words) for name, base in bases.items()], "since": since, "row": row,
        "before_words": bases[since].words if since else "", "places": comparing.places_of(now, bases),
        "row_numbers": {identity: n for n, identity in enumerate(now.ids, start=1)},
        "chain": adjustments.chain(case) if case.parent_id or look.happened(Action.ADJUST) else (),
        **findings_context(findings), "comments": open_comments(case), "form": form or DecisionForm(),
        "reports": list(case.reports.select_related("case", "period"))
        if look.happened(Action.OPEN_MONITORING) else [],
        "reviews": _is_reviewer(request),
        "decide_url": reverse("table_decide", args=[case.number]),
        "facts": facts,
        **more,
    }, status=status)
