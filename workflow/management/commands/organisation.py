"""Enter, show and end organisations, and give and take posts: the same doors as the pages."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import deadlines, organisations, reorganising
from workflow.machine import Role
from workflow.models import Organisation, RoleGroup, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "organisation add|change|end|show|give|take CODE [--as ADMINISTRATOR]; reorganise renames and merges."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["add", "change", "end", "show", "give", "take"])
        parser.add_argument("code")
        parser.add_argument("--name", default="")
        parser.add_argument("--kind", choices=Organisation.Kind.values, default=Organisation.Kind.UNIT.value)
        parser.add_argument("--parent", default="", metavar="CODE")
        parser.add_argument("--division", metavar="CODE", help="division in charge of a department")
        parser.add_argument("--phone")
        parser.add_argument("--from", dest="valid_from", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--own-office", action="store_true", help="it is its department's own office")
        parser.add_argument("--performance-division", action="store_true")
        parser.add_argument("--on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="today when left out")
        parser.add_argument("--person", default="", metavar="USER", help="who gets or loses the post")
        parser.add_argument("--role", choices=Role.values)
        parser.add_argument("--reason", default="")
        parser.add_argument("--as", dest="administrator", default="", metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "show":
            self._show(_organisation(options["code"]))
            return
        by = _person(options["administrator"], word="administrator (--as)")
        try:
            self.stdout.write(f"{options['code']}: {self._done(options, by)}")
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal

    def _done(self, options: dict[str, Any], by: User) -> str:
        now = timezone.now()
        if options["what"] == "add":
            organisations.open_organisation(
                code=options["code"], name=options["name"], kind=options["kind"], details=_details(options, None),
                parent=_organisation(options["parent"]) if options["parent"] else None, by=by, now=now,
                is_own_office=options["own_office"], is_performance_division=options["performance_division"],
            )  # fmt: skip
            return "entered"
        found = _organisation(options["code"])
        if options["what"] == "change":
            organisations.change(organisation=found, details=_details(options, found), by=by, now=now)
            return "stored"
        if options["what"] == "end":
            on = options["on"] or deadlines.day_of(now)
            organisations.end(organisation=found, on=on, reason=options["reason"], by=by, now=now)
            return f"ended on {on}"
        person = _person(options["person"], word="person (--person)")
        if not options["role"]:
            raise CommandError("Name the post with --role.")
        role = Role(options["role"])
        if options["what"] == "give":
            reorganising.give_post(person=person, organisation=found, role=role, by=by, now=now)
            return f"{person.username} is {role}"
        group = RoleGroup.objects.filter(organisation=found, role=role).first()
        if group is not None:
            reorganising.take_post(person=person, group=group, by=by, now=now)
        return f"{person.username} is no longer {role}"

    def _show(self, found: Organisation) -> None:
        self.stdout.write(f"{found.code} {found.name} · {found.kind} · {found.phone}")
        for name in ("parent", "division_in_charge", "successor", "valid_from", "valid_to"):
            if getattr(found, name):
                self.stdout.write(f"{name} {getattr(found, name)}")
        for group in RoleGroup.objects.filter(organisation=found).order_by("role"):
            people = group.user_set.filter(is_active=True).order_by("username").values_list("username", flat=True)
            self.stdout.write(f"{group.role}: {'、'.join(people) or '—'}")
        for sentence in organisations.in_the_way(found):
            self.stdout.write(f"! {sentence}")


def _details(options: dict[str, Any], found: Organisation | None) -> organisations.Details:
    """Return what the options say; what is left out stays as it is."""
    division = found.division_in_charge if found else None
    if options["division"] is not None:
        division = _organisation(options["division"]) if options["division"] else None
    phone = options["phone"] if options["phone"] is not None else (found.phone if found else "")
    return organisations.Details(phone, division, options["valid_from"] or (found.valid_from if found else None))


def _organisation(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"There is no organisation with the code “{code}”.")
    return found


def _person(username: str, *, word: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"Name the {word}: there is no active person “{username}”.")
    return found
