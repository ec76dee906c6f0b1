"""What is wrong with a route before it is published: dead ends, steps that are never taken, posts that nobody holds.

Reads a draft's steps and who holds which post; writes nothing. A route is a line, each step after the one before it,
so it can hold no cycle; a step that stands before its stage is the dead end that a line can have.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from workflow import calendar, grants, routes
from workflow.machine import REVIEW_STATES, Place, Role, Rule, SamePerson, State, TaskKind
from workflow.models import Case, Organisation, Route, Step, User
from workflow.route_words import condition_words

SHOWN_UNITS = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `is_fatal`: the route cannot be published with it; else it must be accepted.

    step: the key of the step, "" for the whole route. units: the units that it holds for, as far as it is about people.
    """

    words: str
    step: str = ""
    is_fatal: bool = True
    units: tuple[str, ...] = ()


def problems_of(route: Route) -> list[Problem]:
    """Return what is wrong with `route`: first its shape, then, where the shape is sound, its people."""
    steps = list(Step.objects.filter(route=route).order_by("position"))
    shape = list(shape_problems(steps))
    if any(problem.is_fatal for problem in shape):
        return shape
    return shape + list(people_problems(route, steps))


# The shape


def shape_problems(steps: Sequence[Step]) -> Iterator[Problem]:
    """Yield what is wrong with the steps alone, whoever holds the posts."""
    if not steps:
        yield Problem(_("The route has no step. Add one."))
        return
    for step in steps:
        yield from _step_problems(step)
    yield from _order_problems(steps)
    if not any(set(step.condition) - set(routes.CONDITIONS) for step in steps):
        yield from _way_problems(steps)


def _step_problems(step: Step) -> Iterator[Problem]:
    facts = {"title": step.title}
    if not step.candidates:
        yield Problem(_("“%(title)s” asks nobody. Tick who signs.") % facts, step.key)
    if step.rule == Rule.QUORUM and not step.quorum:
        yield Problem(_("“%(title)s” asks for a number of signatures and names none.") % facts, step.key)
    if unknown := set(step.condition) - set(routes.CONDITIONS):
        words = _("“%(title)s” has a condition that nobody knows: %(names)s.")
        yield Problem(words % (facts | {"names": "、".join(sorted(unknown))}), step.key)
    elif not any(routes.applicable(sample, [step]) for sample in _samples([step])):
        words = _("“%(title)s” is never taken: no case is %(facts)s at once.")
        yield Problem(words % (facts | {"facts": "、".join(condition_words(step.condition))}), step.key)
    if step.counts_calendar_days and step.days_allowed <= (free := calendar.current().longest_rest()):
        words = _("“%(title)s” has %(days)s calendar days; a holiday of %(free)s days may take them all.")
        yield Problem(words % (facts | {"days": step.days_allowed, "free": free}), step.key, is_fatal=False)
    if step.task_kind == TaskKind.RELEASE and not step.counts_calendar_days:
        words = _("“%(title)s” counts working days; the Budget Law, art. 52, sets 20 calendar days. Let it count"
                  " calendar days.")  # fmt: skip
        yield Problem(words % facts, step.key, is_fatal=False)
    if step.same_person == SamePerson.SKIP and step.stage != State.FINANCE_REVIEW:
        words = _("“%(title)s” says skip for the same person; that is done among finance steps only.")
        yield Problem(words % facts, step.key, is_fatal=False)


def _order_problems(steps: Sequence[Step]) -> Iterator[Problem]:
    reached, released = 0, ""
    for step in steps:
        place = REVIEW_STATES.index(State(step.stage))
        if place < reached:
            words = _("“%(title)s” belongs to the department's review and stands behind a finance step:"
                      " a case could not go back to it. Move it up.")  # fmt: skip
            yield Problem(words % {"title": step.title}, step.key)
        reached = max(reached, place)
        if released:
            words = _("“%(title)s” stands behind the release “%(release)s”. The release comes last.")
            yield Problem(words % {"title": step.title, "release": released}, step.key)
        if step.task_kind == TaskKind.RELEASE:
            released = step.title
            if step.stage != State.FINANCE_REVIEW:
                yield Problem(_("“%(title)s” releases and must be a finance step.") % {"title": step.title}, step.key)


def _way_problems(steps: Sequence[Step]) -> Iterator[Problem]:
    """Yield the kinds of case that would pass without a finance signature, or without anybody before finance."""
    said: set[str] = set()
    for sample in _samples(steps):
        stages = {step.stage for step in routes.applicable(sample, steps) if step.task_kind != TaskKind.RELEASE}
        for stage, words, fatal in (
            (State.FINANCE_REVIEW, _("A case that is %(case)s would be approved without a finance review."), True),
            (State.DEPARTMENT_REVIEW, _("A case that is %(case)s goes to finance without anybody before it."), False),
        ):
            sentence = words % {"case": _sample_words(sample)}
            if stage not in stages and sentence not in said:
                said.add(sentence)
                yield Problem(sentence, is_fatal=fatal)


