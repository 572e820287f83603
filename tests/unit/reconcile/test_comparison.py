"""Differences between stored and recomputed numbers: which are found, and in which words."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from streams.common.errors import UserError
from streams.contract.topics import Topic
from streams.numbers.names import dimension_name, row_name
from streams.reconcile.comparison import Comparison, Words, stored_slices
from streams.reconcile.recount import Arrived, Extent
from tests.support.paper_books import PaperBooks
from tests.support.recounts import differences, kept, recount
from tests.support.words import decoded, log_of

FIRST, SECOND = 178_511_040, 178_511_041
"""Numbers of two slices of 10 s, the first at midnight."""
ALL = Extent(None, None, {"s": 0, "m": 0, "q": 0})


def found(recomputed: dict[tuple[str, int, int], dict[int, int]], stored: Mapping[str, object]) -> list[str]:
    """Differences in words, of a partition with one queue and one reason."""
    words = Words({row_name("sales", "", "call"): 1, dimension_name(("reason", "timeout")): 2})
    fields = [(field.encode(), msgspec.msgpack.encode(cells)) for field, cells in stored.items()]
    slices = stored_slices(fields, ALL, lambda row: row, "numbers")
    return [str(each) for each in Comparison("calls-0", words).differences(recomputed, slices, {})]


def test_every_amount_that_differs_is_named() -> None:
    """A difference has its partition, slice, queue and measure; an amount may be missing on either side."""
    recomputed = {("s", FIRST, 1): {2: 1, 4: 5}, ("s", SECOND, 1): {10 | 2 << 9: 3}}
    stored = {f"s{FIRST}:1": {2: 1, 4: 7}, f"m{FIRST // 6}:1": {2: 9}, "t1": {2: 4}, "Wcall-1\x1f1": [1]}
    assert [
        "calls-0 2026-07-27T00:00:00Z 1m channel call queue sales: offered stored 9, recomputed 0",
        "calls-0 2026-07-27T00:00:00Z 10s channel call queue sales: answered stored 7, recomputed 5",
        "calls-0 2026-07-27T00:00:10Z 10s channel call queue sales: left_queue {reason=timeout} stored 0, recomputed 3",
    ] == found(recomputed, stored)


def test_what_no_name_stands_for_is_a_difference() -> None:
    """A row, a dimension and a measure that the registry or the release does not know are shown by their numbers."""
    stored = {f"s{FIRST}:9": {2: 1}, f"s{FIRST}:1": {500: 1, 10 | 7 << 9: 2}}
    assert [
        "calls-0 2026-07-27T00:00:00Z 10s channel call queue sales: measure 500 stored 1, recomputed 0",
        "calls-0 2026-07-27T00:00:00Z 10s channel call queue sales: left_queue of dimension 7, which has no name "
        "stored 2, recomputed 0",
        "calls-0 2026-07-27T00:00:00Z 10s row 9, which has no name: offered stored 1, recomputed 0",
    ] == found({}, stored)


def test_a_slice_that_cannot_be_read_is_named() -> None:
    """Bytes that are no slice are a sentence with key and field."""
    with pytest.raises(UserError, match=r"the field b's17:1' of numbers in Redis is no slice of numbers"):
        stored_slices([(b"s17:1", b"\xc1")], ALL, lambda row: row, "numbers")


def test_slices_outside_of_the_range_are_left_out() -> None:
    """The range is one of whole quarters of an hour, and a slice past its retention may be there or not."""
    midnight_ms = FIRST * 10_000
    extent = Extent(midnight_ms, midnight_ms + 900_000, {"s": FIRST, "m": 0, "q": 0})
    fields = {f"s{FIRST}:1", f"s{SECOND}:1", f"s{FIRST - 1}:1", f"m{FIRST // 6 + 15}:1", f"q{FIRST // 90}:1"}
    packed = msgspec.msgpack.encode({2: 1})
    slices = stored_slices([(field.encode(), packed) for field in fields], extent, lambda row: row, "numbers")
    assert {("s", SECOND, 1), ("q", FIRST // 90, 1)} == slices.keys()


def test_rows_of_a_renamed_queue_are_one() -> None:
    """Amounts under the earlier name of a queue are added to those under its present one."""
    packed = msgspec.msgpack.encode({2: 1})
    slices = stored_slices([(b"q9:1", packed), (b"q9:2", packed)], ALL, lambda _row: 2, "numbers")
    assert {("q", 9, 2): {2: 2}} == slices


def test_one_amount_changed_by_hand_is_found_in_every_tier() -> None:
    """Of an amount that somebody changes in one tier, the difference is there and nowhere else."""
    paper = PaperBooks(Topic.CALLS)
    log = log_of("call", ("offered", 0), ("answered", 10), ("ended", 40))
    paper.apply(log)
    arrived = [Arrived(number, None, each) for number, each in enumerate(decoded(log))]
    extent = kept(paper)
    assert [] == differences(paper, recount(paper, arrived, extent), extent)
    fields = [field for field in paper.numbers if field[0] in "smq"]
    assert {"s", "m", "q"} == {field[0] for field in fields}
    for field in fields:
        before = paper.numbers[field]
        cells = msgspec.msgpack.decode(before, type=dict[int, int])
        code = max(cells)
        paper.numbers[field] = msgspec.msgpack.encode({**cells, code: cells[code] + 1})
        assert 1 == len(differences(paper, recount(paper, arrived, extent), extent)), field
        paper.numbers[field] = before
