"""Runtime of a worker process: opens partitions, applies batches, commits heartbeats, and ends the process when in
doubt."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from streams.common.vocabulary import Clock, Pseudonym
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, INPUTS, Topic
from streams.store.commit import Conflict
from streams.store.keys import generation_key
from streams.store.redis_errors import patiently
from streams.store.single_keys import parse_generation
from streams.worker.batches import RecordBatch
from streams.worker.clock_links import NewestEvents, Reanchored
from streams.worker.dead_letters import DeadLetters
from streams.worker.draining import Drain
from streams.worker.exit_status import describe_exit
from streams.worker.liveness import Liveness
from streams.worker.log_end import Progress
from streams.worker.log_progress import Log, LogProgress, TopicPartition
from streams.worker.losses import Losses
from streams.worker.noted_settings import note_settings
from streams.worker.opening import Opener
from streams.worker.partition import OwnedPartition
from streams.worker.publisher import OutcomeSender
from streams.worker.recovery import Recovery
from streams.worker.standstill import stop_sentence

log = logging.getLogger(__name__)

AT_ONCE = 3
"""Batches in progress at a time: enough to fold one while the others wait for an answer."""
HEARTBEAT_SECONDS = 1.0


class Runtime:
    """Owned partitions of one process.

    ``follows_switch`` is false for a rebuild of a generation that is not in force yet. ``exit_now`` ends the process at
    once (``os._exit``): an exception that leaves an agent would acknowledge its events. With ``never_stops`` any number
    of bad records in a row goes to the dead letters.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        redis: Any,
        generation: int,
        topic_ids: Mapping[Topic, str],
        pseudonym: Pseudonym,
        dead_letters: DeadLetters,
        outcomes: OutcomeSender,
        log_view: Log,
        exit_now: Callable[[int], None],
        follows_switch: bool = True,
        never_stops: bool = False,
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._generation = generation
        self._log = log_view
        self._exit_now = exit_now
        self._follows_switch = follows_switch
        self._topics = {settings.topic(topic): topic for topic in FOLDED}
        self.owned: dict[TopicPartition, OwnedPartition] = {}
        self.assigned = False
        self.claimed = False
        self.applied = 0
        self.starts_over = False
        self._newest = NewestEvents(settings, redis, generation, self._newest_owned)
        self._opener = Opener(
            settings,
            redis=redis,
            generation=generation,
            topic_ids=topic_ids,
            pseudonym=pseudonym,
            dead_letters=dead_letters,
            outcomes=outcomes,
            newest=self._newest,
            never_stops=never_stops,
        )
        self._opening = asyncio.Lock()
        self._progress = LogProgress(settings, log_view)
        self._drain = Drain(settings, self._progress)
        self._liveness = Liveness(settings, self._progress)
        self._losses = Losses(log_view)
        self._beating = asyncio.Lock()
        self._ended = False
        self._room = asyncio.Semaphore(AT_ONCE)
        self._last: dict[TopicPartition, asyncio.Task[None]] = {}
        self._assignment = 0
        self._noted = False
        self._recovery = Recovery(self._reopen)
        self._seeks: dict[TopicPartition, int] = {}
        self._resumed: set[TopicPartition] = set()

    async def open(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        """Load newly assigned partitions from Redis (design rule 8).

        Returns:
            The offset of the next record to read, by partition.
        """
        try:
            async with self._opening:
                # Partitions that were added since: their records are in no number until a rebuild.
                partitions = {each for each in partitions if each[1] < self._settings.partitions}
                fresh = sorted(partitions - self.owned.keys())
                stored = await asyncio.gather(*map(self._opener.load, fresh))
                bounds = await self._log.bounds(fresh) if fresh else {}
                for partition, found in zip(fresh, stored, strict=True):
                    self.owned[partition] = await self._opener.open(partition, found, *bounds[partition])
                    self._seek_if_stopped(partition)
                # Only an owner's settings judge: a worker that is refused above, or has nothing to do, notes none.
                if self.owned and not self._noted:
                    await note_settings(self._redis, self._settings, self._generation)
                    self._noted = True
                self.assigned = True
                return {partition: self.owned[partition].position for partition in partitions}
        except Exception as error:
            self.fail(error)
            raise

    async def close(self) -> None:
        """Give up all partitions: a batch in progress is finished, later ones are not started."""
        self.assigned = self.claimed = False
        self._assignment += 1
        self._last.clear()
        self._seeks.clear()
        self._resumed.clear()
        self._progress.clear()
        owned, self.owned = self.owned, {}
        await self._close(owned)

    async def _close(self, owned: Mapping[TopicPartition, OwnedPartition]) -> None:
        """Wait for commits in progress; the rebalance must not give a partition away in the middle of one."""
        for partition in list(owned.values()):
            async with partition.lock:
                partition.closed = True

    async def end(self) -> None:
        """Finish what is in progress before the clients of Kafka and Redis are closed, and begin nothing any more.

        The partitions stay owned until the group takes them: it is told their positions last.
        """
        self._ended = True
        self._assignment += 1
        async with self._beating:
            await self._close(self.owned)

    async def take(self, batch: RecordBatch) -> None:
        """Start to apply a batch from the consumer; returns once there is room for the next one.

        While one partition waits for Redis or Kafka another is folded. Batches of one partition keep their order.
        """
        await self._room.acquire()
        partition = (batch.topic, batch.partition)
        before = self._last.get(partition)
        self._last[partition] = asyncio.create_task(self._apply_after(before, batch, self._assignment))

    async def _apply_after(self, before: asyncio.Task[None] | None, batch: RecordBatch, assignment: int) -> None:
        try:
            if before is not None:
                await before
            # A batch of an earlier assignment is dropped: its partition may have another owner by now, or be open again
            # at another position, and then its records are fetched again.
            if assignment == self._assignment:
                await self.apply(batch)
        finally:
            batch.release()
            self._room.release()

    async def apply(self, batch: RecordBatch) -> None:
        """Apply a batch from the consumer; never raises."""
        partition = (batch.topic, batch.partition)
        owned = self.owned.get(partition)
        if owned is None or owned.stop is not None or self._ended:
            return
        try:
            if batch.previous is None or batch.previous > owned.position:
                if partition in self._resumed:
                    return  # fetched before the stop: it is fetched again from the position
                raise Conflict(f"{batch.topic}-{batch.partition}: records before {batch.previous} were not handed out")
            first = batch.records[0].offset
            # A gap alone is no loss (transaction markers, compaction), and ignoring it would hide a log that was cut.
            if first > batch.previous:
                await self._losses.check_gap(partition, owned, batch.previous)
            elif first < batch.previous:
                raise Conflict(f"{batch.topic}-{batch.partition}: the log went back from {batch.previous} to {first}")
            self._resumed.discard(partition)
            await self._recovery.apply(owned, batch.records)
            self._seek_if_stopped(partition)
            self.applied += len(batch.records)
        except Reanchored as error:
            self._start_over(error)
        except Exception as error:
            self.fail(error)

    async def settle(self) -> bool:
        """At the end of the log, apply the events that wait aside for a confirmation of their time; never raises.

        Returns:
            True if there were any: what they tell other partitions is still to be read.
        """
        try:
            settled = [await owned.settle() for owned in list(self.owned.values())]
        except Exception as error:
            self.fail(error)
            return False
        if any(settled):
            self._drain.wait_for_outcomes()
        return any(settled)

    async def beat(self) -> None:
        """Commit one heartbeat of every owned partition; never raises."""
        async with self._beating:
            if not self._ended:
                await self._beat_all()

    async def _beat_all(self) -> None:
        try:
            if self._settings.clock is Clock.EVENT:
                await self._newest.look((self._topics[name], number) for name, number in self.owned)
            for partition, owned in list(self.owned.items()):
                if self.owned.get(partition) is owned:
                    await self._beat(partition, owned)
            if self.assigned:
                self.claimed = True
            self._liveness.beat(self.owned)
            namespace = self._settings.namespace
            stored = await patiently(lambda: self._redis.get(generation_key(namespace)))
            in_force = parse_generation(namespace, stored)
            if self._follows_switch and in_force != self._generation:
                raise Conflict(f"`veinte rebuild` switched to generation {in_force}")
        except Reanchored as error:
            self._start_over(error)
        except Exception as error:
            self.fail(error)

    async def _beat(self, partition: TopicPartition, owned: OwnedPartition) -> None:
        if owned.stop is None:
            await self._losses.check_end(partition, owned)
            await self._recovery.beat(owned, self._progress.of(partition, owned))
            self._seek_if_stopped(partition)
        elif not await self._resume_if_asked(partition, owned):
            _, log_end = (await self._log.bounds([partition]))[partition]
            await owned.heartbeat(Progress(False, False, 0, log_end, None, self._progress.partitions_found(partition)))

    async def _resume_if_asked(self, partition: TopicPartition, owned: OwnedPartition) -> bool:
        """End the stop of a partition where `veinte resume` asks for it; true if it did."""
        try_again = await owned.asked_to_resume()
        if try_again is None:
            return False
        # Opened anew: a batch that stopped the partition may have left traces in memory.
        fresh = await self._reopen(owned)
        if fresh is not None:
            self._resumed.add(partition)
            self._progress.forget(partition)  # what was seen of the log before the stop is old
            self._seeks[partition] = fresh.position
            await fresh.resume(try_again=try_again)
            log.warning("%s-%s goes on at offset %s, as `veinte resume` asks", *partition, fresh.position)
        return True

    async def _reopen(self, owned: OwnedPartition) -> OwnedPartition | None:
        """Replace an owned partition by one loaded from Redis; ``None`` if it was given up meanwhile."""
        partition = (self._settings.topic(owned.topic), owned.number)
        assignment = self._assignment
        async with owned.lock:
            owned.closed = True
        async with self._opening:
            stored = await self._opener.load(partition)
            bounds = await self._log.bounds([partition])
            fresh = await self._opener.open(partition, stored, *bounds[partition])
            if assignment != self._assignment:
                return None
            if fresh.position < owned.position:
                raise Conflict(f"{owned.name}: found position {fresh.position}, expected {owned.position}")
            self.owned[partition] = fresh
        return fresh

    def _seek_if_stopped(self, partition: TopicPartition) -> None:
        owned = self.owned.get(partition)
        if owned is not None and owned.stop is not None:
            self._seeks[partition] = owned.position

    def take_seeks(self) -> dict[TopicPartition, tuple[int, bool]]:
        """Positions to fetch from by partition, and whether to wait there; those of stops and resumes since the last
        call."""
        seeks, self._seeks = self._seeks, {}
        stopped = self.stopped
        return {partition: (position, partition in stopped) for partition, position in seeks.items()}

    @property
    def stopped(self) -> dict[TopicPartition, str]:
        """A sentence for each partition that stands still."""
        return {
            partition: stop_sentence(owned.topic, owned.number, owned.stop, rebuild=not self._follows_switch)
            for partition, owned in self.owned.items()
            if owned.stop is not None
        }

    def drained(self, since: float) -> bool:
        """True if all that is published up to the monotonic time ``since`` is applied (``streams.worker.draining``);
        true without owned partitions."""
        return self.claimed and self._drain.is_done(self.owned, since)

    def not_ready(self) -> str:
        """Reason why the process cannot serve its partitions now; empty if it can."""
        return self._liveness.not_ready() if self.claimed else "no partitions assigned and committed yet"

    def stalled(self) -> str:
        """Reason why the process is no longer live; empty while it is. Any thread may ask."""
        return self._liveness.stalled()

    def fail(self, error: BaseException) -> None:
        """End the process: memory may no longer agree with Redis, and a restart seeks to the stored positions."""
        sentence, status = describe_exit(error, self._settings)
        print(f"veinte worker: {sentence}", file=sys.stderr, flush=True)
        self._exit_now(status)

    def _start_over(self, error: Reanchored) -> None:
        """Have the process join its group anew: Faust cannot go back in a log that it reads."""
        log.error("%s", error)
        self.starts_over = True

    def _newest_owned(self) -> list[int | None]:
        """Newest event times of the owned partitions of the inputs."""
        return [owned.newest_ms for owned in self.owned.values() if owned.topic in INPUTS]