def _samples(steps: Sequence[Step], *, own: bool | None = None) -> Iterator[Case]:
    """Yield one case, never stored, for every combination of facts that the steps' conditions tell apart.

    `own`: only of units that are, or are not, their department's own office.
    """
    limits = {Decimal(step.condition[name]) for step in steps
              for name in ("amount_at_least_yuan", "amount_below_yuan") if name in step.condition}  # fmt: skip
    amounts = [None, *sorted({Decimal(0), *limits, *(limit - Decimal("0.01") for limit in limits)})]
    asked = {fact for step in steps for fact in step.condition}
    both = {fact: (False, True) if fact in asked else (False,) for fact in ("own_office", "key_project", "off_list")}
    offices = both["own_office"] if own is None else (own,)
    for office, key, off, amount in product(offices, both["key_project"], both["off_list"], amounts):
        unit = Organisation(kind=Organisation.Kind.UNIT, is_own_office=office)
        yield Case(unit=unit, department=unit, is_key=key, is_off_list=off, amount=amount)


def _sample_words(case: Case) -> str:
    known = {"own_office": case.unit.is_own_office, "key_project": case.is_key, "off_list": case.is_off_list}
    return "、".join(condition_words(known))


# The people


@dataclass(slots=True)
class _Lack:
    """For one step and one sentence, the units that it holds for."""

    words: str | Promise
    step: Step
    units: list[str] = field(default_factory=list)


def people_problems(route: Route, steps: Sequence[Step]) -> Iterator[Problem]:
    """Yield, per step, the units whose cases would stop there because nobody can sign. Four statements in all."""
    lacks: dict[tuple[str, str], _Lack] = {}
    units = list(Organisation.objects.filter(kind=Organisation.Kind.UNIT, successor=None).select_related("parent"))
    posts_for = grants.posts_everywhere()
    active = set(User.objects.filter(is_active=True, pk__in=_named(steps)).values_list("pk", flat=True))
    ways = {own: _ways(steps, own=own) for own in (False, True)}
    for unit in units:
        posts = posts_for(unit)
        stops = [stop for taken in ways[unit.is_own_office] for stop in _stops(taken, posts, active)]
        for step, words in dict.fromkeys(stops):
            lacks.setdefault((step.key, words), _Lack(words, step)).units.append(unit.name)
    for lack in lacks.values():
        sentence = str(lack.words) % {"title": lack.step.title}
        yield Problem(sentence, lack.step.key, is_fatal=False, units=tuple(lack.units))


def _named(steps: Sequence[Step]) -> set[int]:
    return {candidate["person"] for step in steps for candidate in step.candidates if "person" in candidate}


def _ways(steps: Sequence[Step], *, own: bool) -> list[tuple[Step, ...]]:
    """Return the different ways through `steps` of a unit that is, or is not, its department's own office."""
    mine = (sample for sample in _samples(steps, own=own))
    return list(dict.fromkeys(routes.applicable(sample, steps) for sample in mine))


def _stops(taken: Sequence[Step], posts: Sequence[grants.Post], active: set[int]) -> Iterator[tuple[Step, str]]:
    """Yield the steps of one way at which a case would stop, each with its sentence."""
    named = _named(taken)
    people = {
        step.key: [pk for pk in routes.candidate_people(step, posts) if pk not in named or pk in active]
        for step in taken
    }
    editors = {pk for post in posts if (post.role, post.place) == (Role.EDITOR, Place.UNIT) for pk in post.members}
    for step in taken:
        there = people[step.key]
        if not there:
            yield step, _("“%(title)s”: nobody holds the post.")
        elif step.rule == Rule.QUORUM and step.quorum and len(there) < step.quorum:
            yield step, _("“%(title)s”: fewer people hold the post than must sign.")
        elif len(editors) == 1 and set(there) == editors and not routes.is_inside_unit(step):
            yield step, _("“%(title)s”: the only reviewer is also the only one who drafts.")
    finance = [step for step in taken if step.stage == State.FINANCE_REVIEW and people[step.key]]
    if stuck := _not_by_different_people(finance, people):
        yield stuck, _("“%(title)s”: whoever could sign it has already signed the finance step before it.")


def _not_by_different_people(steps: Sequence[Step], people: dict[str, list[int]]) -> Step | None:
    """Return the first step for which no person is left, when nobody signs two; None when all can be signed."""

    def assign(n: int, used: frozenset[int]) -> int:
        if n == len(steps):
            return n
        step, best = steps[n], n
        free = [pk for pk in people[step.key] if pk not in used]
        if not free and step.same_person == SamePerson.SKIP:
            return assign(n + 1, used)
        for pk in free:
            best = max(best, assign(n + 1, used | {pk}))
            if best == len(steps):
                return best
        return best

    reached = assign(0, frozenset())
    return None if reached == len(steps) else steps[reached]
