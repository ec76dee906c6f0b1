"""export_tables [NUMBER…] [--round ID] --form target|review|exchange --format docx|xlsx|pdf --out DIR [--volume]"""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from targets import exchange, export, exporting, jobs, profiles, sheets, word_templates
from targets.export import Format
from targets.exporting import Exported
from targets.rows import content_of
from workflow.machine import Kind
from workflow.models import Case
from workflow.refusals import Refused

FORMS = ("target", "review", "exchange")


class Command(BaseCommand):
    """Print target tables into a folder; each is recorded as taken out by the system."""

    help = "Print the target tables or review sheets of cases as Word, Excel or PDF files, or write the exchange file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NUMBER…, --round, --format, --form, --out, --volume."""
        parser.add_argument("number", nargs="*", help="numbers of cases, 2027-0001")
        parser.add_argument("--round", type=int, help="the id of a round: all its tables, instead of numbers")
        parser.add_argument("--format", choices=[f.value for f in Format], default=Format.DOCX.value)
        parser.add_argument("--form", choices=FORMS, default=FORMS[0],
                            help="the target table, the review sheet, or one file for the integrated budget system")
        parser.add_argument("--out", type=Path, default=Path(), help="folder to write to (made when missing)")
        parser.add_argument("--volume", action="store_true", help="all tables in one PDF besides")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files and print their paths. Raises: CommandError when a number is no target table, or none is."""
        cases = self._chosen(options["number"], options["round"])
        folder: Path = options["out"]
        now = timezone.now()
        if options["form"] == "exchange":
            self._exchange(cases, folder, now)
            return
        folder.mkdir(parents=True, exist_ok=True)
        for case in cases:
            made = self._made(case, form=options["form"], format=Format(options["format"]), now=now)
            self._write(folder / made.name, made.data)
            for words in made.problems:
                self.stderr.write(f"{case.number}: rare character {words}")
        if options["volume"]:
            contents = [(case, content_of(case)) for case in cases]
            tables = [(c, profiles.load(case.profile), exporting.mark_of(case, c)) for case, c in contents]
            self._write(folder / "绩效目标表-合订.pdf", export.volume(tables=tables, now=now))

    def _chosen(self, numbers: list[str], round_id: int | None) -> list[Case]:
        targets = Case.objects.filter(kind=Kind.TARGET).select_related("unit", "department")
        if bool(numbers) == (round_id is not None):
            raise CommandError("Name numbers of cases, or a round with --round.")
        if round_id is not None:
            cases = list(targets.filter(round=round_id).order_by("number"))
            if not cases:
                raise CommandError(f"There is no target table in round {round_id}. Nothing was written.")
            return cases
        found = {case.number: case for case in targets.filter(number__in=numbers)}
        unknown = [number for number in dict.fromkeys(numbers) if number not in found]
        if unknown:
            raise CommandError(f"No target table has the number {', '.join(unknown)}. Nothing was written.")
        return [found[number] for number in dict.fromkeys(numbers)]

    def _exchange(self, cases: list[Case], folder: Path, now: datetime) -> None:
        wanted = Case.objects.filter(pk__in=[case.pk for case in cases])
        name = jobs.file_name_of(what=jobs.What.EXCHANGE, format=Format.XLSX, at=now)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        try:
            with path.open("wb") as out:
                exchange.write_targets(out, cases=wanted, by=None, now=now)
        except Refused as refusal:
            path.unlink()
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(str(path))

    def _made(self, case: Case, *, form: str, format: Format, now: datetime) -> Exported:
        if form == "review":
            return sheets.export_sheet(case=case, format=format, by=None, now=now)
        return exporting.export_table(case=case, format=format, by=None, now=now,
                                      word_template=word_templates.in_force())

    def _write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        self.stdout.write(str(path))
