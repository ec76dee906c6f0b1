"""The pages of notices: mine and nobody else's, cleared with the work; texts to send; the mails of a trial."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import reverse

from notifications import expand, mail_files, queries
from notifications.models import Channel, Delivery, Status
from tests import world as county
from workflow.machine import Action
from workflow.models import Event, User

pytestmark = pytest.mark.django_db


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: User, name: str, query: str = "") -> str:
    answer = client_of(person).get(reverse(name) + query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def returned(world, toy):
    case = county.toy_case(world, toy)
    county.act(case, Action.SUBMIT, world.editor)
    county.act(case, Action.RETURN, world.reviewer, reason="请补一行<成本>")
    expand.expand(now=county.NOW)
    return case


def test_a_returned_case_is_told_to_the_unit_with_the_words_and_to_nobody_else(world, returned):
    text = page(world.editor, "notices", "?show=all")
    assert "请补一行&lt;成本&gt;" in text
    assert returned.number in text
    for other in (world.teacher, world.school_reviewer):
        assert returned.number not in page(other, "notices", "?show=all")


def test_the_bell_counts_and_reading_clears_it(world, returned):
    client = client_of(world.editor)
    assert queries.unread_count(world.editor) == 1
    assert "badge-count" in client.get(reverse("notice_badge")).content.decode()
    assert client.post(reverse("notices_read"), {"all": "1"}).status_code == 302
    assert queries.unread_count(User.objects.get(pk=world.editor.pk)) == 0
    assert "badge-count" not in client.get(reverse("notice_badge")).content.decode()


def test_nobody_marks_the_notices_of_others(world, returned):
    mine = Delivery.objects.get(recipient=world.editor, channel=Channel.IN_APP)
    client_of(world.teacher).post(reverse("notices_read"), {"delivery": [str(mine.pk), "x", "9" * 30]})
    mine.refresh_from_db()
    assert mine.read_at is None


def test_a_notice_clears_itself_once_its_work_is_done(world, toy):
    case = county.toy_case(world, toy)
    county.act(case, Action.SUBMIT, world.editor)
    expand.expand(now=county.NOW)
    assert case.number in page(world.reviewer, "notices")
    county.act(case, Action.APPROVE, world.reviewer)
    assert case.number not in page(world.reviewer, "notices")
    assert case.number in page(world.reviewer, "notices", "?show=all")


def test_reading_is_a_post(world, returned):
    assert client_of(world.editor).get(reverse("notices_read")).status_code == 405
    assert queries.unread_count(world.editor) == 1


@pytest.fixture
def prepared(world, returned):
    delivery = Delivery.objects.filter(channel=Channel.IN_APP).first()
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Status.PREPARED, sent_at=None, recipient=world.leader, body="演示：请关注"
    )
    return Delivery.objects.get(pk=delivery.pk)


def test_a_prepared_text_is_shown_to_finance_and_sent_in_their_name(world, prepared):
    assert "演示：请关注" in page(world.business_reviewer, "prepared")
    answer = client_of(world.business_reviewer).post(reverse("prepared_send", args=[prepared.notice_id]))
    assert answer.status_code == 302
    prepared.refresh_from_db()
    assert (prepared.status, prepared.sent_by) == (Status.SENT, world.business_reviewer)


def test_a_prepared_text_is_not_there_for_a_unit(world, prepared):
    assert "演示：请关注" not in page(world.editor, "prepared")
    assert client_of(world.editor).post(reverse("prepared_send", args=[prepared.notice_id])).status_code == 404
    prepared.refresh_from_db()
    assert prepared.status == Status.PREPARED


def write_mail(folder, subject: str, text: str) -> None:
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    mail = EmailMultiAlternatives(subject, text, "a@example.org", ["演示 <b@example.org>"], connection=connection)
    mail.attach_alternative(f"<p>{text}</p>", "text/html")
    mail.send()


def test_mails_are_read_back_as_they_were_written(tmp_path):
    write_mail(tmp_path, "逾期提醒：档案馆工作经费", "您有 2 张表。\n请办理。")
    write_mail(tmp_path, "第二封", "长" * 2000)
    (tmp_path / "notes.txt").write_text("no mail")
    found = {mail.subject: mail for mail in mail_files.mails(tmp_path)}
    assert set(found) == {"逾期提醒：档案馆工作经费", "第二封"}
    assert found["逾期提醒：档案馆工作经费"].text.strip() == "您有 2 张表。\n请办理。"
    assert found["第二封"].text.strip() == "长" * 2000
    assert "b@example.org" in found["第二封"].to


def test_a_broken_mail_file_hides_nothing_else(tmp_path):
    (tmp_path / "a.log").write_bytes(b"\xff\xfe\x00 not a mail" * 50)
    write_mail(tmp_path, "好的", "文字")
    assert "好的" in {mail.subject for mail in mail_files.mails(tmp_path)}


def test_the_mail_page_exists_in_a_trial_only_and_for_demo_people_only(world, settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path
    write_mail(tmp_path, "演示邮件<i>", "文字")
    settings.EMAIL_TO_FILES = False
    assert client_of(world.editor).get(reverse("mails")).status_code == 404
    settings.EMAIL_TO_FILES = True
    assert "演示邮件&lt;i&gt;" in page(world.editor, "mails")
    User.objects.filter(pk=world.editor.pk).update(is_demo=False)
    assert client_of(world.editor).get(reverse("mails")).status_code == 404


def test_pages_of_notices_cost_the_same_with_many_rows(world, toy, django_assert_max_num_queries):
    def fill(number: int) -> None:
        for _ in range(number):
            case = county.toy_case(world, toy)
            county.act(case, Action.SUBMIT, world.editor)
            county.act(case, Action.RETURN, world.reviewer, reason="补")
        for minutes in range(3):
            expand.expand(now=county.NOW + timedelta(minutes=minutes))

    spent = []
    for number in (1, 12):
        fill(number)
        client = client_of(world.editor)
        with django_assert_max_num_queries(9) as statements:
            assert client.get(reverse("notices")).status_code == 200
        spent.append(len(statements))
    assert spent[0] == spent[1]
    assert Event.objects.exists()
