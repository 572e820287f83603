"""Runtime of a worker process: opens partitions, applies batches, commits heartbeats, and ends the process when in
doubt."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from streams.clients.pseudonyms import key_check
from streams.common.durations import SECOND_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Clock, Pseudonym
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, INPUTS, Topic
from streams.facts.domains import DOMAIN_OF
from streams.store.commit import Conflict
from streams.store.keys import generation_key, partition_keys
from streams.store.provenance import Provenance, check_provenance
from streams.store.redis_errors import patiently
from streams.store.single_keys import parse_generation
from streams.store.stored import Stored, load
from streams.worker.assembly import assemble_partition
from streams.worker.batches import LARGEST_BATCH, RecordBatch
from streams.worker.clock_links import NO_LINKS, ClockLinks, NewestEvents, Reanchored, link
from streams.worker.dead_letters import DeadLetters
from streams.worker.exit_status import describe_exit
from streams.worker.log_end import Fetched, LogEnd, Progress
from streams.worker.noted_settings import note_settings
from streams.worker.partition import OwnedPartition
from streams.worker.publisher import OutcomeSender
from streams.worker.recovery import Recovery
from streams.worker.standstill import stop_sentence

log = logging.getLogger(__name__)

AT_ONCE = 3
"""Batches in progress at a time: enough to fold one while the others wait for an answer."""
HEARTBEAT_SECONDS = 1.0
UNREADY_SECONDS = 5
"""Without a heartbeat round for this long the process is not ready: Redis does not answer."""

TopicPartition = tuple[str, int]


class Log(Protocol):
    """Questions of the runtime to the consumer about the log itself."""

    async def bounds(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset and end offset of each partition."""
        ...

    def fetched(self, partition: TopicPartition) -> Fetched | None:
        """Fetch progress of a partition; ``None`` if it is not known yet."""
        ...

    def handed(self, partition: TopicPartition) -> int | None:
        """The offset after all records handed to the agent; ``None`` before the first assignment."""
        ...

    def partition_count(self, topic: str) -> int:
        """Number of partitions of a topic on the broker; 0 while it is not known."""
        ...


