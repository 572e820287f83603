"""Snapshots made by hand, for the tests of what people and Prometheus read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from metrics.snapshot.snapshot import (
    NO_COUNTS,
    ChannelHealth,
    Counts,
    LiveNumbers,
    PipelineNumbers,
    RowKey,
    RowNumbers,
    Snapshot,
)
from metrics.snapshot.windows import WINDOWS
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.numbers.measures import Measure, Sketch
from streams.numbers.sketches import bucket_of

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


DIMENSION_OF = {
    Measure.REFUSED: "reason",
    Measure.LEFT_QUEUE: "reason",
    Measure.ESCALATIONS: "kind",
    Measure.ESCALATIONS_BY_TOPIC: "topic",
    Measure.CONTACTS_BY_TOPIC: "topic",
    Measure.REPEAT_BASE_BY_TOPIC: "topic",
    Measure.REPEATED_BY_TOPIC: "topic",
    Measure.TEAM_OPENED: "team",
    Measure.TEAM_SOLVED: "team",
    Measure.TEAM_COHORT_SOLVED: "team",
    Measure.AGENT_ASSIGNED: "agent",
    Measure.AGENT_SOLVED: "agent",
}
"""What a measure is split by; the others are stored whole."""


def counts(plain: Mapping[Measure, int] | None = None, **by_value: Mapping[str, int]) -> Counts:
    """Counts of measures; ``refused={"busy": 2}`` splits one by the values of its dimension."""
    split: dict[int, Mapping[str, int]] = {
        Measure[name.upper()]: {f"{DIMENSION_OF[Measure[name.upper()]]}={v}": number for v, number in values.items()}
        for name, values in by_value.items()
    }
    return Counts(dict((plain or {}).items()), split)


def durations(sketch: Sketch, *durations_ms: int) -> Counts:
    """The sketch of some durations, as the streams store it."""
    buckets = Counter(bucket_of(duration_ms) for duration_ms in durations_ms if duration_ms)
    return Counts(sketches={sketch: dict(buckets)})


def everything() -> Counts:
    """Each measure and each sketch has something in it: its own code, or 20 s. More tickets are solved than opened."""
    plain: dict[int, int] = {measure: int(measure) for measure in Measure if measure not in DIMENSION_OF}
    plain[Measure.SOLVES] = 1_000
    split: dict[int, Mapping[str, int]] = {
        measure: {f"{dimension}=red": int(measure), f"{dimension}=blue": 1}
        for measure, dimension in DIMENSION_OF.items()
    }
    bucket = bucket_of(20_000)
    return Counts(plain, split, {sketch: {bucket: int(sketch)} for sketch in Sketch})


def everything_live() -> LiveNumbers:
    """Each number that is true now has something in it."""
    return LiveNumbers(**{field.name: number for number, field in enumerate(fields(LiveNumbers), start=1)})


def row(in_every_window: Counts = NO_COUNTS, live: LiveNumbers | None = None, totals: Counts = NO_COUNTS) -> RowNumbers:
    """A row with the same counts in all windows."""
    return RowNumbers(dict.fromkeys(WINDOWS, in_every_window), totals, live or LiveNumbers())


def snapshot(
    rows: Mapping[RowKey, RowNumbers] | None = None,
    health: Mapping[Channel, ChannelHealth] | None = None,
    pipeline: PipelineNumbers | None = None,
    repeats: ChannelHealth = HEALTHY,
) -> Snapshot:
    """A snapshot of ``rows`` where every channel is healthy unless ``health`` says otherwise."""
    return Snapshot(
        now_ms=NOW_MS,
        wall_ms=NOW_MS,
        clock=Clock.WALL,
        channels={**dict.fromkeys(Channel, HEALTHY), **(health or {})},
        rows=dict(rows or {}),
        pipeline=pipeline or PipelineNumbers(),
        repeats=repeats,
    )


def settings(folder: Path, **values: Any) -> Settings:
    """Settings of ``values`` and defaults, with everything on disk below ``folder``."""
    return Settings(**{"data": folder, **values})
