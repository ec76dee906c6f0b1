"""Delegations (委托): who acts for whom, from when to when; they end by themselves.

Reads and writes Delegation alone; the rights that a deputy uses are asked of the principal when they act.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Exists
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from workflow import administering, rulings
from workflow.administering import Duty
from workflow.machine import Kind
from workflow.models import Delegation, User
from workflow.refusals import DetailMissing, NotPermitted, Refused

LINKS = 2
"""How long a chain may be: A is away and so is B, whom A named; C acts for B and so for A, and nobody further."""


class DelegationCycle(Refused):
    code = "delegation_cycle"
    message: ClassVar[object] = _("%(deputy)s has delegated to %(principal)s in the same time. Choose another person.")


class DelegationOverlaps(Refused):
    code = "delegation_overlaps"
    message: ClassVar[object] = _("%(principal)s has delegated to %(deputy)s already in a part of this time.")


@rulings.keeps_refusals(rulings.Rule.DELEGATE, of="principal")
def give(
    *,
    principal: User,
    deputy: User,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    now: datetime,
    basis: str,
    kinds: tuple[Kind, ...] = (),
) -> Delegation:
    """Let `deputy` act for `principal` from `starts_at` (included) to `ends_at` (excluded). Returns the delegation.

    `kinds`: only for these kinds of document; empty for all. Given by the principal, or by who administers rights.
    Raises: NotPermitted, DetailMissing (no basis, no time ahead, an inactive person), DelegationCycle,
    DelegationOverlaps.
    """
    if by.pk != principal.pk:
        administering.check(by, Duty.RIGHTS, action=_("delegate for somebody else"))
    if administering.is_administrator(deputy) or administering.is_administrator(principal):
        raise NotPermitted(action=_("delegate"), who=_("Nobody who administers acts for others or is acted for."))
    if not basis.strip():
        raise DetailMissing(field=_("basis"))
    if ends_at <= max(starts_at, now) or deputy.pk == principal.pk or not deputy.is_active:
        raise DetailMissing(field=_("a deputy and a time that lies ahead"))
    with transaction.atomic():
        User.objects.select_for_update().filter(pk__in=(principal.pk, deputy.pk)).count()
        overlapping = Delegation.objects.filter(
            starts_at__lt=ends_at, ends_at__gt=starts_at, revoked_at__isnull=True
        ).values_list("principal_id", "deputy_id")
        pairs = set(overlapping)
        if (principal.pk, deputy.pk) in pairs:
            raise DelegationOverlaps(principal=principal, deputy=deputy)
        if principal.pk in _reachable(deputy.pk, pairs):
            raise DelegationCycle(principal=principal, deputy=deputy)
        made = Delegation.objects.create(
            principal=principal,
            deputy=deputy,
            starts_at=starts_at,
            ends_at=ends_at,
            scope={"kinds": [str(kind) for kind in kinds]} if kinds else {},
            basis=basis.strip()[:200],
            created_at=now,
        )
        _rule(rulings.Rule.DELEGATE, made, by=by, now=now)
    return made


def _rule(rule: rulings.Rule, one: Delegation, *, by: User, now: datetime) -> None:
    payload = {
        "principal": one.principal.username,
        "deputy": str(one.deputy),
        "starts": one.starts_at.isoformat(),
        "ends": one.ends_at.isoformat(),
        "basis": one.basis,
        "kinds": list(one.scope.get("kinds") or ()),
    }
    rulings.note(action=rule, subject=str(one.principal), by=by, now=now, payload=payload)


def _reachable(start: int, pairs: set[tuple[int, int]]) -> set[int]:
    """Return everybody to whom the work of `start` goes over delegations (principal, deputy)."""
    found: set[int] = set()
    waiting = {start}
    while waiting:
        waiting = {deputy for principal, deputy in pairs if principal in waiting} - found
        found |= waiting
    return found


@rulings.keeps_refusals(rulings.Rule.END_DELEGATION, of="delegation")
def revoke(*, delegation: Delegation, by: User, now: datetime) -> None:
    """End a delegation at once; what was done under it stays. Raises: NotPermitted."""
    if by.pk not in (delegation.principal_id, delegation.deputy_id):
        administering.check(by, Duty.RIGHTS, action=_("revoke the delegation"))
    with transaction.atomic():
        if Delegation.objects.filter(pk=delegation.pk, revoked_at__isnull=True).update(revoked_at=now):
            _rule(rulings.Rule.END_DELEGATION, delegation, by=by, now=now)


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Somebody for whom a deputy may act now; `kinds`: on these kinds of document only, None for all."""

    principal: User
    kinds: frozenset[str] | None

    def covers(self, kind: str) -> bool:
        """Return whether the delegation holds for documents of this kind."""
        return self.kinds is None or kind in self.kinds


