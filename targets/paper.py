"""The form as it lies on paper: groups of rows under their official labels, each cell with its findings and changes.

Pure on loaded values: no query, no clock. Called by the views; templates/targets/ print what it returns.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from targets.checks import Finding
from targets.content import Change, Funds, IndicatorContent, TableContent
from targets.profiles import Category, Profile
from targets.spoken import said
from targets.values import parse

HEADER_FIELDS = (
    "project_name", "department", "unit", "attribute", "period", "funds.total", "funds.fiscal", "funds.other",
    "annual_goal",
)
REMARKED_FIELDS = ("attribute", "period", "funds.total", "funds.fiscal", "funds.other", "annual_goal")
"""The fields of the head on which a reviewer may remark: not those that say whose table it is."""
MOST_POSTED_ROWS = 1000
CHANGE_WORDS = {"changed": _("changed"), "added": _("added"), "removed": _("removed")}


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One row as it stands in a form: blank ones too. `uuid` "" for a new row."""

    uuid: str
    code: str
    name: str = ""
    value: str = ""
    month: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.name.strip() and not self.value.strip()


@dataclass(frozen=True, slots=True)
class RowMend:
    """A mend of a form that is not saved: "write", "move" or "delete"; `row` is a uuid, "#<index>" for a row that
    has none yet, or "" for a field of the head, which `part` then names."""

    kind: str
    row: str
    part: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class FormText:
    """Every text of the form, whether stored or only typed; amounts in 万元 as typed."""

    header: Mapping[str, str]
    rows: tuple[TypedRow, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_content(cls, content: TableContent, *, uuids: Sequence[Any] = (),
                   not_applicable: Mapping[str, str] | None = None) -> "FormText":
        """Return the texts of a stored content; `uuids` in the order of its indicators."""
        header = {name: getattr(content, name) or "" for name in HEADER_FIELDS if not name.startswith("funds.")}
        header |= {f"funds.{part}": getattr(content.funds, part) or "" for part in ("total", "fiscal", "other")}
        ids = [str(uuid) for uuid in uuids] or [""] * len(content.indicators)
        rows = tuple(TypedRow(uuid, row.code, row.name or "", row.value or "", str(row.planned_month or ""))
                     for uuid, row in zip(ids, content.indicators, strict=True))
        return cls(header, rows, not_applicable or {})

    @classmethod
    def of_post(cls, post: QueryDict) -> "FormText":
        """Return what a form posted: header fields by name, rows as four parallel lists, reasons as na.<code>."""
        header = {name: str(post[name]) for name in HEADER_FIELDS if name in post}
        lists = [post.getlist(f"row_{part}")[:MOST_POSTED_ROWS] for part in ("uuid", "code", "name", "value")]
        months = post.getlist("row_month")[:MOST_POSTED_ROWS]
        lists.append(months if len(months) == len(lists[0]) else [""] * len(lists[0]))
        rows = tuple(TypedRow(*parts) for parts in zip(*lists, strict=False))
        said = {name[3:]: str(text) for name, text in post.items() if name.startswith("na.")}
        reasons = {code: text for code, text in said.items() if text.strip()}
        return cls(header, rows, reasons)

    def content(self, standing: TableContent) -> TableContent:
        """Return these texts as a content; what the form does not hold is taken from `standing`."""
        get = {**FormText.of_content(standing).header, **self.header}
        funds = Funds(get["funds.total"], get["funds.fiscal"], get["funds.other"])
        texts: dict[str, Any] = {name: get[name] for name in HEADER_FIELDS if not name.startswith("funds.")}
        rows = tuple(IndicatorContent(r.code, r.name, r.value, int(r.month) if r.month.isdecimal() else None)
                     for r in self.rows if not r.is_blank)
        return replace(standing, **texts, funds=funds, indicators=rows).cleaned()

    def with_row(self, code: str) -> "FormText":
        """Return the same texts with one blank row more in a category."""
        return replace(self, rows=(*self.rows, TypedRow("", code)))

    def without_row(self, index: int) -> "FormText":
        """Return the same texts without the row at `index` of what was posted."""
        return replace(self, rows=(*self.rows[:index], *self.rows[index + 1:]))

    def with_row_moved(self, index: int, step: int) -> "FormText":
        """Return the same texts with the row at `index` changed with the next (`step` 1) or the one before (-1)
        of its category; at the end of the category nothing moves."""
        rows = list(self.rows)
        if 0 <= index < len(rows):
            other = index + step
            while 0 <= other < len(rows) and rows[other].code != rows[index].code:
                other += step
            if 0 <= other < len(rows):
                rows[index], rows[other] = rows[other], rows[index]
        return replace(self, rows=tuple(rows))

    def with_entry(self, row: TypedRow) -> "FormText":
        """Return the same texts with a row more; it takes the place of a blank row of its category."""
        blank = next((n for n, old in enumerate(self.rows) if old.code == row.code and old.is_blank), None)
        if blank is None:
            return replace(self, rows=(*self.rows, row))
        kept = replace(row, uuid=self.rows[blank].uuid)
        return replace(self, rows=(*self.rows[:blank], kept, *self.rows[blank + 1:]))

    def with_mends(self, mends: Sequence["RowMend"]) -> "FormText":
        """Return the same texts with mends applied; one whose row or field is not there any more does nothing."""
        found = self
        for mend in mends:
            found = found._mended(mend)
        return found

    def _mended(self, mend: "RowMend") -> "FormText":
        if not mend.row:
            if mend.kind != "write" or mend.part not in HEADER_FIELDS:
                return self
            return replace(self, header={**self.header, mend.part: mend.text})
        at = next((n for n, row in enumerate(self.rows) if mend.row in (row.uuid, f"#{n}")), None)
        if at is None:
            return self
        row, rest = self.rows[at], (self.rows[:at], self.rows[at + 1:])
        if mend.kind == "move":
            return replace(self, rows=(*rest[0], *rest[1], replace(row, code=mend.text)))
        if mend.kind == "write" and mend.part in ("name", "value"):
            return replace(self, rows=(*rest[0], replace(row, **{mend.part: mend.text}), *rest[1]))
        return replace(self, rows=(*rest[0], *rest[1])) if mend.kind == "delete" else self

    def row_dicts(self) -> list[dict[str, str]]:
        """Return the rows as targets.drafts takes them."""
        return [{"uuid": r.uuid, "code": r.code, "name": r.name, "value": r.value, "month": r.month}
                for r in self.rows]


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of the head: its label as printed, its text, what is to be said about it."""

    name: str
    label: str
    text: str
    locked: bool
    findings: tuple[Finding, ...] = ()
    change: Change | None = None

    @property
    def is_remarked(self) -> bool:
        """Whether a reviewer may remark on it."""
        return self.name in REMARKED_FIELDS

    @property
    def anchor(self) -> str:
        return f"f-{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the indicator table. `index`: its place among what the form posts; `number`: as findings count."""

    typed: TypedRow
    index: int
    number: int | None = None
    said: str = ""
    unsure: bool = False
    name_findings: tuple[Finding, ...] = ()
    value_findings: tuple[Finding, ...] = ()
    name_change: Change | None = None
    value_change: Change | None = None
    mark: str = ""
    """"added" or "removed" when the whole row is."""

    @property
    def anchor(self) -> str:
        return f"r{self.number}" if self.number else f"new{self.index}"

    @property
    def name_place(self) -> str:
        """The place of its name, as findings say it."""
        return f"indicator {self.number} name"

    @property
    def value_place(self) -> str:
        """The place of its value, as findings say it."""
        return f"indicator {self.number} value"

    @property
    def mark_words(self) -> Any:
        return CHANGE_WORDS.get(self.mark, "")


@dataclass(frozen=True, slots=True)
class Group:
    """One second-level indicator with its rows. `family` is set on the first group of its family only."""

    category: Category
    rows: tuple[Row, ...]
    family: str = ""
    family_code: str = ""
    family_span: int = 0
    family_findings: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_applicable: str = ""

    @property
    def anchor(self) -> str:
        return f"c-{self.category.code}"

    @property
    def may_be_left_out(self) -> bool:
        """Whether the category is asked for, yet may be declared 「不适用」 with a reason."""
        return self.category.need == "required"


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole form, ready to be printed, edited or reviewed."""

    title: str
    year: int | None
    fields: Mapping[str, Field]
    groups: tuple[Group, ...]
    funds_label: str
    family_label: str
    category_label: str
    name_label: str
    value_label: str

    def __getattr__(self, name: str) -> Field:
        """Return a field by its name with _ for the dot, as templates ask: `paper.funds_total`."""
        fields = object.__getattribute__(self, "fields")
        for known in (name, name.replace("_", ".", 1)):
            if known in fields:
                return fields[known]
        raise AttributeError(name)


def paper(text: FormText, *, profile: Profile, year: int | None, locked: Sequence[str] = (),
          findings: Sequence[Finding] = (), changes: Sequence[Change] = ()) -> Paper:
    """Return the form laid out; a category without rows keeps a blank one, as on paper.

    `changes`: differences to mark, places as in content.diff. `locked`: fields that are shown but not typed.
    """
    at_place, of_row = _by_place(findings), _by_row(changes)
    fields = {
        name: Field(name, profile.header[name][0], text.header.get(name, ""), name in locked,
                    tuple(at_place[name]), next((c for c in changes if c.place == name and c.row is None), None))
        for name in HEADER_FIELDS
    }
    rows = _rows(text, year=year, at_place=at_place, of_row=of_row)
    columns = {f"{name}_label": profile.columns[name][0] for name in ("family", "category", "name")}
    groups = _groups(text, rows, profile=profile, at_place=at_place, gone=_removed(changes))
    funds_label = f"{profile.header['funds'][0]}（{profile.funds_unit}）"
    return Paper(profile.title, year, fields, groups, funds_label=funds_label, value_label=profile.value_label,
                 **columns)


def _by_place(findings: Sequence[Finding]) -> Mapping[str, list[Finding]]:
    found: Mapping[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.place].append(finding)
    return found


def _by_row(changes: Sequence[Change]) -> Mapping[tuple[str, int], Change]:
    return {(c.place, c.row): c for c in changes if c.row is not None and c.kind != "removed"}


def _removed(changes: Sequence[Change]) -> Mapping[str, list[TypedRow]]:
    gone: Mapping[str, list[TypedRow]] = defaultdict(list)
    for change in changes:
        if change.kind == "removed" and change.row is not None:
            code, _space, words = (change.before or "").partition(" ")
            gone[code].append(TypedRow("", code, words))
    return gone


def _rows(text: FormText, *, year: int | None, at_place: Mapping[str, list[Finding]],
          of_row: Mapping[tuple[str, int], Change]) -> list[Row]:
    rows, number = [], 0
    for index, typed in enumerate(text.rows):
        if typed.is_blank:
            rows.append(Row(typed, index))
            continue
        number += 1
        value = parse(typed.value, name=typed.name, year=year)
        whole = of_row.get(("indicator", number))
        rows.append(Row(
            typed, index, number, said(value), value.confidence == "low",
            tuple(at_place[f"indicator {number} name"] + at_place[f"indicator {number}"]),
            tuple(at_place[f"indicator {number} value"]),
            of_row.get(("name", number)), of_row.get(("value", number)), whole.kind if whole else ""))
    return rows


def _groups(text: FormText, rows: Sequence[Row], *, profile: Profile, at_place: Mapping[str, list[Finding]],
            gone: Mapping[str, list[TypedRow]]) -> tuple[Group, ...]:
    """Return the groups in the order of the form; rows are counted anew as the page will post them."""
    found: list[Group] = []
    posted = 0
    for category in profile.categories:
        own = [row for row in rows if row.typed.code == category.code]
        if not own and category.code not in gone:
            own = [Row(TypedRow("", category.code), 0)]
        placed = [replace(row, index=index) for index, row in enumerate(own, start=posted)]
        posted += len(placed)
        placed += [Row(typed, posted, mark="removed") for typed in gone.get(category.code, ())]
        found.append(Group(category, tuple(placed), findings=tuple(at_place[f"category {category.code}"]),
                           not_applicable=text.not_applicable.get(category.code, "")))
    return _with_families(found, profile, at_place)


def _with_families(groups: Sequence[Group], profile: Profile,
                   at_place: Mapping[str, list[Finding]]) -> tuple[Group, ...]:
    done: list[Group] = []
    for family in profile.families:
        own = [g for g in groups if g.category.code[:1] == family.code]
        for place, group in enumerate(own):
            first = place == 0
            done.append(replace(
                group, family=family.label if first else "", family_code=family.code if first else "",
                family_span=sum(len(g.rows) for g in own) if first else 0,
                family_findings=tuple(at_place[f"family {family.code}"]) if first else ()))
    return tuple(done)


def place_label(place: str, profile: Profile) -> str:
    """Return a place of content.Change in the words of the form: "annual_goal" is 年度总体绩效目标."""
    if place in profile.header:
        return profile.header[place][0]
    name = profile.columns["name"][0]
    labels = {"name": name, "indicator": name, "value": profile.value_label, "planned_month": _("Planned month")}
    return str(labels.get(place, place))


def place_anchor(place: str) -> str:
    """Return the anchor on the page that a finding's place means: "indicator 3 value" is "r3-value"."""
    parts = place.split()
    if parts[0] == "indicator" and len(parts) > 1:
        return f"r{parts[1]}-{parts[2] if len(parts) > 2 else 'name'}"
    if parts[0] in ("category", "family") and len(parts) > 1:
        return f"{'c' if parts[0] == 'category' else 'fam'}-{parts[1]}"
    return f"f-{place.replace('.', '-')}"
