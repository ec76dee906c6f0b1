"""What a mutant of a check is: a piece of code that refuses, taken away, or a row of the rules made wider.

`mutants()` lists them all. Code is changed by giving living functions the code of a changed source, data by writing
into the tables that the engine reads (tests/mutating_rows.py); both only in the process that asks.
`tests.bench.mutants` runs the tests on each.
"""

import ast
import copy
import functools
import gc
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

ROOT = Path(__file__).parents[1]
ROOMS = ("workflow", "targets", "notifications")
PURE = ("migrations", "management", "reading", "grammar", "checks", "export", "profiles", "models", "data")
"""Folders where nobody is asked who they are: what is refused there is a file or a text."""
RIGHTS = ("workflow/grants.py", "workflow/delegations.py", "workflow/queries.py", "workflow/route_editing.py",
          "workflow/purging.py", "workflow/rules.py", "workflow/look.py", "workflow/context_processors.py",
          "targets/organisations.py", "targets/secrecy.py", "targets/uploads.py", "targets/jobs.py",
          "notifications/queries.py", "notifications/quiet.py", "notifications/trouble.py",
          "notifications/feeds.py")  # fmt: skip
"""Where a predicate says who may: each part of what it answers is a check of its own."""
ANSWERING = ("PermissionDenied", "Http404")
WHO = ("NotPermitted", "NotVisible", "SamePersonRefused", "Claimed", "AskedFirst", "EditsItself", "Unconfirmed",
       "NothingToConfirm", "NoProposal", "ConditionsOpen", "Stale", "NotPossible", "KeyReused", "DelegationCycle",
       "DelegationOverlaps", "SecrecyRefused", "PurgeRefused", "LastAdministrator", "LockedHeader", "LockedMoney",
       "OnlyFundsOpen", *ANSWERING)  # fmt: skip
"""What is refused to a person, at this moment, over this content; other refusals say that an entry is no good."""
FINDING = ("workflow/record.py", "workflow/sealing.py", "workflow/rulings.py", "workflow/grants.py")
"""Where tampering and drift are found: each `if` that yields a finding is a check."""
EDITING = ("workflow/route_editing.py", "targets/uploads.py", "targets/jobs.py")
"""Where a query's conditions choose the row to write, not who may."""
ASKING = ("filter", "exclude", "Q")
"""Calls whose keywords are conditions of who may."""
ADMIN = "/admin.py"


RIGHT, NARROWER, ENTRY = "right", "narrower", "entry"
"""A check of who may act or see is gone; somebody may less than they should; a check of what may be entered is gone."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One check to take away: its name, what it is in (a function, or "" for a table) and how it is done."""

    name: str
    place: tuple[str, str]
    """(file, outermost function)"""
    apply: Callable[[], None]
    sort: str = RIGHT

    @property
    def key(self) -> str:
        """The name without the line, which holds while the file changes elsewhere."""
        return re.sub(r"\.py:\d+ ", ".py ", self.name)


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


@functools.cache
def _of_people() -> frozenset[str]:
    """Return the names of the refusals that say who may not, with their subclasses."""
    from workflow.refusals import Refused

    def below(kind: type) -> Iterator[type]:
        yield kind
        for sub in kind.__subclasses__():
            yield from below(sub)

    _refusals()
    return frozenset(k.__name__ for k in below(Refused) if any(b.__name__ in WHO for b in k.__mro__)) | set(ANSWERING)


def _raised(node: ast.AST) -> str:
    """Return the name of what a `raise` raises, where it is a refusal."""
    raised = node.exc if isinstance(node, ast.Raise) else None
    named = raised.func if isinstance(raised, ast.Call) else raised
    return named.id if isinstance(named, ast.Name) and named.id in _refusals() else ""


@functools.cache
def _guards() -> dict[str, bool]:
    """Return the functions that do nothing but refuse, by name: whether they say who may not."""
    found = {"check": True}
    for path in files():
        for qualified, function in outermost(ast.parse(path.read_text())):
            raised = [name for node in ast.walk(function) if (name := _raised(node))]
            if raised and function.returns is not None and ast.unparse(function.returns) == "None":
                name = qualified.split(".")[-1]
                found[name] = found.get(name, False) or any(one in _of_people() for one in raised)
    return found


