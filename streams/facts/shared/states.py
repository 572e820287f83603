"""State of a contact as stored in Redis: its facts, and the amounts added for it (design rule 3)."""

from __future__ import annotations

from itertools import chain
from typing import Generic, TypeVar

import msgspec

from streams.facts.shared.contributions import Amounts

F = TypeVar("F")


class ContactState(msgspec.Struct, Generic[F], array_like=True, gc=False):
    """One contact as stored.

    Attributes:
        facts: the merge of its events.
        amounts: packed amounts that were added for it (``pack_amounts``).
        live: keys of its live entries, letter and leg.
        book: id of its policy book.
        revision: offset of its last applied record, or one more than before where that was not less.
        told: digest of the outcome that was published last, 0 for none.
    """

    facts: F
    amounts: list[list[int]]
    live: list[str]
    book: int
    revision: int
    told: int = 0


encode_state = msgspec.msgpack.Encoder().encode


def pack_amounts(amounts: Amounts) -> list[list[int]]:
    """``[[slice, row, code, amount, code, amount, …], …]``."""
    return [[*key, *chain.from_iterable(cells.items())] for key, cells in amounts.items()]


def unpack_amounts(packed: list[list[int]]) -> Amounts:
    """The inverse of ``pack_amounts``."""
    return {(flat[0], flat[1]): dict(zip(flat[2::2], flat[3::2], strict=True)) for flat in packed}
