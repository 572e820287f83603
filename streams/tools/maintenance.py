"""Manual maintenance of the stored numbers: acknowledge a loss of events, rebuild all numbers."""

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
    reconciled_key,
    settings_key,
    source_key,
)

LOCK_SECONDS = 60
HANDOVER_SECONDS = 3.0
"""Workers check for a switch once a second; after this time none writes to the old generation any more."""

_status = msgspec.msgpack.Decoder(Status).decode


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
        """Renew the lock; call it often."""
        if time.monotonic() - self._kept_at > LOCK_SECONDS / 4:
            self._client.expire(self._key, LOCK_SECONDS)
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
    client.set(generation_key(settings.namespace), str(new))
    # A wait and not a look at the workers: they are not registered anywhere, and each checks the key by itself.
    time.sleep(HANDOVER_SECONDS)
    delete_generation(client, settings, old)
