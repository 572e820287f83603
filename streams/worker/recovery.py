"""Batches that do not go through: halved after a fault of our code, stopped after too many bad records in a row."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from streams.worker.attempts import FAULTS_ALONE
from streams.worker.faults import is_ours, last_line
from streams.worker.log_end import Progress
from streams.worker.partition import OwnedPartition
from streams.worker.records import RawRecord
from streams.worker.refusal_limit import TooManyRefused
from streams.worker.standstill import INTERNAL_IN_A_ROW, expiry_stop

log = logging.getLogger(__name__)

TRACEBACKS_LOGGED = 20
"""Different faults of one process whose traceback is logged; later ones are counted and kept as dead letters only."""

Reopen = Callable[[OwnedPartition], Awaitable[OwnedPartition | None]]


class Recovery:
    """Applies batches; a fault of ours opens the partition anew from Redis and tries a part of the batch.

    In place and not by a restart: the other partitions of the process go on meanwhile. What a restart would mend is
    mended as well, because nothing of the partition's memory is kept.
    """

    def __init__(self, reopen: Reopen) -> None:
        """``reopen`` gives a partition as it is stored in Redis; ``None`` if the process no longer owns it."""
        self._reopen = reopen
        self._logged: set[str] = set()
        self._failed_expiries: dict[str, int] = {}

    async def apply(self, owned: OwnedPartition, records: Sequence[RawRecord]) -> None:
        """Apply a batch up to its end, or up to where the partition stops.

        Raises:
            Exception: any error that is not ours; the process must end.
        """
        while True:
            try:
                await owned.apply(records)
                return
            except TooManyRefused as error:
                await owned.stand_still(error.stop)
                return
            except Exception as error:
                if not is_ours(error):
                    raise
                # Before anything else runs: a heartbeat would commit a ledger that is folded by half.
                owned.closed = True
                fresh = await self._reopen(owned)
                if fresh is None:
                    return
                if fresh.position == owned.position:
                    fresh.attempts.failed(owned.in_hand, last_line(error))
                self._log(fresh, error)
                owned = fresh

    async def beat(self, owned: OwnedPartition, progress: Progress) -> None:
        """Commit a heartbeat; a partition whose old contacts break our code when they expire stands still.

        Raises:
            Exception: any error that is not ours; the process must end.
        """
        expires = owned.expires_next
        try:
            await owned.heartbeat(progress)
        except Exception as error:
            if not is_ours(error):
                raise
            owned.closed = True
            fresh = await self._reopen(owned)
            if fresh is not None:
                await self._expiry_failed(fresh, error)
        else:
            if expires:
                self._failed_expiries.pop(owned.name, None)

    async def _expiry_failed(self, owned: OwnedPartition, error: Exception) -> None:
        failed = self._failed_expiries[owned.name] = self._failed_expiries.get(owned.name, 0) + 1
        if failed >= INTERNAL_IN_A_ROW:
            del self._failed_expiries[owned.name]
            log.error("the expiry of old contacts of %s failed; please report it", owned.name, exc_info=error)
            await owned.stand_still(expiry_stop(owned.position, time.time_ns() // 1_000_000, last_line(error)))

    def _log(self, owned: OwnedPartition, error: Exception) -> None:
        """Log the traceback of a fault once, when the record that raises it is found."""
        detail = owned.attempts.condemned
        if detail is None or detail in self._logged or len(self._logged) >= TRACEBACKS_LOGGED:
            return
        self._logged.add(detail)
        log.error(
            "offset %s of %s raised this %s times while it was alone, so it is set aside as a dead letter `internal`; "
            "please report it",
            owned.position, owned.name, FAULTS_ALONE, exc_info=error,
        )  # fmt: skip
