"""Sketches of durations: the promise of 1 %, at every edge, and that they add up and can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Average
from metrics.evaluate.percentiles import percentile_ms, percentiles_ms
from streams.facts.conversations.measures import ConversationSketch
from streams.facts.domains import SKETCHES
from streams.numbers.codes import is_composite
from streams.numbers.measures import Sketch
from streams.numbers.sketches import GROWTH, SPAN, bucket_of, estimate_ms, is_sketch, sketched, split_sketch_code
from tests.support.covers import covers

PROMISED = 0.01
CENTURY_MS = 100 * 366 * 86_400_000
DURATIONS = st.one_of(st.integers(0, 100), st.integers(1, 3_600_000), st.integers(0, CENTURY_MS))
SHARES = st.one_of(st.sampled_from((0.5, 0.9, 0.95, 1.0)), st.floats(0.001, 1.0))


def counted(durations: Iterable[int]) -> tuple[Counter[int], int]:
    """The buckets of durations, and how many took no time."""
    buckets: Counter[int] = Counter()
    zeros = 0
    for duration_ms in durations:
        code, amount = sketched(ConversationSketch.WAIT, duration_ms)
        if amount:
            buckets[split_sketch_code(code)[1]] += amount
        else:
            zeros += 1
    return buckets, zeros


def nearest_rank(durations: list[int], share: float) -> int:
    """The exact percentile, its rank reckoned without floats."""
    rank = ceil(Fraction(str(share)) * len(durations))
    return sorted(durations)[max(rank, 1) - 1]


@covers(*(kpi.name for kpi in QUEUE_KPIS if isinstance(kpi, Average)))
@given(st.lists(DURATIONS, min_size=1, max_size=300), SHARES)
def test_percentiles_are_within_1_percent(durations: list[int], share: float) -> None:
    """Whatever was counted, from nothing to 100 years, a percentile is within 1 % of the exact one; zero is zero."""
    buckets, zeros = counted(durations)
    exact = nearest_rank(durations, round(share, 3))
    found = percentile_ms(buckets, zeros, round(share, 3))
    assert found is not None
    assert abs(found - exact) <= PROMISED * exact


@given(st.lists(DURATIONS, min_size=1, max_size=100), st.lists(SHARES, min_size=1, max_size=5))
def test_several_percentiles_at_once(durations: list[int], shares: list[float]) -> None:
    """Several shares give what each gives alone, in the order in which they were asked."""
    buckets, zeros = counted(durations)
    assert [percentile_ms(buckets, zeros, share) for share in shares] == percentiles_ms(buckets, zeros, shares)


@pytest.mark.parametrize("shares", [(), (0.5,), (0.5, 0.9, 0.95)])
def test_nothing_has_no_percentile(shares: tuple[float, ...]) -> None:
    """Where nothing was counted there is no percentile: neither 0 nor anything else."""
    assert None is percentiles_ms({}, 0, shares)
    assert None is percentile_ms({}, 0, 0.5)


RANKS: list[tuple[int, int, float, bool]] = [
    (1, 1, 0.5, False),
    (1, 1, 0.51, True),
    (9, 1, 0.9, False),
    (9, 1, 0.901, True),
    (55, 45, 0.55, False),
    (0, 1, 0.001, True),
    (1, 0, 1.0, False),
    (99, 1, 1.0, True),
]


@pytest.mark.parametrize("zeros,ones,share,is_one", RANKS)
def test_the_nearest_rank(zeros: int, ones: int, share: float, is_one: bool) -> None:
    """Exactly on a rank the lower value counts, past it the next; also where floats would say a little more."""
    assert (estimate_ms(0) if is_one else 0) == percentile_ms({0: ones}, zeros, share)


@pytest.mark.parametrize("bucket", [0, 1, 2, 30, 100, 500, 1_000, 1_400, SPAN - 2])
def test_a_bucket_ends_where_the_next_begins(bucket: int) -> None:
    """Bucket i holds what is above GROWTH^(i − 1) up to GROWTH^i, reckoned without floats."""
    limit = floor(Fraction(GROWTH) ** bucket)
    assert bucket_of(limit) <= bucket < bucket_of(limit + 1)


@given(st.integers(1, CENTURY_MS))
@example(1)
@example(2)
@example(CENTURY_MS)
def test_a_bucket_stands_for_all_it_holds(duration_ms: int) -> None:
    """The estimate of a bucket is within 1 % of every duration in it."""
    assert abs(estimate_ms(bucket_of(duration_ms)) - duration_ms) <= PROMISED * duration_ms


def test_every_edge_keeps_the_promise() -> None:
    """The last millisecond of every bucket and the first after it are within 1 %, and buckets never go back."""
    limits = {max(floor(Fraction(GROWTH) ** bucket), 1) for bucket in range(SPAN - 1)}
    edges = sorted(limits | {limit + 1 for limit in limits})
    found = [bucket_of(duration_ms) for duration_ms in edges]
    assert sorted(found) == found
    off = [abs(estimate_ms(bucket) / duration_ms - 1) for bucket, duration_ms in zip(found, edges, strict=True)]
    assert [] == [duration_ms for duration_ms, ratio in zip(edges, off, strict=True) if ratio > PROMISED]


@pytest.mark.parametrize("duration_ms", [10 * CENTURY_MS, 10**15, 2**62])
def test_what_lasts_longer_than_anything_is_in_the_last_bucket(duration_ms: int) -> None:
    """A clock gone mad cannot leave the sketch; the last bucket begins beyond 100 years."""
    assert bucket_of(CENTURY_MS) < SPAN - 1 == bucket_of(duration_ms)


@pytest.mark.parametrize("duration_ms", [0, -1, -5_000])
def test_what_took_no_time_has_no_cell(duration_ms: int) -> None:
    """Nothing is counted in a bucket, so that the zeros are the count less all buckets."""
    assert (0, 0) == sketched(ConversationSketch.TALK, duration_ms)


@pytest.mark.parametrize("sketch", SKETCHES.values())
@pytest.mark.parametrize("duration_ms", [1, 2, 999, 20_000, CENTURY_MS, 2**62])
def test_a_cell_names_its_sketch_and_bucket(sketch: Sketch, duration_ms: int) -> None:
    """Cells of sketches are negative, never those of another sketch or of a measure, and take three or five bytes."""
    code, amount = sketched(sketch, duration_ms)
    assert ((sketch, bucket_of(duration_ms)), 1) == (split_sketch_code(code), amount)
    assert is_sketch(code)
    assert not is_composite(code)
    assert len(msgspec.msgpack.encode(code)) <= (3 if sketch < 16 else 5)


@given(st.lists(DURATIONS, max_size=50), st.lists(DURATIONS, max_size=50))
def test_sketches_merge_by_addition(first: list[int], second: list[int]) -> None:
    """Adding the buckets of two lists gives the buckets of both; taking one back leaves the other, exactly."""
    one, two, both = counted(first)[0], counted(second)[0], counted(first + second)[0]
    assert both == one + two
    both.subtract(two)
    assert one == +both
    both.subtract(one)
    assert Counter() == +both == -both
