"""Fetched batches are unpacked within a bound, and their records handed out by bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from zlib import crc32

import aiokafka
import pytest
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from streams.clients import fetching, record_pieces
from streams.clients.fetching import ALLOWANCE, HANDED_BYTES, Allowance, OversizedBatch
from streams.clients.unpacking import GZIP, LZ4, PART_BYTES, SNAPPY, ZSTD, TooLarge, unpack

MIB = 1 << 20
PACK: dict[int, Callable[[bytes], bytes]] = {
    GZIP: gzip_encode,
    SNAPPY: snappy_encode,
    LZ4: lz4_encode,
    ZSTD: zstd_encode,
}
CODECS = {"none": 0, "gzip": GZIP, "snappy": SNAPPY, "lz4": LZ4, "zstd": ZSTD}


class Sent(NamedTuple):
    """A record as a producer sends it."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def batch(records: list[Sent], codec: int = 0, *, first: int = 0, transactional: bool = False) -> bytes:
    """A batch of message format 2 from offset ``first`` on, as a broker sends it."""
    builder = DefaultRecordBatchBuilder(2, codec, int(transactional), 7 if transactional else -1, 0, 0, 1 << 31 - 1)
    for number, each in enumerate(records):
        assert builder.append(number, 1000 + number, each.key, each.value, list(each.headers)) is not None
    made = bytearray(builder.build())
    struct.pack_into(">q", made, 0, first)  # the broker gives the offset, which the checksum does not cover
    return bytes(made)


def fetched(*batches: bytes, position: int = 0, aborted: list[tuple[int, int]] | None = None) -> Any:
    """The records of a broker's answer, before anything is handed out."""
    return fetcher.PartitionRecords(
        aiokafka.TopicPartition("calls", 0), fetcher.MemoryRecords(b"".join(batches)), aborted, position, None, None,
        True, fetcher.READ_COMMITTED,
    )  # fmt: skip


def hand_outs(
    records: Any, *, most: int = 1 << 31, size: int = HANDED_BYTES, limit: int = 64 * MIB
) -> Iterator[list[Any]]:
    """Records of each fetch, until everything is read."""
    while not records.is_read:
        allowance = Allowance(size, limit)
        token = ALLOWANCE.set(allowance)
        taken = records.take(most, allowance)
        ALLOWANCE.reset(token)
        if taken:
            yield taken


def everything(records: Any, **options: Any) -> list[tuple[int, int, bytes | None, bytes | None]]:
    """Offset, timestamp, key and value of every record."""
    return [(r.offset, r.timestamp, r.key, r.value) for taken in hand_outs(records, **options) for r in taken]


