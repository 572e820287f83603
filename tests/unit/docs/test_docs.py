"""Documentation that cannot rot: settings, commands, targets, links and the lock file are held against the code."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement

from streams.config.queue_settings import QueueSettings
from streams.config.setting_sources import ENV_PREFIX
from streams.config.settings import Settings
from streams.contract.decoding import REASONS
from streams.tools.settings_docs import settings_page
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")])
LOCK = (ROOT / "requirements.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def commands() -> dict[str, set[str]]:
    """Every subcommand of `veinte`, with its own subcommands."""
    from metrics.commands.cli import app

    group = typer.main.get_command(app)
    return {name: set(getattr(command, "commands", ())) for name, command in group.commands.items()}  # type: ignore[attr-defined]


def name_of(document: Path) -> str:
    """A document's path in the repository."""
    return str(document.relative_to(ROOT))


def without_code(text: str) -> str:
    """Markdown without its code blocks and code spans."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.sub(r"`[^`]*`", "", text)


def anchors(document: Path) -> set[str]:
    """Anchors of a document: the part of a link after the number sign."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    """Each setting has a row with its variable and a meaning."""
    assert Settings.model_fields[name].description
    assert f"| `{name}` | `{ENV_PREFIX}{name.upper()}`" in settings_page()


@pytest.mark.parametrize("name", QueueSettings.model_fields)
def test_every_setting_of_a_queue_is_documented(name: str) -> None:
    """Each setting of a queue has a row and a meaning."""
    assert QueueSettings.model_fields[name].description
    assert f"\n| `{name}` | " in settings_page()


def test_readme_names_every_command() -> None:
    """The table of commands is complete, and names no command that is not there."""
    table = re.findall(r"^\| `veinte ([a-z-]+)", README, flags=re.MULTILINE)
    assert sorted(commands()) == sorted(table)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_in_documents_exist(document: Path) -> None:
    """Every command that a document shows is one that `veinte` has."""
    known = commands()
    for name, second in re.findall(r"(?:^|[`/ ])veinte ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?", _code(document)):
        assert name in known
        if known[name] and second:
            assert second in known[name]


def _code(document: Path) -> str:
    """Code spans and indented or fenced blocks of a document."""
    text = document.read_text()
    blocks = re.findall(r"```.*?```", text, flags=re.DOTALL) + re.findall(r"^ {4}.+$", text, flags=re.MULTILINE)
    return "\n".join(blocks + re.findall(r"`veinte [^`]*`", text))


def test_each_threat_names_tests_that_are_there() -> None:
    """Each row of the threat model names at least one test, and all of them are in the repository."""
    page = (ROOT / "docs" / "security.md").read_text()
    _, _, rows = page.partition("|---|---|---|---|\n")
    threats = [line for line in rows.partition("\n\n")[0].splitlines() if line.startswith("| ")]
    named = [re.findall(r"`(tests/[^`]+)`", threat) for threat in threats]
    assert len(threats) >= 10
    assert [] == [threat for threat, tests in zip(threats, named, strict=True) if not tests]
    assert [] == [test for tests in named for test in tests if not (ROOT / test).is_file()]


def test_make_help_lists_every_target() -> None:
    """Each target has a line, and the ones that the README promises are there."""
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^make ([a-z]+)", help_text, flags=re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, flags=re.MULTILINE)
    assert sorted(phony.split()) == sorted(listed)
    assert {"setup", "demo", "test", "check", "bench"} <= set(listed)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_resolve(document: Path) -> None:
    """Every link into the repository names a file, and a heading of it where it says one."""
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_documents_name_real_settings(document: Path) -> None:
    """A VEINTE_ variable in a document is one that exists."""
    names = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for variable in re.findall(r"\bVEINTE_[A-Z_]*[A-Z]", document.read_text()):
        assert variable.removesuffix("_FILE") in names or variable in names


def test_reasons_are_documented() -> None:
    """Every reason to refuse a record is named where the events are described."""
    text = (ROOT / "docs" / "events.md").read_text()
    assert [] == [reason for reason in REASONS if f"`{reason}`" not in text]


def test_every_document_is_reachable() -> None:
    """Each page in docs/ is linked from the README or from another page."""
    linked = {
        (document.parent / link.partition("#")[0]).resolve()
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text()))
    }
    pages = [document for document in DOCUMENTS if document.parent == ROOT / "docs"]
    assert [] == [name_of(page) for page in pages if page not in linked]


def _locked() -> dict[str, list[str]]:
    """Versions in the lock file by package; several where the platform decides."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", LOCK, flags=re.MULTILINE):
        versions.setdefault(_normal(name), []).append(version)
    return versions


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for group in (*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()):
        lines += group
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", _declared(), ids=str)
def test_lock_covers_what_is_declared(requirement: Requirement) -> None:
    """Each declared dependency is pinned, in a version that satisfies it, and explained."""
    versions = _locked().get(_normal(requirement.name), [])
    assert versions
    assert all(requirement.specifier.contains(version) for version in versions)
    assert requirement.name in (ROOT / "docs" / "dependencies.md").read_text()


def test_lock_names_no_host() -> None:
    """The lock file works with any mirror, and every pin has hashes."""
    assert "://" not in LOCK
    pins = re.findall(r"^[A-Za-z0-9._-]+==.*$", LOCK, flags=re.MULTILINE)
    assert all(pin.endswith("\\") for pin in pins)
