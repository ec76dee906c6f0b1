"""A project list's file → rows with their lines, or a sentence why not. xlsx or csv; headers known by name.

Pure but for settings-free Django translation marks: no ORM, no clock. Called by targets.projects.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from targets import mappings
from targets.profiles import DEFAULT
from workflow.canonical import clean_text
from workflow.refusals import Refused

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 120 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 60
HEADER_SEARCHED = 20
EXACT_DIGITS = 10**15
"""A spreadsheet keeps 15 digits of a number; a longer code typed as a number has lost its end."""

UNITS = {"万元": Decimal(10000), "元": Decimal(1)}
"""Yuan per unit of money."""
TEMPLATE = ("项目编码", "项目名称", "单位编码", "单位名称", "主管部门", "归口股室", "项目类别", "资金来源", "新增/延续",
            "重点", "金额（万元）")


class ListRefused(Refused):
    """The file as a whole is no project list. The message says what to do."""

    code = "list_refused"


class NoList(ListRefused):
    code = "no_list"
    message = _("This is no project list: no row names the columns 项目编码, 项目名称 and 金额. "
                "Take the template and fill it in.")


class ListUnreadable(ListRefused):
    code = "list_unreadable"
    message = _("The file cannot be opened as a list. Save it as xlsx, or as csv in UTF-8 or GB18030, and try again.")


class ListTooLarge(ListRefused):
    code = "list_too_large"
    message = _("The list is too large (at most %(rows)s rows and %(size)s MB). Split it and import the parts.")


class ListEmpty(ListRefused):
    code = "list_empty"
    message = _("The list has no rows under its header. Fill it in and try again.")


class ColumnMissing(ListRefused):
    """Facts: missing, line, found."""

    code = "column_missing"
    message = _("The column %(missing)s is missing. Line %(line)s of the file names: %(found)s. Add the column, or "
                "give it this name, and take the file in again.")


class ColumnTwice(ListRefused):
    code = "column_twice"
    message = _("The column “%(column)s” stands twice in the header. Remove one and try again.")


class NoUnitOfMoney(ListRefused):
    code = "no_unit_of_money"
    message = _("The header “%(column)s” does not say whether amounts are in 万元 or 元. "
                "Write 金额（万元） or 金额（元） and try again.")


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row: its line in the file (from 1), texts by column, and the amount in yuan where it is a number."""

    line: int
    texts: dict[str, str] = field(default_factory=dict)
    amount: Decimal | None = None
    code_lost_digits: bool = False

    def text(self, column: str) -> str:
        """Return the cell, blank where the list has no such column."""
        return self.texts.get(column, "")


def read_list(*, name: str, data: bytes, profile: str = DEFAULT) -> list[ListedRow]:
    """Return the rows of a project list, in order, blank ones left out. Raises: a class of ListRefused."""
    mapping = mappings.load(profile)["projects"]
    return [_row(line, cells, factor) for line, cells, factor
            in rows_of(data, words=mapping["columns"], needed=mapping["needed"], no_such=NoList)]


