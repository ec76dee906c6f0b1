"""What becomes of a message that could not be sent: tried again later, given up at once, or an incident after a day.

One rule for every channel that leaves the site. Called by delivery (mail) and by hooks (webhooks).
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from notifications.channels import NotSent
from notifications.models import Delivery, HookDelivery, Status
from workflow.refusals import Refused

LEASE = timedelta(minutes=5)
"""How long a claim holds. Longer than any attempt takes: EMAIL_TIMEOUT is 20 s."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""After the first, second … failure; the last one repeats."""
GIVES_UP_AFTER = timedelta(hours=24)


class NoteMissing(Refused):
    code = "note_missing"
    message = _("Say in a few words how it was dealt with, for instance “told by phone”.")


def after_failure(row: Delivery | HookDelivery, error: NotSent, *, now: datetime) -> dict[str, object]:
    """Return the columns to write to `row`, an attempt of which has just failed; `status` among them: no more attempts.

    A final refusal fails at once; others are put off by WAITS until a day after the row was made.
    """
    columns: dict[str, object] = {"lease_until": None, "last_error": str(error)[:300]}
    if error.is_final:
        columns["status"] = Status.FAILED
    elif now - row.created_at >= GIVES_UP_AFTER:
        columns["status"] = Status.INCIDENT
    else:
        columns["available_at"] = now + WAITS[min(row.attempts, len(WAITS)) - 1]
    return columns
