"""Carry out one action on many cases from the command line (批量): a preview first, as on the workbench."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflow import batches
from workflow.models import Batch, User
from workflow.refusals import Refused


def _read(path: Path) -> tuple[str, bytes]:
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


class Command(BaseCommand):
    help = "Say for each case NUMBER whether ACTION can be done now, or why not; --yes carries it out, row by row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=[action.value for action in batches.CHOSEN])
        parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="none: everything that waits for the person")
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--reason", default="")
        parser.add_argument("--days", default="", help="return: working days for the correction, 0 is today")
        parser.add_argument("--to-person", default="", metavar="USER", help="transfer: to whom")
        parser.add_argument("--document-number", default="")
        parser.add_argument("--document-date", default="", metavar="YYYY-MM-DD")
        parser.add_argument("--scan", type=Path, metavar="FILE", help="release: the document's scan, pdf or picture")
        parser.add_argument("--yes", action="store_true", help="carry it out")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["person"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active person “{options['person']}”.")
        try:
            batch = self._batch(by, options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        shown = batches.shown(batch)
        for line in shown.lines:
            self.stdout.write(f"{line.case.number} {line.state} {line.words}".rstrip())
        for one in shown.weights:
            self.stdout.write(f"{one.label}: {one.before:.2f} + {one.asked:.2f} = {one.sum:.2f}; given {one.given:.2f}")
        self.stdout.write(json.dumps({state: [count, str(amount)] for state, count, amount in shown.sums}))
        if any(line.state == "refused" for line in shown.lines):
            raise SystemExit(1)

    def _batch(self, by: User, options: dict[str, Any]) -> Batch:
        """Return the preview, or with --yes the batch as it was carried out."""
        now, numbers = timezone.now(), options["numbers"]
        cases = batches.chosen(numbers=numbers, by=by) if numbers else batches.waiting_for(by=by)
        if missing := set(numbers) - {case.number for case in cases}:
            raise CommandError(f"There is no such case for {by}: {', '.join(sorted(missing))}.")
        batch = batches.prepare(action=options["action"], rows=[(case, {}) for case in cases], by=by, now=now)
        if not options["yes"]:
            return batch
        details = {
            "reason": options["reason"], "days": options["days"], "document_number": options["document_number"],
            "document_date": options["document_date"],
            "people": [options["to_person"]] if options["to_person"] else [],
        }  # fmt: skip
        scan = _read(options["scan"]) if options["scan"] else None
        batch = batches.confirm(batch, by=by, now=now, details=details, scan=scan)
        carried = -1
        while batch.status == Batch.Status.WAITING and len(batch.results) > carried:
            carried = len(batch.results)
            batch = batches.go_on(batch, now=now)
        return batch
