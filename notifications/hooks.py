"""Webhooks as deliveries: made beside the people's when a notice is expanded, sent one a commit, put off, given up.

Off unless BTR_WEBHOOK_HOSTS names hosts. Called by expand and by delivery's background job.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from notifications.audience import Around
from notifications.backing_off import LEASE, NoteMissing, after_failure
from notifications.channels import NotSent, webhook
from notifications.kinds import KINDS
from notifications.models import Hook, HookDelivery, Status
from notifications.wording import words_of
from workflow import rulings
from workflow.models import User

AT_MOST = 30


def deliveries(told: Sequence[Around], *, now: datetime) -> list[HookDelivery]:
    """Return the unsaved rows for the hooks that are told of these notices. One statement, none while hooks are off."""
    if not settings.WEBHOOK_HOSTS:
        return []
    hooks = list(Hook.objects.filter(is_active=True))
    return [
        HookDelivery(notice=seen.notice, hook=hook, text=words_of(seen, now=now).body, created_at=now, available_at=now)
        for seen in told
        for hook in hooks
        if seen.notice.kind in hook.kinds and hook.department_id in (None, seen.notice.case.department_id)
    ]


def deliver(*, now: datetime, limit: int = AT_MOST) -> int:
    """Send what waits, oldest first; return how many went. Repetition after a crash carries the same key."""
    if not settings.WEBHOOK_HOSTS:
        return 0
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    ready = HookDelivery.objects.filter(free, status=Status.PENDING, available_at__lte=now)
    return sum(
        _send(pk, now=now) for pk in list(ready.order_by("available_at", "pk").values_list("pk", flat=True)[:limit])
    )


def _claim(pk: int, *, now: datetime) -> HookDelivery | None:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    with transaction.atomic():
        rows = HookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        row = rows.filter(free, pk=pk, status=Status.PENDING).select_related("hook", "notice__case").first()
        if row is not None:
            HookDelivery.objects.filter(pk=pk).update(lease_until=now + LEASE, attempts=F("attempts") + 1)
            row.attempts += 1
    return row


def _send(pk: int, *, now: datetime) -> int:
    row = _claim(pk, now=now)
    if row is None:
        return 0
    facts = {"kind": row.notice.kind, "case": row.notice.case.number, "at": row.created_at.isoformat()}
    columns: dict[str, object] = {"lease_until": None, "status": Status.SENT, "sent_at": now, "last_error": ""}
    try:
        webhook.send(row.hook, text=row.text, key=f"hook-{pk}", facts=facts, timestamp=int(now.timestamp()))
    except NotSent as error:
        columns = after_failure(row, error, now=now)
    HookDelivery.objects.filter(pk=pk).update(**columns)
    return int(columns.get("status") == Status.SENT)


def enter(*, hook: Hook, by: User, now: datetime) -> None:
    """Store `hook`, new or changed, and note in the rulings what it is now; never its secret, nor the path of its
    address, which is a robot's key. The caller has checked the address."""
    payload = {
        "changes": [
            str(hook.get_shape_display()),
            str(urlsplit(hook.address).hostname),
            str(hook.department or _("all departments")),
            *(str(KINDS[kind].label) for kind in hook.kinds),
            *([] if hook.is_active else [str(_("switched off"))]),
        ]
    }
    with transaction.atomic():
        hook.save()
        rulings.note(action=rulings.Rule.SET_WEBHOOK, subject=hook.title, by=by, now=now, payload=payload)


def retry(*, delivery_id: int, now: datetime) -> int:
    """Try a webhook's delivery again that was given up or refused; return 1, or 0 when it is neither."""
    return _incident(delivery_id).update(
        status=Status.PENDING, available_at=now, created_at=now, attempts=0, lease_until=None
    )


def resolve(*, delivery_id: int, by: User, note: str, now: datetime) -> int:
    """Note that `by` has dealt with a webhook's incident by hand, and how; return 1, or 0 when it is none.

    Raises: NoteMissing.
    """
    if not note.strip():
        raise NoteMissing
    return _incident(delivery_id).update(resolved_at=now, resolved_by=by, resolved_note=note.strip()[:200])


def _incident(delivery_id: int) -> QuerySet[HookDelivery]:
    given_up = HookDelivery.objects.filter(status__in=(Status.FAILED, Status.INCIDENT), resolved_at__isnull=True)
    return given_up.filter(pk=delivery_id)
