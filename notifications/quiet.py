"""What one person wants to be spared: hours without e-mail, and cases of which they want to hear no more.

Work stays in the workbench whatever is chosen here. Read by expand, changed by the page of preferences.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.models import Muted, QuietHours
from workflow import grants
from workflow.models import Case, User
from workflow.refusals import Refused

HOURS = range(24)


class HoursRefused(Refused):
    code = "quiet_hours"
    message = _(
        "Quiet hours need two different full hours from 0 to 23, for instance 20 and 8. Leave both empty for none."
    )


def after(hours: QuietHours | None, *, now: datetime) -> datetime:
    """Return when a mail may go that is made at `now`: now, or at the end of the quiet hours (local time)."""
    if hours is None:
        return now
    here = timezone.localtime(now)
    if hours.from_hour < hours.to_hour:
        is_quiet = hours.from_hour <= here.hour < hours.to_hour
    else:
        is_quiet = here.hour >= hours.from_hour or here.hour < hours.to_hour
    if not is_quiet:
        return now
    end = here.replace(hour=hours.to_hour, minute=0, second=0, microsecond=0)
    return (end if end > here else end + timedelta(days=1)).astimezone(UTC)


def of_people(people: Collection[int]) -> dict[int, QuietHours]:
    """Return the quiet hours of those of `people` who keep some, by id. One statement."""
    return {row.user_id: row for row in QuietHours.objects.filter(user__in=people)}


def keep(*, user: User, from_hour: str, to_hour: str) -> None:
    """Keep the quiet hours as typed; both empty: none. Raises: HoursRefused, nothing changed then."""
    given = from_hour.strip(), to_hour.strip()
    if given == ("", ""):
        QuietHours.objects.filter(user=user).delete()
        return
    if not all(text.isascii() and text.isdecimal() and int(text) in HOURS for text in given) or given[0] == given[1]:
        raise HoursRefused
    start, end = int(given[0]), int(given[1])
    if start == end:
        raise HoursRefused
    QuietHours.objects.update_or_create(user=user, defaults={"from_hour": start, "to_hour": end})


def muted(*, people: Collection[int], cases: Collection[int]) -> set[tuple[int, int]]:
    """Return who (id) has muted which of `cases` (id). One statement."""
    return set(Muted.objects.filter(user__in=people, case__in=cases).values_list("user_id", "case_id"))


def muted_by(user: User) -> list[Case]:
    """Return the cases that `user` has muted and still sees, the last muted first. At most two statements."""
    rows = Muted.objects.filter(user=user, case__in=grants.visible_to(user)).select_related("case__unit")
    return [row.case for row in rows.order_by("-since", "-pk")]


def mute(*, user: User, case: Case, now: datetime) -> None:
    """Tell `user` no more of `case`: no e-mail, nothing unread. Doing it twice changes nothing."""
    Muted.objects.get_or_create(user=user, case=case, defaults={"since": now})


def unmute(*, user: User, case: Case) -> int:
    """Tell `user` of `case` again; return how many choices were taken back."""
    return Muted.objects.filter(user=user, case=case).delete()[0]
