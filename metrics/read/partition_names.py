"""What a partition's registry says: its rows and dimensions as they are shown, and its cells as counts. No IO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from metrics.read.queue_names import QueueNames
from metrics.snapshot.snapshot import Counts, RowKey
from metrics.snapshot.windows import Cells
from streams.common.vocabulary import Channel
from streams.facts.domains import parts
from streams.numbers.codes import DIMENSION_SHIFT, is_composite, split_code
from streams.numbers.names import DIMENSION_PREFIX, ROW_PREFIX, parse_row_name
from streams.numbers.sketches import split_sketch_code

decode_cells = msgspec.msgpack.Decoder(dict[int, int]).decode


def pairs(flat: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    """``[a, 1, b, 2]`` as pairs."""
    return zip(flat[::2], flat[1::2], strict=True)


class StoredSketches(Mapping[int, Mapping[int, int]]):
    """Sketch → bucket → count, taken out of a row's cells when somebody asks.

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
    """Ids of dimension values that hold for all partitions: each partition numbers its own."""

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
        """Cells with ids of ours as counts with names."""
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
    """A row as the registry spells it. ``channel``: of all rows of the partition, where they do not say themselves."""
    queue, medium, its_channel = parse_row_name(name)
    found = Channel(its_channel) if its_channel else channel
    assert found is not None
    return RowKey(found, queue, medium)


def stored_queues(flat: Sequence[bytes], channel: Channel | None) -> Iterable[tuple[int, Channel, str]]:
    """``(id, channel, queue)`` of every row in a hash ``names``; ids grow in the order in which the names came."""
    for raw, identity in pairs(flat):
        name = raw.decode()
        if name.startswith(ROW_PREFIX):
            row = stored_row(name, channel)
            yield int(identity), row.channel, row.queue


class Names:
    """The registry of one partition: row ids → rows as they are shown, and its dimension ids → ours.

    ``channel``: of the partition's topic; ``None`` where each row says its own.
    """

    def __init__(self, channel: Channel | None, dimensions: Dimensions, queues: QueueNames) -> None:
        self._channel = channel
        self._dimensions = dimensions
        self._queues = queues
        self.known = 0
        self.rows: dict[int, RowKey] = {}
        self._ours: dict[int, int] = {0: 0}

    def load(self, flat: Sequence[bytes]) -> None:
        """Take in the hash ``names``, whole."""
        for raw, identity in pairs(flat):
            name = raw.decode()
            if name.startswith(ROW_PREFIX):
                row = stored_row(name, self._channel)
                self.rows[int(identity)] = row._replace(queue=self._queues.shown(row.channel, row.queue))
            else:
                ours = self._dimensions.identity(name.removeprefix(DIMENSION_PREFIX))
                self._ours[int(identity)] = ours << DIMENSION_SHIFT
        self.known = len(flat) // 2

    def cells(self, packed: bytes | None) -> Cells:
        """A stored slice, with ids of ours; nothing where there is none."""
        return {} if packed is None else self.ours(decode_cells(packed))

    def ours(self, cells: Cells) -> Cells:
        """Cells of this partition, with ids of ours."""
        if max(cells, default=0) >> DIMENSION_SHIFT == 0:
            return cells
        ours = self._ours
        return {
            code if code < 0 else (measure := split_code(code))[0] | ours[measure[1]]: amount
            for code, amount in cells.items()
        }
