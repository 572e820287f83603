"""One consistent read of a partition in Redis: its position and its numbers at one commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.clients.redis_clients import SyncClient
from streams.config.settings import Settings
from streams.contract.topics import INPUTS
from streams.numbers.names import SEPARATOR
from streams.store.damage import Damaged, unreadable
from streams.store.judged import Judged, read_judged
from streams.store.keys import HEAD_STATUS, PartitionKeys, Status, decode_status, partition_keys
from streams.store.reading import read_status
from streams.store.stored import Stored, check_stored, check_types

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
        Unreadable: no worker wrote a part of it.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    with client.pipeline(transaction=True) as pipeline:
        for key in keys:
            pipeline.type(key)
        for key in (keys.head, keys.names, keys.policies, keys.numbers, keys.aside):
            pipeline.hgetall(key)
        answers: list[Any] = pipeline.execute(raise_on_error=False)
    try:
        check_types(answers[: len(keys)])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        head, names, policies, numbers, aside = answers[len(keys) :]
        stored = Stored(head, names, policies, list(numbers), aside)
        check_stored(keys, stored)
    except Damaged as damage:
        raise unreadable(keys, damage) from damage.__cause__
    if stored.position is None:
        return None
    return StoredNumbers(keys, stored, numbers, decode_status(head[HEAD_STATUS.encode()]), stored.position)


def read_states(client: SyncClient, keys: PartitionKeys) -> Iterator[tuple[str, bytes]]:
    """Every stored state by contact; one that changes meanwhile comes as before or as after.

    Raises:
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    found: Any = client.hscan_iter(keys.contacts, count=STATES_SCANNED)
    for subject, packed in found:
        yield subject.decode(), packed


def newest_time(client: SyncClient, settings: Settings, generation: int, *, but: PartitionKeys) -> int | None:
    """Newest event time of all partitions of the inputs except one; ``None`` without any.

    Raises:
        Unreadable: no worker wrote the head of one of them.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    others = [
        keys
        for topic in INPUTS
        for number in range(settings.partitions)
        if (keys := partition_keys(settings.namespace, generation, topic, number)) != but
    ]
    with client.pipeline(transaction=False) as pipeline:
        for keys in others:
            pipeline.hget(keys.head, HEAD_STATUS)
        found: list[Any] = pipeline.execute(raise_on_error=False)
    newest: list[int] = []
    for keys, packed in zip(others, found, strict=True):
        if isinstance(packed, Exception):
            raise unreadable(keys, Damaged("head", None, "is of another type than ours")) from packed
        if packed is not None:
            try:
                status = read_status(packed)
            except Damaged as damage:
                raise unreadable(keys, damage) from damage.__cause__
            if status.newest_ms is not None:
                newest.append(status.newest_ms)
    return max(newest, default=None)
