"""The secrecy gate: what may be secret keeps a table back until a head confirms that it was reviewed and is none."""

import io
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from targets import checks, drafts, secrecy
from targets.models import TargetTable
from tests.targets import papers
from tests.targets.papers import again, fresh, posted
from tests.world import NOW, act, key, seen
from workflow.machine import Action, State
from workflow.models import Case, Event, User
from workflow.refusals import Blocked, NotVisible
from workflow.story import timeline

pytestmark = pytest.mark.django_db
ROWS = [("11", "采购保密文件柜", "≥12台"), *papers.ROWS[1:]]
REASON = "保密审查人已逐条审查，属公开采购事项"


@pytest.fixture(autouse=True)
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def suspicious(world: SimpleNamespace) -> Case:
    case = papers.filled(world)
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), rows=posted(ROWS))
    return again(case)


def mark_of(case: Case) -> str:
    return checks.secrecy_mark(drafts.content_of(case))


def submit(case: Case, world: SimpleNamespace) -> None:
    drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)


def confirm(case: Case, by: User, **other: str) -> TargetTable:
    given = {"reason": REASON, "mark": mark_of(case), **other}
    return secrecy.confirm(case=case, by=fresh(by), now=NOW, **given)


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(fresh(person), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_what_may_be_secret_is_not_submitted_until_the_head_confirms(world: SimpleNamespace) -> None:
    case = suspicious(world)
    with pytest.raises(Blocked) as blocked:
        submit(case, world)
    assert [b.code for b in blocked.value.blockers] == ["SEC-01"]
    assert again(case).state == State.DRAFT
    table = confirm(case, world.head)
    assert (table.secrecy_by, table.secrecy_at, table.secrecy_reason) == (world.head, NOW, REASON)
    submit(again(case), world)
    assert again(case).state != State.DRAFT


def test_the_confirmation_stands_in_the_record_with_its_reason_and_makes_nobody_an_editor(
    world: SimpleNamespace,
) -> None:
    case = suspicious(world)
    confirm(case, world.head)
    event = Event.objects.get(case=case, action=Action.CLEAR_SECRECY)
    assert (event.actor, event.refused) == (world.head, "")
    told = [entry for entry in timeline(again(case)) if entry.verb == Action.CLEAR_SECRECY.label]
    assert [entry.words for entry in told] == [REASON]
    assert not Event.objects.filter(case=case, action=Action.EDIT, actor=world.head).exists()


def test_confirming_twice_is_one_event(world: SimpleNamespace) -> None:
    case = suspicious(world)
    confirm(case, world.head)
    confirm(case, world.head, reason="又点了一次确认")
    assert Event.objects.filter(case=case, action=Action.CLEAR_SECRECY).count() == 1
    assert TargetTable.objects.get(pk=case.pk).secrecy_reason == REASON


def test_another_text_that_may_be_secret_asks_again_and_any_other_change_does_not(world: SimpleNamespace) -> None:
    case = suspicious(world)
    confirm(case, world.head)
    cheaper = [(c, n, "28万元" if c == "14" else v) for c, n, v in ROWS]
    drafts.save_table(case=again(case), by=fresh(world.editor), now=NOW, seen=seen(again(case)), rows=posted(cheaper),
                      header={"funds.total": "28", "funds.fiscal": "28"})
    standing = secrecy.standing(again(case), TargetTable.objects.get(pk=case.pk), drafts.content_of(case),
                                by=fresh(world.editor))
    assert standing is not None
    assert standing.is_confirmed
    more = [*cheaper, ("12", "机要文件交接合格率", "=100%")]
    drafts.save_table(case=again(case), by=fresh(world.editor), now=NOW, seen=seen(again(case)), rows=posted(more))
    with pytest.raises(Blocked) as blocked:
        submit(again(case), world)
    assert "SEC-01" in [b.code for b in blocked.value.blockers]


@pytest.mark.parametrize(
    ("who", "other", "refusal"),
    [
        ("editor", {}, secrecy.NotAHead),
        ("reviewer", {}, secrecy.NotAHead),
        ("head", {"reason": " 无 "}, secrecy.ReasonTooShort),
        ("head", {"reason": "长" * 501}, secrecy.ReasonTooShort),
        ("head", {"mark": "0" * 64}, secrecy.LookedAtOther),
    ],
)
def test_a_confirmation_that_is_refused_changes_nothing_but_the_record(world, who, other, refusal) -> None:
    case = suspicious(world)
    before = again(case)
    with pytest.raises(refusal) as refused:
        confirm(case, getattr(world, who), **other)
    assert str(refused.value)
    table = TargetTable.objects.get(pk=case.pk)
    assert (table.secrecy_by, table.secrecy_mark, table.secrecy_reason) == (None, "", "")
    assert (again(case).version, again(case).content_hash) == (before.version, before.content_hash)
    assert list(Event.objects.filter(case=case, action=Action.CLEAR_SECRECY).values_list("refused", flat=True)) == [
        refusal.code
    ]


def test_there_is_nothing_to_confirm_in_a_plain_table_nor_in_one_that_is_decided(world: SimpleNamespace) -> None:
    plain = papers.filled(world)
    with pytest.raises(secrecy.NothingToConfirm):
        secrecy.confirm(case=plain, by=fresh(world.head), now=NOW, reason=REASON, mark="")
    act(plain, Action.CANCEL, world.editor, reason="演示作废")
    with pytest.raises(secrecy.TooLate):
        secrecy.confirm(case=again(plain), by=fresh(world.head), now=NOW, reason=REASON, mark="")


def test_who_does_not_see_the_case_is_told_nothing(world: SimpleNamespace) -> None:
    case = suspicious(world)
    with pytest.raises(NotVisible):
        confirm(case, world.principal)
    answer = client_of(world.principal).post(reverse("table_secrecy", args=[case.number]), {"secrecy_reason": REASON})
    assert answer.status_code == 404


def test_the_page_tells_the_editor_whom_to_ask_and_lets_the_head_confirm(world: SimpleNamespace) -> None:
    case = suspicious(world)
    address = reverse("table", args=[case.number])
    form = client_of(world.editor).get(address).content.decode()
    assert "采购保密文件柜" in form
    assert str(world.head) in form
    assert 'name="secrecy_reason"' not in form
    head = client_of(world.head)
    assert 'name="secrecy_reason"' in head.get(address).content.decode()
    there = reverse("table_secrecy", args=[case.number])
    short = head.post(there, {"secrecy_reason": "无", "secrecy_mark": mark_of(case)})
    assert short.status_code == 422
    assert ">无</textarea>" in short.content.decode()
    done = head.post(there, {"secrecy_reason": REASON, "secrecy_mark": mark_of(case)}, follow=True)
    assert REASON in done.content.decode()
    submit(again(case), world)
    assert REASON in client_of(world.reviewer).get(address).content.decode()


def test_an_editor_who_posts_a_confirmation_is_refused_on_the_form(world: SimpleNamespace) -> None:
    case = suspicious(world)
    answer = client_of(world.editor).post(
        reverse("table_secrecy", args=[case.number]), {"secrecy_reason": REASON, "secrecy_mark": mark_of(case)}
    )
    assert answer.status_code == 422
    assert str(world.head) in answer.content.decode()
    assert TargetTable.objects.get(pk=case.pk).secrecy_mark == ""


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("confirm_secrecy", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_what_may_be_secret_and_notes_the_confirmation(world: SimpleNamespace) -> None:
    case = suspicious(world)
    assert "采购保密文件柜" in told(case.number)
    assert str(world.head) in told(case.number)
    with pytest.raises(CommandError) as refused:
        told(case.number, "--by", world.editor.username, "--reason", REASON)
    assert str(world.head) in str(refused.value)
    with pytest.raises(CommandError):
        told(case.number, "--by", "nobody", "--reason", REASON)
    with pytest.raises(CommandError):
        told("2099-0001")
    assert TargetTable.objects.get(pk=case.pk).secrecy_mark == ""
    told(case.number, "--by", world.head.username, "--reason", REASON)
    assert TargetTable.objects.get(pk=case.pk).secrecy_reason == REASON
    assert str(world.head) in told(case.number)
