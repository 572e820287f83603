"""Ledger of one partition: folds events into states and slices, and collects the writes of the next commit. No IO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from streams.common.errors import InvalidEvent
from streams.common.renames import NO_RENAMES, Renames
from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.facts.domains import parts
from streams.facts.shared.contributions import Amounts, Contributions, Stage, difference
from streams.facts.shared.domain import Domain
from streams.facts.shared.outcomes import Outcome, digest
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.states import ContactState, encode_state, pack_amounts, unpack_amounts
from streams.numbers.live_entries import live_field
from streams.numbers.sketches import FIRST_CODE
from streams.numbers.tiers import TOTALS
from streams.store.registry import Registry
from streams.store.slices import Cells, Slices
from streams.worker.portions import COMMIT_BYTES, COMMIT_ENTRIES, REFUSED_IN_A_PORTION, Amount, TooMuch

STATES_CACHED = 5_000
"""Decoded states of a partition in memory; others are read again when an event arrives."""
STATES_CACHED_BYTES = 1 << 20
"""Packed bytes of those states; decoded they take up to twenty times as much."""
OUTLIVED_A_COMMIT = 2_000
"""Most expired slices deleted by one commit."""

FACTS_LIMIT_BYTES = 256 * 1024
"""Largest packed facts of one contact (events.md, "Bounds"): every event of a contact reads and writes all of them."""

State = ContactState[Any]


def _check_size(facts: Any) -> None:
    """Refuse the event that made facts too large.

    Raises:
        InvalidEvent: ``too_large``.
    """
    size = len(encode_state(facts))
    if size > FACTS_LIMIT_BYTES:
        raise InvalidEvent(
            "too_large", f"the events of the contact take {size:,} bytes with it, more than {FACTS_LIMIT_BYTES:,}"
        )


class Writes(NamedTuple):
    """Flat lists of a commit (``streams.store.commit.Commit``)."""

    set: list[str | bytes]
    deleted: list[str]
    contacts: list[str | bytes]
    contacts_deleted: list[str]
    expiry: list[str]
    expiry_deleted: list[str]
    live_expiry: list[str]
    live_expiry_deleted: list[str]

    @classmethod
    def empty(cls) -> Writes:
        """No change."""
        return cls([], [], [], [], [], [], [], [])


class OutboxMessage(NamedTuple):
    """Message to the repeat-contact fold about a contact: the outcome for ``customer``, and a removal for ``others``.

    ``revision``: offset of the contact's last applied record; ``time_ms``: its newest event.
    """

    contact: str
    customer: bytes | None
    others: list[bytes]
    outcome: Outcome
    revision: int
    time_ms: int


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
        self._keeping = {entry.letter for entry in domain.live if entry.keeps_state}
        self._registry = registry
        self._books = books
        self._book = book
        self._slices = slices
        self._pseudonym = pseudonym
        self._keep_ms = keep_ms
        self._republish_below = republish_below
        self._renames = renames
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
        """Load states read from Redis."""
        for subject, packed in states.items():
            if packed is not None:
                state = self.states[subject] = self._decode_state(packed)
                self._note_size(subject, len(packed))
                if self._renames:
                    state.facts = self._domain.renamed(state.facts, self._renames)

    def fold(self, subject: str, events: Sequence[Decoded], revision: int) -> list[tuple[int, InvalidEvent]]:
        """Merge events into a contact; changes wait for ``take_writes``. ``revision``: offset of its last record.

        Returns:
            The events past a bound of the contact, which were left out: their positions in ``events`` and the reasons.
        """
        # Popped here and stored again below, so that the dict is in order of last use when ``take_writes`` cuts it.
        old = self.states.pop(subject, None)
        self._before.setdefault(subject, old)
        known = None if old is None else old.facts
        refused: list[tuple[int, InvalidEvent]] = []
        try:
            facts, conflicts = self._domain.fold(known, events, self._pseudonym)
            folded = self._judged(subject, facts, old, revision)
        except InvalidEvent:
            facts, conflicts, refused = self._fold_within(known, events)
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
            self._collect_first(contributed.amounts)
        else:
            # The stored amounts are subtracted, not those computed again from the old facts: they are exactly the
            # amounts in the slices, even if a later release computes others.
            self._collect(difference(contributed.amounts, unpack_amounts(old.amounts)))
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
            _check_size(facts)
        return contributed, new, packed

    def _contributions(self, facts: Any, book: int, stage: Stage) -> Contributions:
        """Contributions of facts by a policy book, the present names of queues applied."""
        if self._renames:
            facts = self._domain.unmoved(facts, self._renames)
        return self._domain.contributions(facts, self._books[book], self._registry, stage)

    def _fold_within(self, facts: Any, events: Sequence[Decoded]) -> tuple[Any, int, list[tuple[int, InvalidEvent]]]:
        """Facts with the events that are within the bounds, contradictions, and the events that are not.

        Halves are tried and halved again, because the first of many refused events is found by few folds so, and each
        fold reads all facts of the contact.

        Raises:
            TooMuch: finding them takes so many folds that the process would do nothing else meanwhile.
        """
        conflicts = tries = 0
        refused: list[tuple[int, InvalidEvent]] = []
        left = [(0, len(events))]
        while left:
            start, end = left.pop()
            tries += 1
            if tries > 2 * REFUSED_IN_A_PORTION:
                raise TooMuch(start / len(events))
            try:
                candidate, more = self._domain.fold(facts, events[start:end], self._pseudonym)
                _check_size(candidate)
            except InvalidEvent as error:
                if end - start == 1:
                    refused.append((start, error))
                else:
                    middle = (start + end) // 2
                    left += [(middle, end), (start, middle)]
                continue
            facts, conflicts = candidate, conflicts + more
        return facts, conflicts, refused

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
            contributed = self._contributions(state.facts, state.book, Stage.EXPIRED)
            self._collect(difference(contributed.amounts, unpack_amounts(state.amounts)))
            writes.deleted.extend(live_field(key, subject) for key in state.live)

    def roll_up(self, clock_ms: int) -> tuple[list[str], int]:
        """Roll the deltas up into slices.

        Returns:
            The fields to read before ``take_writes``, and the number of deltas that were too late.
        """
        self._collect_totals()
        present = self._registry.present if self._renames else None
        self._fields, late = self._slices.rolled(self._deltas, clock_ms, present)
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

    def _collect_first(self, amounts: Amounts) -> None:
        """Collect the amounts of a contact without earlier amounts; they may be changed here.

        All of them are increases, so the counters can wait until the amounts of many contacts are summed. Otherwise
        equal to ``_collect``.
        """
        first = self._first
        for key, cells in amounts.items():
            kept = first.get(key)
            if kept is None:
                first[key] = cells
            else:
                for code, amount in cells.items():
                    kept[code] = kept.get(code, 0) + amount

    def _collect_totals(self) -> None:
        """Add the first amounts of contacts to the counters and the deltas."""
        deltas, first = self._deltas, self._first
        self._first = {}
        for key, cells in first.items():
            totals = self._totals.setdefault(f"{TOTALS}{key[1]}", {})
            for code, amount in cells.items():
                if code > FIRST_CODE:  # no sketch: percentiles are read over windows only
                    totals[code] = totals.get(code, 0) + amount
            kept = deltas.get(key)
            if kept is None:
                deltas[key] = cells
            else:
                for code, amount in cells.items():
                    kept[code] = kept.get(code, 0) + amount

    def _collect(self, diff: Amounts) -> None:
        """Add a contact's difference to the deltas, and its net increases to the counters."""
        deltas, renames = self._deltas, self._renames
        net: dict[tuple[int, int], int] = {}
        for key, cells in diff.items():
            # Amounts that move from the row of an earlier name to that of the present one are no increase.
            row = self._registry.present(key[1]) if renames else key[1]
            kept = deltas.get(key)
            if kept is None:
                kept = deltas[key] = {}
            for code, amount in cells.items():
                kept[code] = kept.get(code, 0) + amount
                # By single measures, and net over all slices of the contact: a change from one composite code to
                # another, or a move to another slice, increases only the measures that are new.
                if code > FIRST_CODE:  # no sketch
                    for part in parts(code):
                        net[row, part] = net.get((row, part), 0) + amount
        for (row, code), amount in net.items():
            # Counters only grow, as Prometheus requires: a correction downwards changes the slices but not the totals.
            if amount > 0:
                totals = self._totals.setdefault(f"{TOTALS}{row}", {})
                totals[code] = totals.get(code, 0) + amount

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
