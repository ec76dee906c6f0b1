"""Signs of life of worker and beat; the work done unbidden where nobody sweeps; the end of a worker that hears nothing.

Imported by celery_app and thereby connected to Celery's signals. Writes Heartbeat rows; what ends is started again.
"""

import logging
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.signals import beat_init, before_task_publish, task_received, worker_init, worker_ready
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

SILENT_AFTER = 180.0
"""Seconds without a task after which a worker ends itself; the timetable sends one every ten seconds."""
UNBIDDEN_AFTER = 120.0
"""Age of the sweep's sign of life, in seconds, from which a worker does its work; it is written once a minute."""
UNBIDDEN_LIMIT = 300.0
"""Seconds that this work may take: what a task may (task_time_limit)."""
COMMAND = [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py"), "sweep"]
GRACE = 30.0
"""Seconds a worker has for ending in order before it is ended at once."""
LOOKS_EVERY = 10.0
BEATS_EVERY = 60.0
EXIT_CODE = 75
"""A temporary failure: the supervisor starts it again."""

_heard_at = 0.0
_beaten_at = 0.0


def note_life(name: str) -> None:
    """Write the heartbeat of `name`; a database that does not answer is no reason to stop."""
    # Here, not above: Celery reads this module before Django knows its models.
    from workflow import deadlines, sweeping

    try:
        sweeping.note_beat(name=name, now=deadlines.database_now())
    except DatabaseError as error:
        logger.warning("The heartbeat of %s cannot be written: %s", name, type(error).__name__)
    finally:
        # This thread shares its process with a fork to come, which must not inherit the connection.
        connection.close()


def worker_name() -> str:
    """Return the name of this machine's worker in the table of heartbeats, 20 signs at most."""
    return f"worker-{socket.gethostname().split('.')[0][:13]}"


def hear(**kwargs: Any) -> None:
    """Receiver of task_received: the worker consumes."""
    global _heard_at
    _heard_at = time.monotonic()


def silent_for() -> float:
    """Return for how many seconds this worker has received no task."""
    return time.monotonic() - _heard_at


def watch(*, leave: Callable[[], None], rest: Callable[[float], None] = time.sleep) -> None:
    """Note signs of life until the worker has been silent for SILENT_AFTER seconds, then call `leave`."""
    while silent_for() < SILENT_AFTER:
        note_life(worker_name())
        rest(min(LOOKS_EVERY, SILENT_AFTER / 2))
    logger.error("No task received for %.0f s: this worker ends, to be started again", silent_for())
    leave()


def work_unbidden() -> None:
    """Do once what the tasks do, in a process of its own: this one is forked from, and holds no connection."""
    try:
        done = subprocess.run(
            COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=UNBIDDEN_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.warning("The work could not be done without the broker: %s", type(error).__name__)
        return
    if done.returncode:
        logger.warning("The work could not be done without the broker: exit status %s", done.returncode)


def unswept_for() -> float:
    """Return how many seconds ago a sweep last gave a sign of life: infinite where none did, 0 if nobody can tell."""
    from workflow import deadlines
    from workflow.models import Heartbeat

    try:
        swept_at = Heartbeat.objects.filter(name="sweep").values_list("beat_at", flat=True).first()
        return (deadlines.database_now() - swept_at).total_seconds() if swept_at else math.inf
    except DatabaseError as error:
        logger.warning("The last sweep cannot be asked for: %s", type(error).__name__)
        return 0.0
    finally:
        connection.close()


def keep_time(*, work: Callable[[], None], rest: Callable[[float], None] = time.sleep) -> None:
    """Call `work` now and every LOOKS_EVERY seconds while nobody else has swept for UNBIDDEN_AFTER; never returns.

    The broker may be gone or full. A worker then ends over and over, and is started again: its first look is at once.
    """
    while True:
        if (seconds := unswept_for()) >= UNBIDDEN_AFTER:
            logger.warning("Nobody has swept for %.0f s: this worker does, without the broker", seconds)
            work()
        rest(LOOKS_EVERY)


def end_worker() -> None:
    """End this worker in order; after GRACE seconds at once, its children with it."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    logger.error("The worker did not end in %.0f s", GRACE)
    os._exit(EXIT_CODE)


def begin_to_watch(**kwargs: Any) -> None:
    """Receiver of worker_ready: from now on silence counts."""
    hear()
    threading.Thread(target=watch, kwargs={"leave": end_worker}, name="watch", daemon=True).start()


def begin_to_keep_time(**kwargs: Any) -> None:
    """Receiver of worker_init, before there is a broker: it may never come."""
    threading.Thread(target=keep_time, kwargs={"work": work_unbidden}, name="unbidden", daemon=True).start()


def begin_to_beat(**kwargs: Any) -> None:
    """Receiver of beat_init: each task that beat sends is a sign of its life, written once a minute."""
    before_task_publish.connect(_beat_sends, dispatch_uid="deploy.watching.beat", weak=False)


def _beat_sends(**kwargs: Any) -> None:
    global _beaten_at
    if time.monotonic() - _beaten_at >= BEATS_EVERY:
        _beaten_at = time.monotonic()
        note_life("beat")


task_received.connect(hear, dispatch_uid="deploy.watching.hear")
worker_init.connect(begin_to_keep_time, dispatch_uid="deploy.watching.unbidden")
worker_ready.connect(begin_to_watch, dispatch_uid="deploy.watching.worker")
beat_init.connect(begin_to_beat, dispatch_uid="deploy.watching.beat_init")
