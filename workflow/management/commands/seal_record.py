"""Seal the heads of all cases that changed since the last seal; the sweep does the same once an hour."""

from typing import Any

from django.core.management.base import BaseCommand

from workflow import deadlines, sealing


class Command(BaseCommand):
    help = "Seal what changed since the last seal: a row, and a line of VAR_DIR/seals.jsonl to be kept elsewhere."

    def handle(self, *args: Any, **options: Any) -> None:
        made = sealing.seal(now=deadlines.database_now())
        self.stdout.write(f"seal {made.pk}: {made.mac}" if made else "Nothing has changed since the last seal.")
