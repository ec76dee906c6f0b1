"""Who asks, and for which case: what every page of a case does first. Used by the views of all rooms."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from workflow import grants
from workflow.models import Case, User
from workflow.refusals import NotVisible


def person(request: HttpRequest) -> User:
    """Return the person who asks; the log-in middleware has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def visible_case(request: HttpRequest, number: str) -> Case:
    """Return the case with what its page shows. Raises: NotVisible, the same for hidden and for missing ones."""
    cases = grants.visible_to(person(request)).select_related("unit", "department", "step", "route", "parent")
    case = cases.filter(number=number).first()
    if case is None:
        raise NotVisible
    return case
