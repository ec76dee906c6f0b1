"""Background jobs of the procedure: each takes ids or nothing, reads the database's clock, calls one function."""

import logging

from celery import shared_task

from workflow import deadlines, sweeping

logger = logging.getLogger(__name__)


@shared_task(name="workflow.sweep")
def sweep() -> None:
    """Fire every rung that is due now. Missing a run, or running twice, changes nothing."""
    now = deadlines.database_now()
    result = sweeping.sweep(now=now, up_since=sweeping.beat(now=now))
    if result.tasks:
        logger.info("Swept %s tasks: %s rungs announced, %s silent", result.tasks, result.fired, result.silent)
