"""Rules on a monitoring report: progress against money, forecast against target, this period against the last.

Pure: what is reported, as printed texts → findings. None of them keeps a report from being submitted; unit and
reviewer both see them. What must be filled in is asked by targets.monitoring.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from targets import values
from targets.checks import sources
from targets.checks.registry import Finding, Hit, Verdict, cut, plain
from targets.normal import tight
from targets.profiles import HINT, SHOULD_FIX
from targets.values import IndicatorValue, in_yuan
from workflow.text import _

QUANTITY, COST = "11", "14"
CERTAIN = "certain"
APART = Decimal(10)
FAR_ABOVE = Decimal("1.3")
HUNDRED = Decimal(100)
MEASURED = ("number", "rate", "money", "unit-price", "duration")
SIGNS = ("≥", "≤", ">", "<")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One indicator of a report as printed. `number` from 1; `role` what its category means to the rules (11 quantity).

    `before` is what the last period reported for the same indicator, None where there is none; `is_due` false before
    the month in which it is planned to be done.
    """

    number: int
    role: str
    name: str
    target: str
    actual: str = ""
    forecast: str = ""
    possibility: str = ""
    before: str | None = None
    is_due: bool = True


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """A report under check. `rate`: executed ÷ budget in percent, None where unknown; `year` the fiscal year."""

    lines: tuple[ReportLine, ...]
    rate: Decimal | None
    year: int
    has_earlier: bool = False


Answer = Iterable[Hit] | Verdict


@dataclass(frozen=True, slots=True)
class ReportRule:
    """A rule on a report: id of the catalogue, severity, source, sentence, and the function that finds."""

    id: str
    severity: str
    source: str
    message: str
    judge: Callable[[ReportSubject], Answer]

    @property
    def title(self) -> str:
        """What the rule asks, in one sentence: the first line of its function's docstring."""
        return (self.judge.__doc__ or "").strip().splitlines()[0]


REPORT_RULES: dict[str, ReportRule] = {}


def _rule(
    id: str, *, severity: str, source: str, message: str
) -> Callable[[Callable[[ReportSubject], Answer]], Callable[[ReportSubject], Answer]]:
    def register(judge: Callable[[ReportSubject], Answer]) -> Callable[[ReportSubject], Answer]:
        REPORT_RULES[id] = ReportRule(id, severity, source, message, judge)
        return judge

    return register


def outcomes_of_report(report: ReportSubject) -> dict[str, tuple[Verdict, tuple[Finding, ...]]]:
    """Return rule id → what it says of the report, with its findings where it fails."""
    said: dict[str, tuple[Verdict, tuple[Finding, ...]]] = {}
    for one in REPORT_RULES.values():
        answer = one.judge(report)
        if isinstance(answer, Verdict):
            said[one.id] = (answer, ())
            continue
        found = tuple(
            Finding(one.id, one.severity, hit.place, hit.row, one.message, hit.facts, one.source) for hit in answer
        )
        said[one.id] = (Verdict.FAIL if found else Verdict.PASS, found)
    return said


def check_report(report: ReportSubject) -> tuple[Finding, ...]:
    """Return the findings on a report: of the whole first, then row by row."""
    found = [one for _verdict, findings in outcomes_of_report(report).values() for one in findings]
    return tuple(sorted(found, key=lambda one: (one.row or 0, one.rule)))


def _value(text: str, line: ReportLine, report: ReportSubject) -> IndicatorValue:
    return values.parse(text, name=line.name, year=report.year, code=line.role)


def _numbers(one: IndicatorValue, other: IndicatorValue) -> tuple[Decimal, Decimal] | None:
    """Return both as numbers of one unit; None where they cannot be compared. A missing unit is the other's."""
    if one.kind not in MEASURED or other.kind not in MEASURED:
        return None
    if (here := in_yuan(one)) is not None and (there := in_yuan(other)) is not None:
        return here, there
    first, second = one.number, other.number
    if first is None or second is None or (one.unit and other.unit and one.unit != other.unit):
        return None
    return first, second


def _against_target(text: str, line: ReportLine, report: ReportSubject) -> tuple[Decimal, Decimal, str] | None:
    """Return what is reported, the target, and which is better ("higher", "lower"); None where it is no comparison."""
    target = _value(line.target, line, report)
    if not text or target.comparator == "range" or target.direction not in ("higher", "lower"):
        return None
    found = _numbers(_value(text, line, report), target)
    return None if found is None else (*found, target.direction)