def borrowed_by(deputy: User, *, now: datetime | Now) -> list[Borrowed]:
    """Return for whom `deputy` may act at `now`, nearest first. One statement a link, at most LINKS.

    An inactive deputy acts for nobody; an inactive principal has no rights that could be used. A list that asks by
    the database's own clock passes `Now()`.
    """
    if not deputy.is_active or deputy.pk is None:
        return []
    found: dict[int, Borrowed] = {}
    nearest: dict[int, frozenset[str] | None] = {deputy.pk: None}
    for _link in range(LINKS):
        rows = Delegation.objects.filter(
            deputy__in=nearest, starts_at__lte=now, ends_at__gt=now, revoked_at__isnull=True
        ).select_related("principal")
        new = {}
        for row in rows:
            if row.principal_id not in found and row.principal_id != deputy.pk:
                new[row.principal_id] = Borrowed(row.principal, _narrowed(nearest[row.deputy_id], row.scope))
        if not new:
            break
        found |= new
        nearest = {pk: one.kinds for pk, one in new.items()}
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who acts for a principal, and the kinds of document it holds for (None: all)."""

    deputy_id: int
    kinds: frozenset[str] | None

    def covers(self, kind: str) -> bool:
        """Return whether the delegation holds for documents of this kind."""
        return self.kinds is None or kind in self.kinds


def acting(*, now: datetime) -> dict[int, list[Deputy]]:
    """Return who acts at `now`, by the principal's id, over at most LINKS links. One statement."""
    rows = Delegation.objects.filter(starts_at__lte=now, ends_at__gt=now, revoked_at__isnull=True)
    direct: dict[int, list[Deputy]] = {}
    for principal, deputy, scope in rows.values_list("principal", "deputy", "scope"):
        direct.setdefault(principal, []).append(Deputy(deputy, _narrowed(None, scope)))
    found = {}
    for principal, nearest in direct.items():
        all_of = {one.deputy_id: one for one in nearest}
        for _link in range(LINKS - 1):
            nearest = [
                Deputy(last.deputy_id, last.kinds if one.kinds is None else _narrowed(one.kinds, _as_scope(last)))
                for one in nearest
                for last in direct.get(one.deputy_id, ())
                if last.deputy_id not in all_of and last.deputy_id != principal
            ]
            all_of |= {one.deputy_id: one for one in nearest}
        found[principal] = list(all_of.values())
    return found


def _as_scope(deputy: Deputy) -> Mapping[str, object]:
    return {"kinds": sorted(deputy.kinds)} if deputy.kinds is not None else {}


def held_now(deputy_id: int) -> Exists:
    """Return the condition that somebody holds a delegation by the database's clock, for use in another statement."""
    return Exists(
        Delegation.objects.filter(deputy=deputy_id, starts_at__lte=Now(), ends_at__gt=Now(), revoked_at__isnull=True)
    )


def deputies_now(people: Iterable[int]) -> set[int]:
    """Return who of the people (ids) holds a delegation by the database's clock. One statement."""
    held = Delegation.objects.filter(starts_at__lte=Now(), ends_at__gt=Now(), revoked_at__isnull=True)
    return set(held.filter(deputy__in=list(people)).values_list("deputy", flat=True))


def principals_of(deputy: User, *, now: datetime, kind: str) -> list[User]:
    """Return the people for whom `deputy` may act at `now` on documents of `kind`, nearest first."""
    return [one.principal for one in borrowed_by(deputy, now=now) if one.covers(kind)]


def _narrowed(kinds: frozenset[str] | None, scope: Mapping[str, object]) -> frozenset[str] | None:
    named = scope.get("kinds")
    if not isinstance(named, list) or not named:
        return kinds
    return frozenset(named) if kinds is None else kinds & frozenset(named)
