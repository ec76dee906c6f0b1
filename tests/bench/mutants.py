"""Mutants of checks: each check is taken away in turn, and the tests must notice.

    python -m tests.bench.mutants [--list [-v]] [--rights] [--jobs N] [--results FILE] [--notes FILE] [--sample N]
                                    [--tests path …] [part …]

All tests run once in one process, which notes the functions each of them enters; then each mutant (tests/mutating.py)
lives in a fork of that process, with its database in memory, and meets the tests that enter its function, until one
fails. A test counts as a killer only if it fails on that mutant by itself and passes on none. `--rights`: only who may
act or see. `--results`: one JSON line a mutant; what stands there is not run again. Exits with the survivors' number.
"""

import argparse
import ast
import builtins
import json
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests import mutating

TESTS = ("tests/workflow", "tests/targets", "tests/notifications", "tests/journeys")
LEFT_OUT = {"postgres", "redis_server", "browser", "bench"}
NO_RIGHTS = ("test_reading", "test_checks", "test_values", "test_figures", "test_sheets", "test_profiles",
             "test_export.py", "test_calendar", "test_pictures", "five_hundred")  # fmt: skip
"""Tests of files, texts and times: nobody is refused in them."""
PAGES = "test_rights_of_pages"
"""Where every address is asked by every kind of person and by nobody."""
FIRST = ("workflow/rules.py", "NEEDS", "workflow/engine.py", "workflow/grants.py", "workflow/look.py", "GRANTS",
         "TASK_RIGHTS", "workflow/delegations.py")  # fmt: skip
"""What is run first: the gate itself."""
GATE = ("test_gate_tables", "test_gate", "test_bad_input", "test_refusals", "test_verbs", "test_outside", "test_walk",
        "test_visibility")  # fmt: skip
"""Where the gate is tried with every verb, state and person: what meets its mutants first."""
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
KILLED, SURVIVED = 0, 3
SEED = 20261124
SHOWN = 12
"""How many places and how many names stand in the short list."""


