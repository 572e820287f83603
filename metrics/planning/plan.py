"""Plans of all rows from the last weeks: the rest of the day, the hours of the week, growing topics. Pure.

The cost grows with the slices of four weeks. :class:`Planner` therefore replans about once a minute, a few rows a turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from metrics.planning.peak_hours import RowWeek, row_week
from metrics.planning.reachable import DayPlan, Outlook, day_plan, has_service_level, outlook, tally
from metrics.planning.same_hours import utc_offset_ms
from metrics.planning.trends import RowTrends, row_trends
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey, RowNumbers
from metrics.snapshot.windows import HISTORY_MS, TODAY, DayRule
from streams.common.durations import MINUTE_MS
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings
from streams.numbers.tiers import QUARTER

PLAN_EVERY_MS = MINUTE_MS
ROWS_A_TURN = 4
"""Rows planned between two readings of Redis: each can have thousands of slices."""


class History(Protocol):
    """The 15-minute slices of the last weeks, as read from Redis."""

    def rows(self) -> Collection[RowKey]:
        """The rows with at least one slice."""

    def quarters(self, row: RowKey, from_ms: int, to_ms: int) -> Iterable[tuple[int, Counts]]:
        """``(start, counts)`` of a row's slices that begin in [``from_ms``, ``to_ms``), oldest first."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """The plan of one row. ``day`` is ``None`` for tickets, which have no service level."""

    day: DayPlan | None
    week: RowWeek
    trends: RowTrends


@dataclass(frozen=True, slots=True)
class Planning:
    """The plans of every row as of ``at_ms``, epoch milliseconds by the clock of the snapshot."""

    at_ms: int
    rows: Mapping[RowKey, RowPlan]


def plan_row(history: History, key: RowKey, now_ms: int, settings: Settings) -> RowPlan:
    """Plan one row in the time zone of its queue.

    Args:
        history: the 15-minute slices of the last weeks.
        key: the row.
        now_ms: epoch milliseconds by the clock of the snapshot.
        settings: for the queue's time zone and the beginning of its day.
    """
    promise = queue_in_force(settings, key.channel, key.queue, now_ms)
    rule = DayRule(promise.time_zone or settings.time_zone, promise.day_starts)
    quarters = dict(history.quarters(key, now_ms - HISTORY_MS, now_ms + 1))
    return RowPlan(
        day=day_plan(quarters, rule, now_ms) if has_service_level(key.channel) else None,
        week=row_week(key.channel, quarters, rule.zone, now_ms),
        trends=row_trends(key.channel, quarters, rule.zone, now_ms),
    )


def plan(history: History, now_ms: int, settings: Settings) -> Planning:
    """Plan every row in one pass, however long it takes; a running exporter uses :class:`Planner` instead."""
    return Planning(now_ms, {key: plan_row(history, key, now_ms, settings) for key in history.rows()})


class Planner:
    """Plans all rows again and again, a few a turn, so that no reading of Redis is delayed for long."""

    def __init__(self, settings: Settings) -> None:
        """``settings``: for the time zones of the queues."""
        self._settings = settings
        self._planning: Planning | None = None
        self._begun_ms = self._begun_wall_ms = 0
        self._left: list[RowKey] = []
        self._done: dict[RowKey, RowPlan] | None = None

    def turn(self, history: History, now_ms: int, wall_ms: int) -> Planning | None:
        """Plan the next few rows, and return the newest complete planning; ``None`` before the first.

        A pass begins with the first turn after :meth:`_is_due` and spans as many turns as its rows need.

        Args:
            history: the slices as last read; rows added to it during a pass are planned in the next pass.
            now_ms: epoch milliseconds by the clock of the snapshot.
            wall_ms: epoch milliseconds of wall time. The event clock can stop during a replay of old events, and plans
                must be renewed all the same.
        """
        if self._done is None and self._is_due(now_ms, wall_ms):
            self._begun_wall_ms = wall_ms
            # Every row of a pass is planned at the beginning of the pass, never at the time of its own turn: sums over
            # queues would otherwise mix different spans of time.
            self._begun_ms, self._left, self._done = now_ms, list(history.rows()), {}
        if self._done is not None:
            for _ in range(min(ROWS_A_TURN, len(self._left))):
                key = self._left.pop()
                self._done[key] = plan_row(history, key, self._begun_ms, self._settings)
            if not self._left:
                # Swapped only when the last row is done. A planning that grew row by row would show sums over half the
                # queues.
                self._planning, self._done = Planning(self._begun_ms, self._done), None
        return self._planning

    def _is_due(self, now_ms: int, wall_ms: int) -> bool:
        """A minute by either clock, or a new quarter of an hour: days begin on quarters, and a new day needs its plan
        at once."""
        return (
            self._planning is None
            # The distance counts in both directions: a replay or a corrected system clock can set either clock back.
            or abs(now_ms - self._begun_ms) >= PLAN_EVERY_MS
            or abs(wall_ms - self._begun_wall_ms) >= PLAN_EVERY_MS
            or now_ms // QUARTER.width_ms != self._begun_ms // QUARTER.width_ms
        )


def outlook_of(planning: Planning | None, key: RowKey, numbers: RowNumbers, now_ms: int, settings: Settings) -> Outlook:
    """Outlook of one queue of calls or chats: its plan combined with the current numbers.

    Args:
        planning: the newest, possibly some minutes old.
        key: a row of a real queue, not a sum.
        numbers: the row's, of the snapshot.
        now_ms: time of the snapshot, epoch milliseconds.
        settings: for the objective and the time zone in force.
    """
    row_plan = planning.rows.get(key) if planning is not None else None
    promise = queue_in_force(settings, key.channel, key.queue, now_ms)
    found = outlook(
        row_plan.day if row_plan is not None else None,
        tally(numbers.windows.get(TODAY, NO_COUNTS)),
        tally(numbers.windows.get("30m", NO_COUNTS)),
        promise.objective,
        now_ms,
    )
    return replace(found, utc_offset_ms=utc_offset_ms(promise.time_zone or settings.time_zone, now_ms))
