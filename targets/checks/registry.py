"""What a check rule is, how one is registered, and how all are run over a table. Pure.

One rule is one small function under one stable key. It yields hits; or returns why it cannot judge.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from targets import values
from targets.content import IndicatorContent, TableContent
from targets.normal import tight
from targets.profiles import OFF, Profile
from targets.values import IndicatorValue

PRINTED_CELL = 40
ALL, REVIEWER = "all", "reviewer"
AUDIENCES = (ALL, REVIEWER)


class Verdict(StrEnum):
    """What a rule says of a table. Only FAIL carries findings."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    INSUFFICIENT_DATA = "insufficient data"


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What the table itself cannot know: the project list, other tables, and what the unit declared.

    `listed_amount_wan` is in 万元; `not_applicable` holds a reason for each category code declared 「不适用」.
    `last_year` is the same project's table of the year before, `last_year_spent` the share of its money that was
    spent (0 to 1); `neighbours` are the unit's other tables of this year; `unit_total_wan` and `unit_control_wan`
    the sum of the unit's tables and its control figure; `same_in_units` in how many units the same indicators stand;
    `other_organisations` names that belong to others; `hosted_units` names whose projects this unit keeps;
    `library` the names of the indicator library; `secrecy_confirmed` the mark of the texts that were reviewed for
    secrets ("" for none); `is_published` whether a released table was published; `has_full_marks` whether its
    self-evaluation gives all points, `executed_share` the share of its money that was spent (0 to 1). None means
    unknown: a rule that needs it then answers "insufficient data", it never guesses.
    """

    listed_name: str | None = None
    listed_amount_wan: Decimal | None = None
    control_figures_final: bool = False
    same_project_exists: bool | None = None
    not_applicable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_key_project: bool = False
    last_year: TableContent | None = None
    last_year_spent: Decimal | None = None
    neighbours: tuple[TableContent, ...] | None = None
    unit_total_wan: Decimal | None = None
    unit_control_wan: Decimal | None = None
    same_in_units: int | None = None
    other_organisations: tuple[str, ...] | None = None
    hosted_units: tuple[str, ...] = ()
    library: frozenset[str] | None = None
    required_attachments: tuple[str, ...] | None = None
    secrecy_confirmed: str = ""
    attachments: tuple[str, ...] = ()
    days_since_release: int | None = None
    is_published: bool | None = None
    has_full_marks: bool | None = None
    executed_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator as a rule sees it: its number from 1, what is printed, what its value says.

    `key` is the name in normal form without blanks; `role` what its category means to the rules (14: a cost).
    """

    number: int
    content: IndicatorContent
    value: IndicatorValue
    key: str = ""
    role: str = ""

    @property
    def code(self) -> str:
        """The category's code in the profile's form."""
        return self.content.code

    @property
    def text(self) -> str:
        """The value as printed, "" when blank."""
        return self.content.value or ""

    @property
    def name(self) -> str:
        """The name as printed, "" when blank."""
        return self.content.name or ""

    @property
    def facts(self) -> dict[str, str]:
        """Number, name and value for a message, cut to what a line can show."""
        return {"number": str(self.number), "name": cut(self.name), "value": cut(self.content.value or "")}


