"""Urging from the board: one case or many, each its own action with its own answer; how long each still cools down.

Writes through engine.perform only. Called by the board's page.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from workflow import engine, grants
from workflow.asides import URGE_EVERY
from workflow.machine import Action, State
from workflow.models import Case, Event, User
from workflow.refusals import Refused

MOST = 100
"""Cases one click urges."""


class NothingTicked(Refused):
    code = "nothing_ticked"
    message = _("Tick at least one table, then urge.")


class TooManyTicked(Refused):
    """Facts: count, most."""

    code = "too_many_ticked"
    message = _("%(count)s tables are ticked; at most %(most)s are urged at once. Nobody was urged. Tick fewer.")


@dataclass(frozen=True, slots=True)
class Urged:
    """What came of urging one case; `refusal` None: who has it is told."""

    case: Case
    refusal: Refused | None


def urge(*, numbers: Collection[str], by: User, key: str, now: datetime) -> list[Urged]:
    """Urge whoever has the cases of these numbers, each in a transaction of its own; numbers `by` may not see are left.

    `key`: of the click; sent again, nobody is urged twice. Raises: NothingTicked, TooManyTicked.
    """
    wanted = set(numbers)
    if not wanted:
        raise NothingTicked
    if len(wanted) > MOST:
        raise TooManyTicked(count=len(wanted), most=MOST)
    done = []
    for case in grants.visible_to(by).filter(number__in=wanted).order_by("number"):
        seen = engine.Seen(case.version, case.content_hash)
        try:
            engine.perform(case, Action.URGE, by=by, seen=seen, key=f"{key[:40]}-{case.pk}", now=now)
        except Refused as refusal:
            done.append(Urged(case, refusal))
        else:
            done.append(Urged(case, None))
    return done


def is_offered(case: Case, *, standing_in_unit: bool) -> bool:
    """Return whether pages offer urging: a unit may, by right, but does not urge the finance bureau.

    Its page shows how long the case has waited and the phone of the office instead. Source: practice.md, 6.
    """
    return not (standing_in_unit and case.state == State.FINANCE_REVIEW)


def cooling(cases: Iterable[int], *, now: datetime) -> dict[int, datetime]:
    """Return when those of `cases` (ids) were urged that may not be urged again yet. One statement."""
    recent = Event.objects.filter(case__in=set(cases), action=Action.URGE, refused="", at__gt=now - URGE_EVERY)
    return dict(recent.order_by("at").values_list("case_id", "at"))
