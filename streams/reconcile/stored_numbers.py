"""One consistent read of a partition in Redis: its position and its numbers at one commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from streams.clients.redis_clients import SyncClient
from streams.common.errors import UserError
from streams.numbers.names import SEPARATOR
from streams.store.judged import Judged, read_judged
from streams.store.keys import HEAD_STATUS, PartitionKeys, Status, decode_status
from streams.store.stored import Stored

STATES_SCANNED = 500
"""States asked for at a time."""


class StoredNumbers(NamedTuple):
    """Content of a partition in Redis at one commit. ``numbers`` has slices and live entries by field."""

    keys: PartitionKeys
    stored: Stored
    numbers: dict[bytes, bytes]
    status: Status
    position: int

    @property
    def names(self) -> dict[str, int]:
        """The registry, name → id."""
        return {name.decode(): int(identity) for name, identity in self.stored.names.items()}

    @property
    def judged(self) -> list[Judged]:
        """The history of its judging."""
        return read_judged(self.stored.head)

    def live_subjects(self, letters: frozenset[str]) -> frozenset[str]:
        """Contacts with live entries; ``letters`` begin the fields of those."""
        fields = (field.decode() for field in self.numbers if chr(field[0]) in letters)
        return frozenset(field[1:].partition(SEPARATOR)[0] for field in fields)


def read_numbers(client: SyncClient, keys: PartitionKeys) -> StoredNumbers | None:
    """The numbers of a partition; ``None`` before its first commit.

    Raises:
        UserError: its head cannot be read.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    with client.pipeline(transaction=True) as pipeline:
        for key in (keys.head, keys.names, keys.policies, keys.numbers):
            pipeline.hgetall(key)
        head, names, policies, numbers = pipeline.execute()
    stored = Stored(head, names, policies, [])
    try:
        position, packed = stored.position, head.get(HEAD_STATUS.encode())
        if position is None or packed is None:
            return None
        found = StoredNumbers(keys, stored, numbers, decode_status(packed), position)
        _ = found.judged, found.names
    except (ValueError, msgspec.DecodeError) as error:
        raise UserError(
            f"the head or the names of {keys.head.rpartition(':')[0]} in Redis cannot be read ({error}); run "
            "`veinte rebuild`"
        ) from None
    return found


def read_states(client: SyncClient, keys: PartitionKeys) -> Iterator[tuple[str, bytes]]:
    """Every stored state by contact; one that changes meanwhile comes as before or as after.

    Raises:
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    found: Any = client.hscan_iter(keys.contacts, count=STATES_SCANNED)
    for subject, packed in found:
        yield subject.decode(), packed
