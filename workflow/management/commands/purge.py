"""Purge for secrecy from the command line: list, ask, confirm; two people sign, as on the pages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import purging
from workflow.models import Case, Purge, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "purge NUMBER lists what is held; --ask SHA256 --reason … or --confirm ID, each with --as USER."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number")
        parser.add_argument("--as", dest="person", default="", metavar="USER")
        parser.add_argument("--ask", default="", metavar="SHA256")
        parser.add_argument("--reason", default="")
        parser.add_argument("--confirm", type=int, metavar="ID")

    def handle(self, *args: Any, **options: Any) -> None:
        case = Case.objects.select_related("unit", "department").filter(number=options["number"]).first()
        if case is None:
            raise CommandError(f"There is no case {options['number']}.")
        kept, now = purging.kept_of(case), timezone.now()
        if not options["ask"] and options["confirm"] is None:
            for one in kept:
                self.stdout.write(f"{one.what} {one.sha256} {one.label}{' (purged)' if one.is_purged else ''}")
            return
        by = User.objects.filter(username=options["person"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active person “{options['person']}”. Name one with --as.")
        try:
            if options["ask"]:
                what = next((one.what for one in kept if one.sha256 == options["ask"]), Purge.What.CONTENT)
                asked = purging.ask(
                    case=case, what=what, sha256=options["ask"], reason=options["reason"], by=by, now=now
                )
                self.stdout.write(f"{asked.pk}: asked for; another person confirms it")
                return
            found = Purge.objects.filter(pk=options["confirm"], case=case).first()
            if found is None:
                raise CommandError(f"There is no request {options['confirm']} for this case.")
            purging.confirm(purge=found, by=by, now=now)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        self.stdout.write(f"{found.sha256} is purged")
