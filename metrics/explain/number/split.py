"""The contacts of one customer, each with its contributions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from metrics.explain.number.gather import Found, Split
from metrics.read.partition_names import pairs
from streams.facts.customers.contributions import by_contact
from streams.facts.customers.facts import Customer
from streams.facts.shared.contributions import Amounts
from streams.numbers.names import OTHER, dimension_name, row_name

decode_customer = msgspec.msgpack.Decoder(Customer).decode


class StoredNames:
    """Ids in a partition's registry; names without an id are counted under ``other``."""

    def __init__(self, flat: Sequence[bytes]) -> None:
        self._ids = {name.decode(): int(identity) for name, identity in pairs(flat)}

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """The id of a row, or of its ``other``; 0 if neither is known."""
        return self._first(row_name(queue, medium, channel), row_name(OTHER, medium, channel))

    def dimension(self, *labels: tuple[str, str]) -> int:
        """The id of a dimension, or of its ``other``; 0 if neither is known."""
        return self._first(dimension_name(*labels), dimension_name(*((label, OTHER) for label, _ in labels)))

    def _first(self, *names: str) -> int:
        return next((self._ids[name] for name in names if name in self._ids), 0)


def split_customers(flat: Sequence[bytes]) -> Split:
    """Splits the states of a partition of customers by contact; ``flat`` is its registry.

    A state keeps the contributions of all contacts in one sum, so those of each contact are computed again from its
    facts.
    """
    names = StoredNames(flat)

    def split(found: Found) -> Iterable[tuple[str, Amounts]]:
        return _parts(found, names)

    return split


def _parts(found: Found, names: StoredNames) -> Iterator[tuple[str, Amounts]]:
    for contact, contributed in by_contact(decode_customer(found.facts), names):
        yield contact, contributed.amounts
