"""Races on one case: people who act at the same moment, each in a thread with a connection of its own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Thread

from django.db import DatabaseError, connection

from tests.world import NOW, ToyDocument, key, seen, toy_case, walk_to
from workflow import batches, engine
from workflow.machine import Action
from workflow.models import Batch, Case, Decision, Event, User
from workflow.refusals import Refused


@dataclass
class Tally:
    """What came of the races: effects that were doubled or lost, and what the losers were told."""

    races: int = 0
    doubled: int = 0
    lost: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    told_who: int = 0
    refused: int = 0


CARRIED = {"document_number": "演示〔2027〕1号", "document_date": "2026-09-07", "amount": "500000"}


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Run the calls in threads that start at one barrier; return each result or exception, in order."""
    barrier, results = Barrier(len(calls)), [None] * len(calls)

    def run(n: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[n] = call()
        except (Refused, DatabaseError) as error:
            results[n] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def two_approvers(world: object, toy: ToyDocument, *, races: int) -> Tally:
    """Let a department reviewer approve and the unit's head return the same case, `races` times."""
    tally = Tally()
    for _ in range(races):
        case = walk_to(toy_case(world, toy), world, "department_review")
        looked = seen(case)

        def decide(name: str, action: Action, case: Case = case, looked: engine.Seen = looked) -> engine.Outcome:
            by = User.objects.get(username=name)
            return engine.perform(case.pk, action, by=by, seen=looked, key=key(), now=NOW, reason="race")

        results = at_once([lambda: decide("reviewer", Action.APPROVE), lambda: decide("head", Action.RETURN)])
        effects = Event.objects.filter(case=case, action__in=("approve", "return"), refused="").count()
        decisions = Decision.objects.filter(case=case).count()
        tally.races += 1
        tally.doubled += effects > 1 or decisions > 1
        tally.lost += effects != 1 or decisions != 1
        for result in results:
            tally.answers[type(result).__name__] += 1
            tally.told_who += getattr(result, "code", "") == "stale" and "演示·" in str(result)
    return tally


def at_one_desk(
    world: object, toy: ToyDocument, *, stop: str, acts: list[tuple[str, Action]], races: int
) -> tuple[Tally, Counter[str]]:
    """Let the two of `acts` (who, what) be done at once to a case at `stop`; return the tally and what was done."""
    tally, done = Tally(), Counter[str]()
    for _ in range(races):
        case = walk_to(toy_case(world, toy), world, stop)
        looked, before = seen(case), Event.objects.filter(case=case, refused="").count()

        def carry(name: str, action: Action, case: Case = case, looked: engine.Seen = looked) -> engine.Outcome:
            by = User.objects.get(username=name)
            return engine.perform(case.pk, action, by=by, seen=looked, key=key(), now=NOW, reason="race", **CARRIED)

        results = at_once([lambda one=one: carry(*one) for one in acts])
        effects = Event.objects.filter(case=case, refused="").order_by("seq")[before:]
        tally.races += 1
        tally.doubled += len(effects) > 1
        tally.lost += len(effects) != 1
        done.update(event.action for event in effects)
        for result in results:
            tally.answers[type(result).__name__] += 1
            tally.told_who += getattr(result, "code", "") == "stale" and "演示·" in str(result)
    return tally, done


def releases_at_once(world: object, toy: ToyDocument, *, races: int, cases: int = 4) -> Tally:
    """Let two heads of finance release the same held cases at once, each as a batch, while one case is returned.

    `lost`: cases that stand nowhere; `doubled`: cases with more than one release, or released and returned.
    """
    tally = Tally()
    for _ in range(races):
        held = [walk_to(toy_case(world, toy), world, "release") for _ in range(cases)]
        loaded = Case.objects.filter(pk__in=[c.pk for c in held]).select_related("unit", "department", "step", "route")
        looked = seen(held[0])

        rows = [(case, {}) for case in loaded.order_by("pk")]
        heads = [User.objects.get(username=name) for name in ("leader", "leader2")]
        looked_at = [batches.prepare(action=Action.RELEASE, rows=rows, by=by, now=NOW) for by in heads]

        def release(batch: Batch) -> Batch:
            return batches.confirm(batch, by=batch.by, now=NOW, details=dict(CARRIED))

        def send_back(case: Case = held[0], looked: engine.Seen = looked) -> engine.Outcome:
            by = User.objects.get(username="leader")
            return engine.perform(case.pk, Action.RETURN, by=by, seen=looked, key=key(), now=NOW, reason="race")

        results = at_once([*(lambda batch=batch: release(batch) for batch in looked_at), send_back])
        tally.races += 1
        for result in results:
            tally.answers[type(result).__name__] += 1
        for case in held:
            ends = Event.objects.filter(case=case, refused="", action__in=(Action.RELEASE, Action.RETURN)).count()
            tally.doubled += ends > 1
            tally.lost += ends != 1
        batches_of = [r for r in results if isinstance(r, Batch)]
        tally.told_who += sum(
            "演示·" in line["words"] for batch in batches_of for line in batch.results if not line["done"]
        )
        tally.refused += sum(not line["done"] for batch in batches_of for line in batch.results)
    return tally


def one_click(world: object, toy: ToyDocument, *, times: int, clicks: int = 10) -> Tally:
    """Send the same click `clicks` times at once, on `times` cases."""
    tally = Tally()
    for _ in range(times):
        case = walk_to(toy_case(world, toy), world, "department_review")
        looked, same = seen(case), key()

        def click(case: Case = case, looked: engine.Seen = looked, same: str = same) -> engine.Outcome:
            by = User.objects.get(username="reviewer")
            return engine.perform(case.pk, Action.APPROVE, by=by, seen=looked, key=same, now=NOW)

        results = at_once([click] * clicks)
        effects = Event.objects.filter(case=case, action="approve", refused="").count()
        tally.races += 1
        tally.doubled += effects > 1
        tally.lost += effects != 1
        tally.answers.update(type(result).__name__ for result in results)
    return tally


def many_writers(world: object, toy: ToyDocument, *, writers: int, writes: int) -> Tally:
    """Let `writers` threads open, edit and submit cases of their own at once, `writes` writes in all."""
    tally = Tally()
    each = writes // writers

    def work() -> None:
        editor = User.objects.get(username="editor")
        for n in range(each // 2):
            case = toy_case(world, toy)

            def write(locked: Case, n: int = n) -> None:
                toy.texts[locked.pk] = f"text {n}"

            engine.set_content(case, by=editor, now=NOW, write=write)
            engine.perform(case, Action.SUBMIT, by=editor, seen=seen(case), key=key(), now=NOW)

    for result in at_once([work] * writers):
        tally.answers[type(result).__name__ if result is not None else "done"] += 1
        tally.lost += result is not None
    tally.races = Event.objects.filter(action__in=("submit", "edit", "start"), refused="").count()
    return tally


def stale_saves(world: object, toy: ToyDocument, *, times: int) -> Tally:
    """Let two editors save what they typed over the same reading of one draft, `times` times; the second is stale."""
    tally, case = Tally(), toy_case(world, toy)
    for n in range(times):
        looked = seen(case)

        def save(name: str, text: str, looked: engine.Seen = looked) -> str:
            def write(locked: Case) -> None:
                toy.texts[locked.pk] = text

            by = User.objects.get(username=name)
            engine.set_content(case, by=by, now=NOW, write=write, seen=looked)
            return text

        def first(n: int = n) -> str:
            return save("editor", f"of the first, {n}")

        def second(n: int = n) -> str:
            return save("editor2", f"of the second, {n}")

        results = at_once([first, second])
        kept = [result for result in results if isinstance(result, str)]
        tally.races += 1
        tally.doubled += len(kept) > 1
        tally.lost += len(kept) != 1 or toy.texts[case.pk] != kept[0]
        tally.answers.update(type(result).__name__ for result in results)
    return tally
