"""Show what a person holds, or give all of it to another: the same door as the page."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import handover
from workflow.models import User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "hand_over PERSON shows what is held; with --to USER --reason … --as ADMINISTRATOR it is handed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person")
        parser.add_argument("--to", default="", metavar="USER")
        parser.add_argument("--as", dest="administrator", default="", metavar="USER")
        parser.add_argument("--reason", default="")
        parser.add_argument(
            "--deactivate", action="store_true", help="close the account with it, or when nothing is left"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        leaver, now = _person(options["person"], active=False), timezone.now()
        if not options["to"] and not options["deactivate"]:
            self._show(leaver)
            return
        by = _person(options["administrator"])
        try:
            if not options["to"]:
                handover.deactivate(person=leaver, by=by, now=now, reason=options["reason"])
                self.stdout.write(f"{leaver.username}: the account is closed")
                return
            to = _person(options["to"])
            held = handover.hand_over(
                person=leaver, to=to, reason=options["reason"], by=by, now=now, deactivate=options["deactivate"]
            )
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal
        self.stdout.write(f"{leaver.username} → {to.username}: {len(held.tasks)} tasks, {len(held.posts)} posts")

    def _show(self, leaver: User) -> None:
        held = handover.held_by(leaver, now=timezone.now())
        for task in held.tasks:
            self.stdout.write(f"task {task.case.number} {task.step or task.get_kind_display()}")
        for group in held.posts:
            self.stdout.write(f"post {group.name}")
        for one in (*held.given, *held.deputising):
            self.stdout.write(f"delegation {one.pk}: {one.deputy} acts for {one.principal}")
        for case in held.drafts:
            self.stdout.write(f"draft {case.number} of {case.unit}")
        self.stdout.write("、".join(held.words()) or "nothing")


def _person(username: str, *, active: bool = True) -> User:
    found = User.objects.filter(username=username).first()
    if found is None or (active and not found.is_active):
        raise CommandError(f"There is no person “{username}”.")
    return found
