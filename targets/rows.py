"""Target tables between rows and TableContent: load, write whole, keep the identity of indicators.

Writes only when called under the case's lock (drafts). The one place that knows which column holds which text.
"""

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from targets.content import Funds, IndicatorContent, TableContent, amount, rows_digest
from targets.models import Attachment, Indicator, TargetTable
from workflow.canonical import clean_text
from workflow.models import Case
from workflow.refusals import Refused

TEXT_COLUMNS = {
    "project_name": "project_name", "department": "department_text", "unit": "unit_text", "attribute": "attribute",
    "period": "period", "annual_goal": "annual_goal", "funds.total": "funds_total", "funds.fiscal": "funds_fiscal",
    "funds.other": "funds_other",
}
"""Field of TableContent → column of TargetTable."""
LONGEST = {"project_name": 300, "annual_goal": 20000, "name": 2000, "value": 2000,
           "funds.total": 60, "funds.fiscal": 60, "funds.other": 60}
LONGEST_TEXT = 200
FIELD_LABELS = {
    "project_name": _("project name"), "department": _("supervising department"), "unit": _("implementing unit"),
    "attribute": _("project attribute"), "period": _("project period"), "annual_goal": _("annual goal"),
    "funds.total": _("total funds"), "funds.fiscal": _("fiscal funds"), "funds.other": _("other funds"),
    "name": _("third-level indicator"), "value": _("indicator value"), "reason": _("reason"),
}
"""What a refusal calls a field; the page has the profile's own labels."""
ROW_COLUMNS = ("code", "name", "value", "planned_month")
"""What of an Indicator is content, in the order of IndicatorContent."""
MOST_ROWS = 300
YUAN_A_WAN = Decimal(10000)
LARGEST_YUAN = Decimal(10) ** 16


class TextTooLong(Refused):
    code = "text_too_long"
    message = _("“%(field)s” has %(length)s characters; at most %(limit)s fit. Shorten it and save again.")


class TooManyRows(Refused):
    code = "too_many_rows"
    message = _("The table has %(count)s indicators; at most %(limit)s fit. Leave some out and save again.")


class NotAMonth(Refused):
    code = "not_a_month"
    message = _("“%(typed)s” is no month. Type the planned month as a number from 1 to 12, or leave it blank.")


class UnknownField(Refused):
    code = "unknown_field"
    message = _("There is no field “%(field)s” on this form. Reload the page and try again.")


class UnknownCategory(Refused):
    code = "unknown_category"
    message = _("There is no second-level indicator “%(code)s” on this form. Choose one of those that are printed.")


@dataclass(frozen=True, slots=True)
class RowText:
    """One row as a form posts it. `uuid` None: a new row."""

    uuid: uuid.UUID | None
    code: str
    name: str = ""
    value: str = ""
    month: int | None = None

    @property
    def is_blank(self) -> bool:
        return not self.name and not self.value


def text_of(field: str, typed: Any) -> str:
    """Return what is stored of a typed text. Raises: TextTooLong."""
    text = clean_text(str(typed)).strip() if typed is not None else ""
    limit = LONGEST.get(field, LONGEST_TEXT)
    if len(text) > limit:
        raise TextTooLong(field=FIELD_LABELS.get(field, field), length=len(text), limit=limit)
    return text


def header_of(typed: Mapping[str, Any]) -> dict[str, str]:
    """Return field → cleaned text. Raises: UnknownField, TextTooLong."""
    unknown = [field for field in typed if field not in TEXT_COLUMNS]
    if unknown:
        raise UnknownField(field=unknown[0])
    return {field: text_of(field, value) for field, value in typed.items()}


def rows_of(typed: Sequence[Mapping[str, Any]], *, codes: Sequence[str]) -> list[RowText]:
    """Return the rows that hold text, in order. Raises: UnknownCategory, TextTooLong, TooManyRows."""
    rows = []
    for row in typed:
        code = str(row.get("code") or "").strip()
        name, value = text_of("name", row.get("name")), text_of("value", row.get("value"))
        new = RowText(uuid_of(row.get("uuid")), code, name, value, month_of(row.get("month")))
        if new.is_blank:
            continue
        if code not in codes:
            raise UnknownCategory(code=code)
        rows.append(new)
    if len(rows) > MOST_ROWS:
        raise TooManyRows(count=len(rows), limit=MOST_ROWS)
    return rows


def month_of(typed: Any) -> int | None:
    """Return a typed month, 1 to 12, None for blank ("9月" is 9). Raises: NotAMonth."""
    text = unicodedata.normalize("NFKC", str(typed if typed is not None else "")).strip().removesuffix("月").strip()
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text[:6]) <= 12:
        raise NotAMonth(typed=text[:20])
    return int(text)


def uuid_of(value: Any) -> uuid.UUID | None:
    """Return a posted uuid, None when it is none."""
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)) if value else None
    except ValueError:
        return None


def content_of(case: Case) -> TableContent:
    """Return the table of `case` as it stands; a blank one with the case's title and year while none was made."""
    table = TargetTable.objects.filter(pk=case.pk).first()
    if table is None:
        return TableContent(project_name=case.title or None, fiscal_year=case.fiscal_year)
    rows = Indicator.objects.filter(table=table).order_by("position", "id").values_list(*ROW_COLUMNS)
    digests = Attachment.objects.filter(case=case, removed_at=None).order_by("position", "id").values_list("sha256")
    return content_from(table, rows=rows, digests=[d for (d,) in digests])


