"""Windows over slices, and their rolling sums. Pure.

A window of length W is made of slices of the finest tier that covers it, those with a start in (now − W, now]. "today"
starts at midnight or at the queue's ``day_starts``, in its time zone. The sums follow every changed slice and
every move of now in either direction. Their cost grows with the change and not with the length of the window.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.numbers.tiers import QUARTER, TIERS, Tier

WINDOWS = ("5m", "10m", "15m", "30m", "1h", "today", "24h", "7d", "28d")
TODAY = "today"
LONGEST_DAY_MS = 25 * HOUR_MS
"""A day on which the clocks are set back; the longest span of "today"."""
SPANS_MS: Mapping[str, int] = {
    "5m": 5 * MINUTE_MS,
    "10m": 10 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    TODAY: LONGEST_DAY_MS,
    "24h": DAY_MS,
    "7d": 7 * DAY_MS,
    "28d": 28 * DAY_MS,
}
HISTORY_MS = 28 * DAY_MS + LONGEST_DAY_MS
"""Retention of 15-minute slices for ``quarters``: today, and the same day of four earlier weeks."""
SLACK_MS = 15 * MINUTE_MS
"""Extra retention of slices beyond their window, so that a clock may step back without a reload."""

Cells = dict[int, int]
Row = TypeVar("Row", bound=Hashable)
_Range = tuple[int, int]
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Cells).decode
_NOWHERE: _Range = (0, -1)


class DayRule(NamedTuple):
    """Start of a queue's day: ``starts`` (HH:MM) in the time zone ``zone``."""

    zone: str
    starts: str = "00:00"


def day_of(rule: DayRule, at_ms: int) -> tuple[int, date]:
    """Start of the day of an instant, and its date: the one on which it begins. Times are epoch milliseconds."""
    around = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(ZoneInfo(rule.zone)).date()
    # Several dates: before ``starts`` the day began yesterday, and a zone can skip a whole date, as Samoa did in 2011.
    days = [(date_start_ms(rule, day), day) for day in (around + timedelta(days=away) for away in (-2, -1, 0, 1))]
    return max(day for day in days if day[0] <= at_ms)


def date_start_ms(rule: DayRule, day: date) -> int:
    """Start of the day of a date, in epoch milliseconds. A start skipped by the clocks is later by the skip."""
    return int(datetime.combine(day, time.fromisoformat(rule.starts), ZoneInfo(rule.zone)).timestamp()) * 1000


def day_start_ms(rule: DayRule, now_ms: int) -> int:
    """Start of the day of ``now_ms``, in epoch milliseconds."""
    return day_of(rule, now_ms)[0]


def tier_of(window: str, kept_ms: Mapping[Tier, int]) -> Tier:
    """The finest tier with enough retention for a window; the coarsest if no tier has enough."""
    return next((tier for tier in TIERS if kept_ms[tier] >= SPANS_MS[window]), TIERS[-1])


