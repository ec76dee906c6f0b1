"""The acts of the unit on its table: save, one row more or less, submit, recall, cancel, answer a remark."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from targets import drafts, reopened, reviews
from targets.content import diff
from targets.models import Comment
from targets.paper import FormText
from targets.rows import NotAMonth, TextTooLong, TooManyRows, UnknownCategory, UnknownField
from targets.views.common import person, posted_key, posted_seen, visible_case
from targets.views.filling import library_context, mended, picked
from targets.views.tables import form_page, read_page, stored
from workflow import engine
from workflow.machine import Action, Kind
from workflow.models import Case
from workflow.refusals import Blocked, NotVisible, Refused, Stale

SHOWN_ON_THE_FORM = (Stale, Blocked, TextTooLong, TooManyRows, UnknownCategory, UnknownField, NotAMonth,
                     drafts.LockedHeader, reopened.OnlyFundsOpen)
"""Refusals that the form itself shows, with everything that was typed; others are translated by the middleware."""


@require_POST
def table_save(request: HttpRequest, number: str) -> HttpResponse:
    """Save the whole form; or, without script, show it again with what a button changed and nothing saved."""
    case = visible_case(request, number, kind=Kind.TARGET)
    typed = FormText.of_post(request.POST)
    if (changed := changed_by_button(request.POST, typed)) is not None:
        asks = "show_library" in request.POST or "pick" in request.POST
        more = library_context(case, request.POST.get("library", ""), request.POST.get("library_q", "")) if asks else {}
        return form_page(request, case, typed=changed, seen=posted_seen(request), **more)
    try:
        _save(request, case, typed)
    except SHOWN_ON_THE_FORM as refusal:
        return _shown_again(request, case, typed, refusal)
    messages.success(request, _("Saved at %(clock)s. The table is not submitted yet.")
                     % {"clock": f"{timezone.localtime():%H:%M:%S}"})
    return redirect("table", number)


def _index(posted: str) -> int:
    return int(posted) if posted.isdecimal() and len(posted) < 6 else -1


CHANGES: dict[str, Callable[[FormText, str], FormText]] = {
    "add": lambda typed, code: typed.with_row(code),
    "remove": lambda typed, index: typed.without_row(_index(index)) if _index(index) >= 0 else typed,
    "up": lambda typed, index: typed.with_row_moved(_index(index), -1),
    "down": lambda typed, index: typed.with_row_moved(_index(index), 1),
    "mend": mended,
    "pick": picked,
    "show_library": lambda typed, _posted: typed,
}
"""Buttons that change the form and save nothing: name → what they make of the typed texts and the button's value."""


def changed_by_button(post: QueryDict, typed: FormText) -> FormText | None:
    """Return the typed form as the pressed button makes it, None when it was none of those that save nothing."""
    verb = next((name for name in CHANGES if name in post), None)
    return None if verb is None else CHANGES[verb](typed, str(post[verb]))


def _save(request: HttpRequest, case: Case, typed: FormText) -> None:
    drafts.save_table(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request),
                      header=typed.header, rows=typed.row_dicts(), not_applicable=typed.not_applicable)


def _shown_again(request: HttpRequest, case: Case, typed: FormText, refusal: Refused) -> HttpResponse:
    """Show the form with what was typed and why it was not taken; after a stale save both texts stand side by side."""
    fresh = visible_case(request, case.number, kind=Kind.TARGET)
    if not isinstance(refusal, Stale):
        return form_page(request, fresh, typed=typed, status=422, refusal=refusal)
    standing = stored(fresh).content
    clashes = diff(standing, typed.content(standing))
    if engine.explain(fresh, Action.EDIT, by=person(request), now=timezone.now()).may:
        return form_page(request, fresh, typed=typed, status=409, refusal=refusal, clashes=clashes)
    if not clashes:
        raise refusal
    return read_page(request, fresh, status=409, refusal=refusal, clashes=clashes)


@require_POST
def table_submit(request: HttpRequest, number: str) -> HttpResponse:
    """Save what the form holds and submit the table, both or neither."""
    case = visible_case(request, number, kind=Kind.TARGET)
    typed = FormText.of_post(request.POST)
    has_form = "with_form" in request.POST
    unsaved = drafts.Unsaved(typed.header, typed.row_dicts(), typed.not_applicable) if has_form else None
    try:
        outcome = drafts.submit(case=case, by=person(request), now=timezone.now(), seen=posted_seen(request),
                                key=posted_key(request), unsaved=unsaved, looked_at="looked_at" in request.POST)
    except SHOWN_ON_THE_FORM as refusal:
        if unsaved is None:
            raise
        return _shown_again(request, case, typed, refusal)
    if outcome.repeated:
        messages.info(request, _("This was done already; nothing was done twice."))
    else:
        messages.success(request, _("“%(title)s” is submitted. It can be recalled until the first reviewer decides.")
                         % {"title": case.title})
    return redirect("table", number)


@require_POST
def case_recall(request: HttpRequest, number: str, kind: Kind, page: str) -> HttpResponse:
    """Take a submission back to the unit's desk."""
    case = visible_case(request, number, kind=kind)
    engine.perform(case, Action.RECALL, by=person(request), seen=posted_seen(request), key=posted_key(request),
                   now=timezone.now())
    messages.success(request, _("“%(title)s” is back on your desk and can be changed.") % {"title": case.title})
    return redirect(page, number)


@require_POST
def table_cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel a table that is not submitted, with a reason."""
    case = visible_case(request, number, kind=Kind.TARGET)
    engine.perform(case, Action.CANCEL, by=person(request), seen=posted_seen(request), key=posted_key(request),
                   now=timezone.now(), reason=request.POST.get("reason", "").strip())
    messages.success(request, _("“%(title)s” is cancelled; its record stays.") % {"title": case.title})
    return redirect("table", number)


@require_POST
def table_answer(request: HttpRequest, number: str) -> HttpResponse:
    """Answer one remark of a reviewer; what the form holds is saved with it, so that nothing typed is lost."""
    case = visible_case(request, number, kind=Kind.TARGET)
    which = request.POST.get("answer", "")
    comment = Comment.objects.filter(case=case, pk=which).first() if which.isdecimal() else None
    if comment is None:
        raise NotVisible
    typed = FormText.of_post(request.POST)
    try:
        _save(request, case, typed)
    except SHOWN_ON_THE_FORM as refusal:
        return _shown_again(request, case, typed, refusal)
    reviews.answer_comment(comment=comment, by=person(request), words=request.POST.get(f"answer.{which}", ""),
                           now=timezone.now())
    messages.success(request, _("Your answer is noted; the reviewer sees it with the next submission."))
    return redirect("table", number)
