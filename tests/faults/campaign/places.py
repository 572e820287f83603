"""Settings and variables of the programs of a case, and how far their positions are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams.clients.kafka_clients import client_config
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.store.keys import generation_key, partition_keys

HASH_KEY = "a key for faults only"
KEPT = "26h"
"""Retention of the finest slices: with the usual two hours, old slices of the load would end during the case."""

Place = tuple[Topic, int]
"""Topic and partition."""


def environment(settings: Settings, **variables: str) -> dict[str, str]:
    """Variables of a program of the case; ``variables`` take the place of the settings of that name."""
    own = {
        "kafka": settings.kafka,
        "redis": settings.redis.get_secret_value(),
        "namespace": settings.namespace,
        "topic_prefix": settings.topic_prefix,
        "partitions": str(settings.partitions),
        "hash_key": HASH_KEY,
        "slice_retention_seconds": KEPT,
        "data": str(settings.data),
        **variables,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VEINTE_")}
    return {**inherited, **{f"VEINTE_{name.upper()}": value for name, value in own.items()}}


def positions(client: Any, settings: Settings) -> dict[Place, int]:
    """Positions that workers have stored in the generation in force."""
    generation = int(client.get(generation_key(settings.namespace)) or 0)
    found = {}
    for topic in FOLDED:
        for number in range(settings.partitions):
            head = partition_keys(settings.namespace, generation, topic, number).head
            found[topic, number] = int(client.hget(head, "position") or 0)
    return found


def ends(settings: Settings, topic: Topic) -> dict[Place, int]:
    """End offset of each partition of a topic."""
    name = settings.topic(topic)
    consumer = KafkaConsumer(**client_config(settings), enable_auto_commit=False)
    try:
        found: Mapping[TopicPartition, int] = consumer.end_offsets(
            [TopicPartition(name, each) for each in range(settings.partitions)]
        )
        return {(topic, partition.partition): offset for partition, offset in found.items()}
    finally:
        consumer.close()
