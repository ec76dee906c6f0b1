"""One card a table that was read: its content beside its source, what to compare, what can be mended by a button.

Only lays out what is loaded; called by the import's views.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from targets import judging, mending, profiles, sourceview, uploads
from targets.checks import Finding
from targets.content import Change, IndicatorContent, TableContent, diff
from targets.models import ImportedTable, Project
from targets.paper import HEADER_FIELDS, FormText, Paper, paper, place_anchor, place_label
from targets.profiles import Profile
from targets.reading.problems import KINDS
from targets.reading.result import filled
from targets.sourceview import Source, SourceRow
from workflow.machine import State
from workflow.models import Case
from workflow.refusals import Refused

OFF_LIST, LEAVE_OUT = "off-list", "leave-out"
NOTES = {kind.message for kind in KINDS.values()}
ALL_ROWS = "all"
OF_READING = "p"
"""What the number of a problem of the reading begins with in a button's token; a finding's is a number only."""


@dataclass(frozen=True, slots=True)
class Button:
    """One mend to press: what it writes, and the token that the form posts."""

    words: str
    token: str


@dataclass(frozen=True, slots=True)
class Told:
    """One problem or finding: its sentence, where it stands in the source and in the result (anchors, "" for none)."""

    code: str
    severity: str
    words: str
    source: str
    result: str
    place: str = ""
    buttons: tuple[Button, ...] = ()
    edit: str = ""
    """What the button posts that opens the cell to be typed into, "" where there is none."""


@dataclass(frozen=True, slots=True)
class MendMade:
    """One mend that was made and can be taken back."""

    words: str
    token: str
    rule: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of a draft beside one row of a file; None where one of them has none."""

    label: str
    before: IndicatorContent | None
    after: IndicatorContent | None

    @property
    def name_differs(self) -> bool:
        return (self.before and self.before.name) != (self.after and self.after.name)

    @property
    def value_differs(self) -> bool:
        return (self.before and self.before.value) != (self.after and self.after.value)


@dataclass(frozen=True, slots=True)
class Beside:
    """A filled draft beside the file that would replace it. `seen`: the draft's hash, posted with the consent."""

    seen: str
    head: tuple[Change, ...]
    pairs: tuple[Pair, ...]
    count: int


def beside(before: TableContent, after: TableContent) -> Beside:
    """Return draft and file side by side: what differs in the head, and all rows, those alike in one line."""
    changes = diff(before, after)
    labels = {c.code: c.label.partition("（")[0] for c in profiles.load(profiles.DEFAULT).categories}

    def pair(a: IndicatorContent | None, b: IndicatorContent | None) -> Pair:
        code = a.code if a else b.code if b else ""
        return Pair(labels.get(code, code), a, b)

    old, new = before.indicators, after.indicators
    pairs: list[Pair] = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same_code = op == "replace" and [r.code for r in old[i1:i2]] == [r.code for r in new[j1:j2]]
        if op == "equal" or same_code:
            pairs += [pair(a, b) for a, b in zip(old[i1:i2], new[j1:j2], strict=True)]
        else:
            pairs += [pair(a, None) for a in old[i1:i2]] + [pair(None, b) for b in new[j1:j2]]
    return Beside(before.hash(), tuple(c for c in changes if c.row is None), tuple(pairs), len(changes))


