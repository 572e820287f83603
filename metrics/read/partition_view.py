"""The last read state of each partition and the aggregates over all, updated from the replies of ``read.lua``. No
IO."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from metrics.read.entries import entry_decoders
from metrics.read.live import observed
from metrics.read.partition_names import Dimensions, Names, pairs
from metrics.read.queue_names import QueueNames
from metrics.snapshot.snapshot import RowKey
from metrics.snapshot.windows import Cells, RollingSums, keys_between, merge
from streams.contract.topics import Topic
from streams.facts.domains import DOMAIN_OF
from streams.numbers.codes import code_of
from streams.numbers.live_entries import Incomplete, Instant, RowEntry
from streams.numbers.measures import Measure
from streams.numbers.tiers import TIER_OF, TIERS, TOTALS, Tier
from streams.store.keys import Status
from streams.store.reading import read_conflicts, read_field, read_status


class Reply(NamedTuple):
    """The answer of ``read.lua`` for a partition with an owner: head and names are checked, the fields are not."""

    position: bytes
    nonce: bytes
    number: bytes
    status: bytes
    partitions: bytes
    whole: int
    names: Sequence[bytes]
    conflicts: Sequence[bytes]
    fields: Sequence[bytes | None]


class Aggregates:
    """Rolling sums of windows and counters over all partitions. ``queues``: the names of queues as shown."""

    def __init__(self, sums: RollingSums[RowKey], queues: QueueNames) -> None:
        self.sums = sums
        self.queues = queues
        self.dimensions = Dimensions()
        self.totals: defaultdict[RowKey, Cells] = defaultdict(dict)
        self.changed_totals: set[RowKey] = set()


class PartitionView:
    """One partition as last read. All it adds to the aggregates can be retracted."""

    def __init__(self, topic: Topic, aggregates: Aggregates) -> None:
        self._aggregates = aggregates
        self._decode_entry = entry_decoders(topic)
        self.names = Names(DOMAIN_OF[topic].channel, aggregates.dimensions, aggregates.queues)
        self.nonce = b""
        self.number = b"0"
        self.position = 0
        self.status: Status | None = None
        self.conflicts: dict[str, int] = {}
        self.incomplete: set[bytes] = set()
        self._slices: dict[Tier, dict[int, dict[int, bytes]]] = {tier: {} for tier in TIERS}
        self._floors = dict.fromkeys(TIERS, -1)
        self._totals: dict[int, bytes] = {}
        self._rows_of_entries: dict[bytes, int] = {}
        self._groups: defaultdict[int, dict[bytes, RowEntry]] = defaultdict(dict)
        self._states: dict[int, Instant] = {}
        self._stale: set[int] = set()

    @property
    def live(self) -> Mapping[int, Instant]:
        """Row id → its live numbers and misses as of the last ``age``."""
        return self._states

    def take_head(self, reply: Reply) -> None:
        """Load everything of a reply but the fields."""
        self.nonce, self.number, self.position = reply.nonce, reply.number, int(reply.position)
        self.status = read_status(reply.status)
        self.conflicts = read_conflicts(reply.conflicts)
        if reply.names:
            self.names.load(reply.names)

    def take_fields(self, fields: Sequence[Any]) -> None:
        """Apply changed fields; the aggregates change by the difference.

        Raises:
            Damaged: no worker wrote one of them. Those before it are applied, and ``retract`` subtracts them.
        """
        for raw, packed in pairs(fields):
            # A field without a value is one of ``changed`` alone.
            letter, number, row = read_field(raw, self.names.has_row, "changed" if packed is None else "numbers")
            if letter in TIER_OF:
                self._take_slice(TIER_OF[letter], number, row, raw, packed)
            elif letter == TOTALS:
                self._take_totals(row, raw, packed)
            elif letter == Incomplete.letter:
                (self.incomplete.discard if packed is None else self.incomplete.add)(raw)
            elif letter in self._decode_entry:
                self._take_entry(letter, raw, packed)

    def retract(self) -> None:
        """Subtract all amounts of this partition from the aggregates."""
        for tier, numbers in self._slices.items():
            for number, rows in numbers.items():
                for row, packed in rows.items():
                    self._aggregates.sums.add(self.names.rows[row], tier, number, self.names.cells(b"", packed), -1)
        for row, packed in self._totals.items():
            self._add_totals(row, self.names.cells(b"", packed), -1)
        for row, state in self._states.items():
            self._add_misses(row, state.misses, -1)

    def let_go(self) -> None:
        """Drop the slices that the aggregates have dropped."""
        for tier, numbers in self._slices.items():
            before, floor = self._floors[tier], self._aggregates.sums.floor(tier)
            if floor > before:
                self._floors[tier] = floor
                for number in keys_between(numbers, before + 1, floor):
                    del numbers[number]

    def age(self, now_ms: int, limit_ms: int) -> None:
        """Bring live numbers and misses so far to these clocks (see ``metrics.read.live``).

        Args:
            now_ms: epoch milliseconds; ages are measured up to it.
            limit_ms: watermark in epoch milliseconds; deadlines before it are misses.
        """
        for row in list(self._groups):
            state = self._states.get(row)
            if row not in self._stale and state is not None and state.holds(now_ms, limit_ms):
                continue
            entries = self._groups[row]
            fresh = observed(entries.values(), now_ms, limit_ms)
            before = Counter[tuple[Measure, int]]() if state is None else state.misses
            # Equal misses are not subtracted and added again: each change makes the row's windows be read anew.
            if fresh.misses != before:
                self._add_misses(row, before, -1)
                self._add_misses(row, fresh.misses, 1)
            if entries:
                self._states[row] = fresh
            else:
                del self._groups[row]
                self._states.pop(row, None)
        self._stale.clear()

    def _take_slice(self, tier: Tier, number: int, row: int, field: bytes, packed: bytes | None) -> None:
        # `let_go` has passed these numbers and would never free a slice taken in now; the aggregates ignore it anyway.
        if number <= self._aggregates.sums.floor(tier):
            return
        rows = self._slices[tier].setdefault(number, {})
        before = rows.get(row)
        # Decoded before anything is changed: a damaged field leaves the view as it was.
        delta = {} if packed == before else self.names.cells(field, packed)
        rows.pop(row, None)
        if packed is not None:
            rows[row] = packed
        elif not rows:
            del self._slices[tier][number]
        if packed != before:
            # The difference, since other partitions have their share in the same slice of the aggregates.
            if before is not None:
                merge(delta, self.names.cells(field, before).items(), -1)
            self._aggregates.sums.add(self.names.rows[row], tier, number, delta)

    def _take_totals(self, row: int, field: bytes, packed: bytes | None) -> None:
        fresh = self.names.cells(field, packed)
        before = self._totals.pop(row, None)
        if packed is not None:
            self._totals[row] = packed
        self._add_totals(row, self.names.cells(field, before), -1)
        self._add_totals(row, fresh, 1)

    def _add_totals(self, row: int, cells: Cells, sign: int) -> None:
        key = self.names.rows[row]
        merge(self._aggregates.totals[key], cells.items(), sign)
        self._aggregates.changed_totals.add(key)

    def _take_entry(self, letter: str, field: bytes, packed: bytes | None) -> None:
        entry = None if packed is None else self._decode_entry[letter](field, packed, self.names.has_row)
        row = self._rows_of_entries.pop(field, None)
        if row is not None:
            del self._groups[row][field]
            self._stale.add(row)
        if entry is not None:
            self._rows_of_entries[field] = entry.row
            self._groups[entry.row][field] = entry
            self._stale.add(entry.row)

    def _add_misses(self, row: int, misses: Mapping[tuple[Measure, int], int], sign: int) -> None:
        for (measure, deadline_ms), amount in misses.items():
            for tier in TIERS:
                number = deadline_ms // tier.width_ms
                self._aggregates.sums.add(self.names.rows[row], tier, number, {code_of(measure): amount}, sign)
