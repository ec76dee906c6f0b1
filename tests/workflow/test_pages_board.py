"""The overdue board: who is late by how much, the list for text messages, and urging one or many."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from tests import world as county
from tests.workflow.test_pages_timing import client_of
from workflow import calendar, deadlines
from workflow.machine import Action
from workflow.models import Event, Task, User

pytestmark = pytest.mark.django_db


class TestBoard:
    def test_it_counts_ages_by_department_and_step_and_says_who_hears_next(self, world, toy):
        for days in (1, 4):
            case = county.toy_case(world, toy)
            due = deadlines.day_end(calendar.add_working_days(timezone.localdate(), -days))
            Task.objects.filter(case=case).update(due_at=due, opened_at=due - timedelta(days=30))
        text = client_of(world.business_reviewer).get(reverse("overdue_board")).content.decode()
        assert "1–2 个工作日" in text
        assert "演示办公室" in text

    def test_the_list_holds_one_line_a_person_and_no_formula(self, world, toy):
        case = county.toy_case(world, toy)
        type(case).objects.filter(pk=case.pk).update(title="=cmd|' /C calc'!A0")
        Task.objects.update(due_at=timezone.now() - timedelta(days=5))
        User.objects.filter(pk=world.editor.pk).update(phone="=1+1")
        answer = client_of(world.business_reviewer).get(reverse("overdue_sheet"))
        rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows())
        assert [cell.value for cell in rows[0]] == ["姓名", "手机", "内容"]
        assert len(rows) == 3
        assert {cell.data_type for row in rows for cell in row if cell.value} == {"s"}
        assert "=cmd" in rows[1][2].value

    def test_another_department_is_not_in_the_list(self, world, toy):
        county.toy_case(world, toy)
        Task.objects.update(due_at=timezone.now() - timedelta(days=5))
        answer = client_of(world.school_reviewer).get(reverse("overdue_sheet"))
        assert len(list(load_workbook(BytesIO(answer.content)).active.iter_rows())) == 1


class TestUrging:
    LATE = {"due_on": date(2026, 9, 8)}

    def cases(self, world, toy):
        return [county.toy_case(world, toy, **self.LATE) for _ in range(3)]

    def urged(self):
        return list(Event.objects.filter(action=Action.URGE, refused="").values_list("case__number", flat=True))

    def post(self, client, **data):
        page = client.get(reverse("overdue_board")).content.decode()
        key = page.split('name="key" value="')[1].split('"')[0]
        return client.post(reverse("overdue_urge"), {"key": key, **data}, follow=True)

    def test_ticked_tables_are_urged_together_and_then_cool_down(self, world, toy):
        first, second, third = self.cases(world, toy)
        client = client_of(world.business_reviewer)
        answer = self.post(client, case=[first.number, second.number])
        assert "已催办 2 张表" in answer.content.decode()
        assert sorted(self.urged()) == [first.number, second.number]
        page = client.get(reverse("overdue_board")).content.decode()
        assert f'value="{third.number}"' in page
        assert f'value="{first.number}"' not in page

    def test_one_click_urges_one_and_a_second_soon_after_says_when_it_may_be_again(self, world, toy):
        first, _second, _third = self.cases(world, toy)
        client = client_of(world.business_reviewer)
        self.post(client, only=first.number)
        answer = self.post(client, only=first.number)
        assert self.urged() == [first.number]
        assert first.number in answer.content.decode()
        assert "已催办 1 张表" not in answer.content.decode()

    def test_the_same_click_twice_urges_once(self, world, toy):
        first, *_ = self.cases(world, toy)
        client = client_of(world.business_reviewer)
        for _ in range(2):
            client.post(reverse("overdue_urge"), {"key": "click-1", "only": first.number})
        assert self.urged() == [first.number]

    def test_nothing_ticked_is_said(self, world, toy):
        self.cases(world, toy)
        assert "请至少勾选一张表" in self.post(client_of(world.business_reviewer)).content.decode()
        assert self.urged() == []

    def test_who_does_not_see_a_table_or_may_not_urge_urges_nobody(self, world, toy):
        first, *_ = self.cases(world, toy)
        for who in (world.teacher, world.editor):
            client_of(who).post(reverse("overdue_urge"), {"key": f"k-{who.pk}", "case": [first.number]})
        assert self.urged() == []

    def test_too_many_are_refused_together(self, world, toy):
        first, *_ = self.cases(world, toy)
        numbers = [first.number, *(f"x{n}" for n in range(100))]
        answer = self.post(client_of(world.business_reviewer), case=numbers)
        assert "101" in answer.content.decode()
        assert self.urged() == []
