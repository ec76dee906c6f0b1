"""A week of deadlines as a story, on a database of its own that is thrown away afterwards."""

import io
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

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
        parser.add_argument("--new", action="store_true", help="with --here: make tables and demo county first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["here"]:
            self._tell(is_fast=options["fast"], is_new=options["new"])
            return
        started = time.monotonic()
        self.stdout.write(_("A demo county is made for this; it is thrown away afterwards. One moment …"))
        self.stdout.flush()
        with tempfile.TemporaryDirectory(prefix="btr-demo-day-") as own:
            own_world = ["env", "-u", "BTR_DATABASE_URL", f"BTR_VAR_DIR={own}", "BTR_EMAIL_TO_FILES=1"]
            manage = [*own_world, sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
            told = ["demo_day", "--here", "--new", *(["--fast"] * options["fast"])]
            done = subprocess.run([*manage, *told], check=False, text=True, stderr=subprocess.PIPE)
            if done.returncode:
                raise CommandError(done.stderr[-2000:])
        self.stdout.write(_("Shown in %(seconds)s seconds.") % {"seconds": round(time.monotonic() - started)})

    def _tell(self, *, is_fast: bool, is_new: bool) -> None:
        # The seals of the hours that fly past are no part of the story.
        logging.getLogger("workflow.sealing").setLevel(logging.WARNING)
        if is_new:
            call_command("migrate", verbosity=0)
            call_command("seed_demo", stdout=io.StringIO())
        try:
            for line in demo_day.story(now=database_now()):
                self.stdout.write(line)
                self.stdout.flush()
                if not is_fast:
                    time.sleep(PAUSE)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
