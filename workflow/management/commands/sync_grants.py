"""Rewrite guardian's rows from state and tasks; with --check only report where they differ."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflow import grants


class Command(BaseCommand):
    help = "Derive every case's rights anew. With --check nothing is written and any difference exits 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="report differences, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        drifts = list(grants.drift(mend=not options["check"]))
        for drift in drifts:
            self.stdout.write(
                f"{drift.number} missing: {', '.join(drift.missing) or '-'}; surplus: {', '.join(drift.surplus) or '-'}"
            )
        if drifts and options["check"]:
            raise CommandError(f"{len(drifts)} cases differ.", returncode=1)
        self.stdout.write(f"{len(drifts)} cases {'differ' if options['check'] else 'mended'}.")
