"""The state of a contact as Redis keeps it: its facts, and what has been added for it (design rule 3)."""

from __future__ import annotations

from itertools import chain
from typing import Generic, TypeVar

import msgspec

from streams.facts.conversations.facts import LiveContact
from streams.facts.customers.facts import Customer
from streams.facts.shared.contributions import Amounts
from streams.facts.tickets.facts import Ticket

F = TypeVar("F", LiveContact, Ticket, Customer)


class ContactState(msgspec.Struct, Generic[F], array_like=True, gc=False):
    """One contact: facts, amounts that were added for it, its live entries (kind and leg), the id of its policy book,
    the offset of its last applied record (its revision) and the digest of the outcome that was told last."""

    facts: F
    amounts: list[list[int]]
    live: list[str]
    book: int
    revision: int
    told: int = 0


encode_state = msgspec.msgpack.Encoder().encode
decode_live_state = msgspec.msgpack.Decoder(ContactState[LiveContact]).decode
decode_ticket_state = msgspec.msgpack.Decoder(ContactState[Ticket]).decode
decode_customer_state = msgspec.msgpack.Decoder(ContactState[Customer]).decode


def pack_amounts(amounts: Amounts) -> list[list[int]]:
    """``[[slice, row, cell, amount, cell, amount, …], …]``."""
    return [[*key, *chain.from_iterable(cells.items())] for key, cells in amounts.items()]


def unpack_amounts(packed: list[list[int]]) -> Amounts:
    """The inverse of ``pack_amounts``."""
    return {(flat[0], flat[1]): dict(zip(flat[2::2], flat[3::2], strict=True)) for flat in packed}
