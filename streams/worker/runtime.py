"""Runtime of a worker process: opens partitions, applies batches, commits heartbeats, and ends the process when in
doubt."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from streams.clients.pseudonyms import key_check
from streams.common.durations import SECOND_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, INPUTS, Topic
from streams.facts.domains import DOMAIN_OF
from streams.store.commit import Conflict
from streams.store.keys import generation_key, partition_keys
from streams.store.provenance import Provenance, check_provenance
from streams.store.stored import Stored, load, patiently
from streams.worker.batches import LARGEST_BATCH, RecordBatch
from streams.worker.dead_letters import DeadLetters
from streams.worker.exit_status import describe_exit
from streams.worker.intake import Refused
from streams.worker.log_end import Fetched, LogEnd
from streams.worker.noted_settings import note_settings
from streams.worker.partition import OwnedPartition, Progress
from streams.worker.publisher import OutcomeSender

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
    once (``os._exit``): an exception that leaves an agent would acknowledge its events.
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
        self._topics = {settings.topic(topic): topic for topic in FOLDED}
        self.owned: dict[TopicPartition, OwnedPartition] = {}
        self.assigned = False
        self.claimed = False
        self.beat_at = time.monotonic()
        self.applied = 0
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
            self._room.release()

    async def apply(self, batch: RecordBatch) -> None:
        """Apply a batch from the consumer; never raises."""
        partition = (batch.topic, batch.partition)
        owned = self.owned.get(partition)
        if owned is None:
            return
        try:
            if batch.previous is None or batch.previous > owned.position:
                raise Conflict(f"{batch.topic}-{batch.partition}: records before {batch.previous} were not handed out")
            first = batch.records[0].offset
            # A gap alone is no loss (transaction markers, compaction), and ignoring it would hide a log that was cut.
            if first > batch.previous:
                await self._check_gap(partition, owned, batch.previous)
            elif first < batch.previous:
                raise Conflict(f"{batch.topic}-{batch.partition}: the log went back from {batch.previous} to {first}")
            await owned.apply(batch.records)
            self.applied += len(batch.records)
        except Exception as error:
            self.fail(error)

    async def beat(self) -> None:
        """Commit one heartbeat of every owned partition; never raises."""
        try:
            for partition, owned in list(self.owned.items()):
                if self.owned.get(partition) is owned:
                    await self._check_end(partition, owned)
                    await owned.heartbeat(self.progress(partition, owned))
            if self.assigned:
                self.claimed = True
            self._watch()
            self.beat_at = time.monotonic()
            stored = await patiently(lambda: self._redis.get(generation_key(self._settings.namespace)))
            if self._follows_switch and int(stored or 0) != self._generation:
                raise Conflict(f"`veinte rebuild` switched to generation {int(stored or 0)}")
        except Exception as error:
            self.fail(error)

    def progress(self, partition: TopicPartition, owned: OwnedPartition) -> Progress:
        """Fetch progress of the partition."""
        fetched, end = self._log.fetched(partition), self._ends.setdefault(partition, LogEnd(owned.transaction))
        found = self._log.partition_count(partition[0])
        partitions = found if found not in (0, self._settings.partitions) else 0
        if fetched is None:
            return Progress(False, False, 0, owned.position, end.transaction, partitions)
        end.look(fetched, owned.position, self._log.handed(partition))
        at_end = end.caught_up and fetched.stable >= fetched.end
        # At the end ``log_end`` is the position itself, because the log can end in markers that are never handed out.
        log_end = owned.position if at_end else max(fetched.end, owned.position)
        seen_ms = 0 if end.applied is None else end.applied.by(time.monotonic(), wall_ms())
        return Progress(at_end, end.caught_up, seen_ms, log_end, end.transaction, partitions)

    def drained(self, since: float) -> bool:
        """True if every record in the owned partitions at the monotonic time ``since`` is applied, and then every
        outcome published for them; true without owned partitions.

        Records of a transaction that stays open, and those behind it, are not waited for: the position stays before
        them.
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
            if not wanted(partition[0]):
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
            position, since = self._moved.get(partition, (-1, now))
            standing = position == owned.position and not self.progress(partition, owned).caught_up
            watched[partition] = (owned.position, since if standing else now)
        self._moved = watched

    def fail(self, error: BaseException) -> None:
        """End the process: memory may no longer agree with Redis, and a restart seeks to the stored positions."""
        sentence, status = describe_exit(error, self._settings)
        print(f"veinte worker: {sentence}", file=sys.stderr, flush=True)
        self._exit_now(status)

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
        owned = OwnedPartition(
            topic,
            number,
            stored,
            redis=self._redis,
            keys=partition_keys(self._settings.namespace, self._generation, topic, number),
            settings=self._settings,
            pseudonym=self._pseudonym,
            topic_id=topic_id,
            send_dead_letters=self._dead_letter_sender(topic, number),
            send_outbox=self._outcomes.send,
            source=self._outcomes.source,
            largest_batch=LARGEST_BATCH,
            now_ms=wall_ms,
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

    def _dead_letter_sender(self, topic: Topic, partition: int) -> Callable[[Any], Awaitable[None]]:
        async def send(refused: list[Refused]) -> None:
            await self._dead_letters.send(topic, partition, refused)

        return send

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
