"""Set the control figures of a round from the command line (下达控制数), as the page does."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import figures
from targets.management.commands.fill_for import file_of, person_of
from workflow import batches
from workflow.models import Batch, Round
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "Take in the control figures FILE of a round and say what they do to each table; --yes carries it out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--round", type=int, required=True, help="the round's id")
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--whole", action="store_true", help="projects that FILE does not name get no money")
        parser.add_argument("--yes", action="store_true", help="take the list in and carry it out")

    def handle(self, *args: Any, **options: Any) -> None:
        by, now, path = person_of(options["person"]), timezone.now(), file_of(options["file"])
        round = Round.objects.filter(pk=options["round"]).first()
        if round is None:
            raise CommandError("There is no such round.")
        file: dict[str, Any] = {"name": path.name, "data": path.read_bytes()}
        try:
            seen = figures.preview(**file, round=round, is_whole=options["whole"])
            for one in seen.figures:
                self.stdout.write(f"{one.code} {one.was} -> {one.figure} {one.outcome or one.why_not}")
            if options["yes"]:
                self._carry_out(file, round, is_whole=options["whole"], by=by, now=now)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _carry_out(self, file: dict[str, Any], round: Round, *, is_whole: bool, by: Any, now: Any) -> None:
        taken = figures.take_list(**file, round=round, by=by, now=now)
        if taken.refused:
            raise CommandError("\n".join(row.sentence for row in taken.refused))
        batch = figures.prepare(**file, round=round, is_whole=is_whole, by=by, now=now)
        batch = batches.confirm(batch, by=by, now=now)
        carried = -1
        while batch.status == Batch.Status.WAITING and len(batch.results) > carried:
            carried = len(batch.results)
            batch = batches.go_on(batch, now=now)
        if batch.status == Batch.Status.WAITING:
            self.stdout.write("goes on in the background")
        done = sum(result["done"] for result in batch.results)
        self.stdout.write(f"done {done}, left alone {len(batch.results) - done}")
