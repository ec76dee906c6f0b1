"""Check the record's chains: exit 0 when they hold, 1 with one line a fault when they do not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from workflow import append_only, record, routes, rulings, sealing
from workflow.models import Case, Event


class Command(BaseCommand):
    help = "Check every event of the record: changed, swapped, removed or inserted rows; also seals, rulings, routes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--case", metavar="NUMBER", help="only this case")

    def handle(self, *args: Any, **options: Any) -> None:
        case_id = None
        if number := options["case"]:
            case_id = Case.objects.filter(number=number).values_list("pk", flat=True).first()
            if case_id is None:
                raise CommandError(f"There is no case {number}.")
        faults = 0
        for fault in record.verify(case_id=case_id):
            faults += 1
            self.stdout.write(f"{fault.number} event {fault.seq}: {fault.what}")
        if case_id is None:
            for fault in sealing.verify():
                faults += 1
                self.stdout.write(f"{fault.number} {fault.seq}: {fault.what}")
            for fault in rulings.verify():
                faults += 1
                self.stdout.write(f"{fault.number} {fault.seq}: {fault.what}")
            for route in routes.changed_after_publishing():
                faults += 1
                self.stdout.write(f"route {route}: its steps are not those that were published")
        for name in append_only.missing(connection):
            faults += 1
            self.stdout.write(f"trigger {name} is missing")
        if faults:
            raise CommandError(f"{faults} faults found.", returncode=1)
        self.stdout.write(f"{Event.objects.count()} events of {Case.objects.count()} cases hold together.")
