"""Sizes of portions: learned from what the records before them took, never zero, never more than allowed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.worker.portions import (
    COMMIT_BYTES,
    COMMIT_ENTRIES,
    FIRST_RECORDS,
    GROWTH,
    REFUSED_IN_A_PORTION,
    Amount,
    PortionSize,
)

MOST = 40_000


def applied(entries: list[int], size: PortionSize) -> tuple[int, int]:
    """Portions of records with so many entries each: commits made, and records folded in vain."""
    commits = wasted = start = 0
    while start < len(entries):
        tried = size.next(len(entries) - start, MOST)
        while True:
            load = sum(entries[start : start + tried]) / COMMIT_ENTRIES
            if load <= 1 or tried == 1:
                break
            wasted += tried
            size.cut(tried, 1 / load)
            tried = size.next(tried, tried)
        size.fitted(tried, load)
        start += tried
        commits += 1
    return commits, wasted


@pytest.mark.parametrize(
    "amount, load",
    [
        (Amount(0, 0, 0), 0),
        (Amount(REFUSED_IN_A_PORTION, 1, 1), 1),
        (Amount(0, COMMIT_ENTRIES, COMMIT_BYTES // 2), 1),
        (Amount(0, 1, 2 * COMMIT_BYTES), 2),
    ],
)
def test_the_nearest_bound_counts(amount: Amount, load: float) -> None:
    """A portion is as full as the bound that it is nearest to."""
    assert load == amount.load


def test_an_ordinary_backlog_is_cut_as_little_as_it_may_be() -> None:
    """Records of less than an entry each go by tens of thousands, after a first portion that is smaller."""
    size = PortionSize(MOST)
    assert FIRST_RECORDS == size.next(MOST, MOST)
    commits, wasted = applied([random.Random(1).randrange(2) for _ in range(400_000)], size)
    assert commits <= 14
    assert wasted <= MOST


def test_records_that_change_much_are_folded_about_once() -> None:
    """A backlog of which each record changes tens of entries costs one try in vain, not one a portion."""
    commits, wasted = applied([30] * 40_000, PortionSize(MOST))
    assert commits <= 1.4 * 30 * 40_000 / COMMIT_ENTRIES
    assert wasted <= 2 * FIRST_RECORDS


@given(entries=st.lists(st.sampled_from([0, 1, 50, 3 * COMMIT_ENTRIES]), min_size=1, max_size=300))
def test_no_commit_is_too_large_but_for_a_single_record(entries: list[int]) -> None:
    """Whatever records cost, all are applied, and a portion of several never exceeds a bound."""
    commits, _ = applied(entries, PortionSize(MOST))
    assert 1 <= commits <= len(entries)


def test_a_portion_grows_by_a_bounded_factor_and_not_by_small_batches() -> None:
    """A portion that was hardly filled allows four times as many; one that was not full because the batch was small,
    nothing."""
    size = PortionSize(MOST)
    size.cut(100, 0.1)
    assert 8 == size.next(MOST, MOST)
    size.fitted(3, 0.0001)
    assert 8 == size.next(MOST, MOST)
    size.fitted(8, 0.0001)
    assert 1 + 8 * GROWTH == size.next(MOST, MOST)
    assert (1, 5) == (size.next(MOST, 1), size.next(5, MOST))
