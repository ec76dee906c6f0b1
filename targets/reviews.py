"""Decisions of reviewers: sheet, comments and verdict in one transaction of the engine.

The only writer of review sheets and comments. Called by pages and commands; the hooks by targets.kinds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from targets import rows, scoring
from targets.models import Comment, Indicator, IndicatorProgress, MonitoringReport, ReviewSheet
from targets.models.review import Grade
from workflow import engine, grants, papers
from workflow.canonical import clean_text
from workflow.engine import Outcome, Seen
from workflow.machine import Action, Kind, State
from workflow.models import Case, Decision, Event, User
from workflow.refusals import Blocker, DetailMissing, NotPossible, NotVisible, ReasonMissing, Refused

VERDICTS = {"approve": Action.APPROVE, "conditions": Action.APPROVE_WITH_CONDITIONS, "return": Action.RETURN,
            "reject": Action.REJECT}
SHEET_LABELS = {"completeness": _("completeness"), "relevance": _("relevance"), "suitability": _("suitability"),
                "feasibility": _("feasibility"), "overall": _("overall grade")}
GRADED = tuple(SHEET_LABELS)
LONGEST_WORDS = 4000
NOT_PASSED = {
    Grade.FAIR: _("With the overall grade “fair” the table is returned for correction, not approved. "
                  "Return it, or change the grade."),
    Grade.POOR: _("With the overall grade “poor” the table does not go on. Reject it, return it, or change the grade."),
}
"""What a grade rules out: 优 goes on, 良 goes on or back with suggested texts, 中 goes back, 差 does not go on."""


class UnknownVerdict(Refused):
    code = "unknown_verdict"
    message = _("“%(verdict)s” is no decision. Choose “approve” or “return”.")


class UnknownPlace(Refused):
    code = "unknown_place"
    message = _("The comment is on a place that this form does not have (%(place)s). Reload the page and try again.")


class MustFixOnApproval(Refused):
    code = "must_fix_on_approval"
    message = _("A comment says “must fix”, so the table cannot be approved with it. "
                "Return it, or make the comment a suggestion.")


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment as a reviewer writes it: on a field ("annual_goal", "case"), or on an indicator's row by its uuid."""

    place: str
    words: str
    kind: str = Comment.Kind.MUST
    indicator: str | None = None
    suggestion: str = ""
    """The text that should stand there instead: for one cell only."""


def decide(*, case: Case, by: User, verdict: str, seen: Seen, key: str, now: datetime, words: str = "",
           reason_code: str = "", to: str = "", again: str = "", days: int | None = None,
           conditions: Sequence[str] = (), sheet: Mapping[str, Any] | None = None, comments: Sequence[Remark] = (),
           on_behalf_of: User | None = None) -> Outcome:
    """Decide on the open step of `case`, with sheet and comments, in one transaction: approve (审核通过), approve under
    conditions (通过，限期修改), return (退回修改) or reject (不予通过).

    `verdict`: a key of VERDICTS; `words` are needed for a return unless comments say it. `to`, `again`: where a return
    goes, and the way after the correction. `days`: working days for the correction. Comments are published with the
    decision.
    Raises: UnknownVerdict, UnknownPlace, MustFixOnApproval, DetailMissing, and what engine.perform raises.
    """
    if verdict not in VERDICTS:
        raise UnknownVerdict(verdict=verdict)
    reason = _words(words)
    if not reason and verdict == "return" and comments:
        reason = "\n".join(_words(remark.words) for remark in comments)
    way = {"to": to, "again": again, "days": days} if verdict == "return" else {}
    details: dict[str, Any] = {"reason": reason, "reason_code": reason_code, **way,
                               "sheet": dict(sheet) if sheet else None, "comments": len(comments) or None,
                               "conditions": list(conditions) or None}

    def prepare(locked: Case) -> None:
        if verdict == "approve" and any(remark.kind == Comment.Kind.MUST for remark in comments):
            raise MustFixOnApproval
        if verdict in ("approve", "conditions"):
            _resolve_seen(locked, by=by, now=now)
        _write(locked, comments, by=by, now=now)

    said = {name: value for name, value in details.items() if value or value == 0}
    return engine.perform(case, VERDICTS[verdict], by=by, seen=seen, key=key, now=now, prepare=prepare,
                          on_behalf_of=on_behalf_of, **said)


