"""Snapshots made by hand, for the tests of what people and Prometheus read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metrics.snapshot import (
    NO_COUNTS,
    ChannelHealth,
    Counts,
    LiveNumbers,
    PipelineNumbers,
    RowKey,
    RowNumbers,
    Snapshot,
)
from metrics.windows import WINDOWS
from streams.measures import Measure
from streams.settings import Channel, Clock, Settings

NOW_MS = 1_795_000_000_000
HEALTHY = ChannelHealth(blind=False, age_ms=250, seen_ms=NOW_MS - 250)
ICMI = {
    Measure.OFFERED: 1060,
    Measure.ANSWERED: 1000,
    Measure.ANSWERED_WITHIN: 860,
    Measure.ABANDONED: 60,
    Measure.SHORT_ABANDONED: 10,
    Measure.ABANDONED_WITHIN: 20,
    Measure.SHORT_WITHIN: 10,
    Measure.REACHED_TARGET: 180,
}
"""1000 answered, of them 860 within the target; 60 abandoned, of them 20 within it and 10 short; nobody taken out."""
ICMI_RATIOS = {
    "short_removed": 0.8190,
    "strict": 0.8113,
    "optimistic": 0.8302,
    "short_credited": 0.8208,
    "early_ignored": 0.8269,
    "answered_only": 0.8600,
}


def counts(plain: Mapping[Measure, int] | None = None, **by_reason: Mapping[str, int]) -> Counts:
    """Counts of measures; ``refused={"busy": 2}`` splits one by reason."""
    split: dict[int, Mapping[str, int]] = {
        Measure[name.upper()]: {f"reason={value}": number for value, number in values.items()}
        for name, values in by_reason.items()
    }
    return Counts(dict((plain or {}).items()), split)


def row(in_every_window: Counts = NO_COUNTS, live: LiveNumbers | None = None, totals: Counts = NO_COUNTS) -> RowNumbers:
    """A row with the same counts in all windows."""
    return RowNumbers(dict.fromkeys(WINDOWS, in_every_window), totals, live or LiveNumbers())


def snapshot(
    rows: Mapping[RowKey, RowNumbers] | None = None,
    health: Mapping[Channel, ChannelHealth] | None = None,
    pipeline: PipelineNumbers | None = None,
) -> Snapshot:
    """A snapshot of ``rows`` where every channel is healthy unless ``health`` says otherwise."""
    return Snapshot(
        now_ms=NOW_MS,
        wall_ms=NOW_MS,
        clock=Clock.WALL,
        channels={**dict.fromkeys(Channel, HEALTHY), **(health or {})},
        rows=dict(rows or {}),
        pipeline=pipeline or PipelineNumbers(),
    )


def settings(folder: Path, **values: Any) -> Settings:
    """Settings of ``values`` and defaults, with everything on disk below ``folder``."""
    return Settings(**{"data": folder, **values})
