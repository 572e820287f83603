"""A queue as it is now, for the conditions of alerts, and the conditions that no history can decide. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from metrics.alerts.moments import Levels, Moment
from metrics.alerts.promql import exact, of, summed
from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Now
from metrics.planning.reachable import DayPlan, Outlook, Tally, tally
from metrics.snapshot.rows import NOTHING
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowNumbers
from streams.common.durations import SECOND_MS
from streams.config.queue_settings import QueueSettings
from streams.facts.conversations.live import ConversationLive


@dataclass(frozen=True)
class Present(Moment):
    """A queue now: the windows of the snapshot in place of whole quarters, and what is true now.

    Attributes:
        row: its numbers, summed over media.
        media: the numbers by medium; of calls and chats one, with an empty name.
        day: outlook of the day; ``None`` for tickets.
        unanswered_ms: for at least so long nobody has been answered.
    """

    row: RowNumbers = NOTHING
    media: Mapping[str, RowNumbers] = field(default_factory=dict)
    day: Outlook | None = None
    unanswered_ms: int = 0

    @property
    def end_ms(self) -> int:
        """Now, in epoch milliseconds."""
        return self.start_ms

    def counts(self, window: str) -> Counts:
        """Counts of a window."""
        return self.row.windows.get(window, NO_COUNTS)

    def level(self, window: str) -> Tally:
        """The service level of a window."""
        return tally(self.counts(window))

    def before(self) -> Moment:
        """The same queue: an alert whose condition must last is watched for as long (``metrics.alerts.firing``)."""
        return self

    @property
    def usual(self) -> Fraction | None:
        """Mean number of legs in the same 15 minutes of earlier weeks; ``None`` where no earlier week is kept."""
        return None if self.day is None else self.day.usual

    @cached_property
    def outlook(self) -> Outlook:
        """Outlook of the day's service level."""
        return Outlook(0, 0) if self.day is None else self.day


def present(
    row: RowNumbers,
    media: Mapping[str, RowNumbers],
    policy: QueueSettings,
    day: Outlook | None,
    now_ms: int,
    unanswered_ms: int = 0,
) -> Present:
    """A queue at ``now_ms`` with the policy in force; for the rest see :class:`Present`."""
    return Present(
        quarters={},
        levels=Levels({}),
        start_ms=now_ms,
        policy=policy,
        plan=DayPlan(now_ms, now_ms, 0, ()),
        longest_wait_ms=row.live.age_ms(ConversationLive.LONGEST_WAIT) or 0,
        row=row,
        media=media,
        day=day,
        unanswered_ms=unanswered_ms,
    )


def now_of(name: str) -> Now:
    """A number of the catalogue that is true now."""
    kpi = next(kpi for kpi in QUEUE_KPIS if kpi.name == name)
    assert isinstance(kpi, Now)
    return kpi


class NowAtLeast(NamedTuple):
    """A count of tickets that is true now reaches a bound: of one medium, of all but one (``!=email``), or of all."""

    kpi: Now
    bound: int
    medium: str = ""

    def promql(self) -> str:
        """The count and the bound."""
        if not self.medium:
            return f"{summed(self.kpi.name, 'medium')} >= {self.bound}"
        if self.medium.startswith("!="):
            return f"{summed(self.kpi.name, 'medium', medium=self.medium)} >= {self.bound}"
        return f"{of(self.kpi.name, medium=self.medium)} >= {self.bound}"

    def holds(self, at: Present) -> bool:
        """The same comparison on the numbers of now."""
        rows = [row for medium, row in at.media.items() if self._counts(medium)]
        return sum(row.live[part.measure] for row in rows for part in self.kpi.parts) >= self.bound

    def _counts(self, medium: str) -> bool:
        return medium != self.medium.removeprefix("!=") if self.medium.startswith("!=") else self.medium in ("", medium)


class AgeAbove(NamedTuple):
    """The age of the oldest exceeds a limit in milliseconds."""

    kpi: Now
    limit_ms: int

    def promql(self) -> str:
        """The age and the limit in seconds."""
        return f"{of(self.kpi.name)} > {exact(self.limit_ms / SECOND_MS)}"

    def holds(self, at: Present) -> bool:
        """The same comparison on the numbers of now."""
        ages_ms = (at.row.live.age_ms(part.measure) for part in self.kpi.parts)
        return any(age_ms is not None and age_ms > self.limit_ms for age_ms in ages_ms)
