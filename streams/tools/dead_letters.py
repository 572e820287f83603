"""Dead letters for people: read from the dead-letter topics, filtered, and marked as handled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from streams.clients.redis_clients import SyncClient
from streams.clients.topic_configs import DEAD_LETTER_RETENTION_MS
from streams.clients.topic_reader import Place, Record, TopicReader
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.contract.letters import FINGERPRINT, SHA256, SIZE, marks_of
from streams.contract.topics import FOLDED, Topic, dead_letter_topic
from streams.store.keys import dead_letters_key

MARKS_KEPT_MS = 2 * DEAD_LETTER_RETENTION_MS
"""A mark outlives its letter, and the copy of it that a rebuild may write while the origin still has the record."""
SCANNED = 1_000


class Origin(NamedTuple):
    """Place of the refused record: name of the topic on the broker, partition, offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic} {self.partition}:{self.offset}"

    @property
    def field(self) -> str:
        """Field of its mark in Redis."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Letter(NamedTuple):
    """A refused record with the reason.

    ``cut_from``: its full size in bytes, where an earlier release kept only the beginning. ``last_offset``: of the last
    record, where a whole batch was refused; the origin is the first one then. ``mark`` and ``size`` describe the
    original (``streams.contract.letters``); a letter of an earlier release has neither, and the raw record as its
    value.
    """

    topic: Topic
    origin: Origin
    reason: str
    detail: str
    at_ms: int
    key: bytes | None
    value: bytes | None
    cut_from: int | None
    last_offset: int | None = None
    mark: str = ""
    size: int | None = None

    @property
    def is_raw(self) -> bool:
        """True of a letter that an earlier release wrote: its value is the record itself."""
        return self.size is None and bool(self.value)

    def is_of(self, value: bytes | None, pseudonym: Pseudonym) -> bool:
        """True if the letter is about a record with this value, which lies at the place of the letter's origin.

        Args:
            value: of the record.
            pseudonym: keyed hash of identifiers, under the key of the worker that wrote the letter.
        """
        if self.size is not None:
            return self.mark in marks_of(value, pseudonym)
        kept = (value or b"") if self.cut_from is None else (value or b"")[: len(self.value or b"")]
        return kept == (self.value or b"")


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Note on a handled letter: time (epoch ms), ``done`` or ``resent``, and for a resent one what became of it."""

    at_ms: int
    how: str
    note: str = ""


_decode_mark = msgspec.json.Decoder(Mark).decode


@dataclass(frozen=True)
class Filter:
    """Which letters are meant; an empty part means all. ``since_ms``: refused at this time or later."""

    topics: tuple[Topic, ...] = FOLDED
    reasons: frozenset[str] = frozenset()
    since_ms: int = 0
    ids: frozenset[tuple[int, int]] = frozenset()

    @property
    def is_narrow(self) -> bool:
        """True if anything at all was chosen."""
        return self != Filter()

    def accepts(self, letter: Letter) -> bool:
        """True for a letter that is meant."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and letter.at_ms >= self.since_ms
            and (not self.ids or (letter.origin.partition, letter.origin.offset) in self.ids)
        )


def letter_of(topic: Topic, record: Record) -> Letter | None:
    """The letter in a record of a dead-letter topic; ``None`` for a record that no worker wrote."""
    headers = dict(record.headers)
    try:
        origin = Origin(headers["topic"].decode(), int(headers["partition"]), int(headers["offset"]))
        reason, detail = headers["reason"].decode(), headers["detail"].decode(errors="replace")
        cut_from = int(headers["cut-from"]) if "cut-from" in headers else None
        last_offset = int(headers["last-offset"]) if "last-offset" in headers else None
        size = int(headers[SIZE]) if SIZE in headers else None
    except (KeyError, ValueError):
        return None
    value = b"" if record.value is None and record.key is None else record.value
    mark: bytes = headers.get(FINGERPRINT) or headers.get(SHA256) or b""
    return Letter(
        topic,
        origin,
        reason,
        detail,
        record.timestamp_ms,
        record.key,
        value,
        cut_from,
        last_offset,
        mark.decode(errors="replace"),
        size,
    )


def read_letters(
    reader: TopicReader, settings: Settings, wanted: Filter, spans: Mapping[Place, tuple[int, int]] | None = None
) -> Iterator[Letter]:
    """The letters that a filter accepts, each once; of a topic's partition the oldest first.

    A letter may lie there twice, after a crash or a rebuild; the copy that was written first counts.

    Args:
        reader: of Kafka.
        settings: names of the topics.
        wanted: the filter.
        spans: offsets to look at instead of all, by partition of the dead-letter topics.

    Raises:
        UserError: Kafka does not answer, or a topic is missing.
    """
    names = {settings.topic(dead_letter_topic(topic)): topic for topic in wanted.topics}
    seen: set[Origin] = set()
    for record in reader.read(reader.bounds(names) if spans is None else spans):
        letter = letter_of(names[record.topic], record)
        if letter is not None and letter.origin not in seen and wanted.accepts(letter):
            seen.add(letter.origin)
            yield letter


class Marks:
    """Marks of handled letters in Redis.

    Raises:
        Exception: every method, one of ``streams.clients.redis_clients.CLIENT_ERRORS``.
    """

    def __init__(self, client: SyncClient, settings: Settings) -> None:
        self._client: Any = client
        self._key = dead_letters_key(settings.namespace)

    def all(self) -> dict[str, Mark]:
        """Every mark by the field of its origin."""
        return {field.decode(): _decode_mark(packed) for field, packed in self._scan()}

    def put(self, origins: Iterable[Origin], mark: Mark) -> None:
        """Mark letters, and forget the marks of letters that retention has taken."""
        packed = msgspec.json.encode(mark)
        fields = {origin.field: packed for origin in origins}
        if fields:
            self._client.hset(self._key, mapping=fields)
        old = [field for field, kept in self._scan() if _decode_mark(kept).at_ms < mark.at_ms - MARKS_KEPT_MS]
        if old:
            self._client.hdel(self._key, *old)

    def remove(self, origins: Iterable[Origin]) -> None:
        """Take marks away: the letters are open again."""
        fields = [origin.field for origin in origins]
        if fields:
            self._client.hdel(self._key, *fields)

    def _scan(self) -> Iterator[tuple[bytes, bytes]]:
        yield from self._client.hscan_iter(self._key, count=SCANNED)
