"""Install what the product ships as data: routes, ladders, the working-day calendar. Safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from workflow import calendar, ladders, routes


class Command(BaseCommand):
    help = "Install the shipped routes, ladders and calendar years that are not there yet."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        routes_new = routes.install_defaults(now=now)
        ladders_new = ladders.install_defaults()
        years_new = calendar.install_defaults(now=now)
        self.stdout.write(f"installed: {routes_new} routes, {ladders_new} ladders, {years_new} calendar years")
