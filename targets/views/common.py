"""What every page of a case does first: find it among what the person sees, read what they had before their eyes."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from workflow import choices, engine, grants, queries, story, urging
from workflow.engine import Seen
from workflow.machine import REVIEW_STATES, Action, Added, Kind, Rule
from workflow.models import Case, User
from workflow.refusals import NotVisible


def person(request: HttpRequest) -> User:
    """Return who asks; the middleware has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


JOINED = {Kind.TARGET: ("table__project",)}
"""What a kind's own row is joined by, so that its page needs no statement for it."""


def visible_case(request: HttpRequest, number: str, *, kind: Kind) -> Case:
    """Return the case of this number. Raises: NotVisible when there is none or it is not for this person."""
    joined = ("unit__parent", "department", "step", "round", "route", *JOINED.get(kind, ()))
    cases = grants.visible_to(person(request)).select_related(*joined)
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
    """Return what every case page shows around the document: identity, steps, story, what may be done.

    "look" is what the engine loaded of the case for the person; whatever else asks of its record asks there.
    """
    now, by = timezone.now(), person(request)
    standing = queries.standing(case)
    look = choices.look_at(case, by=by, now=now)
    may = {e.action.value: e for e in engine.available_actions(case, by=by, now=now, look=look)}
    principal = None if any(may[verb].may for verb in DECIDED) else choices.stands_in_for(case, by=by, now=now)
    if principal is not None:
        for_them = engine.available_actions(case, by=by, now=now, look=look.for_principal(principal))
        may |= {e.action.value: e for e in for_them if e.action in VERBS}
    in_unit = any(held.organisation_id == case.unit_id for held in grants.roles_of(by))
    hidden = () if urging.is_offered(case, standing_in_unit=in_unit) else (Action.URGE,)
    verbs = [may[verb] for verb in VERBS if verb in may and may[verb].may and verb not in (*DECIDED, *hidden)]
    return {
        "case": case, "standing": standing, "may": may, "now": now, "look": look,
        "steps": story.route_steps(case, open_tasks=standing.tasks, look=look),
        "entries": story.timeline(case, with_edits=False, look=look),
        "principal": principal, "verbs": verbs,
        "act_url": reverse("report_act" if case.kind == Kind.REPORT else "table_act", args=[case.number]),
        "reviewers": choices.reviewers_around(look, but=by) if any(e.action in ASKING for e in verbs) else [],
        "return_steps": choices.return_steps(case) if may[Action.RETURN].may else [],
        "terms": choices.correction_terms(look) if may[Action.RETURN].may else None,
        "conditions": choices.open_conditions(look) if case.state in REVIEW_STATES else [],
        "proposal": choices.proposal(look) if Action.ADMIT in {e.action for e in verbs} else None,
        "added_choices": Added.choices, "rule_choices": [c for c in Rule.choices if c[0] != Rule.QUORUM],
        "why_not": [may[name] for name in WHY_NOT if name in may and not may[name].may],
    }


def posted_principal(request: HttpRequest, case: Case) -> User | None:
    """Return for whom the form was sent, None for the person themself. Raises: NotVisible for anybody else."""
    name = request.POST.get("on_behalf_of", "")
    if not name:
        return None
    principal = choices.stands_in_for(case, by=person(request), now=timezone.now())
    if principal is None or principal.username != name:
        raise NotVisible
    return principal


DECIDED = (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.RETURN, Action.REJECT, Action.RELEASE)
"""What the decision panel offers."""
ASIDE = (Action.CLAIM, Action.TRANSFER, Action.ADD_APPROVER, Action.COPY, Action.MEET_CONDITION, Action.UNDO_APPROVAL,
         Action.URGE, Action.READMIT, Action.ADJUST, Action.FILL_FOR, Action.PROPOSE_ADMISSION, Action.ADMIT,
         Action.DECLINE_ADMISSION, Action.FUNDS_CHANGED, Action.SUSPEND, Action.RESUME, Action.CLOSE, Action.WAIVE)
"""What stands beside it, in this order."""
VERBS = (*DECIDED, *ASIDE)
ASKING = (Action.TRANSFER, Action.ADD_APPROVER, Action.COPY)
"""What names people."""
WHY_NOT = (Action.SUBMIT, Action.APPROVE, Action.RETURN, Action.RELEASE)
