"""What the document's pages read: constant in queries whatever the number of rows. Writes nothing.

Visibility is the caller's filter where a case is named. The lists are in targets.overview.
"""

import json
from collections.abc import Sequence

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from targets import judging, organisations, rows
from targets.checks import Finding
from targets.content import Change, TableContent, diff
from targets.models import (
    Comment,
    ImportedTable,
    Indicator,
    IndicatorProgress,
    MonitoringPeriod,
    MonitoringReport,
    Project,
    ProjectListImport,
    ReviewSheet,
    Revision,
    SourceDocument,
    TargetTable,
)
from workflow import grants
from workflow.machine import REVIEW_STATES, Kind, State
from workflow.models import Case, Decision, Event, Round, User
from workflow.record import payload_of

# One table, one report

def table_for(case: Case) -> TargetTable:
    """Return the table of `case` with project and rows loaded. Two queries. Raises: TargetTable.DoesNotExist."""
    return (TargetTable.objects.select_related("project", "looked_at_by", "source__source")
            .prefetch_related(Prefetch("indicators", Indicator.objects.order_by("position", "id"))).get(pk=case.pk))


def report_for(case: Case) -> MonitoringReport:
    """Return the report of `case` with period and rows loaded. Two queries. Raises: MonitoringReport.DoesNotExist."""
    return (MonitoringReport.objects.select_related("period", "target")
            .prefetch_related(Prefetch("progress", IndicatorProgress.objects.order_by("position", "id")))
            .get(pk=case.pk))


def content_of(case: Case) -> TableContent:
    """Return what the table of `case` says now."""
    return rows.content_of(case)


def findings_for(case: Case) -> tuple[Finding, ...]:
    """Return the findings of the table of `case` as it stands; say them with judging.sentence."""
    return judging.judge(case, rows.content_of(case), TargetTable.objects.filter(pk=case.pk).first())


def timeline(case: Case) -> list[Event]:
    """Return the chain of `case`, oldest first, each event with its facts as `event.facts`. One query."""
    events = list(Event.objects.filter(case=case).select_related("actor").order_by("seq"))
    for event in events:
        event.facts = payload_of(event)  # type: ignore[attr-defined]
    return events


def last_decided_content(case: Case, by: User) -> TableContent | None:
    """Return the table as `by` last decided on it, None when they never did: what changed since is what to look at."""
    last = Decision.objects.filter(case=case, actor=by).order_by("-pk").values_list("content_hash", flat=True).first()
    return _content_of_hash(case, last) if last else None


def last_submitted_content(case: Case, *, before_pass: int | None = None) -> TableContent | None:
    """Return the table as it was last submitted (before pass `before_pass`, when given), None when it never was."""
    found = Revision.objects.filter(case=case, why=Revision.Why.SUBMITTED)
    if before_pass is not None:
        found = found.filter(pass_no__lt=before_pass)
    revision = found.order_by("-event_seq").first()
    return TableContent.from_canonical(json.loads(revision.content)) if revision else None


def compared_with(case: Case, by: User) -> tuple[TableContent | None, str]:
    """Return what `by` compares the table with, and the words for it: their last decision, else the pass before."""
    if (before := last_decided_content(case, by)) is not None:
        return before, _("since your last decision")
    if (before := last_submitted_content(case, before_pass=case.pass_no)) is not None:
        return before, _("since the submission before")
    return None, ""


def changes_for(case: Case, by: User) -> tuple[Change, ...]:
    """Return what changed since `by` last decided, else since the submission before this one; () when first seen."""
    before, _words = compared_with(case, by)
    return diff(before, rows.content_of(case)) if before else ()


def facts_of(case: Case, content: TableContent, table: TargetTable) -> list[tuple[str, str]]:
    """Return facts that a reviewer weighs, as (label, text): list and amount, ticks, passes, lateness. One query."""
    listing = judging.listing_of(case)
    facts = [(_("On the project list"), _("no") if case.is_off_list or listing is None else listing.name)]
    if listing is not None and listing.amount is not None:
        facts.append((_("Amount listed (万元)"), rows.wan(listing.amount)))
    facts.append((_("Indicators"), str(len(content.indicators))))
    if table.looked_at_count:
        facts.append((_("Suggestions looked at and kept"), f"{table.looked_at_count} · {table.looked_at_by}"))
    facts.append((_("Times submitted"), str(case.pass_no)))
    if case.is_late:
        facts.append((_("Submitted late"), _("yes")))
    return facts


def _content_of_hash(case: Case, content_hash: str) -> TableContent | None:
    revision = Revision.objects.filter(case=case, content_hash=content_hash).order_by("-event_seq").first()
    return TableContent.from_canonical(json.loads(revision.content)) if revision else None


def comments_for(case: Case, user: User) -> QuerySet[Comment]:
    """Return the comments that `user` may read: those published, and their own."""
    return (Comment.objects.filter(case=case).filter(Q(published_at__isnull=False) | Q(author=user))
            .select_related("author", "answered_by", "resolved_by"))


def sheets_for(case: Case) -> QuerySet[ReviewSheet]:
    """Return the review sheets of `case`, oldest first."""
    return ReviewSheet.objects.filter(case=case).select_related("filled_by", "decision__step")


def revisions_for(case: Case) -> QuerySet[Revision]:
    """Return the kept revisions of `case`, newest first."""
    return Revision.objects.filter(case=case).select_related("made_by").order_by("-event_seq")


# Uploads and periods

def upload_for(user: User, pk: int) -> SourceDocument:
    """Return one upload of a unit that `user` edits for, with its tables. Raises: SourceDocument.DoesNotExist."""
    tables = ImportedTable.objects.select_related("suggested", "case__step").order_by("position")
    return (SourceDocument.objects.filter(unit__in=organisations.units_edited_by(user))
            .select_related("unit", "uploaded_by").prefetch_related(Prefetch("tables", tables)).get(pk=pk))


def list_imports(round: Round | None = None) -> QuerySet[ProjectListImport]:
    """Return the imports of the project list, newest first."""
    found = ProjectListImport.objects.select_related("round", "imported_by")
    return found.filter(round=round) if round else found


def periods_with_counts(user: User) -> list[MonitoringPeriod]:
    """Return the periods with the counts that `user` sees: reports_open, reports_in_review, reports_accepted."""
    seen = Q(reports__case__in=grants.visible_to(user))

    def count(states: Sequence[str]) -> Count:
        return Count("reports", filter=seen & Q(reports__case__state__in=states))

    return list(MonitoringPeriod.objects.annotate(
        reports_open=count([State.DRAFT]), reports_in_review=count(REVIEW_STATES),
        reports_accepted=count([State.APPROVED, State.CLOSED])).order_by("-fiscal_year", "from_date"))


def tables_without_report(user: User, period: MonitoringPeriod) -> QuerySet[Case]:
    """Return the tables in force that `user` sees and that have no report for `period` yet."""
    return (grants.visible_to(user).filter(kind=Kind.TARGET, fiscal_year=period.fiscal_year,
                                           state__in=(State.APPROVED, State.MONITORING))
            .exclude(reports__period=period).select_related("unit", "department"))


def project_of(case: Case) -> Project | None:
    """Return the project whose table `case` is about, itself or its parent."""
    table = TargetTable.objects.filter(pk__in=[pk for pk in (case.pk, case.parent_id) if pk]).select_related(
        "project").order_by("-pk").first()
    return table.project if table else None
