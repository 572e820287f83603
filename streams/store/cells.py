"""Decoder of slices and counters, which refuses amounts that no worker writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from streams.facts.domains import allows_negative, is_counter
from streams.numbers.codes import split_code
from streams.store.damage import Damaged, undecodable

LARGEST_AMOUNT = 1 << 53
"""Amounts beyond it are not exact as a float, and no count or sum of milliseconds comes near it."""
CODES_REMEMBERED = 50_000
"""Codes that one partition has been seen to use; forgotten beyond it, they are checked again."""

Cells = dict[int, int]
_decode = msgspec.msgpack.Decoder(Cells).decode


class CellDecoder:
    """Decoder of one partition's amounts by counter code."""

    def __init__(self, has_dimension: Callable[[int], bool]) -> None:
        """``has_dimension`` is true of the ids of the partition's dimensions."""
        self._has_dimension = has_dimension
        self._known: set[int] = set()

    def decode(self, field: bytes | str, packed: bytes) -> Cells:
        """The amounts of a field of ``numbers``.

        Raises:
            Damaged: they cannot be decoded, or one has an unknown code or a forbidden value.
        """
        try:
            cells: Cells = _decode(packed)
        except Exception as error:
            raise Damaged("numbers", field, undecodable(error)) from error
        self.check("numbers", field, cells.keys(), cells.values())
        return cells

    def check(self, kind: str, field: bytes | str, codes: Iterable[int], amounts: Iterable[int]) -> None:
        """Check counter codes and their amounts, both in the same order; they are read more than once.

        Raises:
            Damaged: a code is unknown, or an amount forbidden.
        """
        if not self._known.issuperset(codes):
            self._learn(kind, field, codes)
        # Both ends first: they are in order for nearly every slice, and cost less than a look at each amount.
        if min(amounts, default=0) < 0 or max(amounts, default=0) > LARGEST_AMOUNT:
            for code, amount in zip(codes, amounts, strict=False):
                if (amount < 0 and not allows_negative(code)) or abs(amount) > LARGEST_AMOUNT:
                    raise Damaged(kind, field, f"has the amount {amount} of counter {code}, which is out of range")

    def _learn(self, kind: str, field: bytes | str, codes: Iterable[int]) -> None:
        for code in codes:
            dimension = split_code(code)[1] if code > 0 else 0
            if not is_counter(code):
                raise Damaged(kind, field, f"has the counter {code}, which no measure has")
            if dimension and not self._has_dimension(dimension):
                raise Damaged(kind, field, f"has the counter {code} of a dimension that is not in the registry")
            if len(self._known) >= CODES_REMEMBERED:
                self._known.clear()
            self._known.add(code)
