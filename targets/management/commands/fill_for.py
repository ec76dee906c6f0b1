"""Fill a unit's table in from the command line (代填), from a file, as the page does."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import drafts, reading, rows, standing_in
from workflow.machine import Basis
from workflow.models import Case, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "Fill in the table NUMBER for its unit from FILE, which holds one table; the unit is asked to confirm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number")
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--basis", required=True, choices=Basis.values)
        parser.add_argument("--reason", required=True, help="who told you, when, why")
        parser.add_argument("--scan", type=Path, help="the signed paper: with it the unit need not confirm")
        parser.add_argument("--key", default="", help="operation key; the same key twice has one effect")

    def handle(self, *args: Any, **options: Any) -> None:
        by, case, now = person_of(options["person"]), case_of(options["number"]), timezone.now()
        path = file_of(options["file"])
        read = reading.read(name=path.name, data=path.read_bytes())
        if len(read.tables) != 1:
            raise CommandError(f"“{path.name}” holds {len(read.tables)} tables; one is needed.")
        content = read.tables[0].content
        header = {name: text for name, text in rows.header_texts(content).items() if name not in drafts.LOCKED_FIELDS}
        typed = [{"uuid": None, "code": r.code, "name": r.name, "value": r.value} for r in content.indicators]
        try:
            standing_in.fill_for(
                case=case, by=by, now=now, seen=drafts.seen_of(case), key=options["key"] or f"fill_for:{uuid4()}",
                basis=options["basis"], reason=options["reason"], unsaved=drafts.Unsaved(header, typed),
                scan=scan_of(options["scan"]))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{case.number}: {len(typed)} indicators filled in")


def person_of(username: str) -> User:
    """Return the active person of this name. Raises: CommandError."""
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active person “{username}”.")
    return found


def case_of(number: str) -> Case:
    """Return the case of this number. Raises: CommandError."""
    found = Case.objects.filter(number=number).first()
    if found is None:
        raise CommandError(f"There is no case “{number}”.")
    return found


def file_of(path: Path) -> Path:
    """Return the path of a file that is there. Raises: CommandError."""
    if not path.is_file():
        raise CommandError(f"There is no file “{path}”.")
    return path


def scan_of(path: Path | None) -> standing_in.Scan | None:
    """Return the scan at `path`, None where none is given. Raises: CommandError."""
    return None if path is None else standing_in.Scan(file_of(path).name, path.read_bytes())
