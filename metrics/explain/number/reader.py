"""Redis → the contacts behind one number: reads the numbers of a few partitions and scans the states beside them.

Nothing is kept between two questions, and nothing is written. A scan is bounded in time and in contacts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from msgspec import structs
from redis.exceptions import ResponseError

from metrics.explain.number.answer import Contact, Explanation
from metrics.explain.number.build import Search, build, listed
from metrics.explain.number.frame import Frame, Page, page_of
from metrics.explain.number.gather import decode_found
from metrics.explain.number.listed import Listed, contact_of
from metrics.explain.number.question import Question
from metrics.read.health import now_by
from metrics.read.partition_reader import SOCKET_TIMEOUT_SECONDS, Partition, PartitionReader
from metrics.read.partition_view import Reply
from metrics.read.reader import wall_clock_ms
from metrics.web.differing import differing_settings
from streams.clients.pseudonyms import pseudonym_of_numbers
from streams.clients.redis_clients import SyncClient, sync_client
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, FOLDED, TOPIC_OF
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.renaming import renamed_book
from streams.numbers.live_entries import live_field
from streams.store.damage import Damaged, damage_in, damage_of, unreadable
from streams.store.keys import HEAD_STATUS, PartitionKeys, Status, partition_keys
from streams.store.reading import read_books, read_names, read_status, text
from streams.store.redis_errors import WRONG_TYPE, failure_of
from streams.store.stored import check_types

SCAN_CHUNK = 1_000
"""States of one HSCAN reply, some 200 kB."""


class ScanLimits(NamedTuple):
    """Limits of a search in time and in contacts."""

    seconds: float = 20.0
    contacts: int = 5_000_000


SCAN_LIMITS = ScanLimits()


class Watch:
    """Counts the states read, and stops the search at its limits."""

    def __init__(self, limits: ScanLimits) -> None:
        self._limits = limits
        self._ends = time.monotonic() + limits.seconds
        self.read = 0
        self.stopped = False
        """True if the search ended before everything was read."""

    def allows_more(self) -> bool:
        """True while the search may go on; after the first False some states stay unread."""
        self.stopped = self.stopped or self.read >= self._limits.contacts or time.monotonic() >= self._ends
        return not self.stopped


class Source(Protocol):
    """Numbers and states as in Redis."""

    def statuses(self) -> dict[Partition, Status | None]:
        """The heads of all partitions of all topics; ``None`` without an owner so far."""

    def names(self) -> dict[Partition, list[bytes]]:
        """The registry of every partition, flat: each name followed by its id."""

    def numbers(self, wanted: Iterable[Partition]) -> dict[Partition, Reply | None]:
        """All fields of the numbers of some partitions, each partition read atomically."""

    def states(self, partition: Partition, watch: Watch) -> Iterable[tuple[str, bytes]]:
        """The states of a partition; a subject may be repeated. Ends early where ``watch`` allows no more."""

    def state(self, partition: Partition, subject: str) -> bytes | None:
        """The state of one contact."""

    def changed_since(self, partition: Partition, number: int) -> set[str]:
        """Fields of the numbers changed by commits after this one."""

    def books(self, partition: Partition) -> dict[int, PolicyBook]:
        """The policy books that judge the contacts of a partition."""


class StateReader:
    """The ``Source`` of Redis."""

    def __init__(self, settings: Settings) -> None:
        """Connects.

        Raises:
            UserError: Redis cannot be reached or does not match the settings.
        """
        self._settings = settings
        self._numbers = PartitionReader(settings)
        self._client: SyncClient = sync_client(settings, SOCKET_TIMEOUT_SECONDS)
        self.generation = self._numbers.generation()
        self.judging = self._numbers.judging(self.generation)
        """The settings that the numbers are made with."""

    def close(self) -> None:
        """Give the connections back."""
        self._numbers.close()
        self._client.close()

    def pseudonym(self) -> Pseudonym:
        """The hash function of the numbers.

        Raises:
            UserError: there is no hash key, or the numbers were made with another one.
        """
        return pseudonym_of_numbers(self._settings, self._client)

    def partitions(self) -> list[Partition]:
        """Every partition of every topic."""
        return [(topic, number) for topic in FOLDED for number in range(self._settings.partitions)]

    def keys(self, partition: Partition) -> PartitionKeys:
        """The keys of a partition."""
        return partition_keys(self._settings.namespace, self.generation, *partition)

    def statuses(self) -> dict[Partition, Status | None]:
        """The heads of all partitions of all topics; ``None`` without an owner so far."""
        found: dict[Partition, Status | None] = {}
        for partition in self.partitions():
            with self.reading(partition):
                raw: Any = self._client.hget(self.keys(partition).head, HEAD_STATUS)
                found[partition] = None if raw is None else read_status(raw)
        return found

    def names(self) -> dict[Partition, list[bytes]]:
        """The registry of every partition, flat: each name followed by its id."""
        return {partition: self.registry(partition) for partition in self.partitions()}

    def registry(self, partition: Partition) -> list[bytes]:
        """The registry of one partition, flat."""
        with self.reading(partition):
            names: Any = self._client.hgetall(self.keys(partition).names)
            read_names(partition[0], names.items())
        return [part for pair in names.items() for part in pair]

    def numbers(self, wanted: Iterable[Partition]) -> dict[Partition, Reply | None]:
        """All fields of the numbers of some partitions, each partition read atomically."""
        self._numbers.partitions = list(wanted)
        return self._numbers.read(self.generation, {})

    def states(self, partition: Partition, watch: Watch) -> Iterator[tuple[str, bytes]]:
        """The states of a partition; a subject may be repeated. Ends early where ``watch`` allows no more."""
        key, cursor = self.keys(partition).contacts, 0
        while watch.allows_more():
            with self.reading(partition):
                found: Any = self._client.hscan(key, cursor, count=SCAN_CHUNK)
                cursor, chunk = found
                states = [(text("contacts", subject, subject), packed) for subject, packed in chunk.items()]
            watch.read += len(chunk)
            yield from states
            if cursor == 0:
                return

    def state(self, partition: Partition, subject: str) -> bytes | None:
        """The state of one contact."""
        with self.reading(partition):
            packed: Any = self._client.hget(self.keys(partition).contacts, subject)
        return None if packed is None else bytes(packed)

    def entries(self, partition: Partition, subject: str, keys: Iterable[str]) -> dict[str, bytes | None]:
        """The live entries of one contact, by the keys in its state."""
        fields = {key: live_field(key, subject) for key in keys}
        if not fields:
            return {}
        with self.reading(partition):
            found: Any = self._client.hmget(self.keys(partition).numbers, list(fields.values()))
        return dict(zip(fields, found, strict=True))

    def changed_since(self, partition: Partition, number: int) -> set[str]:
        """Fields of the numbers changed by commits after this one."""
        with self.reading(partition):
            found: Any = self._client.zrangebyscore(self.keys(partition).changed, f"({number}", "+inf")
            return {text("changed", field, field) for field in found}

    def books(self, partition: Partition) -> dict[int, PolicyBook]:
        """The policy books that judge the contacts of a partition."""
        with self.reading(partition):
            found: Any = self._client.hgetall(self.keys(partition).policies)
            books = read_books(found)
        channel = CHANNEL_OF.get(partition[0])
        renamed = self.judging.settings.renames.get(channel, {}) if channel else {}
        return {identity: renamed_book(book, renamed) for identity, book in books.items()}

    @contextmanager
    def reading(self, partition: Partition) -> Iterator[None]:
        """Name the key, where the block finds something in a partition that no worker wrote.

        Raises:
            Unreadable: in place of ``Damaged``, and of the error about a key of another type.
        """
        keys = self.keys(partition)
        try:
            yield
        except Damaged as damage:
            raise unreadable(keys, damage) from damage.__cause__
        except ResponseError as error:
            if failure_of(error) is WRONG_TYPE:
                try:
                    check_types([self._client.type(key) for key in keys])
                except Damaged as damage:
                    raise unreadable(keys, damage) from None
            raise


def explain(
    settings: Settings,
    question: Question,
    wall_ms: int | None = None,
    limits: ScanLimits = SCAN_LIMITS,
) -> Explanation:
    """The answer to ``question``. ``wall_ms`` replaces the wall clock in tests.

    Raises:
        BadQuery: the queue or medium is neither in the events nor in the settings.
        UserError: Redis cannot be reached or does not match the settings, or the numbers were made with another count
            of partitions or another hash key, or are damaged, or there is no hash key.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis failed in between.
    """
    reader = StateReader(settings)
    at_ms = wall_clock_ms() if wall_ms is None else wall_ms
    try:
        found = answer(reader, reader.judging.settings, question, reader.pseudonym(), at_ms, limits)
    except Damaged as damage:
        if damage.partition is None:
            raise
        raise unreadable(reader.keys(damage.partition), damage) from damage.__cause__
    finally:
        reader.close()
    return structs.replace(found, settings_differ=differing_settings(reader.judging.differing))


def answer(
    source: Source, settings: Settings, question: Question, pseudonym: Pseudonym, wall_ms: int, limits: ScanLimits
) -> Explanation:
    """The answer from any source of numbers and states. The channel's own numbers are always read, for its live
    entries."""
    statuses = source.statuses()
    frame = Frame(settings, question, statuses, source.names(), now_by(settings.clock, statuses, wall_ms), wall_ms)
    topics = {*frame.question.topics, TOPIC_OF[frame.channel]}
    wanted = [partition for partition in statuses if partition[0] in topics]
    pages = [page for partition in wanted for page in _read(source, frame, partition)]
    watch = Watch(limits)
    for page in pages:
        _gather(source, page, watch)
    items = listed(frame, pages)
    contacts = _contacts(source, frame, items[: frame.question.limit], pseudonym)
    found = len(items) if frame.tier is None else sum(page.gatherer.found for page in pages if page.gatherer)
    return build(frame, pages, found, contacts, Search(watch.read, watch.stopped))


def _read(source: Source, frame: Frame, partition: Partition) -> Iterator[Page]:
    """The page of a partition, if it ever had an owner. One at a time: 200 queues have 60 MB of numbers in each."""
    for reply in source.numbers([partition]).values():
        if reply is not None:
            with damage_in(partition):
                yield page_of(frame, partition, reply)


def _gather(source: Source, page: Page, watch: Watch) -> None:
    if page.gatherer is None:
        return
    with damage_in(page.partition):
        for subject, packed in source.states(page.partition, watch):
            page.gatherer.take(subject, packed)
    page.changed = source.changed_since(page.partition, page.number)


def _contacts(source: Source, frame: Frame, items: list[Listed], pseudonym: Pseudonym) -> list[Contact]:
    books = {partition: source.books(partition) for partition in {item.page.partition for item in items}}
    contacts: list[Contact] = []
    for item in items:
        partition = item.page.partition
        found = None if item.behind is None else item.behind.found
        packed = source.state(partition, item.subject) if found is None else None
        with damage_in(partition), damage_of("contacts", item.subject):
            if packed is not None:
                found = decode_found(packed)
            contacts.append(contact_of(frame, item, found, books[partition], pseudonym))
    return contacts
