"""Progress of a worker that reads history: the share that is read, and an end of patience when it does not gain. Pure.

A worker that starts, comes back or rebuilds reads what was written before. Its numbers are those of the past and the
tiles are grey, but nobody needs to act. One that does not come nearer to now is overloaded or stuck, which is an alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from metrics.planning.view import View
from metrics.snapshot.blindness import BEHIND
from metrics.snapshot.snapshot import ChannelHealth, PipelineNumbers
from streams.common.durations import MINUTE_MS, SECOND_MS
from streams.common.vocabulary import Channel, Clock
from streams.contract.topics import TOPIC_OF

HISTORY_MS = 10 * MINUTE_MS
"""Distance from now at which history begins; a worker that is nearer lags behind, until it has read history."""
PATIENCE_MS = 30 * SECOND_MS
"""Time in which the distance must shrink."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A channel whose history is being read.

    Attributes:
        first_ms: distance of its numbers from now, when it was first seen.
        nearest_ms: the least distance so far.
        gained_ms: epoch ms of wall time at which that distance was reached.
        seen_ms: epoch ms of wall time of the last look.
    """

    first_ms: int
    nearest_ms: int
    gained_ms: int
    seen_ms: int


class HistoryReading:
    """The channels whose history is being read. Not thread-safe."""

    def __init__(self) -> None:
        self._progress: dict[Channel, Progress] = {}

    def shares(self, view: View) -> Mapping[Channel, float | None]:
        """The share of its history that a channel has read, for each that reads; ``None`` where it is not known."""
        snapshot = view.snapshot
        found: dict[Channel, float | None] = {}
        for channel, health in snapshot.channels.items():
            progress = self._followed(channel, health, snapshot.wall_ms) if _may_read(view, channel) else None
            if progress is None:
                self._progress.pop(channel, None)
                continue
            self._progress[channel] = progress
            if snapshot.wall_ms - progress.gained_ms <= PATIENCE_MS:
                found[channel] = _share(progress, _share_of_log(snapshot.pipeline, channel))
        return found

    def _followed(self, channel: Channel, health: ChannelHealth, wall_ms: int) -> Progress | None:
        distance_ms = health.age_ms or 0
        before = self._progress.get(channel)
        if before is None or wall_ms - before.seen_ms > PATIENCE_MS:  # nobody has looked for a while: begin anew
            return Progress(distance_ms, distance_ms, wall_ms, wall_ms) if distance_ms >= HISTORY_MS else None
        if distance_ms < before.nearest_ms:
            return replace(before, nearest_ms=distance_ms, gained_ms=wall_ms, seen_ms=wall_ms)
        return replace(before, seen_ms=wall_ms)


def _may_read(view: View, channel: Channel) -> bool:
    return view.blind_reason(channel) == BEHIND and view.snapshot.clock is Clock.WALL and not view.unreadable


def _share(progress: Progress, of_log: float | None) -> float | None:
    """The lesser of the shares of the log and of the time. While history is still being written, the end of the log is
    near however long the rest is."""
    if progress.nearest_ms == progress.first_ms:
        return of_log
    of_time = 1 - progress.nearest_ms / progress.first_ms
    return of_time if of_log is None else min(of_log, of_time)


def _share_of_log(pipeline: PipelineNumbers, channel: Channel) -> float | None:
    topic = str(TOPIC_OF[channel])
    numbers = pipeline.topics.get(topic)
    if numbers is None:
        return None
    read = numbers.applied + sum(numbers.rejected.values())
    ahead = sum(events for (name, _), events in pipeline.lag.items() if name == topic)
    return read / (read + ahead) if read + ahead else None
