"""Opening of partitions: loaded from Redis, checked against the log, and moved to its start where records are lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from streams.clients.pseudonyms import key_check
from streams.common.errors import UserError
from streams.common.vocabulary import Clock, Pseudonym
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.facts.domains import DOMAIN_OF
from streams.store.keys import partition_keys
from streams.store.provenance import Provenance, check_provenance
from streams.store.stored import Stored, load
from streams.worker.assembly import assemble_partition
from streams.worker.batches import LARGEST_BATCH
from streams.worker.clock_links import NO_LINKS, ClockLinks, NewestEvents, link
from streams.worker.dead_letters import DeadLetters
from streams.worker.log_progress import TopicPartition, wall_ms
from streams.worker.losses import count_loss
from streams.worker.partition import OwnedPartition
from streams.worker.publisher import OutcomeSender

log = logging.getLogger(__name__)


class Opener:
    """Opener of one generation's partitions for one process."""

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
        newest: NewestEvents,
        never_stops: bool,
    ) -> None:
        """Take what all partitions have in common.

        Args:
            settings: of the worker.
            redis: asyncio client.
            generation: number of the key namespace.
            topic_ids: of Kafka.
            pseudonym: keyed hash of identifiers.
            dead_letters: sender of refused records.
            outcomes: sender of outcomes.
            newest: newest event times for the event clocks.
            never_stops: any number of bad records in a row goes to the dead letters.
        """
        self._settings = settings
        self._redis = redis
        self._generation = generation
        self._topic_ids = topic_ids
        self._pseudonym = pseudonym
        self._dead_letters = dead_letters
        self._outcomes = outcomes
        self._newest = newest
        self._never_stops = never_stops
        self._topics = {settings.topic(topic): topic for topic in FOLDED}
        self._warned: set[Topic] = set()

    async def load(self, partition: TopicPartition) -> Stored:
        """Read the content of a partition in Redis.

        Raises:
            Unreadable: a key has another type or content than a worker writes.
        """
        name, number = partition
        topic = self._topics[name]
        return await load(self._redis, partition_keys(self._settings.namespace, self._generation, topic, number))

    async def open(self, partition: TopicPartition, stored: Stored, log_start: int, log_end: int) -> OwnedPartition:
        """The partition of a new owner.

        Args:
            partition: topic and number.
            stored: its content in Redis.
            log_start: first offset of its log.
            log_end: end offset of its log.

        Raises:
            UserError: the numbers are of another log, or of another hash key or source.
        """
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
            await count_loss(partition, owned, log_start)
        return owned

    async def _links(self, topic: Topic, number: int) -> ClockLinks:
        """Links of a partition's event clock; none by the wall clock."""
        if self._settings.clock is not Clock.EVENT:
            return NO_LINKS
        ids, newest = self._topic_ids, self._newest.newest_ms
        return await link(self._settings, self._redis, topic, number, ids[topic], newest)