@dataclass(frozen=True, slots=True)
class Subject:
    """The table under check, parsed once: rules read it and nothing else."""

    content: TableContent
    profile: Profile
    context: CheckContext
    lines: tuple[Line, ...]

    def of_code(self, *codes: str) -> tuple[Line, ...]:
        """Return the lines whose category means one of these (11 quantity … 14 cost), in order."""
        return tuple(line for line in self.lines if line.role in codes)

    def of_category(self, code: str) -> tuple[Line, ...]:
        """Return the lines of one category of the form."""
        return tuple(line for line in self.lines if line.content.code == code)

    def of_family(self, family: str) -> tuple[Line, ...]:
        """Return the lines that mean output (1, costs included), benefit (2) or satisfaction (3)."""
        return tuple(line for line in self.lines if line.role[:1] == family)

    def place_of(self, meaning: str) -> str:
        """Return the place of the first category that means this: "category 14"."""
        found = (code for code, known in self.profile.meanings().items() if known == meaning)
        return f"category {next(found, meaning)}"


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend the machine can make: "write" `text` at `place`, "move" a row to category `text`, "delete" a row."""

    kind: str
    place: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One fault a rule found: its place ("annual_goal", "indicator 3 value"), the line, the facts of its message.

    `message` stands in for the rule's own sentence where this fault is mended in another way; `rows` are all lines
    where one finding speaks of several; `fixes` are mends to choose from, or one a row.
    """

    place: str
    facts: Mapping[str, str] = field(default_factory=dict)
    row: int | None = None
    message: str | None = None
    rows: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault as it is shown. `message % facts` is the sentence; `source` names document and subject.

    `row` is the (first) line from 1; `rows` all of them where one finding speaks of several. `audience` is "all" or
    "reviewer" (not shown to who fills the table in).
    """

    rule: str
    severity: str
    place: str
    row: int | None
    message: str
    facts: Mapping[str, str]
    source: str
    audience: str = ALL
    rows: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()


Answer = Iterable[Hit] | Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered rule. `key` is unique; `id` is what is shown (two grades of one rule share it)."""

    key: str
    severity: str
    source: str
    message: str
    judge: Callable[[Subject], Answer]
    audience: str = ALL

    @property
    def id(self) -> str:
        """The id of the catalogue: CST-01 for both grades CST-01 and CST-01.short."""
        return self.key.partition(".")[0]

    @property
    def title(self) -> str:
        """What the rule asks, in one sentence: the first line of its function's docstring."""
        return (self.judge.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule said of one table."""

    rule: Rule
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


RULES: dict[str, Rule] = {}


def rule(
    key: str, *, severity: str, source: str, message: str, audience: str = ALL
) -> Callable[[Callable[[Subject], Answer]], Callable[[Subject], Answer]]:
    """Register the function below as the rule `key`. `severity` holds where the profile is silent.

    Raises: ValueError when the key is taken.
    """

    def register(judge: Callable[[Subject], Answer]) -> Callable[[Subject], Answer]:
        if key in RULES:
            raise ValueError(f"rule {key} is registered twice")
        RULES[key] = Rule(key, severity, source, message, judge, audience)
        return judge

    return register


def subject(*, content: TableContent, profile: Profile, context: CheckContext) -> Subject:
    """Return the table with every value parsed once."""
    meanings = profile.meanings()
    lines = tuple(
        Line(
            n,
            row,
            values.parse(row.value, name=row.name, year=content.fiscal_year, code=meanings.get(row.code, row.code)),
            tight(row.name or ""),
            meanings.get(row.code, row.code),
        )
        for n, row in enumerate(content.indicators, 1)
    )
    return Subject(content, profile, context, lines)


def judge(one: Rule, table: Subject) -> Outcome:
    """Return what one rule says of the table."""
    severity = table.profile.severity(one.key, one.severity)
    if severity == OFF:
        return Outcome(one, Verdict.NOT_APPLICABLE)
    answer = one.judge(table)
    if isinstance(answer, Verdict):
        return Outcome(one, answer)
    findings = tuple(
        Finding(
            one.id,
            severity,
            hit.place,
            hit.row,
            hit.message or one.message,
            hit.facts,
            one.source,
            one.audience,
            hit.rows or ((hit.row,) if hit.row else ()),
            hit.fixes,
        )
        for hit in answer
    )
    return Outcome(one, Verdict.FAIL if findings else Verdict.PASS, findings)


def at_value(line: Line, *fixes: Fix, **facts: str) -> Hit:
    """Return a hit on the value of a line."""
    return Hit(f"indicator {line.number} value", {**line.facts, **facts}, line.number, fixes=fixes)


def at_name(line: Line, *fixes: Fix, **facts: str) -> Hit:
    """Return a hit on the name of a line."""
    return Hit(f"indicator {line.number} name", {**line.facts, **facts}, line.number, fixes=fixes)


def one_line(lines: Iterable[Line], *fixes: Fix, part: str = "value", **facts: str) -> list[Hit]:
    """Return one hit for all the lines of a table together, at the first of them; none when there are none."""
    lines = tuple(lines)
    if not lines:
        return []
    rows = tuple(line.number for line in lines)
    facts = {"count": str(len(rows)), "lines": ", ".join(map(str, rows)), "value": cut(lines[0].text), **facts}
    facts.setdefault("name", cut(lines[0].name))
    return [Hit(f"indicator {rows[0]} {part}", facts, rows[0], rows=rows, fixes=fixes)]


def write_value(line: Line, text: str) -> Fix:
    """Return the mend that writes another value."""
    return Fix("write", f"indicator {line.number} value", text)


def write_name(line: Line, text: str) -> Fix:
    """Return the mend that writes another name."""
    return Fix("write", f"indicator {line.number} name", text)


def move(line: Line, code: str) -> Fix:
    """Return the mend that puts the row under another category."""
    return Fix("move", f"indicator {line.number}", code)


def delete(line: Line) -> Fix:
    """Return the mend that takes the row out."""
    return Fix("delete", f"indicator {line.number}")


def cut(text: str) -> str:
    """Return the text as a message can show it."""
    return text if len(text) <= PRINTED_CELL else text[: PRINTED_CELL - 1] + "…"


def plain(number: Decimal) -> str:
    """Return a number without needless zeros: 10, 0.642."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
