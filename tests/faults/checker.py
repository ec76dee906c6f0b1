"""Compares what was said with what is there: what is lost, doubled, early, repeated or still waiting."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from notifications.expand import waiting
from notifications.models import Channel, Delivery, Digest, Notice, Status
from tests.faults.lab import DOMAIN, Lab
from workflow import deadlines, grants, ladders, record
from workflow.models import Event, RungFired, Task


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found; every figure but the first of each kind, `repeated` and `unmarked` has to be 0."""

    operations: int
    lost_operations: int
    doubled_operations: int
    rungs: int
    lost_rungs: int
    doubled_rungs: int
    early_rungs: int
    untold: int
    unexpanded: int
    mails: int
    lost_mails: int
    unexplained_mails: int
    unmarked: int
    """Taken by the mail server and not marked as sent: what the sender was killed over, and was moot afterwards."""
    repeated: int
    two_a_day: int
    record_faults: int
    grant_drift: int

    @property
    def faults(self) -> dict[str, int]:
        """The figures that have to be 0 and are not."""
        counted = ("operations", "rungs", "mails", "repeated", "unmarked")
        return {name: value for name in self.__slots__ if name not in counted and (value := getattr(self, name))}


def is_quiet(now: datetime) -> bool:
    """Return whether everything due at `now` has been fired, told and sent."""
    return not (
        Task.objects.filter(status="open", next_rung_at__lte=now).exists()
        or Notice.objects.filter(waiting(now=now)).exists()
        or Delivery.objects.filter(channel=Channel.EMAIL, status=Status.PENDING, available_at__lte=now).exists()
    )


def _missing_rungs(now: datetime) -> int:
    """Count the rungs of open tasks that were due after the task was opened and have no row."""
    fired = set(RungFired.objects.values_list("task_id", "term", "code"))
    missing = 0
    for task in Task.objects.filter(status="open", due_at__isnull=False, resting_since__isnull=True):
        for rung in ladders.rungs_of(task.ladder_id):
            assert task.due_at is not None
            moment = deadlines.rung_time(rung, opened_at=task.opened_at, due_at=task.due_at)
            is_moot = rung.only_if_not_begun and task.begun_at is not None
            if task.opened_at < moment <= now and not is_moot:
                missing += (task.pk, task.term, rung.code) not in fired
    return missing


def check(lab: Lab, *, now: datetime) -> Verdict:
    """Compare the laboratory's history with the database and the mail sink."""
    effects = Counter(Event.objects.filter(refused="", key__isnull=False).values_list("key", flat=True))
    acked, invoked = lab.history.acked, lab.history.invoked
    rungs = Counter(RungFired.objects.values_list("task_id", "term", "code"))
    told = set(Notice.objects.filter(rung_fired__isnull=False).values_list("rung_fired_id", flat=True))
    loud = set(RungFired.objects.filter(is_silent=False).values_list("pk", flat=True))
    returns = Event.objects.filter(action="return", refused="").count()
    sent = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT)
    numbers = set(sent.values_list("message_id", flat=True))
    known = {f"<delivery-{pk}@{DOMAIN}>" for pk in Delivery.objects.values_list("pk", flat=True)}
    known |= {f"<digest-{pk}@{DOMAIN}>" for pk in Digest.objects.values_list("pk", flat=True)}
    taken = Counter(number for number, _recipient in lab.sink.taken)
    days = Counter(Digest.objects.filter(sent_at__isnull=False).values_list("recipient", "channel", "day"))
    return Verdict(
        operations=len(invoked),
        lost_operations=sum(effects[key] == 0 for key in acked),
        doubled_operations=sum(effects[key] > 1 for key in invoked),
        rungs=len(rungs),
        lost_rungs=_missing_rungs(now),
        doubled_rungs=sum(count > 1 for count in rungs.values()),
        early_rungs=sum(fired < due for fired, due in RungFired.objects.values_list("fired_at", "due_at")),
        untold=len(loud - told) + len(told - loud) + returns - Notice.objects.filter(kind="returned").count(),
        unexpanded=Notice.objects.filter(expanded_at__isnull=True).count(),
        mails=len(numbers),
        lost_mails=len(numbers - set(taken)),
        unexplained_mails=len(set(taken) - known),
        unmarked=len(set(taken) - numbers),
        repeated=sum(count - 1 for count in taken.values()),
        two_a_day=sum(count > 1 for count in days.values()),
        record_faults=len(list(record.verify())),
        grant_drift=len(list(grants.drift())),
    )
