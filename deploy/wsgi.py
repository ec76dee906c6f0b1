"""The WSGI door that gunicorn opens."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
application = get_wsgi_application()

from deploy import celery_app, clock  # noqa: E402, F401  (the doorbell listens from here on)
from deploy.slow import cut_off_slow  # noqa: E402

clock.install()
application = cut_off_slow(application)  # type: ignore[assignment]
