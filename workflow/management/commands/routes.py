"""Show the routes, check a draft, or publish it: the same doors as the pages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import route_checks, route_editing, route_words
from workflow.models import Route, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "routes show [NUMBER] | check NUMBER | publish NUMBER --as USER [--despite]; exit 1 when refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("show", "check", "publish"))
        parser.add_argument("number", nargs="?", type=int)
        parser.add_argument("--as", dest="person", default="", metavar="USER")
        parser.add_argument("--despite", action="store_true", help="accept what is wrong with people only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["number"] is None:
            if options["what"] != "show":
                raise CommandError("Name the route by its number; `routes show` lists them.")
            for route in Route.objects.order_by("case_kind", "profile", "version"):
                self.stdout.write(f"{route.pk}: {route} · {route.case_kind} {route.profile} · {_standing(route)}")
            return
        found = Route.objects.select_related("based_on").filter(pk=options["number"]).first()
        if found is None:
            raise CommandError(f"There is no route {options['number']}. `routes show` lists them.")
        {"show": self._show, "check": self._check, "publish": self._publish}[options["what"]](found, options)

    def _show(self, route: Route, options: dict[str, Any]) -> None:
        steps = list(route.steps.order_by("position"))
        people = route_words.names_in(steps)
        self.stdout.write(f"{route} · {_standing(route)} · {route.content_hash}")
        for step in steps:
            who = "、".join(route_words.candidate_words(step.candidates, people=people))
            only = "、".join(route_words.condition_words(step.condition))
            self.stdout.write(f"  {step.position}. {step.title} [{step.key}] {who} · {route_words.rule_words(step)}"
                              f" · {route_words.term_words(step)}{' · ' + only if only else ''}")  # fmt: skip
        for change in route_editing.differences(route) if route.based_on_id else ():
            self.stdout.write(f"  ~ {change}")

    def _check(self, route: Route, options: dict[str, Any]) -> None:
        problems = route_checks.problems_of(route)
        for problem in problems:
            units = f" ({len(problem.units)}: {'、'.join(problem.units)})" if problem.units else ""
            self.stdout.write(f"{'✗' if problem.is_fatal else '!'} {problem.words}{units}")
        if any(problem.is_fatal for problem in problems):
            raise CommandError("The route cannot be published.", returncode=1)
        self.stdout.write(f"{route}: {len(problems)} points to look at.")

    def _publish(self, route: Route, options: dict[str, Any]) -> None:
        by = User.objects.filter(username=options["person"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active person “{options['person']}”. Name one with --as.")
        try:
            done = route_editing.publish(
                route.pk, by=by, now=timezone.now(), seen=None, despite=bool(options["despite"])
            )
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        self.stdout.write(f"{done} is in force: {done.content_hash}")


def _standing(route: Route) -> str:
    if route.published_at is None:
        return "draft"
    return "retired" if route.retired_at else "in force"
