"""The site of the faults: the real WSGI application, with documents that are their case's title.

Started as `gunicorn tests.faults.site:application`. SITE_DAYS_OFF sets the machine's clock wrong by that many days;
SITE_FILE_LIMIT is the largest file in bytes that the disk still takes.
"""

import os
import resource
import time

import time_machine

if days_off := float(os.environ.get("SITE_DAYS_OFF", "0")):
    time_machine.travel(time.time() + days_off * 86400, tick=True).start()
if file_limit := int(os.environ.get("SITE_FILE_LIMIT", "0")):
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, resource.RLIM_INFINITY))

from deploy.wsgi import application
from tests.faults.lab import register_document

__all__ = ["application"]

register_document()