def release(*, case: Case, by: User, document_number: str, document_date: date, seen: Seen, key: str, now: datetime,
            words: str = "", scan: tuple[str, bytes] | None = None, on_behalf_of: User | None = None) -> Outcome:
    """Release (批复) an approved-and-held table under a document; `scan`: its name and bytes.

    Raises: DetailMissing, PaperRefused, Blocked above the department's control figures, engine.perform's refusals.
    """
    details: dict[str, Any] = {"document_number": _words(document_number), "document_date": document_date.isoformat()}
    if words:
        details["reason"] = _words(words)
    if scan is not None:
        details |= papers.named(papers.keep(name=scan[0], data=scan[1], by=by, now=now))
    return engine.perform(case, Action.RELEASE, by=by, seen=seen, key=key, now=now,
                          on_behalf_of=on_behalf_of, **details)


def answer_comment(*, comment: Comment, by: User, words: str, now: datetime) -> Comment:
    """Answer a published comment, as an editor of a case in draft. Raises: NotVisible, NotPossible, ReasonMissing."""
    text = _words(words)
    if not text:
        raise ReasonMissing
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=comment.case_id)
        if comment.published_at is None or not grants.may(by, "view", case):
            raise NotVisible
        if case.state != State.DRAFT or not grants.may(by, "change_case", case):
            raise NotPossible(action=gettext("Answer"), state=case.desk)
        comment.answer, comment.answered_by, comment.answered_at = text, by, now
        comment.save(update_fields=["answer", "answered_by", "answered_at"])
    return comment


# Hooks: called by targets.kinds inside the engine's transaction

def decision_blockers(case: Case, action: Action, details: Mapping[str, Any]) -> Sequence[Blocker]:
    """Return what is missing of a decision: the sheet where the step asks for one, and grades that are none."""
    sheet = details.get("sheet")
    if sheet is None:
        if action in (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS) and case.step is not None and case.step.sheet:
            return [Blocker("sheet", "sheet", gettext("Fill in the review sheet before you approve."))]
        return []
    if points := _wrong_points(sheet.get("points")):
        return points
    wrong = [name for name in GRADED if sheet.get(name) not in Grade.values]
    if not wrong and sheet["overall"] in NOT_PASSED and action in (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS):
        return [Blocker("grade", "sheet.overall", str(NOT_PASSED[sheet["overall"]]))]
    return [Blocker("sheet", f"sheet.{name}", gettext("Choose a grade for “%(item)s” on the review sheet.")
                    % {"item": SHEET_LABELS[name]}) for name in wrong]


def _wrong_points(points: Any) -> list[Blocker]:
    """Return a blocker for each item of the sheet whose points are missing or out of range; none without points."""
    if not points:
        return []
    if not isinstance(points, Mapping) or set(points) - {item.key for item in scoring.items()}:
        return [Blocker("points", "sheet.points", gettext("The review sheet has no such item."))]
    found = []
    for item in scoring.items():
        try:
            given = scoring.points_of(str(points.get(item.key, "")), most=item.most)
        except ValueError:
            given = None
        if given is None:
            found.append(Blocker("points", f"sheet.points.{item.key}", gettext(
                "Points for “%(item)s”: a number from 0 to %(most)s, in steps of a half."
            ) % {"item": item.label, "most": item.most}))
    return found


