"""What the pages show of notices: one's own, how many are unread, what waits for a person to send it, what got stuck.

Each is constant in queries. Nobody is shown a notice about a case that they may not see (any more).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from notifications import wording
from notifications.kinds import KINDS, OUTSIDE_KINDS
from notifications.models import Channel, Delivery, HookDelivery, Notice, Preference, Status
from workflow import grants
from workflow.machine import Role, TaskStatus
from workflow.models import Case, Organisation, User

SHOWN = 200
"""Notices a page shows at most, the newest."""


def _own(user: User) -> QuerySet[Delivery]:
    """Return what is shown to `user`: about cases that they see, and for who administers what names no case."""
    may_see = Q(notice__case__in=grants.visible_to(user))
    if user.administers is not None:
        may_see |= Q(notice__kind__in=OUTSIDE_KINDS)
    return Delivery.objects.filter(may_see, recipient=user, channel=Channel.IN_APP, status=Status.SENT)


def _not_settled() -> Q:
    """Return the condition on a delivery whose work is still to be done, or that never asked for any."""
    return Q(handled_at__isnull=True) & (Q(notice__task__isnull=True) | Q(notice__task__status=TaskStatus.OPEN))


@dataclass(frozen=True, slots=True)
class CaseNotices:
    """The notices of one case for one person, newest first; `is_handled` when none of them asks for work any more.

    `case` is None for a notice about a case that the person may not see.
    """

    case: Case | None
    deliveries: Sequence[Delivery]
    unread: int
    is_handled: bool


def notices_for(user: User, *, limit: int = SHOWN) -> list[Delivery]:
    """Return the notices shown to `user`, newest first, with notice, case, unit and task. At most two queries.

    Each has `kind_label` (what kind of notice it is), `is_handled` and `is_outside` (the case is not theirs to see:
    then subject and body are those that name none) set on it.
    """
    sees = Exists(grants.visible_to(user).filter(pk=OuterRef("notice__case")))
    newest = _own(user).annotate(sees_case=sees).order_by("-sent_at", "-pk")
    rows: list[Delivery] = [*newest.select_related("notice__case__unit", "notice__task", "notice__by")[:limit]]
    for row in rows:
        task = row.notice.task
        row.kind_label = KINDS[row.notice.kind].label  # type: ignore[attr-defined]
        row.is_outside = not row.sees_case  # type: ignore[attr-defined]
        if row.is_outside:  # type: ignore[attr-defined]
            row.subject, row.body = str(KINDS[row.notice.kind].label), wording.outside_words(row.notice)
        row.is_handled = row.handled_at is not None or (  # type: ignore[attr-defined]
            task is not None and task.status != TaskStatus.OPEN
        )
    return rows


def by_case(deliveries: Sequence[Delivery]) -> list[CaseNotices]:
    """Group what notices_for returned by case, in the order of each case's newest notice. No query.

    What is told about a case that the person may not see is a group of its own each time: grouping would tell which
    notices are about the same case.
    """
    groups: dict[int, list[Delivery]] = {}
    for delivery in deliveries:
        key = -delivery.pk if delivery.is_outside else delivery.notice.case_id  # type: ignore[attr-defined]
        groups.setdefault(key, []).append(delivery)
    return [
        CaseNotices(
            case=None if rows[0].is_outside else rows[0].notice.case,  # type: ignore[attr-defined]
            deliveries=rows,
            unread=sum(row.read_at is None and not row.is_handled for row in rows),  # type: ignore[attr-defined]
            is_handled=all(row.is_handled for row in rows),  # type: ignore[attr-defined]
        )
        for rows in groups.values()
    ]


def unread_count(user: User) -> int:
    """Return how many notices `user` has not read and whose work is not done. One query, two the first time."""
    return _own(user).filter(_not_settled(), read_at__isnull=True).count()


def mark_read(*, user: User, now: datetime, deliveries: Collection[int] | None = None) -> int:
    """Mark notices of `user` as read (None: all); return how many were unread. Other people's are never touched."""
    rows = Delivery.objects.filter(recipient=user, channel=Channel.IN_APP, status=Status.SENT, read_at__isnull=True)
    if deliveries is not None:
        rows = rows.filter(pk__in=deliveries)
    return rows.update(read_at=now)


# Texts that a person sends


@dataclass(frozen=True, slots=True)
class Prepared:
    """One text that waits for somebody to send it: the notice, its words, and who is to get it."""

    notice: Notice
    subject: str
    body: str
    recipients: tuple[User, ...]
    since: datetime


