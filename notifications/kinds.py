"""What can be told, as data: who hears of it, in which words, over which channels, and what sets it off.

Read by receivers, expand and delivery; a new kind is a new entry here. Words are English message ids.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from notifications.models import Channel
from workflow.machine import Action
from workflow.machine import Kind as CaseKind


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice.

    audience: a key of audience.AUDIENCES. subject, body: message ids over the facts of wording.facts_of. mailed: also
    by e-mail. is_digest: told in one message a person and day. while_task_open: moot once its task is closed.
    outside: what those of the audience are told who may not see the case: words that name none, over facts of the
    notice alone; "" tells them nothing.
    """

    id: str
    label: Any
    audience: str
    subject: Any
    body: Any
    mailed: bool = True
    is_digest: bool = False
    while_task_open: bool = False
    outside: Any = ""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The ways it may be told, before settings and preferences."""
        return (Channel.IN_APP, Channel.EMAIL) if self.mailed else (Channel.IN_APP,)


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind(
            "arrived",
            _("Has come to your desk"),
            audience="desk",
            subject=_("For you: %(title)s"),
            body=_("“%(title)s” (%(number)s, %(unit)s) has come to your desk: %(step)s. It is due on %(due)s."),
            mailed=False,
            while_task_open=True,
        ),
        Kind(
            "returned",
            _("Returned for correction"),
            audience="unit_and_submitter",
            subject=_("Returned for correction: %(title)s"),
            body=_(
                "%(by)s has returned “%(title)s” (%(number)s): %(words)s\n"
                "Please correct it and submit it again by %(due)s. Questions: %(office)s %(phone)s"
            ),
        ),
        Kind(
            "to_confirm",
            _("To confirm"),
            audience="confirmers",
            subject=_("To confirm: %(title)s"),
            body=_("“%(title)s” (%(number)s, %(unit)s) waits for your confirmation, until %(due)s. %(remark)s"),
        ),
        Kind(
            "figure_set",
            _("Control figure set"),
            audience="unit",
            subject=_("Control figure: %(title)s"),
            body=_("The control figure of “%(title)s” (%(number)s) differs from the table: see what is to be done."),
        ),
        Kind(
            "rejected",
            _("Rejected"),
            audience="unit_and_submitter",
            subject=_("Rejected: %(title)s"),
            body=_(
                "%(by)s has rejected “%(title)s” (%(number)s): %(words)s\nIt does not go on to the next step."
                " Questions: %(office)s %(phone)s"
            ),
        ),
        Kind(
            "urged",
            _("Urged"),
            audience="holders",
            subject=_("You are urged: %(title)s"),
            body=_("%(by)s urges: “%(title)s” (%(number)s, %(unit)s), %(task)s, is due on %(due)s, %(left)s."),
            mailed=False,
        ),
        Kind(
            "copied",
            _("Copied to you"),
            audience="named",
            subject=_("For your information: %(title)s"),
            body=_("%(by)s has copied “%(title)s” (%(number)s, %(unit)s) to you: %(words)s"),
            mailed=False,
        ),
        Kind(
            "approved",
            _("Review passed"),
            audience="unit",
            subject=_("Approved: %(title)s"),
            body=_("“%(title)s” (%(number)s) of %(unit)s has been approved."),
        ),
        Kind(
            "released",
            _("Released"),
            audience="unit",
            subject=_("Released: %(title)s"),
            body=_("“%(title)s” (%(number)s) of %(unit)s has been released. %(document)s"),
        ),
        Kind(
            "monitoring_opened",
            _("Monitoring has opened"),
            audience="editors",
            subject=_("Please report progress: %(title)s"),
            body=_("Monitoring has opened. Please report on “%(title)s” (%(number)s) by %(due)s."),
        ),
        Kind(
            "deadline_moved",
            _("Deadline moved"),
            audience="holders",
            subject=_("Now due on %(due)s: %(title)s"),
            body=_("“%(title)s” (%(number)s, %(unit)s) is now due on %(due)s. %(remark)s"),
        ),
        Kind(
            "extension_asked",
            _("Extension asked for"),
            audience="finance",
            subject=_("Extension asked for: %(title)s"),
            body=_("%(by)s asks for more time for “%(title)s” (%(number)s, %(unit)s): %(words)s"),
        ),
        Kind(
            "extension_refused",
            _("Extension refused"),
            audience="holders",
            subject=_("No extension: %(title)s"),
            body=_("The deadline of “%(title)s” (%(number)s) stays %(due)s. %(remark)s"),
        ),
        Kind(
            "nobody_there",
            _("Nobody is there"),
            audience="stewards",
            subject=_("Nobody can act: %(title)s"),
            body=_(
                "“%(title)s” (%(number)s, %(unit)s) waits and nobody can act on it. %(words)s"
                " Ask the administrator to name somebody."
            ),
            mailed=False,
            outside=_("A case waits and nobody can act on it. %(words)s Name somebody for this post."),
        ),
        Kind(
            "purge_asked",
            _("Purge to be signed"),
            audience="second_signers",
            subject=_("Purge asked for: %(title)s"),
            body=_(
                "%(by)s asks that a content of “%(title)s” (%(number)s, %(unit)s) be purged: %(words)s"
                " Look at it, then sign or refuse."
            ),
            mailed=False,
            outside=_("A purge waits for the second signature: %(words)s Look under Purges, then sign or refuse."),
        ),
        Kind(
            "returned_after_you",
            _("Returned after your review"),
            audience="earlier_signers",
            subject=_("Returned after your review: %(title)s"),
            body=_(
                "“%(title)s” (%(number)s, %(unit)s), which you have reviewed, was returned by %(by)s at a later step:"
                " %(words)s"
            ),
            mailed=False,
        ),
        Kind(
            "rejected_after_you",
            _("Rejected after your review"),
            audience="earlier_signers",
            subject=_("Rejected after your review: %(title)s"),
            body=_(
                "“%(title)s” (%(number)s, %(unit)s), which you have reviewed, was rejected by %(by)s at a later step:"
                " %(words)s"
            ),
            mailed=False,
        ),
        Kind(
            "reminder",
            _("Reminder"),
            audience="assignees",
            subject=_("%(left)s: %(title)s"),
            body=_("“%(title)s” (%(number)s, %(unit)s): %(task)s is due on %(due)s, %(left)s."),
            is_digest=True,
            while_task_open=True,
        ),
        Kind(
            "escalation",
            _("Overdue, reported"),
            audience="rung",
            subject=_("%(left)s: %(unit)s, %(title)s"),
            body=_(
                "%(unit)s: “%(title)s” (%(number)s) was due on %(due)s (%(task)s), %(left)s."
                " It is with %(holder)s, office phone %(holder_phone)s."
            ),
            is_digest=True,
            while_task_open=True,
        ),
    )
}

OUTSIDE_KINDS = tuple(kind.id for kind in KINDS.values() if kind.outside)
"""The kinds that are told, without naming a case, to people who may not see it."""
DIGEST_KINDS = tuple(kind.id for kind in KINDS.values() if kind.is_digest)


APPROVALS = (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS)
ARRIVING = (
    Action.SUBMIT,
    *APPROVALS,
    Action.RETURN,
    Action.UNDO_APPROVAL,
    Action.TRANSFER,
    Action.ADD_APPROVER,
)
"""The actions after which a case lies on another reviewer's desk."""
TOLD_AS = {
    Action.RETURN: "returned",
    Action.READMIT: "returned",
    Action.REJECT: "rejected",
    Action.URGE: "urged",
    Action.COPY: "copied",
}


