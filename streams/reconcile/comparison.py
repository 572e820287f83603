"""Comparison of stored slices with recomputed ones, amount by amount, by names. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from streams.common.durations import format_duration
from streams.common.errors import UserError
from streams.contract.names import printable
from streams.facts.domains import MEASURES, SKETCHES
from streams.numbers.codes import split_code
from streams.numbers.names import DIMENSION_PREFIX, ROW_PREFIX, dimension_labels, parse_row_name
from streams.numbers.sketches import is_sketch, split_sketch_code
from streams.numbers.tiers import TIER_OF, parse_slice_field
from streams.reconcile.recount import Cells, Extent, Slack, Slice, single

_cells = msgspec.msgpack.Decoder(dict[int, int]).decode


class Difference(NamedTuple):
    """An amount that is stored otherwise than it is recomputed. ``place`` is the partition, such as ``calls-3``."""

    place: str
    tier: str
    start_ms: int
    row: str
    measure: str
    stored: int
    recomputed: int

    def __str__(self) -> str:
        start = datetime.fromtimestamp(self.start_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return printable(
            f"{self.place} {start} {format_duration(TIER_OF[self.tier].width_ms)} {self.row}: {self.measure} "
            f"stored {self.stored:,}, recomputed {self.recomputed:,}"
        )


class Words:
    """Names of the ids in a partition's slices."""

    def __init__(self, names: Mapping[str, int]) -> None:
        """``names``: the registry, name → id."""
        self._names = {identity: name for name, identity in names.items()}

    def row(self, identity: int) -> str:
        """Channel, queue and medium of a row."""
        name = self._names.get(identity, "")
        if not name.startswith(ROW_PREFIX):
            return f"row {identity}, which has no name"
        queue, medium, channel = parse_row_name(name)
        return " ".join(filter(None, (channel and f"channel {channel}", f"queue {queue}", medium)))

    def measure(self, code: int) -> str:
        """Name of a single measure or bucket, with its dimension."""
        if is_sketch(code):
            number, bucket = split_sketch_code(code)
            sketch = SKETCHES.get(number)
            return f"{sketch.name.lower() if sketch else f'sketch {number}'} bucket {bucket}"
        number, dimension = split_code(code)
        measure = MEASURES.get(number)
        name = measure.name.lower() if measure else f"measure {number}"
        if not dimension:
            return name
        text = self._names.get(dimension, "")
        if not text.startswith(DIMENSION_PREFIX):
            return f"{name} of dimension {dimension}, which has no name"
        labels = dimension_labels(text.removeprefix(DIMENSION_PREFIX))
        return f"{name} {{{', '.join(f'{label}={value}' for label, value in labels)}}}"


class Comparison:
    """Counts and differences of the slices of one partition.

    Attributes:
        cells: amounts compared.
        tolerated: amounts that differ within their slack.
    """

    def __init__(self, place: str, words: Words) -> None:
        self._place = place
        self._words = words
        self.cells = 0
        self.tolerated = 0

    def differences(
        self, recomputed: Mapping[Slice, Cells], stored: Mapping[Slice, Cells], slack: Mapping[Slice, Slack]
    ) -> Iterator[Difference]:
        """Every amount that differs, in the order of tiers and slices."""
        for key in sorted(recomputed.keys() | stored.keys()):
            ours, theirs = recomputed.get(key, {}), stored.get(key, {})
            if ours == theirs:  # the usual case, without taking composite counters apart
                self.cells += len(theirs)
                continue
            yield from self._of(key, single(ours), single(theirs), slack.get(key, {}))

    def _of(self, key: Slice, ours: Cells, theirs: Cells, slack: Slack) -> Iterator[Difference]:
        letter, number, row = key
        codes = ours.keys() | theirs.keys()
        self.cells += len(codes)
        for code in sorted(codes):
            amount, found = ours.get(code, 0), theirs.get(code, 0)
            least, greatest = slack.get(code, (0, 0))
            if amount == found:
                continue
            if least <= found - amount <= greatest:
                self.tolerated += 1
                continue
            yield Difference(
                self._place,
                letter,
                number * TIER_OF[letter].width_ms,
                self._words.row(row),
                self._words.measure(code),
                found,
                amount,
            )


def stored_slices(
    numbers: Iterable[tuple[bytes, bytes]], extent: Extent, present: Callable[[int], int], key: str
) -> dict[Slice, Cells]:
    """The stored slices that are compared.

    Args:
        numbers: fields and values of the hash.
        extent: slices that are compared.
        present: id of a row under the present name of its queue.
        key: of the hash, for the sentence of an error.

    Raises:
        UserError: a slice cannot be read.
    """
    found: dict[Slice, Cells] = {}
    for raw, packed in numbers:
        if chr(raw[0]) not in TIER_OF:
            continue
        try:
            tier, start_ms, row = parse_slice_field(raw.decode())
            number = start_ms // tier.width_ms
            if not extent.keeps(tier.letter, number):
                continue
            cells = _cells(packed)
        except (ValueError, msgspec.DecodeError):
            raise UserError(
                f"the field {raw!r} of {key} in Redis is no slice of numbers; run `veinte rebuild`"
            ) from None
        kept = found.setdefault((tier.letter, number, present(row)), cells)
        if kept is not cells:  # the rows of a queue under its earlier and its present name
            for code, amount in cells.items():
                kept[code] = kept.get(code, 0) + amount
    return found
