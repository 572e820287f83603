"""Arrival profile: the day and week curve of every channel, in the centre's local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from streams.common.durations import MINUTE_MS
from streams.common.vocabulary import Channel
from streams.sources.simulator.catalogue import QUEUES, Queue

SEGMENT_MS: Final = 5 * MINUTE_MS
"""Arrival rates are constant within a segment; every time zone's offset is a multiple of it."""
MINUTES_A_DAY: Final = 24 * 60
CLOSED_FACTOR: Final = 0.12
"""Part of the profile outside opening hours: most customers know the hours."""

# Relative arrivals at the middle of each local hour from midnight on; 1 is the channel's own busiest hour.
_HOURS: Final[dict[Channel, tuple[float, ...]]] = {
    Channel.CALL: (
        *(0.03, 0.02, 0.01, 0.01, 0.01, 0.02, 0.05, 0.14, 0.42, 0.80, 0.97, 1.00),
        *(0.95, 0.82, 0.58, 0.52, 0.66, 0.78, 0.76, 0.60, 0.40, 0.22, 0.11, 0.06),
    ),
    Channel.CHAT: (
        *(0.10, 0.05, 0.03, 0.02, 0.02, 0.02, 0.04, 0.12, 0.35, 0.66, 0.84, 0.92),
        *(0.94, 0.88, 0.76, 0.72, 0.76, 0.84, 0.92, 1.00, 0.95, 0.75, 0.45, 0.22),
    ),
    Channel.TICKET: (
        *(0.14, 0.09, 0.07, 0.06, 0.06, 0.08, 0.14, 0.28, 0.60, 0.88, 1.00, 0.98),
        *(0.90, 0.78, 0.66, 0.68, 0.74, 0.74, 0.66, 0.55, 0.48, 0.42, 0.34, 0.23),
    ),
}
# From Monday, the busiest day, to Sunday.
_DAYS: Final[dict[Channel, tuple[float, ...]]] = {
    Channel.CALL: (1.00, 0.94, 0.91, 0.90, 0.88, 0.42, 0.20),
    Channel.CHAT: (1.00, 0.97, 0.95, 0.94, 0.92, 0.60, 0.48),
    Channel.TICKET: (1.00, 0.95, 0.93, 0.92, 0.90, 0.40, 0.30),
}


class LocalTime(NamedTuple):
    """A moment on the centre's clock: day number, weekday (Monday 0) and minute of the day."""

    day: int
    weekday: int
    minute: int


def shape(channel: Channel, weekday: int, minute: float) -> float:
    """Arrivals relative to the channel's busiest hour, linear between the middles of hours."""
    hour, part = divmod(minute / 60 - 0.5, 1.0)
    hours = _HOURS[channel]
    before, after = hours[int(hour) % 24], hours[(int(hour) + 1) % 24]
    return _DAYS[channel][weekday] * (before + (after - before) * part)


def _peak() -> float:
    """All channels together at the busiest moment of a Monday, in units of their shares."""
    return max(sum(queue.share * shape(queue.channel, 0, minute) for queue in QUEUES) for minute in range(0, 1440, 15))


PEAK: Final = _peak()


@dataclass(frozen=True, slots=True)
class Profile:
    """Expected arrivals of new contacts.

    Attributes:
        rate: new contacts an hour over all channels at the week's busiest moment.
        zone: time zone of the centre.
        ahead_ms: lead of the centre's clock over the zone's.
    """

    rate: float
    zone: ZoneInfo
    ahead_ms: int = 0

    def local(self, time_ms: int) -> LocalTime:
        """Time on the centre's clock at an instant."""
        moment = datetime.fromtimestamp((time_ms + self.ahead_ms) / 1000, self.zone)
        return LocalTime(moment.toordinal(), moment.weekday(), moment.hour * 60 + moment.minute)

    def per_hour(self, queue: Queue, weekday: int, minute: float) -> float:
        """Expected arrivals an hour at ``queue``."""
        expected = self.rate * queue.share / PEAK * shape(queue.channel, weekday, minute)
        if queue.channel is not Channel.TICKET and not queue.is_open(weekday, int(minute)):
            expected *= CLOSED_FACTOR
        return expected

    def opening_ms(self, queue: Queue, from_ms: int) -> int:
        """The first instant at or after ``from_ms`` with ``queue`` open, rounded to the segment."""
        time_ms = from_ms
        while not queue.is_open(*self.local(time_ms)[1:]):
            time_ms = (time_ms // SEGMENT_MS + 1) * SEGMENT_MS
        return time_ms
