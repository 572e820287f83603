"""The Redis keys, in one place.

Everything a topic partition owns carries one hash tag, so it is one slot of a Redis Cluster and one script can change
it:

    {namespace}:1:{generation}:{calls-3}:head       hash: position, commit id, heartbeat, statistics (``Head``)
    …:numbers    hash: slices and live entries by field (``streams.numbers.measures``), values MessagePack
    …:changed    sorted set: fields of ``numbers`` scored by the number of the commit that changed them last
    …:contacts   hash: subject → the contact's state
    …:expiry     sorted set: subjects scored by the event time at which their state may go (nothing live)
    …:ghosts     the same for subjects that are still in a live set
    …:names      hash: registry of rows and dimensions, name → id
    …:policies   hash: policy id → policy
    …:conflicts  hash: reason → refused commits

and outside of any partition ``{namespace}:1:generation``, the number of the key namespace in force, and
``{namespace}:1:source:{generation}`` (``source_key``).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

LAYOUT = 1
"""Version of the layout, in every key."""
KINDS = ("head", "numbers", "changed", "contacts", "expiry", "ghosts", "names", "policies", "conflicts")
CHANGES_KEPT = 10_000
"""Commits that ``changed`` goes back; a reader further behind reloads the partition."""


class PartitionKeys(NamedTuple):
    """The keys of one partition, in the order in which scripts take them."""

    head: str
    numbers: str
    changed: str
    contacts: str
    expiry: str
    ghosts: str
    names: str
    policies: str
    conflicts: str


def generation_key(namespace: str) -> str:
    """Holds the number of the key namespace in force (missing: 0)."""
    return f"{namespace}:{LAYOUT}:generation"


def source_key(namespace: str, generation: int) -> str:
    """Holds what the outcomes of one generation are called, to tell them from those of all others."""
    return f"{namespace}:{LAYOUT}:source:{generation}"


def rebuild_key(namespace: str) -> str:
    """Says that a rebuild is at work."""
    return f"{namespace}:{LAYOUT}:rebuild"


def partition_keys(namespace: str, generation: int, topic: str, partition: int) -> PartitionKeys:
    """Keys of a partition of the logical topic ``topic`` in one generation."""
    base = f"{namespace}:{LAYOUT}:{generation}:{{{topic}-{partition}}}"
    return PartitionKeys(*(f"{base}:{kind}" for kind in KINDS))


class Status(msgspec.Struct, frozen=True):
    """The part of the head that only people and readers need, MessagePack in the field ``status``.

    Times are epoch milliseconds. ``seen_ms``: everything up to then is applied. ``newest_ms``: newest applied event
    time (the partition's clock; ``None`` before the first event). ``wall_ms``: when this was written. ``at_end``: the
    log was drained. ``log_end``: the log's end as last fetched. ``names``: how many names the registry has.
    ``statistics``: counters such as ``applied``, ``rejected.too_old``, ``late``, ``lost``, ``conflicting``,
    ``folded.queue``; ``lost_unacknowledged``: events lost that nobody has acknowledged. ``refused_in_a_row``: records
    refused just before the position. ``policy``: hash of the policy book that new contacts are judged by.
    """

    seen_ms: int
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


decode_status = msgspec.msgpack.Decoder(Status).decode

HEAD_POSITION = "position"
HEAD_NONCE = "nonce"
HEAD_NUMBER = "number"
HEAD_TOPIC_ID = "topic_id"
HEAD_PARTITIONS = "partitions"
HEAD_KEY_CHECK = "key_check"
HEAD_SOURCE = "source"
"""What the outcomes are called that were told for these numbers (``streams.worker.publisher.outcome_source``)."""
HEAD_STATUS = "status"
HEAD_ACKNOWLEDGED = "acknowledged"
"""Lost events that a person has acknowledged; the only field of a head that somebody else than the owner writes."""
