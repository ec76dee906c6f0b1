"""The Celery application: its settings, queues and timetable, and the doorbell that wakes a worker after a commit.

Redis and Celery only make things quicker: the database alone knows what is due and what is to be sent, and
`manage.py sweep` does the same work without either. Started as `celery --app=deploy.celery_app worker` and `beat`.
"""

import logging
import os
import time
from typing import Any

from celery import Celery
from django.conf import settings
from kombu import Queue

from deploy import watching  # noqa: F401
from workflow.signals import work_waits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

logger = logging.getLogger(__name__)

RING_TIMEOUT = 2
"""Seconds that a web request waits for a broker that does not answer, at most."""
QUIET_AFTER_FAILURE = 30.0
"""Seconds without ringing after the broker did not answer: the timetable does the work meanwhile."""

BEAT_SCHEDULE = {
    "sweep": {"task": "workflow.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "expand": {"task": "notifications.expand", "schedule": 10.0, "options": {"expires": 10}},
    "deliver": {"task": "notifications.deliver", "schedule": 10.0, "options": {"expires": 10}},
}
TASK_ROUTES = {
    "workflow.sweep": {"queue": "deadlines"},
    "notifications.expand": {"queue": "notices"},
    "notifications.deliver": {"queue": "notices"},
}
TRANSPORT_OPTIONS = {
    # more than three times the time limit, so that no running task is delivered again
    "visibility_timeout": 900,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # a worker that dies holding the mutex stops all redelivery while it lives
    "unacked_mutex_expire": 30,
    "global_keyprefix": "btr:",
}
CONFIGURATION: dict[str, Any] = {
    "broker_url": settings.REDIS_URL or "memory://",
    "broker_transport_options": TRANSPORT_OPTIONS,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_retry_on_worker_lost": True,
    "task_annotations": {"*": {"max_retries": 3}},
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_time_limit": 300,
    "task_soft_time_limit": 240,
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2},
    "task_queues": [Queue("deadlines"), Queue("notices")],
    "task_default_queue": "notices",
    "task_create_missing_queues": False,
    "task_routes": TASK_ROUTES,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 400_000,
    "worker_soft_shutdown_timeout": 30,
    "worker_eta_task_limit": 100,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_hijack_root_logger": False,
    "beat_schedule": BEAT_SCHEDULE,
    "beat_schedule_filename": str(settings.VAR_DIR / "beat-schedule"),
    "enable_utc": True,
    "timezone": "Asia/Shanghai",
}

app = Celery("deploy", set_as_current=True)
app.config_from_object(CONFIGURATION)
app.autodiscover_tasks(["workflow", "notifications"])

_quiet_until = 0.0


def ring(**kwargs: Any) -> None:
    """Ask a worker to look now. Receiver of work_waits, after the commit; never raises, never waits long.

    Does nothing without a broker. A bell that is not heard costs at most one turn of the timetable.
    """
    global _quiet_until
    if not settings.REDIS_URL or time.monotonic() < _quiet_until:
        return
    short = TRANSPORT_OPTIONS | {
        "socket_timeout": RING_TIMEOUT,
        "socket_connect_timeout": RING_TIMEOUT,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    try:
        with app.connection_for_write(
            url=settings.REDIS_URL, connect_timeout=RING_TIMEOUT, transport_options=short
        ) as connection:
            app.send_task("notifications.expand", connection=connection, retry=False, expires=60)
    except Exception as error:
        # Whatever the broker does, the request that rang has been carried out and must be answered.
        _quiet_until = time.monotonic() + QUIET_AFTER_FAILURE
        logger.warning("The broker does not answer, the timetable goes on: %s", error)


work_waits.connect(ring, dispatch_uid="deploy.celery_app.ring")
