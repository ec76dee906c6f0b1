"""What the procedure announces. Receivers run inside the transaction of what happened; they write, never send."""

from django.dispatch import Signal

transitioned = Signal()
"""case, event, by, opened (list of Task), closed (list of Task), now: after an action has been carried out."""

rungs_fired = Signal()
"""fired (list of sweep_sql.Fired: rows of RungFired that are not silent), now: reminders and escalations are due; once
for all that one transaction of the sweep has fired."""

announced = Signal()
"""case, kind (str), by, now, facts (dict): what a document room has to tell."""

reorganised = Signal()
"""organisation, into, by, now: inside the transaction in which one organisation goes over into another."""

time_passes = Signal()
"""now: at the start of each sweep, outside any transaction: open what the calendar says is due."""

work_waits = Signal()
"""No arguments; after commit: there is something to send. Only a doorbell, losing it loses nothing."""
