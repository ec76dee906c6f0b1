"""A form sent after the login had ended: nothing stored, nothing lost, and the login leads back to the form's page."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
PAGE = "/delegations"


def sent(data, **headers):
    return Client().post(reverse("delegations"), data, headers=headers)


def test_what_was_typed_is_shown_with_the_way_back_to_the_page_of_the_form():
    answer = sent({"basis": "年休假，请代为审核", "give": "1"}, referer=f"http://testserver{PAGE}?page=2")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "年休假，请代为审核" in page
    assert "/login?next=%2Fdelegations%3Fpage%3D2" in page


@pytest.mark.parametrize("referer", ["https://elsewhere.example/x", "javascript:alert(1)", "//elsewhere.example", ""])
def test_a_foreign_page_is_never_gone_back_to(referer):
    answer = sent({"basis": "文字"}, referer=referer)
    assert "elsewhere" not in answer.content.decode()
    assert "next=%2F&quot;" in answer.content.decode() or 'next=%2F"' in answer.content.decode()


def test_an_empty_form_and_a_page_go_to_the_login_and_passwords_are_never_shown():
    assert sent({}, referer=f"http://testserver{PAGE}").url == f"/login?next={PAGE}"
    assert Client().get(PAGE).url == f"/login?next={PAGE}"
    answer = Client().post(reverse("password_change"), {"new_password1": "a secret phrase"})
    assert answer.status_code == 302
    assert "secret" not in answer.content.decode()
