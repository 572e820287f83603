"""Ledger of one partition: folds events into states and slices, and collects the writes of the next commit. No IO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streams.common.errors import InvalidEvent
from streams.common.renames import NO_RENAMES, Renames
from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.facts.shared.contributions import Amounts, Contributions, Stage, difference
from streams.facts.shared.domain import Domain
from streams.facts.shared.outcomes import digest
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.states import ContactState, encode_state, pack_amounts, unpack_amounts
from streams.numbers.live_entries import live_field
from streams.store.cells import CellDecoder, Cells
from streams.store.damage import Damaged, undecodable
from streams.store.registry import Registry
from streams.store.slices import Slices
from streams.store.states import check_numbers, check_state
from streams.worker.contact_bounds import FACTS_LIMIT_BYTES, check_size, fold_within
from streams.worker.deltas import add_difference, add_first, sum_first
from streams.worker.outbox import OutboxMessage
from streams.worker.portions import COMMIT_BYTES, COMMIT_ENTRIES, REFUSED_IN_A_PORTION, Amount
from streams.worker.writes import Writes

STATES_CACHED = 5_000
"""Decoded states of a partition in memory; others are read again when an event arrives."""
STATES_CACHED_BYTES = 1 << 20
"""Packed bytes of those states; decoded they take up to twenty times as much."""
OUTLIVED_A_COMMIT = 2_000
"""Most expired slices deleted by one commit."""

State = ContactState[Any]
Rolled = tuple[list[str], int]
"""Fields of slices to read before ``take_writes``, and the number of deltas that were too late."""


class Ledger:
    """Fold of contacts with a cache of decoded states; ``take_writes`` turns the collected deltas into slices."""

    def __init__(
        self,
        domain: Domain[Any],
        registry: Registry,
        books: Mapping[int, PolicyBook],
        book: int,
        slices: Slices,
        pseudonym: Pseudonym,
        keep_ms: int,
        republish_below: int = 0,
        renames: Renames = NO_RENAMES,
        cached_bytes: int = STATES_CACHED_BYTES,
    ) -> None:
        """Create the ledger of a partition that starts without states in memory.

        Args:
            domain: declaration of the subjects.
            registry: ids of rows and dimensions.
            books: policy books by id, those of stored states included.
            book: id of the book for new contacts.
            slices: slices of the partition.
            pseudonym: keyed hash of identifiers.
            keep_ms: lifetime of a state after its newest event, in ms.
            republish_below: every outcome below this revision (an offset) is published even if unchanged: the previous
                owner may have published and crashed before recording it.
            renames: earlier names of queues; stored facts are read under the present ones.
            cached_bytes: packed bytes of the states kept in memory.
        """
        self._most_cached_bytes = cached_bytes
        self._domain = domain
        self._decode_state = domain.state_decoder()
        self._seals = domain.seals
        self._keeping = {entry.letter for entry in domain.live if entry.keeps_state}
        self._registry = registry
        self._books = books
        self._book = book
        self._slices = slices
        self._pseudonym = pseudonym
        self._keep_ms = keep_ms
        self._republish_below = republish_below
        self._renames = renames
        self._present = registry.present if renames else None
        self._cells = CellDecoder(registry.has_dimension)
        self.states: dict[str, State] = {}
        self.writes = Writes.empty()
        self.outbox: list[OutboxMessage] = []
        self.conflicting = 0
        self._first: Amounts = {}
        self._deltas: Amounts = {}
        self._totals: dict[str, Cells] = {}
        self._fields: dict[str, Cells] = {}
        self._sizes: dict[str, int] = {}
        self._cached_bytes = 0
        self._written_bytes = 0
        self._refused = 0
        self._before: dict[str, State | None] = {}

    def load(self, states: Mapping[str, bytes | None]) -> None:
        """Load states read from Redis.

        Raises:
            Damaged: no worker wrote one of them.
        """
        for subject, packed in states.items():
            if packed is not None:
                state = self.states[subject] = self._decoded(subject, packed)
                self._note_size(subject, len(packed))
                if self._renames:
                    state.facts = self._domain.renamed(state.facts, self._renames)

    def _decoded(self, subject: str, packed: bytes) -> State:
        try:
            state = self._decode_state(packed)
        except Exception as error:
            raise Damaged("contacts", subject, undecodable(error)) from error
        check_state(subject, state, self._books, self._registry.has_row, self._cells)
        return state

    def fold(self, subject: str, events: Sequence[Decoded], revision: int) -> list[tuple[int, InvalidEvent]]:
        """Merge events into a contact; changes wait for ``take_writes``. ``revision``: offset of its last record.

        Returns:
            The events past a bound of the contact, which were left out: their positions in ``events`` and the reasons.

        Raises:
            Damaged: a number in the stored state is out of range, and the fold failed by it.
        """
        old = self.states.get(subject)
        try:
            if self._seals is not None and any(map(self._seals, events)):
                return self._fold_sealed(subject, events, revision)
            return self._fold(subject, events, revision)
        except Exception:
            # Looked for only now: a look at every number of every state would cost as much as the fold.
            if old is not None:
                check_numbers(subject, old)
            raise

    def _fold(self, subject: str, events: Sequence[Decoded], revision: int) -> list[tuple[int, InvalidEvent]]:
        """Merge events into a contact; changes wait for ``take_writes``. ``revision``: offset of its last record.

        Returns:
            The events past a bound of the contact, which were left out: their positions in ``events`` and the reasons.
        """
        # Popped here and stored again below, so that the dict is in order of last use when ``take_writes`` cuts it.
        old = self.states.pop(subject, None)
        self._before.setdefault(subject, old)
        if old is not None:
            # Events that had waited aside were applied at the offset of the next record, maybe one of the same contact:
            # of two outcomes of one revision the newer one might lose.
            revision = max(revision, old.revision + 1)
        known = None if old is None else old.facts
        refused: list[tuple[int, InvalidEvent]] = []
        try:
            facts, conflicts = self._domain.fold(known, events, self._pseudonym)
            folded = self._judged(subject, facts, old, revision)
        except InvalidEvent:
            facts, conflicts, refused = fold_within(self._domain.fold, known, events, self._pseudonym)
            folded = None if facts is None else self._judged(subject, facts, old, revision, is_checked=True)
            self._refused += len(refused)
        self.conflicting += conflicts
        if folded is None:
            # Nothing new: without a write, repeated records leave revision, amounts and expiry as they are.
            if old is not None:
                self.states[subject] = old
            return refused
        contributed, new, packed = folded
        if contributed.outcome is not None and self._is_news(new.told, old, revision):
            customer, others = self._domain.customers(facts)
            self.outbox.append(OutboxMessage(subject, customer, others, contributed.outcome, revision, facts.newest_ms))
        if old is None:
            add_first(self._first, contributed.amounts)
        else:
            # The stored amounts are subtracted, not those computed again from the old facts: they are exactly the
            # amounts in the slices, even if a later release computes others.
            diff = difference(contributed.amounts, unpack_amounts(old.amounts))
            add_difference(self._deltas, self._totals, diff, self._present)
        writes = self.writes
        for key, entry in contributed.live.items():
            writes.set.extend((live_field(key, subject), encode_state(entry)))
        if old is not None and old.live:
            writes.deleted.extend(live_field(key, subject) for key in old.live if key not in contributed.live)
        writes.contacts.extend((subject, packed))
        self._schedule_end(subject, new, old)
        self.states[subject] = new
        self._note_size(subject, len(packed))
        self._written_bytes += len(packed)
        return refused

    def _fold_sealed(self, subject: str, events: Sequence[Decoded], revision: int) -> list[tuple[int, InvalidEvent]]:
        """Merge events of which some drop facts: each of these after all before it, since their amounts stay."""
        assert self._seals is not None
        refused: list[tuple[int, InvalidEvent]] = []
        start = 0
        for place, event in enumerate(events):
            if self._seals(event):
                if start < place:
                    refused += _moved(self._fold(subject, events[start:place], revision), start)
                self._seal(subject, event, revision)
                start = place + 1
        if start < len(events):
            refused += _moved(self._fold(subject, events[start:], revision), start)
        return refused

    def _seal(self, subject: str, event: Decoded, revision: int) -> None:
        """Drop the facts that an event ends. Their amounts stay in the slices: what is left of the facts has only what
        it adds by itself, and takes back nothing else."""
        old = self.states.pop(subject, None)
        self._before.setdefault(subject, old)
        facts, _ = self._domain.fold(None if old is None else old.facts, [event], self._pseudonym)
        if old is not None and facts == old.facts:
            self.states[subject] = old
            return
        book = self._book if old is None else old.book
        contributed = self._contributions(facts, book, Stage.KEPT)
        revision = revision if old is None else max(revision, old.revision + 1)
        new = self.states[subject] = ContactState(facts, pack_amounts(contributed.amounts), [], book, revision)
        packed = encode_state(new)
        self.writes.contacts.extend((subject, packed))
        self._schedule_end(subject, new, old)
        self._note_size(subject, len(packed))
        self._written_bytes += len(packed)

    def _note_size(self, subject: str, size: int) -> None:
        """Count the packed bytes of a cached state."""
        self._cached_bytes += size - self._sizes.get(subject, 0)
        self._sizes[subject] = size

    def _forget(self, subject: str) -> State | None:
        """Take a state out of the cache."""
        self._cached_bytes -= self._sizes.pop(subject, 0)
        return self.states.pop(subject, None)

    @property
    def amount(self) -> Amount:
        """Sum of the changes since the last ``take_writes`` or ``undo``, slices as of ``roll_up``."""
        writes = self.writes
        pairs = len(writes.set) + len(writes.contacts) + len(writes.expiry) + len(writes.live_expiry)
        single = len(writes.deleted) + len(writes.contacts_deleted) + len(writes.expiry_deleted)
        entries = pairs // 2 + single + len(writes.live_expiry_deleted) + len(self._fields)
        return Amount(self._refused, entries, self._written_bytes)

    @property
    def is_full(self) -> bool:
        """True once the contacts alone are more than one commit may hold."""
        writes = self.writes
        return (
            self._written_bytes > COMMIT_BYTES
            or self._refused > REFUSED_IN_A_PORTION
            or len(writes.set) + len(writes.contacts) > 2 * COMMIT_ENTRIES
        )

    def undo(self) -> None:
        """Discard every change since the last ``take_writes``; names that the registry has drawn stay drawn."""
        for subject, old in self._before.items():
            if old is None:
                self._forget(subject)
            else:
                self.states[subject] = old
                self._note_size(subject, len(encode_state(old)))
        self.writes, self.outbox, self.conflicting = Writes.empty(), [], 0
        self._first, self._deltas, self._totals, self._fields = {}, {}, {}, {}
        self._clear_amount()

    def _clear_amount(self) -> None:
        self._before = {}
        self._written_bytes = self._refused = 0

    def _judged(
        self, subject: str, facts: Any, old: State | None, revision: int, *, is_checked: bool = False
    ) -> tuple[Contributions, State, bytes] | None:
        """Contributions of changed facts, the new state and its bytes; ``None`` where nothing has changed.

        Raises:
            InvalidEvent: ``too_large``, unless the size of the facts ``is_checked``.
        """
        if old is not None and facts == old.facts:
            return None
        # A contact keeps the book of its first commit: judged by another one, an edit of the settings would rewrite
        # slices of days that are over.
        book = self._book if old is None else old.book
        contributed = self._contributions(facts, book, Stage.KEPT)
        told = 0 if old is None else old.told
        if contributed.outcome is not None:
            told = digest(*self._domain.customers(facts), contributed.outcome)
        new = ContactState(facts, pack_amounts(contributed.amounts), list(contributed.live), book, revision, told)
        packed = encode_state(new)
        if len(packed) > FACTS_LIMIT_BYTES and not is_checked:
            check_size(facts)
        return contributed, new, packed

    def _contributions(self, facts: Any, book: int, stage: Stage) -> Contributions:
        """Contributions of facts by a policy book, the present names of queues applied."""
        if self._renames:
            facts = self._domain.unmoved(facts, self._renames)
        return self._domain.contributions(facts, self._books[book], self._registry, stage)

    def _is_news(self, told: int, old: State | None, revision: int) -> bool:
        """True for an outcome that differs from the one published last, or is to be republished."""
        return told != (0 if old is None else old.told) or revision < self._republish_below

    def expire(self, subject: str) -> None:
        """Expire a contact's state; its live entries are removed, and a wait without an outcome becomes a miss."""
        state = self._forget(subject)
        self._before.setdefault(subject, state)
        writes = self.writes
        writes.contacts_deleted.append(subject)
        writes.expiry_deleted.append(subject)
        writes.live_expiry_deleted.append(subject)
        # Without live entries expiry changes no amount; such a state is deleted in Redis without being read.
        if state is not None and state.live:
            try:
                contributed = self._contributions(state.facts, state.book, Stage.EXPIRED)
            except Exception:
                check_numbers(subject, state)
                raise
            diff = difference(contributed.amounts, unpack_amounts(state.amounts))
            add_difference(self._deltas, self._totals, diff, self._present)
            writes.deleted.extend(live_field(key, subject) for key in state.live)

    def roll_up(self, clock_ms: int) -> Rolled:
        """Roll the deltas up into slices."""
        first, self._first = self._first, {}
        sum_first(first, self._deltas, self._totals)
        self._fields, late = self._slices.rolled(self._deltas, clock_ms, self._present)
        self._fields.update(self._totals)
        self._deltas, self._totals = {}, {}
        return self._slices.unread(self._fields), late

    def load_slices(self, read: Mapping[str, bytes | None]) -> None:
        """Load the values of slices that ``roll_up`` asked for."""
        self._slices.load(read)

    def take_writes(self, read: Mapping[str, bytes | None], clock_ms: int) -> Writes:
        """All changes since the last call, slices included; the caller commits them or discards this object.

        ``read``: values of slices that were asked for and not loaded yet.
        """
        self._slices.load(read)
        written, deleted = self._slices.apply(self._fields)
        self._fields = {}
        writes, self.writes = self.writes, Writes.empty()
        writes.set.extend(written)
        writes.deleted.extend(deleted)
        writes.deleted.extend(self._slices.outlived(clock_ms, OUTLIVED_A_COMMIT))
        self._clear_amount()
        self._shrink()
        return writes

    def _shrink(self) -> None:
        """Forget the states that were used longest ago, down to the bounds of the cache."""
        surplus = len(self.states) - STATES_CACHED
        if surplus <= 0 and self._cached_bytes <= self._most_cached_bytes:
            return
        for place, subject in enumerate(list(self.states)):
            if place >= surplus and self._cached_bytes <= self._most_cached_bytes:
                break
            self._forget(subject)

    def take_outbox(self) -> list[OutboxMessage]:
        """Messages to publish before the next commit."""
        told, self.outbox = self.outbox, []
        return told

    def _schedule_end(self, subject: str, new: State, old: State | None) -> None:
        """Schedule the expiry of the state: never while a ticket is open."""
        writes = self.writes
        kept = any(key[0] in self._keeping for key in new.live)
        target = None if kept else writes.live_expiry if new.live else writes.expiry
        if target is not None:
            target.extend((str(new.facts.newest_ms + self._keep_ms), subject))
        if old is not None and old.live and target is not writes.live_expiry:
            writes.live_expiry_deleted.append(subject)
        if old is not None and not old.live and target is not writes.expiry:
            writes.expiry_deleted.append(subject)


def _moved(refused: Sequence[tuple[int, InvalidEvent]], by: int) -> list[tuple[int, InvalidEvent]]:
    """Refused events by their places among all events."""
    return [(place + by, error) for place, error in refused]
