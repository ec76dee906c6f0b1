"""What the house promises about its code, read from the code itself."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.source import ROOMS, ROOT, lines_matching, own_files, text, with_suffix

LONGEST_FILE = 400
WRITES_STATE = {Path("workflow/engine.py")}


def test_imports_go_one_way() -> None:
    code = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint(['--no-cache']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_the_core_of_the_procedure_imports_no_http() -> None:
    # import-linter forbids our own modules there; of foreign packages it knows only the top level.
    contracts = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    core = next(one["source_modules"] for one in contracts if one["name"].endswith("knows no HTTP"))
    paths = [Path(*module.split(".")).with_suffix(".py") for module in core]
    assert len(paths) >= 6
    assert lines_matching(r"^\s*(from|import) django\.(http|shortcuts|views|urls|template)\b", paths) == []


def _names_state(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "state"


def _sets_state(node: ast.AST) -> bool:
    """Say whether this piece of syntax gives an attribute or a column named `state` a value."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        goals = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(goal, ast.Attribute) and goal.attr == "state" for goal in goals)
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called in {"create", "get_or_create", "update_or_create", "Case"} or (called == "update" and not node.args):
        return any(keyword.arg == "state" for keyword in node.keywords)
    if called == "move":  # of sql.Writes: the columns MOVED of a case, its state among them
        return any(keyword.arg == "version" for keyword in node.keywords)
    if called == "setattr":
        return len(node.args) > 1 and _names_state(node.args[1])
    if called in {"bulk_update", "save", "update"}:
        lists = [*node.args, *(keyword.value for keyword in node.keywords)]
        return any(
            _names_state(part) for one in lists if isinstance(one, ast.List | ast.Tuple | ast.Set) for part in one.elts
        )
    return False


def _state_writes(source: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(source)) if _sets_state(node)]  # type: ignore[attr-defined]


def test_only_the_engine_writes_the_state_of_a_case() -> None:
    found = {path: _state_writes(text(path)) for path in with_suffix(".py", within=ROOMS)}
    assert {path for path, lines in found.items() if lines} == WRITES_STATE, {
        str(path): lines for path, lines in found.items() if lines and path not in WRITES_STATE
    }


def test_the_named_statement_that_moves_a_case_is_of_one_door() -> None:
    naming = {path for path in with_suffix(".py", within=ROOMS) if "MOVE_CASE" in text(path)}
    assert naming == {Path("workflow/sql.py")}


@pytest.mark.parametrize(
    "line",
    [
        "case.state = 'approved'",
        "Case.objects.filter(pk=1).update(state='approved')",
        "Case.objects.create(state=State.APPROVED)",
        "Case(state='approved')",
        "setattr(case, 'state', 'approved')",
        "case.save(update_fields=['state'])",
        "Case.objects.bulk_update(cases, ['state', 'version'])",
        "writes.move(case, version=was)",
    ],
)
def test_the_search_for_state_writers_sees_each_way_of_writing(line: str) -> None:
    assert _state_writes(line) == [1]


def test_reading_the_state_is_no_writing() -> None:
    assert _state_writes("x = case.state\nCase.objects.filter(state='draft').update(version=2)") == []


def test_no_file_is_longer_than_a_reader_bears() -> None:
    lengths = {path: len(text(path).splitlines()) for path in with_suffix(".py", ".html", ".css", ".js", ".sh")}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_has_its_sign_on_the_door() -> None:
    silent = [
        str(path)
        for path in with_suffix(".py")
        if path.name != "__init__.py" and text(path).strip() and not ast.get_docstring(ast.parse(text(path)))
    ]
    assert silent == []


def test_nothing_is_left_to_be_done() -> None:
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "raise NotImplemented" + "Error"))
    assert lines_matching(rf"\b({marks})\b", with_suffix(".py", ".html", ".css", ".js", ".sh", ".md")) == []


def test_no_request_is_one_long_transaction() -> None:
    setting = "ATOMIC_" + "REQUESTS"
    assert lines_matching(setting, with_suffix(".py", ".toml")) == []


def test_the_project_says_nothing_of_where_it_was_made() -> None:
    words = ("/wo" + "rk/", "/ro" + "ot/", "/tmp/" + "briefs", "cla" + "ude", "anthro" + "pic", "chat" + "gpt")
    words += ("language " + "model", "co-authored" + "-by", "AI-" + "generated", "other la" + "ne", "this la" + "ne")
    pattern = "(?i)" + "|".join(words)
    assert lines_matching(pattern, [path for path in own_files() if path.suffix != ".lock"]) == []


def test_the_locks_name_no_index_and_hash_everything() -> None:
    for lock in ("requirements.lock", "requirements-test.lock"):
        lines = text(Path(lock)).splitlines()
        assert [line for line in lines if "http" in line or line.startswith("-")] == []
        pinned = [number for number, line in enumerate(lines) if line and line[0] not in " #"]
        assert [lines[number] for number in pinned if "--hash=sha256:" not in lines[number + 1]] == []


def test_the_test_lock_holds_the_versions_of_the_other_one() -> None:
    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in text(Path(name)).splitlines() if "==" in line and line[0] not in " #"}

    assert pins("requirements.lock") - pins("requirements-test.lock") == set()


def test_no_text_is_translated_under_a_name_that_extraction_does_not_know() -> None:
    """A page would show such a text in English; the catalogue would look complete."""
    pattern = r"import .*\bu?n?p?gettext\w* as (?!_\b)\w+"
    assert lines_matching(pattern, with_suffix(".py", within=ROOMS)) == []
