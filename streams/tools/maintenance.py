"""Manual maintenance of the stored numbers: acknowledge a loss of events, rebuild all numbers."""

from __future__ import annotations

import secrets
import time
from typing import cast

from streams.clients.redis_clients import CLIENT_ERRORS, SyncClient
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.store.damage import Damaged, unreadable
from streams.store.keys import (
    HEAD_ACKNOWLEDGED,
    HEAD_RESUME,
    HEAD_STATUS,
    generation_key,
    partition_keys,
    rebuild_key,
    reconciled_key,
    settings_key,
    source_key,
)
from streams.store.patience import patiently_waiting
from streams.store.reading import read_status, whole_number
from streams.store.redis_errors import REDIS
from streams.store.single_keys import whole_key
from streams.store.standing import Stop, resume_request

LOCK_SECONDS = 60
HANDOVER_SECONDS = 3.0
"""Workers check for a switch once a second; after this time none writes to the old generation any more."""


def parse_topic(name: str) -> Topic:
    """The topic of events called ``name``.

    Raises:
        UserError: there is no such topic.
    """
    if name not in [str(topic) for topic in FOLDED]:
        raise UserError(f"{name!r} is no topic of events; choose one of {', '.join(FOLDED)}")
    return Topic(name)


def acknowledge_loss(client: SyncClient, settings: Settings, generation: int, topic: Topic) -> dict[int, int]:
    """Acknowledge the lost events of a topic.

    The owner reads the acknowledgement with its next commit, within a second; without a running owner the partition
    stays blind anyway.

    Returns:
        Newly acknowledged events, by partition.

    Raises:
        UserError: a head is damaged.
    """
    acknowledged: dict[int, int] = {}
    for number in range(settings.partitions):
        keys = partition_keys(settings.namespace, generation, topic, number)
        with whole_key(keys.head, "run `veinte rebuild`"):
            packed, before = cast(list[bytes | None], client.hmget(keys.head, [HEAD_STATUS, HEAD_ACKNOWLEDGED]))
        try:
            lost = 0 if packed is None else read_status(packed).statistics.get("lost", 0)
            known = 0 if before is None else whole_number("head", HEAD_ACKNOWLEDGED, before)
        except Damaged as damage:
            raise unreadable(keys, damage) from damage.__cause__
        if lost > known:
            client.hset(keys.head, HEAD_ACKNOWLEDGED, str(lost))
            acknowledged[number] = lost - known
    return acknowledged


def parse_topic_partition(text: str, partitions: int) -> tuple[Topic, int | None]:
    """Topic and partition of ``TOPIC`` or ``TOPIC/PARTITION``; ``None`` for all partitions.

    Raises:
        UserError: there is no such topic or partition.
    """
    name, slash, number = text.partition("/")
    topic = parse_topic(name)
    if not slash:
        return topic, None
    if not (number.isascii() and number.isdecimal() and int(number) < partitions):
        raise UserError(f"{text!r} names no partition; {name} has 0 to {partitions - 1}, as in {name}/0")
    return topic, int(number)


def resume(
    client: SyncClient, settings: Settings, generation: int, topic: Topic, partition: int | None, *, try_again: bool
) -> dict[int, Stop]:
    """Ask the owners of a topic's partitions that stand still to go on; they do within a second.

    Args:
        client: of Redis.
        settings: for namespace and number of partitions.
        generation: of the key namespace.
        topic: logical topic.
        partition: the only one meant; ``None`` for all.
        try_again: stop again where the records are still refused, instead of letting them go.

    Returns:
        The stops that end, by partition.

    Raises:
        UserError: the head of a partition is damaged.
    """
    ended: dict[int, Stop] = {}
    for number in range(settings.partitions) if partition is None else (partition,):
        keys = partition_keys(settings.namespace, generation, topic, number)
        packed = client.hget(keys.head, HEAD_STATUS)
        try:
            stop = None if packed is None else read_status(cast(bytes, packed)).stop
        except Damaged as damage:
            raise unreadable(keys, damage) from damage.__cause__
        if stop is not None:
            client.hset(keys.head, HEAD_RESUME, resume_request(stop, try_again=try_again))
            ended[number] = stop
    return ended


class RebuildLock:
    """Lock of a rebuild, so that one runs at a time: a key that the running rebuild renews and that expires with it."""

    def __init__(self, client: SyncClient, settings: Settings) -> None:
        self._client = client
        self._key = rebuild_key(settings.namespace)
        self._token = secrets.token_hex(8)
        self._kept_at = time.monotonic()
        if not client.set(self._key, self._token, nx=True, ex=LOCK_SECONDS):
            raise UserError(
                f"another `veinte rebuild` is at work; wait for it, or {LOCK_SECONDS} s if it was killed, and try again"
            )

    def keep(self) -> None:
        """Renew the lock; call it often. A Redis that does not serve is asked again a quarter of its life later."""
        if time.monotonic() - self._kept_at > LOCK_SECONDS / 4:
            try:
                self._client.expire(self._key, LOCK_SECONDS)
            except CLIENT_ERRORS as error:
                if REDIS.passing(error) is None:
                    raise
            self._kept_at = time.monotonic()

    def release(self) -> None:
        """Remove the lock."""
        self._client.delete(self._key)


def delete_generation(client: SyncClient, settings: Settings, generation: int) -> None:
    """Delete every key of a generation."""
    for topic in FOLDED:
        for number in range(settings.partitions):
            client.unlink(*partition_keys(settings.namespace, generation, topic, number))
    client.unlink(source_key(settings.namespace, generation))
    client.unlink(settings_key(settings.namespace, generation))
    client.unlink(reconciled_key(settings.namespace, generation))


def switch_generation(client: SyncClient, settings: Settings, old: int, new: int) -> None:
    """Put a generation in force, wait until every worker has left the old one, and delete the old one."""
    # Retried, or an outage in the last second of a rebuild of many hours would waste it.
    patiently_waiting(lambda: client.set(generation_key(settings.namespace), str(new)), REDIS)
    # A wait and not a look at the workers: they are not registered anywhere, and each checks the key by itself.
    time.sleep(HANDOVER_SECONDS)
    patiently_waiting(lambda: delete_generation(client, settings, old), REDIS)
