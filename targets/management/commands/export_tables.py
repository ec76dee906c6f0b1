"""export_tables NUMBER… --format docx|xlsx|pdf --form target|review --out DIR [--volume]: cases as official files."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from targets import export, exporting, profiles, sheets, word_templates
from targets.export import Format
from targets.exporting import Exported
from targets.rows import content_of
from workflow.machine import Kind
from workflow.models import Case

FORMS = ("target", "review")


class Command(BaseCommand):
    """Print target tables into a folder; each is recorded as taken out by the system."""

    help = "Print the target tables or the review sheets of cases as Word, Excel or PDF files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NUMBER…, --format, --form, --out, --volume."""
        parser.add_argument("number", nargs="+", help="numbers of cases, 2027-0001")
        parser.add_argument("--format", choices=[f.value for f in Format], default=Format.DOCX.value)
        parser.add_argument("--form", choices=FORMS, default=FORMS[0], help="the target table or the review sheet")
        parser.add_argument("--out", type=Path, default=Path(), help="folder to write to (made when missing)")
        parser.add_argument("--volume", action="store_true", help="all tables in one PDF besides")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one file a case and print its path. Raises: CommandError when a number is no target table."""
        numbers = list(dict.fromkeys(options["number"]))
        found = {case.number: case for case in Case.objects.filter(number__in=numbers, kind=Kind.TARGET)}
        unknown = [number for number in numbers if number not in found]
        if unknown:
            raise CommandError(f"No target table has the number {', '.join(unknown)}. Nothing was written.")
        folder: Path = options["out"]
        folder.mkdir(parents=True, exist_ok=True)
        now = timezone.now()
        for number in numbers:
            made = self._made(found[number], form=options["form"], format=Format(options["format"]), now=now)
            self._write(folder / made.name, made.data)
            for words in made.problems:
                self.stderr.write(f"{number}: no glyph for {words}")
        if options["volume"]:
            contents = [(case, content_of(case)) for case in (found[number] for number in numbers)]
            tables = [(c, profiles.load(case.profile), exporting.mark_of(case, c)) for case, c in contents]
            self._write(folder / "绩效目标表-合订.pdf", export.volume(tables=tables, now=now))

    def _made(self, case: Case, *, form: str, format: Format, now: datetime) -> Exported:
        if form == "review":
            return sheets.export_sheet(case=case, format=format, by=None, now=now)
        return exporting.export_table(case=case, format=format, by=None, now=now,
                                      word_template=word_templates.in_force())

    def _write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        self.stdout.write(str(path))
