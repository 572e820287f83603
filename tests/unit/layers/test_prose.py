"""Docstrings begin with a noun of the field, and not with a clause."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT

CLAUSE = re.compile(r"(What|Whether|How)\b")


def docstrings(folder: str) -> Iterator[tuple[str, str]]:
    """Every docstring below a folder, with the place of its module, class or function."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                line = 1 if isinstance(node, ast.Module) else node.lineno
                yield f"{file.relative_to(ROOT)}:{line}", ast.get_docstring(node) or ""


@pytest.mark.parametrize("folder", ["streams", "metrics", "grafana", "tests"])
def test_a_docstring_names_its_subject(folder: str) -> None:
    """No docstring begins with What, Whether or How: "Whether it is open" is "True while it is open"."""
    assert [] == [f"{place} {text.splitlines()[0]}" for place, text in docstrings(folder) if CLAUSE.match(text)]


@pytest.mark.parametrize(
    "text,expected",
    [("What is said.", True), ("Whether it is open.", True), ("How many.", True), ("However many.", False)],
)
def test_a_clause_is_found(text: str, expected: bool) -> None:
    """Only these words on their own are found; quoted ones, such as ``"How many" is asked.``, are not."""
    assert (expected, False) == (bool(CLAUSE.match(text)), bool(CLAUSE.match(f'"{text}" is asked.')))
