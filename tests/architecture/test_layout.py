"""The repository holds what it should, where it should, and names no machine and no registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    "README.md", "manage.py", "pyproject.toml", "requirements", "Makefile", ".ci", "LICENSE", "CHANGELOG.md",
    "CONTRIBUTING.md", "SECURITY.md", ".pre-commit-config.yaml", ".gitignore", ".gitattributes",
    ".editorconfig",
    ".python-version", "docs",
    "consumerapp", "portal", "display", "static", "templates", "tests", "locale",
}  # fmt: skip
LONGEST_MODULE_LINES = 600


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_top_level_holds_only_what_was_agreed():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_no_module_outgrows_its_reader():
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text().splitlines())) > LONGEST_MODULE_LINES
    }
    assert too_long == {}


def test_no_third_party_script_is_committed():
    assert [path for path in tracked() if path.name.endswith((".min.js", ".min.css"))] == []


@pytest.mark.parametrize("folder", ["requirements", ".ci", "Makefile"])
def test_install_files_name_packages_and_no_hosts(folder):
    for path in tracked(folder):
        assert not re.search(r"https?://|index-url|--registry", path.read_text()), path


def test_requirements_are_locked_by_hash():
    for path in tracked("requirements/*.txt"):
        pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", path.read_text(), re.MULTILINE)
        assert pins
        assert path.read_text().count("--hash=sha256:") >= len(pins), path


def test_no_path_of_a_machine_is_written_down():
    this_file = Path(__file__)
    for path in tracked("*.py", "*.md", "*.toml", "*.html", "*.css", "*.js", "Makefile", ".ci/*"):
        if path != this_file:
            assert not re.search(r"/root/|/home/\w+/|/work/", path.read_text()), path
