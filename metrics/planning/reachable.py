"""Outlook of a day: best and likely service level at its end, and the time its objective is lost. Pure and exact.

A *judged* contact is one event of the service level (variant ``short_removed``), a *met* one was answered within the
target. The rest of a day is expected to repeat the same quarters of an hour of the same weekday in earlier weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor
from typing import NamedTuple

from metrics.planning.same_hours import quarter_starts, same_quarters
from metrics.snapshot.service_level import SERVICE_LEVEL, Variant
from metrics.snapshot.snapshot import Counts
from metrics.snapshot.windows import DayRule, day_start_ms
from streams.common.durations import HOUR_MS
from streams.common.vocabulary import Channel
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.domains import measures_of
from streams.numbers.tiers import QUARTER

PACE_FROM = 10
"""Contacts judged, at least, before their share of misses counts as a pace."""
_INTO_THE_NEXT_DAY_MS = 36 * HOUR_MS
"""From the beginning of a day of 23 to 25 hours, this many ms later is always in the next day."""


class Tally(NamedTuple):
    """Met and judged contacts of the service level."""

    met: int
    judged: int


def tally(counts: Counts) -> Tally:
    """Numerator and denominator of the service level, in its default variant."""
    met, judged = SERVICE_LEVEL[Variant.SHORT_REMOVED]
    return Tally(met.of(counts), judged.of(counts))


@cache
def has_service_level(channel: Channel) -> bool:
    """True where the contacts of a channel are judged by a target, and so its days have an outlook."""
    met, _ = SERVICE_LEVEL[Variant.SHORT_REMOVED]
    return measures_of(channel).issuperset(met.measures)


class Expected(NamedTuple):
    """Counts of one quarter of an hour's counterparts, summed over the earlier weeks with data."""

    start_ms: int
    met: int
    judged: int
    offered: int = 0


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Counts expected of the day [``start_ms``, ``end_ms``): its quarters in order, without the empty ones.

    ``weeks``: the number of earlier weeks with any contact on that day. Divide by it to get the mean of a quarter.
    """

    start_ms: int
    end_ms: int
    weeks: int
    quarters: tuple[Expected, ...]


def day_plan(quarters: Mapping[int, Counts], rule: DayRule, now_ms: int) -> DayPlan:
    """The plan of the day of ``now_ms``.

    Args:
        quarters: start of a 15-minute slice, epoch ms → its counts, those of earlier weeks included.
        rule: time zone and beginning of the day.
        now_ms: epoch milliseconds.
    """
    start_ms = day_start_ms(rule, now_ms)
    end_ms = day_start_ms(rule, start_ms + _INTO_THE_NEXT_DAY_MS)
    starts = quarter_starts(start_ms, end_ms)
    counterparts = same_quarters(starts, rule.zone)
    # A week without any offer on this day (a holiday, an outage of the source) is left out, not averaged in as zeros:
    # it would halve what is expected of an ordinary day. A quiet quarter within a week with offers does count.
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
    """Outlook of a queue's day. With ``weeks`` 0 there is no history, and only ``met`` and ``judged`` are set.

    Attributes:
        met: contacts answered within the target so far.
        judged: contacts judged so far.
        weeks: earlier weeks with data.
        expected_met: met contacts expected in the rest of the day.
        expected_judged: judged contacts expected in the rest of the day.
        lost_at_ms: epoch ms from which the objective is out of reach at the current pace; ``None``: not today.
        lost_at_worst_ms: the same if every further contact is missed.
        usually_offered: mean of legs offered in earlier weeks in the 15 minutes before now, as far as they are in the
            day.
        utc_offset_ms: ms by which the queue's local time is ahead of UTC now.
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
        """``usually_offered``; ``None`` without an earlier week."""
        return self.usually_offered if self.weeks else None

    @property
    def best_met(self) -> Fraction:
        """Met contacts at the end of the day if every further contact is met."""
        return self.met + self.expected_judged

    @property
    def likely_met(self) -> Fraction:
        """Met contacts at the end of the day if the rest of it repeats earlier weeks."""
        return self.met + self.expected_met

    @property
    def all_judged(self) -> Fraction:
        """Judged contacts at the end of the day."""
        return self.judged + self.expected_judged

    @property
    def best(self) -> Fraction | None:
        """Service level at the end of the day if every further contact is met; ``None`` without history or contacts."""
        return self.best_met / self.all_judged if self.weeks and self.all_judged else None

    @property
    def likely(self) -> Fraction | None:
        """Service level at the end of the day if the rest of it repeats earlier weeks; ``None`` as for ``best``."""
        return self.likely_met / self.all_judged if self.weeks and self.all_judged else None


