"""Ladders: who is told when a task of one kind comes due. Rows, kept in the process and read again when they change.

Called by deadlines, pages and the shipped defaults. Which audiences are told without a person between is the
setting AUTO_SEND_UP_TO.
"""

import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from workflow import rulings
from workflow.machine import TaskKind
from workflow.models import Ladder, Rung, User
from workflow.refusals import Refused

SHIPPED = Path(__file__).parent / "data" / "ladders.toml"
KEPT_SECONDS = 60.0
AUDIENCES = tuple(Rung.Audience.values)
"""From one's own desk upwards, in the order in which they stand in the model."""


class LadderRefused(Refused):
    """Facts: what, the code or the audience of the rung that does not fit."""

    code = "ladder_refused"
    message = _(
        "This ladder cannot be used (%(what)s): it needs at least one rung, each with its own code, a known audience,"
        " and no second rung at the same time for the same people. Mend it and try again."
    )


@dataclass(frozen=True, slots=True)
class Ladders:
    """All ladders: the rungs of each by its id, and the id of the one in force for each kind of task."""

    rungs: Mapping[int, tuple[Rung, ...]]
    in_force: Mapping[str, int]


_kept: tuple[float, Ladders] | None = None


def current() -> Ladders:
    """Return the ladders as the rows say; no query while what this process has read is fresh, two otherwise."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
        read_at = time.monotonic()
        rows = list(Ladder.objects.order_by("version").values_list("pk", "task_kind", "is_active"))
        rungs: dict[int, list[Rung]] = {pk: [] for pk, _, _ in rows}
        for rung in Rung.objects.order_by("ladder_id", "days", "pk"):
            rungs.setdefault(rung.ladder_id, []).append(rung)
        in_force = {kind: pk for pk, kind, is_active in rows if is_active}
        _kept = (read_at, Ladders({pk: tuple(kept) for pk, kept in rungs.items()}, in_force))
    return _kept[1]


def clear_cache(**kwargs: Any) -> None:
    """Read the rows anew next time. Also the receiver of the models' signals, hence the keywords."""
    global _kept
    _kept = None


for _signal in (post_save, post_delete):
    _signal.connect(clear_cache, sender=Ladder)
    _signal.connect(clear_cache, sender=Rung)


def id_for(task_kind: str) -> int | None:
    """Return the id of the newest active ladder for a kind of task, None where there is none."""
    return current().in_force.get(str(task_kind))


def rungs_of(ladder_id: int | None) -> tuple[Rung, ...]:
    """Return the rungs of a ladder, from the earliest; none for no ladder."""
    return current().rungs.get(ladder_id, ()) if ladder_id else ()


def is_sent_automatically(audience: str) -> bool:
    """Return whether a rung for `audience` is sent by itself; above AUTO_SEND_UP_TO a person sends what is prepared."""
    return AUDIENCES.index(audience) <= AUDIENCES.index(settings.AUTO_SEND_UP_TO)


# Ladders from data


def check_rungs(rungs: Iterable[Mapping[str, Any]]) -> None:
    """Raises: LadderRefused when there is no rung, or two are equal in time and audience, or share a code."""
    places: set[tuple[Any, ...]] = set()
    codes: set[str] = set()
    for rung in rungs:
        place = (rung.get("basis", Rung.Basis.DUE), rung.get("days", 0), rung["audience"])
        if rung["audience"] not in AUDIENCES:
            raise LadderRefused(what=rung["audience"])
        if place in places or rung["code"] in codes:
            raise LadderRefused(what=rung["code"])
        places.add(place)
        codes.add(rung["code"])
    if not codes:
        raise LadderRefused(what="–")


def install(*, task_kind: str, title: str, version: int, rungs: Sequence[Mapping[str, Any]]) -> Ladder:
    """Install one version of a ladder; tasks that are open keep the version they have. Raises: LadderRefused."""
    check_rungs(rungs)
    with transaction.atomic():
        ladder = Ladder.objects.create(task_kind=task_kind, title=title, version=version)
        Rung.objects.bulk_create(Rung(ladder=ladder, **rung) for rung in rungs)
        transaction.on_commit(clear_cache)
    clear_cache()
    return ladder


@rulings.keeps_refusals(rulings.Rule.SET_LADDER, of=lambda task_kind, **_given: TaskKind(task_kind).label)
def replace(*, task_kind: str, title: str, rungs: Sequence[Mapping[str, Any]], by: User, now: datetime) -> Ladder:
    """Install the next version of a kind's ladder, with a ruling. Raises: LadderRefused; the ladder stands then."""
    with transaction.atomic():
        made = install(task_kind=task_kind, title=title, version=newest_version(task_kind) + 1, rungs=rungs)
        payload = {"version": made.version, "title": title, "rungs": [rung["code"] for rung in rungs]}
        rulings.note(
            action=rulings.Rule.SET_LADDER, subject=str(TaskKind(task_kind).label), by=by, now=now, payload=payload
        )
    return made


def newest_version(task_kind: str) -> int:
    """Return the newest version of a kind's ladder, in force or not; 0 when there is none."""
    return Ladder.objects.filter(task_kind=task_kind).aggregate(newest=Max("version"))["newest"] or 0


def install_defaults() -> int:
    """Install the shipped ladders that are not there yet; return how many were."""
    known = set(Ladder.objects.values_list("task_kind", "version"))
    installed = 0
    for entry in tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["ladder"]:
        for kind in entry["task_kinds"]:
            if (kind, entry["version"]) not in known:
                install(task_kind=kind, title=entry["title"], version=entry["version"], rungs=entry["rung"])
                installed += 1
    return installed
