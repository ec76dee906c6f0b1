"""The page of an error of the system: a code, and for a full disk what to do; the database is not asked."""

import errno

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from workflow.views import inbox, trouble


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EFBIG, "File too large"), True),
        (OperationalError("database or disk is full"), True),
        (OperationalError('could not extend file "base/1/2": No space left on device'), True),
        (caused(RuntimeError("x"), OSError(errno.ENOSPC, "full")), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (OperationalError("database is locked"), False),
        (ValueError("disk is full"), False),
    ],
)
def test_a_full_disk_is_told_apart_from_every_other_error(error, is_full, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        try:
            raise error
        except Exception:
            page = trouble.server_error(RequestFactory().post("/import"))
    text = page.content.decode()
    assert page.status_code == 500
    assert ("磁盘已满" in text) == is_full
    assert ("不是您" in text) == (not is_full)


@pytest.mark.django_db
def test_the_site_answers_a_full_disk_with_its_sentence(client: Client, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workflow.views.asking.person", full)
    monkeypatch.setattr(inbox, "person", full)
    client.raise_request_exception = False
    from tests.world import build_world

    client.force_login(build_world().editor)
    page = client.get("/")
    assert page.status_code == 500
    assert "磁盘已满" in page.content.decode()