def identities_of(case: Case) -> list[str]:
    """Return the identity of each indicator, in the order of `content_of`: the same over all adjustments. One query."""
    rows = Indicator.objects.filter(table=case.pk).order_by("position", "id").only("origin", "uuid")
    return [identity_of(row) for row in rows]


def identity_of(row: Indicator) -> str:
    """Return what makes a loaded row the same row over all adjustments. No query."""
    return str(row.origin or row.uuid)


def content_from(table: TargetTable, *, rows: Any, digests: Sequence[str] = ()) -> TableContent:
    """Return the content of a loaded table and its rows (ROW_COLUMNS, the month may be left out). No query."""
    return TableContent(
        project_name=table.project_name, department=table.department_text, unit=table.unit_text,
        attribute=table.attribute, period=table.period, fiscal_year=table.fiscal_year,
        funds=Funds(table.funds_total, table.funds_fiscal, table.funds_other), annual_goal=table.annual_goal,
        indicators=tuple(IndicatorContent(*row) for row in rows), attachments=tuple(digests),
    ).cleaned()


def header_texts(content: TableContent) -> dict[str, str]:
    """Return field → text of a content, blank for what is not filled."""
    flat = {name: getattr(content, name) for name in TEXT_COLUMNS if not name.startswith("funds.")}
    flat |= {f"funds.{part}": getattr(content.funds, part) for part in ("total", "fiscal", "other")}
    return {field: value or "" for field, value in flat.items()}


def write(table: TargetTable, *, header: Mapping[str, str], rows: Sequence[RowText] | None,
          there: Sequence[Indicator] | None = None, **columns: Any) -> None:
    """Write the named header fields and, unless None, exactly these rows. Rows keep their uuid; others go.

    A new row may bring a uuid of its own, so that the same save twice makes it once; one that is in use elsewhere
    is not believed. `there`: the stored rows where the caller has loaded them; `columns`: further ones of the table.
    """
    changed: dict[str, Any] = {
        TEXT_COLUMNS[f]: text for f, text in header.items() if getattr(table, TEXT_COLUMNS[f]) != text}
    if changed:
        changed["row_version"] = table.row_version + 1
    if rows is not None:
        _write_rows(table, rows, list(Indicator.objects.filter(table=table)) if there is None else there)
        digest = rows_digest((row.code, row.name, row.value) for row in rows)
        if digest != table.rows_digest:
            changed["rows_digest"] = digest
    changed |= columns
    if changed:
        for column, value in changed.items():
            setattr(table, column, value)
        table.save(update_fields=list(changed))


def _write_rows(table: TargetTable, rows: Sequence[RowText], stored: Sequence[Indicator]) -> None:
    there = {row.uuid: row for row in stored}
    strangers = {row.uuid for row in rows if row.uuid and row.uuid not in there}
    taken = set(Indicator.objects.filter(uuid__in=strangers).values_list("uuid", flat=True)) if strangers else set()
    fresh, kept = [], set()
    for position, row in enumerate(rows, start=1):
        old = there.get(row.uuid) if row.uuid and row.uuid not in kept else None
        if old is None:
            new = Indicator(table=table, position=position, code=row.code, name=row.name, value=row.value,
                            planned_month=row.month)
            if row.uuid is not None and row.uuid in strangers and row.uuid not in taken:
                new.uuid = row.uuid
                taken.add(row.uuid)
            fresh.append(new)
            continue
        kept.add(old.uuid)
        texts = {"position": position, "code": row.code, "name": row.name, "value": row.value,
                 "planned_month": row.month}
        if any(getattr(old, column) != value for column, value in texts.items()):
            Indicator.objects.filter(pk=old.pk).update(**texts, row_version=old.row_version + 1)
    gone = [row.pk for row in there.values() if row.uuid not in kept]
    if gone:
        Indicator.objects.filter(pk__in=gone).delete()
    Indicator.objects.bulk_create(fresh)


def rows_from(content: TableContent, *, there: Sequence[Indicator] = ()) -> list[RowText]:
    """Return the rows of a content; a row that stands unchanged or under the same name keeps its uuid."""
    free = list(there)
    rows = []
    for row in content.indicators:
        same = [old for old in free if (old.code, old.name) == (row.code, row.name or "")]
        if same:
            free.remove(same[0])
        month = row.planned_month or (same[0].planned_month if same else None)
        rows.append(RowText(same[0].uuid if same else None, row.code, text_of("name", row.name),
                            text_of("value", row.value), month))
    return rows


def yuan(typed: str | None) -> Decimal | None:
    """Return an amount typed in 万元 as yuan with two places, None when it is blank, no number or too large."""
    number = amount(typed)
    if number is None or abs(number) * YUAN_A_WAN >= LARGEST_YUAN:
        return None
    return (number * YUAN_A_WAN).quantize(Decimal("0.01"))


def wan(amount_in_yuan: Decimal | None) -> str:
    """Return yuan as 万元 in the shortest plain form ("0.642"), "" for None."""
    if amount_in_yuan is None:
        return ""
    text = format(amount_in_yuan / YUAN_A_WAN, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
