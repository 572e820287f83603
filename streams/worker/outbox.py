"""Messages of a partition of contacts to the partitions of their customers, published before the commit."""

from __future__ import annotations

from typing import NamedTuple

from streams.facts.shared.outcomes import Outcome


class OutboxMessage(NamedTuple):
    """Message to the repeat-contact fold about a contact: the outcome for ``customer``, and a removal for ``others``.

    ``revision``: that of the contact's state; ``time_ms``: its newest event.
    """

    contact: str
    customer: bytes | None
    others: list[bytes]
    outcome: Outcome
    revision: int
    time_ms: int
