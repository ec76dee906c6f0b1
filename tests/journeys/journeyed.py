"""Which journey carries which actions over HTTP: claimed by a decorator, proved by the record when the test ends."""

import functools
from collections.abc import Callable
from typing import Any

from workflow.machine import Action
from workflow.models import Event

JOURNEYS: dict[Action, list[str]] = {}
"""Action → the journeys that carry it out on the pages."""


def carries(*actions: Action) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Claim that a journey carries out `actions`; when it ends, the record must hold each of them, not refused, done
    by somebody of this journey and not by the demo's own past.
    """

    def wrap(test: Callable[..., None]) -> Callable[..., None]:
        for action in actions:
            JOURNEYS.setdefault(action, []).append(test.__name__)

        @functools.wraps(test)
        def walked(*args: Any, **kwargs: Any) -> None:
            test(*args, **kwargs)
            here = Event.objects.filter(refused="").exclude(key__startswith="demo:")
            done = set(here.values_list("action", flat=True))
            assert {a.value for a in actions} <= done, {a.value for a in actions} - done

        return walked

    return wrap
