"""Who asks, and for which case: what every page of a case does first. Used by the views of all rooms."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from workflow import administering, grants, rulings
from workflow.administering import Duty, NotAdministrator
from workflow.models import Case, User
from workflow.refusals import NotVisible


def person(request: HttpRequest) -> User:
    """Return the person who asks; the log-in middleware has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def keeper(request: HttpRequest, *duties: Duty) -> User:
    """Return who asks, when one of `duties` is theirs; an attempt to change something is noted in the rulings.

    Raises: PermissionDenied for everybody else, with whose it is.
    """
    user = person(request)
    if administering.duties_of(user).intersection(duties):
        return user
    refusal = NotAdministrator(action=duties[0].label, who=administering.whose(duties[0]))
    if request.method == "POST":
        rulings.note_refusal(
            action=rulings.Rule.OPEN_PAGE, subject=request.path, by=user, now=timezone.now(), refusal=refusal
        )
    raise PermissionDenied(str(refusal))


def administrator(request: HttpRequest) -> User:
    """Return who asks, when they administer anything: for looking. Raises: PermissionDenied for everybody else."""
    user = person(request)
    if not administering.is_administrator(user):
        raise PermissionDenied(_("This page is for the administrators."))
    return user


def visible_case(request: HttpRequest, number: str) -> Case:
    """Return the case with what its page shows. Raises: NotVisible, the same for hidden and for missing ones."""
    cases = grants.visible_to(person(request)).select_related("unit", "department", "step", "route", "parent")
    case = cases.filter(number=number).first()
    if case is None:
        raise NotVisible
    return case
