"""Checks of the Kafka and the Redis in the settings, reporting everything that would cause trouble later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from streams.clients.kafka_clients import NO_LIMIT_MS
from streams.clients.topic_configs import TIMESTAMP_AFTER_MAX, topic_configs
from streams.common.durations import format_duration
from streams.common.errors import UserError
from streams.config.settings import MOST_PARTITIONS, Settings
from streams.config.stored_settings import differing_sentence, judging
from streams.contract.topics import FOLDED
from streams.store.damage import SETTINGS_REMEDY
from streams.store.keys import HEAD_PARTITIONS, partition_keys, settings_key
from streams.store.single_keys import generation_of, whole_key

if TYPE_CHECKING:
    from streams.clients.kafka_clients import TopicDescription
    from streams.clients.redis_clients import SyncClient

PATIENCE_SECONDS = 5.0
"""Longest wait for one answer of Redis."""
EVICTION_POLICY = "noeviction"
"""Any other policy lets Redis evict numbers when its memory is full."""
FOREVER_MS = -1
"""``retention.ms`` of a topic without a limit."""

NO_OPERATION = "return redis.call('EXISTS', KEYS[1])"
"""Script that changes nothing but needs the rights to run a script on a key and to read it."""


def kafka_problems(settings: Settings) -> list[str]:
    """One sentence for each problem of the broker or its topics."""
    from streams.clients.kafka_clients import describe_topics

    wanted = topic_configs(settings)
    with _silenced("kafka"):
        try:
            found = describe_topics(settings, wanted)
        except UserError as error:
            return [str(error)]
    missing = [name for name in wanted if name not in found]
    problems = [line for name, topic in found.items() for line in topic_problems(settings, name, topic, wanted[name])]
    if missing:
        problems.append(
            f"Kafka at {settings.kafka} lacks the topics {', '.join(missing)}; create them with "
            f"{settings.partitions} partitions and the configuration that docs/settings.md gives, or start a "
            "stack that has them with `veinte stack up`"
        )
    return problems


def topic_problems(settings: Settings, name: str, topic: TopicDescription, config: dict[str, str]) -> list[str]:
    """One sentence for each property of an existing topic that differs from ``config`` and the settings."""
    problems = []
    if topic.partitions != settings.partitions:
        problems.append(
            f"topic {name} has {topic.partitions} partitions, but partitions = {settings.partitions}; "
            "set VEINTE_PARTITIONS to what the topics have, or make new topics"
        )
    if topic.cleanup_policy != config["cleanup.policy"]:
        problems.append(
            f"topic {name} has cleanup.policy={topic.cleanup_policy}; set it to {config['cleanup.policy']}: "
            "compaction would drop events that a rebuild needs"
        )
    least_ms = int(config["retention.ms"])
    if topic.retention_ms != FOREVER_MS and topic.retention_ms < least_ms:
        problems.append(
            f"topic {name} keeps events for {format_duration(topic.retention_ms)} only (retention.ms="
            f"{topic.retention_ms}); set retention.ms to {least_ms} ({format_duration(least_ms)}) or more"
        )
    room_bytes = int(config.get("max.message.bytes", 0))
    if topic.max_message_bytes < room_bytes:
        problems.append(
            f"topic {name} takes records of {topic.max_message_bytes} bytes at most; set max.message.bytes to "
            f"{room_bytes} or more: a large record that cannot be used would not fit in with its reason"
        )
    ahead_ms = int(config.get(TIMESTAMP_AFTER_MAX, NO_LIMIT_MS))
    if topic.timestamp_after_max_ms > ahead_ms:
        problems.append(
            f"topic {name} takes records stamped more than {format_duration(ahead_ms)} ahead of the broker's clock; "
            f"set {TIMESTAMP_AFTER_MAX} to {ahead_ms} or less: behind one of the far future all others are too old"
        )
    return problems


def redis_problems(settings: Settings) -> list[str]:
    """One sentence for each problem of Redis."""
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client

    try:
        client = sync_client(settings, PATIENCE_SECONDS)
    except UserError as error:
        return [str(error)]
    try:
        return [
            *_eviction_problems(settings, client),
            *_script_problems(settings, client),
            *_stored_partitions(settings, client),
            *_other_hash_key(settings, client),
            *_other_settings(settings, client),
        ]
    except UserError as error:
        return [str(error)]
    except CLIENT_ERRORS as error:
        return [str(describe(settings, error))]
    finally:
        client.close()


def _eviction_problems(settings: Settings, client: SyncClient) -> Iterator[str]:
    """Check the eviction policy of each server that holds numbers."""
    from redis import Redis
    from redis.exceptions import NoPermissionError

    servers: dict[str, Callable[[], Any]]
    if isinstance(client, Redis):
        servers = {f"redis = {settings.redis_display()}": partial(client.info, "memory")}
    else:
        servers = {
            f"the Cluster's node {node.name}": partial(client.info, "memory", target_nodes=node)
            for node in client.get_primaries()  # type: ignore[no-untyped-call]  # redis-py
        }
    for where, memory in servers.items():
        try:
            policy = _text(memory()["maxmemory_policy"])
        except NoPermissionError:
            yield f"{where} forbids its ACL user INFO, so its maxmemory-policy is not known; grant +info"
            continue
        if policy != EVICTION_POLICY:
            yield (
                f"{where} has maxmemory-policy {policy}; set it to {EVICTION_POLICY}: "
                "any other loses numbers without a word when its memory is full"
            )


def _script_problems(settings: Settings, client: SyncClient) -> Iterator[str]:
    """Check the right to run scripts: every commit and every read is a script on the keys of one partition."""
    from redis.exceptions import NoPermissionError

    key = partition_keys(settings.namespace, 0, FOLDED[0], 0).head
    try:
        client.register_script(NO_OPERATION)(keys=[key])
    except NoPermissionError as error:
        yield (
            f"redis = {settings.redis_display()} forbids its ACL user scripts on its keys ({error}); grant "
            f"+@scripting and ~{settings.namespace}:*"
        )


def _stored_partitions(settings: Settings, client: SyncClient) -> Iterator[str]:
    """Check the number of partitions: numbers counted with one number cannot be continued with another."""
    generation = generation_of(client, settings.namespace)
    for topic in FOLDED:
        heads = (partition_keys(settings.namespace, generation, topic, n).head for n in range(MOST_PARTITIONS))
        with client.pipeline(transaction=False) as pipeline:
            for head in heads:
                pipeline.hget(head, HEAD_PARTITIONS)
            stored = next((_text(found) for found in pipeline.execute() if found), "")
        if stored and stored != str(settings.partitions):
            yield (
                f"redis = {settings.redis_display()} holds numbers of {topic} made with {stored} partitions, but "
                f"partitions = {settings.partitions}; set VEINTE_PARTITIONS={stored}, or another VEINTE_NAMESPACE"
            )


def _other_hash_key(settings: Settings, client: SyncClient) -> Iterator[str]:
    """Check the hash key, where there is one: under another than that of the numbers every customer is a new one."""
    from streams.clients.pseudonyms import pseudonym_of_numbers
    from streams.config.hash_key import hash_keys

    try:
        if any(hash_keys(settings)):
            pseudonym_of_numbers(settings, client)
    except UserError as error:
        yield str(error)


def _other_settings(settings: Settings, client: SyncClient) -> Iterator[str]:
    """Check the settings that every program over the same numbers must have alike."""
    generation = generation_of(client, settings.namespace)
    key = settings_key(settings.namespace, generation)
    with whole_key(key, SETTINGS_REMEDY):
        stored: Any = client.hgetall(key)
    found = judging(settings, stored).differing
    if found:
        yield f"{differing_sentence(found)}, or restart the worker to judge by those here"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def _silenced(logger: str) -> Iterator[None]:
    """Silence a client's log for the block: its lines about a refused connection add nothing to our sentence."""
    client_log = logging.getLogger(logger)
    level = client_log.level
    client_log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        client_log.setLevel(level)
