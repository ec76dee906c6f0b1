"""Open the table of a project that is not on the list (清单外项目) from the command line, as the page does."""

from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import projects
from targets.management.commands.fill_for import person_of
from workflow.models import Organisation
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "Open the table of the project NAME for the unit with the code UNIT; prints the number of its case."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("unit", metavar="UNIT")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--as", dest="person", required=True, metavar="USER", help="an editor of the unit")
        parser.add_argument("--key", default="", help="operation key; the same key twice opens one table")

    def handle(self, *args: Any, **options: Any) -> None:
        by, unit = person_of(options["person"]), Organisation.objects.filter(code=options["unit"]).first()
        if unit is None:
            raise CommandError(f"There is no organisation with the code “{options['unit']}”.")
        try:
            case = projects.add_off_list(unit=unit, name=options["name"], by=by, now=timezone.now(),
                                         key=options["key"] or f"add_project:{uuid4()}")
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(case.number)
