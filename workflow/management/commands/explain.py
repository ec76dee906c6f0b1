"""Say where a case stands, and for one person what they may do with it or why not, by what right and until when."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import choices, deadlines, engine, grants, queries, story
from workflow.models import Case, User
from workflow.words import deadline, stamp

MARKS = {"done": "✓", "now": "●", "next": "○"}


class Command(BaseCommand):
    help = "Explain the case NUMBER: who has it, which signatures stand; with --as USER what that person may do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number")
        parser.add_argument("--as", dest="person", default="", metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        cases = Case.objects.select_related("unit", "department", "step", "route")
        case = cases.filter(number=options["number"]).first()
        person = User.objects.filter(username=options["person"]).first()
        if options["person"] and person is None:
            raise CommandError(f"There is no person “{options['person']}”.")
        if case is None or (person is not None and not grants.may(person, "view", case)):
            raise CommandError(f"There is no case {options['number']} for this person.")
        now = deadlines.database_now() if person is None else timezone.now()
        standing = queries.standing(case)
        self.stdout.write(f"{case.number} {case.title}: {case.desk}")
        for task in standing.tasks:
            holder = queries.holder_of(task)
            self.stdout.write(f"  {holder.name} {holder.phone} · {deadline(task.due_at)}")
        for step in story.route_steps(case, open_tasks=standing.tasks):
            self.stdout.write(f"  {MARKS[step.status]} {step.title} {step.who} {stamp(step.at) if step.at else ''}")
        for condition in choices.open_conditions(choices.look_at(case, by=None, now=now)):
            self.stdout.write(f"  ! {condition.id} {condition.words}")
        if person is not None:
            for one in engine.available_actions(case, by=person, now=now):
                until = f" → {deadline(one.until)}" if one.until else ""
                self.stdout.write(f"{one}{' · ' + one.basis if one.may and one.basis else ''}{until}")
