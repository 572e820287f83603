"""A KPI as one page of ``/metrics`` shows it: the series and percentiles of one channel in one window. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metrics.catalog.detail import LEAN_PERCENTILES, Detail
from metrics.catalog.model import Average, DividedKpi, WindowedKpi
from streams.common.vocabulary import Channel


def narrowed(kpi: WindowedKpi, detail: Detail, channel: Channel, window: str) -> WindowedKpi | None:
    """The part of a KPI that a page shows; ``None`` where it has none of this window."""
    if kpi.api_only or channel not in kpi.channels or window not in kpi.windows:
        return None
    if detail is Detail.FULL:
        return kpi
    if not isinstance(kpi, DividedKpi):
        return kpi if window in kpi.lean.of(channel) else None
    series = tuple(own for own in kpi.series if window in kpi.lean.of(channel, own.labels))
    if not series:
        return None
    if isinstance(kpi, Average):
        return replace(kpi, series=series, percentiles=tuple(lean_percentiles(channel, window)))
    return replace(kpi, series=series)


def lean_percentiles(channel: Channel, window: str) -> Iterator[str]:
    """Percentiles of a window on the lean page, by ``stat``."""
    return (stat for stat, windows in LEAN_PERCENTILES[channel].items() if window in windows)
