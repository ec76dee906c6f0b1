"""Pages need no other site and no new browser: read from templates, styles and scripts, and from the vendored files."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, lines_matching, text, with_suffix

VENDOR = ROOT / "deploy" / "static" / "vendor"
# What Chromium 86 (360, 奇安信 and other browsers of these offices) does not know.
TOO_NEW_STYLES = (r":has\(", r"color-mix\(", r"oklch\(", r"@container\b", r"@layer\b", r"field-sizing", r"^\s*&")
TOO_NEW_SCRIPTS = (r"\?\?=", r"\|\|=", r"&&=", r"\.at\(", r"structuredClone", r"\.replaceAll\(", r"Object\.hasOwn")
TOO_NEW_MARKUP = (r"<[^>]*\spopover[\s=>]", r"<[^>]*\sinert[\s=>]")


def _templates() -> list[Path]:
    return [path for path in with_suffix(".html", ".txt") if "templates" in path.parts]


def test_templates_fetch_nothing_from_another_site() -> None:
    pattern = r"""(?i)(src|href|action|srcset|poster|hx-\w+)\s*=\s*["']?\s*(https?:)?//"""
    pattern += r"""|url\(\s*["']?(https?:)?//|@import"""
    assert lines_matching(pattern, _templates()) == []


def test_own_styles_and_scripts_fetch_nothing_from_another_site() -> None:
    own = with_suffix(".css", ".js", within=("deploy", "targets"))
    found = lines_matching(r"(?i)(https?:)?//[a-z0-9-]+\.[a-z]{2,}", own)
    assert [line for line in found if "www.w3.org" not in line] == []


def test_vendored_styles_fetch_nothing_from_another_site() -> None:
    for path in VENDOR.rglob("*.css"):
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*", path.read_text(encoding="utf-8")) == []


def test_pages_carry_no_inline_script_or_style() -> None:
    pattern = r"(?i)<style\b|\sstyle\s*=|\son(click|change|submit|load|input|focus|blur|key\w+)\s*=|javascript:|hx-on"
    pages = [path for path in _templates() if "email" not in path.parts]
    assert lines_matching(pattern, pages) == []
    inline = lines_matching(r"<script(?![^>]*\ssrc=)", pages)
    assert [line for line in inline if 'type="application/json"' not in line] == []


@pytest.mark.parametrize(
    ("suffix", "patterns"), [(".css", TOO_NEW_STYLES), (".js", TOO_NEW_SCRIPTS), (".html", TOO_NEW_MARKUP)]
)
def test_nothing_is_too_new_for_old_browsers(suffix: str, patterns: tuple[str, ...]) -> None:
    paths = [path for path in with_suffix(suffix) if "tests" not in path.parts]
    assert lines_matching("|".join(patterns), paths) == []


def test_each_vendored_file_is_the_one_in_the_list() -> None:
    packages = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))["packages"]
    listed = {
        f"{package['folder']}/{name}": digest for package in packages for name, digest in package["files"].items()
    }
    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.lock.json"
    }
    assert present == listed
    for package in packages:
        assert package["licence"]
        assert any("LICENSE" in name.upper() for name in package["files"]), package["name"]


def test_each_component_says_its_arguments() -> None:
    silent = [
        str(path)
        for path in _templates()
        if "components" in path.parts and not text(path).lstrip().startswith(("{% comment %}", "{#"))
    ]
    assert silent == []
