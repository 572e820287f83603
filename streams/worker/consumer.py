"""Kafka consumer for Faust: it starts at the positions in Redis, and reads committed records only (design rule 8)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import aiokafka
from aiokafka.consumer import subscription_state
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.clients.fetching import ALLOWANCE, BATCH_LIMIT_BYTES, HANDED_BYTES, Allowance
from streams.worker.batches import BatchScheduler, RecordBatch
from streams.worker.log_end import Fetched

FETCH_WAIT_MS = 200
"""Longest time the broker may hold a fetch without data. Records that arrive at another partition during such a wait
are fetched only after it, so this bounds the latency. Faust's 1.5 s would miss the goal "on the board within a
second"."""


FETCH_BYTES = 16 << 20
"""Most packed bytes of one answer of a broker; a larger batch at its beginning is sent whole all the same."""
ROOM_WAIT_SECONDS = 0.2
"""Longest wait for a batch to be applied where the backlog is full, before Faust is asked again what it wants."""


class _PartitionState(subscription_state.TopicPartitionState):  # type: ignore[misc]  # aiokafka has no types
    """State of a partition with the monotonic time of the broker's last answer beside the wall's: a wall clock that is
    set back would make an old answer a new one."""

    answered_at: float | None = None

    @property
    def timestamp(self) -> int | None:
        """Wall time of the last answer in epoch milliseconds."""
        return self._timestamp

    @timestamp.setter
    def timestamp(self, value: int | None) -> None:
        self._timestamp = value
        self.answered_at = None if value is None else time.monotonic()


# Replaced in aiokafka's module: it creates the class by this name and accepts no other.
subscription_state.TopicPartitionState = _PartitionState


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Consumer thread with its own isolation level, fetch wait and fetch size, set after creation because Faust
    hard-codes them."""

    batch_limit_bytes = BATCH_LIMIT_BYTES

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> Any:
        ALLOWANCE.set(Allowance(HANDED_BYTES, self.batch_limit_bytes))
        return await super()._fetch_records(*args, **kwargs)

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._fetch_max_bytes = FETCH_BYTES
        return consumer

    def fetched(self, tp: TP) -> Fetched | None:
        """Fetch progress of ``tp``; ``None`` if it is not known yet."""
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        wanted = aiokafka.TopicPartition(tp.topic, tp.partition)
        if assignment is None or wanted not in assignment.tps:
            return None
        state = assignment.state_value(wanted)
        # In this order: another thread takes in the next answer meanwhile, and sets the time last.
        at, ms, stable, end = state.answered_at, state.timestamp, state.lso, state.highwater
        if at is None or stable is None or end is None or not state.has_valid_position:
            return None
        return Fetched(state.position, stable, max(end, stable), at, ms)

    def partition_count(self, topic: str) -> int:
        """Number of partitions of a topic by the broker's last metadata; 0 while it is not known."""
        # Not `partitions_for_topic`, which copies: a thousand partitions are asked for every second, of one topic each.
        return len(self._ensure_consumer()._client.cluster._partitions.get(topic, ()))

    async def fetch_from(self, seeks: Mapping[TP, tuple[int, bool]]) -> list[TP]:
        """Seek partitions, and fetch nothing from those that are to wait at their position.

        Returns:
            The partitions of ``seeks`` that are assigned now.
        """
        return await self.call_thread(self._fetch_from, seeks)  # type: ignore[no-any-return]  # Faust says Any

    async def _fetch_from(self, seeks: Mapping[TP, tuple[int, bool]]) -> list[TP]:
        consumer = self._ensure_consumer()
        assigned = [tp for tp in seeks if tp in self.assignment()]
        for tp in assigned:
            position, waits = seeks[tp]
            consumer.seek(aiokafka.TopicPartition(tp.topic, tp.partition), position)
            (consumer.pause if waits else consumer.resume)(aiokafka.TopicPartition(tp.topic, tp.partition))
        return assigned


