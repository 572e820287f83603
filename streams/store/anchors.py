"""Anchors: what wrong clocks of a partition have taught, kept outside of its keys because they outlive them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from streams.store.commit import CommitId, Conflict
from streams.store.damage import Unreadable
from streams.store.keys import PartitionKeys, anchors_key
from streams.store.redis_errors import patiently
from streams.store.single_keys import whole_key

MOST_ANCHORS = 16
"""Anchors of a partition; past them its clock stays as it is, or a hostile log would be replayed for ever."""
REMEDY = "delete it: the clocks find again what it has taught them"
DROP_SCRIPT = Path(__file__).with_name("drop.lua").read_text()


class Anchor(msgspec.Struct, array_like=True, frozen=True):
    """End of a stretch of the log in which the clock was wrong.

    Attributes:
        until: offset after the stretch.
        latest_ms: an event in it with a later time is not believed.
        wall_ms: when the clock was found to be wrong.
    """

    until: int
    latest_ms: int
    wall_ms: int


class _Anchors(msgspec.Struct, array_like=True):
    topic_id: str
    anchors: tuple[Anchor, ...]


_decode = msgspec.msgpack.Decoder(_Anchors).decode
_encode = msgspec.msgpack.Encoder().encode


async def load_anchors(redis: Any, namespace: str, topic: str, partition: int, topic_id: str) -> tuple[Anchor, ...]:
    """The anchors of a partition; none if they are of another log under the same name.

    Raises:
        Unreadable: no worker wrote what is there.
    """
    key, field = anchors_key(namespace), f"{topic}-{partition}"
    with whole_key(key, REMEDY):
        packed = await patiently(partial(redis.hget, key, field))
    return _anchors_in(packed, key, field, topic_id)


def read_anchors(client: Any, namespace: str, topic: str, partition: int, topic_id: str) -> tuple[Anchor, ...]:
    """The same, read with a synchronous client.

    Raises:
        Unreadable: no worker wrote what is there.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    key, field = anchors_key(namespace), f"{topic}-{partition}"
    with whole_key(key, REMEDY):
        return _anchors_in(client.hget(key, field), key, field, topic_id)


def _anchors_in(packed: bytes | None, key: str, field: str, topic_id: str) -> tuple[Anchor, ...]:
    try:
        found = _Anchors(topic_id, ()) if packed is None else _decode(packed)
    except msgspec.DecodeError:
        raise Unreadable(key, field, "holds no anchors", REMEDY) from None
    return found.anchors if found.topic_id == topic_id else ()


async def store_anchors(
    redis: Any, namespace: str, topic: str, partition: int, topic_id: str, anchors: tuple[Anchor, ...]
) -> None:
    """Store the anchors of a partition."""
    packed = _encode(_Anchors(topic_id, anchors))
    await patiently(partial(redis.hset, anchors_key(namespace), f"{topic}-{partition}", packed))


async def drop_numbers(redis: Any, keys: PartitionKeys, expected: CommitId) -> None:
    """Remove all that is stored of a partition, if nobody else has committed since ``expected``.

    Raises:
        Conflict: another owner has committed.
    """
    script = redis.register_script(DROP_SCRIPT)
    answer = await patiently(lambda: script(keys=list(keys), args=list(expected)))
    if answer != b"done":
        raise Conflict(f"{keys.head}: {bytes(answer).decode()}")