@dataclass(slots=True)
class Card:
    """One table that was read, as the preview shows it."""

    staged: ImportedTable
    content: TableContent
    paper: Paper
    source: Source
    problems: list[Told]
    findings: Mapping[str, list[Told]]
    """By severity."""
    mends: list[MendMade]
    n_bulk: int
    """How many findings are mended by "all as suggested"."""
    chosen: str
    of_field: Mapping[str, str] = field(default_factory=dict)
    of_name: Mapping[int, str] = field(default_factory=dict)
    of_value: Mapping[int, str] = field(default_factory=dict)
    """Anchors in the source, by field and by the number of the row."""
    refusal: Refused | None = None
    fills: Case | None = None
    """The case of the project that has the table's name, whether it may be filled or not."""
    question: str = ""
    answers: set[str] = field(default_factory=set)
    editing: str = ""
    """The place that is open to be typed into."""
    beside: "Beside | None" = None
    """What stands in the draft that it would replace, beside what would be written."""

    @property
    def token(self) -> str:
        """What a typed cell posts before its place."""
        return f"{self.staged.pk}:{self.content.hash()}"

    @property
    def prefix(self) -> str:
        return prefix_of(self.staged)

    @property
    def is_open(self) -> bool:
        return self.staged.decision == ImportedTable.Decision.PENDING

    @property
    def is_too_late(self) -> bool:
        """Whether the table it would fill is past its draft."""
        return self.is_open and self.fills is not None and self.fills.state != State.DRAFT

    @property
    def must_fix(self) -> list[Told]:
        return self.findings[profiles.MUST_FIX]

    @property
    def should_fix(self) -> list[Told]:
        return self.findings[profiles.SHOULD_FIX]

    @property
    def hints(self) -> list[Told]:
        return self.findings[profiles.HINT]


@dataclass(frozen=True, slots=True)
class Line:
    """One table of an upload as the list beside the cards shows it, from what is kept: nothing is checked again."""

    staged: ImportedTable
    counts: Mapping[str, int]
    is_too_late: bool
    """Whether the table it would fill is past its draft."""
    is_filled: bool
    """Whether the draft it would fill holds something already."""

    @property
    def is_open(self) -> bool:
        return self.staged.decision == ImportedTable.Decision.PENDING

    @property
    def n_problems(self) -> int:
        return self.counts.get("problems", 0)

    @property
    def needs_a_look(self) -> bool:
        """Whether anything is to be compared or mended, or waits for an answer."""
        faults = self.n_problems + self.counts["must_fix"] + self.counts["should_fix"]
        return bool(faults or (self.is_open and (self.is_too_late or self.is_filled)))


def line_of(staged: ImportedTable, tables: Sequence[tuple[Project, Case]], filled: Collection[int]) -> Line:
    """Return the line of one table. `filled`: the cases whose drafts hold something. No query."""
    fills = proposed(staged, tables)[1]
    return Line(staged, mending.counts_of(staged), fills is not None and fills.state != State.DRAFT,
                fills is not None and fills.pk in filled)


def prefix_of(staged: ImportedTable) -> str:
    """Return what the anchors of one table begin with."""
    return f"t{staged.position}-"


def proposed(staged: ImportedTable, tables: Sequence[tuple[Project, Case]]) -> tuple[str, Case | None]:
    """Return what a table fills unless the editor says otherwise, and the case of the project of its name."""
    fills = next((case for project, case in tables if project.pk == staged.suggested_id), None)
    choice = OFF_LIST if fills is None else str(staged.suggested_id) if fills.state == State.DRAFT else LEAVE_OUT
    return staged.choice or choice, fills


