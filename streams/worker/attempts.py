"""Size of a partition's next portion of records after trouble: halved without progress, doubled with it. Pure."""

from __future__ import annotations

from streams.store.standing import Attempt

FAULTS_ALONE = 2
"""Exceptions of ours that a record must raise while it is alone, before it is set aside as a dead letter."""
DETAIL_CHARACTERS = 500


class Attempts:
    """Bound of one partition's portions, from its assignment to its revocation.

    Portions are halved down to one record as long as the position stands, whatever the cause. A search by halves finds
    the one bad record of the largest batch within 16 attempts. Behind it portions double again.
    """

    def __init__(self, stored: Attempt | None, position: int, largest: int) -> None:
        """Begin at an assignment.

        Args:
            stored: attempt in the partition's head.
            position: offset of the next record.
            largest: most records of a portion without trouble.
        """
        self._largest = largest
        self._limit = largest
        self._suspects = 0
        self._faults, self._detail = 0, ""
        self._proven = False
        if stored is not None and stored.position == position:
            self._suspect(stored.records)
            self._faults, self._detail = stored.faults, stored.detail

    @property
    def limit(self) -> int:
        """Most records of the next portion."""
        return self._limit

    @property
    def careful(self) -> bool:
        """True after trouble, until portions have their largest size again."""
        return self._limit < self._largest

    @property
    def condemned(self) -> str | None:
        """Last line of the traceback of the next record if it is to be set aside without another try."""
        return self._detail if self._faults >= FAULTS_ALONE else None

    def begin(self, position: int, records: int) -> Attempt | None:
        """The attempt to write into the head before a portion of ``records``; ``None`` where none is needed.

        Only the first portion after an assignment and those after trouble are noted, because a note is a commit. A
        process that ends in any other portion is noted by the first one of the next process.
        """
        if self._proven and not self.careful:
            return None
        return Attempt(position, records, self._faults, self._detail)

    def succeeded(self, records: int) -> None:
        """A portion of ``records`` was committed, or its only record was set aside."""
        self._faults, self._detail = 0, ""
        self._proven = True
        if not self.careful:
            return
        rest = self._suspects - records
        if rest > 0:
            # The trouble of the larger portion before lies in the rest, so it is halved without another failure.
            self._suspect(rest)
        else:
            self._suspects = 0
            self._limit = min(self._largest, 2 * self._limit)

    def failed(self, records: int, detail: str) -> None:
        """An exception of ours ended a portion at the position, while Redis and Kafka answered.

        Args:
            records: of the portion.
            detail: last line of the traceback.
        """
        if records == 1:
            self._faults += 1
            self._detail = detail[:DETAIL_CHARACTERS]
        self._suspect(records)

    def _suspect(self, records: int) -> None:
        """One of the next ``records`` makes trouble, or all of them are too much at once."""
        self._suspects = records
        self._limit = max(1, records // 2)
