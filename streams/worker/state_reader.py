"""States of a portion, read from Redis by bytes, and the records that belong to subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streams.common.errors import InvalidEvent
from streams.store.field_reader import FieldReader
from streams.worker.intake import Batch, Refused
from streams.worker.ledger import Ledger
from streams.worker.portions import STATE_BYTES_IN_A_PORTION
from streams.worker.records import RawRecord

Beyond = dict[str, list[tuple[int, InvalidEvent]]]
"""Events past a bound by contact: their places among those of the contact in a batch, and the reasons."""


class StateReader:
    """Reader of the states that a portion touches, and of those that expire with it.

    ``swept`` are the subjects with an expired state that the last commit named, and those of them in a live set.
    """

    def __init__(self, fields: FieldReader, key: str, ledger: Ledger) -> None:
        self._fields = fields
        self._key = key
        self._ledger = ledger
        self.swept: tuple[list[str], list[str]] = ([], [])

    async def read(self, touched: Mapping[str, Any], *, expires: bool = True) -> set[str]:
        """Read the states that are not cached, and expire those that the last commit named if ``expires``.

        Returns:
            The subjects whose states are not read yet, because those before them are as many bytes as a portion may
            have; then nothing is expired.
        """
        unread = await self._read_some([subject for subject in touched if subject not in self._ledger.states])
        if unread:
            return set(unread)
        expired, live_expiry = self.swept if expires else ([], [])
        self.swept = ([], [])
        # A subject with an event in this portion is not expired: its fold may extend its life; else a later commit
        # names it again.
        live_expiry = [subject for subject in live_expiry if subject not in touched]
        left = set(await self._read_some([subject for subject in live_expiry if subject not in self._ledger.states]))
        for subject in (*expired, *live_expiry):
            if subject not in touched and subject not in left:
                self._ledger.expire(subject)
        return set()

    async def _read_some(self, subjects: list[str]) -> list[str]:
        """Read states into the ledger, up to the bytes of a portion; returns the subjects that were not read."""
        count = size = 0
        async for states in self._fields.read(self._key, subjects):
            self._ledger.load(states)
            count += len(states)
            size += sum(len(packed) for packed in states.values() if packed)
            if size >= STATE_BYTES_IN_A_PORTION:
                break
        return subjects[count:]


def place_of(subjects: set[str], records: Sequence[RawRecord]) -> int:
    """Place of the first record with one of these subjects as its key."""
    keys = {subject.encode() for subject in subjects}
    return next((place for place, record in enumerate(records) if record.key in keys), 0)


def refused_of(beyond: Beyond, records: Sequence[RawRecord], batch: Batch) -> list[Refused]:
    """The records of the events past the bounds of their contacts.

    Args:
        beyond: the events.
        records: the portion.
        batch: what the intake made of it.
    """
    unread = batch.kept | {each.record.offset for each in batch.refused}
    own: dict[bytes | None, list[RawRecord]] = {subject.encode(): [] for subject in beyond}
    for record in batch.released:
        if record.key in own:
            own[record.key].append(record)
    for record in records:
        if record.key in own and record.offset not in unread:
            own[record.key].append(record)
    return [
        Refused(own[subject.encode()][place], error.reason, error.detail)
        for subject, errors in beyond.items()
        for place, error in errors
    ]
