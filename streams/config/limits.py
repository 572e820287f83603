"""Limits that follow from the settings: how late an event may come, how long slices are kept."""

from __future__ import annotations

from streams.common.durations import DAY_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.numbers.measures import MINUTE, QUARTER, TEN_SECONDS, Tier

PAST_LIMIT_MS = {
    Topic.CALLS: 8 * DAY_MS,
    Topic.CHATS: 8 * DAY_MS,
    Topic.TICKETS: 36 * DAY_MS,
    Topic.CONTACTS: 36 * DAY_MS,
}
EVENT_CLOCK_PAST_LIMIT_MS = 36 * DAY_MS


def past_limit_ms(topic: Topic, settings: Settings) -> int:
    """How late an event of the topic may come."""
    if topic is Topic.CONTACTS:  # customers live for as long as a ticket's event may come late, whatever the inputs do
        return max(PAST_LIMIT_MS[topic], settings.past_limit or 0)
    if settings.past_limit is not None:
        return settings.past_limit
    return EVENT_CLOCK_PAST_LIMIT_MS if settings.clock is Clock.EVENT else PAST_LIMIT_MS[topic]


def retentions_ms(settings: Settings) -> dict[Tier, int]:
    """How long each tier's slices are kept."""
    return {
        TEN_SECONDS: settings.slice_retention_seconds,
        MINUTE: settings.slice_retention_minutes,
        QUARTER: settings.slice_retention,
    }