def wall_ms() -> int:
    """Now, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


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
        self._topic_ids = topic_ids
        self._pseudonym = pseudonym
        self._dead_letters = dead_letters
        self._outcomes = outcomes
        self._log = log_view
        self._exit_now = exit_now
        self._follows_switch = follows_switch
        self._never_stops = never_stops
        self._topics = {settings.topic(topic): topic for topic in FOLDED}
        self.owned: dict[TopicPartition, OwnedPartition] = {}
        self.assigned = False
        self.claimed = False
        self.beat_at = time.monotonic()
        self.applied = 0
        self.starts_over = False
        self._newest = NewestEvents(settings, redis, generation, self._newest_owned)
        self._opening = asyncio.Lock()
        self._ends: dict[TopicPartition, LogEnd] = {}
        self._moved: dict[TopicPartition, tuple[int, float]] = {}
        self._jumped: dict[TopicPartition, int] = {}
        self._inputs_drained_at: float | None = None
        self._room = asyncio.Semaphore(AT_ONCE)
        self._last: dict[TopicPartition, asyncio.Task[None]] = {}
        self._assignment = 0
        self._warned: set[Topic] = set()
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
                stored = await asyncio.gather(*(self._load(name, number) for name, number in fresh))
                bounds = await self._log.bounds(fresh) if fresh else {}
                for partition, found in zip(fresh, stored, strict=True):
                    self.owned[partition] = await self._owned(partition, found, *bounds[partition])
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
        self._ends.clear()
        owned, self.owned = self.owned, {}
        # The lock waits for a commit in progress; the rebalance must not give the partition away in the middle of one.
        for partition in owned.values():
            async with partition.lock:
                partition.closed = True

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
        if owned is None or owned.stop is not None:
            return
        try:
            if batch.previous is None or batch.previous > owned.position:
                if partition in self._resumed:
                    return  # fetched before the stop: it is fetched again from the position
                raise Conflict(f"{batch.topic}-{batch.partition}: records before {batch.previous} were not handed out")
            first = batch.records[0].offset
            # A gap alone is no loss (transaction markers, compaction), and ignoring it would hide a log that was cut.
            if first > batch.previous:
                await self._check_gap(partition, owned, batch.previous)
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
            self._inputs_drained_ms = None
        return any(settled)

    async def beat(self) -> None:
        """Commit one heartbeat of every owned partition; never raises."""
        try:
            if self._settings.clock is Clock.EVENT:
                await self._newest.look((self._topics[name], number) for name, number in self.owned)
            for partition, owned in list(self.owned.items()):
                if self.owned.get(partition) is owned:
                    await self._beat(partition, owned)
            if self.assigned:
                self.claimed = True
            self._watch()
            self.beat_at = time.monotonic()
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
            await self._check_end(partition, owned)
            await self._recovery.beat(owned, self.progress(partition, owned))
            self._seek_if_stopped(partition)
        elif not await self._resume_if_asked(partition, owned):
            _, log_end = (await self._log.bounds([partition]))[partition]
            await owned.heartbeat(Progress(False, False, 0, log_end, None, self._partitions_found(partition)))

    async def _resume_if_asked(self, partition: TopicPartition, owned: OwnedPartition) -> bool:
        """End the stop of a partition where `veinte resume` asks for it; true if it did."""
        try_again = await owned.asked_to_resume()
        if try_again is None:
            return False
        # Opened anew: a batch that stopped the partition may have left traces in memory.
        fresh = await self._reopen(owned)
        if fresh is not None:
            self._resumed.add(partition)
            self._ends.pop(partition, None)  # what was seen of the log before the stop is old
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
            stored = await self._load(*partition)
            bounds = await self._log.bounds([partition])
            fresh = await self._owned(partition, stored, *bounds[partition])
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

    def progress(self, partition: TopicPartition, owned: OwnedPartition) -> Progress:
        """Fetch progress of the partition."""
        fetched, end = self._log.fetched(partition), self._ends.setdefault(partition, LogEnd(owned.transaction))
        partitions = self._partitions_found(partition)
        if fetched is None:
            return Progress(False, False, 0, owned.position, end.transaction, partitions)
        end.look(fetched, owned.position, self._log.handed(partition))
        at_end = end.caught_up and fetched.stable >= fetched.end
        # At the end ``log_end`` is the position itself, because the log can end in markers that are never handed out.
        log_end = owned.position if at_end else max(fetched.end, owned.position)
        seen_ms = 0 if end.applied is None else end.applied.by(time.monotonic(), wall_ms())
        return Progress(at_end, end.caught_up, seen_ms, log_end, end.transaction, partitions)

    def _partitions_found(self, partition: TopicPartition) -> int:
        """Partitions that the topic has on the broker where they are not those of the numbers, else 0."""
        found = self._log.partition_count(partition[0])
        return found if found not in (0, self._settings.partitions) else 0

    def drained(self, since: float) -> bool:
        """True if every record in the owned partitions at the monotonic time ``since`` is applied, and then every
        outcome published for them; true without owned partitions.

        Records of a transaction that stays open, and those behind it, are not waited for: the position stays before
        them. Neither is a partition that stands still.
        """
        if not self.claimed:
            return False
        inputs = {self._settings.topic(topic) for topic in INPUTS}
        if not self._seen_since(since, lambda name: name in inputs):
            self._inputs_drained_at = None
            return False
        # Outcomes are published while inputs are applied, so the end of their topic counts only if it was reached after
        # the inputs were drained.
        if self._inputs_drained_at is None:
            self._inputs_drained_at = time.monotonic()
        return self._seen_since(self._inputs_drained_at, lambda name: name not in inputs)

    def _seen_since(self, since: float, wanted: Callable[[str], bool]) -> bool:
        """True if in every owned partition of the wanted topics all that can be read is applied, and with it all
        published before ``since``, unless a transaction stays open."""
        for partition, owned in self.owned.items():
            if owned.stop is not None or not wanted(partition[0]):
                continue
            progress, end = self.progress(partition, owned), self._ends[partition]
            seen = end.applied is not None and end.applied.at >= since
            if not (progress.caught_up and (seen or progress.transaction is not None)):
                return False
        return True

    def summary(self) -> str:
        """Counts of applied and rejected records since the numbers began, for the partitions owned now."""
        counts: Counter[str] = Counter()
        for owned in self.owned.values():
            counts.update(owned.statistics)
        reasons = {name.removeprefix("rejected."): n for name, n in counts.items() if name.startswith("rejected.")}
        text = f"{counts['applied']:,} events applied in all, {sum(reasons.values()):,} rejected"
        if reasons:
            text += f" ({', '.join(f'{reason} {number:,}' for reason, number in sorted(reasons.items()))})"
        return f"{text}, {counts['late']:,} amounts too late to keep" if counts["late"] else text

    def unread(self) -> str:
        """Sentence on the records that a drain leaves because transactions stay open; empty without any."""
        held = [
            f"{name}-{number} from offset {owned.transaction.offset}"
            for (name, number), owned in sorted(self.owned.items())
            if owned.transaction is not None
        ]
        if not held:
            return ""
        return (
            f"a transaction of a producer is open: {', '.join(held)} nothing can be read; end it, then go on reading "
            "with `veinte worker`"
        )

    def not_ready(self) -> str:
        """Reason why the process cannot serve its partitions now; empty if it can."""
        if not self.claimed:
            return "no partitions assigned and committed yet"
        silent = time.monotonic() - self.beat_at
        return f"no heartbeat for {silent:.0f} s: Redis does not answer" if silent > UNREADY_SECONDS else ""

    def stalled(self) -> str:
        """Reason why the process is no longer live; empty while it is. A lag without progress counts as not live.

        Any thread may ask.
        """
        now, limit = time.monotonic(), self._settings.stall_limit / SECOND_MS
        if now - self.beat_at > limit:
            return f"no heartbeat round for {now - self.beat_at:.0f} s"
        for partition, (_, since) in self._moved.items():
            if now - since > limit:
                return f"{partition[0]}-{partition[1]} has a lag and has not moved for {now - since:.0f} s"
        return ""

    def _watch(self) -> None:
        """Record since when each partition has had a lag without progress, independently of calls to ``stalled``."""
        now = time.monotonic()
        watched = {}
        for partition, owned in self.owned.items():
            if owned.stop is not None:
                continue
            position, since = self._moved.get(partition, (-1, now))
            standing = position == owned.position and not self.progress(partition, owned).caught_up
            watched[partition] = (owned.position, since if standing else now)
        self._moved = watched

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

    async def _links(self, topic: Topic, number: int) -> ClockLinks:
        """Links of a partition's event clock; none by the wall clock."""
        if self._settings.clock is not Clock.EVENT:
            return NO_LINKS
        ids, newest = self._topic_ids, self._newest.newest_ms
        return await link(self._settings, self._redis, topic, number, ids[topic], newest)

    async def _load(self, name: str, number: int) -> Stored:
        topic = self._topics[name]
        return await load(self._redis, partition_keys(self._settings.namespace, self._generation, topic, number))

    async def _owned(self, partition: TopicPartition, stored: Stored, log_start: int, log_end: int) -> OwnedPartition:
        name, number = partition
        topic = self._topics[name]
        topic_id = self._topic_ids[topic]
        check_provenance(
            stored,
            name,
            Provenance(topic_id, self._settings.partitions, key_check(self._pseudonym), self._outcomes.source),
        )
        if stored.position is not None and stored.position > log_end:
            raise UserError(
                f"{name}-{number} ends at offset {log_end} but {stored.position} is already counted: not the log that "
                "the numbers are of; choose another VEINTE_NAMESPACE or run `veinte rebuild`"
            )
        owned = assemble_partition(
            topic,
            number,
            stored,
            redis=self._redis,
            keys=partition_keys(self._settings.namespace, self._generation, topic, number),
            settings=self._settings,
            pseudonym=self._pseudonym,
            topic_id=topic_id,
            send_dead_letters=self._dead_letters.box(topic, number).send,
            send_outbox=self._outcomes.send,
            source=self._outcomes.source,
            largest_batch=LARGEST_BATCH,
            now_ms=wall_ms,
            never_stops=self._never_stops,
            links=await self._links(topic, number),
        )
        formula = DOMAIN_OF[topic].formula
        if owned.formula != formula and topic not in self._warned:
            self._warned.add(topic)
            log.warning(
                "%s was counted by formula %s, this release counts by %s: run `veinte rebuild` to count anew",
                name, owned.formula, formula,
            )  # fmt: skip
        if stored.position is None:
            owned.position = log_start
        elif log_start > stored.position:
            await self._move(name, number, owned, log_start)
        return owned

    async def _move(self, name: str, number: int, owned: OwnedPartition, log_start: int) -> None:
        log.error(
            "%s-%s begins at offset %s but was read up to %s only: %s events are lost; "
            "see `veinte acknowledge-loss`",
            name, number, log_start, owned.position, log_start - owned.position,
        )  # fmt: skip
        await owned.move(log_start)

    async def _check_end(self, partition: TopicPartition, owned: OwnedPartition) -> None:
        """Check a jump of the consumer to the end of the log, if no record after the jump reveals it."""
        fetched, handed = self._log.fetched(partition), self._log.handed(partition)
        if fetched is None or handed is None or not handed <= owned.position < fetched.position:
            return
        if self._jumped.get(partition) != fetched.position:
            await self._check_gap(partition, owned, owned.position)
            self._jumped[partition] = fetched.position

    async def _check_gap(self, partition: TopicPartition, owned: OwnedPartition, previous: int) -> None:
        """Count a jump as a loss only if the log no longer has the skipped offsets: markers and compaction leave gaps
        too."""
        log_start, _ = (await self._log.bounds([partition]))[partition]
        if log_start > previous and owned.position == previous:
            await self._move(*partition, owned, log_start)
