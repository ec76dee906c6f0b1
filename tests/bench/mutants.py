"""Authorisation mutants: each check is taken away in turn, and the tests must notice.

    python -m tests.bench.mutants [--list] [--jobs N] [--tests path …] [part of a name …]

All tests run once in one process, which notes the functions each of them enters; then each mutant (tests/mutating.py)
lives in a fork of that process, with its database in memory, and meets the tests that enter its function, the quickest
first, until one fails. Prints who survived and exits with their number. Seconds a mutant instead of half a minute.
"""

import argparse
import ast
import builtins
import os
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests import mutating

TESTS = ("tests/workflow", "tests/targets", "tests/notifications", "tests/journeys")
LEFT_OUT = {"postgres", "redis_server", "browser", "bench"}
NO_RIGHTS = ("test_reading", "test_checks", "test_values", "test_figures", "test_sheets", "test_profiles",
             "test_export.py", "test_peers", "test_calendar", "test_pictures")  # fmt: skip
"""Tests of files, texts and times: nobody is refused in them."""
WAIT = 600
KILLED, SURVIVED = 0, 3
WORDS = {KILLED: "killed  ", SURVIVED: "SURVIVED"}


class Mutants:
    """The plugin that runs the tests once and then every mutant."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.survivors: list[str] = []
        self.failed = False
        self.hits: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self.killer: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        from django.conf import settings

        settings.DATABASES["default"]["TEST"]["NAME"] = None  # in memory: a fork has its own

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        def fits(item: pytest.Item) -> bool:
            marks = {mark.name for mark in item.iter_markers()}
            transactional = any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
            fixtures = getattr(item, "fixturenames", ())
            return not (
                marks & LEFT_OUT or transactional or "transactional_db" in fixtures or "live_server" in fixtures
                or any(name in item.nodeid for name in NO_RIGHTS)
            )  # fmt: skip

        items[:] = [item for item in items if fits(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        wanted = [m for m in mutating.mutants() if _asked(m, self.asked.parts)]
        items = session.items
        self._note_what_enters_what()
        self.ends = items[:2]
        for item, following in zip(items, [*items[1:], self._another(items[-1])], strict=True):
            self.current = item.nodeid
            start, self.failed = time.monotonic(), False
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                print("fails without any mutant:", item.nodeid, flush=True)
            else:
                self.seconds[item.nodeid] = time.monotonic() - start
        self._forget_to_note()
        found, again, good = [], wanted, [item for item in items if item.nodeid in self.seconds]
        while again:
            found += self._run(again, good)
            again, good = self._killed_by_nothing(again, good)
        print(f"\n{len(wanted) - len(found)} of {len(wanted)} killed", flush=True)
        self.survivors = found
        return True

    def _killed_by_nothing(
        self, mutants: list[mutating.Mutant], items: list[pytest.Item]
    ) -> tuple[list[mutating.Mutant], list[pytest.Item]]:
        """Return the mutants whose test fails in a copy without any mutant as well, and the tests without those."""
        killers = {self.killer[m.name] for m in mutants if m.name in self.killer}
        false = set()
        for item in items:
            if item.nodeid in killers and not self._run([mutating.NOTHING], [item], loud=False):
                print("fails in a copy without any mutant:", item.nodeid, flush=True)
                false.add(item.nodeid)
        again = [m for m in mutants if self.killer.pop(m.name, "") in false]
        return again, [item for item in items if item.nodeid not in false]

    def _another(self, item: pytest.Item) -> pytest.Item:
        """Return a test to be named as the next one: what the session has set up stays, what `item` has does not."""
        return next(one for one in self.ends if one is not item)

    def _note_what_enters_what(self) -> None:
        """Let each function that holds a check say that the current test enters it."""
        names: list[tuple[str, str]] = []
        vars(builtins)["__enters__"] = lambda n: self.hits[names[n]].add(self.current)
        for path in mutating.files():
            tree = ast.parse(path.read_text())
            for qualified, function in mutating.outermost(tree):
                note = ast.parse(f"__enters__({len(names)})").body[0]
                function.body.insert(1 if ast.get_docstring(function) is not None else 0, note)
                names.append((str(path.relative_to(mutating.ROOT)), qualified))
            mutating.give_code(path, ast.fix_missing_locations(tree))

    def _forget_to_note(self) -> None:
        for path in mutating.files():
            mutating.give_code(path, ast.parse(path.read_text()))

    def _tests_of(self, mutant: mutating.Mutant, items: list[pytest.Item]) -> list[pytest.Item]:
        table, name = mutant.place
        if table in ("NEEDS", "GRANTS", "TASK_RIGHTS"):
            entering = self.hits["workflow/rules.py", "_check_right"] | self.hits["workflow/grants.py", "wanted"]
        elif table == "ADDRESS":
            entering = {item.nodeid for item in items}
        elif mutant is mutating.NOTHING:
            return items
        else:
            entering = self.hits[mutant.place]

        def order(item: pytest.Item) -> tuple[bool, float]:
            words = f"{item.nodeid} {_source(item)}".lower()
            close = table not in ("NEEDS", "GRANTS", "TASK_RIGHTS", "ADDRESS") or name.lower() in words
            if table == "ADDRESS":
                close = "pages_of_people" in words
            return not close, self.seconds[item.nodeid]

        return sorted((item for item in items if item.nodeid in entering), key=order)

    def _run(self, wanted: list[mutating.Mutant], items: list[pytest.Item], *, loud: bool = True) -> list[str]:
        """Run every mutant in a fork, `jobs` at a time; return the names of the survivors."""
        waiting, running, survivors = list(wanted), {}, []
        while waiting or running:
            while waiting and len(running) < self.asked.jobs:
                mutant = waiting.pop(0)
                tests = self._tests_of(mutant, items)
                sys.stdout.flush()
                told, tells = os.pipe()
                if not (pid := os.fork()):
                    self._live(mutant, tests, tells)
                os.close(tells)
                running[pid] = (mutant, len(tests), time.monotonic(), told)
            pid, status = os.wait()
            if pid not in running:
                continue
            mutant, count, start, told = running.pop(pid)
            with open(told) as pipe:
                self.killer[mutant.name] = pipe.read()
            code = os.waitstatus_to_exitcode(status)
            words = WORDS.get(code, "killed (stopped)" if code < 0 else f"ERROR {code}")
            if loud:
                print(f"{words} {mutant.name} [{count} tests, {time.monotonic() - start:.1f} s]", flush=True)
            if code > 0:
                survivors.append(mutant.name)
        return survivors

    def _live(self, mutant: mutating.Mutant, tests: list[pytest.Item], tells: int) -> None:
        """Be the mutant: run the tests until one fails, and end this process."""
        code = 4
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (1, 2):
                os.dup2(nothing, stream)
            signal.alarm(WAIT)
            mutant.apply()
            code = SURVIVED
            for item, following in zip(tests, [*tests[1:], self._another(tests[-1])] if tests else [], strict=True):
                self.failed = False
                item._initrequest()  # type: ignore[attr-defined]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.failed:
                    os.write(tells, item.nodeid.encode())
                    code = KILLED
                    break
        finally:
            os._exit(code)


def _source(item: pytest.Item) -> str:
    function: Any = getattr(item, "function", None)
    lines = Path(function.__code__.co_filename).read_text().splitlines() if function else []
    start = function.__code__.co_firstlineno - 1 if function else 0
    return "\n".join(lines[start : start + 40])


def _asked(mutant: mutating.Mutant, parts: list[str]) -> bool:
    return not parts or any(part in mutant.name for part in parts)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="*", default=list(TESTS))
    parser.add_argument("parts", nargs="*")
    asked = parser.parse_args()
    if asked.list:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
        import django

        django.setup()
        print(*(m.name for m in mutating.mutants() if _asked(m, asked.parts)), sep="\n")
        return 0
    plugin = Mutants(asked)
    done = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "-s", *asked.tests], plugins=[plugin])
    return len(plugin.survivors) or int(done in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED))


if __name__ == "__main__":
    sys.exit(main())
