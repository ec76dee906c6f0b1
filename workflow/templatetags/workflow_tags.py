"""Template tags of the procedure: chips, sums, moments, and the hidden fields that every acting form carries."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from workflow import call_list, kinds, orphans, record, route_words, words
from workflow.machine import Action
from workflow.models import Case, Event, Purge, Rung, Step, Task

register = template.Library()
SPRITE = "vendor/tabler-icons-3.51.0/sprite.svg"


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Return the icon `name` of the sprite (decorative: a word stands beside it). size: "" or "lg"."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>',
        f" icon-{size}" if size else "", static(SPRITE), name,
    )  # fmt: skip


@register.simple_tag
def shape(name: str) -> SafeString:
    """Return one of the state shapes: ring, half, dot, triangle, square, diamond, tick, bars, cross."""
    return format_html(
        '<svg class="shape" aria-hidden="true" focusable="false"><use href="{}#s-{}"></use></svg>', static(SPRITE), name
    )


@register.inclusion_tag("components/chip.html")
def state_chip(case: Case, task_kind: str = "") -> dict[str, Any]:
    """Show whose desk a case lies on. Select `step` with the case."""
    return {"chip": words.state_chip(case, task_kind=task_kind)}


@register.inclusion_tag("components/chip.html")
def chip(text: str, shape: str = "ring", tone: str = "", title: str = "") -> dict[str, Any]:
    """Show any word as a chip. tone: "", info, good, warn, bad, live."""
    return {"chip": words.Chip(str(text), shape, tone, title)}


@register.inclusion_tag("components/due.html", takes_context=True)
def due_chip(
    context: dict[str, Any],
    due_at: datetime | None,
    resting_since: datetime | None = None,
    is_provisional: bool = False,
) -> dict[str, Any]:
    """Show a deadline with the working days left, from the page's `now`; nothing where there is no deadline.

    `is_provisional`: it depends on a year whose calendar is not published yet, and says so.
    """
    return {
        "due": words.due(due_at, now=context["now"]),
        "resting": resting_since,
        "is_provisional": is_provisional and due_at is not None,
    }


register.filter("profile_name", kinds.profile_name)


@register.filter
def due_words(due_at: datetime | None, now: datetime) -> str:
    """Return the words of a deadline alone: `{{ task.due_at|due_words:now }}`."""
    found = words.due(due_at, now=now)
    return found.words if found else ""


@register.simple_tag(takes_context=True)
def waited(context: dict[str, Any], since: datetime | None) -> str:
    """Return how long something has waited at the page's `now`."""
    return words.waited(since, now=context["now"])


register.filter("wan", words.wan)
register.filter("stamp", words.stamp)
register.filter("deadline", words.deadline)


@register.filter
def yuan(amount: Decimal | None) -> str:
    """Return a sum in yuan in full, for the tooltip beside 万元."""
    return "" if amount is None else f"{amount:,.2f}"


@register.filter
def is_date(value: object) -> bool:
    """Return whether a value is a date or a moment."""
    return isinstance(value, date)


@register.inclusion_tag("components/operation_key.html", takes_context=True)
def operation_key(context: dict[str, Any], case: Case | None = None) -> dict[str, Any]:
    """Put the hidden fields of an acting form: csrf token, a fresh `key`, `seen_version` and `seen_hash` of the case.

    A form shown again after a refusal keeps its key when the view puts `operation_key` into the context.
    """
    return {"case": case, "key": context.get("operation_key") or uuid4().hex, "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """Return "?…" with the page's filters and these changes; a None or empty value takes a filter away."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.filter
def verb(event: Event) -> str:
    """Return the word of what an event records."""
    return str(Action(event.action).label) if event.action in Action.values else event.action


@register.filter
def rung_words(rung: Rung) -> str:
    """Return when a rung fires, in words."""
    if rung.basis == Rung.Basis.HALF:
        return _("at half time")
    if rung.days == 0:
        return _("on the due day")
    if rung.days < 0:
        return _("%(days)s working days before") % {"days": -rung.days}
    return _("%(days)s working days after") % {"days": rung.days}


@register.filter
def condition_words(step: Step) -> list[str]:
    """Return the facts that must hold for a step, in words."""
    return route_words.condition_words(step.condition)


@register.filter
def term_words(step: Step) -> str:
    """Return how long a step may take, with the kind of days that are counted."""
    return route_words.term_words(step)


@register.filter
def told_next(task: Task) -> str:
    """Say who hears of a late task next, and when."""
    return call_list.told_next(task)


@register.filter
def why_refused(event: Event) -> str:
    """Return the sentence with which an event was refused, as the person read it; its code where none was kept."""
    refusal = record.payload_of(event).get("refusal")
    return str(refusal.get("message") or event.refused) if isinstance(refusal, dict) else event.refused


@register.simple_tag
def orphan_count() -> int:
    """Return how many tasks nobody can do, for the rail of administrators. One statement."""
    return orphans.count()


@register.simple_tag
def purges_waiting() -> int:
    """Return how many purges wait for the second signature, for the rail of who gives it. One statement."""
    return Purge.objects.filter(decided_at=None).count()
