"""Every address of the site × every kind of person, as the documents say; and that an invisible case is nowhere.

The table is written from engine.md §4 (who sees what, what an auditor and an administrator may), house.md §5 (invisible
is 404, not permitted 403) and the rooms' READMEs. An address without a row here fails.
"""

import io
import uuid
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from notifications.models import Hook, Notice
from targets import projects
from tests.targets import papers
from tests.world import NOW, build_world, key, person
from workflow.models import Case, Organisation, Round, Route, User

pytestmark = pytest.mark.django_db

PEOPLE = ("editor", "head", "reviewer", "business_reviewer", "performance_reviewer", "leader", "auditor", "teacher",
          "nobody", "admin")  # fmt: skip
"""Around a table of the own office; the teacher edits for another department, nobody has no post, admin no office."""
SEES = frozenset({"editor", "head", "reviewer", "business_reviewer", "performance_reviewer", "leader", "auditor"})
EDITS = frozenset({"editor", "teacher"})
ACTS_IN_FINANCE = frozenset({"business_reviewer", "performance_reviewer", "leader"})
SETS_RULES = ACTS_IN_FINANCE | {"admin"}
READS_FINANCE = SETS_RULES | {"auditor"}
URGES = ACTS_IN_FINANCE | {"reviewer"}
HEADS = frozenset({"head", "leader"})
ALL = frozenset(PEOPLE)
NONE: frozenset[str] = frozenset()

LOOKED_AT = {
    ALL: "inbox password_change password_change_done batch_list purges overdue_board rounds calendar leaving "
    "delegations table_export_jobs table_list verify project_list project_template monitoring notices notice_badge "
    "prepared preferences robots livez readyz version",
    SEES: "case case_history case_way case_why review_sheet table table_export table_print table_library",
    READS_FINANCE: "ladders extensions people orphans route_list route_show",
    SETS_RULES: "round_edit word_templates word_template_shipped",
    frozenset({"admin"}): "calendar_edit ladder_edit hand_over organisation incidents statusz accounts account "
    "account_new organisation_new status_page channels hook_new hook_edit",
    frozenset({"admin", "auditor"}): "rulings record_board",
    ACTS_IN_FINANCE: "control_figures project_import execution_import",
    EDITS: "table_blank table_template import project_add",
    URGES: "overdue_sheet",
    HEADS: "case_purge",
    NONE: "colleagues",  # for heads of departments, of whom there is none here: tests/workflow/test_colleagues.py
}
"""Who is shown a page; everybody else is refused."""
LED_ON = {ALL: "login set_language", SETS_RULES: "route_draft route_step route_step_add",
          frozenset({"admin"}): "organisation_over"}  # fmt: skip
"""Who is led to another page by looking; everybody else is refused."""
ASKED_FOR = (
    "batch extension_ask attachment word_template_file word_template_preview table_export_job table_export_file "
    "import_batch import_batch_report import_preview import_result import_report import_file execution_unmatched "
    "report release_scan feed mails"
)
"""What belongs to somebody or is not there: nothing is shown of number 1 that was never made."""
PRESSED_ONLY = (
    "logout batch_new extension_answer overdue_urge route_begin table_export_cancel word_template_return "
    "word_template_activate table_export_many table_save table_autosave table_copy table_submit table_recall "
    "table_secrecy table_cancel table_answer attachment_add attachment_remove table_take_over table_confirm "
    "table_admission table_decide table_act report_act import_batch_read import_batch_cancel import_batch_confirm "
    "import_mend import_confirm project_add_row execution_match period_create period_open report_save report_take_over "
    "report_submit "
    "report_recall report_decide notices_read prepared_send mute feed_token incident_retry incident_resolve "
    "notice_retry hook_retry hook_resolve hook_try mail_try"
).replace("project_add_row ", "")
"""Changes something, so a look at it is answered 405 and nothing happens."""
TO_FILL = "table_fill_for"
"""The form of 代填 is for departments and divisions, while the table is in draft: here it is under review."""
PUBLIC = "login logout robots livez readyz version feed set_language"
"""What answers without logging in; a feed asks for its token, everything else leads to the log-in page."""
PRESSED = {
    SETS_RULES: "round_edit word_templates word_template_return route_draft route_step route_step_add",
    frozenset({"admin"}): "calendar_edit ladder_edit hand_over organisation organisation_over incident_resolve "
    "notice_retry account account_new organisation_new hook_new hook_resolve mail_try",
    ACTS_IN_FINANCE: "control_figures project_import execution_import period_create period_open",
    EDITS: "import project_add",
    HEADS: "case_purge",
    SEES: "table_save table_autosave table_copy table_submit table_recall table_secrecy table_cancel attachment_add "
    "table_fill_for table_take_over table_confirm table_admission table_decide mute",
    NONE: "colleagues",
}
"""Whom pressing takes further than the door: to a result, or to a sentence on what is missing."""
FURTHER = (200, 302, 409, 422)
HIDING = "case case_history case_way case_why table_ report_ review_sheet attachment mute"
"""What is refused with 404, as it must not be told whether the case is there."""


