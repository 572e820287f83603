"""Tiles of the KPIs of queues that no dashboard places by hand: below the other panels of their channels' dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from grafana.panels.panel_helpers import CHOSEN, CHOSEN_TICKETS, tile
from grafana.panels.promql import BY_CHANNEL, count, denominator, now, quotient
from grafana.panels.spec import COLUMNS, Dashboard, Measured, Panel
from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import STAT, TICKETS_ONLY, Average, Count, Now, QueueKpi, Ratio, Unit
from streams.common.vocabulary import Channel

UNSHOWN: Mapping[str, str] = {
    "contact_center_service_level_events_total": "the denominator of `short_removed` is the same number",
    "contact_center_service_level_met_total": "the numerator of `short_removed` is the same number",
    "contact_center_queue_utc_offset_seconds": "for the rules, which find a queue's midnight with it",
    "contact_center_team_resolution_ratio": 'in the API, and with `metrics_detail = "full"`',
    "contact_center_agent_resolution_ratio": "by person: in the API only",
}
"""KPIs on no dashboard, each with its reason."""
_TILE_WIDTH = 4
_A_ROW = COLUMNS // _TILE_WIDTH


def names_of(kpi: QueueKpi) -> set[str]:
    """The names that queries use for a KPI, without the endings of numerators and denominators."""
    return {kpi.name, getattr(kpi, "gauge", kpi.name), getattr(kpi, "base", kpi.name)}


def is_asked(kpi: QueueKpi, asked: str) -> bool:
    """True if the PromQL ``asked`` reads the KPI."""
    endings = "(_numerator|_denominator|_sum|_count)?"
    return any(re.search(rf"\b{name}{endings}\{{", asked) for name in names_of(kpi))


def with_remaining(dashboards: tuple[Dashboard, ...], calls: Dashboard, tickets: Dashboard) -> tuple[Dashboard, ...]:
    """The dashboards, with rows of tiles on two of them.

    Args:
        dashboards: all, in their order.
        calls: the one for KPIs that calls or chats have.
        tickets: the one for KPIs that only tickets have.

    Raises:
        LookupError: a KPI with labels is placed nowhere; which of its series a panel shows is a matter of taste.
    """
    asked = "\n".join(query.expr for dashboard in dashboards for query in dashboard.expressions())
    remaining = [kpi for kpi in QUEUE_KPIS if kpi.name not in UNSHOWN and not is_asked(kpi, asked)]
    tiles: dict[str, list[Panel]] = {calls.name: [], tickets.name: []}
    for kpi in remaining:
        home = tickets if kpi.channels == TICKETS_ONLY else calls
        tiles[home.name].append(_tile(kpi))
    return tuple(
        replace(dashboard, rows=(*dashboard.rows, *_rows(tiles.get(dashboard.name, [])))) for dashboard in dashboards
    )


def _rows(tiles: list[Panel]) -> Iterator[tuple[Panel, ...]]:
    for first in range(0, len(tiles), _A_ROW):
        yield tuple(tiles[first : first + _A_ROW])


def _tile(kpi: QueueKpi) -> Panel:
    """A tile by channel, in the window that the dashboard's reader chose."""
    of_tickets = kpi.channels == TICKETS_ONLY
    chosen, trusted = (CHOSEN_TICKETS, {"channel": Channel.TICKET.value}) if of_tickets else (CHOSEN, CHOSEN)
    duration = Measured.LONG_DURATION if of_tickets else Measured.DURATION
    if set(kpi.labels) - {STAT}:
        labels = ", ".join(sorted(set(kpi.labels) - {STAT}))
        raise LookupError(f"no dashboard shows {kpi.name}, which has labels ({labels}): place it in dashboards_src")
    window = {**chosen, "window": "$window"}
    counted = ""
    match kpi:
        case Ratio():
            expr, unit = quotient(kpi.name, BY_CHANNEL, window), Measured.SHARE
            counted = denominator(kpi.name, BY_CHANNEL, window)
        case Average():
            expr, unit = quotient(kpi.name, BY_CHANNEL, window), duration
            counted = denominator(kpi.name, BY_CHANNEL, window)
        case Count():
            expr, unit = count(kpi.name, BY_CHANNEL, window), Measured.THINGS
        case Now():
            expr = now(kpi.name, BY_CHANNEL, chosen)
            unit = duration if kpi.unit is Unit.SECONDS else Measured.THINGS
        case _:
            raise LookupError(f"no dashboard shows {kpi.name}: place it in dashboards_src")
    return tile(kpi.name, expr, unit=unit, counted=counted, match=trusted, width=_TILE_WIDTH)
