"""A partition's books without Redis: a ledger, and on paper the hashes that the commit script would keep for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from streams.common.renames import Renames
from streams.contract.decoding import Decoded
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.renaming import renamed_book
from streams.numbers.names import ROW_PREFIX, SEPARATOR, parse_row_name
from streams.numbers.tiers import TIERS, TOTALS
from streams.store.registry import Registry
from streams.store.slices import Slices
from streams.worker.ledger import Ledger
from streams.worker.writes import Writes
from tests.support.strategies import Event
from tests.support.words import SETS, Named, book, decoded, named_cells, named_entry, pseudonym

HOUR_MS = 3_600_000
LONG_MS = 1000 * 24 * HOUR_MS
NEVER_MS = -(2**62)


class Limits(NamedTuple):
    """Retention of slices and states, in ms."""

    slices: Mapping[str, int]
    past: int
    keep: int


GENEROUS = Limits({tier.letter: LONG_MS for tier in TIERS}, LONG_MS, LONG_MS)


class PaperBooks:
    """Content of Redis for one partition, kept in memory, and its owner."""

    def __init__(self, topic: Topic, limits: Limits = GENEROUS) -> None:
        self.topic, self.limits = topic, limits
        self.book: PolicyBook = book(topic)
        self.books: list[PolicyBook] = []
        self.configured: frozenset[str] = frozenset()
        self.queue_limit = 200
        self.renames: Renames = {}
        self.republish_below = 0
        self.numbers: dict[str, bytes] = {}
        self.contacts: dict[str, bytes] = {}
        self.names: dict[str, int] = {}
        self.expiry: dict[str, int] = {}
        self.ghosts: dict[str, int] = {}
        self.clock_ms: int | None = None
        self.late = 0
        self.ended: list[str] = []
        self.swept: list[str] = []
        self.refused: list[tuple[str, str]] = []
        """Reason and id of each event past a bound of its contact."""
        self.restart()

    def restart(self) -> None:
        """Another process takes over with what is on paper."""
        self.swept = []
        if self.book not in self.books:
            self.books.append(self.book)
        channel = CHANNEL_OF.get(self.topic)
        own = self.renames.get(channel, {}) if channel else {}
        by_row = {"": own} if channel else self.renames
        self.registry = Registry(self.names, self.configured, self.queue_limit, by_row)
        slices = Slices(list(self.numbers), self.limits.slices)
        self.ledger = Ledger(
            DOMAIN_OF[self.topic],
            self.registry,
            {number: renamed_book(each, own) for number, each in enumerate(self.books)},
            self.books.index(self.book),
            slices,
            pseudonym,
            self.limits.keep,
            self.republish_below,
            self.renames,
        )

    def apply(self, batch: Iterable[Event] = (), sweep: int = 500) -> Writes:
        """Fold a batch and commit it; an empty one is a heartbeat.

        States that the commit before found due are ended, and named in ``ended``; at most ``sweep`` of each kind.
        """
        groups: dict[str, list[Decoded]] = {}
        for event in decoded(batch):
            groups.setdefault(event[0].subject, []).append(event)
            self.clock_ms = event[1] if self.clock_ms is None else max(self.clock_ms, event[1])
        due = [subject for subject in self.swept if subject not in groups]
        ledger = self.ledger
        ledger.load({name: self.contacts.get(name) for name in (*groups, *due) if name not in ledger.states})
        for subject in due:
            ledger.expire(subject)
            self.ended.append(subject)
        for subject, events in groups.items():
            beyond = ledger.fold(subject, events, 1)
            self.refused += [(error.reason, events[place][0].id) for place, error in beyond]
        clock_ms = NEVER_MS if self.clock_ms is None else self.clock_ms
        unread, late = ledger.roll_up(clock_ms)
        self.late += late
        writes = ledger.take_writes({field: self.numbers[field] for field in unread}, clock_ms)
        self._write(writes)
        self.names.update(self.registry.added)
        self.registry.added.clear()
        self.swept = []
        for queue in (self.expiry, self.ghosts):
            over = [subject for subject in sorted(queue, key=queue.__getitem__) if queue[subject] <= clock_ms]
            self.swept += over[:sweep]
        return writes

    def give_up(self, batch: Iterable[Event]) -> None:
        """Fold a batch and discard it, as an owner does with a portion that is too much for one commit."""
        groups: dict[str, list[Decoded]] = {}
        for event in decoded(batch):
            groups.setdefault(event[0].subject, []).append(event)
        ledger = self.ledger
        ledger.load({name: self.contacts.get(name) for name in groups if name not in ledger.states})
        for subject, events in groups.items():
            ledger.fold(subject, events, 1)
        ledger.roll_up(NEVER_MS if self.clock_ms is None else self.clock_ms)
        ledger.undo()

    def _write(self, writes: Writes) -> None:
        self.numbers.update(_pairs(writes.set))
        self.contacts.update(_pairs(writes.contacts))
        for kept, gone in ((self.numbers, writes.deleted), (self.contacts, writes.contacts_deleted)):
            for field in gone:
                kept.pop(field, None)
        for queue, added, removed in (
            (self.expiry, writes.expiry, writes.expiry_deleted),
            (self.ghosts, writes.live_expiry, writes.live_expiry_deleted),
        ):
            queue.update({subject: int(score) for score, subject in zip(added[::2], added[1::2], strict=True)})
            for subject in removed:
                queue.pop(subject, None)

    def by_id(self) -> list[tuple[str, str]]:
        """Names of rows as (queue, medium) and of dimensions as (name, …), by id."""
        found = [("", "")] * (len(self.names) + 1)
        for name, identity in self.names.items():
            found[identity] = parse_row_name(name)[:2] if name[0] == ROW_PREFIX else (name[1:], "")
        return found

    def sums(self, letter: str) -> Named:
        """All amounts in the slices of one tier, by the beginning of the slice; of totals by 0."""
        names, found = self.by_id(), Counter[Any]()
        widths = {tier.letter: tier.width_ms for tier in TIERS}
        for field, packed in self.numbers.items():
            if field[0] != letter:
                continue
            unit, _, row = field[1:].partition(":") if letter != TOTALS else ("0", "", field[1:])
            queue, medium = names[int(row)]
            for code, amount in msgspec.msgpack.decode(packed, type=dict[int, int]).items():
                for measure, dimension in named_cells(code, names):
                    found[measure, queue, medium, dimension, int(unit) * widths.get(letter, 0)] += amount
        return found

    def live(self) -> dict[tuple[str, str, str], tuple[Any, ...]]:
        """(set, contact, leg) → the entry's fields, its row by name."""
        names, found = self.by_id(), {}
        types = DOMAIN_OF[self.topic].live_types
        for field, packed in self.numbers.items():
            if field[0] in types:
                kind = field[0]
                subject, _, leg = field[1:].partition(SEPARATOR)
                entry: Any = msgspec.msgpack.decode(packed, type=types[kind])
                found[SETS[kind], subject, leg] = named_entry(kind, entry, names)
        return found

    def inside(self, amounts: Mapping[tuple[str, str, str, str, int], int], letter: str) -> Named:
        """The oracle's amounts in slices of a tier, those past its retention left out."""
        width = next(tier.width_ms for tier in TIERS if tier.letter == letter)
        clock_ms = NEVER_MS if self.clock_ms is None else self.clock_ms
        found: Named = Counter()
        for (measure, queue, medium, dimension, time_ms), amount in amounts.items():
            begin = time_ms // width * width
            if begin > clock_ms - self.limits.slices[letter]:
                found[measure, queue, medium, dimension, begin] += amount
        return Counter({key: amount for key, amount in found.items() if amount})


def _pairs(flat: list[Any]) -> dict[str, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
