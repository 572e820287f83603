"""Opening state of queues at an instant, by their calendars. Pure: now is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from streams.common.business_hours import BusinessClock, Calendar
from streams.common.vocabulary import Channel

CalendarOf = Callable[[Channel, str], Calendar | None]
"""The calendar in force of a queue; ``None`` where it is open at all hours."""


class Opening(NamedTuple):
    """Open or closed. ``next_ms``: next opening of a closed queue in epoch milliseconds; ``None`` while open, or if
    there is none."""

    is_open: bool
    next_ms: int | None = None


ALWAYS = Opening(True)


class Openings:
    """The opening states of all queues at one instant; each calendar is evaluated once."""

    def __init__(self, calendar_of: CalendarOf, now_ms: int) -> None:
        """``now_ms``: the instant, epoch ms."""
        self._calendar_of = calendar_of
        self._now_ms = now_ms
        self._by_calendar: dict[Calendar | None, Opening] = {None: ALWAYS}

    def of(self, channel: Channel, queue: str) -> Opening:
        """Opening state of one queue; a queue without a calendar is always open."""
        calendar = self._calendar_of(channel, queue)
        if calendar not in self._by_calendar:
            clock = BusinessClock(calendar)
            is_open = clock.is_open(self._now_ms)
            self._by_calendar[calendar] = Opening(is_open, None if is_open else clock.next_opening_ms(self._now_ms))
        return self._by_calendar[calendar]

    def of_all(self, channel: Channel, queues: Iterable[str]) -> Opening:
        """Opening state of several queues together: open if any is or if there are none; else the earliest opening."""
        openings = [self.of(channel, queue) for queue in queues]
        if not openings or any(opening.is_open for opening in openings):
            return ALWAYS
        return Opening(False, min((o.next_ms for o in openings if o.next_ms is not None), default=None))
