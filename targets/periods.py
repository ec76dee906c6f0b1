"""Dates and spans as they stand in a target table: "2024年1月-12月", "2024年底", "持续至 2024 年底", "全年".

Pure; the times part of the value grammar, called by targets.values with normalised text without blanks.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, both ends included; `start` is None where only the end is said. precision: day, month, year."""

    start: date | None
    end: date | None
    precision: str

    def as_dict(self) -> dict[str, str | None]:
        """Return the span for JSON, dates as ISO strings."""
        return {
            "start": None if self.start is None else self.start.isoformat(),
            "end": None if self.end is None else self.end.isoformat(),
            "precision": self.precision,
        }


@dataclass(frozen=True, slots=True)
class When:
    """A time found in a text: `kind` is "date" or "period"; `period` is None for a frequency or an open span."""

    kind: str
    period: Period | None
    qualifier: str | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class _Point:
    year: int | None
    month: int | None
    day: int | None
    year_end: bool = False
    month_end: bool = False
    third: str | None = None


Y, M, D = r"(?P<y>(?:19|20)\d{2})", r"(?P<m>1[0-2]|0?[1-9])", r"(?P<d>3[01]|[12]\d|0?[1-9])"
POINTS = tuple(
    re.compile(f"^(?:{p})$")
    for p in (
        rf"{Y}年{M}月{D}日?",
        rf"{Y}[-/.]{M}[-/.]{D}日?",
        rf"{Y}年{M}月份?(?P<end>底|末)?",
        rf"{Y}[-/.]{M}",
        rf"(?:{Y}年)?{M}月份?(?P<third>[上中下]旬)",
        rf"{Y}年{M}",
        rf"{Y}年?(?P<ye>年?底|年?末|年年底|年年末)",
        rf"{Y}年(?:度|全年|度内)?",
        rf"{M}月{D}日?",
        rf"{M}月份?(?P<end>底|末)?",
        rf"{M}",
        r"(?P<ye>年底|年末|本年底|当年底)",
    )
)
BEFORE = re.compile(
    r"^(?P<pre>持续至|持续到|截至|截止到?|于|在|至|到)?(?P<core>.+?)(?P<post>之前|以前|前|止|内|期间)?"
    r"(?P<done>(?:全部|全面|按时|按期)?(?:完成|到位|建成|竣工|发放|支付|结束|实施)[^\d]{0,4})?$"
)
WHOLE_YEAR = re.compile("^(?:全年度?|当年|本年度?|年内|年度内|当年内|(?:本|当)年度?内|全年开展|全年持续)$")
DAY_OF_MONTH = re.compile(r"^(?:3[01]|[12]\d|0?[1-9])[日号](?:之|以)?前$")
NEXT_YEAR = re.compile(r"^(?:次年|下年|明年)(?=\d)")
THIS_YEAR = re.compile(r"^(?:当年|本年度?|今年)(?=\d)")
OPEN = re.compile(
    "^(?:全年不间断|全天候?|全天不间断|24小时不间断|随时|长期(?:坚持|持续)?|常年|持续|每[月年周天日]|每季度|当月|逐月|"
    "按(?:[月季年]|季度|学期|批次)(?:安排|发放|支付|拨付|开展|完成)?)$"
)
PARTS = {
    "上半年": (1, 6),
    "下半年": (7, 12),
    "一季度": (1, 3),
    "二季度": (4, 6),
    "三季度": (7, 9),
    "四季度": (10, 12),
    "1季度": (1, 3),
    "2季度": (4, 6),
    "3季度": (7, 9),
    "4季度": (10, 12),
}
PART = re.compile(rf"^(?:{Y}年)?第?(?P<part>{'|'.join(PARTS)})(?P<end>末|底)?$")
THIRDS = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 0)}
BEFORE_WORDS = ("持续至", "持续到", "截至", "截止", "截止到", "于", "在", "至", "到")
SEASONS = re.compile(r"^(?:(?:19|20)\d{2}年)?[^\d]{1,14}各\d{1,2}[次批轮期]$")
PROJECT_END = re.compile(
    "^(?:在|于)?(?:项目|合同|计划|本年度|规定|约定){1,2}.{0,4}(?:期限|工期|时限|时间|期)(?:内|之内|以内|前)?"
    "(?:完成|竣工|交付|到位|完工)?$"
)
EVERY = re.compile(
    r"^每(?:月|季度|季|年|学期|周)(?:末月?\d{1,2}[日号]|\d{1,2}[日号]|底|末|初|上旬|中旬|下旬)?(?:之?前|内)?"
    r"(?:按时|及时|足额)?(?:发放|支付|完成|开展|拨付|到位|上报)?(?:到位)?$"
)
MONTHS = re.compile(r"^(?:(?:19|20)\d{2}年)?\d{1,2}月(?:底|份|初)?(?:[、,和及]\d{1,2}月(?:底|份|初)?)+(?:之?前)?$")
AT_MOST = re.compile(r"^[≤<](?=(?:19|20)\d{2}年)")
MAX_LENGTH = 40


