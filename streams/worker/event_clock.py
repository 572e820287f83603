"""Event clock of a partition: which events far ahead of all others wait aside, and when the clock itself was wrong
(events.md, "Time"). No IO.

One event with a wrong time would move the clock there for good: every true event after it would be too old. So an event
far ahead is believed only when something confirms its time. If the clock was moved all the same, 20 contacts in a row
that are too old, and agree with each other, show that it was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from streams.common.durations import DAY_MS
from streams.common.errors import InvalidEvent
from streams.config.limits import past_limit_ms
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.store.anchors import MOST_ANCHORS, Anchor
from streams.store.keys import AsideEntry, decode_aside
from streams.worker.records import RawRecord

ASIDE_LIMIT = 1_000
"""Events of a partition that wait aside; a later one is refused."""
ASIDE_LIMIT_BYTES = 1024 * 1024
"""Bytes of their records."""
ASIDE_KEPT_MS = DAY_MS
"""Longest wait for a confirmation, by the wall clock."""
WRONG_AFTER = 20
"""Contacts in a row that are too old and agree with each other, after which the clock was wrong."""

NewestOf = Callable[[], int | None]

_encode = msgspec.json.Encoder().encode


class Aside(NamedTuple):
    """An event that waits; ``record`` is ``None`` after a restart until it was read from the log again."""

    offset: int
    subject: str
    time_ms: int
    since_ms: int
    record: RawRecord | None

    @property
    def size(self) -> int:
        """Bytes of the record in memory."""
        return 0 if self.record is None else len(self.record.value or b"") + len(self.record.key or b"")


class ClockMark(NamedTuple):
    """State of an event clock before a portion, to go back to."""

    aside: dict[int, Aside]
    added: dict[int, Aside]
    removed: list[int]
    contradicting: dict[str, int]
    applied_before: int
    bytes: int


class WrongClock(Exception):
    """The partition's clock was wrong; ``anchor`` says what its events are not to be believed any more."""

    def __init__(self, anchor: Anchor, newest_ms: int) -> None:
        super().__init__(f"newest {newest_ms}, contradicted up to offset {anchor.until}")
        self.anchor = anchor
        self.newest_ms = newest_ms


