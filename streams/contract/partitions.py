"""Partition of a contact: the hash of its key that a producer's partitioner uses. Pure."""

from __future__ import annotations

from struct import unpack_from
from zlib import crc32

from streams.common.vocabulary import Partitioner

CLIENTS = {
    Partitioner.MURMUR2: "the default of Java, aiokafka and kafka-python",
    Partitioner.CRC32: "librdkafka's default",
}
"""Producers that choose partitions by a hash unless they are told otherwise."""
REMEDIES = {
    Partitioner.MURMUR2: "partitioner=consistent_random there (librdkafka's name for crc32)",
    Partitioner.CRC32: "partitioner=murmur2_random there",
}
"""Setting of the producer that makes it agree with the other hash, by the hash that it uses."""


def partition_of(partitioner: Partitioner, key: bytes, partitions: int) -> int:
    """Partition of a record's key; with ``any``, where producers of our own put it (murmur2)."""
    if partitioner is Partitioner.CRC32:
        return crc32_partition(key, partitions)
    return murmur2_partition(key, partitions)


def crc32_partition(key: bytes, partitions: int) -> int:
    """Partition by librdkafka's ``consistent`` and ``consistent_random``: CRC-32 of zlib, unsigned."""
    return crc32(key) % partitions


def murmur2_partition(key: bytes, partitions: int) -> int:
    """Partition by the default partitioner of Kafka's Java client; librdkafka's ``murmur2`` and ``murmur2_random``."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def customer_partition(customer: bytes, partitions: int) -> int:
    """Partition of a customer on the topic of outcomes: a keyed hash is evenly distributed, and Kafka's own partitioner
    would cost as much as the event."""
    return int.from_bytes(customer[:4], "big") % partitions


def wrong_partition(partitioner: Partitioner, key: bytes, partition: int, partitions: int) -> str:
    """The sentence for a record on another partition than ``partitioner`` gives; empty where it is right.

    It names the hash that the record fits and the two remedies: the setting here, or the producer's.
    """
    if partitioner is Partitioner.ANY:
        return ""
    expected = partition_of(partitioner, key, partitions)
    if expected == partition:
        return ""
    other = Partitioner.CRC32 if partitioner is Partitioner.MURMUR2 else Partitioner.MURMUR2
    where = f"the subject belongs on partition {expected} of {partitions} by {partitioner}, not on {partition}"
    if partition_of(other, key, partitions) == partition:
        return f'{where}; it fits {other}, {CLIENTS[other]}: set partitioner = "{other}" here, or {REMEDIES[other]}'
    return (
        f"{where}; it fits neither murmur2 nor crc32: set the producer's partitioner to {partitioner}, or where all "
        'producers share another one, partitioner = "any" here'
    )


def _murmur2(key: bytes) -> int:
    """Hash of Kafka's default partitioner, in half the time of the clients' own; computed once per new contact."""
    words = len(key) >> 2
    value = 0x9747B28C ^ len(key)
    for word in unpack_from(f"<{words}I", key):
        word = word * 0x5BD1E995 & 0xFFFFFFFF
        word = (word ^ word >> 24) * 0x5BD1E995 & 0xFFFFFFFF
        value = value * 0x5BD1E995 & 0xFFFFFFFF ^ word
    rest = key[words << 2 :]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0x5BD1E995 & 0xFFFFFFFF
    return value ^ value >> 15
