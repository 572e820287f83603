"""Strict decoders of stored contents: what a worker writes is never damage."""

from __future__ import annotations

import msgspec
import pytest

from streams.store.damage import Damaged
from streams.store.keys import Status
from streams.store.reading import read_status
from streams.store.standing import LET_GO

FRESH = Status(0, None, 0, False, 0, 1, 0, {})


def test_a_fresh_status_is_sound() -> None:
    """Every value that a field has until something happens is in range."""
    assert FRESH == read_status(msgspec.msgpack.encode(FRESH))


def test_a_partition_that_was_let_go_is_sound() -> None:
    """Records past which somebody let it go are counted from far below zero."""
    let_go = msgspec.structs.replace(FRESH, refused_in_a_row=LET_GO, internal_in_a_row=LET_GO)
    assert let_go == read_status(msgspec.msgpack.encode(let_go))


@pytest.mark.parametrize("name", [each for each in Status.__struct_fields__ if type(getattr(FRESH, each)) is int])
def test_a_number_out_of_range_is_damage(name: str) -> None:
    """A number that nobody can have counted is told by its name."""
    with pytest.raises(Damaged, match=rf"has {name} = "):
        read_status(msgspec.msgpack.encode(msgspec.structs.replace(FRESH, **{name: -(1 << 63)})))
