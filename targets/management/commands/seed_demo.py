"""Make the demo county and print its logins. Running it again changes nothing."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from targets import demo


class Command(BaseCommand):
    help = "Make the demo county: people in every role, the eight sample tables in different states. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("load_defaults", stdout=self.stdout)
        made = demo.seed(now=timezone.now())
        self.stdout.write(f"demo: {made['people']} people, {made['cases']} cases")
        for username, password, words in demo.logins():
            self.stdout.write(f"  {username:<14} {password:<14} {words}")
