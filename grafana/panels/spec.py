"""What a dashboard is before it becomes Grafana's JSON: plain immutable values, texts in both languages."""

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
    """How a panel draws."""

    TILES = "tiles"  # one big number a series
    BARS = "bars"  # one horizontal bar a series
    TREND = "trend"  # lines over time
    STACK = "stack"  # areas on each other
    HEAT = "heat"  # a row a series, a cell an hour
    TABLE = "table"  # a row a queue, a column a query


class Measured(StrEnum):
    """Units, as Grafana names them. The clock forms need no words, so they are the same in every language."""

    SHARE = "percentunit"
    THINGS = "locale"  # every one counts: 1,549, where "short" would say 2 K
    DURATION = "dthms"
    LONG_DURATION = "dtdhms"
    MOMENT = "dateTimeAsLocal"
    PER_SECOND = "cps"
    TIMES = "none"


@dataclass(frozen=True, kw_only=True)
class Query:
    """One expression.

    Attributes:
        expr: PromQL with variables of the dashboard.
        legend: name of its series; ``{{label}}`` is a label's value.
        none: why it gives nothing while everything is well; empty where it must give data.
        instant: of now only, not of the whole range of time.
        hours_back: how far back it reads Prometheus; -1: an hour ahead.
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
    """Which of ``grafana.panels.palette.SCALES`` says it in words and colours."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel.

    Attributes:
        about: KPIs whose definition a reader may want; the first gives the title where there is none.
        renames: what to show for the value of a label.
        scale: which of ``grafana.panels.palette.SCALES`` colours the numbers.
        empty: what stands where there is no number; a table without any row has no data.
        instead: words for the codes of ``grafana.panels.palette`` that an expression gives in place of a number.
        leads_to: the dashboard that a queue of a table leads to.
    """

    shape: Shape
    title: Bilingual = PLAIN
    note: Bilingual = PLAIN
    about: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    columns: tuple[Column, ...] = ()
    keys: Mapping[str, Bilingual] = field(default_factory=dict)
    """Of a table: the labels that make a row, with their headings."""
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
        """The note, then of each KPI what it says, whom it counts, and the formula of what is asked."""
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
        """Everything it asks Prometheus."""
        return (*self.queries, *(column.query for column in self.columns))


def _is_asked(asked: str, label: str, value: str = "") -> bool:
    """Whether an expression chooses ``value`` of a label; which statistic of the same formula makes no difference."""
    return label == STAT or f'{label}="{value}"' in asked


@dataclass(frozen=True, kw_only=True)
class Variable:
    """Something a reader may choose: values of ``label`` on the series of ``source``, or the windows."""

    name: str
    text: Bilingual
    source: str = ""
    narrowed_by: str = ""
    value: str = ""
    """The window chosen at first."""
    all_value: str = ".*"
    """What all of them match."""


@dataclass(frozen=True, kw_only=True)
class Topic:
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
    """Beginning of the query for the view of the wallboard that shows the same."""

    def uid(self, language: Language) -> str:
        """Its name in Grafana's addresses."""
        return f"veinte-{self.name}-{language}"

    def expressions(self) -> tuple[Query, ...]:
        """Everything it asks Prometheus, panel by panel."""
        return tuple(query for row in self.rows for panel in row for query in panel.expressions())

    def panels(self) -> tuple[Panel, ...]:
        """All panels in reading order."""
        return tuple(panel for row in self.rows for panel in row)
