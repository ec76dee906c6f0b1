"""CONTENT → FINDINGS. One rule is one small function with a stable id and a source; README.md lists them.

Pure: no Django, no database, no clock. Called by the import preview, the draft, SUBMIT's blockers, the commands.
"""

from targets.checks import money, structure, wording
from targets.checks.registry import (
    RULES,
    CheckContext,
    Finding,
    Outcome,
    Rule,
    Verdict,
    judge,
    subject,
)
from targets.content import TableContent
from targets.profiles import SEVERITIES, Profile

__all__ = [
    "RULES",
    "CheckContext",
    "Finding",
    "Outcome",
    "Rule",
    "Verdict",
    "check",
    "money",
    "outcomes",
    "structure",
    "wording",
]


def outcomes(*, content: TableContent, profile: Profile, context: CheckContext | None = None) -> tuple[Outcome, ...]:
    """Return what every rule says of the table: pass, fail, not applicable or insufficient data; by rule key."""
    table = subject(content=content, profile=profile, context=context or CheckContext())
    return tuple(judge(RULES[key], table) for key in sorted(RULES))


def check(*, content: TableContent, profile: Profile, context: CheckContext | None = None) -> tuple[Finding, ...]:
    """Return the findings on a table: what must be fixed first, then by the order of the form."""
    found = [f for outcome in outcomes(content=content, profile=profile, context=context) for f in outcome.findings]
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.row or 0, f.rule)))
