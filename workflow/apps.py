"""The room "workflow" as Django knows it."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "workflow"
