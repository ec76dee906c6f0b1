"""Review sheets (审核表) out: the grades, points and opinions of a case's decisions on the official sheet.

Reads decisions and sheets, prints by targets.export, records an EXPORT event. Called by the views and export_tables.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.timezone import localtime

from targets import export
from targets.export import Format, SheetContent
from targets.export.sheet import Opinion, words
from targets.exporting import Exported, file_name, mark_of
from targets.models import ReviewSheet, TargetTable
from targets.rows import content_of
from workflow import grants, record
from workflow.machine import Action, Kind, Verdict
from workflow.models import Case, Decision, User
from workflow.refusals import NotVisible

VERDICTS: Mapping[str, str] = {
    Verdict.APPROVED: "审核通过", Verdict.RETURNED: "退回修改", Verdict.CONDITIONAL: "通过，限期修改",
    Verdict.REJECTED: "不予通过", Verdict.RELEASED: "批复",
}
"""The paper's own words, in Chinese whatever language the page has."""


def sheet_content(case: Case) -> SheetContent:
    """Return what stands on the review sheet of a case: the newest grades, every decision of the pass that goes on.

    Four statements, whatever the number of decisions.
    """
    content = content_of(case)
    mark = mark_of(case, content)
    decisions = list(Decision.objects.filter(case=case, pass_no=case.pass_no)
                     .select_related("step", "actor", "principal").order_by("made_at", "pk"))
    sheet = ReviewSheet.objects.filter(case=case, decision__pass_no=case.pass_no).order_by("-pk").first()
    blocks = [block["key"] for block in words()["blocks"]]
    grades = {name: getattr(sheet, name) for name in (*blocks, "overall")} if sheet else {}
    return SheetContent(
        project_name=content.project_name or case.title, department=content.department or case.department.name,
        unit=content.unit or case.unit.name, funds=content.funds.total or "", submission=mark.words,
        is_key=_is_key(case), grades=grades, points=sheet.points if sheet else {},
        opinions=[_opinion(one) for one in decisions], mark=mark.line)


def _opinion(decision: Decision) -> Opinion:
    signed = str(decision.actor)
    if decision.principal is not None:
        signed = f"{decision.principal}（{signed} 代）"
    return Opinion(decision.step.title, VERDICTS[decision.verdict], decision.words, signed,
                   f"{localtime(decision.made_at):%Y年%-m月%-d日}")


def _is_key(case: Case) -> bool:
    return TargetTable.objects.filter(pk=case.pk, project__is_key=True).exists()


def export_sheet(*, case: Case, format: Format, by: User | None, now: datetime) -> Exported:
    """Print the review sheet of a case as it stands, and record that `by` took it out. `by` None: the command line.

    Raises: NotVisible when `by` may not see the case, or it is no target table. Nothing is recorded then.
    """
    if case.kind != Kind.TARGET or (by is not None and not grants.may(by, "view", case)):
        raise NotVisible
    content = sheet_content(case)
    data = export.review_sheet(content=content, format=format, now=localtime(now))
    record.note(case.pk, action=Action.EXPORT, by=by, now=now, payload={"format": format.value, "form": "review"})
    missing = tuple(one.words for one in export.missing_of_sheet(content))
    return Exported(file_name(f"{case.number} 审核表 {content.project_name}", format.value), data,
                    export.MEDIA[format], missing)