def _guard(node: ast.AST) -> str:
    """Return the name of the guard that a statement calls for nothing but its refusal, "" for others."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return ""
    called = node.value.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name if name in _guards() and name.lstrip("_").startswith("check") else ""


def _finds(node: ast.AST) -> bool:
    last = node.body[-1] if isinstance(node, ast.If) else None
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Yield)


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


def _parts(test: ast.expr, *, grants: bool) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Yield (part, what it becomes, whether more is allowed then): each operand of a condition made to say nothing.

    An operand of `or` becomes False and one of `and` True; of two sets or conditions of a query one alone stays.
    `grants`: the condition allows where it holds; else it refuses.
    """
    if isinstance(test, ast.BoolOp):
        neutral = isinstance(test.op, ast.And)
        for part in test.values:
            yield part, ast.Constant(neutral), neutral is grants
            yield from _parts(part, grants=grants)
    elif isinstance(test, ast.BinOp) and isinstance(test.op, (ast.BitOr, ast.BitAnd)):
        wider = isinstance(test.op, ast.BitAnd) is grants
        yield test, test.left, wider
        yield test, test.right, wider
        for side in (test.left, test.right):
            yield from _parts(side, grants=grants)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand, grants=not grants)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "bool" and test.args:
        yield from _parts(test.args[0], grants=grants)


Spot = tuple[ast.expr, ast.expr, str]


def _spots(function: ast.FunctionDef, *, name: str) -> Iterator[Spot]:
    """Yield every (expression, what it becomes, the sort of mutant) of one function: one mutant each."""
    rights = name in RIGHTS
    for node in ast.walk(function):
        if isinstance(node, ast.If) and (_raised(node.body[-1]) or (rights and _gives_nothing(node))):
            of_people = rights or _raised(node.body[-1]) in _of_people()
            yield node.test, ast.Constant(False), RIGHT if of_people else ENTRY
            for part, becomes, wider in _parts(node.test, grants=False):
                yield part, becomes, (RIGHT if wider else NARROWER) if of_people else ENTRY
        elif isinstance(node, ast.If) and name in FINDING and _finds(node):
            yield node.test, ast.Constant(False), RIGHT
        elif guard := _guard(node):
            yield node.value, ast.Constant(None), RIGHT if _guards()[guard] else ENTRY  # type: ignore[attr-defined]
        elif rights:
            yield from _granting(function, node, name=name)
        elif name.endswith(ADMIN) and isinstance(node, ast.Return) and function.name.startswith("has_"):
            assert node.value is not None
            yield node.value, ast.Constant(True), RIGHT


def _granting(function: ast.FunctionDef, node: ast.AST, *, name: str) -> Iterator[Spot]:
    """Yield the spots of an expression that says who may: what a predicate answers, what is left of a list or query."""
    found: list[tuple[ast.expr, ast.expr, bool]] = []
    if isinstance(node, ast.Return) and node.value is not None:
        answers = ast.unparse(function.returns) if function.returns else ""
        if answers in ("bool", "Q") or answers.startswith("QuerySet"):
            found += _parts(node.value, grants=True)
    elif isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)):
        for test in (test for generator in node.generators for test in generator.ifs):
            found += [(test, ast.Constant(True), True), *_parts(test, grants=True)]
        if isinstance(node, ast.GeneratorExp):
            found += _parts(node.elt, grants=True)
    elif isinstance(node, ast.Call) and name not in EDITING:
        found += ((*one, True) for one in _conditions(node))
    yield from ((part, becomes, RIGHT if wider else NARROWER) for part, becomes, wider in found)


def _conditions(call: ast.Call) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each condition of a query left out: the call without one keyword."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if called not in ASKING:
        return
    for n, word in enumerate(call.keywords):
        if word.arg is not None:
            yield call, ast.Call(call.func, call.args, [*call.keywords[:n], *call.keywords[n + 1 :]])


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
            for at, to, sort in _spots(function, name=name):
                words = " ".join(ast.unparse(at).split())
                becomes = " ".join(ast.unparse(to).split())

                def apply(path: Path = path, tree: ast.Module = tree, at: ast.expr = at, to: ast.expr = to) -> None:
                    assert give_code(path, _changed(tree, at, to)), "no living function took the change"

                yield Mutant(f"{name}:{at.lineno} {qualified}: {words[:160]} → {becomes[:160]}", (name, qualified),
                             apply, sort)  # fmt: skip


def mutants() -> list[Mutant]:
    """Return every mutant: of code by file and line, then of the tables, then of the addresses."""
    from tests import mutating_rows

    named: Counter[str] = Counter()
    found = []
    for mutant in (*_code_mutants(), *mutating_rows.mutants()):
        named[mutant.key] += 1
        again = f" ({named[mutant.key]})" if named[mutant.key] > 1 else ""
        found.append(replace(mutant, name=mutant.name + again))
    return found