NUMBERED = {"round_edit": Round, "organisation": Organisation, "route_": Route, "notice_retry": Notice,
            "hook_edit": Hook}  # fmt: skip
"""Addresses with the number of a row that is there, by how their names begin; 1 is none on every database."""


def rows(table: dict[frozenset[str], str]) -> dict[str, frozenset[str]]:
    return {name: who for who, names in table.items() for name in names.split()}


def addresses() -> dict[str, Any]:
    """Return each named address with its pattern, but for Django's own administration."""
    found: dict[str, Any] = {}

    def walk(patterns: list[Any]) -> None:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                if one.app_name != "admin":
                    walk(one.url_patterns)
            elif one.name:
                found[one.name] = one

    walk(get_resolver().url_patterns)
    return found


def address(name: str, case: Case, pattern: Any, *, pk: int = 1) -> str:
    given = {"number": case.number, "format": "docx", "username": "editor", "kind": "xlsx", "task_kind": "review",
             "key": "office", "token": "x" * 20}  # fmt: skip
    model = next((model for start, model in NUMBERED.items() if name.startswith(start)), None)
    if model is not None and pk == 1:
        pk = model._default_manager.order_by("pk").values_list("pk", flat=True)[0]
    kinds = pattern.pattern.converters.items()
    return reverse(
        name, kwargs={n: given.get(n, uuid.UUID(int=pk) if "UUID" in type(c).__name__ else pk) for n, c in kinds}
    )


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The county with one table under review at the own office, and its draft of a route."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    world = build_world()
    world.case = papers.submitted(world)
    world.nobody = person("nobody")
    Hook.objects.create(title="演示群", address="https://robots.example.org/x")
    world.admin = User.objects.create(username="admin", full_name="演示·管理", administers="system")
    return world


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(papers.fresh(user), backend="django.contrib.auth.backends.ModelBackend")
    return client


def answer(client: Client, method: str, url: str) -> HttpResponse:
    """Return the answer; what it stored is taken back."""
    with transaction.atomic():
        found: Any = getattr(client, method)(url)
        transaction.set_rollback(True)
    return found


def refused(name: str) -> int:
    return 404 if name == "table" or (name != "case_purge" and name.startswith(tuple(HIDING.split()))) else 403


def expected_look(name: str, who: str, world: SimpleNamespace) -> int:
    """Return what the table says of looking at an address."""
    if name in PRESSED_ONLY.split():
        return 405
    if name in ASKED_FOR.split():
        return 403 if name.startswith(("word_template", "execution_")) and who not in _door(name) else 404
    if name == TO_FILL:
        return 403 if who in SEES else 404
    if name == "case_purge" and who not in SEES:
        return 404
    looked, led = rows(LOOKED_AT), rows(LED_ON)
    if name in led:
        return 302 if who in led[name] else 403
    if name == "case" and who in SEES:
        return 302
    if name == "table_blank":
        return 404 if who in EDITS else 403  # this kind of form is not among those there are
    if name == "table_template":
        return 200 if who in EDITS else 403
    return 200 if who in looked[name] else refused(name)


def _door(name: str) -> frozenset[str]:
    return ACTS_IN_FINANCE if name.startswith("execution_") else SETS_RULES


