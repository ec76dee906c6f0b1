"""Webhooks in the administration: the same form as the page of channels. All else of this room has its pages."""

from typing import Any

from django.contrib import admin
from django.utils import timezone

from notifications import hooks
from notifications.forms import HookForm
from notifications.models import Hook


@admin.register(Hook)
class HookAdmin(admin.ModelAdmin):
    """Add, switch off and change webhooks; what was sent keeps them."""

    form = HookForm
    list_display = ("title", "shape", "department", "is_active")

    def save_model(self, request: Any, obj: Hook, form: Any, change: bool) -> None:
        hooks.enter(hook=obj, by=request.user, now=timezone.now())

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
