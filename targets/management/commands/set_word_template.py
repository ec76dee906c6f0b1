"""set_word_template FILE --as USER | --shipped --as USER | --write FILE: the county's Word template."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from targets import word_templates
from targets.models import WordTemplate
from workflow.models import User
from workflow.refusals import Refused


class Command(BaseCommand):
    """Check a Word template, keep it as a version and put it in force; or go back to the official layout."""

    help = "Put the Word template FILE in force after it was checked, or return to the official layout."

    def add_arguments(self, parser: CommandParser) -> None:
        """FILE, --as, --shipped, --write."""
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--as", dest="person", metavar="USER")
        parser.add_argument("--shipped", action="store_true", help="return to the official layout")
        parser.add_argument("--write", type=Path, metavar="FILE", help="write the template to begin from, and no more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was done. Raises: CommandError with the sentence of what is wrong; nothing is stored then."""
        now = timezone.now()
        if sum(bool(options[name]) for name in ("file", "shipped", "write")) != 1:
            raise CommandError("Name one thing: a FILE, --shipped, or --write FILE.")
        if options["write"]:
            options["write"].write_bytes(word_templates.shipped(now=now))
            self.stdout.write(str(options["write"]))
            return
        by = User.objects.filter(username=options["person"] or "", is_active=True).first()
        if by is None:
            raise CommandError("There is no such active person. Name one with --as.")
        try:
            version = self._put(options["file"], by) if options["file"] else None
            if version is None:
                word_templates.return_to_shipped(by=by)
            else:
                word_templates.activate(template=version, by=by, now=now)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"version {version.version} is in force" if version else "the official layout is in force")

    def _put(self, path: Path, by: User) -> WordTemplate:
        if not path.is_file():
            raise CommandError(f"There is no file “{path}”.")
        return word_templates.upload(name=path.name, data=path.read_bytes(), by=by, now=timezone.now())
