"""The clock of a desk that is always open: only pauses stop it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.business_hours import ALWAYS_OPEN


@pytest.mark.parametrize(
    "pauses,expected",
    [
        ([], 110),
        ([(0, 5)], 110),
        ([(5, 10)], 110),
        ([(5, 15)], 115),
        ([(20, 20)], 110),
        ([(20, 30)], 120),
        ([(20, 30), (119, 121)], 122),
        ([(20, 30), (120, 130)], 120),
        ([(110, 200)], 110),
        ([(109, 200)], 201),
        ([(10, 1000)], 1100),
    ],
)
def test_due(pauses: list[tuple[int, int | None]], expected: int) -> None:
    """100 ms after 10, without what pauses take away before it is due."""
    assert expected == ALWAYS_OPEN.due_ms(10, 100, pauses)


@given(
    st.integers(0, 50),
    st.integers(1, 60),
    st.lists(st.integers(0, 120), max_size=8, unique=True).map(sorted),
)
def test_due_is_when_the_allowed_time_has_run(start: int, allowed: int, borders: list[int]) -> None:
    """Counted millisecond by millisecond: at the due time the allowed time has run, a millisecond before it has not."""
    pauses = list(pairwise(borders))[::2]
    due = ALWAYS_OPEN.due_ms(start, allowed, pauses)
    assert due is not None
    running = [now for now in range(start, due) if not any(begin <= now < end for begin, end in pauses)]
    assert allowed == len(running)
    assert due - 1 == running[-1]
