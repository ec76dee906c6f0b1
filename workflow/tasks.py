"""Background jobs of the procedure: each takes ids or nothing, reads the database's clock, calls one function."""

import logging

from celery import shared_task

from workflow import deadlines

logger = logging.getLogger(__name__)


@shared_task(name="workflow.sweep")
def sweep() -> None:
    """Fire every rung that is due now. Missing a run, or running twice, changes nothing."""
    result = deadlines.sweep(now=deadlines.database_now())
    if result.tasks:
        logger.info("Swept %s tasks: %s rungs announced, %s silent", result.tasks, result.fired, result.silent)
