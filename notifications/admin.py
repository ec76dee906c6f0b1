"""Webhooks in the administration: an address is checked before it is kept. All else of this room has its pages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from notifications.channels import NotSent, webhook
from notifications.kinds import KINDS
from notifications.models import Hook


class HookForm(forms.ModelForm):
    """A webhook; the kinds are ticked, the address must be one that may be called and is not internal."""

    address = forms.URLField(label=_("address"), max_length=500, assume_scheme="https")
    kinds = forms.MultipleChoiceField(
        label=_("kinds of message"), choices=[(kind.id, kind.label) for kind in KINDS.values()]
    )

    class Meta:
        model = Hook
        fields = ("title", "address", "shape", "secret", "kinds", "department", "is_active")

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        try:
            parts = webhook.check_address(address)
            webhook.resolve(str(parts.hostname), parts.port or 443)
        except NotSent as error:
            reason = _("This address cannot be used: %(why)s.") % {"why": error}
            raise forms.ValidationError(reason) from error
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("shape") == Hook.Shape.PLAIN and len(cleaned.get("secret") or "") < 16:
            self.add_error("secret", _("Signed JSON needs a secret of 16 signs or more."))
        return cleaned


@admin.register(Hook)
class HookAdmin(admin.ModelAdmin):
    """Add, switch off and change webhooks; what was sent keeps them."""

    form = HookForm
    list_display = ("title", "shape", "department", "is_active")

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
