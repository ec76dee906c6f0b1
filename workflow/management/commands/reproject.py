"""Compute the running deadlines anew on the calendar as it stands, or show what would move."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflow import calendar, deadlines, projecting, words
from workflow.models import User


class Command(BaseCommand):
    help = (
        "Compute every open rolling deadline anew on the calendar as it stands. Each that moves gets a line in its"
        " case's record, and those who have the task are told. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show what would move; nothing is written")
        parser.add_argument("--as", dest="username", metavar="USER", help="in whose name the record names it")
        parser.add_argument("--reason", default="", help="the words of the record, for instance the notice's number")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now = deadlines.database_now()
        by = None
        if options["username"]:
            by = User.objects.filter(username=options["username"], is_active=True).first()
            if by is None:
                raise CommandError(f"There is no active person {options['username']}. Nothing was changed.")
        planned = projecting.preview(working=calendar.current(), now=now)
        count = sum(moved.old != moved.new for moved in planned)
        if not options["dry_run"]:
            count = projecting.reproject(now=now, by=by, reason=options["reason"].strip())
        if options["json"]:
            moves = [
                {"case": moved.task.case.number, "old": moved.old.isoformat(), "new": moved.new.isoformat(),
                 "provisional": moved.is_provisional}
                for moved in planned
            ]  # fmt: skip
            self.stdout.write(json.dumps({"moved": count, "dry_run": options["dry_run"], "deadlines": moves}))
            return
        for moved in planned:
            provisional = " (provisional)" if moved.is_provisional else ""
            self.stdout.write(
                f"{moved.task.case.number} {words.deadline(moved.old)} → {words.deadline(moved.new)}{provisional}"
            )
        self.stdout.write(f"{count} {'would move' if options['dry_run'] else 'moved'}")
