"""Ledger of a partition at its assignment: made of the policy books, names and slices that are stored."""

from __future__ import annotations

from typing import NamedTuple

from streams.common.renames import Renames
from streams.common.vocabulary import Pseudonym
from streams.config.limits import past_limit_ms, retentions_ms
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, FOLDED, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import book_hash, decode_book, encode_book
from streams.facts.shared.renaming import renamed_book
from streams.store.cells import CellDecoder
from streams.store.registry import Registry
from streams.store.slices import Slices
from streams.store.stored import Stored
from streams.worker.ledger import STATES_CACHED_BYTES, Ledger

CACHED_BYTES = 16 << 20
"""Packed bytes of cached states over all partitions of a process, if it owns them all (``STATES_CACHED_BYTES``)."""


class OpenedLedger(NamedTuple):
    """Ledger of a new owner.

    Attributes:
        ledger: without any state in memory.
        registry: its rows and dimensions.
        book: id of the policy book of new contacts.
        policy: hash of that book.
        new_policies: id and packed form of that book, where it is not stored yet.
    """

    ledger: Ledger
    registry: Registry
    book: int
    policy: str
    new_policies: list[str | bytes]


def open_ledger(
    topic: Topic, stored: Stored, settings: Settings, pseudonym: Pseudonym, republish_below: int
) -> OpenedLedger:
    """Create the ledger of a partition under the settings in force.

    Args:
        topic: logical topic.
        stored: content of the partition in Redis.
        settings: limits, retentions and policies.
        pseudonym: keyed hash of identifiers.
        republish_below: every outcome below this offset is published even if unchanged.
    """
    channel = CHANNEL_OF.get(topic)
    book = policy_book(channel, settings)
    books = {int(identity): decode_book(packed) for identity, packed in stored.policies.items()}
    same = [identity for identity, candidate in books.items() if candidate == book]
    current = same[0] if same else len(books) + 1
    books[current] = book
    own = settings.renames.get(channel, {}) if channel else {}
    renames: Renames = ({channel: own} if own else {}) if channel else settings.renames
    books = {identity: renamed_book(candidate, own) for identity, candidate in books.items()}
    registry = Registry(
        {name.decode(): int(identity) for name, identity in stored.names.items()},
        frozenset(book.queues if channel else settings.queues),
        settings.queue_limit,
        {"": own} if channel else renames,
    )
    slices = Slices(
        (field.decode() for field in stored.fields),
        {tier.letter: kept_ms for tier, kept_ms in retentions_ms(settings).items()},
        CellDecoder(registry.has_dimension),
    )
    ledger = Ledger(
        DOMAIN_OF[topic],
        registry,
        books,
        current,
        slices,
        pseudonym,
        past_limit_ms(topic, settings) + settings.future_limit,
        republish_below,
        renames,
        max(STATES_CACHED_BYTES, CACHED_BYTES // (len(FOLDED) * settings.partitions)),
    )
    new_policies: list[str | bytes] = [] if same else [str(current), encode_book(book)]
    return OpenedLedger(ledger, registry, current, book_hash(book), new_policies)