class Mutants:
    """The plugin that runs the tests once and then every mutant."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.failed = False
        self.hits: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self.sound: dict[str, bool] = {}
        """Killer → whether it passes in a copy from which nothing was taken."""
        self.kills_at: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.equivalent = equivalents()
        self.results: dict[str, dict[str, Any]] = {}
        if asked.results and Path(asked.results).exists():
            lines = [json.loads(line) for line in Path(asked.results).read_text().splitlines()]
            self.results = {line["mutant"]: line for line in lines if line["result"] in asked.standing}
        if asked.notes and Path(asked.notes).exists():
            noted = json.loads(Path(asked.notes).read_text())
            self.seconds = noted["seconds"]
            self.hits.update({(file, function): set(tests) for file, function, tests in noted["hits"]})

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
        items = session.items
        wanted = _chosen(self.asked)
        self._note_what_enters_what()
        self.ends = [items[0], items[-1]]  # of two files: what one sets up is gone before a fork
        new = [item for item in items if item.nodeid not in self.seconds or item in self.ends]
        for item, following in zip(new, [*new[1:], self._another(new[-1])], strict=True):
            self.current = item.nodeid
            start, self.failed = time.process_time(), False
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                print("fails without any mutant:", item.nodeid, flush=True)
            else:
                self.seconds[item.nodeid] = time.process_time() - start
        self._forget_to_note()
        if self.asked.notes:
            hits = [[*place, sorted(tests)] for place, tests in self.hits.items()]
            Path(self.asked.notes).write_text(json.dumps({"hits": hits, "seconds": self.seconds}))
        good = [item for item in items if item.nodeid in self.seconds]
        left = [m for m in wanted if m.key not in self.results and m.key not in self.equivalent]
        print(f"\n{len(good)} tests in {sum(self.seconds.values()):.0f} s; {len(left)} mutants to run", flush=True)
        self._run(left, good)
        self._say(wanted)
        return True

    def _say(self, wanted: list[mutating.Mutant]) -> None:
        """Print the count by result, and name what was not killed."""
        for words, some in (
            ("checks of who may act or see", [m for m in wanted if m.sort == mutating.RIGHT]),
            ("rights that somebody has", [m for m in wanted if m.sort == mutating.NARROWER]),
            ("checks of what may be entered", [m for m in wanted if m.sort == mutating.ENTRY]),
        ):
            if not some:
                continue
            said = Counter(self._result(m) for m in some)
            print(f"{words}: {len(some)} mutants; " + ", ".join(f"{n} {word}" for word, n in sorted(said.items())))
        for mutant in wanted:
            if self._result(mutant) not in ("killed", "equivalent"):
                print(f"{self._result(mutant):<10} {mutant.name}")
        self.survivors = sum(self._result(m) not in ("killed", "equivalent") for m in wanted)

    def _result(self, mutant: mutating.Mutant) -> str:
        if mutant.key in self.equivalent:
            return "equivalent"
        return str(self.results.get(mutant.key, {"result": "not run"})["result"])

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
        """Return the tests that can notice: what killed its neighbours, then what names it, the quickest first."""
        table, name = mutant.place
        if table in ("NEEDS", "GRANTS", "TASK_RIGHTS"):
            entering = self.hits["workflow/rules.py", "_check_right"] | self.hits["workflow/grants.py", "wanted"]
        elif table == "ADDRESS":
            entering = {item.nodeid for item in items if PAGES in item.nodeid}
        else:
            entering = self.hits[mutant.place]

        gate = table in FIRST and table != "workflow/delegations.py"
        met: Counter[str] = Counter()
        turn = {}
        for item in items:  # the first case of each test before the second of any
            met[item.nodeid.split("[")[0]] += 1
            turn[item.nodeid] = met[item.nodeid.split("[")[0]]

        def order(item: pytest.Item) -> tuple[float, ...]:
            words = item.nodeid if gate else f"{item.nodeid} {_source(item)}"
            file = item.nodeid.split("::")[0].rsplit("/", 1)[-1].removesuffix(".py")
            return (
                -self.kills_at[mutant.place][item.nodeid],
                not (gate and file in GATE),
                name.lower() not in words.lower(),
                turn[item.nodeid],
                self.seconds[item.nodeid],
            )

        return sorted((item for item in items if item.nodeid in entering), key=order)

    def _run(self, wanted: list[mutating.Mutant], items: list[pytest.Item]) -> None:
        """Run every mutant in a fork, `jobs` at a time, and keep what came of each."""
        waiting, running = list(wanted), {}
        while waiting or running:
            while waiting and len(running) < self.asked.jobs:
                mutant = waiting.pop(0)
                tests = self._tests_of(mutant, items)
                pid, told = self._fork(mutant, tests)
                running[pid] = (mutant, tests, time.monotonic(), told)
            pid, status = os.wait()
            if pid not in running:
                continue
            mutant, tests, start, told = running.pop(pid)
            with open(told) as pipe:
                killer = _named(pipe.read(), tests)
            result = self._judged(mutant, killer, os.waitstatus_to_exitcode(status))
            if killer is not None and not self.sound.get(killer.nodeid, True):
                print("fails in a copy without any mutant:", killer.nodeid, flush=True)
                items = [item for item in items if item is not killer]
                waiting.insert(0, mutant)
                continue
            self._keep(mutant, result, killer, len(tests), time.monotonic() - start)

    def _judged(self, mutant: mutating.Mutant, killer: pytest.Item | None, code: int) -> str:
        """Return the word for what came of a mutant; a killer must fail on it alone and pass on no mutant."""
        if code == SURVIVED:
            return "survived"
        if code == -signal.SIGALRM:
            return "too long"
        if code != KILLED or killer is None:
            return f"error {code}"
        if killer.nodeid not in self.sound:
            self.sound[killer.nodeid] = self._alone(mutating.NOTHING, killer) == SURVIVED
        if not self.sound[killer.nodeid] or self._alone(mutant, killer) != KILLED:
            return "doubtful"
        return "killed"

    def _keep(self, mutant: mutating.Mutant, result: str, killer: pytest.Item | None, tests: int, took: float) -> None:
        by = killer.nodeid if killer else ""
        if result == "killed":
            self.kills_at[mutant.place][by] += 1
        line = {"mutant": mutant.key, "result": result, "by": by, "tests": tests, "seconds": round(took, 1)}
        self.results[mutant.key] = line
        print(f"{result:<9} {mutant.name} [{tests} tests, {took:.1f} s] {by}", flush=True)
        if self.asked.results:
            with open(self.asked.results, "a") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _fork(self, mutant: mutating.Mutant, tests: list[pytest.Item]) -> tuple[int, int]:
        """Start a copy of this process that is the mutant; return its id and the pipe on which it names its killer."""
        sys.stdout.flush()
        told, tells = os.pipe()
        if not (pid := os.fork()):
            self._live(mutant, tests, tells)
        os.close(tells)
        return pid, told

    def _alone(self, mutant: mutating.Mutant, test: pytest.Item) -> int:
        pid, told = self._fork(mutant, [test])
        os.close(told)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _live(self, mutant: mutating.Mutant, tests: list[pytest.Item], tells: int) -> None:
        """Be the mutant: run the tests until one fails, and end this process."""
        code = 4
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (1, 2):
                os.dup2(nothing, stream)
            signal.alarm(self.asked.limit)
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


def equivalents() -> dict[str, str]:
    """Return the mutants that change nothing anybody could notice, each with the reason."""
    return {row["mutant"]: row["why"] for row in tomllib.loads(EQUIVALENT.read_text())["equivalent"]}


def _named(name: str, tests: list[pytest.Item]) -> pytest.Item | None:
    return next((item for item in tests if item.nodeid == name), None)


def _source(item: pytest.Item) -> str:
    function: Any = getattr(item, "function", None)
    lines = Path(function.__code__.co_filename).read_text().splitlines() if function else []
    start = function.__code__.co_firstlineno - 1 if function else 0
    return "\n".join(lines[start : start + 40])


def _chosen(asked: argparse.Namespace) -> list[mutating.Mutant]:
    found = [m for m in mutating.mutants() if not asked.parts or any(part in m.name for part in asked.parts)]
    found = [m for m in found if m.sort == mutating.RIGHT or not asked.rights]
    if asked.sample:
        return random.Random(SEED).sample(found, min(asked.sample, len(found)))
    return sorted(found, key=lambda m: FIRST.index(m.place[0]) if m.place[0] in FIRST else len(FIRST))


def _listed(found: list[mutating.Mutant], *, all_of_them: bool) -> list[str]:
    """Return the lines of the list: every name, or how many the largest places have, and some names."""
    if all_of_them:
        return [m.name for m in found]
    places = Counter(m.place[0] for m in found).most_common()
    some = random.Random(SEED).sample(found, min(SHOWN, len(found)))
    return [
        f"{len(found)} mutants in {len(places)} files and tables; -v names them all",
        *(f"{many:5} {place}" for place, many in places[:SHOWN]),
        f"{sum(many for _place, many in places[SHOWN:]):5} in the others; among them all:",
        *(f"      {m.name}" for m in some),
    ]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true", help="what there is, by file, with a few names; -v: every name")
    parser.add_argument("--verbose", "-v", action="store_true")
    parser.add_argument("--rights", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds a mutant")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--results")
    parser.add_argument("--notes", help="what enters what, from an earlier run; new tests are added to it")
    parser.add_argument("--standing", nargs="*", default=["killed", "survived", "doubtful", "too long"],
                        help="which results in FILE stand and are not run again")  # fmt: skip
    parser.add_argument("--tests", nargs="*", default=list(TESTS))
    parser.add_argument("parts", nargs="*")
    asked = parser.parse_args()
    if asked.list:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
        import django

        django.setup()
        print(*_listed(_chosen(asked), all_of_them=asked.verbose), sep="\n")
        return 0
    plugin = Mutants(asked)
    done = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "-s", *asked.tests], plugins=[plugin])
    wrong = done in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED)
    return getattr(plugin, "survivors", 0) or int(wrong)


if __name__ == "__main__":
    sys.exit(main())
