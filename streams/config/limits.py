"""Limits derived from the settings: the largest delay of an event, and the retention of slices."""

from __future__ import annotations

from streams.common.durations import DAY_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.domains import DOMAIN_OF
from streams.numbers.tiers import MINUTE, QUARTER, TEN_SECONDS, Tier

EVENT_CLOCK_PAST_LIMIT_MS = 36 * DAY_MS


def past_limit_ms(topic: Topic, settings: Settings) -> int:
    """Largest delay of an event of the topic, in milliseconds; a later event is a dead letter."""
    domain = DOMAIN_OF[topic]
    if domain.is_derived:  # kept for the longest repeat window, also under a shorter past_limit
        return max(domain.late_ms, settings.past_limit or 0)
    if settings.past_limit is not None:
        return settings.past_limit
    return EVENT_CLOCK_PAST_LIMIT_MS if settings.clock is Clock.EVENT else domain.late_ms


def retentions_ms(settings: Settings) -> dict[Tier, int]:
    """Retention of each tier's slices, in milliseconds."""
    return {
        TEN_SECONDS: settings.slice_retention_seconds,
        MINUTE: settings.slice_retention_minutes,
        QUARTER: settings.slice_retention,
    }
