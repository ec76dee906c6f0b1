"""A route in words: who signs a step, by which rule, where it is taken, and what differs between two versions.

Pure on loaded values, but for the names of people whom a step names. Used by the editor, the pictures and pages.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflow.machine import Place, Role, Rule, SamePerson, State, TaskKind, WhenNobody
from workflow.models import Milestone, Step, User
from workflow.words import calendar_term, wan, working_term

FACTS: dict[str, dict[bool, str | Promise]] = {
    "own_office": {True: gettext_lazy("the department's own office"), False: gettext_lazy("a unit below a department")},
    "key_project": {True: gettext_lazy("a key project"), False: gettext_lazy("an ordinary project")},
    "off_list": {True: gettext_lazy("a project off the list"), False: gettext_lazy("a listed project")},
}
"""The facts of a case that are so or not so, in words."""


def condition_words(condition: Mapping[str, Any]) -> list[str]:
    """Return the facts that must hold for a step, in words; empty: it is always taken."""
    words = [str(FACTS[fact][bool(value)]) for fact, value in condition.items() if fact in FACTS]
    if least := condition.get("amount_at_least_yuan"):
        words.append(_("at least %(amount)s × 10,000 yuan") % {"amount": wan(Decimal(least))})
    if below := condition.get("amount_below_yuan"):
        words.append(_("below %(amount)s × 10,000 yuan") % {"amount": wan(Decimal(below))})
    return words


def candidate_words(candidates: Iterable[Mapping[str, Any]], *, people: Mapping[int, str] | None = None) -> list[str]:
    """Return who is asked, each as "the unit: Unit head" or a person's name; `people`: names by id."""
    words = []
    for candidate in candidates:
        if "person" in candidate:
            words.append((people or {}).get(candidate["person"]) or _("person %(n)s") % {"n": candidate["person"]})
        else:
            place, role = Place(candidate["of"]).label, Role(candidate["role"]).label
            words.append(_("%(place)s: %(role)s") % {"place": place, "role": role})
    return words


def names_in(steps: Iterable[Step]) -> dict[int, str]:
    """Return the names of the people whom the steps name. One statement, none where they name nobody."""
    ids = {candidate["person"] for step in steps for candidate in step.candidates if "person" in candidate}
    return {person.pk: str(person) for person in User.objects.filter(pk__in=ids)} if ids else {}


def rule_words(step: Step) -> str:
    """Return how many must sign, with the number where one is asked."""
    if step.rule == Rule.QUORUM:
        return _("%(n)s must review") % {"n": step.quorum}
    return str(Rule(step.rule).label)


def term_words(step: Step) -> str:
    """Return how long the step may take, with the kind of days that are counted."""
    return calendar_term(step.days_allowed) if step.counts_calendar_days else working_term(step.days_allowed)


def milestone_words(milestone: str) -> str:
    """Return the name of a round's date, a dash for none."""
    return str(dict(Milestone.choices).get(milestone, milestone)) or "—"


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


ASPECTS: tuple[tuple[str | Promise, Callable[[Step], str]], ...] = (
    (gettext_lazy("stage"), lambda step: str(State(step.stage).label)),
    (gettext_lazy("title"), lambda step: step.title),
    (gettext_lazy("words while it waits"), lambda step: step.waiting_title),
    (gettext_lazy("kind of task"), lambda step: str(TaskKind(step.task_kind).label)),
    (gettext_lazy("how many sign"), rule_words),
    (gettext_lazy("only where"), lambda step: "、".join(condition_words(step.condition)) or _("always")),
    (gettext_lazy("review sheet"), lambda step: _yes(bool(step.sheet))),
    (gettext_lazy("time allowed"), term_words),
    (gettext_lazy("date of the round"), lambda step: milestone_words(step.milestone)),
    (gettext_lazy("the same person again"), lambda step: str(SamePerson(step.same_person).label)),
    (gettext_lazy("when nobody is there"), lambda step: str(WhenNobody(step.when_nobody).label)),
    (gettext_lazy("reviewed one by one"), lambda step: _yes(step.individually)),
)
"""What a step says, each with its word: the lines of a difference. Who signs needs names and stands beside them."""


def differences(old: Sequence[Step], new: Sequence[Step]) -> list[str]:
    """Return what `new` does otherwise than `old`, a sentence each, in the order of the steps, known by their keys."""
    before, people = {step.key: step for step in old}, names_in([*old, *new])
    kept = {step.key for step in new}
    found = [_("“%(title)s” is taken out.") % {"title": step.title} for step in old if step.key not in kept]
    order = [step.key for step in old if step.key in kept]
    places = {key: n for n, key in enumerate(step.key for step in new if step.key in before)}
    for step in new:
        if step.key not in before:
            who = "、".join(candidate_words(step.candidates, people=people)) or _("nobody")
            facts = {"n": step.position, "title": step.title, "who": who}
            found.append(_("“%(title)s” is added as step %(n)s; %(who)s.") % facts)
            continue
        was = before[step.key]
        if order[places[step.key]] != step.key:
            facts = {"n": step.position, "title": step.title}
            found.append(_("“%(title)s” stands at another place: step %(n)s.") % facts)
        found += _changes(was, step, people)
    return found


def _changes(was: Step, step: Step, people: Mapping[int, str]) -> list[str]:
    pairs = [(word, say(was), say(step)) for word, say in ASPECTS]
    who = [
        tuple(candidate_words(one.candidates, people=people)) if one.candidates else (_("nobody"),)
        for one in (was, step)
    ]
    pairs.append((gettext_lazy("who signs"), "、".join(who[0]), "、".join(who[1])))
    return [
        _("“%(title)s”, %(word)s: %(before)s → %(after)s")
        % {"title": step.title, "word": word, "before": before, "after": after}
        for word, before, after in pairs
        if before != after
    ]