def test_every_address_has_its_row() -> None:
    written = {*rows(LOOKED_AT), *rows(LED_ON), *ASKED_FOR.split(), *PRESSED_ONLY.split(), TO_FILL}
    assert written == set(addresses())


@pytest.mark.parametrize("who", PEOPLE)
def test_each_page_is_shown_to_whom_the_table_names(place: SimpleNamespace, who: str) -> None:
    client, wrong = client_of(getattr(place, who)), {}
    for name, pattern in addresses().items():
        status = answer(client, "get", address(name, place.case, pattern)).status_code
        if status != (expected := expected_look(name, who, place)):
            wrong[name] = (status, expected)
    assert wrong == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_pressing_takes_only_those_further_whom_the_table_names(place: SimpleNamespace, who: str) -> None:
    client, wrong, named = client_of(getattr(place, who)), {}, addresses()
    for name, may in rows(PRESSED).items():
        status = answer(client, "post", address(name, place.case, named[name])).status_code
        if who in may:
            right = status in FURTHER or (status == 403 and may == SEES)
        else:
            right = status == (404 if name == "case_purge" and who not in SEES else refused(name))
        if not right:
            wrong[name] = status
    assert wrong == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_not_logged_in_is_led_to_the_log_in_page_and_nothing_else(place: SimpleNamespace, method: str) -> None:
    client, wrong = Client(raise_request_exception=False), {}
    for name, pattern in addresses().items():
        if name in PUBLIC.split():
            continue
        found = answer(client, method, address(name, place.case, pattern))
        if found.status_code != 302 or not found["Location"].startswith(reverse("login")):
            wrong[name] = found.status_code
    assert wrong == {}


# What must not be seen

SECRET = "演示密钟楼修缮项目"


def texts_of(found: HttpResponse) -> str:
    """Return what an answer says, also inside Word and Excel files."""
    data = b"".join(found.streaming_content) if found.streaming else found.content
    if data[:2] != b"PK":
        return data.decode(errors="ignore")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return "\n".join(packed.read(name).decode(errors="ignore") for name in packed.namelist())


@pytest.fixture
def hidden(place: SimpleNamespace) -> SimpleNamespace:
    """A table of the other department, with everything around it that could tell of it."""
    place.hidden = projects.add_off_list(unit=place.primary, name=SECRET, by=papers.fresh(place.teacher), key=key(),
                                         now=NOW)  # fmt: skip
    return place


SEARCHES = {
    "table_list": ({"q": SECRET}, {"q": "密钟"}, {"state": "draft"}, {"unit": "演示小学"}),
    "inbox": ({"tab": "done"}, {"tab": "begun"}, {"q": SECRET}),
    "overdue_board": ({"q": SECRET},),
    "project_list": ({"q": SECRET},),
    "notices": ({"show": "all"},),
    "verify": ({"hash": "0"},),
}


@pytest.mark.parametrize("who", ["editor", "head", "reviewer", "nobody", "admin"])
def test_a_case_is_nowhere_for_who_may_not_see_it(hidden: SimpleNamespace, who: str) -> None:
    client, told = client_of(getattr(hidden, who)), {}
    for name, pattern in addresses().items():
        for method in ("get", "post") if name != "logout" else ():
            for query in SEARCHES.get(name, ({},)) if method == "get" else ({},):
                url = address(name, hidden.hidden, pattern, pk=hidden.hidden.pk)
                with transaction.atomic():
                    found: Any = getattr(client, method)(url, query)
                    text = texts_of(found)
                    transaction.set_rollback(True)
                words = [word for word in (SECRET, hidden.hidden.number) if word in text and word not in query.values()]
                words = [w for w in words if w != hidden.hidden.number or w not in url]
                if words or ("number" in pattern.pattern.converters and found.status_code not in (404, 405)):
                    told[name, method] = (found.status_code, words)
    assert told == {}


def test_the_same_pages_name_it_to_who_sees_it(hidden: SimpleNamespace) -> None:
    client = client_of(hidden.teacher)
    assert SECRET in texts_of(client.get(reverse("table_list"), {"q": "密钟"}))
    assert SECRET in texts_of(client.get(reverse("table", args=[hidden.hidden.number])))
