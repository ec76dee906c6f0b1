"""A draft of a route: begun from the version in force, edited step by step, compared, checked, published.

One transaction a public function, all or nothing. Cases under way keep the version they were submitted under.
Called by the pages and by manage.py routes.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from workflow import administering, route_checks, route_words, routes, rulings
from workflow.administering import Duty
from workflow.grants import roles_of, works_in_finance
from workflow.machine import REVIEW_STATES, Place, Role, Rule, SamePerson, State, TaskKind, WhenNobody
from workflow.models import Milestone, Route, Step, User
from workflow.refusals import DetailMissing, NotPermitted, Refused, Stale, UnknownPerson

CANDIDATES: tuple[tuple[Role, Place], ...] = (
    (Role.UNIT_HEAD, Place.UNIT),
    (Role.DEPARTMENT_REVIEWER, Place.DEPARTMENT),
    (Role.DEPARTMENT_HEAD, Place.DEPARTMENT),
    (Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE),
    (Role.FINANCE_HEAD, Place.DIVISION_IN_CHARGE),
    (Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION),
    (Role.FINANCE_HEAD, Place.PERFORMANCE_DIVISION),
    (Role.FINANCE_REVIEWER, Place.BUREAU),
    (Role.FINANCE_HEAD, Place.BUREAU),
)
"""Who can be ticked for a step, in the order in which they are asked one after the other."""
SIGNED_KINDS = (TaskKind.REVIEW, TaskKind.RELEASE)
MOST_DAYS, MOST_STEPS = 90, 20
DAYS_COUNTED = {"working": _("working days"), "calendar": _("calendar days, holidays too (terms of the law)")}
"""How a step's days may be counted; nothing said: working days."""
YUAN_A_WAN = Decimal(10000)


class StepRefused(Refused):
    """Facts: what."""

    code = "step_refused"
    message: ClassVar[Any] = _("The step cannot be stored: %(what)s")


