"""Propose from the command line that a table approved on paper is admitted (补录); `act NUMBER admit` confirms."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import drafts, standing_in
from targets.management.commands.fill_for import case_of, person_of, scan_of
from workflow.refusals import Blocked, Refused


class Command(BaseCommand):
    help = "Propose the admission of the table NUMBER; a second person of the finance bureau confirms it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number")
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--document-number", required=True)
        parser.add_argument("--document-date", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--scan", type=Path, help="the approval with its seal, where it is not attached yet")
        parser.add_argument("--reason", default="")
        parser.add_argument("--key", default="", help="operation key; the same key twice has one effect")

    def handle(self, *args: Any, **options: Any) -> None:
        by, case, now = person_of(options["person"]), case_of(options["number"]), timezone.now()
        try:
            standing_in.propose_admission(
                case=case, by=by, now=now, seen=drafts.seen_of(case), key=options["key"] or f"propose:{uuid4()}",
                document_number=options["document_number"], document_date=options["document_date"],
                reason=options["reason"], scan=scan_of(options["scan"]))
        except Blocked as refusal:
            raise CommandError("\n".join(blocker.message for blocker in refusal.blockers)) from refusal
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{case.number}: admission proposed")
