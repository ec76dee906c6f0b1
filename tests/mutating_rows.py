"""Mutants of data: a row of the machine's tables made wider or taken away, an address opened.

Part of tests/mutating.py, which says what a mutant is.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.mutating import NARROWER, RIGHT, ROOMS, Mutant

TABLES = "workflow/machine.py"


def _need_mutants() -> Iterator[Mutant]:
    from workflow.machine import NEEDS, Kind, Needs, State

    wider: dict[str, Any] = {
        "right": None, "posts": (), "task": (), "words": False, "signs": False, "system": True, "for_others": True,
        "kinds": tuple(Kind), "froms": tuple(State),
    }  # fmt: skip
    for action, needs in NEEDS.items():
        for column, value in wider.items():
            if getattr(needs, column) != value:

                def apply(action: Any = action, needs: Needs = needs, column: str = column, value: Any = value) -> None:
                    NEEDS[action] = replace(needs, **{column: value})

                yield Mutant(f"{TABLES} NEEDS {action.name}.{column} → {value!r:.40}",
                             ("NEEDS", action.name), apply)  # fmt: skip


def _grant_mutants() -> Iterator[Mutant]:
    from workflow import grants
    from workflow.machine import STANDING_GRANTS, TASK_RIGHTS, Kind, Place, Right, Role, State

    def stand(rows: tuple[Any, ...]) -> Callable[[], None]:
        return lambda: setattr(grants, "STANDING_GRANTS", rows)

    for n, row in enumerate(STANDING_GRANTS):
        words = f"{row.right.name} of {row.role.name}@{row.place.name}"
        less = (*STANDING_GRANTS[:n], *STANDING_GRANTS[n + 1 :])
        yield Mutant(f"{TABLES} GRANTS without {words}", ("GRANTS", row.right.name), stand(less),
                     NARROWER)  # fmt: skip
        for column, value in (("states", tuple(State)), ("kinds", tuple(Kind))):
            if getattr(row, column) != value:
                wide = (*less, replace(row, **{column: value}))
                yield Mutant(f"{TABLES} GRANTS {words} in all {column}", ("GRANTS", row.right.name), stand(wide))
        for role, place in (
            (Role.EDITOR, Place.UNIT), (Role.UNIT_HEAD, Place.UNIT), (Role.DEPARTMENT_REVIEWER, Place.DEPARTMENT),
            (Role.DEPARTMENT_HEAD, Place.DEPARTMENT), (Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE),
            (Role.FINANCE_HEAD, Place.DIVISION_IN_CHARGE), (Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION),
            (Role.FINANCE_HEAD, Place.BUREAU), (Role.AUDITOR, Place.BUREAU),
        ):  # fmt: skip
            other = replace(row, role=role, place=place)
            if not any((r.right, r.role, r.place) == (row.right, role, place) for r in STANDING_GRANTS):
                yield Mutant(f"{TABLES} GRANTS {row.right.name} too for {role.name}@{place.name} in "
                             + "/".join(s.name for s in row.states), ("GRANTS", row.right.name),
                             stand((*STANDING_GRANTS, other)))  # fmt: skip
    for kind, rights in list(TASK_RIGHTS.items()):
        for right in Right:
            changed = tuple(r for r in rights if r != right) if right in rights else (*rights, right)

            def apply(kind: Any = kind, changed: Any = changed) -> None:
                TASK_RIGHTS[kind] = changed

            yield Mutant(f"{TABLES} TASK_RIGHTS {kind.name} {'without' if right in rights else 'with'} "
                         f"{right.name}", ("TASK_RIGHTS", kind.name), apply,
                         NARROWER if right in rights else RIGHT)  # fmt: skip


def _address_mutants() -> Iterator[Mutant]:
    """Yield each page opened to people who have not logged in, and each that changes something by being looked at."""
    from django.urls import get_resolver

    rooms = tuple(f"{room}." for room in (*ROOMS, "deploy"))
    for pattern in _patterns(get_resolver().url_patterns):
        view = pattern.callback
        if not view.__module__.startswith(rooms) and "login" in str(pattern.name):
            continue
        place = ("ADDRESS", str(pattern.name))
        if getattr(view, "login_required", True):

            def open_it(view: Any = view) -> None:
                view.login_required = False

            yield Mutant(f"address {pattern.name} without logging in", place, open_it)
        if hasattr(view, "__wrapped__") and view.__module__.startswith(rooms):

            def unwrap(pattern: Any = pattern, view: Any = view) -> None:
                pattern.callback = view.__wrapped__

            yield Mutant(f"address {pattern.name} by any method", place, unwrap)


def _patterns(found: list[Any]) -> Iterator[Any]:
    for one in found:
        if hasattr(one, "url_patterns"):
            if getattr(one, "app_name", None) != "admin":
                yield from _patterns(one.url_patterns)
        elif one.name:
            yield one


def _relation_mutants() -> Iterator[Mutant]:
    """Yield the rules without one of what the record must say besides the right."""
    from workflow.rules import RELATIONS

    for action, check in list(RELATIONS.items()):

        def apply(action: Any = action) -> None:
            del RELATIONS[action]

        yield Mutant(f"workflow/rules.py RELATIONS without {action.name}: {check.__name__}",
                     ("NEEDS", action.name), apply)  # fmt: skip


def mutants() -> Iterator[Mutant]:
    """Yield every mutant of the tables, then of the addresses."""
    yield from _need_mutants()
    yield from _relation_mutants()
    yield from _grant_mutants()
    yield from _address_mutants()
