"""The contacts behind one number, gathered from the states of one partition. Pure, and bounded in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from heapq import heappush, heappushpop
from typing import NamedTuple

import msgspec

from metrics.explain.number.reading import Reading
from metrics.read.partition_names import Dimensions, Names
from metrics.snapshot.snapshot import Counts
from metrics.snapshot.windows import Cells, merge
from streams.facts.domains import parts
from streams.facts.shared.contributions import Amounts
from streams.facts.shared.states import unpack_amounts
from streams.numbers.codes import code_of, split_code
from streams.numbers.measures import Measure
from streams.numbers.tiers import SLICE_MS, Tier
from streams.store.cells import CellDecoder
from streams.store.damage import damage_of
from streams.store.states import check_amounts

Ranges = Mapping[int, tuple[int, int]]
"""Row id → first and last number of the slices of the window; only rows that are part of the number."""
BySlice = dict[tuple[int, int], Cells]
"""(row id, number of the slice) → amounts."""


class Found(msgspec.Struct, array_like=True, gc=False):
    """A contact's state (``streams.facts.shared.states.ContactState``) with its facts still packed."""

    facts: msgspec.Raw
    amounts: list[list[int]]
    live: list[str]
    book: int


decode_found = msgspec.msgpack.Decoder(Found).decode


class Miss(NamedTuple):
    """A live entry past its deadline, a miss while it waits. ``key``: its key in the contact's state."""

    key: str
    row: int
    deadline_ms: int
    measure: Measure


class Behind(NamedTuple):
    """A contact behind a number.

    Attributes:
        amounts: its contributions to the number's rows and measures within the window.
        so_far: one of them is a miss of a contact that still waits.
        found: its state, with packed facts.
    """

    subject: str
    contact: str
    missed: bool
    at_ms: int
    numerator: int
    denominator: int
    amounts: Amounts
    so_far: bool
    found: Found


Split = Callable[[Found], Iterable[tuple[str, Amounts]]]
"""The contacts in a customer's state, each with its contributions."""


