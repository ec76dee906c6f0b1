"""Print the picture of the machine, or of a route, from the data: SVG or Mermaid."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflow import pictures, route_words
from workflow.models import Route


class Command(BaseCommand):
    help = "Draw the machine, or with --route NUMBER one version of a route, to --out FILE or to the terminal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("svg", "mermaid"), default="svg")
        parser.add_argument("--route", type=int, metavar="NUMBER", help="see `routes show`")
        parser.add_argument("--out", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        picture = self._route(options) if options["route"] is not None else self._machine(options)
        if options["out"]:
            Path(options["out"]).write_text(picture + "\n", encoding="utf-8")
        else:
            self.stdout.write(picture)

    def _machine(self, options: dict[str, Any]) -> str:
        return pictures.machine_mermaid() if options["format"] == "mermaid" else pictures.machine_svg(alone=True)

    def _route(self, options: dict[str, Any]) -> str:
        route = Route.objects.filter(pk=options["route"]).first()
        if route is None:
            raise CommandError(f"There is no route {options['route']}. `routes show` lists them.")
        steps = list(route.steps.order_by("position"))
        people = route_words.names_in(steps)
        if options["format"] == "mermaid":
            return pictures.route_mermaid(steps, people=people)
        return pictures.route_svg(steps, title=str(route), people=people, alone=True)
