"""What every page's frame needs: the person's seat and the moment. Costs nothing beside the person's roles."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from workflow import administering, grants, queries
from workflow.machine import Role
from workflow.models import User

EDITORS = {Role.EDITOR}
URGING = {Role.DEPARTMENT_REVIEWER, Role.DEPARTMENT_HEAD, Role.FINANCE_REVIEWER, Role.FINANCE_HEAD}


@dataclass(frozen=True, slots=True)
class Seat:
    """What the frame shows by role; it gives no right, the pages ask for theirs themselves."""

    roles: tuple[str, ...] = ()
    is_editor: bool = False
    urges: bool = False
    is_finance: bool = False
    sets_rules: bool = False
    reads_mails: bool = False
    administers: bool = False
    has_people: bool = False
    """Heads a department, and so gives its people one-time passwords."""
    reads_record: bool = False
    duties: frozenset[str] = frozenset()
    """What the person administers, as values of administering.Duty."""
    county: str = ""


def seat_of(user: User) -> Seat:
    """Return the seat of a signed-in person. No statement beside the person's roles, one more for administrators."""
    held = grants.roles_of(user)
    roles = {membership.role for membership in held}
    duties = administering.duties_of(user)
    return Seat(
        roles=tuple(
            _("%(role)s, %(organisation)s") % {"role": Role(m.role).label, "organisation": m.organisation} for m in held
        ),
        is_editor=bool(roles & EDITORS),
        urges=bool(roles & URGING),
        is_finance=queries.is_finance(user),
        sets_rules=queries.sets_rules(user),
        reads_mails=settings.EMAIL_TO_FILES and reads_mails(user),
        administers=administering.is_administrator(user),
        has_people=Role.DEPARTMENT_HEAD in roles,
        reads_record=Role.AUDITOR in roles or administering.Duty.RECORD in duties,
        duties=frozenset(duty.value for duty in duties),
        county=getattr(settings, "COUNTY_NAME", ""),
    )


def reads_mails(user: User) -> bool:
    """Return whether `user` may read the mails of a trial: demo people and administrators."""
    return user.is_demo or administering.is_administrator(user)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `seat`, `now`: the request's own moment where a view has set one."""
    user = getattr(request, "user", None)
    seat = SimpleLazyObject(lambda: seat_of(user)) if user is not None and user.is_authenticated else Seat()
    return {"seat": seat, "now": getattr(request, "now", None) or timezone.now()}