class Gatherer:
    """Gathers the states of a partition: sums of all contacts behind the number, and the contacts to be shown.

    Misses are shown first, and of each kind the newest.
    """

    def __init__(
        self,
        reading: Reading,
        names: Names,
        dimensions: Dimensions,
        ranges: Ranges,
        tier: Tier,
        limit: int,
        misses: Mapping[str, Iterable[Miss]],
        split: Split | None = None,
    ) -> None:
        """``misses``: misses so far, by subject. ``split``: given for a partition of customers."""
        assert reading.divide is not None
        self._divide = reading.divide
        self._judged = reading.judged
        self._measures = frozenset(int(measure) for measure in reading.measures)
        self._names = names
        self._dimensions = dimensions
        self._ranges = ranges
        self._per_slice = tier.width_ms // SLICE_MS
        self._limit = limit
        self._misses = misses
        self._split = split
        # Rows and dimensions newer than the registry may have been named during the scan.
        self._cells = CellDecoder(lambda _: True)
        self._seen: set[str] = set()
        self._shown: list[tuple[bool, int, str, int, Behind]] = []
        self.by_slice: BySlice = defaultdict(dict)
        """Contributions by the states, for comparison with the slices; misses so far are left out."""
        self.counts = Counts()
        self.found = 0
        self.missed = 0
        self.numerator = 0
        self.denominator = 0

    def take(self, subject: str, packed: bytes) -> None:
        """Gather one state. A repeated one is ignored, since a scan may return a key twice.

        Raises:
            Damaged: no worker wrote it.
        """
        with damage_of("contacts", subject):
            self._take(subject, packed)

    def _take(self, subject: str, packed: bytes) -> None:
        found = decode_found(packed)
        check_amounts(subject, found.amounts, self._may_have_row, self._cells)
        stored = self._inside(unpack_amounts(found.amounts))
        # The live entries were read before the states: after an answer in between, the state has no such entry.
        waiting = [miss for miss in self._misses.get(subject, ()) if miss.key in found.live and self._covers(miss)]
        if not (stored or waiting) or subject in self._seen:
            return
        # Only now, to remember the subjects of the number and not every contact of the partition.
        self._seen.add(subject)
        for (number, row), cells in stored.items():
            merge(self.by_slice[row, number // self._per_slice], cells.items())
        if self._split is None:
            amounts = {key: dict(cells) for key, cells in stored.items()}
            for miss in waiting:
                cells = amounts.setdefault((miss.deadline_ms // SLICE_MS, miss.row), {})
                merge(cells, [(code_of(miss.measure), 1)])
            self._keep(subject, subject, amounts, bool(waiting), found)
            return
        for contact, added in self._split(found):
            self._keep(subject, contact, self._inside(added), False, found)

    def shown(self) -> list[Behind]:
        """The contacts to be shown, in their order."""
        return [behind for *_, behind in sorted(self._shown, key=lambda item: item[:4], reverse=True)]

    def counts_of(self, amounts: Amounts) -> Counts:
        """Amounts of all slices together, as counts with names."""
        cells: Cells = {}
        for group in amounts.values():
            merge(cells, group.items())
        return self._dimensions.counts(self._names.ours(cells))

    def _keep(self, subject: str, contact: str, amounts: Amounts, so_far: bool, found: Found) -> None:
        if not amounts:
            return
        counts = self.counts_of(amounts)
        self.counts += counts
        numerator, denominator = self._divide(counts)
        if not (numerator or denominator):
            return
        missed = self._judged and denominator > numerator
        self.found += 1
        self.missed += missed
        self.numerator += numerator
        self.denominator += denominator
        at_ms = max(number for number, _ in amounts) * SLICE_MS
        behind = Behind(subject, contact, missed, at_ms, numerator, denominator, amounts, so_far, found)
        # The count of found contacts is unique: no comparison reaches the dicts in `behind`, which have no order.
        item = (missed, at_ms, contact, self.found, behind)
        if len(self._shown) < self._limit:
            heappush(self._shown, item)
        elif self._limit:
            heappushpop(self._shown, item)

    def _may_have_row(self, row: int) -> bool:
        return self._names.has_row(row) or row > self._names.known

    def _inside(self, amounts: Amounts) -> Amounts:
        """The amounts within the number's rows, window and measures."""
        kept: Amounts = {}
        for (number, row), cells in amounts.items():
            span = self._ranges.get(row)
            if span is None or not span[0] <= number // self._per_slice <= span[1]:
                continue
            ours = self._own(cells)
            if ours:
                kept[number, row] = ours
        return kept

    def _counts(self, code: int) -> bool:
        """True if a counter belongs to the number. A dimension newer than the registry was named during the scan."""
        measure, dimension = split_code(code)
        return measure in self._measures and dimension <= self._names.known

    def _covers(self, miss: Miss) -> bool:
        span = self._ranges.get(miss.row)
        unit = miss.deadline_ms // SLICE_MS // self._per_slice
        return miss.measure in self._measures and span is not None and span[0] <= unit <= span[1]

    def agrees(self, slices: BySlice, changed: Iterable[tuple[int, int]] = ()) -> bool:
        """True if the states explain everything in the slices of the window, except those that ``changed`` during the
        scan."""
        skipped = frozenset(changed)
        for key in (slices.keys() | self.by_slice.keys()) - skipped:
            if self._own(slices.get(key, {})) != self._own(self.by_slice.get(key, {})):
                return False
        return True

    def _own(self, cells: Cells) -> Cells:
        """Amounts of the number's measures, with composite counters taken apart; no zeros."""
        own: Cells = {}
        for code, amount in cells.items():
            for part in parts(code):
                if part > 0 and self._counts(part):
                    merge(own, [(part, amount)])
        return own
