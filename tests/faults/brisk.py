"""The Celery application of the faults: a timetable of one second, an impatient broker where asked for, and a poison.

Started as `celery --app=tests.faults.brisk worker` and `beat`. BRISK_VISIBLE: after how many seconds a job is handed
out again; BRISK_RUNS: where runs of the mails are counted; BRISK_SILENT_AFTER: when a worker that hears nothing ends;
BRISK_UNBIDDEN: after how long without a sweep it does the work by itself, never where it is not given.
"""

import os
import signal
from pathlib import Path
from typing import Any

from celery import Task
from celery.signals import task_prerun, worker_init

from deploy import watching
from deploy.celery_app import app

for entry in app.conf.beat_schedule.values():
    entry["schedule"] = 1.0
app.conf.task_routes = {**app.conf.task_routes, "faults.poison": {"queue": "notices"}}
if visible := os.environ.get("BRISK_VISIBLE"):
    impatient = {"visibility_timeout": int(visible), "unacked_restore_interval": 1, "unacked_mutex_expire": 1}
    app.conf.broker_transport_options = app.conf.broker_transport_options | impatient
watching.SILENT_AFTER = float(os.environ.get("BRISK_SILENT_AFTER", "180"))
if unbidden := os.environ.get("BRISK_UNBIDDEN"):
    watching.UNBIDDEN_AFTER = watching.LOOKS_EVERY = float(unbidden)
else:
    worker_init.disconnect(dispatch_uid="deploy.watching.unbidden")


@task_prerun.connect
def count_run(task: Task, **kwargs: Any) -> None:
    """Note that a worker begins with the mails, where BRISK_RUNS says so."""
    if (runs := os.environ.get("BRISK_RUNS")) and task.name == "notifications.deliver":
        with Path(runs).open("a") as file:
            file.write("x")


@app.task(name="faults.poison")
def poison() -> None:
    """Kill the process that runs it, each time."""
    runs = Path(os.environ["BTR_VAR_DIR"]) / "poison"
    with runs.open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
