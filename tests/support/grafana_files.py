"""The committed dashboards and what stands in them, for the tests of Grafana."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from grafana.dashboards_src import DASHBOARDS
from grafana.panels.promql import RATE_RANGE
from grafana.panels.spec import Dashboard
from streams.common.languages import Language
from tests.support.paths import ROOT

FOLDER = ROOT / "grafana"
BOARDS = [(dashboard, language) for dashboard in DASHBOARDS for language in Language]
BOARD_NAMES = [dashboard.uid(language) for dashboard, language in BOARDS]
WORDS_OF_PROMQL = {
    *("sum", "max", "count", "rate", "increase", "vector", "by", "on", "and", "or", "unless", "group_left", "offset"),
    *("h", "d", "m"),  # units of a duration
}
STRINGS = re.compile(r'"[^"]*"')
SELECTOR = re.compile(r"([a-z][a-z0-9_]*)\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|on|group_left) \(([^)]*)\)")


def dashboard_json(dashboard: Dashboard, language: Language) -> dict[str, Any]:
    """A committed dashboard."""
    found: dict[str, Any] = json.loads((FOLDER / "dashboards" / language / f"{dashboard.name}.json").read_text())
    return found


def expressions(board: Mapping[str, Any]) -> list[str]:
    """Expressions of the panels of a dashboard, in order."""
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def variables(board: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Its variables by name."""
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def opened(board: Mapping[str, Any]) -> list[str]:
    """Its expressions with the choices that it opens with."""
    choices = {name: each.get("allValue") or each["current"]["value"] for name, each in variables(board).items()}
    return [_with(choices, expression) for expression in expressions(board)]


def _with(choices: Mapping[str, str], expression: str) -> str:
    expression = expression.replace(RATE_RANGE, "1m")
    for name, value in choices.items():
        expression = expression.replace(f"${name}", value)
    return expression


def selectors(expression: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The series an expression chooses: name and labels with their matchers' values."""
    for name, inside in SELECTOR.findall(expression):
        yield name, dict(re.findall(r'([a-z_]+)=~?"([^"]*)"', inside))


def groupings(expression: str) -> set[str]:
    """Labels that an expression sums or joins by."""
    return {label for inside in GROUPING.findall(expression) for label in re.split(r", ?", inside) if label}


def other_words(expression: str) -> set[str]:
    """The rest of an expression without its series, labels, strings and the words of PromQL."""
    bare = STRINGS.sub("", GROUPING.sub("", SELECTOR.sub("", expression)))
    return set(re.findall(r"[A-Za-z_]+", bare)) - WORDS_OF_PROMQL
