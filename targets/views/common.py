"""What every page of a case does first: find it among what the person sees, read what they had before their eyes."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from workflow import engine, grants, queries, story
from workflow.engine import Seen
from workflow.machine import Action, Kind
from workflow.models import Case, User
from workflow.refusals import NotVisible


def person(request: HttpRequest) -> User:
    """Return who asks; the middleware has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def visible_case(request: HttpRequest, number: str, *, kind: Kind) -> Case:
    """Return the case of this number. Raises: NotVisible when there is none or it is not for this person."""
    cases = grants.visible_to(person(request)).select_related("unit__parent", "department", "step", "round", "route")
    case = cases.filter(number=number, kind=kind).first()
    if case is None:
        raise NotVisible
    return case


def posted_seen(request: HttpRequest) -> Seen:
    """Return the version and hash that the form was made from; without them the action is refused as stale."""
    version = request.POST.get("seen_version", "")
    return Seen(int(version) if version.isdecimal() and len(version) < 10 else 0, request.POST.get("seen_hash", ""))


def posted_key(request: HttpRequest) -> str:
    """Return the form's operation key; a form without one gets a key of its own."""
    return request.POST.get("key", "")[:64] or uuid4().hex


def standing_context(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Return what every case page shows around the document: identity, steps, story, what may be done."""
    now = timezone.now()
    standing = queries.standing(case)
    may = {e.action.value: e for e in engine.available_actions(case, by=person(request), now=now)}
    return {
        "case": case, "standing": standing, "may": may, "now": now,
        "steps": story.route_steps(case, open_tasks=standing.tasks),
        "entries": story.timeline(case, with_edits=False),
        "why_not": [may[name] for name in WHY_NOT if name in may and not may[name].may],
    }


WHY_NOT = (Action.SUBMIT, Action.APPROVE, Action.RETURN, Action.RELEASE)
