"""Open the monitoring reports that are due: what the background job does, by hand or without a broker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from targets import monitoring


class Command(BaseCommand):
    help = "Open the reports of every monitoring period that has begun. Running it again opens nothing more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", metavar="ISO", type=parse_datetime, help="act as if it were this time")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or timezone.now()
        opened = monitoring.open_due_periods(now if timezone.is_aware(now) else timezone.make_aware(now))
        self.stdout.write(f"opened: {opened} reports")
