"""The service level that today can still end at, and when its objective is lost for good. Pure and exact.

A *judged* contact is one event of the service level (variant ``short_removed``), a *met* one was answered within the
target. What is still to come is what the same quarters of an hour of the same weekday brought in earlier weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import NamedTuple

from metrics.planning.same_hours import quarter_starts, same_quarters
from metrics.snapshot.service_level import Variant, service_level
from metrics.snapshot.snapshot import Counts
from metrics.snapshot.windows import DayRule, day_start_ms
from streams.common.durations import HOUR_MS
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.tiers import QUARTER

PACE_FROM = 10
"""Fewer judged contacts say nothing about how things go."""
_INTO_THE_NEXT_DAY_MS = 36 * HOUR_MS
"""From the beginning of a day of 23 to 25 hours."""


class Tally(NamedTuple):
    """Met and judged contacts of the service level."""

    met: int
    judged: int


def tally(counts: Counts) -> Tally:
    """What the default variant divides."""
    return Tally(*service_level(counts)[Variant.SHORT_REMOVED])


class Expected(NamedTuple):
    """What the counterparts of one quarter of an hour brought, summed over the weeks that have data."""

    start_ms: int
    met: int
    judged: int
    offered: int = 0


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What the day from ``start_ms`` to before ``end_ms`` may bring: its quarters in order, those with anything.

    ``weeks``: how many earlier weeks have data: in the others nobody came on that day.
    """

    start_ms: int
    end_ms: int
    weeks: int
    quarters: tuple[Expected, ...]