def outlook(plan: DayPlan | None, today: Tally, half_hour: Tally, objective: float, now_ms: int) -> Outlook:
    """Outlook of the day of ``now_ms``.

    Args:
        plan: the plan of that day. Without one, or with one of another day, the outlook has no history.
        today: met and judged contacts so far.
        half_hour: those of the last 30 minutes, which decide the pace.
        objective: the service level to reach, a ratio.
        now_ms: epoch milliseconds.
    """
    if plan is None or not plan.weeks or not plan.start_ms <= now_ms < plan.end_ms:
        return Outlook(today.met, today.judged)
    # One division at the end: counts of a quarter × ms left, over weeks × ms of a quarter, is the mean still expected.
    scale = plan.weeks * QUARTER.width_ms
    rest = list(_rest(plan, now_ms))
    # Fractions, not floats: 0.55 of 20 contacts is 11 exactly, and 0.55 * 20 is a little more. In floats a queue at its
    # objective to the contact would be reported as lost.
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
    """Legs × milliseconds in the 15 minutes before now: two quarters overlap them, each weighted by its overlap."""
    for quarter in plan.quarters:
        within_ms = QUARTER.width_ms - abs(now_ms - QUARTER.width_ms - quarter.start_ms)
        if within_ms > 0:
            yield quarter.offered * within_ms


def _rest(plan: DayPlan, now_ms: int) -> Iterator[tuple[Expected, int]]:
    """The quarters not yet over, each with its remaining milliseconds."""
    for quarter in plan.quarters:
        left_ms = min(quarter.start_ms + QUARTER.width_ms - now_ms, QUARTER.width_ms)
        if left_ms > 0:
            yield quarter, left_ms


def _miss_share(half_hour: Tally, today: Tally, expected_met: Fraction, expected_judged: Fraction) -> Fraction:
    """Share of further contacts missed at the current pace: of the last half hour, else of today, else of earlier
    weeks."""
    # The newest sample that is large enough: one bad half hour shall move the forecast, three contacts shall not.
    for seen in (half_hour, today):
        if seen.judged >= PACE_FROM:
            return Fraction(seen.judged - seen.met, seen.judged)
    return 1 - expected_met / expected_judged if expected_judged else Fraction(0)


def _lost_at_ms(plan: DayPlan, now_ms: int, bearable: Fraction, miss_share: Fraction) -> int | None:
    """Time at which more than ``bearable`` further contacts are missed; the contacts of a quarter are spread evenly.

    Args:
        plan: the plan of the day.
        now_ms: epoch milliseconds.
        bearable: misses that the objective still allows in the rest of the day; below 0 it is lost already.
        miss_share: share of further contacts missed, 0 to 1.

    Returns:
        Epoch milliseconds; ``None`` where the day ends before.
    """
    if bearable < 0:
        return now_ms
    if not miss_share:
        return None
    # In contacts × ms summed over the weeks, the unit of the plan: no quarter is divided before the result.
    until_lost, passed = bearable / miss_share * plan.weeks * QUARTER.width_ms, 0
    for quarter, left_ms in _rest(plan, now_ms):
        if passed + quarter.judged * left_ms > until_lost:
            # A quarter that uses up the allowance exactly is passed over: the objective is lost by the next miss, which
            # may be hours later where nobody is expected until then.
            return max(quarter.start_ms, now_ms) + floor((until_lost - passed) / quarter.judged)
        passed += quarter.judged * left_ms
    return None