def prepared_for(user: User) -> list[Prepared]:
    """Return the texts that `user` may send: finance people, for the cases they see whose task is still open.

    The division in charge sees its own departments' texts, the performance division and the bureau all.
    At most two queries, whatever the number.
    """
    finance = (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD)
    offices = (Organisation.Kind.DIVISION, Organisation.Kind.BUREAU)
    if not any(held.role in finance and held.organisation_kind in offices for held in grants.roles_of(user)):
        return []
    rows = (
        Delivery.objects.filter(
            _not_settled(),
            channel=Channel.IN_APP,
            status=Status.PREPARED,
            notice__case__in=grants.visible_to(user),
        )
        .select_related("recipient", "notice__case__unit", "notice__case__department", "notice__task")
        .order_by("notice_id", "pk")
    )
    found: dict[int, list[Delivery]] = {}
    for row in rows:
        found.setdefault(row.notice_id, []).append(row)
    return [
        Prepared(
            notice=rows_of_notice[0].notice,
            subject=rows_of_notice[0].subject,
            body=rows_of_notice[0].body,
            recipients=tuple(row.recipient for row in rows_of_notice),
            since=rows_of_notice[0].created_at,
        )
        for rows_of_notice in found.values()
    ]


def group_text(prepared: Sequence[Prepared]) -> str:
    """Return one text for the departments' chat group out of several prepared ones, one line each."""
    return "\n".join(dict.fromkeys(text.body for text in prepared))


# What was mailed, and what got stuck


def mails_for(user: User, *, limit: int = SHOWN) -> list[Delivery]:
    """Return the mails that were sent to `user`, newest first, with case. One query, two the first time."""
    return list(
        Delivery.objects.filter(
            recipient=user, channel=Channel.EMAIL, status=Status.SENT, notice__case__in=grants.visible_to(user)
        )
        .select_related("notice__case", "digest")
        .order_by("-sent_at", "-pk")[:limit]
    )


def incidents() -> QuerySet[Delivery]:
    """Return the deliveries that were given up or refused and nobody has dealt with, newest first."""
    return (
        Delivery.objects.filter(status__in=(Status.FAILED, Status.INCIDENT), resolved_at__isnull=True)
        .select_related("recipient", "notice__case")
        .order_by("-pk")
    )


def hook_incidents() -> QuerySet[HookDelivery]:
    """Return what a webhook refused or never took and nobody has dealt with, newest first."""
    failed = HookDelivery.objects.filter(status__in=(Status.FAILED, Status.INCIDENT), resolved_at__isnull=True)
    return failed.select_related("hook", "notice__case").order_by("-pk")


STUCK_AFTER = 4
"""Attempts after which a notice that cannot be expanded is shown as an incident."""


def stuck_notices() -> QuerySet[Notice]:
    """Return the notices that could not be expanded again and again, oldest first."""
    return (
        Notice.objects.filter(expanded_at__isnull=True, attempts__gte=STUCK_AFTER).select_related("case").order_by("pk")
    )


@dataclass(frozen=True, slots=True)
class Outbox:
    """What waits to be told: notices not yet expanded, messages not yet sent, since when; and what needs a person."""

    notices: int
    oldest_notice: datetime | None
    pending: int
    oldest_pending: datetime | None
    incidents: int
    stuck: int


def outbox() -> Outbox:
    """Return depth and age of the outbox, and the number of incidents. Five statements."""
    notices = Notice.objects.filter(expanded_at__isnull=True).aggregate(depth=Count("pk"), oldest=Min("created_at"))
    pending = Delivery.objects.filter(status=Status.PENDING).aggregate(depth=Count("pk"), oldest=Min("created_at"))
    return Outbox(
        notices=notices["depth"],
        oldest_notice=notices["oldest"],
        pending=pending["depth"],
        oldest_pending=pending["oldest"],
        incidents=incidents().count() + hook_incidents().count(),
        stuck=stuck_notices().count(),
    )


# What people want


def set_preference(*, user: User, channel: str, kind: str, enabled: bool) -> Preference:
    """Keep the choice of `user`; it holds for what is expanded from now on. Raises: KeyError for an unknown kind."""
    return Preference.objects.update_or_create(
        user=user, channel=Channel(channel), kind=KINDS[kind].id, defaults={"enabled": enabled}
    )[0]
