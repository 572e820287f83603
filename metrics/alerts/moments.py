"""History of a queue by quarter of an hour, as its alerts would have evaluated it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from metrics.planning.reachable import DayPlan, Outlook, Tally, day_plan, outlook, tally
from metrics.snapshot.snapshot import Counts, total
from metrics.snapshot.windows import SPANS_MS, TODAY, Cells, DayRule, day_start_ms
from streams.common.business_hours import BusinessClock
from streams.common.vocabulary import Channel
from streams.config.policy_book import queue_in_force
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.tiers import QUARTER

Quarters = Mapping[int, Counts]


class Levels:
    """The service level of any stretch of a queue's history, from running sums: 28 days have 2,688 slices."""

    def __init__(self, quarters: Quarters) -> None:
        """``quarters``: start of a 15-minute slice → its counts."""
        self._starts = sorted(quarters)
        tallies = [tally(quarters[start_ms]) for start_ms in self._starts]
        self._met = [0, *accumulate(found.met for found in tallies)]
        self._judged = [0, *accumulate(found.judged for found in tallies)]

    def between(self, from_ms: int, to_ms: int) -> Tally:
        """Met and judged contacts of the slices that begin in [``from_ms``, ``to_ms``)."""
        first, last = bisect_left(self._starts, from_ms), bisect_left(self._starts, to_ms)
        return Tally(self._met[last] - self._met[first], self._judged[last] - self._judged[first])


@dataclass(frozen=True)
class Moment:
    """A queue at the end of the quarter that begins at ``start_ms``.

    ``longest_wait_ms``: the longest wait so far in the quarter, of waits that have ended since; 0 if there was none.
    """

    quarters: Quarters
    levels: Levels
    start_ms: int
    policy: QueueSettings
    plan: DayPlan
    longest_wait_ms: float = 0.0

    @property
    def end_ms(self) -> int:
        """End of the quarter, in epoch milliseconds."""
        return self.start_ms + QUARTER.width_ms

    def _first_ms(self, window: str) -> int:
        """Start of a window in epoch milliseconds; a quarter is the shortest slice of history."""
        if window == TODAY:
            return self.plan.start_ms
        return self.end_ms - max(SPANS_MS[window], QUARTER.width_ms)

    def counts(self, window: str) -> Counts:
        """Counts of a window, in whole quarters."""
        starts = range(self._first_ms(window), self.end_ms, QUARTER.width_ms)
        return total(self.quarters[start_ms] for start_ms in starts if start_ms in self.quarters)

    def level(self, window: str) -> Tally:
        """The service level of a window."""
        return self.levels.between(self._first_ms(window), self.end_ms)

    def before(self) -> Moment:
        """The queue a quarter of an hour earlier, for the windows that do not depend on the day."""
        return replace(self, start_ms=self.start_ms - QUARTER.width_ms)

    def burns(self, window: str, factor: float) -> bool:
        """True if the error budget burns faster than ``factor``."""
        met, judged = self.level(window)
        allowed = Fraction(str(factor)) * (1 - Fraction(str(self.policy.objective)))
        return judged > 0 and allowed > 0 and Fraction(judged - met, judged) > allowed

    @property
    def offered(self) -> int:
        """Legs that entered the queue in the quarter."""
        return self.counts("15m")[ConversationMeasure.OFFERED]

    @property
    def usual(self) -> Fraction | None:
        """Mean number of legs in the same quarter of earlier weeks; ``None`` where no earlier week is kept."""
        if not self.plan.weeks:
            return None
        found = sum(quarter.offered for quarter in self.plan.quarters if quarter.start_ms == self.start_ms)
        return Fraction(found, self.plan.weeks)

    @cached_property
    def outlook(self) -> Outlook:
        """Outlook of the day's service level from this quarter on."""
        return outlook(self.plan, self.level(TODAY), self.level("30m"), self.policy.objective, self.end_ms)


def moments(
    cells: Mapping[int, Cells],
    channel: Channel,
    queue: str,
    from_ms: int,
    to_ms: int,
    settings: Settings,
    waits: Mapping[int, float] | None = None,
) -> Iterator[Moment]:
    """Open quarters of a queue that begin at ``from_ms`` or later and end by ``to_ms``.

    Args:
        cells: start of a 15-minute slice → amounts by measure, of earlier weeks too.
        channel: of the queue.
        queue: its name.
        from_ms: epoch milliseconds.
        to_ms: epoch milliseconds.
        settings: policies by the time they are in force.
        waits: start of a 15-minute slice → the longest wait that ended in it, in milliseconds.
    """
    longest_ms = _longest_ms(waits or {})
    quarters = {start_ms: Counts(amounts) for start_ms, amounts in cells.items()}
    levels = Levels(quarters)
    clocks: dict[str | None, BusinessClock] = {}
    plan: DayPlan | None = None
    first_ms = -(-from_ms // QUARTER.width_ms) * QUARTER.width_ms
    for start_ms in range(first_ms, to_ms - QUARTER.width_ms + 1, QUARTER.width_ms):
        policy = queue_in_force(settings, channel, queue, start_ms)
        clock = clocks.setdefault(policy.calendar, BusinessClock(settings.calendar(policy.calendar)))
        if not clock.is_open(start_ms):
            continue
        rule = DayRule(policy.time_zone or settings.time_zone, policy.day_starts)
        if plan is None or plan.start_ms != day_start_ms(rule, start_ms):
            plan = day_plan(quarters, rule, start_ms)
        yield Moment(quarters, levels, start_ms, policy, plan, longest_ms.get(start_ms, 0.0))


def _longest_ms(waits: Mapping[int, float]) -> Mapping[int, float]:
    """Longest wait by quarter, in milliseconds: a wait of 40 minutes counts as 25 in the quarter before its last."""
    found: dict[int, float] = {}
    for ended_ms, wait_ms in waits.items():
        start_ms, waited_ms = ended_ms, wait_ms
        while waited_ms > 0:
            found[start_ms] = max(found.get(start_ms, 0.0), waited_ms)
            start_ms, waited_ms = start_ms - QUARTER.width_ms, waited_ms - QUARTER.width_ms
    return found
