"""The clock of the web processes: the database's, so that a machine whose own is wrong opens no term too early.

Each new connection reads the database's time once; in between the kernel's count since boot goes on from there, which
no change of the machine's clock moves. `install` lets everything that asks Django for the time get this one.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.backends.signals import connection_created
from django.utils import timezone

_own_time = timezone.now


def _since_boot() -> float:
    """Return seconds that only go forwards, whatever is done to the clock; they go on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the database's clock said, and how long the machine had run then."""

    told: datetime
    at: float


_last: Reading | None = None
_asking = threading.local()


def read(**kwargs: Any) -> None:
    """Receiver of connection_created: read the database's clock; one that does not answer leaves the last reading."""
    global _last
    # Here, not above: Django is not ready for models when the web door opens.
    from workflow import deadlines

    if getattr(_asking, "now", False):
        return
    _asking.now = True
    try:
        _last = Reading(deadlines.database_now(), _since_boot())
    except DatabaseError:
        pass
    finally:
        _asking.now = False


def now() -> datetime:
    """Return the database's time, in UTC; before the first connection the machine's."""
    last = _last
    if last is None:
        return _own_time()
    return last.told.astimezone(UTC) + timedelta(seconds=_since_boot() - last.at)


def install() -> None:
    """Let `django.utils.timezone.now` be the database's time in this process. Twice is once."""
    connection_created.connect(read, dispatch_uid="deploy.clock")
    timezone.now = now
