"""Owned partition: reads its states, folds records, commits the changes. Only this code writes a partition's keys."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from redis.exceptions import ResponseError

from streams.clients.pseudonyms import key_check
from streams.common.errors import InvalidEvent, UserError
from streams.common.renames import Renames
from streams.common.vocabulary import Pseudonym
from streams.config.counting_rules import counting_rules
from streams.config.limits import past_limit_ms, retentions_ms
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import book_hash, decode_book, encode_book
from streams.facts.shared.renaming import renamed_book
from streams.store.commit import COMMIT_SCRIPT, Answer, Commit, CommitId, Conflict
from streams.store.judged import judged_fields
from streams.store.keys import (
    CHANGES_KEPT,
    HEAD_ACKNOWLEDGED,
    HEAD_KEY_CHECK,
    HEAD_PARTITIONS,
    HEAD_SOURCE,
    HEAD_TOPIC_ID,
    PartitionKeys,
    Status,
)
from streams.store.registry import Registry
from streams.store.slices import Slices
from streams.store.stored import PASSING, Stored, patiently
from streams.worker.intake import Intake, RawRecord, Refused
from streams.worker.ledger import Ledger, OutboxMessage

SWEPT_A_COMMIT = 500
"""Most expired states that one commit's answer names, besides twice the contacts it touched."""
READ_CHUNK = 5_000
"""Fields per HMGET."""

_pack = msgspec.msgpack.Encoder().encode
_unpack_status = msgspec.msgpack.Decoder(Status).decode


class Progress(NamedTuple):
    """Fetch progress of a partition. ``fetched_ms`` is the wall time of the broker's last answer."""

    at_end: bool
    fetched_ms: int
    log_end: int


SendDeadLetters = Callable[[Sequence[Refused]], Awaitable[None]]
SendOutbox = Callable[[Sequence[OutboxMessage]], Awaitable[None]]


class TooManyRefused(Exception):
    """Limit of refused records in a row reached: the cause is probably not the records; nothing was committed."""


