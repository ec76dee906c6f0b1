"""建议值: what a reviewer would write instead (grade 良), who never edits; the unit takes it over with a click.

One transaction a public function, through the engine. Called by views.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from targets import drafts, reviews
from targets.models import Comment, Indicator
from workflow import engine
from workflow.engine import Outcome, Seen
from workflow.machine import Action
from workflow.models import Case, User
from workflow.refusals import Refused


class NothingSuggested(Refused):
    code = "nothing_suggested"
    message = gettext_lazy("No suggested text is open: each was taken over, answered, or its place was changed since.")


def open_suggestions(case: Case) -> list[Comment]:
    """Return the published suggestions whose place still says what it said, unanswered. Two statements and one each."""
    found = Comment.objects.filter(case=case, published_at__isnull=False, resolved_at=None, answered_at=None)
    return [one for one in found.exclude(suggestion="").select_related("author").order_by("pk")
            if reviews.value_at(case, one.place, one.indicator) == one.value_then]


def take_over(*, case: Case, by: User, now: datetime, seen: Seen) -> Case:
    """Write every open suggestion into the draft and answer its comment with it; the table is not submitted yet.

    Raises: NothingSuggested, and what drafts.save_table raises. Nothing is written then.
    """
    found = open_suggestions(case)
    if not found:
        raise NothingSuggested
    unsaved = _unsaved(case, found)
    saved = drafts.save_table(case=case, by=by, now=now, seen=seen, header=unsaved.header, rows=unsaved.rows)
    _answer(found, by=by, now=now)
    return saved


def take_over_and_submit(*, case: Case, by: User, now: datetime, seen: Seen, key: str,
                         looked_at: bool = False) -> Outcome:
    """Write every open suggestion into the draft and submit it, both or neither: with 直达 it goes straight back.

    `looked_at`: the tick for should-fix findings. Raises: NothingSuggested, Blocked; what drafts.submit raises.
    """
    def prepare(locked: Case) -> None:
        _apply(locked, by=by, now=now)
        drafts.before_submission(locked, by=by, now=now, looked_at=looked_at)

    return engine.perform(case, Action.SUBMIT, by=by, seen=seen, key=key, now=now, prepare=prepare)


def _apply(case: Case, *, by: User, now: datetime) -> None:
    found = open_suggestions(case)
    if not found:
        raise NothingSuggested
    drafts.write_unsaved(case, _unsaved(case, found))
    _answer(found, by=by, now=now)


def _answer(found: Sequence[Comment], *, by: User, now: datetime) -> None:
    Comment.objects.filter(pk__in=[one.pk for one in found]).update(
        answer=_("The suggested text was taken over."), answered_by=by, answered_at=now)


def _unsaved(case: Case, found: Sequence[Comment]) -> drafts.Unsaved:
    header = {one.place: one.suggestion for one in found if one.indicator is None}
    return drafts.Unsaved(header=header or None, rows=_rows(case, found))


def _rows(case: Case, found: Sequence[Comment]) -> list[dict[str, object]] | None:
    wanted = {(one.indicator, one.place): one.suggestion for one in found if one.indicator is not None}
    if not wanted:
        return None
    return [{"uuid": row.uuid, "code": row.code, "name": wanted.get((row.uuid, "name"), row.name),
             "value": wanted.get((row.uuid, "value"), row.value), "month": str(row.planned_month or "")}
            for row in Indicator.objects.filter(table=case.pk).order_by("position", "id")]
