"""The registry of domains."""

from __future__ import annotations

from enum import IntEnum

import pytest

from streams.facts.domains import by_number


class Some(IntEnum):
    """Numbered members."""

    ONE = 1
    TWO = 2


class Others(IntEnum):
    """One number again."""

    SECOND = 2


def test_a_number_is_given_once() -> None:
    """Amounts are stored by these numbers, so two measures with one would be added up."""
    assert {1: Some.ONE, 2: Some.TWO} == by_number([Some, Some])
    with pytest.raises(ValueError, match=r"<Some.TWO: 2> and <Others.SECOND: 2> have one number; give the newer one 3"):
        by_number([Some, Others])
