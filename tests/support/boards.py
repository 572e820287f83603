"""Snapshots made by hand, for the tests of what people and Prometheus read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
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
from metrics.web.latest import LatestSnapshot
from streams.common.durations import SECOND_MS
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.facts.conversations.live import ConversationLive
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.domains import MEASURES, SKETCHES
from streams.facts.tickets.live import TicketLive
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.live_entries import LiveMeasure
from streams.numbers.measures import Sketch
from streams.numbers.sketches import bucket_of

NOW_MS = 1_795_000_000_000
HEALTHY = ChannelHealth(blind=False, age_ms=250, watermark_ms=NOW_MS - 250)
ICMI = {
    ConversationMeasure.OFFERED: 1060,
    ConversationMeasure.ANSWERED: 1000,
    ConversationMeasure.ANSWERED_WITHIN: 860,
    ConversationMeasure.ABANDONED: 60,
    ConversationMeasure.SHORT_ABANDONED: 10,
    ConversationMeasure.ABANDONED_WITHIN: 20,
    ConversationMeasure.SHORT_WITHIN: 10,
    ConversationMeasure.REACHED_TARGET: 180,
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


DIMENSION_OF = {measure: measure.split_by[0] for measure in MEASURES.values() if measure.split_by}
"""Label that a measure is split by; the others are stored whole."""
_BY_NAME = {measure.name: measure for measure in MEASURES.values()}


def counts(plain: Mapping[Any, int] | None = None, **by_value: Mapping[str, int]) -> Counts:
    """Counts of measures; ``refused={"busy": 2}`` splits one by the values of its dimension."""
    split: dict[int, Mapping[str, int]] = {
        _BY_NAME[name.upper()]: {f"{DIMENSION_OF[_BY_NAME[name.upper()]]}={v}": number for v, number in values.items()}
        for name, values in by_value.items()
    }
    return Counts(dict((plain or {}).items()), split)


def durations(sketch: Sketch, *durations_ms: int) -> Counts:
    """The sketch of some durations, as the streams store it."""
    buckets = Counter(bucket_of(duration_ms) for duration_ms in durations_ms if duration_ms)
    return Counts(sketches={sketch: dict(buckets)})


def everything() -> Counts:
    """Each measure and each sketch has something in it: its own code, or 20 s. More tickets are solved than opened."""
    plain: dict[int, int] = {measure: int(measure) for measure in MEASURES.values() if measure not in DIMENSION_OF}
    plain[TicketMeasure.SOLVES] = 1_000
    split: dict[int, Mapping[str, int]] = {
        measure: {f"{dimension}=red": int(measure), f"{dimension}=blue": 1}
        for measure, dimension in DIMENSION_OF.items()
    }
    bucket = bucket_of(20_000)
    return Counts(plain, split, {sketch: {bucket: int(sketch) + 1} for sketch in SKETCHES})


LIVE_MEASURES: tuple[LiveMeasure, ...] = (*ConversationLive, *TicketLive)


def live_of(**numbers: int) -> LiveNumbers:
    """Numbers of now by name: ``waiting=3``, ``longest_wait=5_000`` (an age in milliseconds)."""
    by_name = {measure.value: measure for measure in LIVE_MEASURES}
    found = {by_name[name]: number for name, number in numbers.items()}
    return LiveNumbers(
        {measure: number for measure, number in found.items() if number and not measure.is_age},
        {measure: number for measure, number in found.items() if measure.is_age},
    )


def everything_live() -> LiveNumbers:
    """Each number that is true now has something in it."""
    return live_of(**{measure.value: number for number, measure in enumerate(LIVE_MEASURES, start=1)})


def row(in_every_window: Counts = NO_COUNTS, live: LiveNumbers | None = None, totals: Counts = NO_COUNTS) -> RowNumbers:
    """A row with the same counts in all windows."""
    return RowNumbers(dict.fromkeys(WINDOWS, in_every_window), totals, live or live_of())


def played_board(wall: Callable[[], int] = lambda: NOW_MS) -> LatestSnapshot:
    """A board whose clocks are both the test's; by default they stand at ``NOW_MS``."""
    return LatestSnapshot(wall, lambda: wall() / SECOND_MS)


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