TOLD_TO_SIGNERS: dict[str, str] = {Action.RETURN: "returned_after_you", Action.REJECT: "rejected_after_you"}
"""What those who signed an earlier step are told besides."""


def kinds_of_transition(
    *, action: str, to_state: str, case_kind: str, opens_review: bool, opens_task: bool = False
) -> tuple[str, ...]:
    """Return the kinds that a transition sets off, none for most."""
    main = _kind_of_transition(
        action=action, to_state=to_state, case_kind=case_kind, opens_review=opens_review, opens_task=opens_task
    )
    besides = TOLD_TO_SIGNERS.get(action, "")
    return tuple(kind for kind in (main, besides) if kind)


def _kind_of_transition(
    *, action: str, to_state: str, case_kind: str, opens_review: bool, opens_task: bool
) -> str:
    if action in ARRIVING and opens_review:
        return "arrived"
    if action in (Action.FILL_FOR, Action.PROPOSE_ADMISSION) and opens_task:
        return "to_confirm"
    if action == Action.FUNDS_CHANGED and (opens_task or to_state == "cancelled"):
        return "figure_set"
    if action in TOLD_AS:
        return TOLD_AS[Action(action)]
    if action == Action.START and case_kind == CaseKind.REPORT:
        return "monitoring_opened"
    if to_state == "approved" and action in (*APPROVALS, Action.RELEASE):
        return "released" if action == Action.RELEASE else "approved"
    return ""
