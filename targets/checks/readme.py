"""Writes README.md from the registry: `python -m targets.checks.readme > targets/checks/README.md`."""

import sys

from targets.checks import RULES
from targets.profiles import SEVERITY_LABELS, Profile, load

HEAD = """# The checks

Generated from the registry by `python -m targets.checks.readme > targets/checks/README.md`; a test compares.
The severity is that of the profile `{profile}`; only "must fix" (必须修改) keeps a table from being submitted,
"should fix" (建议修改) asks one tick a table, "hint" (提示) asks nothing.
Each rule answers pass, fail, not applicable or insufficient data; it never guesses.

| rule | severity | what is asked | source |
|---|---|---|---|
"""


def text(profile: Profile) -> str:
    """Return the README of this room for one profile."""
    rows = [
        f"| `{rule.key}` | {SEVERITY_LABELS[profile.severity(rule.key, rule.severity)].lower()} | {rule.title} | "
        f"{rule.source} |"
        for _key, rule in sorted(RULES.items())
    ]
    return HEAD.format(profile=profile.id) + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text(load()))