def slices_of(window: str, tier: Tier, rule: DayRule | None, now_ms: int) -> tuple[int, int]:
    """First and last number of the slices of a window at ``now_ms``; ``rule`` is given for "today" only."""
    # Without the slice of now − W itself: it starts at or before the open end of the window.
    first = (now_ms - SPANS_MS[window]) // tier.width_ms + 1
    if rule is not None:
        # Rounded up: a slice across the start of the day also has amounts of yesterday.
        first = max(first, -(-day_start_ms(rule, now_ms) // tier.width_ms))
    return first, now_ms // tier.width_ms


def merge(into: Cells, amounts: Iterable[tuple[int, int]], sign: int = 1) -> None:
    """Add ``sign`` × ``amounts`` counter by counter; a counter that becomes zero is removed."""
    for code, amount in amounts:
        value = into.get(code, 0) + sign * amount
        if value:
            into[code] = value
        else:
            into.pop(code, None)


def keys_between(numbered: Mapping[int, object], first: int, last: int) -> list[int]:
    """The keys from ``first`` to ``last``, by a walk over the shorter of the range and the mapping."""
    if last - first < len(numbered):
        return [number for number in range(first, last + 1) if number in numbered]
    return [number for number in numbered if first <= number <= last]


class _Window(Generic[Row]):
    """One window: its sums by row, and its range of slices by day rule (``None`` for windows other than "today")."""

    def __init__(self, name: str, tier: Tier) -> None:
        self.name = name
        self.tier = tier
        self.ranges: dict[DayRule | None, _Range] = {}
        self.sums: dict[Row, Cells] = {}
        self.changed: set[Row] = set()

    def range_at(self, rule: DayRule | None, now_ms: int) -> _Range:
        """First and last number of the slices it holds at ``now_ms``."""
        return slices_of(self.name, self.tier, rule, now_ms)

    def merge(self, row: Row, cells: Cells, sign: int = 1) -> None:
        """Add a slice to the row's sum, or take it out."""
        sums = self.sums.get(row)
        if sums is None:
            sums = self.sums[row] = {}
        merge(sums, cells.items(), sign)
        if not sums:
            del self.sums[row]
        self.changed.add(row)


class RollingSums(Generic[Row]):
    """Slices of many rows, and the sums of each window at now. A slice's number is its start over its width, from the
    epoch."""

    def __init__(self, kept_ms: Mapping[Tier, int], rule_of: Callable[[Row], DayRule]) -> None:
        """``kept_ms``: see ``retentions_ms``. The answers of ``rule_of`` must stay the same until ``change_rules``."""
        self._rule_of = rule_of
        self._now_ms: int | None = None
        # Packed: 200 queues have half a million slices in four weeks, which as dicts took 2.3 GB and take 0.3 GB so.
        self._slices: dict[Tier, dict[int, dict[Row, bytes]]] = {tier: {} for tier in TIERS}
        self._windows: list[_Window[Row]] = [_Window(name, tier_of(name, kept_ms)) for name in WINDOWS]
        self._windows_of = {tier: [w for w in self._windows if w.tier is tier] for tier in TIERS}
        self._kept_ms = {
            tier: max((SPANS_MS[window.name] for window in windows), default=0) + SLACK_MS
            for tier, windows in self._windows_of.items()
        }
        self._kept_ms[QUARTER] = HISTORY_MS + SLACK_MS
        self._floors = dict.fromkeys(TIERS, -1)
        self._deferred = False

    def floor(self, tier: Tier) -> int:
        """Highest number of the slices already dropped; changes at or below it are ignored."""
        return self._floors[tier]

    def add(self, row: Row, tier: Tier, number: int, cells: Cells, sign: int = 1) -> None:
        """Change one slice of a row by ``sign`` × ``cells``."""
        if number <= self._floors[tier]:
            return
        rows = self._slices[tier].setdefault(number, {})
        packed = rows.get(row)
        held = {} if packed is None else _unpack(packed)
        merge(held, cells.items(), sign)
        if held:
            rows[row] = _pack(held)
        else:
            rows.pop(row, None)
            if not rows:
                del self._slices[tier][number]
        # No sum is kept current meanwhile: `settle` computes them all from the slices.
        if self._deferred or self._now_ms is None:
            return
        for window in self._windows_of[tier]:
            first, last = self._range(window, row)
            if first <= number <= last:
                window.merge(row, cells, sign)

    def defer(self) -> None:
        """Suspend the sums of windows until ``settle``, ahead of many changes of slices."""
        self._deferred = True

    def settle(self) -> None:
        """Recompute every window from the slices if ``defer`` suspended them."""
        if self._deferred:
            self._deferred = False
            self._recompute()

    def change_rules(self, rule_of: Callable[[Row], DayRule]) -> None:
        """Replace the day rules and recompute all windows."""
        self._rule_of = rule_of
        self._recompute()

    def advance(self, now_ms: int) -> bool:
        """Move now, forward or back, near or far.

        Returns:
            False if now is so far back that slices of its windows were already dropped: start over with new sums.
        """
        self._now_ms = now_ms
        if not self._deferred:
            for window in self._windows:
                for rule, held in list(window.ranges.items()):
                    self._move(window, rule, held, window.range_at(rule, now_ms))
                if window.name != TODAY and not window.ranges:
                    self._move(window, None, _NOWHERE, window.range_at(None, now_ms))
        # Windows never read the slack, so a step back within it loses nothing.
        complete = all(
            (now_ms - self._kept_ms[tier] + SLACK_MS) // tier.width_ms >= self._floors[tier] for tier in TIERS
        )
        self._let_go(now_ms)
        return complete

    def sums(self, window: str, row: Row) -> Cells:
        """The row's amounts in a window, for reading only."""
        return self._windows[WINDOWS.index(window)].sums.get(row, {})

    def rows(self) -> Collection[Row]:
        """The rows with a count in the longest window."""
        return self._windows[-1].sums.keys()

    def quarters(self, row: Row, from_ms: int, to_ms: int) -> Iterator[tuple[int, Cells]]:
        """``(start, amounts)`` of a row's 15-minute slices that begin from ``from_ms`` to before ``to_ms``, in order.

        Slices that begin after now are left out, with any misses already counted there, and so are those more than
        ``HISTORY_MS`` old.
        """
        if self._now_ms is None:
            return
        slices, width_ms = self._slices[QUARTER], QUARTER.width_ms
        first = max(-(-from_ms // width_ms), self._floors[QUARTER] + 1)
        last = min(-(-to_ms // width_ms) - 1, self._now_ms // width_ms)
        for number in range(first, last + 1):
            packed = slices[number].get(row) if number in slices else None
            if packed is not None:
                yield number * width_ms, _unpack(packed)

    def take_changed(self) -> Iterator[tuple[str, set[Row]]]:
        """Rows with changed sums since the last call, by window."""
        for window in self._windows:
            changed, window.changed = window.changed, set()
            if changed:
                yield window.name, changed

    def _range(self, window: _Window[Row], row: Row) -> _Range:
        assert self._now_ms is not None
        rule = self._rule_of(row) if window.name == TODAY else None
        held = window.ranges.get(rule)
        if held is None:
            held = window.ranges[rule] = window.range_at(rule, self._now_ms)
        return held

    def _move(self, window: _Window[Row], rule: DayRule | None, held: _Range, holds: _Range) -> None:
        window.ranges[rule] = holds
        if held == holds:
            return
        # Only the differences on either side of the common range are walked: a step of now costs a few slices and not a
        # window. A move back is the same with the sides exchanged.
        for sign, of, without in ((-1, held, holds), (1, holds, held)):
            for first, last in ((of[0], min(of[1], without[0] - 1)), (max(of[0], without[1] + 1), of[1])):
                for number in keys_between(self._slices[window.tier], first, last):
                    for row, packed in self._slices[window.tier][number].items():
                        # A number has rows of all day rules, and each rule has a range of its own.
                        if rule is None or self._rule_of(row) == rule:
                            window.merge(row, _unpack(packed), sign)

    def _recompute(self) -> None:
        if self._now_ms is None:
            return
        for window in self._windows:
            # A row that is about to vanish from the window has changed too.
            window.changed.update(window.sums)
            window.sums = {}
            window.ranges = {}
            if window.name != TODAY:
                window.ranges[None] = window.range_at(None, self._now_ms)
            for number, rows in self._slices[window.tier].items():
                for row, packed in rows.items():
                    first, last = self._range(window, row)
                    if first <= number <= last:
                        window.merge(row, _unpack(packed))

    def _let_go(self, now_ms: int) -> None:
        for tier, slices in self._slices.items():
            floor, before = (now_ms - self._kept_ms[tier]) // tier.width_ms, self._floors[tier]
            if floor > before:
                self._floors[tier] = floor
                for number in keys_between(slices, before + 1, floor):
                    del slices[number]
