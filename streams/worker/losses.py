"""Losses: records that the log deleted before they were read. They are counted, and the position moves past them."""

from __future__ import annotations

import logging

from streams.worker.log_progress import Log, TopicPartition
from streams.worker.partition import OwnedPartition

log = logging.getLogger(__name__)


async def count_loss(partition: TopicPartition, owned: OwnedPartition, log_start: int) -> None:
    """Move a partition to the start of its log, which lies above its position."""
    log.error(
        "%s-%s begins at offset %s but was read up to %s only: %s events are lost; "
        "see `veinte acknowledge-loss`",
        *partition, log_start, owned.position, log_start - owned.position,
    )  # fmt: skip
    await owned.move(log_start)


class Losses:
    """Check of gaps between the records that the consumer hands out."""

    def __init__(self, log_view: Log) -> None:
        self._log = log_view
        self._jumped: dict[TopicPartition, int] = {}

    async def check_end(self, partition: TopicPartition, owned: OwnedPartition) -> None:
        """Check a jump of the consumer to the end of the log, if no record after the jump reveals it."""
        fetched, handed = self._log.fetched(partition), self._log.handed(partition)
        if fetched is None or handed is None or not handed <= owned.position < fetched.position:
            return
        if self._jumped.get(partition) != fetched.position:
            await self.check_gap(partition, owned, owned.position)
            self._jumped[partition] = fetched.position

    async def check_gap(self, partition: TopicPartition, owned: OwnedPartition, previous: int) -> None:
        """Count a jump as a loss only if the log no longer has the skipped offsets: markers and compaction leave gaps
        too."""
        log_start, _ = (await self._log.bounds([partition]))[partition]
        if log_start > previous and owned.position == previous:
            await count_loss(partition, owned, log_start)
