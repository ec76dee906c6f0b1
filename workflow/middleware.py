"""The one translator from refusals to answers, and the gate for who must choose a password of their own first.

Invisible → 404, not permitted → 403 with who can, stale → 409 with what changed, blocked → 422 with the points,
any other refusal → 422 with its sentence. What was typed comes back with the answer, so that nothing is lost.
"""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.defaults import page_not_found

from workflow import kept
from workflow.refusals import (
    Blocked,
    NotPermitted,
    NotPossible,
    NotVisible,
    Refused,
    SamePersonRefused,
    Stale,
)

STATUS: dict[type[Refused], HTTPStatus] = {
    NotPermitted: HTTPStatus.FORBIDDEN,
    SamePersonRefused: HTTPStatus.FORBIDDEN,
    Stale: HTTPStatus.CONFLICT,
    NotPossible: HTTPStatus.CONFLICT,
    Blocked: HTTPStatus.UNPROCESSABLE_ENTITY,
}
HEADINGS = {
    HTTPStatus.FORBIDDEN: gettext_lazy("This is for somebody else to do"),
    HTTPStatus.CONFLICT: gettext_lazy("The case has moved meanwhile"),
    HTTPStatus.UNPROCESSABLE_ENTITY: gettext_lazy("Not carried out yet"),
}


def status_of(refusal: Refused) -> HTTPStatus:
    """Return the HTTP status that says the same as `refusal`."""
    for kind in type(refusal).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.UNPROCESSABLE_ENTITY


LET_THROUGH = frozenset({"password_change", "password_change_done", "logout", "set_language"})
"""What somebody may do before they have changed a one-time password."""


class NewPasswordMiddleware:
    """Leads whoever logged in with a one-time password to the page where they choose their own, and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if getattr(request.user, "one_time_until", None) is None:
            return None
        match = request.resolver_match
        if match is not None and match.url_name in LET_THROUGH:
            return None
        return redirect("password_change")


class LogInAgainMiddleware(LoginRequiredMiddleware):
    """Leads whoever is not logged in to the login; what a form brought with it is shown, so that nothing is lost.

    After the login comes the page that the form stood on, never an address that only takes what is sent to it.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Return the login, or where a form was sent the texts that were typed, with the way to the login."""
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        came_from = urlsplit(request.headers.get("referer", ""))
        ours = url_has_allowed_host_and_scheme(came_from.geturl(), {request.get_host()}, request.is_secure())
        back = (
            urlunsplit(("", "", came_from.path, came_from.query, "")) if ours and came_from.path else resolve_url("/")
        )
        typed = kept.typed_texts(request.POST)
        if not typed:
            return redirect_to_login(back)
        to = f"{resolve_url(self.get_login_url(view_func))}?{urlencode({'next': back})}"
        return render(request, "log_in_again.html", {"kept": typed, "login": to}, status=HTTPStatus.FORBIDDEN)


class RefusalMiddleware:
    """Turns a `Refused` that a view lets through into its answer: a page, or a fragment for an htmx request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if isinstance(exception, NotVisible):
            return page_not_found(request, Http404())
        status = status_of(exception)
        context = {
            "refusal": exception,
            "heading": HEADINGS.get(status, _("Not carried out yet")),
            "points": exception.blockers if isinstance(exception, Blocked) else (),
            "changes": exception.facts.get("changes") or (),
            "kept": kept.typed_texts(request.POST),
            "back": request.path if request.method == "GET" else request.headers.get("referer", ""),
        }
        if getattr(request, "htmx", False):
            answer = render(request, "components/refusal.html", context, status=status)
            answer["HX-Retarget"], answer["HX-Reswap"] = "#refusal", "innerHTML"
            return answer
        return render(request, "refused.html", context, status=status)
