"""What a mutant of a check of rights is: a piece of code that refuses, taken away, or a row of the rules made wider.

`mutants()` lists them all. Code is changed by giving living functions the code of a changed source, data by writing
into the tables that the engine reads; both only in the process that asks. `tests.bench.mutants` runs the tests on each.
"""

import ast
import copy
import functools
import gc
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
ROOMS = ("workflow", "targets", "notifications")
PURE = ("migrations", "management", "reading", "grammar", "checks", "export", "profiles", "models", "data")
"""Folders where nobody is asked who they are: what is refused there is a file or a text."""
RIGHTS = ("workflow/grants.py", "workflow/delegations.py", "workflow/queries.py", "workflow/route_editing.py",
          "workflow/purging.py", "workflow/rules.py", "workflow/look.py", "workflow/context_processors.py",
          "targets/organisations.py", "targets/secrecy.py", "targets/uploads.py", "targets/jobs.py",
          "notifications/queries.py", "notifications/quiet.py", "notifications/trouble.py")  # fmt: skip
"""Where a predicate says who may: each part of what it answers is a check of its own."""
TABLES = "workflow/machine.py"
ANSWERING = ("PermissionDenied", "Http404")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One check to take away: its name, what it is in (a function, or "" for a table) and how it is done."""

    name: str
    place: tuple[str, str]
    """(file, outermost function)"""
    apply: Callable[[], None]


NOTHING = Mutant("nothing taken away", ("", ""), lambda: None)
"""The control: it must survive."""


def files() -> list[Path]:
    """Return the files in which somebody is refused."""
    found = [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))]
    return [p for p in found if not set(PURE) & set(p.relative_to(ROOT).parts[1:-1]) and p.name != "demo.py"]


def module_of(path: Path) -> ModuleType:
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@functools.cache
def _living(path: Path) -> list[FunctionType]:
    module_of(path)
    return [f for f in gc.get_objects() if isinstance(f, FunctionType) and f.__code__.co_filename == str(path)]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _codes(part)


def give_code(path: Path, tree: ast.Module) -> int:
    """Give the living functions of a file the code of `tree`; return how many changed."""
    fresh = {(c.co_qualname, c.co_firstlineno): c for c in _codes(compile(tree, str(path), "exec"))}
    changed = 0
    for function in _living(path):
        old = function.__code__
        new = fresh.get((old.co_qualname, old.co_firstlineno))
        if new is not None and new != old and new.co_freevars == old.co_freevars:
            function.__code__ = new
            changed += 1
    return changed


@functools.cache
def _refusals() -> frozenset[str]:
    from workflow.refusals import Refused

    def below(kind: type) -> Iterator[str]:
        yield kind.__name__
        for sub in kind.__subclasses__():
            yield from below(sub)

    for path in files():
        module_of(path)
    return frozenset((*below(Refused), *ANSWERING))


def _refuses(node: ast.If) -> bool:
    last = node.body[-1]
    raised = last.exc if isinstance(last, ast.Raise) else None
    named = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(named, ast.Name) and named.id in _refusals()


def _gives_nothing(node: ast.If) -> bool:
    last = node.body[-1]
    if not isinstance(last, ast.Return):
        return False
    value = last.value
    if value is None or (isinstance(value, ast.Constant) and value.value in (None, False)):
        return True
    if isinstance(value, (ast.Tuple, ast.List)):
        return not value.elts
    if isinstance(value, ast.Call) and not value.args:
        return ast.unparse(value.func).split(".")[-1] in ("frozenset", "none", "Counts")
    return False


def _parts(test: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield (part, what it becomes): each operand of a condition made to say nothing.

    An operand of `or` becomes False and one of `and` True; of two sets or conditions of a query one alone stays.
    """
    if isinstance(test, ast.BoolOp):
        neutral = isinstance(test.op, ast.And)
        for part in test.values:
            yield part, ast.Constant(neutral)
            yield from _parts(part)
    elif isinstance(test, ast.BinOp) and isinstance(test.op, (ast.BitOr, ast.BitAnd)):
        yield test, test.left
        yield test, test.right
        for side in (test.left, test.right):
            yield from _parts(side)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "bool" and test.args:
        yield from _parts(test.args[0])


def _spots(function: ast.FunctionDef, *, rights: bool) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield every (expression, what it becomes) of one function: one mutant each."""
    for node in ast.walk(function):
        if isinstance(node, ast.If) and (_refuses(node) or (rights and _gives_nothing(node))):
            yield node.test, ast.Constant(False)
            yield from _parts(node.test)
        elif rights and isinstance(node, ast.Return) and node.value is not None:
            answers = ast.unparse(function.returns) if function.returns else ""
            if answers in ("bool", "Q", "QuerySet[Case]") or answers.startswith("QuerySet"):
                yield from _parts(node.value)


def _changed(tree: ast.Module, at: ast.expr, to: ast.expr) -> ast.Module:
    """Return a copy of `tree` in which the node at the place of `at` is `to`."""
    where = (at.lineno, at.col_offset, at.end_lineno, at.end_col_offset, type(at))

    class Change(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            here = tuple(getattr(node, n, None) for n in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
            if (*here, type(node)) == where:
                return ast.copy_location(to, node)
            return self.generic_visit(node)

    return ast.fix_missing_locations(Change().visit(copy.deepcopy(tree)))


def outermost(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield each function of a file and each method of its classes, with its qualified name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{m.name}", m) for m in node.body if isinstance(m, ast.FunctionDef))


def _code_mutants() -> Iterator[Mutant]:
    for path in files():
        tree, name = ast.parse(path.read_text()), str(path.relative_to(ROOT))
        for qualified, function in outermost(tree):
            for at, to in _spots(function, rights=name in RIGHTS):
                words = " ".join(ast.unparse(at).split())
                becomes = " ".join(ast.unparse(to).split())

                def apply(path: Path = path, tree: ast.Module = tree, at: ast.expr = at, to: ast.expr = to) -> None:
                    assert give_code(path, _changed(tree, at, to)), "no living function took the change"

                yield Mutant(f"{name}:{at.lineno} {qualified}: {words[:80]} → {becomes[:40]}", (name, qualified), apply)


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
        yield Mutant(f"{TABLES} GRANTS without {words}", ("GRANTS", row.right.name), stand(less))
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
                         f"{right.name}", ("TASK_RIGHTS", kind.name), apply)  # fmt: skip


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


def mutants() -> list[Mutant]:
    """Return every mutant: of code by file and line, then of the tables, then of the addresses."""
    return [*_code_mutants(), *_need_mutants(), *_grant_mutants(), *_address_mutants()]
