"""What may be said of a number: the states, and how blindness reaches them. Pure; the age comes as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from metrics.snapshot.snapshot import BLIND_REASONS, ChannelHealth, Snapshot
from streams.config.settings import Channel

FEW_BELOW = 10
"""A ratio or an average of fewer than this is shown as a hint."""
UNREADABLE_AFTER_MS = 5_000
"""A snapshot older than this is blind: ten readings of Redis in a row have failed by then."""
UNREADABLE = "unreadable"
"""Why a channel is blind although its snapshot is not: Redis cannot be read since."""
REASONS = (*BLIND_REASONS, UNREADABLE)


class State(StrEnum):
    """Stands beside every number; the first that holds, in this order."""

    BLIND = "blind"  # nobody knows; the number keeps its last value
    PENDING = "pending"  # somebody waits, nobody has been judged yet
    CLOSED = "closed"  # there is no number, and the queue is outside its opening hours
    NO_TRAFFIC = "no_traffic"  # a denominator of zero: there is no number
    FEW = "few"  # too little behind it
    OK = "ok"


def divided_state(blind: bool, denominator: int, pending: int = 0, thin: bool = False, closed: bool = False) -> State:
    """The state of a ratio or an average.

    ``pending``: who waits and is not judged yet; ``thin``: too little of what it should cover is known; ``closed``:
    the queue is outside its opening hours.
    """
    if blind:
        return State.BLIND
    if denominator == 0:
        return State.PENDING if pending else State.CLOSED if closed else State.NO_TRAFFIC
    return State.FEW if denominator < FEW_BELOW or thin else State.OK


def plain_state(blind: bool, value: float | None, closed: bool = False) -> State:
    """The state of a count, a setting or a number that is true now; ``None`` is the age of nothing."""
    if blind:
        return State.BLIND
    if value is None:
        return State.CLOSED if closed else State.NO_TRAFFIC
    return State.OK


@dataclass(frozen=True, slots=True)
class View:
    """A snapshot as it looks ``age_ms`` of wall time after it was read."""

    snapshot: Snapshot
    age_ms: int

    @property
    def unreadable(self) -> bool:
        """Whether Redis has not been read for too long."""
        return self.age_ms > UNREADABLE_AFTER_MS

    def blind_reason(self, channel: Channel) -> str:
        """Why the numbers of a channel cannot be trusted, one of ``REASONS``; "" where they can."""
        health = self.snapshot.channels.get(channel)
        if health is not None and health.blind:
            return health.blind_reason
        return UNREADABLE if self.unreadable or health is None else ""

    @property
    def outcomes_blind_reason(self) -> str:
        """The same of the outcomes of contacts, from which repeats are found across channels."""
        return self.snapshot.repeats.blind_reason or (UNREADABLE if self.unreadable else "")

    def blind_reason_of_repeats(self, channel: Channel) -> str:
        """The same for what is found across channels: the channel's own reason, else that of the outcomes."""
        return self.blind_reason(channel) or self.outcomes_blind_reason

    def data_age_ms(self, channel: Channel) -> int | None:
        """How far the channel's numbers are behind now; ``None`` where no worker ever ran."""
        return self._age_ms(self.snapshot.channels.get(channel))

    @property
    def outcomes_age_ms(self) -> int | None:
        """The same of the outcomes of contacts."""
        return self._age_ms(self.snapshot.repeats)

    def _age_ms(self, health: ChannelHealth | None) -> int | None:
        return None if health is None or health.age_ms is None else health.age_ms + self.age_ms
