"""Cells that stand for several: what one event counts at once is kept as one, and taken apart when it is read.

A worker adds, packs, stores and sends each cell of a contact some ten times, so a solved ticket that is one cell and
not twelve is what makes it fast. A bundle is a set of measures that each grow by one; an alias is a duration that is
the same by several clocks. Both merge by addition like every other cell. Codes are stored in Redis: never reuse one.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from streams.numbers.measures import Measure, Sketch
from streams.numbers.sketches import SPAN, split_sketch_cell

REMEMBERED = 50_000
"""Cells whose parts are kept: more than there are bundles and buckets in use."""
MASKS = 128
"""Sets of one bundle: its measures are at most seven. The cells of all bundles lie between 0 and the first sketch."""


class Bundle(IntEnum):
    """Measures that one event counts together."""

    ANSWER = 0
    HANDLING = 1
    OPENING = 2
    REPLY = 3
    SOLVE = 4
    REPEAT = 5
    FINAL = 6


MEMBERS: dict[Bundle, tuple[Measure, ...]] = {
    Bundle.ANSWER: (Measure.ANSWERED, Measure.ANSWERED_WITHIN),
    Bundle.HANDLING: (
        Measure.HANDLED,
        Measure.CLASSIFIED,
        Measure.FCR_FLAGGED_BASE,
        Measure.FCR_FLAGGED,
        Measure.FCR_NET_BASE,
        Measure.FCR_NET,
        Measure.ESCALATED,
    ),
    Bundle.OPENING: (Measure.OPENED, Measure.COHORT_SOLVED),
    Bundle.REPLY: (
        Measure.FIRST_RESPONSES,
        Measure.RESPONSE_15M_JUDGED,
        Measure.RESPONSE_15M_MET,
        Measure.RESPONSE_24H_JUDGED,
        Measure.RESPONSE_24H_MET,
        Measure.RESPONSE_TARGET_JUDGED,
        Measure.RESPONSE_TARGET_MET,
    ),
    Bundle.SOLVE: (
        Measure.SOLVES,
        Measure.SOLVED,
        Measure.FIRST_RESOLUTIONS,
        Measure.RESOLVED_24H_JUDGED,
        Measure.RESOLVED_24H_MET,
    ),
    Bundle.REPEAT: (
        Measure.REPEAT_BASE,
        Measure.REPEATED,
        Measure.FCR_WINDOW_BASE,
        Measure.FCR_WINDOW,
        Measure.FCR_GAP_BASE,
        Measure.FCR_GAP,
    ),
    Bundle.FINAL: (Measure.FCR_FINAL_BASE, Measure.FCR_FINAL),
}

FIRST_RESPONSE_BOTH_MS = 120
"""By the calendar and by the business clock."""
RESOLUTION_ALL_MS = 121
"""First and full, by the calendar, the business clock and net."""
RESOLUTION_MS = (122, 123, 124)
"""First and full, by each of the three clocks in turn."""
SUMS: dict[int, tuple[Measure, ...]] = {
    FIRST_RESPONSE_BOTH_MS: (Measure.FIRST_RESPONSE_MS, Measure.FIRST_RESPONSE_BUSINESS_MS),
    RESOLUTION_ALL_MS: (
        Measure.FIRST_RESOLUTION_MS,
        Measure.FIRST_RESOLUTION_BUSINESS_MS,
        Measure.FIRST_RESOLUTION_NET_MS,
        Measure.FULL_RESOLUTION_MS,
        Measure.FULL_RESOLUTION_BUSINESS_MS,
        Measure.FULL_RESOLUTION_NET_MS,
    ),
    RESOLUTION_MS[0]: (Measure.FIRST_RESOLUTION_MS, Measure.FULL_RESOLUTION_MS),
    RESOLUTION_MS[1]: (Measure.FIRST_RESOLUTION_BUSINESS_MS, Measure.FULL_RESOLUTION_BUSINESS_MS),
    RESOLUTION_MS[2]: (Measure.FIRST_RESOLUTION_NET_MS, Measure.FULL_RESOLUTION_NET_MS),
}

HANDLE_AND_TALK = 16
"""The leg was never on hold and had no wrap-up."""
FIRST_RESPONSE_BOTH = 17
RESOLUTION_ALL = 18
RESOLUTION = (19, 20, 21)
SKETCHES: dict[int, tuple[Sketch, ...]] = {
    HANDLE_AND_TALK: (Sketch.HANDLE, Sketch.TALK),
    FIRST_RESPONSE_BOTH: (Sketch.FIRST_RESPONSE, Sketch.FIRST_RESPONSE_BUSINESS),
    RESOLUTION_ALL: (
        Sketch.FIRST_RESOLUTION,
        Sketch.FIRST_RESOLUTION_BUSINESS,
        Sketch.FIRST_RESOLUTION_NET,
        Sketch.FULL_RESOLUTION,
        Sketch.FULL_RESOLUTION_BUSINESS,
        Sketch.FULL_RESOLUTION_NET,
    ),
    RESOLUTION[0]: (Sketch.FIRST_RESOLUTION, Sketch.FULL_RESOLUTION),
    RESOLUTION[1]: (Sketch.FIRST_RESOLUTION_BUSINESS, Sketch.FULL_RESOLUTION_BUSINESS),
    RESOLUTION[2]: (Sketch.FIRST_RESOLUTION_NET, Sketch.FULL_RESOLUTION_NET),
}
"""Numbers beyond those of ``Sketch``; their cells are made and split alike."""

_BITS = {measure: 1 << bit for members in MEMBERS.values() for bit, measure in enumerate(members)}


def bit(measure: Measure) -> int:
    """What a measure adds to the mask of its bundle."""
    return _BITS[measure]


def bundle_cell(bundle: Bundle, mask: int) -> int:
    """The cell of a bundle's measures whose bits are in ``mask``, which is not 0."""
    return -(bundle * MASKS + mask)


def is_bundle(code: int) -> bool:
    """Whether a cell is that of a bundle."""
    return -SPAN < code < 0


@lru_cache(maxsize=REMEMBERED)
def parts(code: int) -> tuple[int, ...]:
    """The cells that a cell stands for: itself, unless it is a bundle or an alias."""
    if code >= 0:
        return tuple(map(int, SUMS.get(code, ()))) or (code,)
    if is_bundle(code):
        bundle, mask = divmod(-code, MASKS)
        return tuple(int(measure) for at, measure in enumerate(MEMBERS[Bundle(bundle)]) if mask >> at & 1)
    number, bucket = split_sketch_cell(code)
    return tuple(-(sketch * SPAN + bucket) for sketch in SKETCHES.get(number, ())) or (code,)
