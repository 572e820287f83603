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
    …:aside      hash: offset → event that waits for a confirmation of its time (``AsideEntry``), without its content

Outside of any partition there are ``{namespace}:1:generation``, the number of the key namespace in force,
``{namespace}:1:dead_letters`` (``dead_letters_key``), ``{namespace}:1:anchors`` (``anchors_key``),
``{namespace}:1:forgotten`` (``forgotten_key``), ``{namespace}:1:source:{generation}`` (``source_key``),
``{namespace}:1:settings:{generation}`` (``settings_key``) and ``{namespace}:1:reconciled:{generation}``
(``reconciled_key``).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.store.standing import Attempt, Stop

LAYOUT = 1
"""Version of the layout, in every key."""
KINDS = ("head", "numbers", "changed", "contacts", "expiry", "live_expiry", "names", "policies", "conflicts", "aside")
SORTED_SETS = ("changed", "expiry", "live_expiry")
"""Those of them that are sorted sets; the others are hashes."""
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
    aside: str


class AsideEntry(msgspec.Struct, frozen=True, array_like=True):
    """An event that waits for a confirmation of its time. Its content stays in Kafka, because it names customers."""

    subject: str
    time_ms: int
    since_ms: int


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


def anchors_key(namespace: str) -> str:
    """Key of the hash of anchors (``streams.store.anchors``), by topic and partition. They outlive generations: a
    rebuild would be taken in by the same events."""
    return f"{namespace}:{LAYOUT}:anchors"


def forgotten_key(namespace: str) -> str:
    """Key of the hash of forgotten customers (``streams.store.forgotten``): keyed hash → time of the tombstone. It
    outlives generations, because a rebuild reads old events of these customers again."""
    return f"{namespace}:{LAYOUT}:forgotten"


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
    ``policy``: hash of the policy book that new contacts are judged by. ``internal_in_a_row``: records set aside just
    before the position because they broke our code. ``attempt``: the portion in progress, where it may need to be
    smaller the next time. ``stop``: set while the partition stands still. ``transaction_offset``: first offset of a
    transaction that stays open, -1 without any; ``transaction_ms``: since when. ``partitions_found``: partitions that
    the topic has on the broker where they are not those of the numbers, else 0. ``aside``: events that wait for
    a confirmation of their time. ``reanchored_ms``: wall time at which the clock was last found to be wrong, else 0.
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
    internal_in_a_row: int = 0
    attempt: Attempt | None = None
    stop: Stop | None = None
    transaction_offset: int = -1
    transaction_ms: int = 0
    partitions_found: int = 0
    aside: int = 0
    reanchored_ms: int = 0


decode_status = msgspec.msgpack.Decoder(Status).decode
decode_aside = msgspec.json.Decoder(AsideEntry).decode

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
"""Lost events acknowledged by a person."""
HEAD_RESUME = "resume"
"""Request to end a stop (``streams.store.standing.resume_request``); like ``acknowledged`` it is written by a command
and not by the owner, which empties it."""