def find(text: str, *, year: int | None) -> When | None:
    """Return the time that the whole of `text` says, or None. `year` is used where the text names none."""
    if len(text) > MAX_LENGTH:
        return None
    text = THIS_YEAR.sub("", text)
    if WHOLE_YEAR.match(text):
        span = Period(date(year, 1, 1), date(year, 12, 31), "year") if year else None
        return When("period", span, text, sure=year is not None)
    if year is not None and NEXT_YEAR.match(text):
        return find(NEXT_YEAR.sub("", text), year=year + 1)
    if DAY_OF_MONTH.match(text) or OPEN.match(text) or EVERY.match(text) or MONTHS.match(text) or SEASONS.match(text):
        return When("period", None, text)
    if AT_MOST.match(text):
        last = find(text[1:], year=year)
        return None if last is None or last.kind != "date" else replace(last, qualifier="前")
    if PROJECT_END.match(text):
        return When("date", None, "project end", sure=False)
    if not any(c.isdigit() for c in text) and not any(c in "底末季半" for c in text):
        return None
    match = BEFORE.match(text)
    if match is None:
        return None
    until = match["pre"] or match["post"] or None
    point = _point(match["core"])
    if point is not None and not _bare_number(match["core"]):
        return _single(point, until or ("end" if point.year_end else None), match["pre"], year)
    part = PART.match(match["core"])
    found = _part_of_year(part, year) if part else _range(match["core"], year)
    if found is None:
        return None
    return When("date" if part and part["end"] else "period", found[0], until, sure=found[1])


def _bare_number(text: str) -> bool:
    return text.isdigit()


def _point(text: str) -> _Point | None:
    for pattern in POINTS:
        match = pattern.match(text)
        if match is not None:
            got = match.groupdict()
            number = {k: int(got[k]) if got.get(k) else None for k in ("y", "m", "d")}
            return _Point(number["y"], number["m"], number["d"], bool(got.get("ye")), bool(got.get("end")),
                          got.get("third"))
    return None


def _single(point: _Point, until: str | None, prefix: str | None, year: int | None) -> When | None:
    own = point.year or year
    if own is None:
        return When("date", None, until, sure=False)
    span = _span(point, own)
    if span is None:
        return None
    sure = point.year is not None
    if prefix in ("持续至", "持续到", "至", "到"):
        return When("period", Period(None, span.end, span.precision), prefix, sure)
    if point.year_end:
        return When("date", Period(date(own, 12, 31), date(own, 12, 31), "day"), until, sure)
    kind = "date" if span.precision != "year" else "period"
    return When(kind, span, until, sure)


def _range(text: str, year: int | None) -> tuple[Period | None, bool] | None:
    """The second end inherits the year of the first, the first the month mark of the second: 1-12月."""
    for match in _splits(text):
        first, last = _point(match[0]), _point(match[1])
        if first is None or last is None or (_bare_number(match[1]) and not last.year):
            continue
        start_year = first.year or year
        end_year = last.year or start_year
        sure = first.year is not None or last.year is not None
        if start_year is None or end_year is None:
            return None, False
        start, end = _span(first, start_year), _span(last, end_year)
        if start is None or end is None or start.start is None or end.end is None or start.start > end.end:
            continue
        finer = max(start.precision, end.precision, key=("year", "month", "day").index)
        return Period(start.start, end.end, finer), sure
    return None


def _part_of_year(match: re.Match[str], year: int | None) -> tuple[Period | None, bool]:
    own = int(match["y"]) if match["y"] else year
    if own is None:
        return None, False
    first, last = PARTS[match["part"]]
    end = date(own, last, monthrange(own, last)[1])
    if match["end"]:
        return Period(end, end, "day"), match["y"] is not None
    return Period(date(own, first, 1), end, "month"), match["y"] is not None


def _splits(text: str) -> list[tuple[str, str]]:
    return [(text[: m.start()], text[m.end() :]) for m in re.finditer(r"-+|至|到", text)]


def _span(point: _Point, year: int) -> Period | None:
    if point.year_end:
        return Period(date(year, 12, 31), date(year, 12, 31), "day")
    if point.month is None:
        return Period(date(year, 1, 1), date(year, 12, 31), "year")
    last = monthrange(year, point.month)[1]
    if point.third:
        first, end = THIRDS[point.third]
        return Period(date(year, point.month, first), date(year, point.month, end or last), "day")
    if point.month_end:
        return Period(date(year, point.month, last), date(year, point.month, last), "day")
    if point.day is None:
        return Period(date(year, point.month, 1), date(year, point.month, last), "month")
    if point.day > last:
        return None
    return Period(date(year, point.month, point.day), date(year, point.month, point.day), "day")
