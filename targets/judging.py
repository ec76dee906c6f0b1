"""Findings of a target table with what the rules must know of its project and its neighbours.

Between the pure checks and the tables: loads the context, asks the checks, says the sentences. Called by
kinds (what blocks), drafts (what the tick covers) and views (what the pages show).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext

from targets import attachments, checks, history, profiles
from targets.content import TableContent
from targets.models import ProjectListing, TargetTable
from targets.reading.result import filled
from targets.rows import YUAN_A_WAN
from workflow.machine import Kind, State
from workflow.models import Case


def sentence(marked: Any) -> str:
    """Return the message of a finding, problem or refusal of the pure rooms in the reader's language."""
    return filled(marked.message, marked.facts, gettext)


def listing_of(case: Case) -> ProjectListing | None:
    """Return what the latest round lists of `case`, on the list or off it; None before any. Kept on the instance."""
    if "_listing" not in case.__dict__:
        found = ProjectListing.objects.filter(case=case).select_related("round", "project")
        case.__dict__["_listing"] = found.order_by("-round_id").first()
    kept: ProjectListing | None = case.__dict__["_listing"]
    return kept


def context_of(case: Case, table: TargetTable | None, content: TableContent, *,
               audience: str = checks.ALL) -> checks.CheckContext:
    """Return what the rules ask about `case` besides its content. Amounts in 万元. Six queries at most.

    For a reviewer also what lies beside the table, six queries more; none of them grows with the tables.
    """
    if audience == checks.REVIEWER:
        last_year, neighbours = history.last_year_and_neighbours(case, table)
    else:
        last_year, neighbours = history.last_year_of(case, table), ()
    listing = None if case.is_off_list else listing_of(case)
    amount = listing.amount / YUAN_A_WAN if listing and listing.amount is not None else None
    required = attachments.required_labels(case, table, listing_of(case))
    context = checks.CheckContext(
        listed_name=listing.name if listing else None,
        listed_amount_wan=amount,
        control_figures_final=bool(listing and listing.round.control_figures_final),
        same_project_exists=has_twin(case),
        not_applicable=table.not_applicable if table else {},
        is_key_project=bool(listing and listing.project.is_key),
        required_attachments=required,
        attachments=attachments.labels_there(case) if required else (),
        last_year=last_year,
        neighbours=neighbours,
        other_organisations=history.other_offices(case),
        secrecy_confirmed=table.secrecy_mark if table else "",
    )
    return _beside(context, case, table, content) if audience == checks.REVIEWER else context


def _beside(context: checks.CheckContext, case: Case, table: TargetTable | None,
            content: TableContent) -> checks.CheckContext:
    """Return `context` with what only who reviews is told about: other tables, sums, execution, library, offices."""
    asked, given = history.sums_of_unit(case, None if case.is_off_list else listing_of(case))
    return replace(
        context,
        last_year_spent=history.spent_last_year(case, table, context.last_year),
        unit_total_wan=asked,
        unit_control_wan=given,
        same_in_units=history.units_with_the_same(case, content),
        library=history.library_for(case, content),
        hosted_units=history.names_kept_by(case, content),
    )


def has_twin(case: Case) -> bool:
    """Return whether the unit has another living table of the same name in the same fiscal year (XTB-01)."""
    return Case.objects.filter(
        kind=Kind.TARGET, unit=case.unit_id, fiscal_year=case.fiscal_year, title=case.title, parent=None,
    ).exclude(pk__in=[case.pk, case.parent_id or 0]).exclude(state__in=(State.CANCELLED, State.REJECTED)).exists()


def judge(case: Case, content: TableContent, table: TargetTable | None, *,
          audience: str = checks.ALL) -> tuple[checks.Finding, ...]:
    """Return the findings of `content` as the document of `case`. Kept on the instance for one content.

    `audience` "reviewer" adds what only who reviews is to see.
    """
    kept: dict[str, tuple[checks.Finding, ...]] = case.__dict__.setdefault("_findings", {})
    mark = audience + content.hash()
    mark += repr((sorted(table.not_applicable.items()), table.secrecy_mark) if table else "")
    if mark not in kept:
        kept[mark] = checks.check(content=content, profile=profiles.load(case.profile),
                                  context=context_of(case, table, content, audience=audience), audience=audience)
    return kept[mark]


def counts(findings: tuple[checks.Finding, ...]) -> Mapping[str, int]:
    """Return how many findings there are of each severity."""
    return Counter(finding.severity for finding in findings)
