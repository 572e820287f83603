"""Specification of a dashboard before it becomes Grafana's JSON: plain immutable values, texts in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from grafana.panels.promql import kpi
from metrics.catalog.formulas import formulas
from metrics.catalog.model import STAT, Kpi
from streams.common.languages import Bilingual, Language

COLUMNS = 24
"""Width of Grafana's grid."""
PLAIN = Bilingual("", "")


class Shape(StrEnum):
    """Form of a panel."""

    TILES = "tiles"  # one big number a series
    BARS = "bars"  # one horizontal bar a series
    TREND = "trend"  # lines over time
    STACK = "stack"  # areas on each other
    HEAT = "heat"  # a row a series, a cell an hour
    TABLE = "table"  # a row a queue, a column a query


class Measured(StrEnum):
    """Units, as Grafana names them. The clock forms need no words, so they are the same in every language."""

    SHARE = "percentunit"
    THINGS = "locale"  # all digits: 1,549, where "short" would show 2 K
    DURATION = "dthms"
    LONG_DURATION = "dtdhms"
    MOMENT = "dateTimeAsLocal"
    PER_SECOND = "cps"
    TIMES = "none"


@dataclass(frozen=True, kw_only=True)
class Query:
    """One expression of a panel.

    Attributes:
        expr: PromQL with variables of the dashboard.
        legend: name of its series; ``{{label}}`` is a label's value.
        none: reason why it is empty in a healthy system; "" where it must return data.
        instant: evaluated now only, not over the whole range of time.
        hours_back: shift of the evaluation into the past, in hours; -1: an hour ahead.
        blind: the grey twin of the query before it.
    """

    expr: str
    legend: Bilingual = PLAIN
    none: str = ""
    instant: bool = True
    hours_back: int = 0
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table."""

    heading: Bilingual
    query: Query
    unit: Measured = Measured.THINGS
    words: str = ""
    """Name of the scale in ``grafana.panels.palette.SCALES`` for its words and colours."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel.

    Attributes:
        about: KPIs whose definitions are shown; the first gives the title where there is none.
        renames: text in place of the value of a label.
        scale: name of the scale in ``grafana.panels.palette.SCALES`` for the colours.
        empty: text in place of a missing number; a table without any row has no data.
        instead: words for the codes of ``grafana.panels.palette``.
        leads_to: the dashboard opened from a queue of a table.
    """

    shape: Shape
    title: Bilingual = PLAIN
    note: Bilingual = PLAIN
    about: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    columns: tuple[Column, ...] = ()
    keys: Mapping[str, Bilingual] = field(default_factory=dict)
    """Of a table: labels that identify a row, with their headings."""
    unit: Measured = Measured.THINGS
    decimals: int | None = None
    renames: Mapping[str, Bilingual] = field(default_factory=dict)
    scale: str = ""
    empty: Bilingual = PLAIN
    instead: Mapping[int, Bilingual] = field(default_factory=dict)
    leads_to: str = "queue"
    width: int = 12
    height: int = 8
    interval: str = ""
    since: str = ""

    def heading(self, language: Language) -> str:
        """The title."""
        return self.title.of(language) or kpi(self.about[0]).text[language].title

    def description(self, language: Language) -> str:
        """The note, then for each KPI its definition, its population, and the formula of the series on the panel."""
        told = [text for name in self.about for text in self._told(kpi(name), language)]
        return "\n\n".join(filter(None, (self.note.of(language), *told)))

    def _told(self, about: Kpi, language: Language) -> Iterator[str]:
        text = about.text[language]
        yield f"{text.help} {text.counted}"
        asked = "\n".join(query.expr for query in self.expressions())
        for formula in formulas(about, language):
            labels, found, _ = formula.partition(": `")
            chosen = [label.split("=") for label in labels.split(", ")] if found else []
            if all(_is_asked(asked, *label) for label in chosen):
                yield formula

    def expressions(self) -> tuple[Query, ...]:
        """Every query to Prometheus."""
        return (*self.queries, *(column.query for column in self.columns))


def _is_asked(asked: str, label: str, value: str = "") -> bool:
    """An expression selects ``value`` of a label; another statistic of the same formula makes no difference."""
    return label == STAT or f'{label}="{value}"' in asked


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A choice of the reader: values of ``label`` on the series of ``source``, or the windows."""

    name: str
    text: Bilingual
    source: str = ""
    narrowed_by: str = ""
    value: str = ""
    """The window chosen at first."""
    all_value: str = ".*"
    """Regular expression that matches all values."""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """One dashboard in both languages. ``rows``: panels from left to right, row under row."""

    name: str
    title: Bilingual
    purpose: Bilingual
    variables: tuple[Variable, ...]
    rows: tuple[tuple[Panel, ...], ...]
    since: str = "now-6h"
    until: str = "now"
    refresh: str = "30s"
    kiosk: bool = False
    live_view: str = ""
    """Beginning of the query string for the matching view of the wallboard."""

    def uid(self, language: Language) -> str:
        """Its name in Grafana's addresses."""
        return f"veinte-{self.name}-{language}"

    def expressions(self) -> tuple[Query, ...]:
        """Every query to Prometheus, panel by panel."""
        return tuple(query for row in self.rows for panel in row for query in panel.expressions())

    def panels(self) -> tuple[Panel, ...]:
        """All panels in reading order."""
        return tuple(panel for row in self.rows for panel in row)
