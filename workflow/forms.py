"""Forms of the procedure's own pages: logging in and changing the password, with the product's fields."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from workflow.models import User


class LoginForm(AuthenticationForm):
    """Name and password; pasting is welcome, browsers may fill both in."""

    error_messages = {
        "invalid_login": _("Name or password is not right. Check capital letters; your department can reset it."),
        "inactive": _("This account is not in use any more. Ask your department."),
    }

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse closed accounts, and a one-time password whose days are over."""
        super().confirm_login_allowed(user)
        until = user.one_time_until
        if until is not None and until <= timezone.now():
            raise ValidationError(
                _("This one-time password is no longer valid. Ask the system administrator for a new one."),
                code="one_time_over",
            )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["password"].label = _("Password")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class PasswordForm(PasswordChangeForm):
    """The old password and the new one twice; with it a one-time password becomes one's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        """Refuse the one-time password as the new one."""
        cleaned = super().clean() or {}
        new = cleaned.get("new_password1")
        if new and self.user.one_time_until is not None and new == cleaned.get("old_password"):
            self.add_error("new_password1", _("Choose another password than the one you were given."))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        self.user.one_time_until = None
        return super().save(commit=commit)
