"""Rules on what follows a released table: its publication and its self-evaluation.

Each says "insufficient data" as long as the system holds no such document of the table; none of them guesses.
"""

from decimal import Decimal

from targets.checks import sources
from targets.checks.registry import REVIEWER, Answer, Hit, Subject, Verdict, plain, rule
from targets.profiles import HINT
from workflow.text import _

DAYS_TO_PUBLISH = 20
SPENT_FOR_FULL_MARKS = Decimal("0.8")


@rule(
    "PUB-01",
    severity=HINT,
    audience=REVIEWER,
    source=sources.PUBLIC,
    message=_(
        "Released %(days)s days ago and not published yet. Targets are published within %(limit)s days; "
        "ask for the link."
    ),
)
def is_published_in_time(table: Subject) -> Answer:
    """A released table is published by the twentieth day."""
    days, published = table.context.days_since_release, table.context.is_published
    if days is None or published is None:
        return Verdict.INSUFFICIENT_DATA
    late = days > DAYS_TO_PUBLISH and not published
    return [Hit("project_name", {"days": str(days), "limit": str(DAYS_TO_PUBLISH)})] if late else []


@rule(
    "SLF-11",
    severity=HINT,
    audience=REVIEWER,
    source=sources.SELF_EVALUATION,
    message=_("Full marks in the self-evaluation, but only %(spent)s %% of the money was spent. Look at it again."),
)
def full_marks_go_with_spending(table: Subject) -> Answer:
    """A self-evaluation does not give itself full marks where less than 80 % of the money was spent."""
    full, spent = table.context.has_full_marks, table.context.executed_share
    if full is None or spent is None:
        return Verdict.INSUFFICIENT_DATA
    return [Hit("funds.total", {"spent": plain(spent * 100)})] if full and spent < SPENT_FOR_FULL_MARKS else []
