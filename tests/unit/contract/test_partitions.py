"""Partitioners: a contact's partition is where the clients' own code puts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from streams.common.vocabulary import Partitioner
from streams.contract.partitions import crc32_partition, murmur2_partition, partition_of

LIBRDKAFKA_2_16 = {"call-000123": (1, 705), "21": (4, 532), "foobar": (5, 69), "call-7": (5, 229), "ñandú-1": (7, 87)}
"""Answers of ``rd_kafka_msg_partitioner_consistent_random`` of librdkafka 2.16.0 for 8 and for 1000 partitions."""
LIBRDKAFKA_MURMUR2 = {"call-000123": 7, "21": 4, "foobar": 6}
"""Answers of ``rd_kafka_msg_partitioner_murmur2_random`` of librdkafka 2.16.0 for 8 partitions."""


@given(st.binary(min_size=1, max_size=40), st.integers(1, 64))
def test_murmur2_is_kafkas(key: bytes, partitions: int) -> None:
    """A key belongs where kafka-python's murmur2, the same as Java's, puts it."""
    assert (murmur2(key) & 0x7FFFFFFF) % partitions == murmur2_partition(key, partitions)


def test_known_vectors_of_murmur2() -> None:
    """Java's `Utils.murmur2("21")` is -973932308 and of "foobar" -790332482; librdkafka's murmur2_random agrees."""
    assert [(-973932308 & 0x7FFFFFFF) % 1024, (-790332482 & 0x7FFFFFFF) % 1024] == [
        murmur2_partition(key, 1024) for key in (b"21", b"foobar")
    ]
    assert LIBRDKAFKA_MURMUR2 == {key: murmur2_partition(key.encode(), 8) for key in LIBRDKAFKA_MURMUR2}


@pytest.mark.parametrize("key", LIBRDKAFKA_2_16)
def test_known_vectors_of_librdkafkas_default(key: str) -> None:
    """CRC-32 of the key's bytes modulo the partitions is what librdkafka itself answers."""
    assert LIBRDKAFKA_2_16[key] == tuple(crc32_partition(key.encode(), partitions) for partitions in (8, 1000))


def test_each_setting_has_its_hash() -> None:
    """Producers of our own follow the setting; with `any` they take Kafka's default."""
    assert [7, 1, 7] == [partition_of(rule, b"call-000123", 8) for rule in Partitioner]
