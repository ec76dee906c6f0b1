"""Template tags of the document: sentences of findings, lights, and how serious something is."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext

from targets import judging, profiles
from targets.models.monitoring import Light
from targets.paper import place_label
from targets.runs import runs
from workflow.templatetags.workflow_tags import chip

register = template.Library()
register.filter("sentence", judging.sentence)
register.filter("place_label", place_label)

SEVERITY_LOOKS = {profiles.MUST_FIX: ("square", "bad"), profiles.SHOULD_FIX: ("triangle", "warn"),
                  profiles.HINT: ("ring", "")}
LIGHT_LOOKS = {Light.GREEN: ("dot", "good"), Light.YELLOW: ("triangle", "warn"), Light.RED: ("square", "bad"),
               Light.NOT_DUE: ("ring", "")}


@register.filter
def runs_of(change: Any) -> list[tuple[str, str]]:
    """Return what stayed, went and came of a change of a text, as targets.runs tells it; None counts as no text."""
    return runs(before=change.before or "", after=change.after or "")


@register.inclusion_tag("components/chip.html")
def severity_chip(severity: str, count: int | None = None) -> dict[str, Any]:
    """Show how serious a finding is: shape, word and colour; with a count where one is given."""
    shape, tone = SEVERITY_LOOKS.get(severity, ("ring", ""))
    words = gettext(profiles.SEVERITY_LABELS[severity]) if severity in profiles.SEVERITY_LABELS else severity
    return chip(words if count is None else f"{words} {count}", shape, tone)


@register.inclusion_tag("components/chip.html")
def light_chip(light: str) -> dict[str, Any]:
    """Show a light of monitoring: ● green, ▲ yellow, ■ red, ○ nothing yet; never colour alone."""
    shape, tone = LIGHT_LOOKS.get(light, ("ring", ""))  # type: ignore[call-overload]
    return chip(str(Light(light).label) if light else "—", shape, tone)


@register.filter
def percent(rate: Decimal | None) -> str:
    """Return a rate in percent as it is said: 85.5%; "—" where it cannot be computed."""
    if rate is None:
        return "—"
    text = format(rate, "f")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


@register.filter
def get(mapping: Any, name: Any) -> Any:
    """Return the value of a dictionary under a name that the template holds in a variable."""
    return mapping.get(name, "") if mapping else ""


@register.filter
def has_any(findings: Any, severity: str) -> bool:
    """Return whether one of the findings is of this severity."""
    return any(finding.severity == severity for finding in findings)


@register.filter
def attr(row: Any, name: str) -> Any:
    """Return a column of a row under a name that the template holds in a variable."""
    return getattr(row, name)


@register.filter
def field_of(form: Any, name: str) -> Any:
    """Return a bound field of a form under a name that the template holds in a variable."""
    return form[name]
