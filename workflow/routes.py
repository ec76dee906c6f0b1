"""Routes: which steps a case takes, who the candidates of a step are, and when a step is complete.

Pure on loaded values except `current`, `steps_of` and what publishes. Called by the engine; a draft is edited in
workflow.route_editing and checked by workflow.route_checks.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from workflow.canonical import content_hash
from workflow.grants import Post
from workflow.machine import Place, Rule, WhenNobody
from workflow.models import Case, Route, Step, User
from workflow.refusals import NoRoute, NotPossible

DEFAULTS = Path(__file__).parent / "data" / "routes.toml"
STEP_COLUMNS = (
    "position",
    "key",
    "stage",
    "title",
    "waiting_title",
    "task_kind",
    "candidates",
    "rule",
    "quorum",
    "condition",
    "sheet",
    "days_allowed",
    "milestone",
    "same_person",
)
LATER_COLUMNS = {"when_nobody": WhenNobody.BLOCK.value, "individually": False, "counts_calendar_days": False}
"""Columns that came later, with their plain value: only another one enters the hash, so that earlier hashes hold."""

CONDITIONS: dict[str, Callable[[Case, Any], bool]] = {
    "own_office": lambda case, wanted: case.unit.is_own_office is wanted,
    "key_project": lambda case, wanted: case.is_key is wanted,
    "off_list": lambda case, wanted: case.is_off_list is wanted,
    "amount_at_least_yuan": lambda case, limit: case.amount is not None and case.amount >= Decimal(limit),
    "amount_below_yuan": lambda case, limit: case.amount is None or case.amount < Decimal(limit),
}
"""The facts that a step's condition may ask for; each takes the case and the value written in the route."""


def current(case: Case) -> Route:
    """Return the newest published route for the kind and profile of `case`. Raises: NoRoute."""
    route = in_force(case.kind, case.profile).order_by("-version").first()
    if route is None:
        raise NoRoute
    return route


def steps_of(route: Route) -> tuple[Step, ...]:
    """Return the steps of a published route in order. Kept a process, since a published route never changes."""
    return _kept_steps(route.pk, route.content_hash)


@cache
def _kept_steps(route_id: int, hash_of_route: str) -> tuple[Step, ...]:
    return tuple(Step.objects.filter(route_id=route_id).order_by("position"))


