"""Windows of a KPI on the lean page of ``/metrics``. The API and the full page have all that make sense for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from metrics.catalog.quotients import Labels
from metrics.snapshot.windows import WINDOWS
from streams.common.vocabulary import Channel, Medium

_LEGS, _TICKETS = ("15m", "30m", "today"), ("today", "24h")
LEAN_WINDOWS: Mapping[Channel, tuple[str, ...]] = {
    Channel.CALL: _LEGS,
    Channel.CHAT: _LEGS,
    Channel.TICKET: _TICKETS,
}
"""Windows that people ask for: of calls and chats now and today, of tickets today and the last day."""
LEAN_PERCENTILES: Mapping[Channel, Mapping[str, tuple[str, ...]]] = {
    Channel.CALL: {"p90": ("30m", "today")},
    Channel.CHAT: {"p90": ("30m", "today")},
    Channel.TICKET: {"p90": ("today",)},
}
"""Windows of the percentiles beside an average, by ``stat``."""
LEAN_MEDIA = frozenset({Medium.EMAIL.value})
"""Media that rules name; a target of a queue may name more. Tickets of all others are one row without a medium."""


class Detail(StrEnum):
    """Amount of series on a page of ``/metrics``."""

    LEAN = "lean"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Lean:
    """Windows of a KPI on the lean page. A rule or a dashboard that reads another one ends its generator.

    Attributes:
        windows: in place of ``LEAN_WINDOWS``.
        more: beside those.
        series: by the labels of a series, its own windows in place of all these.
    """

    windows: tuple[str, ...] | None = None
    more: tuple[str, ...] = ()
    series: Mapping[Labels, tuple[str, ...]] = field(default_factory=dict)

    def of(self, channel: Channel, labels: Labels = ()) -> tuple[str, ...]:
        """The windows of a series on a channel, the shortest first."""
        usual = LEAN_WINDOWS[channel] if self.windows is None else self.windows
        chosen = self.series.get(labels, (*usual, *self.more))
        return tuple(window for window in WINDOWS if window in chosen)


USUAL = Lean()
"""The windows that people ask for."""
