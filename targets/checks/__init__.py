"""CONTENT → FINDINGS. One rule is one small function with a stable id and a source; README.md lists them.

Pure: no Django, no database, no clock. Called by the import preview, the draft, SUBMIT's blockers, the commands.
"""

from targets.checks import (
    afterwards,
    category,
    cost,
    figures,
    funds,
    naming,
    neighbours,
    prices,
    quality,
    relevance,
    satisfaction,
    structure,
    wording,
)
from targets.checks.lexicon import emptied
from targets.checks.mends import applied
from targets.checks.registry import (
    ALL,
    REVIEWER,
    RULES,
    CheckContext,
    Finding,
    Fix,
    Outcome,
    Rule,
    Verdict,
    judge,
    subject,
)
from targets.checks.relevance import names_an_organ
from targets.checks.wording import KINDS_OF_OFFICE, secrecy_mark, secret_texts
from targets.content import TableContent
from targets.profiles import SEVERITIES, Profile

__all__ = [
    "ALL",
    "FAMILIES",
    "KINDS_OF_OFFICE",
    "REVIEWER",
    "RULES",
    "CheckContext",
    "Finding",
    "Fix",
    "Outcome",
    "Rule",
    "Verdict",
    "applied",
    "check",
    "emptied",
    "names_an_organ",
    "outcomes",
    "secrecy_mark",
    "secret_texts",
]

# Importing a family registers its rules.
FAMILIES = (
    structure,
    funds,
    cost,
    prices,
    category,
    figures,
    quality,
    naming,
    satisfaction,
    relevance,
    wording,
    neighbours,
    afterwards,
)


def outcomes(*, content: TableContent, profile: Profile, context: CheckContext | None = None) -> tuple[Outcome, ...]:
    """Return what every rule says of the table: pass, fail, not applicable or insufficient data; by rule key."""
    table = subject(content=content, profile=profile, context=context or CheckContext())
    return tuple(judge(RULES[key], table) for key in sorted(RULES))


def check(
    *, content: TableContent, profile: Profile, context: CheckContext | None = None, audience: str = ALL
) -> tuple[Finding, ...]:
    """Return the findings on a table: what must be fixed first, then by the order of the form.

    `audience` "all" leaves out what only a reviewer is to see; "reviewer" gives everything.
    """
    told = outcomes(content=content, profile=profile, context=context)
    found = [f for outcome in told for f in outcome.findings if audience == REVIEWER or f.audience == ALL]
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.row or 0, f.rule)))
