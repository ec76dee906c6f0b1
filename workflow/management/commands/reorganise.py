"""Rename an organisation, or let it go over into another: the same door as the page. Without --as it only shows."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import deadlines, reorganising
from workflow.models import Organisation, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "reorganise CODE --into CODE | --name NAME [--as ADMINISTRATOR --reason …]; shows what moves without --as."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--into", default="", metavar="CODE")
        parser.add_argument("--name", default="")
        parser.add_argument("--on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="today when left out")
        parser.add_argument("--as", dest="administrator", default="", metavar="USER")
        parser.add_argument("--reason", default="")
        parser.add_argument("--without-people", action="store_true", help="their people keep no post of the successor")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._carry_out(options)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal

    def _carry_out(self, options: dict[str, Any]) -> None:
        organisation, now = _organisation(options["code"]), timezone.now()
        by = User.objects.filter(username=options["administrator"], is_active=True).first()
        if options["administrator"] and by is None:
            raise CommandError(f"There is no active person “{options['administrator']}”.")
        if options["name"]:
            if by is None:
                raise CommandError("Name the administrator with --as.")
            reorganising.rename(
                organisation=organisation, name=options["name"], reason=options["reason"], by=by, now=now
            )
            self.stdout.write(f"{options['code']}: {options['name']}")
            return
        into = _organisation(options["into"])
        if by is None:
            over = reorganising.preview(organisation=organisation, into=into)
        else:
            over = reorganising.merge(
                organisation=organisation,
                into=into,
                on=options["on"] or deadlines.day_of(now),
                reason=options["reason"],
                by=by,
                now=now,
                with_people=not options["without_people"],
            )
        for case in over.cases:
            self.stdout.write(f"case {case.number} {case.title}")
        for post, people in over.posts:
            self.stdout.write(f"post {post}: {'、'.join(people)}")
        for one in (*over.below, *over.served):
            self.stdout.write(f"organisation {one.code} {one.name}")
        verb = "would go" if by is None else "went"
        self.stdout.write(f"{len(over.cases)} cases and {over.tasks} tasks {verb} over into {into.name}")


def _organisation(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"There is no organisation with the code “{code}”.")
    return found
