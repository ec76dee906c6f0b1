"""What an operator relies on: settings explained, commands there, migrations and catalogues complete, a calm broker."""

import re
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from tests.house import catalogues
from tests.house.source import ROOMS, ROOT, lines_matching, text, with_suffix

VARIABLE = re.compile(r"\bBTR_[A-Z0-9_]+\b")
COMMANDS = {"read_targets", "check_targets", "import_projects", "act", "seed_demo", "load_defaults"}
COMMANDS |= {"sweep", "sync_grants", "verify_record"}


def test_every_setting_is_explained_and_every_explained_one_is_read() -> None:
    read = {name for path in with_suffix(".py", within=ROOMS) for name in VARIABLE.findall(text(path))}
    explained = set(re.findall(r"^(BTR_[A-Z0-9_]+)=", text(Path(".env.example")), re.MULTILINE))
    assert explained == read


def test_settings_are_read_in_one_place_only() -> None:
    paths = with_suffix(".py", within=("workflow", "targets", "notifications"))
    assert lines_matching(r"os\.environ|os\.getenv", paths) == []


def test_the_commands_that_others_rely_on_are_there() -> None:
    ours = {name for name, app in get_commands().items() if app in ROOMS}
    assert ours >= COMMANDS


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    words = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=words)
    assert "No changes detected" in words.getvalue()


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_catalogue_has_no_gap_and_is_compiled(language: str) -> None:
    assert catalogues.gaps(language) == []
    assert catalogues.stale_binary(language) == []


if shutil.which("xgettext"):

    def test_the_catalogues_hold_exactly_the_messages_of_the_code() -> None:
        assert catalogues.extraction_differences() == []


def test_placeholders_survive_translation() -> None:
    places = re.compile(r"%\((\w+)\)[sd]")
    wrong = []
    for entry in catalogues.catalogue("zh_Hans"):
        asked = set(places.findall(entry.msgid))
        allowed = asked | set(places.findall(entry.msgid_plural))
        for word in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            said = set(places.findall(word))
            # One Chinese form serves both numbers, so a plural may leave out a place, never invent one.
            if word and (said - allowed or (not entry.msgid_plural and said != asked)):
                wrong.append(entry.msgid)
    assert wrong == []


def test_both_readmes_name_only_commands_that_exist() -> None:
    rules = set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), re.MULTILINE))
    for readme in ("README.md", "README.zh-CN.md", "deploy/README.md"):
        words = text(Path(readme))
        named = set(re.findall(r"(?:^|`|&& |\w=\S+ )make ([a-z-]+)", words, re.MULTILINE))
        assert named <= rules
        assert {"run", "test", "stop"} <= named or readme.startswith("deploy")
        assert set(re.findall(r"manage\.py ([a-z_]+)", words)) <= set(get_commands())


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_both_readmes_list_every_command(readme: str) -> None:
    ours = {name for name, app in get_commands().items() if app in ROOMS}
    assert set(re.findall(r"^\| `([a-z_]+)", text(Path(readme)), re.MULTILINE)) & ours == ours


def test_a_broker_that_fails_costs_nothing_but_time() -> None:
    from deploy.celery_app import app

    wanted = {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_time_limit": 300,
        "task_soft_time_limit": 240,
        "worker_prefetch_multiplier": 1,
        "worker_max_tasks_per_child": 500,
        "worker_max_memory_per_child": 400000,
        "worker_soft_shutdown_timeout": 30,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "enable_utc": True,
        "timezone": "Asia/Shanghai",
    }
    set_to = {name: app.conf.get(name) for name in wanted} | {"accept_content": list(app.conf.accept_content)}
    assert set_to == wanted
    transport = app.conf.broker_transport_options
    assert transport["visibility_timeout"] >= 3 * app.conf.task_time_limit
    assert transport["socket_connect_timeout"] <= 3
    assert app.conf.task_publish_retry_policy["max_retries"] == 1


def test_every_task_has_a_name_of_its_own_and_nothing_waits_by_countdown() -> None:
    paths = with_suffix(".py", within=ROOMS)
    assert lines_matching(r"\b(countdown|eta)\s*=|\.get\(timeout=|\bchord\(", paths) == []
    tasks = [path for path in paths if re.search(r"@(shared_task|app\.task)", text(path))]
    assert tasks
    for path in tasks:
        assert not re.search(r"@(shared_task|app\.task)(\(\))?\s*$", text(path), re.MULTILINE), path


def test_every_address_named_in_the_code_exists() -> None:
    from django.urls import get_resolver

    known = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    code = r'(?:reverse|reverse_lazy|redirect)\(\s*"([a-z_]+)"'
    named = {name for path in with_suffix(".py", within=ROOMS) for name in re.findall(code, text(path))}
    pages = [path for path in with_suffix(".html", ".txt") if "templates" in path.parts]
    named |= {name for path in pages for name in re.findall(r"{%\s*url ['\"]([a-z_]+)['\"]", text(path))}
    assert named - known == set()


def test_links_between_our_pages_lead_somewhere() -> None:
    broken = [
        f"{page}: {link}"
        for page in with_suffix(".md")
        for link in re.findall(r"\]\(([^)#\s]+)", text(page))
        if "://" not in link and not (ROOT / page.parent / link).exists()
    ]
    assert broken == []
