"""Reconciliation of whole topics: every partition one after the other, and the results kept in Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.clients.kafka_clients import describe_topics
from streams.clients.pseudonyms import key_check
from streams.clients.redis_clients import SyncClient
from streams.clients.topic_reader import TopicReader
from streams.common.errors import UserError
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.config.stored_settings import judging
from streams.contract.topics import Topic
from streams.numbers.tiers import QUARTER
from streams.reconcile.comparison import Difference
from streams.reconcile.partition import Partition, Result, Sources
from streams.reconcile.reach import Cut
from streams.reconcile.stored_numbers import StoredNumbers
from streams.store.damage import SETTINGS_REMEDY
from streams.store.keys import reconciled_key, settings_key
from streams.store.provenance import Provenance, check_provenance
from streams.store.reconciled import Reconciled, encode_results
from streams.store.single_keys import generation_of, whole_key

MOST_NAMED = 1_000
"""Differences of a topic that are kept to be printed; all are counted."""


@dataclass
class TopicResult:
    """Result of one topic: sums over its partitions.

    Attributes:
        from_ms, to_ms: the range that was compared, epoch ms; ``None`` for all that is kept.
        cut: the latest instant before which some partition could not be recomputed.
        named: the first differences.
        unsure: contacts with several readings.
        tolerated: amounts that differ from the first reading of contacts and are those of another one.
        begun: False where no worker has ever read the topic.
    """

    from_ms: int | None
    to_ms: int | None
    cut: Cut | None = None
    records: int = 0
    contacts: int = 0
    cells: int = 0
    differences: int = 0
    unsure: int = 0
    tolerated: int = 0
    begun: bool = False
    named: list[Difference] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Add a partition."""
        self.begun = True
        self.records += result.records
        self.contacts += result.contacts
        self.cells += result.cells
        self.differences += result.found
        self.unsure += result.unsure
        self.tolerated += result.tolerated
        self.named += result.differences
        self.cut = max([*result.cuts, *filter(None, [self.cut])], default=None)

    @property
    def begin_ms(self) -> int | None:
        """Start of what was compared in every partition."""
        if self.cut is None:
            return self.from_ms
        return self.cut.from_ms if self.from_ms is None else max(self.from_ms, self.cut.from_ms)


def whole_quarters(from_ms: int | None, to_ms: int | None) -> tuple[int | None, int | None]:
    """The range widened to whole quarters of an hour, the slices that all tiers share."""
    width = QUARTER.width_ms
    return (
        None if from_ms is None else from_ms // width * width,
        None if to_ms is None else -(-to_ms // width) * width,
    )


def sources_in_force(settings: Settings, client: SyncClient, reader: TopicReader, pseudonym: Pseudonym) -> Sources:
    """The sources of the numbers that readers and workers use, with the settings that these were made with.

    Raises:
        Unreadable: no worker wrote what a key outside of the partitions has.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    generation = generation_of(client, settings.namespace)
    key = settings_key(settings.namespace, generation)
    with whole_key(key, SETTINGS_REMEDY):
        stored: Any = client.hgetall(key)
    return Sources(judging(settings, stored).settings, client, reader, pseudonym, generation)


def reconcile_topics(
    sources: Sources, topics: Iterable[Topic], from_ms: int | None, to_ms: int | None, say: Callable[[str], None]
) -> Iterator[tuple[Topic, TopicResult]]:
    """Reconcile topics, one after the other.

    Args:
        sources: Kafka, Redis, settings.
        topics: those to compare.
        from_ms: start of the range, on a quarter of an hour; ``None`` for all that is kept.
        to_ms: its end.
        say: shows progress.

    Raises:
        UserError: the log is not the one that the numbers are of; Kafka does not answer; a rebuild switched meanwhile.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    wanted = tuple(topics)
    settings = sources.settings
    found = describe_topics(settings, [settings.topic(topic) for topic in wanted])
    for topic in wanted:
        name = settings.topic(topic)
        if name not in found:
            raise UserError(f"topic {name} does not exist at {settings.kafka}; create it, or run `veinte stack up`")
        check = _provenance_check(sources, name, found[name].topic_id)
        result = TopicResult(from_ms, to_ms)
        for number in range(settings.partitions):

            def say_where(text: str, place: str = f"{topic}-{number}") -> None:
                say(f"{place}: {text}")

            partition = Partition(sources, topic, number, say_where)
            each = partition.reconcile(from_ms, to_ms, check, MOST_NAMED - len(result.named))
            if each is not None:
                result.add(each)
        _check_generation(sources)
        yield topic, result


def keep_results(sources: Sources, results: Mapping[Topic, TopicResult]) -> None:
    """Keep the results in Redis, from which the exporter makes metrics."""
    at_ms = time.time_ns() // 1_000_000
    kept = {
        str(topic): Reconciled(at_ms, result.begin_ms, result.to_ms, result.cells, result.differences)
        for topic, result in results.items()
        if result.begun
    }
    if kept:
        mapping: Any = encode_results(kept)
        sources.client.hset(reconciled_key(sources.settings.namespace, sources.generation), mapping=mapping)


def _provenance_check(sources: Sources, name: str, topic_id: str) -> Callable[[StoredNumbers], None]:
    def check(numbers: StoredNumbers) -> None:
        ours = Provenance(topic_id, sources.settings.partitions, key_check(sources.pseudonym), numbers.stored.source)
        check_provenance(numbers.stored, name, ours)

    return check


def _check_generation(sources: Sources) -> None:
    """Refuse the results of numbers that are no longer in force."""
    if generation_of(sources.client, sources.settings.namespace) != sources.generation:
        raise UserError("`veinte rebuild` has put other numbers in force meanwhile; run it again")