def rows_of(
    data: bytes, *, words: Mapping[str, Sequence[str]], needed: Sequence[str], no_such: type[ListRefused]
) -> Iterator[tuple[int, dict[str, Any], Decimal]]:
    """Yield the line, the cells by column and yuan per unit of the amounts, of each row that is not blank.

    `words`: column → what heads it (see data/mappings_*.toml); the first line that names all that are `needed` is the
    head. Raises: ColumnMissing where a line names some of them, `no_such` where none does, and the other classes of
    ListRefused.
    """
    header: dict[int, str] = {}
    factor = Decimal(1)
    near: ListRefused = no_such()
    is_empty = True
    for line, cells in lines_of(data):
        if line > MAX_ROWS:
            raise ListTooLarge(rows=MAX_ROWS, size=MAX_BYTES // 1024 // 1024)
        if header:
            if any(text_in(cell) for cell in cells):
                is_empty = False
                yield line, {column: cells[i] for i, column in header.items() if i < len(cells)}, factor
            continue
        if line > HEADER_SEARCHED:
            break
        named = _named(cells, words)
        missing = [column for column in needed if column not in named.values()]
        if not missing:
            header, factor = named, _factor(cells, named)
        elif len(missing) < len(needed) and isinstance(near, no_such):
            near = ColumnMissing(missing="、".join(words[column][0] for column in missing), line=line,
                                 found="、".join(filter(None, map(text_in, cells)))[:200])
    if not header:
        raise near
    if is_empty:
        raise ListEmpty


def template() -> bytes:
    """Return an empty project list as xlsx, with the columns that are known."""
    book = Workbook()
    sheet = book.active
    sheet.title = "预算项目清单"
    sheet.append(TEMPLATE)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = 40 if cell.value == "项目名称" else 16
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lines_of(data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    """Return the lines of the first visible sheet, or of a csv, counted from 1, with their cells.

    Raises: ListTooLarge, ListUnreadable, also while the lines are taken.
    """
    if len(data) > MAX_BYTES:
        raise ListTooLarge(rows=MAX_ROWS, size=MAX_BYTES // 1024 // 1024)
    return _xlsx_lines(data) if data[:4] == b"PK\x03\x04" else _csv_lines(data)


def _xlsx_lines(data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > MAX_UNPACKED:
            raise ListTooLarge(rows=MAX_ROWS, size=MAX_BYTES // 1024 // 1024)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise ListUnreadable from error
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()
            yield from enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), start=1)
            return
    finally:
        book.close()


def _csv_lines(data: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    text = _decoded(data)
    if text.count("\n") > MAX_ROWS * 2:
        raise ListTooLarge(rows=MAX_ROWS, size=MAX_BYTES // 1024 // 1024)
    first = text[: text.find("\n")] if "\n" in text else text
    reader = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    try:
        for cells in reader:
            yield reader.line_num, cells[:MAX_COLUMNS]
    except csv.Error as error:
        raise ListUnreadable from error


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ListUnreadable


def text_in(cell: Any) -> str:
    """Return a cell as cleaned text, a whole number without its point, blank for nothing."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return clean_text(str(cell)).strip()


def label_of(cell: Any) -> tuple[str, str]:
    """Return a header cell's words without blanks and marks, and the unit of money that it names."""
    words = "".join(unicodedata.normalize("NFKC", text_in(cell)).split()).replace("*", "")
    unit = next((u for u in UNITS if f"({u})" in words or words.endswith((f":{u}", f"/{u}"))), "")
    bare = words.partition("(")[0].removesuffix(f":{unit}").removesuffix(f"/{unit}") if unit else words
    return bare.rstrip("?？"), unit


def _named(cells: Sequence[Any], words: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """Return index → column of what a line names. Raises: ColumnTwice."""
    names = {name: column for column, known in words.items() for name in known}
    found: dict[int, str] = {}
    for index, cell in enumerate(cells):
        label, _unit = label_of(cell)
        column = names.get(label) or names.get(label.partition("(")[0])
        if column is None:
            continue
        if column in found.values():
            raise ColumnTwice(column=text_in(cell))
        found[index] = column
    return found


def _factor(cells: Sequence[Any], named: Mapping[int, str]) -> Decimal:
    """Return yuan per unit of the amounts, as their head says. Raises: NoUnitOfMoney."""
    head = next(cells[index] for index, column in named.items() if column == "amount")
    _label, unit = label_of(head)
    if not unit:
        raise NoUnitOfMoney(column=text_in(head))
    return UNITS[unit]


def _row(line: int, cells: Mapping[str, Any], factor: Decimal) -> ListedRow:
    texts = {column: text_in(cell) for column, cell in cells.items()}
    return ListedRow(line, texts, yuan_of(texts.get("amount", ""), factor), code_lost_digits(cells.get("code")))


def code_lost_digits(cell: Any) -> bool:
    """Return whether a code was typed as a number with more digits than a spreadsheet keeps."""
    return isinstance(cell, int | float) and abs(cell) >= EXACT_DIGITS


def yuan_of(typed: str, factor: Decimal) -> Decimal | None:
    """Return a typed number times `factor` (yuan per unit) with two places; None when it is no number or too large."""
    try:
        number = Decimal(typed.replace(",", "").replace("，", "")) * factor
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 16:
        return None
    return number.quantize(Decimal("0.01"))