def keep_sheet(case: Case, *, by: User | None, now: datetime, event: Event) -> None:
    """Store the sheet of the decision that `event` records, if it carries one."""
    decision = Decision.objects.filter(case=case, event_seq=event.seq).first() if "sheet" in event.payload else None
    if decision is None or not decision.sheet or by is None:
        return
    sheet = decision.sheet
    ReviewSheet.objects.create(decision=decision, case=case, filled_by=by, filled_at=now,
                               opinion=str(sheet.get("opinion") or ""), points=sheet.get("points") or {},
                               **{name: sheet[name] for name in GRADED})


def unanswered(case: Case) -> list[Blocker]:
    """Return a blocker for each must-fix comment whose place still says what it said, and that has no answer."""
    found = []
    for comment in Comment.objects.filter(case=case, kind=Comment.Kind.MUST, published_at__isnull=False,
                                          resolved_at=None, answered_at=None):
        if comment.place != "case" and value_at(case, comment.place, comment.indicator) != comment.value_then:
            continue
        place = f"{comment.place} {comment.indicator}" if comment.indicator else comment.place
        found.append(Blocker("comment", place, gettext(
            "The reviewer's comment is open: “%(words)s”. Mend it, or answer it.") % {"words": comment.words}))
    return found


def value_at(case: Case, place: str, indicator: Any) -> str:
    """Return what stands at a place of the document now; "" for what is gone or for the case as a whole."""
    if indicator is not None:
        return _row_value(case, place, indicator)
    if case.kind != Kind.TARGET:
        return ""
    return rows.header_texts(rows.content_of(case)).get(place, "")


def _row_value(case: Case, place: str, indicator: Any) -> str:
    if case.kind == Kind.REPORT:
        progress = IndicatorProgress.objects.filter(report=case.pk, uuid=indicator).first()
        return json.dumps([progress.actual, progress.forecast, progress.possibility, progress.reason],
                          ensure_ascii=False) if progress else ""
    row = Indicator.objects.filter(table=case.pk, uuid=indicator).first()
    if row is None:
        return ""
    return getattr(row, place) if place in ("name", "value") else f"{row.code} {row.name} {row.value}"


def _write(case: Case, comments: Sequence[Remark], *, by: User, now: datetime) -> None:
    for remark in comments:
        if not _words(remark.words):
            raise DetailMissing(field=gettext("comment"))
        if not _has_place(case, remark) or (remark.suggestion and remark.place in ("indicator", "case")):
            raise UnknownPlace(place=remark.place)
    Comment.objects.bulk_create(
        Comment(case=case, place=remark.place, indicator=remark.indicator, kind=Comment.Kind(remark.kind),
                words=_words(remark.words), suggestion=_words(remark.suggestion),
                value_then=value_at(case, remark.place, remark.indicator),
                pass_no=case.pass_no, author=by, written_at=now, published_at=now)
        for remark in comments)


def _has_place(case: Case, remark: Remark) -> bool:
    if remark.kind not in Comment.Kind.values:
        return False
    if remark.indicator is None:
        return remark.place == "case" or (case.kind == Kind.REPORT and remark.place in REPORT_PLACES) \
            or (case.kind == Kind.TARGET and remark.place in rows.TEXT_COLUMNS)
    row = rows.uuid_of(remark.indicator)
    if row is None or remark.place not in ("name", "value", "indicator"):
        return False
    if case.kind == Kind.REPORT:
        return IndicatorProgress.objects.filter(report=case.pk, uuid=row).exists()
    return Indicator.objects.filter(table=case.pk, uuid=row).exists()


def _resolve_seen(case: Case, *, by: User, now: datetime) -> None:
    """A reviewer who approves has looked at what the unit answered or mended: their own open comments are resolved."""
    Comment.objects.filter(case=case, author=by, published_at__isnull=False, resolved_at=None).update(
        resolved_by=by, resolved_at=now)


def _words(text: str) -> str:
    return clean_text(str(text or "")).strip()[:LONGEST_WORDS]


REPORT_PLACES = (*(f.name for f in MonitoringReport._meta.get_fields()
                   if f.name.startswith(("executed_", "forecast_"))), "remark")
