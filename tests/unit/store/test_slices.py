"""The slices of a partition: three tiers, each with its retention; absolute values; bounds."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.numbers.tiers import TIERS, Tier, parse_slice_field, slice_field
from streams.store import slices as slices_module
from streams.store.slices import Slices

WIDTHS = {tier.letter: tier.width_ms for tier in TIERS}
KEPT_MS = {"s": 60_000, "m": 600_000, "q": 3_600_000}
ROW, CELL = 7, 3
NOON_MS = 1_795_262_400_000
"""2026-11-21T12:00:00Z."""


def slices(*fields: str) -> Slices:
    """Slices over what Redis holds."""
    return Slices(fields, KEPT_MS)


def letters(kept: Slices, time_ms: int, clock_ms: int) -> tuple[str, int]:
    """The tiers that take an amount at ``time_ms``, and whether it is late."""
    fields, late = kept.rolled({(time_ms // 10_000, ROW): {CELL: 1}}, clock_ms)
    return "".join(sorted(field[0] for field in fields)), late


@pytest.mark.parametrize(
    "age_ms,clock_ms,expected",
    [
        (0, NOON_MS, ("mqs", 0)),
        (50_000, NOON_MS, ("mqs", 0)),
        (60_000, NOON_MS, ("mq", 0)),
        (59_999, NOON_MS + 9_999, ("mqs", 0)),
        (60_000, NOON_MS + 9_999, ("mq", 0)),
        (540_000, NOON_MS, ("mq", 0)),
        (600_000, NOON_MS, ("q", 0)),
        (2_700_000, NOON_MS, ("q", 0)),
        (2_700_001, NOON_MS, ("", 1)),
        (3_600_000, NOON_MS, ("", 1)),
        (-3_600_000, NOON_MS, ("mqs", 0)),
    ],
)
def test_what_a_tier_still_keeps(age_ms: int, clock_ms: int, expected: tuple[str, int]) -> None:
    """A tier takes slices that begin after now − its retention; what not even the widest takes is late."""
    assert expected == letters(slices(), clock_ms - age_ms, clock_ms)


def test_amounts_of_a_wider_slice_are_added_up() -> None:
    """Six slices of 10 s make a minute and all of them a quarter of an hour; rows stay apart."""
    first = NOON_MS // 10_000
    deltas = {(first + number, ROW): {CELL: 1, 9: number} for number in range(7)} | {(first, 8): {CELL: 50}}
    fields, late = slices().rolled(deltas, NOON_MS + 65_000)
    minute, quarter = NOON_MS // 60_000, NOON_MS // 900_000
    assert {CELL: 6, 9: 15} == fields[f"m{minute}:7"]
    assert {CELL: 1, 9: 6} == fields[f"m{minute + 1}:7"]
    assert {CELL: 7, 9: 21} == fields[f"q{quarter}:7"]
    assert ({CELL: 50}, 0) == (fields[f"q{quarter}:8"], late)


def test_each_late_amount_is_counted_once() -> None:
    """An amount too late for the widest tier is counted once per slice and row."""
    old = NOON_MS // 10_000 - 10_000
    deltas = {(old, 1): {CELL: 1}, (old, 2): {CELL: 1}, (NOON_MS // 10_000, 1): {CELL: 1}}
    assert 2 == slices().rolled(deltas, NOON_MS)[1]


def test_values_are_absolute() -> None:
    """A delta is added to what Redis holds, read once; the whole slice is written."""
    kept = slices("s1:7", "s2:7")
    assert ["s1:7"] == kept.unread(["s1:7", "s9:7"])
    kept.load({"s1:7": msgspec.msgpack.encode({CELL: 5, 9: 1})})
    written, deleted = kept.apply({"s1:7": {CELL: -2}, "s9:7": {CELL: 4}})
    assert (["s1:7", {CELL: 3, 9: 1}, "s9:7", {CELL: 4}], []) == ([_plain(part) for part in written], deleted)
    assert [] == kept.unread(["s1:7", "s9:7"])


def _plain(part: str | bytes) -> object:
    return msgspec.msgpack.decode(part, type=dict[int, int]) if isinstance(part, bytes) else part


def test_an_empty_slice_is_deleted() -> None:
    """A slice whose amounts were all taken back leaves Redis; one that never was there is not deleted."""
    kept = slices("s1:7")
    kept.load({"s1:7": msgspec.msgpack.encode({CELL: 5})})
    assert ([], ["s1:7"]) == kept.apply({"s1:7": {CELL: -5}, "s2:7": {CELL: 0}})
    assert [] == kept.unread(["s1:7"])
    written, _ = kept.apply({"s1:7": {CELL: 2}})
    assert ["s1:7", {CELL: 2}] == [_plain(part) for part in written]


def test_outlived_slices_go_oldest_first_and_a_few_at_a_time() -> None:
    """Slices past their retention are named once, at most so many a commit; counters and younger ones stay."""
    second = NOON_MS // 10_000
    old = [f"s{second - number}:1" for number in (9, 8, 7, 6)]
    kept = slices(*old[::-1], f"s{second - 5}:1", "t1", f"q{NOON_MS // 900_000}:1")
    assert old[:3] == kept.outlived(NOON_MS, 3)
    assert old[3:] == kept.outlived(NOON_MS, 3)
    assert [] == kept.outlived(NOON_MS, 3)
    assert [f"s{second - 5}:1"] == kept.outlived(NOON_MS + 10_000, 3)
    assert [] == kept.unread(old)
    assert ["t1"] == kept.unread(["t1"])


def test_slices_that_were_written_are_outlived_too() -> None:
    """A slice of this owner's goes like one that it found; one that was deleted before is not deleted again."""
    kept, second = slices(), NOON_MS // 10_000
    kept.apply({f"s{second}:1": {CELL: 1}, f"s{second}:2": {CELL: 1}})
    kept.apply({f"s{second}:2": {CELL: -1}})
    assert [f"s{second}:1"] == kept.outlived(NOON_MS + 60_000, 9)


def test_counters_are_never_outlived() -> None:
    """Counters belong to no time."""
    kept = slices("t1")
    kept.load({"t1": msgspec.msgpack.encode({CELL: 1})})
    written, _ = kept.apply({"t1": {CELL: 1}, "t2": {CELL: 1}})
    assert ["t1", "t2"] == written[::2]
    assert [] == kept.outlived(NOON_MS * 2, 99)


def test_live_entries_are_not_slices() -> None:
    """Fields of the hash that are no slices stay."""
    kept = slices("Wcall-1\x1f0", "Ocall-1\x1f", "s1:1")
    assert ["s1:1"] == kept.outlived(NOON_MS, 99)


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many slices a commit touches, few stay in memory; the rest is read again and nothing is lost."""
    monkeypatch.setattr(slices_module, "CACHED", 10)
    kept, fields = slices(), [f"s{number}:1" for number in range(100)]
    for _ in range(2):
        unread = kept.unread(fields)
        kept.load(dict.fromkeys(unread, msgspec.msgpack.encode({CELL: 1})))
        written, _ = kept.apply({field: {CELL: 1} for field in fields})
        assert len(kept.unread(fields)) >= 90
    assert {CELL: 2} == _plain(written[1])


@given(st.sampled_from(TIERS), st.integers(-(10**14), 10**14), st.integers(1, 10**6))
def test_a_field_names_its_slice(tier: Tier, start_ms: int, row: int) -> None:
    """Tier, beginning and row come back from a slice's field, before 1970 too."""
    begin = start_ms // tier.width_ms * tier.width_ms
    assert (tier, begin, row) == parse_slice_field(slice_field(tier, start_ms, row))
