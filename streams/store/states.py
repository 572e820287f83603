"""Checks of the stored states of contacts, beyond what their types say."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

import msgspec

from streams.facts.shared.states import ContactState, encode_state
from streams.store.cells import CellDecoder
from streams.store.damage import Damaged, undecodable

LARGEST_NUMBER = 1 << 62
"""Bound of any number in a state, the marks for "always" and "never" included."""


def check_state(
    subject: str,
    state: ContactState[Any],
    books: Container[int],
    has_row: Callable[[int], bool],
    cells: CellDecoder,
) -> None:
    """Check that all a state refers to exists, and the amounts that were added for it.

    Args:
        subject: the contact.
        state: as decoded.
        books: ids of the policy books.
        has_row: true of the ids of rows.
        cells: of the partition.

    Raises:
        Damaged: no worker wrote this.
    """
    if state.book not in books:
        raise Damaged("contacts", subject, f"names the policies {state.book}, which are not stored")
    if state.revision < 0 or "" in state.live:
        raise Damaged("contacts", subject, "has a live entry without a kind, or a negative offset")
    check_amounts(subject, state.amounts, has_row, cells)


def check_amounts(subject: str, amounts: list[list[int]], has_row: Callable[[int], bool], cells: CellDecoder) -> None:
    """Check packed amounts (``streams.facts.shared.states.pack_amounts``).

    Raises:
        Damaged: no worker wrote this.
    """
    codes: list[int] = []
    values: list[int] = []
    for flat in amounts:
        if len(flat) < 2 or len(flat) % 2 or not has_row(flat[1]) or abs(flat[0]) > LARGEST_NUMBER:
            raise Damaged("contacts", subject, "has amounts of no slice or row that the registry has")
        codes += flat[2::2]
        values += flat[3::2]
    cells.check("contacts", subject, codes, values)


def check_numbers(subject: str, state: object) -> None:
    """Look for a number out of range anywhere in a state that could not be judged.

    Raises:
        Damaged: there is one.
    """
    try:
        waiting = [msgspec.msgpack.decode(encode_state(state))]
    except Exception as error:
        raise Damaged("contacts", subject, undecodable(error)) from error
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, int) and abs(each) > LARGEST_NUMBER:
            raise Damaged("contacts", subject, f"has the number {each}, which is out of range")
