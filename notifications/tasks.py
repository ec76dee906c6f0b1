"""Background jobs of the notices: each reads the database's clock and calls one function."""

import logging
import time

from celery import shared_task

from notifications import delivery
from notifications.expand import expand as expand_notices
from workflow.deadlines import database_now

logger = logging.getLogger(__name__)

TURN = 20.0
"""Seconds after which a job leaves the rest to the next, so that a worker can be stopped."""


@shared_task(name="notifications.expand")
def expand() -> None:
    """Decide who is told of what has happened. Missing a run, or running twice, changes nothing."""
    result = expand_notices(now=database_now())
    if result.notices or result.failed:
        logger.info(
            "Expanded %s notices into %s deliveries, %s failed", result.notices, result.deliveries, result.failed
        )


@shared_task(name="notifications.deliver")
def deliver() -> None:
    """Send what waits to be sent, handful after handful for TURN seconds at most. Running twice changes nothing."""
    begin, total = time.monotonic(), delivery.DeliverResult()
    while True:
        result = delivery.deliver(now=database_now())
        total += result
        if not result.sent or time.monotonic() - begin > TURN:
            break
    if total != delivery.DeliverResult():
        logger.info(
            "Sent %s messages, %s put off, %s given up, %s dropped",
            total.sent,
            total.put_off,
            total.given_up,
            total.dropped,
        )
