"""check_targets FILE… [--json] [--profile nx_2022]: the findings on each table of files. Needs no database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext

from targets.checks import REVIEWER, Finding, check
from targets.management.commands import read_targets
from targets.management.commands.read_targets import sentence
from targets.profiles import DEFAULT, SEVERITY_LABELS, Profile, UnknownProfile, load
from targets.reading import ReadTable


class Command(read_targets.Command):
    """Check the target tables of files and print the findings; exit 1 when any file was refused."""

    help = "Check the target tables of files and print the findings. Needs no database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE…, --json, --profile."""
        super().add_arguments(parser)
        parser.add_argument("--profile", default=DEFAULT, help="regional profile (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one entry a file. Raises: CommandError on an unknown profile."""
        try:
            load(options["profile"])
        except UnknownProfile as unknown:
            raise CommandError(str(unknown)) from unknown
        super().handle(*args, **options)

    def table_json(self, table: ReadTable, profile: Profile) -> dict[str, Any]:
        """Return one table as read, with its findings."""
        found = check(content=table.content, profile=profile, audience=REVIEWER)
        return {**super().table_json(table, profile), "findings": [_finding_json(finding) for finding in found]}

    def table_lines(self, table: ReadTable, profile: Profile) -> list[str]:
        """Return one line a finding."""
        return [
            f"{finding.rule} [{gettext(SEVERITY_LABELS[finding.severity])}] {finding.place}: {sentence(finding)}"
            for finding in check(content=table.content, profile=profile, audience=REVIEWER)
        ]


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "place": finding.place,
        "message": sentence(finding),
        "source": finding.source,
        "audience": finding.audience,
        "rows": list(finding.rows),
        "fixes": [{"kind": fix.kind, "place": fix.place, "text": fix.text} for fix in finding.fixes],
    }
