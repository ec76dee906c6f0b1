"""A week of deadlines as a story, on a database of its own that is thrown away afterwards."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import demo_day
from workflow.deadlines import database_now
from workflow.refusals import Refused

PAUSE = 1.5
"""Seconds a line when somebody is watching."""


class Command(BaseCommand):
    help = (
        "Show reminder, digest, escalation and catch-up after an outage within a minute, in a demo county that is made"
        " for it and thrown away. Your own data is not touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fast", action="store_true", help="without pauses between the lines")
        parser.add_argument("--here", action="store_true", help="on this database, which must be a demo; moves clocks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["here"]:
            self._tell(is_fast=options["fast"])
            return
        with tempfile.TemporaryDirectory(prefix="btr-demo-day-") as own:
            own_world = ["env", "-u", "BTR_DATABASE_URL", f"BTR_VAR_DIR={own}", "BTR_EMAIL_TO_FILES=1"]
            manage = [*own_world, sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
            for command in (
                ["migrate", "-v", "0"],
                ["seed_demo"],
                ["demo_day", "--here", *(["--fast"] * options["fast"])],
            ):
                done = subprocess.run(
                    [*manage, *command], check=False, text=True,
                    stdout=None if command[0] == "demo_day" else subprocess.PIPE, stderr=subprocess.PIPE,
                )  # fmt: skip
                if done.returncode:
                    raise CommandError(f"{command[0]} failed: {done.stderr or ''}"[-2000:])

    def _tell(self, *, is_fast: bool) -> None:
        try:
            for line in demo_day.story(now=database_now()):
                self.stdout.write(line)
                self.stdout.flush()
                if not is_fast:
                    time.sleep(PAUSE)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