def card_of(staged: ImportedTable, tables: Sequence[tuple[Project, Case]], *, refused: Refused | None = None,
            answers: Sequence[str] = ()) -> Card:
    """Return the card of one table. No query, but three where it would fill a draft."""
    profile = profiles.load(profiles.DEFAULT)
    now, before = mending.standing(staged), mending.read_content(staged)
    findings = mending.findings_of(now.content)
    source = sourceview.source_of(staged.source_rows, prefix=f"{prefix_of(staged)}s")
    chosen, fills = proposed(staged, tables)
    changes = diff(before, now.content) if staged.mends else ()
    card = Card(
        staged, now.content,
        paper(FormText.of_content(now.content), profile=profile, year=now.content.fiscal_year, changes=changes),
        source, [], {}, _all_made(staged, profile),
        len(mending.in_bulk(findings)) + len(mending.problems_in_bulk(staged, before, now)), chosen,
        refusal=refused, fills=fills, answers=set(answers))
    _link(card, before, now)
    done, of_checks = mending.mended_problems(staged.mends), mending.told_by_checks(staged)
    told = {number: _problem(number, card, before, now) for number in range(len(staged.problems)) if number not in done}
    card.problems = [problem for number, problem in told.items() if number not in of_checks]
    card.findings = _told(findings, card, profile, [told[number] for number in sorted(of_checks & set(told))])
    if isinstance(refused, uploads.Question):
        card.question = refused.name
    chosen_case = next((case for project, case in tables if str(project.pk) == chosen), None)
    if card.is_open and chosen_case is not None and chosen_case.state == State.DRAFT:
        compared = uploads.beside(case=chosen_case, content=now.content)
        card.beside = beside(*compared) if compared else None
    return card


def _link(card: Card, before: TableContent, now: mending.Standing) -> None:
    """Find the cell of each field and each indicator, and tell the cell where it went."""
    cells = {cell.anchor: cell for row in card.source.rows for cell in row.cells}
    of_field = {name: cell.anchor for name, cell in sourceview.head_cells(card.source, before).items()}
    of_name, of_value = {}, {}
    rows = {cell.anchor: row for row in card.source.rows for cell in row.cells}
    for number, origin in enumerate(now.origins, 1):
        places = card.staged.places
        anchor = card.source.anchor(places[origin - 1]) if origin <= len(places) else ""
        if not anchor:
            continue
        of_name[number] = anchor
        of_value[number] = _value_cell(rows.get(anchor), anchor, before.indicators[origin - 1].value) or anchor
    card.of_field, card.of_name, card.of_value = of_field, of_name, of_value
    for number in reversed(of_name):
        for anchor, part in ((of_value[number], "value"), (of_name[number], "name")):
            if anchor in cells:
                cells[anchor].back = f"{card.prefix}r{number}-{part}"
    for name, anchor in of_field.items():
        cells[anchor].back = card.prefix + place_anchor(name)


def _value_cell(row: SourceRow | None, anchor: str, value: str | None) -> str:
    """Return the cell of the row that holds this value, behind the name's own; "" when none does."""
    if row is None or not value:
        return ""
    seen = False
    for cell in row.cells:
        if seen and cell.text.strip() == value:
            return cell.anchor
        seen = seen or cell.anchor == anchor
    return ""


def problem_words(problem: Mapping[str, Any]) -> str:
    """Return a stored problem as a sentence. Its message is one of the reading's own."""
    words = problem["message"]
    return filled(words, problem.get("facts", {}), _ if words in NOTES else str)


def _problem(number_told: int, card: Card, before: TableContent, now: mending.Standing) -> Told:
    problem = card.staged.problems[number_told]
    anchor = card.source.anchor(problem["place"])
    for row in card.source.rows:
        for cell in row.cells:
            if anchor in (cell.anchor, row.anchor):
                cell.marks.append(problem["severity"])
                break
    origin = problem.get("row")
    number = now.origins.index(origin) + 1 if origin in now.origins else 0
    number = number or next((n for n, place in card.of_name.items() if place == anchor), 0)
    back = next((cell.back for row in card.source.rows for cell in row.cells if cell.anchor == anchor), "")
    result = back or (f"{card.prefix}r{number}-name" if number else "")
    part = "value" if result.endswith("-value") else "name"
    edit = f"indicator {number} {part}" if number else next((f for f, a in card.of_field.items() if a == anchor), "")
    return Told(problem["code"], problem["severity"], problem_words(problem), anchor, result, problem["place"],
                buttons=_problem_buttons(number_told, card, before, now), edit=_edit(card, edit))


