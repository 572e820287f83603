"""Faults of the records: poison, repetitions, lateness."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from streams.contract.topics import INPUTS, Topic
from tests.faults.campaign.case import Case
from tests.faults.campaign.feed import Record, encode
from tests.faults.campaign.kind import Kind

POISON_RATIO = 0.01
STRETCH_GOOD, STRETCH_BAD = 500, 250
"""Good and bad records in turn; fewer bad ones in a row than stop a partition."""
DUPLICATE_RATIO = 0.2
LATER = 400
"""A repetition comes up to so many records after the first."""
HOUR_MS = 3_600_000

Poison = Callable[[Record, random.Random], Record]


def _body(record: Record, **changes: object) -> Record:
    return record._replace(value=encode({**msgspec.json.decode(record.value), **changes}))


POISONS: tuple[Poison, ...] = (
    lambda record, chance: record._replace(value=chance.randbytes(chance.randrange(1, 300))),
    lambda record, _: record._replace(value=record.value[: len(record.value) // 2]),
    lambda record, _: record._replace(value=b""),
    lambda record, _: record._replace(key=b"another"),
    lambda record, chance: _body(record, type=f"call.{chance.choice(('oferred', 'ended!'))}"),
    lambda record, _: _body(record, time="yesterday"),
    lambda record, _: _body(record, time="0001-01-01T00:00:00+14:00"),
    lambda record, _: _body(record, time="1999-12-31T23:59:59Z"),
    lambda record, _: _body(record, subject="x" * 5_000),
    lambda record, _: _body(record, data=[]),
    lambda record, _: _body(record, padding="y" * 70_000),
)
"""Ways to spoil a record."""


def spoiled(record: Record, chance: random.Random) -> Record:
    """The record made unusable in one of many ways."""
    return chance.choice(POISONS)(record, chance)


def poisoned(records: Iterator[Record], chance: random.Random) -> Iterator[Record]:
    """One in a hundred beside the good ones."""
    for record in records:
        if chance.random() < POISON_RATIO:
            yield spoiled(record, chance)
        yield record


def poisoned_stretches(records: Iterator[Record], chance: random.Random) -> Iterator[Record]:
    """Stretches of poison only."""
    while good := list(islice(records, STRETCH_GOOD)):
        yield from good
        for _ in range(STRETCH_BAD):
            yield spoiled(chance.choice(good), chance)


def repeated(records: Iterator[Record], chance: random.Random) -> Iterator[Record]:
    """One in five a second time, some records later."""
    later: deque[tuple[int, Record]] = deque()
    for number, record in enumerate(records):
        yield record
        if chance.random() < DUPLICATE_RATIO:
            later.append((number + chance.randrange(LATER), record))
        if later and later[0][0] <= number:
            yield later.popleft()[1]


def out_of_order(records: Iterator[Record], chance: random.Random) -> Iterator[Record]:
    """Records in portions, each shuffled."""
    while portion := list(islice(records, LATER)):
        chance.shuffle(portion)
        yield from portion


def under_kills(case: Case) -> None:
    """Let the load run, with a worker killed now and then."""
    case.fault()
    for _ in case.times(3):
        case.pause(2.0, 4.0)
        case.crew.kill(case.post)
        case.fault()
    case.pause(2.0, 3.0)


def letters(case: Case) -> None:
    """Every refused record has a dead letter, by its origin."""
    from streams.clients.topic_reader import TopicReader
    from streams.contract.decoding import SKIPPED
    from streams.contract.topics import dead_letter_topic
    from tests.support.numbers import Numbers

    for topic in INPUTS:
        refused = sum(
            amount
            for name, amount in Numbers(case.settings).statistics(Topic(topic)).items()
            if name.startswith("rejected.") and name.removeprefix("rejected.") not in SKIPPED
        )
        name = case.settings.topic(dead_letter_topic(topic))
        with TopicReader(case.settings) as reader:
            origins = {
                (headers["partition"], headers["offset"])
                for headers in (dict(record.headers) for record in reader.read(reader.bounds([name])))
            }
        case.outcome.compared += 1
        if len(origins) != refused:
            case.problem(f"{topic}: {refused} records refused, dead letters of {len(origins)}")


KINDS = (
    Kind(name="poison", words="1 % poison", inject=under_kills, transform=poisoned, check=letters, rate=160),
    Kind(
        name="poison-stretches",
        words="100 % poison, 250 records at a time",
        inject=under_kills,
        transform=poisoned_stretches,
        check=letters,
        rate=160,
    ),
    Kind(name="duplicates", words="20 % duplicates", inject=under_kills, transform=repeated, rate=160),
    Kind(
        name="hour-late",
        words="an hour late and out of order",
        inject=under_kills,
        transform=out_of_order,
        late_ms=HOUR_MS,
        rate=160,
    ),
)
