"""The same quarters of an hour in earlier weeks."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from metrics.planning.same_hours import quarter_starts, same_quarters, weeks_before_ms
from tests.support.slices_of_weeks import QUARTER_MS, ms

MADRID = "Europe/Madrid"


@pytest.mark.parametrize(
    "now,weeks,then",
    [
        ("2026-11-18T09:15:00+01:00", 1, "2026-11-11T09:15:00+01:00"),
        ("2026-11-18T09:15:00+01:00", 4, "2026-10-21T09:15:00+02:00"),
        ("2026-04-05T02:15:00+02:00", 1, "2026-03-29T03:15:00+02:00"),
        ("2026-11-01T02:15:00+01:00", 1, "2026-10-25T02:15:00+02:00"),
        ("2026-10-25T02:15:00+01:00", 1, "2026-10-18T02:15:00+02:00"),
    ],
    ids=["plain", "before the clocks went back", "skipped", "the first of two", "the second of two"],
)
def test_weeks_are_counted_on_the_local_clock(now: str, weeks: int, then: str) -> None:
    """A week earlier is the same local time; a skipped one is an hour later, a repeated one its first pass."""
    assert ms(then) == weeks_before_ms(ms(now), ZoneInfo(MADRID), weeks)


def test_a_skipped_quarter_has_no_counterpart() -> None:
    """02:45 did not exist on the day the clocks went forward; 03:00 did, and is the counterpart of 03:00 alone."""
    starts = quarter_starts(ms("2026-04-05T02:45:00+02:00"), ms("2026-04-05T03:15:00+02:00"))
    (skipped, first, *_), (after, *_) = same_quarters(starts, MADRID)
    assert (None, ms("2026-03-22T02:45:00+01:00")) == (skipped, first)
    assert ms("2026-03-29T03:00:00+02:00") == after


def test_slices_begin_from_a_bound_to_before_the_other() -> None:
    """A slice that begins on the first bound is in, one that begins on the second is out."""
    whole = 100 * QUARTER_MS
    assert [whole] == list(quarter_starts(whole, whole + QUARTER_MS))
    assert [whole] == list(quarter_starts(whole - 1, whole + 1))
    assert [] == list(quarter_starts(whole + 1, whole + QUARTER_MS))
