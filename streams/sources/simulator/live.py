"""Delivery of events at their time: as fast as possible for history, paced by the wall clock when live."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event
from typing import Final, Protocol

from streams.sources.outgoing import OutgoingEvent

FLUSH_BEFORE_WAIT_MS: Final = 5
"""A shorter wait is not worth a flush: the records leave with the next batch."""


class Sink(Protocol):
    """Receiver of events, such as a ``Publisher``."""

    def send(self, event: OutgoingEvent) -> None:
        """Accept one event, which may remain in a buffer."""

    def flush(self) -> None:
        """Empty the buffer."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Mapping of event times to the wall clock.

    Attributes:
        event_ms: the event time that corresponds to ``wall_ms``.
        wall_ms: a wall time, epoch milliseconds.
        speed: milliseconds of event time per millisecond of wall time.
    """

    event_ms: int
    wall_ms: float
    speed: float

    def wait_ms(self, event_ms: int) -> float:
        """Time until the event is due, in ms; zero or less if it is due."""
        return self.wall_ms + (event_ms - self.event_ms) / self.speed - time.time() * 1000


def hand_out(events: Iterable[OutgoingEvent], sink: Sink, stop: Event, pace: Pace | None = None) -> None:
    """Send ``events`` until they end or ``stop`` is set, and flush the sink.

    With a ``pace`` each event is sent when it is due. Overdue events are sent at once and in order, so a slow machine
    skips none. Without a pace all are sent as fast as possible.
    """
    for event in events:
        if stop.is_set() or (pace is not None and not _wait(pace, event.time_ms, sink, stop)):
            break
        sink.send(event)
    sink.flush()


def _wait(pace: Pace, event_ms: int, sink: Sink, stop: Event) -> bool:
    """Wait until the event is due.

    Returns:
        False if ``stop`` was set first.
    """
    ahead_ms = pace.wait_ms(event_ms)
    if ahead_ms <= 0:
        return True
    if ahead_ms > FLUSH_BEFORE_WAIT_MS:
        sink.flush()
        ahead_ms = pace.wait_ms(event_ms)
    return not stop.wait(max(0.0, ahead_ms / 1000))