@pytest.mark.parametrize("codec", PACK)
@pytest.mark.parametrize("size", [0, 1, 1000, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_what_was_packed_is_unpacked(codec: int, size: int) -> None:
    """Every codec gives back what was packed, at sizes around a part and at the limit itself."""
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert content == bytes(unpack(codec, PACK[codec](content), max(1, size)))


@pytest.mark.parametrize("codec", [*PACK, -SNAPPY])
def test_a_bomb_is_left_packed(codec: int) -> None:
    """Content over the limit by one byte, or by a factor of a hundred, is refused by every codec."""
    pack = (lambda content: snappy_encode(content, xerial_compatible=False)) if codec < 0 else PACK[codec]
    for size in (MIB + 1, 100 * MIB):
        with pytest.raises(TooLarge):
            unpack(abs(codec), bytes(pack(b" " * size)), MIB)


@pytest.mark.parametrize("codec", PACK)
def test_half_a_batch_is_corrupt(codec: int) -> None:
    """Packed bytes that end too soon, or are none of the codec's, are an error of the batch."""
    packed = PACK[codec](bytes(range(256)) * 20_000)
    for wrong in (packed[: len(packed) // 2], b"\x82SNAPPY\0\0\0\0\1\0\0\0\1\0\0\0\xff" if codec == SNAPPY else b"no"):
        with pytest.raises(CorruptRecordException):
            unpack(codec, wrong, 64 * MIB)


def test_members_of_gzip_and_frames_of_lz4_and_zstd_follow_each_other() -> None:
    """Several compressed streams in one batch count together."""
    for codec in (GZIP, LZ4, ZSTD):
        packed = PACK[codec](b"a" * MIB) + PACK[codec](b"b" * MIB)
        assert b"a" * MIB + b"b" * MIB == bytes(unpack(codec, packed, 2 * MIB))
        with pytest.raises(TooLarge):
            unpack(codec, packed, 2 * MIB - 1)


SENT = st.builds(
    Sent,
    st.none() | st.binary(max_size=9),
    st.none() | st.binary(max_size=300),
    st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=3)), max_size=2).map(tuple),
)


@given(
    sent=st.lists(st.lists(SENT, min_size=1, max_size=6), min_size=1, max_size=4),
    codec=st.sampled_from(list(CODECS.values())),
    piece=st.sampled_from([1, 40, 300, MIB]),
    most=st.integers(1, 9),
    size=st.sampled_from([1, 700, 8 * MIB]),
    position=st.integers(0, 5),
)
def test_every_record_comes_once(
    sent: list[list[Sent]], codec: int, piece: int, most: int, size: int, position: int
) -> None:
    """Whatever the sizes of pieces and fetches, records come whole, in order, from the position on."""
    batches, expected, first = [], [], 0
    for group in sent:
        batches.append(batch(group, codec, first=first))
        expected += [(first + n, 1000 + n, each.key, each.value) for n, each in enumerate(group)]
        first += len(group) + 3  # a gap, as markers of transactions leave
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_pieces, "PIECE_BYTES", piece)
        found = list(hand_outs(fetched(*batches, position=position), most=most, size=size))
    assert all(len(taken) <= most for taken in found)
    assert [each for each in expected if each[0] >= position] == [
        (r.offset, r.timestamp, r.key, r.value) for taken in found for r in taken
    ]


