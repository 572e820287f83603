"""Redis keys, all defined here.

All keys of a topic partition share one hash tag. So they are in one slot of a Redis Cluster, and one script can change
them:

    {namespace}:1:{generation}:{calls-3}:head       hash: position, commit id, heartbeat, statistics (``Head``)
    …:numbers    hash: slices and live entries by field (``streams.numbers.measures``), values MessagePack
    …:changed    sorted set: fields of ``numbers`` scored by the number of the commit that changed them last
    …:contacts   hash: subject → the contact's state
    …:expiry     sorted set: subjects without live entries, scored by the event time at which their state expires
    …:live_expiry     the same for subjects that are still in a live set
    …:names      hash: registry of rows and dimensions, name → id
    …:policies   hash: policy id → policy
    …:conflicts  hash: reason → refused commits

Outside of any partition there are ``{namespace}:1:generation``, the number of the key namespace in force,
``{namespace}:1:dead_letters`` (``dead_letters_key``), ``{namespace}:1:source:{generation}`` (``source_key``),
``{namespace}:1:settings:{generation}`` (``settings_key``) and ``{namespace}:1:reconciled:{generation}``
(``reconciled_key``).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

LAYOUT = 1
"""Version of the layout, in every key."""
KINDS = ("head", "numbers", "changed", "contacts", "expiry", "live_expiry", "names", "policies", "conflicts")
CHANGES_KEPT = 10_000
"""Commits covered by ``changed``; a reader that is further behind reloads the partition."""


class PartitionKeys(NamedTuple):
    """Keys of one partition, in the order of the scripts' arguments."""

    head: str
    numbers: str
    changed: str
    contacts: str
    expiry: str
    live_expiry: str
    names: str
    policies: str
    conflicts: str


def generation_key(namespace: str) -> str:
    """Key of the number of the key namespace in force (missing: 0)."""
    return f"{namespace}:{LAYOUT}:generation"


def source_key(namespace: str, generation: int) -> str:
    """Key of the ``source`` of one generation's outcomes, which distinguishes them from those of other generations."""
    return f"{namespace}:{LAYOUT}:source:{generation}"


def settings_key(namespace: str, generation: int) -> str:
    """Key of the settings that one generation's numbers are made with (``streams.config.stored_settings``)."""
    return f"{namespace}:{LAYOUT}:settings:{generation}"


def reconciled_key(namespace: str, generation: int) -> str:
    """Key of the results of `veinte reconcile` by topic (``streams.store.reconciled``)."""
    return f"{namespace}:{LAYOUT}:reconciled:{generation}"


def dead_letters_key(namespace: str) -> str:
    """Key of the hash of handled dead letters: ``topic/partition/offset`` of the origin → mark (decision 10)."""
    return f"{namespace}:{LAYOUT}:dead_letters"


def rebuild_key(namespace: str) -> str:
    """Key of the lock of a running rebuild."""
    return f"{namespace}:{LAYOUT}:rebuild"


def partition_keys(namespace: str, generation: int, topic: str, partition: int) -> PartitionKeys:
    """Keys of a partition of the logical topic ``topic`` in one generation."""
    base = f"{namespace}:{LAYOUT}:{generation}:{{{topic}-{partition}}}"
    return PartitionKeys(*(f"{base}:{kind}" for kind in KINDS))


class Status(msgspec.Struct, frozen=True, rename={"watermark_ms": "seen_ms"}):
    """Part of the head for people and readers, MessagePack in the field ``status``.

    Times are epoch milliseconds. ``watermark_ms``: all events up to this time are applied. ``newest_ms``: newest
    applied event time (the partition's clock; ``None`` before the first event). ``wall_ms``: time of writing.
    ``at_end``: the log was drained. ``log_end``: the end of the log as last fetched. ``names``: number of names in the
    registry.
    ``statistics``: counters such as ``applied``, ``rejected.too_old``, ``late``, ``lost``, ``conflicting``,
    ``folded.queue``; ``lost_unacknowledged``: events lost that nobody has acknowledged. ``refused_in_a_row``: records
    refused just before the position. ``refused_ms``: time of the latest commit with refused records; 0 without any.
    ``policy``: hash of the policy book that new contacts are judged by.
    """

    watermark_ms: int
    newest_ms: int | None
    wall_ms: int
    at_end: bool
    log_end: int
    formula: int
    names: int
    statistics: dict[str, int]
    lost_unacknowledged: int = 0
    refused_in_a_row: int = 0
    policy: str = ""
    refused_ms: int = 0


decode_status = msgspec.msgpack.Decoder(Status).decode

HEAD_POSITION = "position"
HEAD_NONCE = "nonce"
HEAD_NUMBER = "number"
HEAD_TOPIC_ID = "topic_id"
HEAD_PARTITIONS = "partitions"
HEAD_KEY_CHECK = "key_check"
HEAD_SOURCE = "source"
"""``source`` of the outcomes published for these numbers (``streams.worker.publisher.outcome_source``)."""
HEAD_STATUS = "status"
HEAD_ACKNOWLEDGED = "acknowledged"
"""Lost events acknowledged by a person; the only field of a head not written by the owner."""
