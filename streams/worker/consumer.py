"""The seam to Faust: a consumer that starts where Redis says, and reads committed records only (design rule 8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, cast

import aiokafka
from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.worker.batches import BatchScheduler, RecordBatch

FETCH_WAIT_MS = 200
"""How long the broker may hold a fetch that has no data. A partition whose records arrive during such a wait is only
asked for after it, so this bounds the latency; Faust's 1.5 s would miss "on the board within a second"."""


class Fetched(NamedTuple):
    """How far one partition has been fetched, as of the broker's last answer at ``fetched_ms`` (wall, epoch ms)."""

    position: int
    end: int
    fetched_ms: int


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """Hands records out as they were unpacked: they have all that a ``RawRecord`` needs, and to copy each into another
    object takes as long as to decode its JSON."""

    def __iter__(self) -> Any:
        return self._records_iterator

    def _consumer_record(self, _tp: Any, record: Any) -> Any:
        return record


fetcher.PartitionRecords = _Records


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust hard-codes the isolation level and the wait of a fetch: set where the consumer is made."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    def fetched(self, tp: TP) -> Fetched | None:
        """How far ``tp`` has been fetched; ``None`` where it is not known yet."""
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        wanted = aiokafka.TopicPartition(tp.topic, tp.partition)
        if assignment is None or wanted not in assignment.tps:
            return None
        state = assignment.state_value(wanted)
        fetched_ms, end = state.timestamp, state.lso
        if fetched_ms is None or end is None or not state.has_valid_position:
            return None
        return Fetched(state.position, end, fetched_ms)


class Consumer(driver.Consumer):
    """Seeks to the positions that ``open_partitions`` gives, and commits those as a courtesy to lag tools."""

    open_partitions: Callable[[set[TP]], Awaitable[Mapping[TP, int]]]
    assigned_nothing: Callable[[], None]
    position_of: Callable[[TP], int | None]
    log_went_back: Callable[[TP, int, int], None]
    fetched: dict[TP, Fetched]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fetched = {}
        self._between_assignments = True

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def batches(self) -> BatchScheduler:
        """The scheduling strategy of this consumer."""
        return cast(BatchScheduler, self.scheduler)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """All partitions go back to the group; until the next assignment nothing is sought."""
        self._between_assignments = True
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Partitions came; Faust seeks afterwards where there are any."""
        self._between_assignments = False
        if not assigned:
            type(self).assigned_nothing()
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to the position in Redis.

        Faust also calls this when a fetch came back in the middle of a rebalance: what is assigned then is not ours.
        """
        if self._between_assignments:
            return {}
        positions = await type(self).open_partitions(set(self.assignment()))
        if positions:
            await self.seek_wait(positions)
        self.batches.expect(positions)
        self.fetched.clear()  # what was known of an earlier assignment
        return positions

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        records = await super()._getmany(active_partitions, timeout)
        # Between here and the hand-out nothing else runs, so that `fetched` and `handed` agree.
        thread = cast(ConsumerThread, self._thread)
        for tp in self.assignment():
            state = thread.fetched(tp)
            if state is not None:
                self.fetched[tp] = state
                if self.flow_active:
                    self._check_way_back(tp, records[tp][0].offset if records.get(tp) else state.position)
        return records

    def _check_way_back(self, tp: TP, offset: int) -> None:
        """Faust drops records below those it has read without a word: a log that was made anew must not end so."""
        expected = self.batches.handed.get(tp)
        if expected is not None and offset < expected:
            type(self).log_went_back(tp, expected, offset)

    def _to_message(self, tp: TP, record: RecordBatch) -> Any:
        message: Any = super()._to_message(tp, record)
        message.batch = record
        return message

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Faust's list of every offset between two messages is not needed: positions are the truth."""

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return type(self).position_of(tp)


class Transport(driver.Transport):
    """The aiokafka transport with our consumer."""

    Consumer = Consumer
