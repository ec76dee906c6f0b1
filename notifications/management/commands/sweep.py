"""Do by hand, or without a broker, what the background jobs do: fire what is due, decide who is told, send it."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from notifications.delivery import deliver
from notifications.expand import expand
from workflow import deadlines, sweeping


class Command(BaseCommand):
    help = "Fire the rungs that are due, expand the notices and send them. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="act as if it were this time, e.g. 2026-09-18T09:00")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        real = deadlines.database_now()
        now = _moment(options["now"]) if options["now"] else real
        up_since = None if options["now"] else sweeping.beat(now=real)
        counts: dict[str, dict[str, int]] = {
            "sweep": asdict(sweeping.sweep(now=now, recorded_at=real, up_since=up_since)),
            "expand": asdict(expand(now=now)),
            "deliver": asdict(deliver(now=now)),
        }
        if options["json"]:
            self.stdout.write(json.dumps({"now": now.isoformat(), **counts}))
            return
        for what, numbers in counts.items():
            self.stdout.write(f"{what}: " + ", ".join(f"{number} {name}" for name, number in numbers.items()))


def _moment(text: str) -> datetime:
    """Return the time written in `text`; without an offset it is local, a bare date is its morning."""
    try:
        day = parse_date(text)
        moment = None if day else parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"{text} is no time: {error}") from error
    if day is not None:
        return deadlines.morning(day)
    if moment is None:
        raise CommandError(f"{text} is no time; write 2026-09-18T09:00 or 2026-09-18.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
