"""The grammar of indicator values (绩效值): "≥95%", "2024年1月-12月", "婚姻档案 9256 卷、…" → IndicatorValue.

Pure: text in, frozen record out; the raw text is always kept and never changed. Called by reading, checks,
drafts and monitoring. Source of the forms: values met in public target tables.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from targets import levels, periods
from targets.normal import is_placeholder, normal, tight
from targets.periods import Period

MAX_LENGTH = 200
KINDS = (
    "number",
    "rate",
    "money",
    "unit-price",
    "change",
    "duration",
    "date",
    "period",
    "level",
    "boolean",
    "text",
    "compound",
    "empty",
    "placeholder",
)
YUAN = {
    "元": Decimal(1),
    "千元": Decimal(1000),
    "万元": Decimal(10_000),
    "万": Decimal(10_000),
    "亿元": Decimal(100_000_000),
}


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """What a value says. Numbers are Decimal in `unit`; `low`/`high` are the bounds, equal for an exact value.

    `comparator` is ≥ ≤ > < = or "range", None when none is written. `direction` is "higher" or "lower" (which is
    better), "up" or "down" for a change. `confidence`: "high" (the form is known), "medium" (unit or comparator
    unset or unknown), "low" (free text or an unknown word).
    """

    kind: str
    raw: str | None
    comparator: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    dimension: str | None = None
    direction: str | None = None
    baseline: str | None = None
    period: Period | None = None
    level: str | None = None
    items: tuple["Item", ...] = ()
    qualifier: str | None = None
    confidence: str = "high"

    def as_dict(self) -> dict[str, Any]:
        """Return the record for JSON: numbers and dates as strings, blank parts as None."""
        return {
            "kind": self.kind,
            "comparator": self.comparator,
            "low": _plain(self.low),
            "high": _plain(self.high),
            "unit": self.unit,
            "dimension": self.dimension,
            "direction": self.direction,
            "baseline": self.baseline,
            "period": None if self.period is None else self.period.as_dict(),
            "level": self.level,
            "items": [{"name": name, "value": value.as_dict()} for name, value in self.items],
            "qualifier": self.qualifier,
            "raw": self.raw,
            "confidence": self.confidence,
        }


Item = tuple[str | None, IndicatorValue]


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def in_yuan(value: IndicatorValue) -> Decimal | None:
    """Return the money of `value` in 元, exactly; None when it is no money or says no amount."""
    number = value.high if value.high is not None else value.low
    if value.kind != "money" or number is None or value.unit not in YUAN:
        return None
    return number * YUAN[value.unit]


def parse(raw: str | None, *, name: str | None = None, year: int | None = None) -> IndicatorValue:
    """Return what the value text says. `name` is the indicator's name (it may carry the unit), `year` the table's.

    Never raises: what is not understood is kind "text" with confidence "low".
    """
    text = normal(raw or "")
    if not text:
        return IndicatorValue("empty", raw)
    if len(text) > MAX_LENGTH:
        return IndicatorValue("text", raw, confidence="low")
    hint_comparator, hint_unit = _hints(name or "")
    if is_placeholder(text):
        return IndicatorValue("placeholder", raw, unit=hint_unit)
    found = (
        _when(text, raw, year)
        or _change(text, raw, name or "")
        or _measure(text, raw, name or "", hint_comparator, hint_unit)
        or _compound(text, raw)
        or _words(text, raw)
    )
    return found or IndicatorValue("text", raw, confidence="low")


# --- Words that compare ------------------------------------------------------------------------------------

PREFIXES = (
    ("≥", "不得低于 不得少于 不低于 不少于 不小于 大于或等于 大于等于 至少 达到 达"),
    ("≤", "不得超过 不得高于 不超过 不高于 不大于 不多于 小于或等于 小于等于 控制在 最多"),
    (">", "大于 超过 多于 高于"),
    ("<", "小于 少于 低于"),
    ("=", "等于"),
)
SUFFIXES = (("≥", "及以上 以上"), ("≤", "及以下 以下 以内 之内 内"))

HINT = re.compile(r"\(([≥≤<>=])?[*×xX_]*([^\d()*×≥≤<>=]{0,4})\)$")


def _hints(name: str) -> tuple[str | None, str | None]:
    """The name may end in the unit 「（万元）」 or in a template hint 「（≥**人）」."""
    match = HINT.search(tight(name)) if name else None
    if match is None:
        return None, None
    unit = match[2] if match[2] in UNITS else None
    return (match[1], unit) if unit or match[1] else (None, None)


# --- Units and numbers -----------------------------------------------------------------------------------

DIMENSIONS = {
    "ratio": "% ‰ 个百分点 百分点",
    "money": "元 千元 万元 亿元",
    "time": "天 日 个工作日 工作日 小时 个小时 分钟 秒 个月 年 周 个季度 学时 课时",
    "area": "亩 平方米 m2 平米 公顷 平方公里 km2",
    "length": "米 m M 公里 km 千米",
    "mass": "公斤 千克 kg 吨 t 克",
    "volume": "立方米 m3 方 升",
    "count": "个 次 场 场次 人 人次 名 位 户 家 件 卷 册 本 节 期 篇 辆 座 株 头 只 项 批 批次 班次 门 "
    "单 台 套 份 条 部 处 所 块 幅 张 片 种 类 例 起 宗 段 棵 羽 匹 艘 架 支 盏 根 组 队 届 "
    "轮 站 村 乡镇 社区 标箱 人年 盒 枚 团 班 事项 台套 处次 学期 车次 户次 亩次 件次 张次 "
    "期次 人月 项次 幢 栋 间 床 口 眼 车 趟 频次 分 倍",
}
UNITS = {unit: dimension for dimension, units in DIMENSIONS.items() for unit in units.split()}
UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
NUMBER = r"\d+(?:\.\d+)?"
CMP = r"[≥≤<>=]"
MEASURE = re.compile(
    rf"^(?P<about>约|大约|近)?(?P<cmp>{CMP})?(?P<num>{NUMBER})(?:(?P<mult>[万亿])(?!元))?(?P<unit>{UNIT}|比例)?"
    rf"(?:-(?P<num2>{NUMBER})(?:(?P<mult2>[万亿])(?!元))?(?P<unit2>{UNIT})?)?(?P<left>左右|余)?(?:完成|到位|达标|合格|发放到位|覆盖)?$"
)
PRICE = re.compile(
    rf"^(?P<cmp>{CMP})?(?P<num>{NUMBER})(?P<unit>千元|万元|元)?/(?P<per>[^\d/]{{1,8}}(?:[/*·][^\d/]{{1,8}})*)$"
)
BREAKDOWN = re.compile(r"^(?P<whole>[^()]+)\((?P<parts>[^()]*\d[^()]*)\)$")
UNKNOWN_UNIT = re.compile(
    rf"^(?P<cmp>{CMP})?(?P<num>{NUMBER})(?P<mult>[万亿])?(?P<unit>[^\d\s≥≤<>=%,，、;；。()]{{1,4}})$"
)
MULTIPLIER = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
LOWER_BETTER = re.compile(
    "成本|费用|投诉|事故|故障|差错|死亡|发案|违规|逾期|离婚率|失业率|排放|能耗|响应时间|办结时限|经费"
)
MONEY_NAME = re.compile("经费|资金|成本|费用|补助|补贴|金额|支出|投资")
GOOD = {"≥": "higher", ">": "higher", "≤": "lower", "<": "lower", "=": None, "range": None}
KIND_OF = {"ratio": "rate", "money": "money", "time": "duration"}


def _comparator(text: str) -> tuple[str | None, str]:
    """Turn words before or behind a number into a sign: 不低于95% and 95%以上 are ≥95%."""
    for sign, words in PREFIXES:
        for word in words.split():
            if text.startswith(word) and text[len(word) : len(word) + 1].isdigit():
                return sign, _strip_suffix(text[len(word) :])[1]
    return _strip_suffix(text)


def _strip_suffix(text: str) -> tuple[str | None, str]:
    for sign, words in SUFFIXES:
        for word in words.split():
            if text.endswith(word) and re.match(rf"^{CMP}?\d", text) and len(text) > len(word):
                return sign, text[: -len(word)]
    return None, text


def _measure(text: str, raw: str | None, name: str, hint: str | None, hint_unit: str | None) -> IndicatorValue | None:
    if not any(c.isdigit() for c in text) or len(text) > 60:
        return None
    said, rest = _comparator(text.replace(" ", ""))
    price = PRICE.match(rest)
    if price is not None:
        return _bounded(
            "unit-price",
            raw,
            price["cmp"] or said,
            Decimal(price["num"]),
            f"{price['unit'] or '元'}/{price['per']}",
            "money",
            name,
            sure=bool(price["unit"]),
        )
    match = MEASURE.match(rest) or UNKNOWN_UNIT.match(rest)
    if match is None:
        whole = BREAKDOWN.match(rest)
        return _measure(whole["whole"], raw, name, hint, hint_unit) if whole else None
    parts = match.groupdict()
    unit, number = parts["unit"], Decimal(parts["num"])
    second = parts.get("num2")
    unit = unit or parts.get("unit2") or hint_unit
    number, unit = _multiplied(number, parts["mult"], unit, name)
    if unit == "比例":
        number, unit = number * 100, "%"
    dimension = UNITS.get(unit or "")
    kind = KIND_OF.get(dimension or "", "number")
    comparator = parts["cmp"] or said or (hint if second is None else None)
    about = parts.get("about") or parts.get("left")
    known = dimension is not None and parts["unit"] is not None
    if unit == "年" and number >= 1900:
        return None
    if second is not None:
        high, _unit = _multiplied(Decimal(second), parts["mult2"], unit, name)
        return IndicatorValue(
            kind, raw, "range", number, high, unit, dimension, confidence="high" if known else "medium"
        )
    return _bounded(kind, raw, comparator, number, unit, dimension, name, sure=known, qualifier=about)


def _multiplied(number: Decimal, multiplier: str | None, unit: str | None, name: str) -> tuple[Decimal, str | None]:
    """「3万人」 is 30000 人; 「250万」 is money only where the name speaks of money."""
    if multiplier is None:
        return number, unit
    if unit is None and MONEY_NAME.search(name):
        return number, multiplier + "元"
    return number * MULTIPLIER[multiplier], unit


def _bounded(
    kind: str,
    raw: str | None,
    comparator: str | None,
    number: Decimal,
    unit: str | None,
    dimension: str | None,
    name: str,
    *,
    sure: bool,
    qualifier: str | None = None,
) -> IndicatorValue:
    low = None if comparator in ("≤", "<") else number
    high = None if comparator in ("≥", ">") else number
    direction = GOOD[comparator] if comparator else ("lower" if LOWER_BETTER.search(name) else "higher")
    return IndicatorValue(
        kind,
        raw,
        comparator,
        low,
        high,
        unit,
        dimension,
        direction,
        qualifier=qualifier,
        confidence="high" if sure and comparator else "medium",
    )


# --- Changes ---------------------------------------------------------------------------------------------

UP, DOWN = "增加|增长|提高|提升|新增|上升|扩大", "下降|减少|降低|节约|缩短|压减|减低"
AGAINST = r"(?:较|比|与)?(?:上年|去年|上年度|同期|上年同期|基期)(?:相比)?|同比|环比"
CHANGE = re.compile(
    rf"^(?P<base>{AGAINST})?(?P<verb>{UP}|{DOWN})(?:了|率|幅度)?(?P<cmp>{CMP})?(?P<num>{NUMBER})(?P<unit>{UNIT})?(?P<base2>{AGAINST})?$"
)
NAMED_CHANGE = re.compile(rf"(?P<base>{AGAINST}).{{0,6}}?(?P<verb>{UP}|{DOWN})")


def _change(text: str, raw: str | None, name: str) -> IndicatorValue | None:
    text = text.replace(" ", "")
    said, rest = _strip_suffix(text) if not text[:1].isdigit() else (None, text)
    match = CHANGE.match(rest) or CHANGE.match(text)
    named = None if match else NAMED_CHANGE.search(tight(name)) if name else None
    if named is not None:
        match = CHANGE.match(named["verb"] + text)
    if match is None:
        return None
    down = match["verb"] in DOWN.split("|")
    number = -Decimal(match["num"]) if down else Decimal(match["num"])
    comparator = match["cmp"] or said
    open_end = comparator in ("≥", ">")
    base = match["base"] or match["base2"] or (named["base"] if named else None)
    return IndicatorValue(
        "change",
        raw,
        comparator,
        low=None if open_end and down else number,
        high=None if open_end and not down else number,
        unit=match["unit"],
        dimension=UNITS.get(match["unit"] or ""),
        direction="down" if down else "up",
        baseline="previous year" if base else None,
        confidence="high" if base and match["unit"] != "%" else "medium",
    )


# --- Several values in one text --------------------------------------------------------------------------

ITEM = re.compile(rf"(?P<noun>[^\d≥≤<>=]*?)\s*(?P<measure>{CMP}?{NUMBER}[万亿]?(?:{UNIT}))")
CHINESE = re.compile("[\u4e00-\u9fff]")
EDGES = "、，,；;。：:()和及与 "


def _compound(text: str, raw: str | None) -> IndicatorValue | None:
    """Split on the borders of measures, never on 、 alone: 「县委、政府文书档案 5200 卷」 is one item."""
    items: list[Item] = []
    end = 0
    for match in ITEM.finditer(text):
        noun = match["noun"].strip(EDGES) or None
        value = _measure(match["measure"], match["measure"], noun or "", None, None)
        if value is None:
            return None
        items.append((noun, value))
        end = match.end()
    rest = text[end:].strip(EDGES)
    if len(items) == 1 and not rest and (items[0][0] is None or CHINESE.search(items[0][0])):
        return replace(items[0][1], raw=raw, qualifier=items[0][0], confidence="medium")
    if len(items) < 2 or len(rest) > 4:
        return None
    return IndicatorValue("compound", raw, items=tuple(items), confidence="high" if not rest else "medium")


# --- Times and words -------------------------------------------------------------------------------------

BY_AND_RATE = re.compile(rf"^(?P<when>.{{2,20}}前)(?P<rate>{CMP}?{NUMBER}%.{{0,6}})$")


def _when(text: str, raw: str | None, year: int | None) -> IndicatorValue | None:
    text = text.replace(" ", "")
    found = periods.find(text, year=year)
    both = None if found else BY_AND_RATE.match(text)
    if both is not None:
        parts = tuple((None, parse(both[part], year=year)) for part in ("when", "rate"))
        return IndicatorValue("compound", raw, items=parts) if parts[0][1].kind == "date" else None
    if found is None:
        return None
    return IndicatorValue(
        found.kind,
        raw,
        period=found.period,
        dimension="time",
        qualifier=found.qualifier,
        confidence="high" if found.sure else "medium",
    )


def _words(text: str, raw: str | None) -> IndicatorValue | None:
    found = levels.find(text)
    if found is None:
        return None
    return IndicatorValue(
        found.kind, raw, level=found.text, direction=found.trend, confidence="high" if found.sure else "low"
    )
