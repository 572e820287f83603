"""Counter codes: the keys of a slice's amounts.

    1 … 511                a measure, or a duration that several measures share (``SharedSum``)
    measure | id << 9      a measure for one dimension of the partition's registry
    −8,191 … −1            measures that one event counts together (``CompositeCounter``)
    −8,192 and below       buckets of sketches (``streams.numbers.sketches``)

A worker adds, packs, stores and sends each code of a contact about ten times, so counting a solved ticket by one code
instead of twelve makes it fast. All of them merge by addition. Codes are stored in Redis: never reuse one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from streams.numbers.measures import Measure, Sketch
from streams.numbers.sketches import is_sketch, sketch_code, split_sketch_code

DIMENSION_SHIFT = 9
MEASURES_END = 1 << DIMENSION_SHIFT
"""Measures and shared sums have codes below this."""
MASKS = 128
"""Combinations of one composite counter: its measures are at most seven."""
COMPOSITES_END = 64
"""Composite counters have numbers below this."""
REMEMBERED = 50_000
"""Codes with cached parts: more than there are composite counters and buckets in use."""


def code_of(measure: int, dimension: int = 0) -> int:
    """The counter code of ``measure`` for a dimension id; 0 is no dimension."""
    return measure | dimension << DIMENSION_SHIFT


def split_code(code: int) -> tuple[int, int]:
    """``(measure, dimension id)`` of a positive counter code."""
    return code & (MEASURES_END - 1), code >> DIMENSION_SHIFT


class CompositeCounter(NamedTuple):
    """Measures that one event counts together; one code stands for each combination of them."""

    number: int
    members: tuple[Measure, ...]

    def bit(self, measure: Measure) -> int:
        """The bit of ``measure`` in a mask."""
        return 1 << self.members.index(measure)

    def code(self, mask: int) -> int:
        """The counter code of the measures whose bits are in ``mask``, which is not 0."""
        # Negative, because positive codes have no upper end: every new dimension adds some.
        return -(self.number * MASKS + mask)

    def code_of(self, *measures: Measure) -> int:
        """The counter code of these measures."""
        return self.code(sum(map(self.bit, measures)))


class SharedSum(NamedTuple):
    """A duration in milliseconds that is the same for several measures, such as by two clocks."""

    code: int
    members: tuple[Measure, ...]


class SharedSketch(NamedTuple):
    """A duration counted once for several sketches; ``number`` is distinct from those of ``Sketch``."""

    number: int
    members: tuple[Sketch, ...]


def is_composite(code: int) -> bool:
    """True of the counter code of a composite counter."""
    return -COMPOSITES_END * MASKS < code < 0


class Codes:
    """Splits counter codes into those of single measures and sketches."""

    def __init__(
        self,
        composites: Iterable[CompositeCounter],
        sums: Iterable[SharedSum],
        sketches: Iterable[SharedSketch],
        measures: Iterable[int],
        plain_sketches: Iterable[int],
    ) -> None:
        """Composite counters, shared sums and shared sketches of all domains, measures by code, sketches by number."""
        self._composites = {counter.number: tuple(map(int, counter.members)) for counter in composites}
        self._sums = {shared.code: tuple(map(int, shared.members)) for shared in sums}
        self._sketches = {shared.number: tuple(map(int, shared.members)) for shared in sketches}
        self._measures = frozenset(measures) | self._sums.keys()
        self._known_sketches = frozenset(plain_sketches) | self._sketches.keys()
        # Cached: the slices of a window repeat the same few codes, and a cached split costs one look-up.
        self.parts = lru_cache(maxsize=REMEMBERED)(self._parts)
        """The codes of the single measures and sketches in a code: itself, unless it is composite or shared."""

    def is_counter(self, code: int) -> bool:
        """True of a code that is declared, whatever its dimension."""
        if code >= 0:
            return split_code(code)[0] in self._measures
        if is_sketch(code):
            return split_sketch_code(code)[0] in self._known_sketches
        number, mask = divmod(-code, MASKS)
        return 0 < mask < 1 << len(self._composites.get(number, ()))

    def _parts(self, code: int) -> tuple[int, ...]:
        if code >= 0:
            return self._sums.get(code, ()) or (code,)
        if is_sketch(code):
            number, bucket = split_sketch_code(code)
            shared = self._sketches.get(number, ())
            return tuple(sketch_code(sketch, bucket) for sketch in shared) or (code,)
        # The members are read off the bits, so no table of combinations is stored beside the numbers.
        number, mask = divmod(-code, MASKS)
        return tuple(measure for at, measure in enumerate(self._composites[number]) if mask >> at & 1)
