"""Refusals that cannot be found again from the log, because they came of what was there at the time: read from the dead
letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streams.clients.topic_reader import Place, Record, TopicReader
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.contract.topics import Topic, dead_letter_topic
from streams.tools.dead_letters import Filter, Letter, read_letters

BATCH = "too_large"
"""Reason of a batch that unpacks to too much, and of single records, which are found again."""
OF_THE_TIME = ("internal", "implausible_jump")
"""Reasons of a record that another release, or another order of the topics, would have accepted."""


class Refusals(NamedTuple):
    """Refused records of a partition.

    Attributes:
        records: offset → letter of the record there. The offset alone would not do: a topic that was made anew has the
            same offsets with other records.
        batches: first and last offset of whole batches, in order.
    """

    records: Mapping[int, Letter]
    batches: tuple[tuple[int, int], ...]

    def has(self, record: Record, pseudonym: Pseudonym) -> bool:
        """True of a record that was set aside."""
        found = self.records.get(record.offset)
        return found is not None and found.is_of(record.value, pseudonym)

    def spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """The offsets from ``start`` to before ``end`` without the batches."""
        spans: list[tuple[int, int]] = []
        for first, last in self.batches:
            if first < end and last >= start:
                spans.append((start, first))
                start = last + 1
        return [(first, last) for first, last in [*spans, (start, end)] if first < last]


NONE = Refusals({}, ())


def read_refusals(
    reader: TopicReader, settings: Settings, topic: Topic, partition: int, counted: Mapping[str, int]
) -> Refusals:
    """The refusals of a partition that have to be read.

    Args:
        reader: of Kafka.
        settings: names of the topics.
        topic: of the partition.
        partition: its number.
        counted: the partition's statistics; a reason that it has not counted was that of other numbers.

    Raises:
        UserError: Kafka does not answer, or the topic of the dead letters is missing.
    """
    reasons = frozenset(each for each in (BATCH, *OF_THE_TIME) if counted.get(f"rejected.{each}"))
    if not reasons:
        return NONE
    name = settings.topic(dead_letter_topic(topic))
    spans = reader.bounds([name])
    place: Place = (name, partition % len(spans))
    records: dict[int, Letter] = {}
    batches: set[tuple[int, int]] = set()
    for letter in read_letters(reader, settings, Filter((topic,), reasons), {place: spans[place]}):
        origin = letter.origin
        if (origin.topic, origin.partition) != (settings.topic(topic), partition):
            continue
        if letter.last_offset is not None:
            batches.add((origin.offset, letter.last_offset))
        elif letter.reason in OF_THE_TIME:
            records[origin.offset] = letter
    return Refusals(records, tuple(sorted(batches)))
