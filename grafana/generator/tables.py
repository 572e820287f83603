"""The tables of docs/grafana.md: KPIs of each dashboard, and queries that are empty by design."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grafana.dashboards_src import DASHBOARDS
from grafana.dashboards_src.remaining import UNSHOWN
from grafana.panels.spec import Dashboard
from metrics.catalog import CATALOG
from streams.common.languages import Language

PAGE = Path("docs/grafana.md")
BEGIN, END = "<!-- generated: tables -->", "<!-- end -->"


def page_text() -> str:
    """The page with its tables made anew and the text around them unchanged.

    Raises:
        ValueError: the page lacks the markers around the tables.
    """
    page = PAGE.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} needs a line {BEGIN} and a line {END}: the tables go between them")
    return "".join((before, BEGIN, "\n\n", "\n".join(_lines()), "\n\n", END, after))


def _lines() -> Iterator[str]:
    yield "| dashboard | es · en | panels | expressions | give data | of them on history | by design none |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(row_of, DASHBOARDS)
    yield _row("all", DASHBOARDS, f"{len(DASHBOARDS) * len(Language)} dashboards")
    yield ""
    yield "| by design none | how many | why |"
    yield "|---|---|---|"
    yield from _reasons()
    yield ""
    shown = len(CATALOG) - len(UNSHOWN)
    yield f"Of the {len(CATALOG)} KPIs of the catalogue {shown} are on a dashboard. The others:"
    yield ""
    yield "| KPI | why it is on none |"
    yield "|---|---|"
    yield from (f"| `{name}` | {why} |" for name, why in UNSHOWN.items())


def row_of(dashboard: Dashboard) -> str:
    """The row of one dashboard."""
    uids = " · ".join(f"`{dashboard.uid(language)}`" for language in (Language.SPANISH, Language.ENGLISH))
    return _row(dashboard.title.en.removeprefix("Veinte · "), (dashboard,), uids)


def _row(name: str, dashboards: tuple[Dashboard, ...], uids: str) -> str:
    panels = sum(len(dashboard.panels()) for dashboard in dashboards)
    queries = [query for dashboard in dashboards for query in dashboard.expressions()]
    none = sum(bool(query.none) for query in queries)
    past = sum(bool(query.hours_back) for query in queries)
    return f"| {name} | {uids} | {panels} | {len(queries)} | {len(queries) - none} | {past} | {none} |"


def _reasons() -> Iterator[str]:
    found: dict[str, dict[str, int]] = {}
    for dashboard in DASHBOARDS:
        for query in dashboard.expressions():
            if query.none:
                counted = found.setdefault(query.none, {})
                counted[dashboard.name] = counted.get(dashboard.name, 0) + 1
    for why, counted in found.items():
        yield f"| {', '.join(counted)} | {sum(counted.values())} | {why} |"
