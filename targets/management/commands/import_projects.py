"""Take in a project list from the command line, as the page does."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import projects
from workflow.models import Round, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "Import the project list FILE (xlsx or csv) into a round; all rows or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--round", type=int, required=True, help="the round's id")
        parser.add_argument("--as", dest="person", required=True, metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["person"], is_active=True).first()
        round = Round.objects.filter(pk=options["round"]).first()
        if by is None or round is None:
            raise CommandError("There is no such active person." if by is None else "There is no such round.")
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file “{path}”.")
        try:
            result = projects.import_project_list(name=path.name, data=path.read_bytes(), by=by, now=timezone.now(),
                                                  round=round)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        for row in result.refused:
            self.stderr.write(row.sentence)
        if result.refused:
            raise CommandError(f"{len(result.refused)} rows are wrong; nothing was stored.")
        self.stdout.write(f"created {result.created}, updated {result.updated}, unchanged {result.unchanged}")
