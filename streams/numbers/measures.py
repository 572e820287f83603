"""Measures and sketches: the counts, sums and distributions that contributions add to slices.

Each domain declares its own (``streams.facts.domains`` has them all). Codes are stored in Redis: never reuse one; a
change of meaning raises the formula of the domain.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple, Self

from streams.common.languages import Bilingual


class Unit(StrEnum):
    """Unit of a measure's amounts, which are integers."""

    COUNT = "count"
    MILLISECONDS = "milliseconds"


class _Row(NamedTuple):
    """Declaration of one measure, as an enum member is written."""

    code: int
    words: Bilingual
    unit: Unit
    split_by: tuple[str, ...]
    column: str
    signed: bool


class Measure(IntEnum):
    """A count or a sum of milliseconds; a domain's measures are the members of a subclass.

    The value is the code in Redis, 1 to 506. ``words`` name it in formulas. ``split_by`` has the labels of its
    dimension, empty for a measure without one. ``column`` names it in reports, "" where it is in none.
    ``signed``: its amounts may be negative.
    """

    words: Bilingual
    unit: Unit
    split_by: tuple[str, ...]
    column: str
    signed: bool

    def __new__(
        cls, code: int, words: Bilingual, unit: Unit, split_by: tuple[str, ...], column: str, signed: bool
    ) -> Self:
        """A member from its declaration (``count``, ``duration``)."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.words, member.unit, member.split_by, member.column = words, unit, split_by, column
        member.signed = signed
        return member


def count(
    code: int, english: str, spanish: str, *, by: tuple[str, ...] = (), column: str = "", signed: bool = False
) -> _Row:
    """Declaration of a measure that counts; ``by`` names the labels of its dimension."""
    return _Row(code, Bilingual(english, spanish), Unit.COUNT, by, column, signed)


def duration(
    code: int, english: str, spanish: str, *, by: tuple[str, ...] = (), column: str = "", signed: bool = False
) -> _Row:
    """Declaration of a measure that sums milliseconds."""
    return _Row(code, Bilingual(english, spanish), Unit.MILLISECONDS, by, column, signed)


class Sketch(IntEnum):
    """A duration with percentiles; a domain's sketches are the members of a subclass, the value is the number in Redis.

    The count and the sum are measures. A duration of 0 is in no bucket: the zeros are the count less all buckets.
    """
