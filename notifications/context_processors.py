"""The number beside the bell on every page. Counted only where a page shows it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications import queries


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return `unread`: how many notices the signed-in person has not read."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"unread": 0}
    return {"unread": SimpleLazyObject(lambda: queries.unread_count(user))}