def applicable(case: Case, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps whose condition holds for `case`."""
    return tuple(step for step in steps if all(CONDITIONS[fact](case, value) for fact, value in step.condition.items()))


def next_step(case: Case, steps: Sequence[Step], *, after: Step | None) -> Step | None:
    """Return the first applicable step after `after` (None: the first of all), or None at the end of the route."""
    reached = 0 if after is None else after.position
    return next((step for step in applicable(case, steps) if step.position > reached), None)


def is_inside_unit(step: Step) -> bool:
    """Return whether only people of the unit itself sign this step (一人兼岗 is then allowed and recorded)."""
    return all(candidate.get("of") == Place.UNIT for candidate in step.candidates)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked at a step: a group, or one person with a place in line."""

    group_id: int | None = None
    person_id: int | None = None
    position: int = 0


def candidate_posts(step: Step, posts: Sequence[Post]) -> tuple[Post, ...]:
    """Return the posts that the step's candidates mean, in the order of the candidates."""
    return tuple(
        post
        for candidate in step.candidates
        for post in posts
        if (post.role, post.place) == (candidate.get("role"), candidate.get("of"))
    )


def candidate_people(step: Step, posts: Sequence[Post]) -> tuple[int, ...]:
    """Return the ids of everybody who may be asked at the step, each once, in the order of the candidates."""
    named = [candidate["person"] for candidate in step.candidates if "person" in candidate]
    members = [person for post in candidate_posts(step, posts) for person in post.members]
    return tuple(dict.fromkeys([*members, *named]))


def asked(step: Step, posts: Sequence[Post], *, signed: int = 0) -> tuple[Asked, ...]:
    """Return who is asked when the step opens (`signed` 0) or moves on in line (rule SEQUENCE).

    ANY asks each group once, and named people; ALL and QUORUM ask each person; SEQUENCE the next in line. A group
    without members is asked only where the step waits for whoever is named (WhenNobody.WAIT).
    """
    people = candidate_people(step, posts)
    if step.rule == Rule.SEQUENCE:
        return tuple(Asked(person_id=person, position=signed + 1) for person in people[signed : signed + 1])
    if step.rule in (Rule.ALL, Rule.QUORUM):
        return tuple(Asked(person_id=person) for person in people)
    meant = candidate_posts(step, posts)
    named = [candidate["person"] for candidate in step.candidates if "person" in candidate]
    groups = dict.fromkeys(post.group_id for post in meant if post.members)
    if not groups and not named and step.when_nobody == WhenNobody.WAIT:
        groups = dict.fromkeys(post.group_id for post in meant)
    return (*(Asked(group_id=pk) for pk in groups), *(Asked(person_id=pk) for pk in named))


def is_complete(step: Step, *, signed: int, people: int) -> bool:
    """Return whether `signed` approvals complete the step, of `people` who were asked."""
    if step.rule == Rule.ANY:
        return signed >= 1
    return signed >= (step.quorum if step.rule == Rule.QUORUM and step.quorum else max(people, 1))


# Publishing


def publish(route: Route, *, now: datetime, by: User | None = None) -> Route:
    """Make `route` the one in force for its kind and profile: hashed, immutable, the earlier version retired.

    Raises: NotPossible when it was published before.
    """
    with transaction.atomic():
        if Route.objects.select_for_update().filter(pk=route.pk, published_at__isnull=False).exists():
            raise NotPossible(action=_("publish"), state=_("published"))
        _put_in_force(route, now=now, by=by)
    return route


def _put_in_force(route: Route, *, now: datetime, by: User | None) -> None:
    in_force(route.case_kind, route.profile).exclude(pk=route.pk).update(retired_at=now)
    route.published_at, route.published_by = now, by
    route.content_hash = hash_of(route, list(Step.objects.filter(route=route).order_by("position")))
    route.save()


def in_force(case_kind: str, profile: str) -> QuerySet[Route]:
    """Return the published versions that cases of this kind and profile are submitted under: one, or none."""
    return Route.objects.filter(
        case_kind=case_kind, profile=profile, published_at__isnull=False, retired_at__isnull=True
    )


def hash_of(route: Route, steps: Sequence[Step]) -> str:
    """Return the SHA-256 over kind, profile, version and steps: what a published version is known by."""
    return content_hash(
        {
            "kind": route.case_kind,
            "profile": route.profile,
            "version": route.version,
            "steps": [_columns_of(step) for step in steps],
        }
    )


def _columns_of(step: Step) -> dict[str, Any]:
    later = {name: getattr(step, name) for name, plain in LATER_COLUMNS.items() if getattr(step, name) != plain}
    return {name: getattr(step, name) for name in STEP_COLUMNS} | later


def changed_after_publishing() -> Iterator[Route]:
    """Yield every published version whose steps are no longer what was published."""
    for route in Route.objects.filter(published_at__isnull=False).prefetch_related("steps").order_by("pk"):
        if hash_of(route, sorted(route.steps.all(), key=lambda step: step.position)) != route.content_hash:
            yield route


def install_defaults(*, now: datetime) -> int:
    """Install and publish the shipped routes that are newer than what stands; return how many were.

    A version that somebody of the county has published is never replaced by a shipped one.
    """
    installed = 0
    for entry in tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))["route"]:
        steps, titles = entry.pop("step"), entry.pop("titles")
        for profile, title in titles.items():
            installed += _install(entry | {"profile": profile, "title": title}, steps, now=now)
    return installed


def _install(entry: dict[str, Any], steps: Sequence[dict[str, Any]], *, now: datetime) -> bool:
    """Install one shipped route unless its version, or one of the county's own, stands; return whether it was."""
    with transaction.atomic():
        there = Route.objects.filter(case_kind=entry["case_kind"], profile=entry["profile"])
        if there.filter(Q(version__gte=entry["version"]) | Q(published_by__isnull=False)).exists():
            return False
        route = Route.objects.create(**entry, published_at=now)
        Step.objects.bulk_create(Step(route=route, position=n, **step) for n, step in enumerate(steps, start=1))
        _put_in_force(route, now=now, by=None)
    return True
