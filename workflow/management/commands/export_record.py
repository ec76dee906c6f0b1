"""Write the record of one case to a zip with its own verifier; the export is noted in the record."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import exports, grants
from workflow.models import Case, User


class Command(BaseCommand):
    help = "Write the record of the case NUMBER to --out FILE.zip; the verify.py inside checks it anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number")
        parser.add_argument("--out", required=True, metavar="FILE.zip")
        parser.add_argument("--as", dest="person", default="", metavar="USER", help="who takes it out; else the system")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["person"], is_active=True).first()
        if options["person"] and by is None:
            raise CommandError(f"There is no active person “{options['person']}”.")
        case = Case.objects.select_related("department").filter(number=options["number"]).first()
        if case is None or (by is not None and not grants.may(by, "view", case)):
            raise CommandError(f"There is no case {options['number']}.")
        out = Path(options["out"])
        out.write_bytes(exports.export_record(case_id=case.pk, by=by, now=timezone.now()))
        self.stdout.write(f"{out}: {case.number}")