class EventClock:
    """Judge of the times of one partition's events under ``clock = "event"``.

    ``aside``: the waiting events by offset. ``due``: those that wait no longer, each with the reason if it is refused.
    ``added`` and ``removed`` are the changes since the last commit.
    """

    def __init__(
        self,
        *,
        past_ms: int,
        future_ms: int,
        jump_ms: int,
        aside: Iterable[Aside] = (),
        anchors: tuple[Anchor, ...] = (),
        newest_elsewhere: NewestOf = lambda: None,
        wall_ms: Callable[[], int],
    ) -> None:
        """Create the clock of a partition.

        Args:
            past_ms: an event further behind the partition's newest is too old.
            future_ms: an event's time may be so far after its record's own timestamp.
            jump_ms: an event further ahead of the newest waits aside.
            aside: events that an earlier owner set aside.
            anchors: what earlier wrong clocks have taught.
            newest_elsewhere: newest event time of all other partitions of the inputs.
            wall_ms: wall clock.
        """
        self._past_ms = past_ms
        self._future_ms = future_ms
        self._jump_ms = jump_ms
        self._anchors = anchors
        self._newest_elsewhere = newest_elsewhere
        self._wall_ms = wall_ms
        self.aside = {each.offset: each for each in aside}
        self.due: list[tuple[Aside, InvalidEvent | None]] = []
        self.added: dict[int, Aside] = {}
        self.removed: list[int] = []
        self._bytes = sum(each.size for each in self.aside.values())
        self._contradicting: dict[str, int] = {}
        self._applied_before = -1

    @classmethod
    def of(
        cls,
        topic: Topic,
        settings: Settings,
        *,
        aside: Mapping[bytes, bytes] = MappingProxyType({}),
        anchors: tuple[Anchor, ...] = (),
        newest_elsewhere: NewestOf = lambda: None,
        wall_ms: Callable[[], int] = lambda: 0,
    ) -> EventClock:
        """The clock of a partition of ``topic`` by the settings; ``aside`` as it is stored."""
        waiting = ((int(offset), decode_aside(packed)) for offset, packed in aside.items())
        return cls(
            past_ms=past_limit_ms(topic, settings),
            future_ms=settings.future_limit,
            jump_ms=settings.clock_jump,
            aside=[Aside(offset, each.subject, each.time_ms, each.since_ms, None) for offset, each in waiting],
            anchors=anchors,
            newest_elsewhere=newest_elsewhere,
            wall_ms=wall_ms,
        )

    @property
    def distrusted_below(self) -> int:
        """Offset below which events may lie beyond an anchor."""
        return max((each.until for each in self._anchors), default=0)

    @property
    def reanchored_ms(self) -> int:
        """Wall time at which the clock was last found to be wrong; 0 if it never was."""
        return max((each.wall_ms for each in self._anchors), default=0)

    @property
    def unread(self) -> list[int]:
        """Offsets of the waiting events whose record is not in memory."""
        return [each.offset for each in self.aside.values() if each.record is None]

    def now_ms(self, newest_ms: int | None) -> int | None:
        """The newest event time over partitions; ``None`` before the first."""
        known = [each for each in (newest_ms, self._newest_elsewhere()) if each is not None]
        return max(known, default=None)

    def admits(self, record: RawRecord, subject: str, time_ms: int, newest_ms: int | None, applied: int) -> bool:
        """True for an event to apply now, false for one to keep aside.

        Args:
            record: of the event.
            subject: its contact.
            time_ms: its time.
            newest_ms: newest event time of the partition.
            applied: events applied so far; equal numbers mean that none was in between.

        Raises:
            InvalidEvent: ``too_old``, or ``implausible_jump`` beyond an anchor.
            WrongClock: enough contacts contradict the clock.
        """
        for anchor in self._anchors:
            if record.offset < anchor.until and time_ms > anchor.latest_ms:
                raise InvalidEvent(
                    "implausible_jump",
                    f"`time` is {time_ms - anchor.latest_ms} ms beyond what {WRONG_AFTER} later contacts agree on",
                )
        if newest_ms is not None and time_ms < newest_ms - self._past_ms:
            self._contradict(record.offset, subject, time_ms, newest_ms, applied)
            raise InvalidEvent("too_old", f"`time` is {newest_ms - time_ms} ms before the newest of its partition")
        now_ms = self.now_ms(newest_ms)
        if now_ms is not None and time_ms <= now_ms + self._jump_ms:
            return True
        # A first event of the past moves no clock too far: the events of others bring it forward.
        if now_ms is None and time_ms <= record.timestamp + self._future_ms:
            return True
        if record.timestamp - self._jump_ms <= time_ms <= record.timestamp + self._future_ms:
            return True
        return any(
            each.subject != subject and abs(each.time_ms - time_ms) <= self._jump_ms for each in self.aside.values()
        )

    def within_reach(self, newest_ms: int | None, before_ms: int | None) -> int | None:
        """The clock of a partition of outcomes, which never runs ahead of the inputs: an outcome may come of a wrong
        clock that has been set right since.

        Args:
            newest_ms: newest time of all outcomes.
            before_ms: the clock so far.
        """
        now_ms = self._newest_elsewhere()
        if newest_ms is None or now_ms is None or newest_ms <= now_ms + self._jump_ms:
            return newest_ms
        return now_ms + self._jump_ms if before_ms is None else max(before_ms, now_ms + self._jump_ms)

    def is_ahead(self, newest_ms: int | None) -> bool:
        """True if the clock of a partition of outcomes is beyond what the inputs give it any more."""
        now_ms = self._newest_elsewhere()
        return newest_ms is not None and now_ms is not None and newest_ms > now_ms + self._jump_ms

    def keep(self, record: RawRecord, subject: str, time_ms: int, newest_ms: int | None) -> None:
        """Keep an event aside.

        Raises:
            InvalidEvent: ``implausible_jump`` where too many wait already.
        """
        if record.offset in self.aside:  # of a batch that is tried again
            return
        fresh = Aside(record.offset, subject, time_ms, self._wall_ms(), record)
        if len(self.aside) >= ASIDE_LIMIT or self._bytes + fresh.size > ASIDE_LIMIT_BYTES:
            raise InvalidEvent(
                "implausible_jump", f"{self._distance(time_ms, newest_ms)}, and {len(self.aside):,} events wait already"
            )
        self.aside[fresh.offset] = self.added[fresh.offset] = fresh
        self._bytes += fresh.size

    def release(self, newest_ms: int | None) -> int | None:
        """Make the events due whose time is no longer far ahead; those among them that are too old are refused.

        Returns:
            The newest event time of the partition, those that are due included.
        """
        while True:
            now_ms = self.now_ms(newest_ms)
            found = [
                each for each in self.aside.values() if now_ms is not None and each.time_ms <= now_ms + self._jump_ms
            ]
            if not found:
                return newest_ms
            for each in found:
                if newest_ms is not None and each.time_ms < newest_ms - self._past_ms:
                    ago_ms = newest_ms - each.time_ms
                    error = InvalidEvent("too_old", f"`time` is {ago_ms} ms before the newest of its partition")
                    self._take_out(each, error)
                else:
                    self._take_out(each)
            newest_ms = _newest(newest_ms, self.due)

    def release_all(self, newest_ms: int | None) -> int | None:
        """Make all events due: the end of the log confirms what nothing contradicts. Returns as ``release``."""
        for each in list(self.aside.values()):
            self._take_out(each)
        return _newest(newest_ms, self.due)

    def expire(self) -> None:
        """Refuse the events that nothing has confirmed in time."""
        until_ms, now_ms = self._wall_ms() - ASIDE_KEPT_MS, self.now_ms(None)
        for each in [each for each in self.aside.values() if each.since_ms <= until_ms]:
            detail = f"{self._distance(each.time_ms, now_ms)}, and nothing confirmed it"
            self._take_out(each, InvalidEvent("implausible_jump", detail))

    def take_due(self) -> list[tuple[Aside, InvalidEvent | None]]:
        """The events that wait no longer, by time."""
        due, self.due = self.due, []
        return sorted(due, key=lambda pair: (pair[0].time_ms, pair[0].offset))

    def fill(self, records: Iterable[RawRecord]) -> int:
        """Give the waiting events their records back; those that the log does not hold any more are forgotten.

        Returns:
            The number of forgotten events.
        """
        lost = 0
        for record in records:
            self.aside[record.offset] = self.aside[record.offset]._replace(record=record)
        for offset in self.unread:
            self._forget(self.aside[offset])
            lost += 1
        self._bytes = sum(each.size for each in self.aside.values())
        return lost

    def written(self) -> list[str]:
        """The events set aside since the last commit, as ``[offset, entry, …]``."""
        entries = ((each.offset, AsideEntry(each.subject, each.time_ms, each.since_ms)) for each in self.added.values())
        return [text for offset, entry in entries for text in (str(offset), _encode(entry).decode())]

    def mark(self) -> ClockMark:
        """The state now; nothing is due between two portions."""
        return ClockMark(
            dict(self.aside), dict(self.added), list(self.removed), dict(self._contradicting), self._applied_before,
            self._bytes,
        )  # fmt: skip

    def restore(self, mark: ClockMark) -> None:
        """Go back to an earlier state."""
        self.aside, self.added, self.removed = dict(mark.aside), dict(mark.added), list(mark.removed)
        self._contradicting, self._applied_before = dict(mark.contradicting), mark.applied_before
        self._bytes, self.due = mark.bytes, []

    def committed(self) -> None:
        """Note that the changes are stored."""
        self.added.clear()
        self.removed.clear()

    def _forget(self, each: Aside) -> None:
        del self.aside[each.offset]
        self._bytes -= each.size
        if self.added.pop(each.offset, None) is None:
            self.removed.append(each.offset)

    def _take_out(self, each: Aside, error: InvalidEvent | None = None) -> None:
        self._forget(each)
        self.due.append((each, error))

    def _contradict(self, offset: int, subject: str, time_ms: int, newest_ms: int, applied: int) -> None:
        """Note a contact that is too old, in a row with those before if nothing was applied in between."""
        times = self._contradicting
        if applied != self._applied_before or any(abs(each - time_ms) > self._jump_ms for each in times.values()):
            times.clear()
        self._applied_before = applied
        times[subject] = max(time_ms, times.get(subject, time_ms))
        if len(times) >= WRONG_AFTER and len(self._anchors) < MOST_ANCHORS:
            # Nearer than the clock that was wrong, or the replay would be taken in by the same events.
            latest_ms = max(times.values()) + min(self._jump_ms, self._past_ms)
            raise WrongClock(Anchor(offset + 1, latest_ms, self._wall_ms()), newest_ms)

    def _distance(self, time_ms: int, now_ms: int | None) -> str:
        if now_ms is None:
            return "`time` is that of the first event, and after its record's timestamp"
        return f"`time` is {time_ms - now_ms} ms after the newest event"


def _newest(newest_ms: int | None, due: Iterable[tuple[Aside, InvalidEvent | None]]) -> int | None:
    """The newest time of a partition and of events that are applied to it."""
    times = [each.time_ms for each, error in due if error is None]
    return max([*times, *([] if newest_ms is None else [newest_ms])], default=None)
