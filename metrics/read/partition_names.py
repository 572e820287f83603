"""Names of a partition: its registry's rows and dimensions as shown, and its counter codes as counts. No IO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from metrics.read.queue_names import QueueNames
from metrics.snapshot.snapshot import Counts, RowKey
from metrics.snapshot.windows import Cells
from streams.common.vocabulary import Channel
from streams.facts.domains import parts
from streams.numbers.codes import DIMENSION_SHIFT, is_composite, split_code
from streams.numbers.names import DIMENSION_PREFIX, ROW_PREFIX, parse_row_name
from streams.numbers.sketches import split_sketch_code
from streams.store.cells import CellDecoder


def pairs(flat: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    """``[a, 1, b, 2]`` as pairs."""
    return zip(flat[::2], flat[1::2], strict=True)


class StoredSketches(Mapping[int, Mapping[int, int]]):
    """Sketch → bucket → count, extracted from a row's counters on first use.

    A row has a thousand buckets, and few of its windows are ever asked for percentiles.
    """

    __slots__ = ("_cells", "_found")

    def __init__(self, cells: Cells) -> None:
        self._cells = dict(cells)  # the caller goes on counting
        self._found: dict[int, dict[int, int]] | None = None

    def __getitem__(self, sketch: int) -> Mapping[int, int]:
        return self._sketches()[sketch]

    def __iter__(self) -> Iterator[int]:
        return iter(self._sketches())

    def __len__(self) -> int:
        return len(self._sketches())

    def _sketches(self) -> dict[int, dict[int, int]]:
        if self._found is None:
            found: dict[int, dict[int, int]] = {}
            for code, amount in self._cells.items():
                if code < 0 and not is_composite(code):
                    for part in parts(code):
                        sketch, bucket = split_sketch_code(part)
                        buckets = found.setdefault(sketch, {})
                        buckets[bucket] = buckets.get(bucket, 0) + amount
            self._found = found
        return self._found


class Dimensions:
    """Ids of dimension values shared by all partitions; in Redis each partition numbers its own."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._names: list[str] = [""]

    def identity(self, name: str) -> int:
        """The id of ``kind=value``."""
        if name not in self._ids:
            self._ids[name] = len(self._names)
            self._names.append(name)
        return self._ids[name]

    def name(self, identity: int) -> str:
        """The ``kind=value`` of an id; "" of 0."""
        return self._names[identity]

    def counts(self, cells: Cells) -> Counts:
        """Counts with names from counters with shared ids."""
        plain: dict[int, int] = {}
        split: dict[int, dict[str, int]] = {}
        sketches = 0
        for code, amount in cells.items():
            if code < 0 and not is_composite(code):
                sketches += 1
                continue
            measure, dimension = split_code(code) if code > 0 else (0, 0)
            if dimension:
                split.setdefault(measure, {})[self._names[dimension]] = amount
            else:
                for part in parts(code):
                    plain[part] = plain.get(part, 0) + amount
        return Counts(plain, split, StoredSketches(cells) if sketches else None)


def stored_row(name: str, channel: Channel | None) -> RowKey:
    """A row from its name in the registry. ``channel``: of all rows of the partition, ``None`` where each row names its
    own."""
    queue, medium, its_channel = parse_row_name(name)
    found = Channel(its_channel) if its_channel else channel
    assert found is not None
    return RowKey(found, queue, medium)


def stored_rows(flat: Sequence[bytes], channel: Channel | None) -> Iterable[tuple[int, Channel, str, str]]:
    """``(id, channel, queue, medium)`` of every row in a hash ``names``; ids grow in the order of first use."""
    for raw, identity in pairs(flat):
        name = raw.decode()
        if name.startswith(ROW_PREFIX):
            row = stored_row(name, channel)
            yield int(identity), row.channel, row.queue, row.medium


class Names:
    """The registry of one partition: row ids → rows as shown, and its dimension ids → shared ids.

    ``channel``: of the partition's topic; ``None`` where each row names its own.
    """

    def __init__(self, channel: Channel | None, dimensions: Dimensions, queues: QueueNames) -> None:
        self._channel = channel
        self._dimensions = dimensions
        self._queues = queues
        self.known = 0
        self.rows: dict[int, RowKey] = {}
        self._ours: dict[int, int] = {0: 0}
        self.decoder = CellDecoder(self._ours.__contains__)

    def load(self, flat: Sequence[bytes]) -> None:
        """Load the whole hash ``names``."""
        for raw, identity in pairs(flat):
            name = raw.decode()
            if name.startswith(ROW_PREFIX):
                row = stored_row(name, self._channel)
                shown = self._queues.shown_in(row.channel, row.queue, row.medium)
                self.rows[int(identity)] = row._replace(queue=shown)
            else:
                ours = self._dimensions.identity(name.removeprefix(DIMENSION_PREFIX))
                self._ours[int(identity)] = ours << DIMENSION_SHIFT
        self.known = len(flat) // 2

    def has_row(self, identity: int) -> bool:
        """True of the id of a row."""
        return identity in self.rows

    def stored(self, field: bytes, packed: bytes) -> Cells:
        """Counters of a stored slice with the ids of this partition.

        Raises:
            Damaged: no worker wrote this.
        """
        return self.decoder.decode(field, packed)

    def cells(self, field: bytes, packed: bytes | None) -> Cells:
        """Counters of a stored slice with shared ids; empty for ``None``.

        Raises:
            Damaged: no worker wrote this.
        """
        return {} if packed is None else self.ours(self.decoder.decode(field, packed))

    def ours(self, cells: Cells) -> Cells:
        """Counters of this partition with shared ids."""
        if max(cells, default=0) >> DIMENSION_SHIFT == 0:
            return cells
        ours = self._ours
        return {
            code if code < 0 else (measure := split_code(code))[0] | ours[measure[1]]: amount
            for code, amount in cells.items()
        }
