"""Slices of one partition: the existing fields, the decoded values of recent ones, and the expired ones to delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush

import msgspec

from streams.facts.domains import allows_negative
from streams.facts.shared.contributions import Amounts
from streams.numbers.tiers import SLICE_MS, TIER_OF, TIERS, TOTALS
from streams.store.cells import CellDecoder, Cells

CACHED = 20_000
"""Decoded slices of a partition in memory; others are read again when they change."""
CELLS_CACHED = 200_000
"""Counters in those slices, of about 100 bytes each."""

_encode = msgspec.msgpack.Encoder().encode


class Slices:
    """Absolute values of a partition's slices; the owner is their only writer (design rule 13).

    ``fields`` are the fields in Redis at assignment; ``retention_ms`` is by tier letter; ``decoder`` is that of the
    partition, without one every dimension is known.
    """

    def __init__(
        self, fields: Iterable[str], retention_ms: Mapping[str, int], decoder: CellDecoder | None = None
    ) -> None:
        self._retention_ms = retention_ms
        self._decode = (decoder or CellDecoder(lambda _: True)).decode
        self._existing = {field for field in fields if field[0] == TOTALS or field[0] in TIER_OF}
        self._cache: dict[str, Cells] = {}
        self._ages: dict[str, list[tuple[int, str]]] = {tier.letter: [] for tier in TIERS}
        for field in self._existing:
            if field[0] != TOTALS:
                self._ages[field[0]].append((int(field[1 : field.index(":")]), field))
        for heap in self._ages.values():
            heapify(heap)

    def rolled(
        self, deltas: Amounts, clock_ms: int, present: Callable[[int], int] | None = None
    ) -> tuple[dict[str, Cells], int]:
        """Roll the deltas up into every tier that still keeps them; ``deltas`` may be changed.

        Args:
            deltas: amounts by slice of 10 s and row.
            clock_ms: the partition's clock.
            present: id of a row under the present name of its queue, where queues were renamed: amounts that only move
                between two names of a queue are not late.

        Returns:
            The deltas by field, and the number of deltas that were too late for the widest tier.
        """
        fields: dict[str, Cells] = {}
        late = 0
        # Each tier is summed from the next narrower one, not from the deltas: the amounts of a batch share few minutes
        # and fewer quarters, so each step has less to add.
        narrow_ms = SLICE_MS
        level = deltas
        for tier in TIERS:
            if tier.width_ms > narrow_ms:
                level = _widened(level, tier.width_ms // narrow_ms)
                narrow_ms = tier.width_ms
            oldest = (clock_ms - self._retention_ms[tier.letter]) // tier.width_ms
            letter = tier.letter
            gone = False
            # A delta past the tier's retention is dropped: its slice may be deleted already, and written again it would
            # contain this delta only.
            for (unit, row), cells in level.items():
                if unit > oldest:
                    fields[f"{letter}{unit}:{row}"] = cells
                else:
                    gone = True
            # Late is an amount that even the widest tier has deleted; one too late for a narrower tier still counts in
            # the wider.
            if gone and tier is TIERS[-1]:
                per = tier.width_ms // SLICE_MS
                known = deltas if present is None else _united(deltas, present)
                late = sum(number // per <= oldest for number, _ in known)
        return fields, late

    def unread(self, fields: Iterable[str]) -> list[str]:
        """Those fields whose value must be read from Redis first."""
        return [field for field in fields if field in self._existing and field not in self._cache]

    def load(self, values: Mapping[str, bytes | None]) -> None:
        """Load values read from Redis.

        Raises:
            Damaged: no worker wrote one of them.
        """
        for field, packed in values.items():
            self._cache[field] = {} if packed is None else self._decode(field, packed)

    def apply(self, fields: Mapping[str, Cells]) -> tuple[list[str | bytes], list[str]]:
        """Add deltas to the slices; ``fields`` may be changed.

        Returns:
            ``[field, value, …]`` to write, and the fields to delete because they are empty.
        """
        written: list[str | bytes] = []
        deleted: list[str] = []
        for field, delta in fields.items():
            cells = self._cache.get(field)
            if cells:
                get = cells.get
                for code, amount in delta.items():
                    cells[code] = get(code, 0) + amount
            else:
                # Nothing can be taken back from a slice that was never written: its amounts had been dropped as too
                # late, before a longer retention was set.
                if field not in self._existing and min(delta.values(), default=0) < 0:
                    delta = {code: amount for code, amount in delta.items() if amount > 0 or allows_negative(code)}
                cells = self._cache[field] = delta
            if 0 in cells.values():
                cells = self._cache[field] = {code: amount for code, amount in cells.items() if amount}
            # Whole values and not increments: a commit repeated after a lost answer writes the same again.
            if cells:
                written += (field, _encode(cells))
                if field not in self._existing:
                    self._existing.add(field)
                    if field[0] != TOTALS:
                        heappush(self._ages[field[0]], (int(field[1 : field.index(":")]), field))
            elif field in self._existing:
                self._existing.discard(field)
                deleted.append(field)
        if len(self._cache) > CACHED or (fields and sum(map(len, self._cache.values())) > CELLS_CACHED):
            self._shrink()
        return written, deleted

    def _shrink(self) -> None:
        """Forget the slices that were read longest ago, down to half of each bound."""
        cells = 0
        for kept, field in enumerate(reversed(list(self._cache))):
            cells += len(self._cache[field])
            if kept >= CACHED // 2 or cells > CELLS_CACHED // 2:
                del self._cache[field]

    def outlived(self, clock_ms: int, limit: int) -> list[str]:
        """At most ``limit`` slices older than their tier's retention; they are removed from memory here."""
        gone: list[str] = []
        for tier in TIERS:
            heap = self._ages[tier.letter]
            oldest = (clock_ms - self._retention_ms[tier.letter]) // tier.width_ms
            while heap and heap[0][0] <= oldest and len(gone) < limit:
                # The heap may still name a field that was deleted as empty: ``_existing`` decides.
                field = heappop(heap)[1]
                self._cache.pop(field, None)
                if field in self._existing:
                    self._existing.discard(field)
                    gone.append(field)
        return gone


def _united(deltas: Amounts, present: Callable[[int], int]) -> Amounts:
    """The deltas with the rows of renamed queues as one; what cancels out is left out."""
    united: Amounts = {}
    for (number, row), cells in deltas.items():
        kept = united.setdefault((number, present(row)), {})
        for code, amount in cells.items():
            kept[code] = kept.get(code, 0) + amount
    return {key: cells for key, cells in united.items() if any(cells.values())}


def _widened(level: Amounts, per: int) -> Amounts:
    """Amounts of slices that are ``per`` times as wide."""
    wide: Amounts = {}
    for (number, row), cells in level.items():
        key = (number // per, row)
        kept = wide.get(key)
        if kept is None:
            wide[key] = dict(cells)
        else:
            for code, amount in cells.items():
                kept[code] = kept.get(code, 0) + amount
    return wide
