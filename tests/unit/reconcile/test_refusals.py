"""Refused records that a recount leaves out: by offset and content, and whole batches by their offsets."""

from __future__ import annotations

from zlib import crc32

import pytest

from streams.clients.topic_reader import Record
from streams.reconcile.refusals import NONE, Refusals

Spans = list[tuple[int, int]]
BATCHES = ((3, 5), (8, 8))


def record(offset: int, value: bytes | None) -> Record:
    """A record of calls."""
    return Record("calls", 0, offset, 0, b"c", value, ())


@pytest.mark.parametrize(
    "start, end, spans",
    [
        (0, 12, [(0, 3), (6, 8), (9, 12)]),
        (3, 6, []),
        (4, 9, [(6, 8)]),
        (5, 8, [(6, 8)]),
        (9, 12, [(9, 12)]),
        (0, 3, [(0, 3)]),
        (0, 0, []),
    ],
)
def test_batches_are_passed_over(start: int, end: int, spans: Spans) -> None:
    """Between and beside them everything is read once."""
    assert spans == Refusals({}, BATCHES).spans(start, end)


def test_without_batches_all_is_read() -> None:
    """One span, or none where there is nothing."""
    assert ([(2, 9)], []) == (NONE.spans(2, 9), NONE.spans(9, 9))


def test_a_record_is_known_by_offset_and_content() -> None:
    """A topic that was made anew has other records at the same offsets."""
    refusals = Refusals({7: crc32(b"{}"), 8: crc32(b"")}, ())
    found = [refusals.has(record(*each)) for each in ((7, b"{}"), (7, b"[]"), (6, b"{}"), (8, None), (9, None))]
    assert [True, False, False, True, False] == found