class Consumer(driver.Consumer):
    """Consumer that seeks to the positions of ``open_partitions``. It commits them to Kafka too, for lag monitoring
    tools only."""

    # Hooks on the class and not arguments, because Faust creates the consumer itself; `streams.worker.app.wire` sets
    # them.
    open_partitions: Callable[[set[TP]], Awaitable[Mapping[TP, int]]]
    assigned_nothing: Callable[[], None]
    position_of: Callable[[TP], int | None]
    log_went_back: Callable[[TP, int, int], None]
    take_seeks: Callable[[], Mapping[TP, tuple[int, bool]]]
    batch_limit_bytes = BATCH_LIMIT_BYTES
    fetched: dict[TP, Fetched]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fetched = {}
        self._between_assignments = True
        self._waiting: set[TP] = set()

    def _new_consumer_thread(self) -> ConsumerThread:
        thread = ConsumerThread(self, loop=self.loop, beacon=self.beacon)
        thread.batch_limit_bytes = type(self).batch_limit_bytes
        return thread

    def partition_count(self, topic: str) -> int:
        """Number of partitions of a topic on the broker; 0 while it is not known."""
        return cast(ConsumerThread, self._thread).partition_count(topic)

    @property
    def batches(self) -> BatchScheduler:
        """Scheduling strategy of this consumer."""
        return cast(BatchScheduler, self.scheduler)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Block seeks until the next assignment: all partitions are returned to the group."""
        self._between_assignments = True
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Allow seeks again; Faust seeks afterwards if there are any partitions."""
        self._between_assignments = False
        if not assigned:
            type(self).assigned_nothing()
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to the position in Redis.

        Faust also calls this if a fetch returns during a rebalance: the partitions assigned at that moment are not
        ours.

        Returns:
            The positions by partition; empty during a rebalance.
        """
        if self._between_assignments:
            return {}
        positions = await type(self).open_partitions(set(self.assignment()))
        if positions:
            await self.seek_wait(positions)
        self.batches.expect(positions)
        self.fetched.clear()  # progress of an earlier assignment
        self._waiting.clear()
        return positions

    async def _follow_stops(self) -> None:
        """Fetch nothing from partitions that stand still, and from the position on once they resume.

        Here and not where a batch is applied: between two fetches no record is on its way to the agent, so that
        Faust's offset of the last record read can go back too. The client's own pause is lost with an assignment, and
        then asked for again.
        """
        seeks = type(self).take_seeks()
        if not seeks:
            return
        for tp in await cast(ConsumerThread, self._thread).fetch_from(seeks):
            position, waits = seeks[tp]
            self.batches.expect({tp: position})
            self._read_offset[tp] = position or None
            (self._waiting.add if waits else self._waiting.discard)(tp)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's warning of a partition without fetches, which is no surprise where it stands still."""
        if tp not in self._waiting:
            super().verify_event_path(now, tp)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        await self._follow_stops()
        if self.batches.backlog.is_full:
            await self.batches.backlog.wait(ROOM_WAIT_SECONDS)
            return {}
        records = await super()._getmany(active_partitions, timeout)
        # No other coroutine runs between here and the hand-out, so `fetched` and `handed` agree.
        thread = cast(ConsumerThread, self._thread)
        for tp in self.assignment():
            state = thread.fetched(tp)
            if state is not None:
                self.fetched[tp] = state
                if self.flow_active:
                    self._check_way_back(tp, records[tp][0].offset if records.get(tp) else state.position)
        return records

    def _check_way_back(self, tp: TP, offset: int) -> None:
        """Report a log that was created anew: Faust silently drops records below the offsets that it has read."""
        expected = self.batches.handed.get(tp)
        if expected is not None and offset < expected:
            type(self).log_went_back(tp, expected, offset)

    def _to_message(self, tp: TP, record: RecordBatch) -> Any:
        message: Any = super()._to_message(tp, record)
        message.batch = record
        return message

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Skip Faust's list of every offset between two messages: the positions in Redis are authoritative."""

    def _new_offset(self, tp: TP) -> int | None:
        # Faust would commit up to the first gap in the acknowledged offsets. Only the last offset of a batch is
        # acknowledged, so gaps are normal; the position in Redis is committed instead, and the list is emptied so that
        # it cannot grow.
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return type(self).position_of(tp)


class Transport(driver.Transport):
    """aiokafka transport with our consumer."""

    Consumer = Consumer
