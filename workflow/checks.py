"""System checks of the procedure, run by `manage.py check --database default` and by migrate."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from workflow import append_only


@register(Tags.database)
def record_is_append_only(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Report triggers that should protect the record and are gone."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if "workflow_event" not in connection.introspection.table_names():
            continue
        if gone := append_only.missing(connection):
            found.append(
                Error(
                    f"Triggers of the record are missing: {', '.join(gone)}",
                    hint="Run `manage.py migrate`; it installs them again.",
                    id="workflow.E001",
                )
            )
    return found
