"""The form of a webhook: an address is checked before it is kept. Used by the page of channels and the admin site."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications import reasons
from notifications.channels import NotSent, webhook
from notifications.kinds import KINDS
from notifications.models import Hook
from workflow.models import Organisation

SHORTEST_SECRET = 16


class HookForm(forms.ModelForm):
    """A webhook; the kinds are ticked, the address must be one that may be called and is not internal."""

    address = forms.URLField(
        label=_("address"),
        max_length=500,
        assume_scheme="https",
        error_messages={"invalid": _("The address must begin with https:// and name a host.")},
    )
    kinds = forms.MultipleChoiceField(
        label=_("kinds of message"),
        choices=[(kind.id, kind.label) for kind in KINDS.values()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one kind of message.")},
    )
    department = forms.ModelChoiceField(
        label=_("only this department’s cases"),
        queryset=Organisation.objects.filter(kind=Organisation.Kind.DEPARTMENT, successor=None).order_by("code"),
        required=False,
        empty_label=_("all departments"),
    )

    secret = forms.CharField(
        label=_("secret"),
        max_length=120,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is not shown again. Left empty, the one that is kept stays."),
    )

    class Meta:
        model = Hook
        fields = ("title", "address", "shape", "secret", "kinds", "department", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "address", "secret"):
            self.fields[name].widget.attrs["class"] = "form-control"
        for name in ("shape", "department"):
            self.fields[name].widget.attrs["class"] = "form-select"
        for name in ("kinds", "is_active"):
            self.fields[name].widget.attrs["class"] = "form-check-input"

    def clean_secret(self) -> str:
        return str(self.cleaned_data.get("secret") or self.instance.secret)

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        try:
            parts = webhook.check_address(address)
            webhook.resolve(str(parts.hostname), parts.port or 443)
        except ValueError as error:
            raise forms.ValidationError(reasons.in_words("the address must begin with https://")) from error
        except NotSent as error:
            raise forms.ValidationError(reasons.in_words(error)) from error
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("shape") == Hook.Shape.PLAIN and len(cleaned.get("secret") or "") < SHORTEST_SECRET:
            self.add_error("secret", _("Signed JSON needs a secret of 16 signs or more."))
        return cleaned
