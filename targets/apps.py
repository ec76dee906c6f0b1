"""The room "targets" as Django knows it."""

from django.apps import AppConfig


class TargetsConfig(AppConfig):
    name = "targets"
