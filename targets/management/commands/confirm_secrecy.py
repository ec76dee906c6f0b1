"""confirm_secrecy NUMBER [--by USERNAME --reason TEXT]: what may be secret in a table; with --by, that it is none."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from targets import checks, rows, secrecy
from targets.models import TargetTable
from workflow.machine import Kind
from workflow.models import Case, User
from workflow.refusals import Refused


class Command(BaseCommand):
    """List the texts of a table that may be secret; with --by and --reason note that a head confirmed their review."""

    help = "List what may be secret in a target table; with --by and --reason confirm its secrecy review."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NUMBER, --by, --reason."""
        parser.add_argument("number", help="the case's number, 2027-0001")
        parser.add_argument("--by", help="login name of the head of the unit or of its department")
        parser.add_argument("--reason", default="", help="why nothing in it is secret, and who reviewed it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the texts, then whether they are confirmed. Raises: CommandError with the sentence of a refusal."""
        case = Case.objects.filter(number=options["number"], kind=Kind.TARGET).first()
        if case is None:
            raise CommandError(_("There is no target table of the number %(number)s.") % {"number": options["number"]})
        content = rows.content_of(case)
        for text in checks.secret_texts(content):
            self.stdout.write(text)
        if options["by"]:
            self._confirm(case, options["by"], options["reason"], checks.secrecy_mark(content))
        table = TargetTable.objects.filter(pk=case.pk).select_related("secrecy_by").first()
        mark = checks.secrecy_mark(content)
        if not mark:
            self.stdout.write(_("Nothing in this table asks for a secrecy review."))
        elif table is not None and table.secrecy_mark == mark:
            self.stdout.write(_("Reviewed and no secret: confirmed by %(by)s, %(at)s.") % {
                "by": table.secrecy_by, "at": f"{timezone.localtime(table.secrecy_at):%Y-%m-%d %H:%M}"})
        else:
            self.stdout.write(_("Not confirmed. Ask %(who)s.") % {"who": secrecy.who_confirms(case)})

    def _confirm(self, case: Case, username: str, reason: str, mark: str) -> None:
        by = User.objects.filter(username=username).first()
        if by is None:
            raise CommandError(_("There is no account %(name)s.") % {"name": username})
        try:
            secrecy.confirm(case=case, by=by, now=timezone.now(), reason=reason, mark=mark)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