def _hit(line: ReportLine, **facts: str) -> Hit:
    told = {"number": str(line.number), "name": cut(line.name), "target": cut(line.target), "actual": cut(line.actual)}
    return Hit(f"row {line.number}", {**told, **facts}, line.number)


@_rule(
    "MON-04",
    severity=SHOULD_FIX,
    source=sources.ALERTS,
    message=_(
        "The quantities are done to %(progress)s %% on average, the money is spent to %(rate)s %%: more than 10 points "
        "apart. Say why in the remark, or correct the figure that is wrong."
    ),
)
def progress_follows_execution(report: ReportSubject) -> Answer:
    """Progress of the quantities and execution of the money are at most ten points apart; one line a report."""
    found = (
        _against_target(line.actual, line, report) for line in report.lines if line.role == QUANTITY and line.is_due
    )
    shares = [
        min(actual * HUNDRED / target, HUNDRED)
        for actual, target, better in (one for one in found if one is not None)
        if target > 0 and better == "higher"
    ]
    if report.rate is None or not shares:
        return Verdict.INSUFFICIENT_DATA
    progress = sum(shares, Decimal()) / len(shares)
    if abs(progress - min(report.rate, HUNDRED)) <= APART:
        return []
    return [Hit("remark", {"progress": _percent(progress), "rate": _percent(report.rate)})]


def _percent(number: Decimal) -> str:
    return plain(number.quantize(Decimal("0.1")))


@_rule(
    "MON-06",
    severity=SHOULD_FIX,
    source=sources.MONITORING,
    message=_(
        "Row %(number)s “%(name)s”: the forecast “%(forecast)s” misses the target “%(target)s”, but “certain” is "
        "chosen. Correct the forecast, or choose another possibility with its reason."
    ),
)
def certain_means_that_the_forecast_meets_the_target(report: ReportSubject) -> Answer:
    """Where the target is called certain, the forecast of the year meets it."""
    asked = [line for line in report.lines if line.possibility == CERTAIN]
    compared = [(line, found) for line in asked if (found := _against_target(line.forecast, line, report))]
    if asked and not compared:
        return Verdict.INSUFFICIENT_DATA
    return [
        _hit(line, forecast=cut(line.forecast))
        for line, (forecast, target, better) in compared
        if (forecast < target if better == "higher" else forecast > target)
    ]


@_rule(
    "MON-08",
    severity=SHOULD_FIX,
    source=sources.PRACTICE_MONITORING,
    message=_(
        "Row %(number)s “%(name)s”: “%(actual)s” is less than the last period's “%(before)s”. Figures count from the "
        "beginning of the year; correct this one, or say why it fell."
    ),
)
def what_is_done_does_not_become_less(report: ReportSubject) -> Answer:
    """A quantity or a cost, counted from the beginning of the year, is not below that of the last period."""
    if not report.has_earlier:
        return Verdict.INSUFFICIENT_DATA
    return [
        _hit(line, before=cut(line.before))
        for line in report.lines
        if line.role in (QUANTITY, COST) and line.actual and line.before
        if (found := _numbers(_value(line.actual, line, report), _value(line.before, line, report)))
        and found[0] < found[1]
    ]


@_rule(
    "SLF-05",
    severity=HINT,
    source=sources.PRACTICE_MONITORING,
    message=_(
        "Row %(number)s “%(name)s”: “%(actual)s” is 30 %% or more above the target “%(target)s”. Was the target set "
        "too low? Think of an adjustment."
    ),
)
def target_was_not_far_too_low(report: ReportSubject) -> Answer:
    """What is done is not 30 % or more above the target."""
    compared = [(line, found) for line in report.lines if (found := _against_target(line.actual, line, report))]
    if not compared:
        return Verdict.INSUFFICIENT_DATA
    return [
        _hit(line)
        for line, (actual, target, better) in compared
        if better == "higher" and target > 0 and actual >= target * FAR_ABOVE
    ]


@_rule(
    "SLF-08",
    severity=SHOULD_FIX,
    source=sources.PRACTICE_MONITORING,
    message=_(
        "Row %(number)s “%(name)s”: “%(actual)s” only repeats the target. Write the figure that was reached, without "
        "≥ or ≤."
    ),
)
def actual_is_not_the_target_again(report: ReportSubject) -> Answer:
    """The actual value is a figure of its own, not the target's text with its sign."""
    filled = [line for line in report.lines if line.actual]
    if not filled:
        return Verdict.INSUFFICIENT_DATA
    return [
        _hit(line)
        for line in filled
        if tight(line.actual) == tight(line.target) and _value(line.actual, line, report).comparator in SIGNS
    ]
