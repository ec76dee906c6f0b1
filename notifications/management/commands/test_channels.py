"""Send a test message over the ways that messages leave the site, and say what came of each."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import trying
from notifications.models import Hook
from workflow.deadlines import database_now


class Command(BaseCommand):
    help = "Send a test message by e-mail or to webhooks, at once; exit status 1 when one was not taken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mail", metavar="ADDRESS", help="send a test mail to this address")
        parser.add_argument("--hook", metavar="ID", type=int, action="append", default=[], help="call this webhook")
        parser.add_argument("--hooks", action="store_true", help="call every webhook that is in use")
        parser.add_argument("--list", action="store_true", help="list the webhooks with their numbers")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for hook in Hook.objects.order_by("pk"):
                state = "on" if hook.is_active else "off"
                self.stdout.write(f"{hook.pk}\t{state}\t{hook.get_shape_display()}\t{hook.title}")
            return
        hooks = list(Hook.objects.order_by("pk"))
        if missing := set(options["hook"]) - {hook.pk for hook in hooks}:
            raise CommandError(f"There is no webhook {min(missing)}. --list shows them.")
        hooks = [one for one in hooks if one.pk in options["hook"] or (options["hooks"] and one.is_active)]
        if not options["mail"] and not hooks:
            raise CommandError("Say what to try: --mail ADDRESS, --hook ID or --hooks.")
        now = database_now()
        done = [trying.mail(to=options["mail"], by=None, now=now)] if options["mail"] else []
        done += [trying.hook(hook, by=None, now=now) for hook in hooks]
        for one in done:
            self.stdout.write(f"{'ok' if one.is_taken else 'FAILED'}\t{one.way}\t{one.words}")
        if failed := sum(not one.is_taken for one in done):
            raise CommandError(f"{failed} of {len(done)} not taken.")