def _problem_buttons(number: int, card: Card, before: TableContent, now: mending.Standing) -> tuple[Button, ...]:
    """Return the one button that makes all mends of a problem of the reading, where they can still be made."""
    mends = mending.problem_mends(card.staged, number, before, now) if card.is_open else []
    words = _together(mends, profiles.load(profiles.DEFAULT))
    return (Button(words, f"{card.token}:{OF_READING}{number}:{ALL_ROWS}"),) if mends else ()


def _together(mends: Sequence[Mapping[str, Any]], profile: Profile) -> str:
    """Return what mends that belong together do; a name that is written while another row goes is a row joined on."""
    if len(mends) > 1 and mends[-1]["kind"] == "delete":
        return _("Add to the row above: “%(text)s”") % {"text": mends[0]["text"]}
    return _("; ").join(fix_words(m["kind"], m["text"], m["part"] or "name", profile) for m in mends)


def _edit(card: Card, place: str) -> str:
    """Return the token that opens a cell of a table that is still open; a place that is no cell has none."""
    is_cell = place in HEADER_FIELDS or (place.startswith("indicator ") and place.endswith((" name", " value")))
    return f"{card.staged.pk}:{place}" if card.is_open and is_cell else ""


def _told(findings: Sequence[Finding], card: Card, profile: Profile, also: Sequence[Told]) -> dict[str, list[Told]]:
    """Return the findings by severity. `also`: problems of the reading that they tell again, with their buttons."""
    seen = card.content.hash()
    told: dict[str, list[Told]] = {severity: [] for severity in profiles.SEVERITIES}
    for n, finding in enumerate(findings):
        row = finding.row or 0
        value = finding.place.endswith(" value")
        source = (card.of_value if value else card.of_name).get(row) or card.of_field.get(finding.place, "")
        again = (one for one in also if (one.code, one.source) == (finding.rule, source))
        more = next((one.buttons for one in again), ())
        told[finding.severity].append(Told(
            finding.rule, finding.severity, judging.sentence(finding), source,
            card.prefix + place_anchor(finding.place),
            buttons=(*_buttons(n, finding, f"{card.staged.pk}:{seen}", profile), *more) if card.is_open else (),
            edit=_edit(card, finding.place)))
    return told


def _buttons(number: int, finding: Finding, begin: str, profile: Profile) -> list[Button]:
    if mending.is_one_a_row(finding):
        words = _("Mend %(count)s rows as suggested") % {"count": len(finding.fixes)}
        return [Button(words, f"{begin}:{number}:{ALL_ROWS}")]
    return [Button(fix_words(fix.kind, fix.text, fix.place, profile), f"{begin}:{number}:{n}")
            for n, fix in enumerate(finding.fixes)]


def fix_words(kind: str, text: str, place: str, profile: Profile) -> str:
    """Return what a mend does, as its button says it."""
    if kind == "delete":
        return _("Take the row out")
    if kind == "move":
        label = next((c.label for c in profile.categories if c.code == text), text)
        return _("Move to %(category)s") % {"category": label.partition("（")[0]}
    label = place_label(place.split()[-1], profile)
    if not text:
        return _("Clear %(label)s") % {"label": label}
    return _("%(label)s → “%(text)s”") % {"label": label, "text": text if len(text) <= 40 else text[:39] + "…"}


def _all_made(staged: ImportedTable, profile: Profile) -> list[MendMade]:
    """Return the mends that were made in their order; those of one problem of the reading are one line."""
    made: list[MendMade] = []
    told: set[int] = set()
    for number, mend in enumerate(staged.mends):
        problem = mend.get("problem")
        if problem in told:
            continue
        if problem is not None:
            told.add(problem)
        mends = [mend] if problem is None else [m for m in staged.mends if m.get("problem") == problem]
        words = _together(mends, profile)
        if mend["row"]:
            words = _("row %(number)s as read: %(mend)s") % {"number": mends[-1]["row"], "mend": words}
        made.append(MendMade(words, f"{staged.pk}:{number}", mend["rule"]))
    return made
