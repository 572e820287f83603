"""What a person does to the stored numbers by hand: acknowledge a loss, count everything anew."""

from __future__ import annotations

import secrets
import time
from typing import cast

import msgspec

from streams.clients.redis_clients import SyncClient
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.store.keys import (
    HEAD_ACKNOWLEDGED,
    HEAD_STATUS,
    Status,
    generation_key,
    partition_keys,
    rebuild_key,
    source_key,
)

LOCK_SECONDS = 60
HANDOVER_SECONDS = 3.0
"""Workers look for a switch once a second; after this none writes to the old generation any more."""

_status = msgspec.msgpack.Decoder(Status).decode


def parse_topic(name: str) -> Topic:
    """The topic called ``name`` that events may be lost from.

    Raises:
        UserError: there is none.
    """
    if name not in [str(topic) for topic in FOLDED]:
        raise UserError(f"{name!r} is no topic of events; choose one of {', '.join(FOLDED)}")
    return Topic(name)


def acknowledge_loss(client: SyncClient, settings: Settings, generation: int, topic: Topic) -> dict[int, int]:
    """Say that the losses of a topic are known; returns the events acknowledged now, by partition.

    The owner takes it up with its next commit, within a second; until one runs the partition stays blind anyway.
    """
    acknowledged: dict[int, int] = {}
    for number in range(settings.partitions):
        head = partition_keys(settings.namespace, generation, topic, number).head
        packed, before = client.hmget(head, [HEAD_STATUS, HEAD_ACKNOWLEDGED])
        lost = 0 if packed is None else _status(cast(bytes, packed)).statistics.get("lost", 0)
        if lost > int(before or 0):
            client.hset(head, HEAD_ACKNOWLEDGED, str(lost))
            acknowledged[number] = lost - int(before or 0)
    return acknowledged


class RebuildLock:
    """One rebuild at a time: a key that the one at work keeps alive and that ends with it."""

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
        """Still at work; call it often."""
        if time.monotonic() - self._kept_at > LOCK_SECONDS / 4:
            self._client.expire(self._key, LOCK_SECONDS)
            self._kept_at = time.monotonic()

    def release(self) -> None:
        """Done."""
        self._client.delete(self._key)


def delete_generation(client: SyncClient, settings: Settings, generation: int) -> None:
    """Remove every key of a generation."""
    for topic in FOLDED:
        for number in range(settings.partitions):
            client.unlink(*partition_keys(settings.namespace, generation, topic, number))
    client.unlink(source_key(settings.namespace, generation))


def switch_generation(client: SyncClient, settings: Settings, old: int, new: int) -> None:
    """Put a generation in force, wait until every worker has left the old one, and remove that."""
    client.set(generation_key(settings.namespace), str(new))
    time.sleep(HANDOVER_SECONDS)
    delete_generation(client, settings, old)
