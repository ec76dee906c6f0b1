"""Forms of the procedure's own pages: logging in and changing the password, with the product's fields."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _


class LoginForm(AuthenticationForm):
    """Name and password; pasting is welcome, browsers may fill both in."""

    error_messages = {
        "invalid_login": _("Name or password is not right. Check capital letters; your department can reset it."),
        "inactive": _("This account is not in use any more. Ask your department."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["password"].label = _("Password")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class PasswordForm(PasswordChangeForm):
    """The old password and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