def test_a_large_batch_comes_in_pieces_by_bytes() -> None:
    """Records of 64 KiB come sixteen MiB at a time, and two batches in progress share the room of one unpacked body."""
    groups = [[Sent(b"k", bytes([letter]) * 65_000)] * 400 for letter in (65, 66)]
    streams = [fetched(batch(group, GZIP)) for group in groups]
    found = [[], []]  # type: ignore[var-annotated]
    sizes = set()
    while not all(records.is_read for records in streams):
        for records, handed in zip(streams, found, strict=True):
            taken = next(hand_outs(records), [])
            handed += taken
            sizes.add(sum(len(record.value) for record in taken) // MIB)
            held = record_pieces._Body._held
            assert held is None or len(held.unpacked()) < 27 * MIB
    assert [[letter] * 400 for letter in (65, 66)] == [[record.value[0] for record in handed] for handed in found]
    assert max(sizes) <= 16


@pytest.mark.parametrize("codec", PACK)
def test_a_batch_over_the_limit_is_one_item(codec: int) -> None:
    """It stands for all its records, comes alone, and those before and after come as ever."""
    small = [Sent(b"k", b"{}")] * 2
    large = [Sent(b"k", b"x" * 40_000)] * 50
    records = fetched(
        batch(small, codec), batch(large, codec, first=2), batch(large, codec, first=52), batch(small, codec, first=102)
    )
    found = list(hand_outs(records, limit=MIB))
    assert [[0, 1], [51], [101], [102, 103]] == [[record.offset for record in taken] for taken in found]
    assert [(2, 51, 50), (52, 101, 50)] == [
        (each.first, each.offset, each.records) for (each, *_) in found if isinstance(each, OversizedBatch)
    ]
    assert 104 == records.next_fetch_offset


def test_a_limit_that_was_lowered_in_mid_batch_counts_the_rest_only() -> None:
    """Of a batch of which a part was applied already only the rest is set aside."""
    records = fetched(batch([Sent(None, b"x" * 40_000)] * 50, GZIP), position=20)
    ((oversized,),) = hand_outs(records, limit=MIB)
    assert (20, 49, 30) == (oversized.first, oversized.offset, oversized.records)


def test_aborted_transactions_and_markers_are_not_handed_out() -> None:
    """Batches of an aborted transaction and control batches are passed by, and never unpacked."""
    aborted = batch([Sent(b"k", b"x" * 2 * MIB)], GZIP, first=1, transactional=True)
    records = fetched(batch([Sent(b"a", b"1")]), aborted, batch([Sent(b"b", b"2")], first=2), aborted=[(7, 1)])
    assert [(0, b"1"), (2, b"2")] == [(each[0], each[3]) for each in everything(records, limit=MIB)]


def test_a_wrong_checksum_is_an_error() -> None:
    """A batch whose bytes changed on the way is refused, not read."""
    broken = bytearray(batch([Sent(b"k", b"value")]))
    broken[-1] ^= 1
    with pytest.raises(CorruptRecordException, match="Invalid CRC"):
        everything(fetched(bytes(broken)))


def test_a_name_of_a_header_that_is_no_text_does_not_matter() -> None:
    """A record with such a header is read like any other: nobody reads headers."""
    sent = batch([Sent(b"k", b"first", (("name", b"x"),)), Sent(b"k", b"second")])
    body = bytearray(sent.replace(b"name", b"n\xff\xfee"))
    struct.pack_into(">I", body, 17, fetching_crc(bytes(body[21:])))
    assert [b"first", b"second"] == [value for *_, value in everything(fetched(bytes(body)))]


def fetching_crc(content: bytes) -> int:
    """The checksum that Kafka stores with a batch."""
    from aiokafka.record.util import calc_crc32c

    return int(calc_crc32c(content))


def test_a_million_headers_take_no_memory_of_ours() -> None:
    """Headers of a large record are not made objects; those of small ones count towards what is handed out."""
    many = tuple((f"{n % 10}", b"") for n in range(400_000))
    (taken,) = hand_outs(fetched(batch([Sent(b"k", b"v", many)])))
    assert (b"v", 0) == (taken[0].value, len(taken[0].headers))
    some = [Sent(b"k", b"v", many[:1000])] * 50
    sizes = [len(each) for each in hand_outs(fetched(batch(some)), size=MIB, most=5)]
    assert [5] * 10 == sizes
    ((*_,),) = [[*hand_outs(fetched(batch(some[:8])), size=MIB)]]


@pytest.mark.parametrize("codec", [0, GZIP, SNAPPY, LZ4])
@pytest.mark.parametrize("magic", [0, 1])
def test_legacy_messages_are_read(codec: int, magic: int) -> None:
    """Message formats 0 and 1 come with offset, timestamp, key and value; over the limit they are one item."""
    if codec == LZ4 and magic == 0:
        return  # Kafka never had it
    data = legacy([(b"a", b"x" * 900), (None, b"y" * 900), (b"c", None)], codec, magic, first=5)
    expected = [(5, b"a", b"x" * 900), (6, None, b"y" * 900), (7, b"c", None)]
    assert expected == [(each[0], *each[2:]) for each in everything(fetched(data, position=5))]
    assert expected[1:] == [(each[0], *each[2:]) for each in everything(fetched(data, position=6))]
    if magic:
        assert [1005, 1006, 1007] == [each[1] for each in everything(fetched(data, position=5))]
    if codec:
        ((oversized,),) = hand_outs(fetched(data, position=5), limit=1000)
        assert (5, 7, 3) == (oversized.first, oversized.offset, oversized.records)


def legacy(messages: list[tuple[bytes | None, bytes | None]], codec: int, magic: Any, first: int) -> bytes:
    """Messages of an old format from offset ``first`` on, as an old broker stores them."""
    relative = magic == 1 and codec != 0
    single = []
    for number, (key, value) in enumerate(messages):
        builder = LegacyRecordBatchBuilder(magic, 0, 1 << 20)
        assert builder.append(0, 1000 + first + number, key, value) is not None
        message = bytearray(builder.build())
        struct.pack_into(">q", message, 0, number if relative else first + number)
        single.append(bytes(message))
    inner = b"".join(single)
    if not codec:
        return inner
    packed = PACK[codec](inner)
    head = struct.pack(">bb", magic, codec) + (struct.pack(">q", 99) if magic else b"")
    body = head + struct.pack(">ii", -1, len(packed)) + packed
    return struct.pack(">qiI", first + len(messages) - 1, len(body) + 4, crc32(body)) + body


def test_the_classes_are_in_force() -> None:
    """The library creates our classes by the names of its own."""
    assert (fetching._Records, fetching._Result, fetching._Batches) == (
        fetcher.PartitionRecords,
        fetcher.FetchResult,
        fetcher.MemoryRecords,
    )
