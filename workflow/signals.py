"""What the procedure announces. Receivers run inside the transaction of what happened; they write, never send."""

from django.dispatch import Signal

transitioned = Signal()
"""case, event, by, opened (list of Task), closed (list of Task), now: an action is decided and about to be written.
Receivers return the rows that are written with it, unsaved, or None; they may point to `event` and `opened`, which have
no keys yet."""

rungs_fired = Signal()
"""fired (sweep_sql.FiredRungs: rows of RungFired that are not silent), now: reminders and escalations are due; once
for all that one transaction of the sweep has fired."""

announced = Signal()
"""case, kind (str), by, now, facts (dict): what a document room has to tell."""

reorganised = Signal()
"""organisation, into, by, now: inside the transaction in which one organisation goes over into another."""

time_passes = Signal()
"""now: at the start of each sweep, outside any transaction: open what the calendar says is due."""

work_waits = Signal()
"""No arguments; after commit: there is something to send. Only a doorbell, losing it loses nothing."""