def day_plan(quarters: Mapping[int, Counts], rule: DayRule, now_ms: int) -> DayPlan:
    """The plan of the day of ``now_ms``. ``quarters``: start of a 15-minute slice → its counts, earlier weeks' too."""
    start_ms = day_start_ms(rule, now_ms)
    end_ms = day_start_ms(rule, start_ms + _INTO_THE_NEXT_DAY_MS)
    starts = quarter_starts(start_ms, end_ms)
    counterparts = same_quarters(starts, rule.zone)
    weeks = [
        week
        for week, past in enumerate(zip(*counterparts, strict=True))
        if any(quarters[past_ms][ConversationMeasure.OFFERED] for past_ms in past if past_ms in quarters)
    ]
    expected = []
    for today_ms, past in zip(starts, counterparts, strict=True):
        then = [past_ms for week in weeks if (past_ms := past[week]) is not None and past_ms in quarters]
        found = [tally(quarters[past_ms]) for past_ms in then]
        judged = sum(one.judged for one in found)
        offered = sum(quarters[past_ms][ConversationMeasure.OFFERED] for past_ms in then)
        if judged or offered:
            expected.append(Expected(today_ms, sum(one.met for one in found), judged, offered))
    return DayPlan(start_ms, end_ms, len(weeks), tuple(expected))


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a queue's day may end. ``weeks`` 0: nobody knows, and the rest is empty.

    ``expected_…``: contacts of the rest of the day; ``usually_offered``: legs that earlier weeks brought, in the mean,
    in the quarter of an hour before now, as far as it belongs to the day. ``utc_offset_ms``: how far the
    queue's clock is ahead of UTC now. ``lost_at_…``: epoch ms from which the objective is out of reach,
    at the current pace and if every further contact is missed; ``None`` where that is not today.
    """

    met: int
    judged: int
    weeks: int = 0
    expected_met: Fraction = Fraction(0)
    expected_judged: Fraction = Fraction(0)
    lost_at_ms: int | None = None
    lost_at_worst_ms: int | None = None
    usually_offered: Fraction = Fraction(0)
    utc_offset_ms: int = 0

    @property
    def usual(self) -> Fraction | None:
        """``usually_offered`` where an earlier week tells."""
        return self.usually_offered if self.weeks else None

    @property
    def best_met(self) -> Fraction:
        """Met contacts at the end of the day if every further one is."""
        return self.met + self.expected_judged

    @property
    def likely_met(self) -> Fraction:
        """Met contacts at the end of the day if the rest of it is like that of earlier weeks."""
        return self.met + self.expected_met

    @property
    def all_judged(self) -> Fraction:
        """Judged contacts at the end of the day."""
        return self.judged + self.expected_judged

    @property
    def best(self) -> Fraction | None:
        """The service level with which the day ends if every further contact is met."""
        return self.best_met / self.all_judged if self.weeks and self.all_judged else None

    @property
    def likely(self) -> Fraction | None:
        """The service level with which the day ends if the rest of it is like that of earlier weeks."""
        return self.likely_met / self.all_judged if self.weeks and self.all_judged else None


def outlook(plan: DayPlan | None, today: Tally, half_hour: Tally, objective: float, now_ms: int) -> Outlook:
    """How the day of ``now_ms`` may end.

    Args:
        plan: of that day; without one, or with one of another day, nobody knows.
        today: so far.
        half_hour: of the last 30 minutes, which decide the pace.
        objective: the share to reach.
        now_ms: epoch milliseconds.
    """
    if plan is None or not plan.weeks or not plan.start_ms <= now_ms < plan.end_ms:
        return Outlook(today.met, today.judged)
    scale = plan.weeks * QUARTER.width_ms
    rest = list(_rest(plan, now_ms))
    met = Fraction(sum(quarter.met * left_ms for quarter, left_ms in rest), scale)
    judged = Fraction(sum(quarter.judged * left_ms for quarter, left_ms in rest), scale)
    bearable = today.met + judged - Fraction(str(objective)) * (today.judged + judged)
    pace = _miss_share(half_hour, today, met, judged)
    return Outlook(
        met=today.met,
        judged=today.judged,
        weeks=plan.weeks,
        expected_met=met,
        expected_judged=judged,
        lost_at_ms=_lost_at_ms(plan, now_ms, bearable, pace),
        lost_at_worst_ms=_lost_at_ms(plan, now_ms, bearable, Fraction(1)),
        usually_offered=Fraction(sum(_just_offered(plan, now_ms)), scale),
    )


def _just_offered(plan: DayPlan, now_ms: int) -> Iterator[int]:
    """Legs × milliseconds of the quarter of an hour before now: parts of two quarters, each by what is in it."""
    for quarter in plan.quarters:
        within_ms = QUARTER.width_ms - abs(now_ms - QUARTER.width_ms - quarter.start_ms)
        if within_ms > 0:
            yield quarter.offered * within_ms


def _rest(plan: DayPlan, now_ms: int) -> Iterator[tuple[Expected, int]]:
    """The quarters that are not over, and how much of each is left, in milliseconds."""
    for quarter in plan.quarters:
        left_ms = min(quarter.start_ms + QUARTER.width_ms - now_ms, QUARTER.width_ms)
        if left_ms > 0:
            yield quarter, left_ms


def _miss_share(half_hour: Tally, today: Tally, expected_met: Fraction, expected_judged: Fraction) -> Fraction:
    """The share of contacts that is missed as things go now."""
    for seen in (half_hour, today):
        if seen.judged >= PACE_FROM:
            return Fraction(seen.judged - seen.met, seen.judged)
    return 1 - expected_met / expected_judged if expected_judged else Fraction(0)


def _lost_at_ms(plan: DayPlan, now_ms: int, bearable: Fraction, miss_share: Fraction) -> int | None:
    """When more than ``bearable`` further contacts have been missed; the contacts of a quarter come evenly."""
    if bearable < 0:
        return now_ms
    if not miss_share:
        return None
    until_lost, passed = bearable / miss_share * plan.weeks * QUARTER.width_ms, 0
    for quarter, left_ms in _rest(plan, now_ms):
        if passed + quarter.judged * left_ms > until_lost:
            return max(quarter.start_ms, now_ms) + floor((until_lost - passed) / quarter.judged)
        passed += quarter.judged * left_ms
    return None