class RouteHasProblems(Refused):
    """Facts: count, first; `problems`: all of them."""

    code = "route_has_problems"
    message: ClassVar[Any] = _("The route cannot be published yet, %(count)s points: %(first)s")

    def __init__(self, problems: list[route_checks.Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(problems), first=problems[0].words)


class NothingNew(Refused):
    code = "nothing_new"
    message: ClassVar[Any] = _("The draft is the same as the version in force. Change something, or discard it.")


class DraftGone(Refused):
    code = "draft_gone"
    message: ClassVar[Any] = _("This draft was published or discarded meanwhile. Look at the list of routes.")


def may_edit(user: User) -> bool:
    """Return whether `user` may draft routes: whoever works in the finance bureau, and who administers rights."""
    return works_in_finance(user) or administering.has(user, Duty.RIGHTS)


def may_publish(user: User) -> bool:
    """Return whether `user` may put a route in force: a head of finance, or who administers rights."""
    return any(held.role == Role.FINANCE_HEAD for held in roles_of(user)) or administering.has(user, Duty.RIGHTS)


def begin(*, case_kind: str, profile: str, by: User, now: datetime) -> Route:
    """Return the draft for this kind and profile: the one that is there, else a copy of the version in force.

    Raises: NotPermitted.
    """
    _check_editor(by)
    try:
        return _begun(case_kind, profile, by=by, now=now)
    except IntegrityError:
        # Somebody else began it at the same moment: theirs is the draft.
        return Route.objects.get(case_kind=case_kind, profile=profile, published_at__isnull=True)


def _begun(case_kind: str, profile: str, *, by: User, now: datetime) -> Route:
    with transaction.atomic():
        there = Route.objects.filter(case_kind=case_kind, profile=profile)
        if draft := there.filter(published_at__isnull=True).first():
            return draft
        stands = routes.in_force(case_kind, profile).order_by("-version").first()
        newest = there.aggregate(newest=Max("version"))["newest"] or 0
        draft = Route.objects.create(
            case_kind=case_kind,
            profile=profile,
            version=newest + 1,
            title=stands.title if stands else profile,
            based_on=stands,
            drafted_by=by,
            drafted_at=now,
        )
        copies = list(Step.objects.filter(route=stands).order_by("position")) if stands else []
        for step in copies:
            step.pk, step.route = None, draft
        Step.objects.bulk_create(copies)
    return draft


def state_of(draft: Route) -> str:
    """Return what a page has before its eyes: the hash over the draft's steps as they are."""
    return routes.hash_of(draft, list(Step.objects.filter(route=draft).order_by("position")))


def _locked(draft_id: int, *, by: User, seen: str | None) -> Route:
    """Return the draft, locked. Raises: NotPermitted, DraftGone, Stale when it is not what was `seen`."""
    _check_editor(by)
    draft = Route.objects.select_for_update().filter(pk=draft_id, published_at__isnull=True).first()
    if draft is None:
        raise DraftGone
    if seen is not None and seen != state_of(draft):
        raise Stale(by=gettext("somebody"), at="", changes=())
    return draft


def _check_editor(by: User) -> None:
    if not may_edit(by):
        raise NotPermitted(action=_("edit routes"), who=gettext("The finance bureau edits the routes."))


def set_head(draft_id: int, *, title: str, basis: str, by: User) -> Route:
    """Store title and basis (a document number, a decision). Raises: NotPermitted, DraftGone, DetailMissing."""
    with transaction.atomic():
        draft = _locked(draft_id, by=by, seen=None)
        draft.title, draft.basis = title.strip()[:120], basis.strip()[:200]
        if not draft.title:
            raise DetailMissing(field=_("title"))
        draft.save(update_fields=["title", "basis"])
    return draft


def save_step(draft_id: int, *, key: str | None, given: Mapping[str, Any], by: User, seen: str | None) -> Step:
    """Store one step of a draft, a new one at the end of its stage when `key` is None. Returns it.

    `given`: the texts of the form, see `_columns`. Raises: StepRefused, UnknownPerson, Stale, DraftGone, NotPermitted.
    """
    with transaction.atomic():
        draft = _locked(draft_id, by=by, seen=seen)
        columns = _columns(given)
        steps = list(Step.objects.filter(route=draft).order_by("position"))
        if key is None:
            if len(steps) >= MOST_STEPS:
                raise StepRefused(what=gettext("a route has at most %(n)s steps.") % {"n": MOST_STEPS})
            return _add(draft, steps, columns)
        step = next((step for step in steps if step.key == key), None)
        if step is None:
            raise DraftGone
        for name, value in columns.items():
            setattr(step, name, value)
        step.save()
    return step


def _add(draft: Route, steps: list[Step], columns: Mapping[str, Any]) -> Step:
    """Put a new step behind the last of its stage, before a release."""
    rank = [REVIEW_STATES.index(State(s.stage)) + (s.task_kind == TaskKind.RELEASE) for s in steps]
    own = REVIEW_STATES.index(State(columns["stage"])) + (columns["task_kind"] == TaskKind.RELEASE)
    place = sum(n <= own for n in rank) + 1
    taken = {step.key for step in steps} | set(Step.objects.filter(route=draft.based_on).values_list("key", flat=True))
    key = next(k for n in range(1, 1000) if (k := f"step-{n}") not in taken)
    _shift(draft, after=place - 1, by=1)
    return Step.objects.create(route=draft, position=place, key=key, **columns)


def _shift(draft: Route, *, after: int, by: int) -> None:
    """Move the positions behind `after`; over high numbers, since each position is taken once."""
    behind = Step.objects.filter(route=draft, position__gt=after)
    ids = list(behind.values_list("pk", flat=True))
    behind.update(position=F("position") + 1000)
    Step.objects.filter(pk__in=ids).update(position=F("position") - 1000 + by)


def move(draft_id: int, *, key: str, up: bool, by: User, seen: str | None) -> None:
    """Exchange a step with the one above or below it; at the end of the line nothing happens."""
    with transaction.atomic():
        draft = _locked(draft_id, by=by, seen=seen)
        step = Step.objects.filter(route=draft, key=key).first()
        if step is None:
            raise DraftGone
        here, there = step.position, step.position + (-1 if up else 1)
        other = Step.objects.filter(route=draft, position=there).first()
        if other is not None:
            Step.objects.filter(pk=step.pk).update(position=1000)
            Step.objects.filter(pk=other.pk).update(position=here)
            Step.objects.filter(pk=step.pk).update(position=there)


def remove(draft_id: int, *, key: str, by: User, seen: str | None) -> None:
    """Take a step out of the draft."""
    with transaction.atomic():
        draft = _locked(draft_id, by=by, seen=seen)
        step = Step.objects.filter(route=draft, key=key).first()
        if step is None:
            raise DraftGone
        step.delete()
        _shift(draft, after=step.position, by=-1)


def discard(draft_id: int, *, by: User) -> None:
    """Throw a draft away; no case has ever seen it. Raises: NotPermitted, DraftGone."""
    with transaction.atomic():
        _locked(draft_id, by=by, seen=None).delete()


def differences(draft: Route) -> list[str]:
    """Return what `draft` does otherwise than the version it is based on, in words."""
    old = list(Step.objects.filter(route=draft.based_on).order_by("position")) if draft.based_on_id else []
    return route_words.differences(old, list(Step.objects.filter(route=draft).order_by("position")))


def publish(draft_id: int, *, by: User, now: datetime, seen: str | None, despite: bool = False) -> Route:
    """Put a draft in force: checked, hashed, immutable; the version before it is retired, its cases keep it.

    `despite`: what is wrong with people only (a post that nobody holds in some units) was read and is accepted.
    Raises: NotPermitted, DraftGone, Stale, NothingNew, RouteHasProblems; the chain of rulings says so.
    """
    try:
        return _published(draft_id, by=by, now=now, seen=seen, despite=despite)
    except Refused as refusal:
        subject = str(Route.objects.filter(pk=draft_id).first() or draft_id)
        rulings.note_refusal(action=rulings.Rule.PUBLISH_ROUTE, subject=subject, by=by, now=now, refusal=refusal)
        raise


def _published(draft_id: int, *, by: User, now: datetime, seen: str | None, despite: bool) -> Route:
    if not may_publish(by):
        raise NotPermitted(
            action=_("publish routes"), who=gettext("A head of finance or the security administrator publishes them.")
        )
    with transaction.atomic():
        draft = _locked(draft_id, by=by, seen=seen)
        changes = differences(draft)
        if draft.based_on_id and not changes:
            raise NothingNew
        found = route_checks.problems_of(draft)
        if stopping := [problem for problem in found if problem.is_fatal or not despite]:
            raise RouteHasProblems(stopping)
        routes.publish(draft, now=now, by=by)
        rulings.note(
            action=rulings.Rule.PUBLISH_ROUTE,
            subject=str(draft),
            by=by,
            now=now,
            payload={
                "route": draft.pk,
                "hash": draft.content_hash,
                "basis": draft.basis,
                "based_on": draft.based_on.content_hash if draft.based_on else "",
                "changes": changes,
                "accepted": [problem.words for problem in found],
            },
        )
    return draft


# What the form says


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that the texts of the form mean.

    stage, title, waiting_title, task_kind, rule, quorum, days_allowed, days_counted, milestone, same_person,
    when_nobody: one text each; candidates: a list of "role@place"; people: user names, one a line; own_office,
    key_project, off_list: "", "yes" or "no"; amount_from, amount_below: 万元; sheet, individually: set or not.
    Raises: StepRefused, UnknownPerson.
    """
    title = str(given.get("title") or "").strip()[:60]
    if not title:
        raise StepRefused(what=gettext("it has no title."))
    columns: dict[str, Any] = {
        "title": title,
        "waiting_title": str(given.get("waiting_title") or "").strip()[:60] or f"待{title}"[:60],
        "stage": _one_of(given, "stage", [stage.value for stage in REVIEW_STATES], _("stage")),
        "task_kind": _one_of(given, "task_kind", SIGNED_KINDS, _("kind of task")),
        "rule": _one_of(given, "rule", Rule.values, _("how many sign")),
        "milestone": _one_of(given, "milestone", ["", *Milestone.values], _("date of the round")),
        "same_person": _one_of(given, "same_person", SamePerson.values, _("the same person again")),
        "when_nobody": _one_of(given, "when_nobody", WhenNobody.values, _("when nobody is there")),
        "days_allowed": _number(given, "days_allowed", most=MOST_DAYS, word=_("days allowed")),
        "counts_calendar_days": _one_of(given, "days_counted", ("", *DAYS_COUNTED), _("days that count")) == "calendar",
        "candidates": _candidates(given),
        "condition": _condition(given),
        "sheet": "review" if given.get("sheet") else "",
        "individually": bool(given.get("individually")),
    }
    columns["quorum"] = None
    if columns["rule"] == Rule.QUORUM:
        columns["quorum"] = _number(given, "quorum", most=20, word=_("number of signatures"))
    if columns["when_nobody"] == WhenNobody.WAIT and columns["rule"] != Rule.ANY:
        raise StepRefused(what=gettext("only a step that one reviewer signs can wait for whoever is named."))
    return columns


def _one_of(given: Mapping[str, Any], name: str, known: Any, word: Any) -> str:
    value = str(given.get(name) or "")
    if value not in list(known):
        raise StepRefused(
            what=gettext("“%(value)s” is not known for “%(field)s”.") % {"value": value[:40], "field": word}
        )
    return value


def _number(given: Mapping[str, Any], name: str, *, most: int, word: Any) -> int:
    text = str(given.get(name) or "").strip()
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= most):
        facts = {"field": word, "most": most}
        raise StepRefused(what=gettext("“%(field)s” is a whole number from 1 to %(most)s.") % facts)
    return int(text)


def _candidates(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    ticked = set(given.get("candidates") or ())
    known = {f"{role.value}@{place.value}": {"role": role.value, "of": place.value} for role, place in CANDIDATES}
    if unknown := ticked - set(known):
        raise StepRefused(what=gettext("“%(value)s” is nobody who can sign.") % {"value": sorted(unknown)[0][:40]})
    lines = str(given.get("people") or "").replace("，", "\n").replace(",", "\n").splitlines()
    names = [name for name in dict.fromkeys(line.strip() for line in lines) if name]
    people = {user.username: user.pk for user in User.objects.filter(username__in=names, is_active=True)}
    for name in names:
        if name not in people:
            raise UnknownPerson(name=name, why=gettext("There is no active account of that name."))
    found = [value for name, value in known.items() if name in ticked] + [{"person": people[name]} for name in names]
    if not found:
        raise StepRefused(what=gettext("nobody is ticked to sign it."))
    return found


def _condition(given: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for fact in route_words.FACTS:
        answer = _one_of(given, fact, ("", "yes", "no"), _("only where"))
        if answer:
            facts[fact] = answer == "yes"
    for name, fact in (("amount_from", "amount_at_least_yuan"), ("amount_below", "amount_below_yuan")):
        text = str(given.get(name) or "").strip().replace(",", "").replace("，", "")
        if not text:
            continue
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 < amount < 10**9:
            raise StepRefused(what=gettext("“%(value)s” is no amount in 10,000 yuan.") % {"value": text[:20]})
        facts[fact] = f"{(amount * YUAN_A_WAN).normalize():f}"
    return facts
