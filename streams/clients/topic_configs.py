"""How the broker must keep each topic."""

from __future__ import annotations

from streams.common.durations import DAY_MS, HOUR_MS
from streams.config.settings import Settings
from streams.contract.topics import dead_letter_topic
from streams.facts.domains import DOMAINS

DEAD_LETTER_RETENTION_MS = 36 * DAY_MS
DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024 + 64 * 1024
"""Room for the largest record a default broker takes, twice, with the headers that say why it is dead."""
TIMESTAMP_AFTER_MAX = "message.timestamp.after.max.ms"
TIMESTAMP_AFTER_MAX_MS = HOUR_MS
"""How far ahead of the broker's clock a record of an input topic may be stamped. An event may lie as far ahead of its
record as ``future_limit`` says, and its time becomes its partition's clock: behind one record from the far future every
true event would be too old. The hour is Kafka's own default, room enough for clocks that are set wrongly."""


def topic_configs(settings: Settings) -> dict[str, dict[str, str]]:
    """Every topic's name on the broker and the configuration it needs; all have ``settings.partitions`` partitions."""
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
