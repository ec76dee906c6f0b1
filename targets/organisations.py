"""Which organisation a printed name means: names and aliases, compared after one normal form.

An organisation is never made from a printed name. Called by drafts and projects; follows what goes over into another.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from targets.models import Project
from workflow import grants
from workflow.machine import Role
from workflow.models import Organisation, OrganisationAlias, User
from workflow.names import add_alias, normal_name
from workflow.refusals import NotPermitted, Refused

__all__ = ["Directory", "add_alias", "is_finance", "means", "normal_name", "own_unit", "units_edited_by"]

FINANCE_ROLES = (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD)


class NotAnEditor(NotPermitted):
    code = "not_an_editor"
    message = _("Only editors of a unit may do this. Ask your unit head to have the editor role given to you.")


class WhichUnit(Refused):
    """Facts: units."""

    code = "which_unit"
    message = _("You are an editor of several units (%(units)s). Choose the unit that this is for.")


class NotFinance(NotPermitted):
    code = "not_finance"
    message = _("Only reviewers and heads of the finance bureau may do this.")


def means(text: str | None, organisation: Organisation) -> bool:
    """Return whether the printed `text` is the name or an alias of `organisation`; blank means nobody, so no."""
    normal = normal_name(text or "")
    if not normal:
        return False
    if normal == normal_name(organisation.name):
        return True
    return OrganisationAlias.objects.filter(organisation=organisation, normal=normal).exists()


class Directory:
    """All organisations in memory, asked by code, name or alias: for lists of many rows. Two queries.

    One that ended is not among them; where it went over into another, its name is a spelling of its successor.
    """

    def __init__(self, kinds: Iterable[str] = (Organisation.Kind.UNIT, Organisation.Kind.DEPARTMENT)) -> None:
        found = list(Organisation.objects.filter(kind__in=list(kinds), successor=None, valid_to=None)
                     .select_related("parent__division_in_charge"))
        self._by_code = {o.code: o for o in found}
        self._by_name: dict[str, list[Organisation]] = {}
        ids = {o.pk: o for o in found}
        spellings = [(o.pk, normal_name(o.name)) for o in found]
        spellings += OrganisationAlias.objects.filter(organisation__in=ids).values_list("organisation_id", "normal")
        for pk, normal in spellings:
            known = self._by_name.setdefault(normal, [])
            if ids[pk] not in known:
                known.append(ids[pk])

    def by_code(self, code: str) -> Organisation | None:
        """Return the organisation with this code."""
        return self._by_code.get(code.strip())

    def by_name(self, name: str) -> list[Organisation]:
        """Return every organisation that `name` is a name or an alias of."""
        return self._by_name.get(normal_name(name), [])


def units_edited_by(user: User) -> list[Organisation]:
    """Return the units that `user` is an editor of, in the order of their codes. Asked once a user object."""
    roles = grants.roles_of(user)
    kept: tuple[object, list[Organisation]] | None = user.__dict__.get("_edited")
    if kept is None or kept[0] is not roles:
        ids = [held.organisation_id for held in roles if held.role == Role.EDITOR]
        units = Organisation.objects.filter(pk__in=ids, successor=None).select_related("parent").order_by("code")
        kept = user.__dict__["_edited"] = (roles, list(units) if ids else [])
    return list(kept[1])


def own_unit(user: User, unit: Organisation | None = None) -> Organisation:
    """Return the unit for which `user` edits: `unit` when they do, else their only one.

    Raises: NotAnEditor; WhichUnit when there are several and none is named.
    """
    units = units_edited_by(user)
    if unit is not None:
        units = [own for own in units if own.pk == unit.pk]
    if not units:
        raise NotAnEditor
    if len(units) > 1:
        raise WhichUnit(units="、".join(own.name for own in units))
    return units[0]


def is_finance(user: User) -> bool:
    """Return whether `user` holds a role in the finance bureau or one of its divisions."""
    return any(held.role in FINANCE_ROLES for held in grants.roles_of(user))


def follow(*, organisation: Organisation, into: Organisation, now: datetime, **kwargs: Any) -> None:
    """Receiver of reorganised: the unit's projects become its successor's.

    A project without code stays where it is when the successor has one of the same name.
    """
    own = Project.objects.filter(unit=into, code__isnull=True).values("name")
    Project.objects.filter(unit=organisation).exclude(code__isnull=True, name__in=own).update(unit=into)
