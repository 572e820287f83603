"""Sketches of durations: counts in logarithmic buckets, merged by addition and corrected by subtraction. Pure.

Bucket ``i`` holds the durations above ``GROWTH ** (i - 1)`` up to ``GROWTH ** i`` milliseconds. The estimate of a
bucket is within ``ERROR_RATIO`` of every duration in it, so a percentile by nearest rank is off by at most that for any
distribution (Masson, Rim and Lee, "DDSketch", VLDB 2019, lemma 2).
"""

from __future__ import annotations

from math import ceil, log

ERROR_RATIO = 0.0099
"""Just below the documented 1 %: the rounding of logarithms has room in between."""
GROWTH = (1 + ERROR_RATIO) / (1 - ERROR_RATIO)
SPAN = 1_500
"""Codes of one sketch, a bucket each; the last bucket begins beyond 100 years."""
FIRST_CODE = -8_192
"""Codes of sketches are at and below this, those of composite counters between it and 0.

The 16 sketches with the lowest numbers fit the three bytes of a 16-bit number in MessagePack, later ones take five."""

_LOG_GROWTH = log(GROWTH)


def bucket_of(duration_ms: int) -> int:
    """The bucket of a duration of at least 1 ms: 0 to ``SPAN`` − 1."""
    bucket = ceil(log(duration_ms) / _LOG_GROWTH)
    return bucket if bucket < SPAN else SPAN - 1


def estimate_ms(bucket: int) -> float:
    """Estimate of the durations in a bucket, in ms."""
    return 2 * float(GROWTH**bucket) / (GROWTH + 1)


def sketched(sketch: int, duration_ms: int) -> tuple[int, int]:
    """Counter code and amount of a duration in a ``Sketch``; the amount of a duration of 0 is 0."""
    if duration_ms <= 0:
        return 0, 0
    return FIRST_CODE - sketch * SPAN - bucket_of(duration_ms), 1


def sketch_code(sketch: int, bucket: int) -> int:
    """The counter code of a bucket."""
    return FIRST_CODE - sketch * SPAN - bucket


def is_sketch(code: int) -> bool:
    """True of the counter code of a sketch's bucket."""
    return code <= FIRST_CODE


def split_sketch_code(code: int) -> tuple[int, int]:
    """``(sketch, bucket)`` of a counter code."""
    return divmod(FIRST_CODE - code, SPAN)
