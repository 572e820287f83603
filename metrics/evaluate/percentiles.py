"""Percentiles of durations kept as sketches (``streams.numbers.sketches``), by nearest rank. Pure.

Source of the formula: of n durations in order, the percentile p is the one of rank ceil(p × n); the estimate of its
bucket is within 1 % of it (Masson, Rim and Lee, "DDSketch", VLDB 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from streams.numbers.sketches import estimate_ms

RANK_DIGITS = 6
"""Significant digits of ``share × n``: 0.55 × 100 is rank 55, though in floats it is slightly more."""


def percentile_ms(buckets: Mapping[int, int], zeros: int, share: float) -> float | None:
    """The percentile of a sketch in milliseconds; ``None`` without durations.

    Args:
        buckets: bucket → number of durations.
        zeros: number of durations of zero, which are in no bucket.
        share: above 0, up to 1.
    """
    found = percentiles_ms(buckets, zeros, (share,))
    return None if found is None else found[0]


def percentiles_ms(buckets: Mapping[int, int], zeros: int, shares: Sequence[float]) -> list[float] | None:
    """Several percentiles of a sketch in milliseconds, in the order given; ``None`` without durations."""
    count = zeros + sum(buckets.values())
    if count <= 0:
        return None
    ranks = {share: max(ceil(round(share * count, RANK_DIGITS)), 1) for share in shares}
    found = {}
    ordered = iter(sorted(buckets))
    reached, estimate = zeros, 0.0
    for share in sorted(shares):
        while reached < ranks[share]:
            bucket = next(ordered)
            reached += buckets[bucket]
            estimate = estimate_ms(bucket)
        found[share] = estimate
    return [found[share] for share in shares]
