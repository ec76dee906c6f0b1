"""A person chosen on a page: offered as name, offices and account, searched by any of them, read again as typed.

The choice is a list of suggestions of the browser (datalist), so it works without script; a typed account or a full
name that one person only bears is understood too.
"""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from workflow.models import RoleGroup, User
from workflow.refusals import UnknownPerson

OFFERED = 2000
APART = " · "


@dataclass(frozen=True, slots=True)
class Choice:
    """One person as the list offers them: "演示·经办甲 · 演示第二小学 · jingban"."""

    words: str


def choices(found: QuerySet[User]) -> list[Choice]:
    """Return the people as they are offered, by account. Two statements, whatever their number."""
    people = list(found.order_by("username")[:OFFERED])
    posts = RoleGroup.objects.filter(user__in=[one.pk for one in people]).order_by("organisation__code")
    offices: dict[int, dict[str, None]] = {}
    for pk, name in posts.values_list("user", "organisation__name"):
        offices.setdefault(pk, {})[name] = None
    return [Choice(APART.join([str(one), *offices.get(one.pk, ()), one.username])) for one in people]


def named(text: str) -> User:
    """Return the active person that was chosen or typed: a choice, an account, or a full name that is one person's.

    Raises: UnknownPerson.
    """
    typed = text.strip()
    active = User.objects.filter(is_active=True)
    account = typed.rpartition(APART.strip())[2].strip() if APART in typed else typed
    found = active.filter(username=account).first() or active.filter(username=typed).first()
    if found is not None:
        return found
    bearers = list(active.filter(full_name=typed)[:2]) if typed else []
    if len(bearers) == 1:
        return bearers[0]
    if bearers:
        raise UnknownPerson(name=typed, why=_("Several people are called so. Choose one from the list."))
    raise UnknownPerson(name=typed or "—", why=_("Nobody of that name or account is active. Choose from the list."))
