"""A snapshot with its age and the newest planning, the input of every page. Pure; the age is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from metrics.planning.plan import Planning
from metrics.snapshot.blindness import NO_FACTS, UNREADABLE, why_blind
from metrics.snapshot.snapshot import ChannelHealth, Snapshot
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.config.stored_settings import Difference, Judging

UNREADABLE_AFTER_MS = 5_000
"""A snapshot older than this is blind: ten readings of Redis in a row have failed by then."""


@dataclass(frozen=True, slots=True)
class View:
    """A snapshot ``age_ms`` of wall time after it was read, with the newest planning.

    ``planning`` is ``None`` until the first is complete; ``judging``, the settings that the numbers are made with,
    where nobody has read them; ``folded_queues``, the number of queues that /metrics last showed under ``other``;
    ``refused_requests``, by reason, those that the exporter has refused.
    """

    snapshot: Snapshot
    age_ms: int
    planning: Planning | None = None
    judging: Judging | None = None
    folded_queues: int = 0
    refused_requests: Mapping[str, int] = field(default_factory=dict)

    def settings(self, own: Settings) -> Settings:
        """The settings to show the numbers with: those that they are made with, else the process's ``own``."""
        return own if self.judging is None else self.judging.settings

    @property
    def differing(self) -> tuple[Difference, ...]:
        """Settings of the process that differ from those that the numbers are made with."""
        return () if self.judging is None else self.judging.differing

    @property
    def unreadable(self) -> bool:
        """Redis has not been read for longer than ``UNREADABLE_AFTER_MS``."""
        return self.age_ms > UNREADABLE_AFTER_MS

    def blind_reason(self, channel: Channel) -> str:
        """Reason why the numbers of a channel cannot be trusted, a name of ``BLIND_REASONS``; "" where they can."""
        health = self.snapshot.channels.get(channel)
        if health is not None and health.blind:
            return health.blind_reason
        return UNREADABLE if self.unreadable or health is None else ""

    @property
    def outcomes_blind_reason(self) -> str:
        """Reason why the outcomes of contacts cannot be trusted; repeats across channels are found from them."""
        return self.snapshot.repeats.blind_reason or (UNREADABLE if self.unreadable else "")

    def blind_reason_of_repeats(self, channel: Channel) -> str:
        """Reason why the repeats of a channel cannot be trusted: the channel's own, else that of the outcomes."""
        return self.blind_reason(channel) or self.outcomes_blind_reason

    def why_blind(self, channel: Channel | None, language: Language, zone: str) -> str:
        """The reason of a channel, or without one that of the outcomes, as the last part of a sentence; "" where the
        numbers can be trusted. Times are those of the time zone ``zone``."""
        reason = self.outcomes_blind_reason if channel is None else self.blind_reason(channel)
        health = self.snapshot.repeats if channel is None else self.snapshot.channels.get(channel)
        known = health is not None and health.blind_reason == reason
        return why_blind(reason, health.facts if known and health else NO_FACTS, language, zone) if reason else ""

    def data_age_ms(self, channel: Channel) -> int | None:
        """Milliseconds by which the channel's numbers are behind now; ``None`` where no worker ever ran."""
        return self._age_ms(self.snapshot.channels.get(channel))

    @property
    def outcomes_age_ms(self) -> int | None:
        """Milliseconds by which the outcomes of contacts are behind now; ``None`` where no worker ever ran."""
        return self._age_ms(self.snapshot.repeats)

    def _age_ms(self, health: ChannelHealth | None) -> int | None:
        return None if health is None or health.age_ms is None else health.age_ms + self.age_ms
