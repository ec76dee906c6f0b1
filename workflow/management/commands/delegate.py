"""Let a person act for another from one moment to another, or end that at once; prints the delegation's number."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import delegations
from workflow.machine import Kind
from workflow.models import Delegation, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = "DEPUTY acts for PRINCIPAL from --from to --to; --revoke NUMBER ends a delegation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("principal", nargs="?", default="")
        parser.add_argument("deputy", nargs="?", default="")
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--from", dest="starts_at", type=_moment, help="ISO time; now when left out")
        parser.add_argument("--to", dest="ends_at", type=_moment, help="ISO time, excluded")
        parser.add_argument("--basis", default="")
        parser.add_argument("--kind", action="append", default=[], choices=Kind.values)
        parser.add_argument("--revoke", type=int, metavar="NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        now, by = timezone.now(), _person(options["person"])
        try:
            if options["revoke"] is not None:
                delegations.revoke(delegation=_delegation(options["revoke"]), by=by, now=now)
                self.stdout.write(f"{options['revoke']} ended")
                return
            if options["ends_at"] is None:
                raise CommandError("--to is missing: a delegation ends by itself.")
            given = delegations.give(
                principal=_person(options["principal"]),
                deputy=_person(options["deputy"]),
                starts_at=options["starts_at"] or now,
                ends_at=options["ends_at"],
                by=by,
                now=now,
                basis=options["basis"],
                kinds=tuple(Kind(kind) for kind in options["kind"]),
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{given.pk}: {given.deputy} acts for {given.principal} until {given.ends_at.isoformat()}")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _person(username: str) -> User:
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no active person “{username}”.")
    return person


def _delegation(number: int) -> Delegation:
    found = Delegation.objects.filter(pk=number).first()
    if found is None:
        raise CommandError(f"There is no delegation {number}.")
    return found
