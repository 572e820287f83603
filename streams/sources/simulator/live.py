"""Hands events out at their time: as fast as possible for history, paced by the wall clock when live."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event
from typing import Final, Protocol

from streams.sources.outgoing import OutgoingEvent

FLUSH_BEFORE_WAIT_MS: Final = 5
"""A shorter wait is not worth a flush: what was sent leaves with the next batch."""


class Sink(Protocol):
    """Where events go, such as a ``Publisher``."""

    def send(self, event: OutgoingEvent) -> None:
        """Take one event; it may stay in a buffer."""

    def flush(self) -> None:
        """Let everything out of the buffer."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Maps event times to the wall clock.

    Attributes:
        event_ms: the event time that belongs to ``wall_ms``.
        wall_ms: a wall time, epoch milliseconds.
        speed: milliseconds of event time that pass in one of wall time.
    """

    event_ms: int
    wall_ms: float
    speed: float

    def wait_ms(self, event_ms: int) -> float:
        """How long the event still lies ahead; zero or less when it is due."""
        return self.wall_ms + (event_ms - self.event_ms) / self.speed - time.time() * 1000


def hand_out(events: Iterable[OutgoingEvent], sink: Sink, stop: Event, pace: Pace | None = None) -> None:
    """Send ``events`` until they end or ``stop`` is set, and let everything out of the sink.

    With a ``pace`` each event goes out when it is due; what is overdue goes at once and in order, so nothing is
    skipped by a machine that fell behind. Without one everything goes out as fast as possible.
    """
    for event in events:
        if stop.is_set() or (pace is not None and not _wait(pace, event.time_ms, sink, stop)):
            break
        sink.send(event)
    sink.flush()


def _wait(pace: Pace, event_ms: int, sink: Sink, stop: Event) -> bool:
    """Wait until the event is due; false if ``stop`` came first."""
    ahead_ms = pace.wait_ms(event_ms)
    if ahead_ms <= 0:
        return True
    if ahead_ms > FLUSH_BEFORE_WAIT_MS:
        sink.flush()
        ahead_ms = pace.wait_ms(event_ms)
    return not stop.wait(max(0.0, ahead_ms / 1000))
