"""Open, change and close accounts and name administrators: the same doors as the pages, recorded the same way."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow import accounts, handover
from workflow.models import RoleGroup, User
from workflow.refusals import Refused


class Command(BaseCommand):
    help = (
        "account open|show|change|password|appoint|close|reopen USERNAME. Without --as, the one who has the server does"
        " it: only to open an account, to make a one-time password and to name the first administrators."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["open", "show", "change", "password", "appoint", "close", "reopen"])
        parser.add_argument("username")
        parser.add_argument("--name", help="the person's name")
        parser.add_argument("--phone")
        parser.add_argument("--email")
        parser.add_argument("--administers", choices=[*User.Administers.values, "nothing"], default="nothing")
        parser.add_argument("--reason", default="")
        parser.add_argument("--as", dest="administrator", default="", metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what']}")(options, _by(options))
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal

    def _open(self, options: dict[str, Any], by: User | None) -> None:
        made, password = accounts.open_account(
            username=options["username"], full_name=options["name"] or "", phone=options["phone"] or "",
            email=options["email"] or "", by=by, now=timezone.now())  # fmt: skip
        self._tell(made, password)

    def _tell(self, person: User, password: str) -> None:
        person.refresh_from_db()
        assert person.one_time_until is not None
        until = timezone.localtime(person.one_time_until).strftime("%Y-%m-%d %H:%M")
        self.stdout.write(f"{person.username}: one-time password {password}, until {until}")

    def _show(self, options: dict[str, Any], by: User | None) -> None:
        person = _account(options["username"])
        state = "in use" if person.is_active else "closed"
        self.stdout.write(f"{person.username} {person.full_name} {person.phone} {person.email} · {state}")
        if person.administers:
            self.stdout.write(f"administers {person.administers}")
        for group in RoleGroup.objects.filter(user=person).select_related("organisation").order_by("name"):
            self.stdout.write(f"post {group.organisation.code} {group.role} · {group.name}")

    def _change(self, options: dict[str, Any], by: User | None) -> None:
        person = _account(options["username"])
        columns = {"full_name": options["name"], "phone": options["phone"], "email": options["email"]}
        kept = {name: getattr(person, name) if text is None else text for name, text in columns.items()}
        accounts.change(person=person, by=_named(by), now=timezone.now(), **kept)
        self.stdout.write(f"{person.username}: stored")

    def _password(self, options: dict[str, Any], by: User | None) -> None:
        person = _account(options["username"])
        self._tell(person, accounts.new_password(person=person, by=by, now=timezone.now()))

    def _appoint(self, options: dict[str, Any], by: User | None) -> None:
        person = _account(options["username"])
        if by is None and User.objects.filter(is_active=True, administers__isnull=False).exists():
            raise CommandError("There are administrators already: name the one who appoints with --as.", returncode=1)
        administers = None if options["administers"] == "nothing" else options["administers"]
        accounts.appoint(person=person, administers=administers, reason=options["reason"], by=by, now=timezone.now())
        self.stdout.write(f"{person.username}: administers {options['administers']}")

    def _close(self, options: dict[str, Any], by: User | None) -> None:
        person = _account(options["username"])
        handover.deactivate(person=person, by=_named(by), now=timezone.now(), reason=options["reason"])
        self.stdout.write(f"{person.username}: the account is closed")

    def _reopen(self, options: dict[str, Any], by: User | None) -> None:
        person = _account(options["username"])
        password = accounts.reactivate(person=person, reason=options["reason"], by=_named(by), now=timezone.now())
        self._tell(person, password)


def _by(options: dict[str, Any]) -> User | None:
    if not options["administrator"]:
        return None
    found = User.objects.filter(username=options["administrator"], is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active person “{options['administrator']}”.")
    return found


def _named(by: User | None) -> User:
    if by is None:
        raise CommandError("Name the administrator with --as.")
    return by


def _account(username: str) -> User:
    found = User.objects.filter(username=username).first()
    if found is None:
        raise CommandError(f"There is no account “{username}”.")
    return found