class OwnedPartition:
    """A partition of a topic between assignment and revocation.

    ``position`` is the offset of the next record to apply. Every method that commits raises :class:`Conflict` when
    the fence refuses it; the process must then end, because memory no longer agrees with Redis.
    """

    def __init__(
        self,
        topic: Topic,
        partition: int,
        stored: Stored,
        *,
        redis: Any,
        keys: PartitionKeys,
        settings: Settings,
        pseudonym: Pseudonym,
        topic_id: str,
        send_dead_letters: SendDeadLetters,
        send_outbox: SendOutbox,
        source: str,
        largest_batch: int,
        now_ms: Callable[[], int],
    ) -> None:
        """Load the partition from ``stored``.

        Args:
            topic: logical topic.
            partition: number of the partition.
            stored: content of its keys in Redis.
            redis: asyncio client.
            keys: its keys in Redis.
            settings: limits, retentions and policies.
            pseudonym: keyed hash of identifiers.
            topic_id: of Kafka.
            send_dead_letters: publishes refused records and returns once they are confirmed.
            send_outbox: publishes outcomes and returns once they are confirmed.
            source: ``source`` of the outcomes of these numbers (``streams.worker.publisher.outcome_source``).
            largest_batch: most records in progress when an owner crashes or loses the partition.
            now_ms: wall clock.
        """
        self.topic = topic
        self.position = stored.position or 0
        self.lock = asyncio.Lock()
        self.closed = False
        self._partition = partition
        self._redis = redis
        self._keys = keys
        self._now_ms = now_ms
        self._send_dead_letters = send_dead_letters
        self._send_outbox = send_outbox
        self._refused_limit = settings.dead_letters_in_a_row
        self._script = redis.register_script(COMMIT_SCRIPT)
        self._nonce = secrets.token_hex(8)
        self._commit_id = CommitId.of(stored.head)
        raw_status = stored.head.get(b"status")
        status = None if raw_status is None else _unpack_status(raw_status)
        self._statistics: dict[str, int] = {} if status is None else dict(status.statistics)
        self._newest_ms = None if status is None else status.newest_ms
        self._watermark_ms = 0 if status is None else status.watermark_ms
        self._acknowledged = int(stored.head.get(HEAD_ACKNOWLEDGED.encode(), 0))
        self._formula = DOMAIN_OF[topic].formula if status is None else status.formula
        self._progress = Progress(at_end=False, fetched_ms=0, log_end=self.position)
        self._head_fields = [
            *(HEAD_TOPIC_ID, topic_id),
            *(HEAD_PARTITIONS, str(settings.partitions)),
            *(HEAD_KEY_CHECK, key_check(pseudonym)),
            *(HEAD_SOURCE, source),
        ]
        self._refused_in_a_row = 0 if status is None else status.refused_in_a_row
        self._refused_ms = 0 if status is None else status.refused_ms
        self._swept: tuple[list[str], list[str]] = ([], [])

        channel = CHANNEL_OF.get(topic)
        book = policy_book(channel, settings)
        books = {int(identity): decode_book(packed) for identity, packed in stored.policies.items()}
        same = [identity for identity, candidate in books.items() if candidate == book]
        current = same[0] if same else len(books) + 1
        books[current] = book
        self._policy = book_hash(book)
        self._judging = partial(
            judged_fields, stored.head, clock_ms=self._newest_ms, book=current, rules=counting_rules(topic, settings)
        )
        self._new_policies: list[str | bytes] = [] if same else [str(current), encode_book(book)]
        own = settings.renames.get(channel, {}) if channel else {}
        renames: Renames = ({channel: own} if own else {}) if channel else settings.renames
        books = {identity: renamed_book(candidate, own) for identity, candidate in books.items()}
        self._registry = Registry(
            {name.decode(): int(identity) for name, identity in stored.names.items()},
            frozenset(book.queues if channel else settings.queues),
            settings.queue_limit,
            {"": own} if channel else renames,
        )
        self._intake = Intake(topic, partition, settings, source)
        self._ledger = Ledger(
            DOMAIN_OF[topic],
            self._registry,
            books,
            current,
            Slices(
                (field.decode() for field in stored.fields),
                {tier.letter: kept_ms for tier, kept_ms in retentions_ms(settings).items()},
            ),
            pseudonym,
            past_limit_ms(topic, settings) + settings.future_limit,
            self.position + largest_batch,
            renames,
        )

    async def apply(self, records: Sequence[RawRecord]) -> None:
        """Apply a batch of records in offset order, exactly once. Records below the position are skipped.

        Raises:
            TooManyRefused: the limit of refused records in a row is reached.
            Conflict: the fence refused the commit.
            UserError: Redis refused the commit for another reason.
        """
        async with self.lock:
            if self.closed:
                return
            # Records below the position were fetched twice: they are counted already.
            if records[0].offset < self.position:
                records = [record for record in records if record.offset >= self.position]
                if not records:
                    return
            batch = self._intake.take(records, self._ledger.states, self._newest_ms, self._refused_in_a_row)
            # Before the fold and before any dead letter: after the repair the same records are read again from the
            # position, none of them lost.
            if batch.longest_refused >= self._refused_limit:
                last = batch.refused[-1]
                raise TooManyRefused(
                    f"{batch.longest_refused} records in a row of {self.topic}-{self._partition} cannot be used, the "
                    f"last at offset {last.record.offset} ({last.reason}: {last.detail}); mend the producer or the "
                    "settings, or raise VEINTE_DEAD_LETTERS_IN_A_ROW to let them go, then start again: it goes on here"
                )
            await self._read_states(batch.events)
            refusals = batch.refused
            for subject, events in batch.events.items():
                beyond = self._ledger.fold(subject, events, batch.revisions[subject])
                if beyond:
                    refusals = [*refusals, *_refused_of(subject, beyond, records, batch.refused)]
            self._newest_ms, self._refused_in_a_row = batch.newest_ms, batch.refused_in_a_row
            self._count("applied", batch.applied - len(refusals) + len(batch.refused))
            for refused in refusals:
                self._count(f"rejected.{refused.reason}", 1)
            # Dead letters and outcomes are confirmed by Kafka before the commit. After a crash in between they are
            # published again, and readers recognise the repetition; published after the commit, they could be lost.
            if refusals:
                if any(refused.reason not in SKIPPED for refused in refusals):
                    self._refused_ms = self._now_ms()
                await self._send_dead_letters(refusals)
            told = self._ledger.take_outbox()
            if told:
                await self._send_outbox(told)
            await self._commit(records[-1].offset + 1, touched=len(batch.events))

    async def heartbeat(self, progress: Progress) -> None:
        """Commit the progress of the owner (design rule 5), and expire old states and slices."""
        async with self.lock:
            if self.closed:
                return
            self._progress = progress
            await self._read_states({})
            await self._commit(self.position, touched=0)

    async def move(self, log_start: int) -> None:
        """Move the position to the start of a log that begins above it. The loss is counted, and the partition stays
        blind until it is acknowledged."""
        async with self.lock:
            lost = log_start - self.position
            self._count("lost", lost)
            await self._commit(log_start, touched=0)

    @property
    def statistics(self) -> Mapping[str, int]:
        """Counters since the partition's numbers began (``streams.store.keys.Status``)."""
        return self._statistics

    @property
    def formula(self) -> int:
        """Version of the formula of contributions with which the partition's numbers began."""
        return self._formula

    @property
    def newest_ms(self) -> int | None:
        """The partition's clock: its newest applied event time."""
        return self._newest_ms

    def _count(self, name: str, amount: int) -> None:
        if amount:
            self._statistics[name] = self._statistics.get(name, 0) + amount

    async def _read_states(self, touched: dict[str, Any]) -> None:
        """Read the states that are not cached, and expire those that the last commit named."""
        expired, live_expiry = self._swept
        expired = [subject for subject in expired if subject not in touched]
        live_expiry = [subject for subject in live_expiry if subject not in touched]
        self._swept = ([], [])
        # A subject with an event in this batch is not expired: its fold may extend its life; else a later commit names
        # it again.
        states = self._ledger.states
        missing = [subject for subject in (*touched, *live_expiry) if subject not in states]
        self._ledger.load(await self._read(self._keys.contacts, missing))
        for subject in (*expired, *live_expiry):
            self._ledger.expire(subject)

    async def _read(self, key: str, fields: list[str]) -> dict[str, bytes | None]:
        values: dict[str, bytes | None] = {}
        for start in range(0, len(fields), READ_CHUNK):
            chunk = fields[start : start + READ_CHUNK]
            packed = await patiently(partial(self._redis.hmget, key, chunk))
            values.update(zip(chunk, packed, strict=True))
        return values

    async def _commit(self, position: int, *, touched: int) -> None:
        clock_ms = -(2**62) if self._newest_ms is None else self._newest_ms
        unread, late = self._ledger.roll_up(clock_ms)
        self._count("late", late)
        writes = self._ledger.take_writes(await self._read(self._keys.numbers, unread), clock_ms)
        self._count("conflicting", self._ledger.conflicting)
        self._ledger.conflicting = 0
        for label, folded in self._registry.folded.items():
            self._count(f"folded.{label}", folded)
        self._registry.folded.clear()
        number = int(self._commit_id.number or 0) + 1
        next_id = CommitId(str(position), self._nonce, str(number))
        commit = Commit(
            *next_id,
            *self._commit_id,
            clock=f"({clock_ms}",
            sweep=SWEPT_A_COMMIT + 2 * touched,
            changed_floor=str(number - CHANGES_KEPT),
            head=[*self._head_fields, *self._judging(position=self.position)] if self._head_fields else [],
            names=[text for name, identity in self._registry.added.items() for text in (name, str(identity))],
            deleted=writes.deleted,
            contacts_deleted=writes.contacts_deleted,
            expiry=writes.expiry,
            expiry_deleted=writes.expiry_deleted,
            live_expiry=writes.live_expiry,
            live_expiry_deleted=writes.live_expiry_deleted,
        )
        status = _pack(self._status(position))
        arguments = commit.arguments(status, writes.set, writes.contacts, self._new_policies)
        # A retry sends the same arguments: after a lost answer the script finds this commit's id and changes nothing.
        try:
            answer = Answer.of(await patiently(lambda: self._script(keys=list(self._keys), args=arguments)))
        except PASSING:
            raise
        except ResponseError as error:
            raise UserError(
                f"Redis refuses the commit of {self.topic}-{self._partition} from offset {self.position} to {position} "
                f"({error}); mend Redis, then start again"
            ) from error
        if answer.outcome != "done":
            raise Conflict(f"{self.topic}-{self._partition}: {answer.detail}")
        self.position = position
        self._commit_id = next_id
        # Cleared only after the commit succeeded: after a conflict the process ends, so nothing has to be undone.
        self._registry.added.clear()
        self._new_policies = []
        self._head_fields = []
        self._acknowledged = answer.acknowledged
        self._swept = (answer.expired, answer.expired_live)

    def _status(self, position: int) -> Status:
        now_ms = self._now_ms()
        at_end = self._progress.at_end and position <= self._progress.log_end
        # At the end of the log every event published before the last fetch is applied. In a backlog only event times
        # say how far the partition is, cut at now, because a sender's clock may be ahead.
        if at_end:
            self._watermark_ms = max(self._watermark_ms, self._progress.fetched_ms)
        elif self._newest_ms is not None:
            self._watermark_ms = max(self._watermark_ms, min(self._newest_ms, now_ms))
        return Status(
            watermark_ms=self._watermark_ms,
            newest_ms=self._newest_ms,
            wall_ms=now_ms,
            at_end=at_end,
            log_end=max(self._progress.log_end, position),
            formula=self._formula,
            names=len(self._registry),
            statistics=self._statistics,
            lost_unacknowledged=self._statistics.get("lost", 0) - self._acknowledged,
            refused_in_a_row=self._refused_in_a_row,
            policy=self._policy,
            refused_ms=self._refused_ms,
        )


def _refused_of(
    subject: str,
    beyond: Sequence[tuple[int, InvalidEvent]],
    records: Sequence[RawRecord],
    refused: Sequence[Refused],
) -> list[Refused]:
    """The records of a contact's events past its bounds.

    Args:
        subject: the contact.
        beyond: places of the events among those of the contact, and the reasons.
        records: the batch.
        refused: records of the batch that the intake refused.
    """
    key, unread = subject.encode(), {each.record.offset for each in refused}
    own = [record for record in records if record.key == key and record.offset not in unread]
    return [Refused(own[place], error.reason, error.detail) for place, error in beyond]
