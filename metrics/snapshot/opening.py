"""Whether queues are open now, by the calendars of the policies in force. Pure: now comes as an argument."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from metrics.snapshot.rows import queue_in_force
from streams.common.business_hours import BusinessClock
from streams.config.settings import Channel, Settings


class Opening(NamedTuple):
    """``next_ms``: epoch ms of the next opening of what is closed; ``None`` while open, or where there is none."""

    is_open: bool
    next_ms: int | None = None


ALWAYS = Opening(True)


class Openings:
    """The openings of all queues at one instant; each calendar is asked once."""

    def __init__(self, settings: Settings, now_ms: int) -> None:
        """``now_ms``: the instant, epoch ms."""
        self._settings = settings
        self._now_ms = now_ms
        self._by_calendar: dict[str | None, Opening] = {None: ALWAYS}

    def of(self, channel: Channel, queue: str) -> Opening:
        """Of one queue; one without a calendar is always open."""
        name = queue_in_force(self._settings, channel, queue, self._now_ms).calendar
        if name not in self._by_calendar:
            clock = BusinessClock(self._settings.calendar(name))
            is_open = clock.is_open(self._now_ms)
            self._by_calendar[name] = Opening(is_open, None if is_open else clock.next_opening_ms(self._now_ms))
        return self._by_calendar[name]

    def of_all(self, channel: Channel, queues: Iterable[str]) -> Opening:
        """Of many queues together: open while any is, or where there is none; else the earliest opening."""
        openings = [self.of(channel, queue) for queue in queues]
        if not openings or any(opening.is_open for opening in openings):
            return ALWAYS
        return Opening(False, min((o.next_ms for o in openings if o.next_ms is not None), default=None))
