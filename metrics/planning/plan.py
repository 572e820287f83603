"""What the last weeks say about today, by row: the rest of the day, the hours of the week, topics that grow. Pure.

It costs by the slices of four weeks, so it is made anew about once a minute, some rows a turn (:class:`Planner`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from metrics.planning.peak_hours import RowWeek, row_week
from metrics.planning.reachable import DayPlan, Outlook, day_plan, outlook, tally
from metrics.planning.same_hours import utc_offset_ms
from metrics.planning.trends import RowTrends, row_trends
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey, RowNumbers
from metrics.snapshot.windows import HISTORY_MS, TODAY, DayRule
from streams.common.durations import MINUTE_MS
from streams.common.vocabulary import Channel
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings
from streams.numbers.tiers import QUARTER

PLAN_EVERY_MS = MINUTE_MS
ROWS_A_TURN = 4
"""Rows planned between two readings of Redis: each can have thousands of slices."""


class History(Protocol):
    """The 15-minute slices of the last weeks."""

    def rows(self) -> Collection[RowKey]:
        """The rows with anything in them."""

    def quarters(self, row: RowKey, from_ms: int, to_ms: int) -> Iterable[tuple[int, Counts]]:
        """``(start, counts)`` of the slices of a row that begin from ``from_ms`` to before ``to_ms``, in order."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What the last weeks say about one row. ``day``: of calls and chats, which have a service level."""

    day: DayPlan | None
    week: RowWeek
    trends: RowTrends


@dataclass(frozen=True, slots=True)
class Planning:
    """Every row as of ``at_ms`` (epoch milliseconds, the clock of the snapshot)."""

    at_ms: int
    rows: Mapping[RowKey, RowPlan]


def plan_row(history: History, key: RowKey, now_ms: int, settings: Settings) -> RowPlan:
    """The plan of one row, by the clock of its queue."""
    promise = queue_in_force(settings, key.channel, key.queue, now_ms)
    rule = DayRule(promise.time_zone or settings.time_zone, promise.day_starts)
    quarters = dict(history.quarters(key, now_ms - HISTORY_MS, now_ms + 1))
    return RowPlan(
        day=None if key.channel is Channel.TICKET else day_plan(quarters, rule, now_ms),
        week=row_week(key.channel, quarters, rule.zone, now_ms),
        trends=row_trends(key.channel, quarters, rule.zone, now_ms),
    )


def plan(history: History, now_ms: int, settings: Settings) -> Planning:
    """Every row at once."""
    return Planning(now_ms, {key: plan_row(history, key, now_ms, settings) for key in history.rows()})


class Planner:
    """Plans all rows again and again, a few a turn, so that no reading of Redis waits for long."""

    def __init__(self, settings: Settings) -> None:
        """``settings``: the clocks of the queues."""
        self._settings = settings
        self._planning: Planning | None = None
        self._begun_ms = self._begun_wall_ms = 0
        self._left: list[RowKey] = []
        self._done: dict[RowKey, RowPlan] | None = None

    def turn(self, history: History, now_ms: int, wall_ms: int) -> Planning | None:
        """Plan a few rows more, and return the newest planning that is whole; ``None`` before the first.

        ``wall_ms``: by the event clock now may stand still while the log of the past is still being counted.
        """
        if self._done is None and self._is_due(now_ms, wall_ms):
            self._begun_wall_ms = wall_ms
            self._begun_ms, self._left, self._done = now_ms, list(history.rows()), {}
        if self._done is not None:
            for _ in range(min(ROWS_A_TURN, len(self._left))):
                key = self._left.pop()
                self._done[key] = plan_row(history, key, self._begun_ms, self._settings)
            if not self._left:
                self._planning, self._done = Planning(self._begun_ms, self._done), None
        return self._planning

    def _is_due(self, now_ms: int, wall_ms: int) -> bool:
        """Days begin at a quarter of an hour: no queue goes without the plan of its new day for a minute."""
        return (
            self._planning is None
            or abs(now_ms - self._begun_ms) >= PLAN_EVERY_MS
            or abs(wall_ms - self._begun_wall_ms) >= PLAN_EVERY_MS
            or now_ms // QUARTER.width_ms != self._begun_ms // QUARTER.width_ms
        )


def outlook_of(planning: Planning | None, key: RowKey, numbers: RowNumbers, now_ms: int, settings: Settings) -> Outlook:
    """How the day of one queue of calls or chats may end: the plan with the numbers of now.

    Args:
        planning: the newest, possibly of some minutes ago.
        key: a row of a real queue, not a sum.
        numbers: the row's, of the snapshot.
        now_ms: of the snapshot.
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
