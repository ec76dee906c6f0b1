"""The room "targets" as Django knows it: at start it names its kinds of document to the procedure."""

from django.apps import AppConfig


class TargetsConfig(AppConfig):
    name = "targets"

    def ready(self) -> None:
        from targets import kinds

        kinds.register_all()
