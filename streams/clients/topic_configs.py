"""Broker configuration of each topic."""

from __future__ import annotations

from streams.common.durations import DAY_MS, HOUR_MS
from streams.config.settings import Settings
from streams.contract.topics import dead_letter_topic
from streams.facts.domains import DOMAINS

DEAD_LETTER_RETENTION_MS = 36 * DAY_MS
DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024 + 64 * 1024
"""Twice the largest record a default broker accepts, and room for the headers with the reason."""
TIMESTAMP_AFTER_MAX = "message.timestamp.after.max.ms"
TIMESTAMP_AFTER_MAX_MS = HOUR_MS
"""Limit on how far the timestamp of a record of an input topic may be ahead of the broker's clock. ``future_limit``
bounds the event time relative to that timestamp, and the event time moves the partition's clock: after one record from
the far future every correct event would be too old. One hour is Kafka's own default and tolerates clocks that are set
wrongly."""


def topic_configs(settings: Settings) -> dict[str, dict[str, str]]:
    """Configuration of every topic by its name on the broker; all topics have ``settings.partitions`` partitions."""
    configs: dict[str, dict[str, str]] = {}
    for domain in DOMAINS:
        config = {"cleanup.policy": "delete", "retention.ms": str(domain.retention_ms)}
        if not domain.is_derived:
            config[TIMESTAMP_AFTER_MAX] = str(TIMESTAMP_AFTER_MAX_MS)
        configs[settings.topic(domain.topic)] = config
    for domain in DOMAINS:
        configs[settings.topic(dead_letter_topic(domain.topic))] = {
            "cleanup.policy": "delete",
            "retention.ms": str(DEAD_LETTER_RETENTION_MS),
            "max.message.bytes": str(DEAD_LETTER_MAX_BYTES),
        }
    return configs
