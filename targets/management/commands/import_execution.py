"""import_execution FILE --period ID --as USER [--as-of DATE]: execution figures, taken in as the page does."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import execution
from targets.models import MonitoringPeriod
from workflow.models import User
from workflow.refusals import Refused


class Command(BaseCommand):
    """Take execution figures in; all lines or none."""

    help = "Import the execution figures FILE (xlsx or csv) for a monitoring period; all lines or none."

    def add_arguments(self, parser: CommandParser) -> None:
        """FILE, --period, --as, --as-of."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--period", type=int, required=True, help="the monitoring period's id")
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--as-of", type=date.fromisoformat, help="2027-07-31; the last day of the period otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was matched. Raises: CommandError with the sentences of what is wrong; nothing is stored then."""
        by = User.objects.filter(username=options["person"], is_active=True).first()
        period = MonitoringPeriod.objects.filter(pk=options["period"]).first()
        if by is None or period is None:
            raise CommandError("There is no such active person." if by is None else "There is no such period.")
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file “{path}”.")
        try:
            result = execution.import_execution(period=period, name=path.name, data=path.read_bytes(), by=by,
                                                now=timezone.now(), as_of=options["as_of"])
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in result.refused:
            self.stderr.write(line.sentence)
        if result.refused:
            raise CommandError(f"{len(result.refused)} lines are wrong; nothing was stored.")
        self.stdout.write(f"lines {result.rows}, matched {result.matched}, not matched {result.unmatched}")
