"""`veinte check` against a real Kafka and Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from streams.clients.kafka_clients import admin
from streams.clients.redis_clients import sync_client
from streams.clients.topic_configs import topic_configs
from streams.common.durations import DAY_MS
from streams.config.settings import Settings
from streams.store.keys import HEAD_PARTITIONS, partition_keys
from streams.tools.preflight import kafka_problems, redis_problems
from tests.conftest import SettingsFactory

DEADLINE_SECONDS = 60.0


def test_nothing_wrong(settings_factory: SettingsFactory) -> None:
    """The stack that we start ourselves is as it should be."""
    settings = settings_factory()
    assert ([], []) == (kafka_problems(settings), redis_problems(settings))


def test_missing_topics(settings_factory: SettingsFactory) -> None:
    """Topics that are not there are named, all in one sentence."""
    settings = settings_factory(create=False)
    (line,) = kafka_problems(settings)
    assert line.startswith(f"Kafka at {settings.kafka} lacks the topics ")
    assert all(name in line for name in topic_configs(settings))


def test_another_number_of_partitions(settings_factory: SettingsFactory) -> None:
    """Every topic whose partitions are not what the settings say is told."""
    settings = settings_factory()
    other = settings.model_copy(update={"partitions": settings.partitions + 1})
    lines = kafka_problems(other)
    assert {f"topic {name} has {settings.partitions} partitions" for name in topic_configs(settings)} == {
        line.split(",")[0] for line in lines
    }


def test_topics_kept_badly(settings_factory: SettingsFactory) -> None:
    """Compaction, short retentions, dead letters without room and a future without end are a sentence each."""
    from kafka.admin import ConfigResource, ConfigResourceType

    settings = settings_factory()
    changes = {"calls": {"cleanup.policy": "compact"}, "chats": {"retention.ms": 35 * DAY_MS}}
    changes["contacts"] = {"retention.ms": 43 * DAY_MS}
    changes["tickets"] = {"message.timestamp.after.max.ms": 2**63 - 1}
    changes["calls.dead"] = changes["contacts.dead"] = {"max.message.bytes": 1_048_588}
    with admin(settings) as client:
        client.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, settings.topic(name), configs=config)
                for name, config in changes.items()
            ]
        )
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(lines := kafka_problems(settings)) < len(changes) and time.monotonic() < deadline:
        pass  # the broker takes a moment until it tells what it was told
    text = "\n".join(lines)
    assert len(changes) == len(lines)
    assert f"topic {settings.topic('calls')} has cleanup.policy=compact; set it to delete" in text
    assert f"topic {settings.topic('chats')} keeps events for 35d only" in text
    assert f"topic {settings.topic('contacts')} keeps events for 43d only" in text
    assert f"topic {settings.topic('tickets')} takes records stamped more than 1h ahead of the broker's clock" in text
    for name in ("calls.dead", "contacts.dead"):
        assert f"topic {settings.topic(name)} takes records of 1048588 bytes at most" in text


@contextmanager
def redis_with(settings: Settings, **config: str) -> Iterator[None]:
    """Redis with another configuration for a while."""
    client: Any = sync_client(settings)
    before = {name: client.config_get(name)[name] for name in config}
    try:
        for name, value in config.items():
            client.config_set(name, value)
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value)
        client.close()


def test_redis_that_evicts(settings_factory: SettingsFactory) -> None:
    """A Redis that may throw numbers away is told."""
    settings = settings_factory(create=False)
    with redis_with(settings, **{"maxmemory-policy": "allkeys-lru"}):
        (line,) = redis_problems(settings)
    assert "has maxmemory-policy allkeys-lru; set it to noeviction" in line


def test_redis_that_refuses_the_password(settings_factory: SettingsFactory) -> None:
    """A wrong password is told without being shown."""
    address = settings_factory(create=False).redis.get_secret_value().removeprefix("redis://")
    settings = settings_factory(create=False, redis=f"redis://nobody:not-the-password@{address}")
    (line,) = redis_problems(settings)
    assert "refuses the user or password" in line
    assert "not-the-password" not in line


def test_redis_that_is_no_cluster(settings_factory: SettingsFactory) -> None:
    """A single Redis under redis_cluster = true is told."""
    (line,) = redis_problems(settings_factory(create=False, redis_cluster=True))
    assert "is no Redis Cluster" in line


@contextmanager
def redis_user(settings: Settings, commands: list[str], keys: str = "*") -> Iterator[Settings]:
    """Settings of an ACL user with these rights, for a while."""
    client: Any = sync_client(settings)
    name = f"{settings.namespace}-user"
    address = settings.redis.get_secret_value().removeprefix("redis://")
    client.acl_setuser(name, enabled=True, nopass=True, keys=[keys], commands=commands)
    try:
        yield settings.model_copy(update={"redis": SecretStr(f"redis://{name}:x@{address}")})
    finally:
        client.acl_deluser(name)
        client.close()


def test_redis_user_who_may_not_ask(settings_factory: SettingsFactory) -> None:
    """An ACL user without INFO cannot have the eviction policy checked, and is told so."""
    with redis_user(settings_factory(create=False), ["+@all", "-info"]) as limited:
        (line,) = redis_problems(limited)
    assert "forbids its ACL user INFO, so its maxmemory-policy is not known; grant +info" in line


@pytest.mark.parametrize("command", ["evalsha", "script"])
def test_redis_user_who_may_not_run_scripts(settings_factory: SettingsFactory, command: str) -> None:
    """An ACL user without scripts could neither count nor read, and is told so before it starts."""
    client: Any = sync_client(settings_factory(create=False))
    client.script_flush()
    client.close()
    with redis_user(settings_factory(create=False), ["+@all", f"-{command}"]) as limited:
        (line,) = redis_problems(limited)
    assert "forbids its ACL user scripts on its keys" in line
    assert f"grant +@scripting and ~{limited.namespace}:*" in line


def test_redis_user_of_the_namespace_is_enough(settings_factory: SettingsFactory) -> None:
    """The rights that the sentence names are those that are needed."""
    settings = settings_factory(create=False)
    with redis_user(settings, ["+@all"], f"{settings.namespace}:*") as limited:
        assert [] == redis_problems(limited)


@pytest.mark.parametrize("topic, partition", [("calls", 0), ("chats", 1), ("tickets", 15), ("contacts", 3)])
def test_numbers_of_another_partitioning(settings_factory: SettingsFactory, topic: str, partition: int) -> None:
    """Numbers in Redis that were made with another count of partitions are told, whichever partition has them."""
    settings = settings_factory(create=False)
    client: Any = sync_client(settings)
    client.hset(partition_keys(settings.namespace, 0, topic, partition).head, HEAD_PARTITIONS, 16)
    client.close()
    (line,) = redis_problems(settings)
    assert f"holds numbers of {topic} made with 16 partitions, but partitions = {settings.partitions}" in line
