"""Refused records that a recount leaves out: by offset and content, and whole batches by their offsets."""

from __future__ import annotations

from hashlib import sha256

import pytest

from streams.clients.topic_reader import Record
from streams.contract.letters import LetterWriter
from streams.contract.topics import Topic
from streams.reconcile.refusals import NONE, Refusals
from streams.tools.dead_letters import Letter, Origin, letter_of

Spans = list[tuple[int, int]]
BATCHES = ((3, 5), (8, 8))


def pseudonym(identifier: str) -> bytes:
    return sha256(identifier.encode()).digest()[:12]


def letter(offset: int, value: bytes | None) -> Letter:
    """The letter that a worker writes of a record."""
    content = LetterWriter(Topic.CALLS, pseudonym, most_bytes=1_000).content(b"c", value)
    origin = (("reason", b"internal"), ("detail", b""), ("topic", b"calls"), ("partition", b"0"))
    headers = (*origin, ("offset", str(offset).encode()), *content.headers)
    found = letter_of(Topic.CALLS, Record("calls.dead", 0, 0, 0, content.key, content.value, headers))
    assert found is not None
    return found


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
    refusals = Refusals({7: letter(7, b"{}"), 8: letter(8, None)}, ())
    records = [record(*each) for each in ((7, b"{}"), (7, b"[]"), (6, b"{}"), (8, None), (8, b"{}"), (9, None))]
    assert [True, False, False, True, False, False] == [refusals.has(each, pseudonym) for each in records]


def test_a_record_is_known_by_a_letter_of_an_earlier_release() -> None:
    """It holds the raw value, or the beginning of a large one."""
    raw = Letter(Topic.CALLS, Origin("calls", 0, 7), "internal", "", 0, b"c", b"{}", None)
    refusals = Refusals({7: raw, 8: raw._replace(cut_from=4)}, ())
    records = [record(*each) for each in ((7, b"{}"), (7, b"{} "), (8, b"{}  "), (8, b"[]  "))]
    assert [True, False, True, False] == [refusals.has(each, pseudonym) for each in records]
