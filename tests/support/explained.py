"""Explanations of what is on paper: a source of numbers and states that needs no Redis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from metrics.explain.number.answer import Explanation, encode
from metrics.explain.number.question import Question
from metrics.explain.number.reader import ScanLimits, Watch, answer
from metrics.read.partition_reader import Partition
from metrics.read.partition_view import Reply
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.contract.decoding import Decoded
from streams.contract.topics import FOLDED, Topic
from streams.facts.conversations.measures import FORMULA
from streams.facts.shared.policy import PolicyBook
from streams.numbers.tiers import TIERS
from streams.store.keys import Status
from streams.store.registry import Registry
from streams.store.slices import Slices
from streams.worker.ledger import Ledger
from tests.support.customer_cases import KIND, decoded, empty_book, no_pseudonym
from tests.support.paper_books import LONG_MS
from tests.support.strategies import Event
from tests.support.words import POLICIES, calendar_settings, pseudonym, queue_settings

PLENTY = ScanLimits(60.0, 1_000_000)


def settings_for(folder: Path, *channels: Channel, **values: Any) -> Settings:
    """Settings with the policies that the tests judge by."""
    queues = {
        name: policies for channel in channels for name, policies in queue_settings(channel, POLICIES[channel]).items()
    }
    return Settings(data=folder, partitions=1, queues=queues, calendars=calendar_settings(), **values)


class Books(Protocol):
    """One partition on paper."""

    topic: Topic
    clock_ms: int | None
    numbers: dict[Any, Any]
    contacts: dict[Any, Any]
    names: dict[str, int]
    books: list[PolicyBook]


class PaperSource:
    """Partition 0 of each topic, as its books have it; the others were never owned."""

    def __init__(self, books: Iterable[Books], watermark_ms: int) -> None:
        self.paper: Mapping[Topic, Books] = {each.topic: each for each in books}
        self.watermark_ms = watermark_ms
        self.changed: set[str] = set()

    def statuses(self) -> dict[Partition, Status | None]:
        """Healthy heads that have seen everything up to ``watermark_ms``."""
        return {(topic, 0): self._status(topic) for topic in FOLDED}

    def _status(self, topic: Topic) -> Status | None:
        paper = self.paper.get(topic)
        if paper is None:
            return None
        return Status(self.watermark_ms, paper.clock_ms, self.watermark_ms, True, 1, FORMULA, len(paper.names), {})

    def names(self) -> dict[Partition, list[bytes]]:
        """Every registry, flat."""
        return {(topic, 0): _flat(self.paper[topic].names) if topic in self.paper else [] for topic in FOLDED}

    def numbers(self, wanted: Iterable[Partition]) -> dict[Partition, Reply | None]:
        """Everything on paper."""
        return {partition: self._reply(partition[0]) for partition in wanted}

    def _reply(self, topic: Topic) -> Reply | None:
        paper = self.paper.get(topic)
        if paper is None:
            return None
        fields = [part for name, value in paper.numbers.items() for part in (name.encode(), value)]
        status = msgspec.msgpack.encode(self._status(topic))
        return Reply(b"1", b"nonce", b"1", status, b"1", 1, _flat(paper.names), [], fields)

    def states(self, partition: Partition, watch: Watch) -> Iterable[tuple[str, bytes]]:
        """Every state, the first one twice, as a scan may give it."""
        found = list(self.paper[partition[0]].contacts.items())
        for subject, packed in (*found[:1], *found):
            if not watch.allows_more():
                return
            watch.read += 1
            yield subject, packed

    def state(self, partition: Partition, subject: str) -> bytes | None:
        """One state."""
        return self.paper[partition[0]].contacts.get(subject)

    def changed_since(self, partition: Partition, number: int) -> set[str]:
        """The fields that a test has set."""
        return self.changed

    def books(self, partition: Partition) -> dict[int, PolicyBook]:
        """The books of the owner."""
        return dict(enumerate(self.paper[partition[0]].books))


def _flat(names: Mapping[str, int]) -> list[bytes]:
    return [part for name, identity in names.items() for part in (name.encode(), str(identity).encode())]


def explained(
    settings: Settings, source: PaperSource, now_ms: int, limits: ScanLimits = PLENTY, /, **parameters: str
) -> Explanation:
    """The answer to a query."""
    return answer(source, settings, Question.parse(parameters.items()), pseudonym, now_ms, limits)


def as_json(found: Explanation) -> dict[str, Any]:
    """The answer as a reader decodes it."""
    decoded: dict[str, Any] = msgspec.json.decode(encode(found))
    return decoded


class CustomerBooks:
    """The books of a partition of customers."""

    def __init__(self, log: Iterable[Event]) -> None:
        """``log``: outcomes, each customer under its subject."""
        self.topic = Topic.CONTACTS
        registry = Registry({}, frozenset(), 200)
        slices = Slices([], {tier.letter: LONG_MS for tier in TIERS})
        ledger = Ledger(KIND, registry, {0: empty_book()}, 0, slices, no_pseudonym, LONG_MS)
        groups: dict[str, list[Decoded]] = {}
        for each in decoded(log):
            groups.setdefault(each[0].subject, []).append(each)
        for subject, events in groups.items():
            ledger.fold(subject, events, 1)
        self.books = [empty_book()]
        clock_ms = max(time_ms for events in groups.values() for _, time_ms, _ in events)
        self.clock_ms: int | None = clock_ms
        ledger.roll_up(clock_ms)
        writes = ledger.take_writes({}, clock_ms)
        self.names = dict(registry.added)
        self.numbers = dict(zip(writes.set[::2], writes.set[1::2], strict=True))
        self.contacts = dict(zip(writes.contacts[::2], writes.contacts[1::2], strict=True))
