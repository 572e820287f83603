"""Batches as the readers of people see them: every codec, a bound in bytes, and names of headers that are no text."""

from __future__ import annotations

from typing import Any

import pytest
from kafka.record.memory_records import MemoryRecords

from streams.clients.reader_batches import Batch
from tests.unit.clients.test_fetching import CODECS, Sent, batch

SENT = [Sent(b"a", b"one" * 100, (("h", b"1"),)), Sent(None, b""), Sent(b"c", None)]


def records(packed: bytes) -> list[Any]:
    """All records of an answer of a broker, by kafka-python."""
    found: list[Any] = []
    answer = MemoryRecords(packed)
    while (each := answer.next_batch()) is not None:
        assert each.validate_crc()
        found += each
    return found


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_every_codec_is_read(codec: int) -> None:
    """Offset, time, key, value and headers are those that were sent."""
    found = [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in records(batch(SENT, codec, first=5))]
    sent = [(5 + n, 1000 + n, each.key, each.value, [*each.headers]) for n, each in enumerate(SENT)]
    assert sent == found


@pytest.mark.parametrize("codec", [codec for codec in CODECS.values() if codec])
def test_a_batch_beyond_the_limit_is_passed_over(codec: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batches before and after it are read."""
    monkeypatch.setattr(Batch, "limit_bytes", 1000)
    small = batch([Sent(b"k", b"v")], codec)
    large = batch([Sent(b"k", b"v" * 1000)], codec, first=1)
    assert [0, 2] == [r.offset for r in records(small + large + batch([Sent(b"k", b"v")], codec, first=2))]


def test_a_name_of_a_header_that_is_no_text() -> None:
    """Its record has no headers, and all others have theirs."""
    sound = batch([Sent(b"a", b"1", (("name", b"x"),)), Sent(None, b"2", (("name", b"x"),))])
    made = bytearray(sound.replace(b"name", b"\xff\xfe\xfd\xfc", 1))
    found = [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in Batch(made)]
    assert [(0, 1000, b"a", b"1", []), (1, 1001, None, b"2", [("name", b"x")])] == found
