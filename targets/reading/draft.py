"""One table while it is being read: the texts of its upper part, what is in force above the next row, the problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from targets.profiles import Profile
from targets.reading.grid import Row
from targets.reading.labels import Labels
from targets.reading.problems import KINDS
from targets.reading.result import Fix, Place, Problem


@dataclass(slots=True)
class Draft:
    """One table while it is being read."""

    profile: Profile
    labels: Labels
    texts: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Place] = field(default_factory=dict)
    funds_unit: str | None = None
    last_field: str | None = None
    mid: bool = False
    annual_from: int | None = None
    labels_above: Row | None = None
    money_columns: bool = False
    money_of_year: tuple[Row, int] | None = None
    goal_otherwise: tuple[Place, str, str] | None = None
    own: set[str] = field(default_factory=set)
    goal_below: tuple[Row, int] | None = None
    goal_of_year: bool = False
    fiscal_year: int | None = None
    problems: list[Problem] = field(default_factory=list)

    def note(
        self, kind: str, place: Place, facts: Mapping[str, str] | None = None, fixes: tuple[Fix, ...] = ()
    ) -> None:
        """Add a problem of this kind at this place."""
        known = KINDS[kind]
        severity = known.severity if known.fixed else self.profile.severity(known.code, known.severity)
        self.problems.append(Problem(known.code, severity, place, known.message, dict(facts or {}), fixes))

    def label(self, name: str) -> str:
        """Return the label of a header field as the form prints it."""
        return self.profile.header[name][0]

    def printed(self, code: str) -> str:
        """Return the label of a category as the form prints it."""
        category = self.profile.category(code)
        return category.label if category else code
