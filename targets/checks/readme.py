"""Writes README.md from the registry: `python -m targets.checks.readme > targets/checks/README.md`."""

import sys
import tomllib
from inspect import getdoc

from targets.checks import FAMILIES, REVIEWER, RULES, Rule
from targets.checks.lexicon import DATA
from targets.checks.progress import REPORT_RULES
from targets.profiles import SEVERITY_LABELS, Profile, known, load
from targets.reading.problems import KINDS

HEAD = """# The checks

Generated from the registry by `python -m targets.checks.readme > targets/checks/README.md`; a test compares.
The severity is that of the profile `{profile}`; only "must fix" (必须修改) keeps a table from being submitted,
"should fix" (建议修改) asks one tick a table, "hint" (提示) asks nothing, "off" is not asked.
Each rule answers pass, fail, not applicable or insufficient data; it never guesses. What fires on every row is one
finding a table, with its rows. "Reviewer" marks what is shown to who reviews, not to who fills in.
Words, units and known slips are data: `data/*.toml`. {count} rules.
"""
FAMILY = """
## {title}

| rule | severity | what is asked | source |
|---|---|---|---|
"""
OTHERS = """
## Other profiles

{title} (`{id}`) grades as above, but: {differences}.
"""
CATALOGUE = """
## Kept elsewhere

`data/catalogue.toml` holds every id of the catalogue of checks and a test holds it to the code. Not in this room:

| id | where |
|---|---|
{rows}"""
REPORTS = """
## Rules on a monitoring report

`progress.py` asks these of a report, not of a table; none of them keeps it from being submitted. Unit and reviewer see
them beside the row.

| rule | severity | what is asked | source |
|---|---|---|---|
"""
READING = """
## Told by the reading

These cannot be seen in the content any more; the reading of a file tells them, with the place in the file:
{codes}.
"""


def text(profile: Profile) -> str:
    """Return the README of this room for one profile."""
    parts = [HEAD.format(profile=profile.id, count=len(RULES))]
    for family in FAMILIES:
        own = [rule for _key, rule in sorted(RULES.items()) if rule.judge.__module__ == family.__name__]
        title = (getdoc(family) or "").splitlines()[0].removesuffix(".")
        parts.append(FAMILY.format(title=title) + "".join(_row(rule, profile) for rule in own))
    parts += [_other(load(id), profile) for id in known() if id != profile.id]
    parts.append(
        REPORTS
        + "".join(
            f"| `{id}` | {str(SEVERITY_LABELS[rule.severity]).lower()} | {rule.title} | {rule.source} |\n"
            for id, rule in sorted(REPORT_RULES.items())
        )
    )
    codes = sorted({kind.code for kind in KINDS.values()} - set(RULES))
    parts.append(READING.format(codes=", ".join(f"`{code}`" for code in codes)))
    parts.append(CATALOGUE.format(rows="".join(f"| `{id}` | {where} |\n" for id, where in sorted(elsewhere().items()))))
    return "".join(parts)


def catalogue() -> dict[str, dict[str, str]]:
    """Return the list of all ids as it is kept."""
    return tomllib.loads((DATA / "catalogue.toml").read_text("utf-8"))


def elsewhere() -> dict[str, str]:
    """Return id → where it is kept, for what is no rule and not told by the reading."""
    kept = catalogue()
    said = {"procedure": "`{}`", "monitoring": "`{}`", "withdrawn": "not asked: {}", "later": "not built yet: {}"}
    return {id: words.format(where) for part, words in said.items() for id, where in kept[part].items()}


def _other(other: Profile, profile: Profile) -> str:
    """What another profile grades differently."""
    differs = [
        f"`{key}` {_grade(other, rule)}"
        for key, rule in sorted(RULES.items())
        if _grade(other, rule) != _grade(profile, rule)
    ]
    return OTHERS.format(title=other.title, id=other.id, differences="; ".join(differs))


def _grade(profile: Profile, rule: Rule) -> str:
    severity = profile.severity(rule.key, rule.severity)
    return str(SEVERITY_LABELS[severity]).lower() if severity in SEVERITY_LABELS else severity


def _row(rule: Rule, profile: Profile) -> str:
    grade = _grade(profile, rule)
    marked = f"{grade} · reviewer" if rule.audience == REVIEWER else grade
    return f"| `{rule.key}` | {marked} | {rule.title} | {rule.source} |\n"


if __name__ == "__main__":
    sys.stdout.write(text(load()))
