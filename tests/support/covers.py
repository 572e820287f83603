"""Tests say themselves which KPIs they cover: ``@covers("contact_center_redial_ratio")``.

A name stands for every series of the KPI, ``name{label=value}`` for those with this value. ``docs/kpi-coverage.md`` is
made of these decorators.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, TypeVar

from hypothesis import is_hypothesis_test

from tests.support.kpi_rows import Row
from tests.support.paths import ROOT

Test = TypeVar("Test", bound=Callable[..., object])
_COVERED = "covered_kpis"


class Covered(NamedTuple):
    """The series of one KPI that a test covers: all of them, or those with one of the values of each label."""

    name: str
    labels: dict[str, set[str]]

    @classmethod
    def parse(cls, text: str) -> Covered:
        """``name``, or ``name{label=value|value,label=value}``."""
        name, _, labels = text.removesuffix("}").partition("{")
        pairs = (pair.partition("=") for pair in labels.split(",") if pair)
        return cls(name, {label: set(values.split("|")) for label, _, values in pairs})

    def __str__(self) -> str:
        labels = ",".join(f"{label}={'|'.join(sorted(values))}" for label, values in self.labels.items())
        return f"{self.name}{{{labels}}}" if labels else self.name

    def includes(self, row: Row) -> bool:
        """The row has this name, and of each label one of these values."""
        own = row.values()
        return self.name == row.name and all(
            label in own and not values.isdisjoint(own[label]) for label, values in self.labels.items()
        )


class CoveringTest(NamedTuple):
    """A test with the decorator. A property is tested by Hypothesis, a vector is worked out by hand."""

    path: Path
    name: str
    is_property: bool
    covered: tuple[Covered, ...]


def covers(*kpis: str) -> Callable[[Test], Test]:
    """Decorate a test that fails where the way from events to one of these KPIs is wrong; it stands first."""

    def decorate(test: Test) -> Test:
        setattr(test, _COVERED, tuple(map(Covered.parse, kpis)))
        return test

    return decorate


@cache
def covering_tests() -> tuple[CoveringTest, ...]:
    """Every decorated test of the repository, by path and then in the order of its file."""
    return tuple(
        CoveringTest(path, name, is_hypothesis_test(value), getattr(value, _COVERED))
        for path in sorted(file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py"))
        if re.search(r"^@covers\(", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, value in vars(import_module(".".join(path.with_suffix("").parts))).items()
        if hasattr(value, _COVERED) and name.startswith("test_")
    )
