"""The room "workflow" as Django knows it: after each migrate the record's triggers stand again."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class WorkflowConfig(AppConfig):
    name = "workflow"

    def ready(self) -> None:
        from workflow import (  # noqa: F401
            batches,
            checks,
            grants,
            orphans,
            papers,
            purging,
            reorganising,
            sealing,
            signals,
        )

        signals.time_passes.connect(sealing.when_time_passes, dispatch_uid="workflow.sealing")
        signals.time_passes.connect(batches.when_time_passes, dispatch_uid="workflow.batches")
        signals.time_passes.connect(orphans.when_time_passes, dispatch_uid="workflow.orphans")
        signals.time_passes.connect(reorganising.when_time_passes, dispatch_uid="workflow.reorganising")
        purging.register(papers.PaperStore())
        post_migrate.connect(_after_migrate, sender=self)


def _after_migrate(using: str, **kwargs: Any) -> None:
    from workflow import append_only, grants

    grants.forget_permission_ids()
    connection = connections[using]
    if "workflow_event" in connection.introspection.table_names():
        append_only.install(connection)
