"""The field ``outlook`` of a row of the snapshot: best and likely service level at the end of a queue's day. Pure.

The docstrings of the structs are the descriptions in the published schema.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from metrics.planning.reachable import Outlook
from metrics.snapshot.instants import Instant, instant_text
from metrics.snapshot.states import FEW_BELOW, State


class Ending(Struct, frozen=True):
    """A service level at the end of today, with numerator and denominator: legs so far plus expected ones."""

    value: Annotated[float | None, Meta(description="a ratio; null where no earlier week tells, or nobody comes")]
    state: State
    numerator: Annotated[float, Meta(description="contacts met by the end of the day")]
    denominator: Annotated[float, Meta(description="contacts judged by the end of the day")]


class OutlookAnswer(Struct, frozen=True):
    """Outlook of today's service level (``short_removed``) at the end of the day."""

    best: Annotated[Ending, Meta(description="if every further contact is answered within the target")]
    likely: Annotated[Ending, Meta(description="if the rest of the day is like that of earlier weeks")]
    lost_at: Annotated[
        Instant | None,
        Meta(description="the objective is out of reach from then on, as things go now; null: not today"),
    ]
    lost_at_worst: Annotated[Instant | None, Meta(description="the same if every further contact is missed")]
    weeks: Annotated[int, Meta(ge=0, le=4, description="how many earlier weeks the expectation rests on")]


def outlook_answer(found: Outlook, blind: bool) -> OutlookAnswer:
    """The JSON of one queue's outlook. ``blind``: the numbers of its channel cannot be trusted."""
    return OutlookAnswer(
        best=_ending(found.best, found.best_met, found, blind),
        likely=_ending(found.likely, found.likely_met, found, blind),
        lost_at=None if found.lost_at_ms is None else instant_text(found.lost_at_ms),
        lost_at_worst=None if found.lost_at_worst_ms is None else instant_text(found.lost_at_worst_ms),
        weeks=found.weeks,
    )


def _ending(value: Fraction | None, met: Fraction, found: Outlook, blind: bool) -> Ending:
    if value is None:
        return Ending(None, State.BLIND if blind else State.NO_TRAFFIC, 0.0, 0.0)
    state = State.BLIND if blind else State.FEW if found.all_judged < FEW_BELOW else State.OK
    return Ending(float(value), state, float(met), float(found.all_judged))
