"""The Celery application of the faults: a timetable of one second, a worker that is silent after five, and a poison.

Started as `celery --app=tests.faults.brisk worker` and `beat`. BTR_TEST_DIR says where the poison counts its runs.
"""

import os
import signal
from pathlib import Path

from deploy import watching
from deploy.celery_app import app

for entry in app.conf.beat_schedule.values():
    entry["schedule"] = 1.0
app.conf.task_routes = {**app.conf.task_routes, "faults.poison": {"queue": "notices"}}
watching.SILENT_AFTER = float(os.environ.get("BRISK_SILENT_AFTER", "180"))


@app.task(name="faults.poison")
def poison() -> None:
    """Kill the process that runs it, each time."""
    runs = Path(os.environ["BTR_VAR_DIR"]) / "poison"
    with runs.open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
