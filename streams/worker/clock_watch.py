"""Watch over the event clock of an owned partition: its events aside after a restart, and a clock that was wrong."""

from __future__ import annotations

from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.times import moment_text
from streams.contract.topics import INPUTS, Topic
from streams.worker.clock_links import ClockLinks, Reanchored
from streams.worker.event_clock import WRONG_AFTER, EventClock, WrongClock

AHEAD_HEARTBEATS = 10
"""Heartbeats in a row after which a clock of outcomes that is ahead of the inputs is wrong: heads are read one after
the other, so it may seem to be ahead for a moment."""


class ClockWatch:
    """Watch over one partition's event clock. It drops no numbers; its owner does."""

    def __init__(self, topic: Topic, partition: int, settings: Settings, clock: EventClock, links: ClockLinks) -> None:
        """``links``: of the clock to the world outside."""
        self._name = f"{topic}-{partition}"
        self._follows_inputs = topic not in INPUTS and settings.clock is Clock.EVENT
        self._clock = clock
        self._links = links
        self._ahead = 0

    async def read_aside(self) -> int:
        """Read the events aside from the log again, after a restart.

        Returns:
            The number of those that the log does not hold any more.
        """
        if not self._clock.unread:
            return 0
        return self._clock.fill(await self._links.read_records(self._clock.unread))

    async def store_anchor(self, wrong: WrongClock) -> Reanchored:
        """Store which events of a wrong clock are not to be believed any more; the partition has no numbers by now.

        Returns:
            The error with which the worker starts over.
        """
        await self._links.store_anchors((*self._links.anchors, wrong.anchor))
        return Reanchored(
            f"{self._name}: the clock was wrong. It stood at {moment_text(wrong.newest_ms)}, but "
            f"{WRONG_AFTER} contacts in a row before offset {wrong.anchor.until} agree that it was not; the numbers "
            "of the partition are counted anew from the beginning of its log"
        )

    def look(self, newest_ms: int | None) -> Reanchored | None:
        """Check at a heartbeat that a clock of outcomes does not stay ahead of the inputs: it followed a wrong clock of
        theirs that was set right since.

        Returns:
            The error with which the worker starts over, once the numbers are dropped; ``None`` for a clock in order.
        """
        if not self._follows_inputs:
            return None
        self._ahead = self._ahead + 1 if self._clock.is_ahead(newest_ms) else 0
        if self._ahead <= AHEAD_HEARTBEATS or newest_ms is None:
            return None
        return Reanchored(
            f"{self._name}: the clock of the outcomes stood at {moment_text(newest_ms)}, "
            "ahead of all events; the repeats of the partition are counted anew from the beginning of its log"
        )
