"""Quotients: the formula of one series of a ratio or an average, as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from metrics.snapshot.amounts import Amount
from metrics.snapshot.service_level import EarlyAbandons
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel
from streams.facts.conversations.live import ConversationLive
from streams.facts.domains import DERIVED_MEASURES
from streams.facts.tickets.live import TicketLive
from streams.numbers.live_entries import LiveMeasure
from streams.numbers.measures import Measure, Sketch, Unit

Labels = tuple[tuple[str, str], ...]
"""Label values of one series beyond channel, queue, medium and window."""

WHO_WAITS: tuple[LiveMeasure, ...] = (
    ConversationLive.WAITING,
    TicketLive.OPEN_ON_HOLD,
    TicketLive.OPEN_UNATTENDED,
    TicketLive.OPEN_OPEN,
)
"""Legs in the queue, or unsolved tickets: contacts without an outcome yet."""
MILLISECONDS = 1_000


class Coverage(NamedTuple):
    """Share that must be known before a ratio is more than a hint (state ``few``), on some channels."""

    covered: Amount
    of: Amount
    minimum_ratio: float
    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class Quotient:
    """One series of a ratio or an average.

    Attributes:
        numerator, denominator: sums of measures, divided last.
        labels: of the series.
        pending: live contacts without an outcome; where there are any, an empty number is ``pending``.
        sketch: holds the percentiles beside an average.
        coverage: share that must be known.
        words: the formula in its usual letters, where they are clearer than the names of its measures.
        early: of a service level; where all that was offered was abandoned early, an empty number says so.
    """

    numerator: Amount
    denominator: Amount
    labels: Labels = ()
    pending: tuple[LiveMeasure, ...] = WHO_WAITS
    sketch: Sketch | None = None
    coverage: Coverage | None = None
    words: Bilingual | None = None
    early: EarlyAbandons | None = None

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Measures of numerator and denominator."""
        return tuple(dict.fromkeys((*self.numerator.measures, *self.denominator.measures)))

    @cached_property
    def is_derived(self) -> bool:
        """True if it is computed across channels; it is then blind where the outcomes of contacts are."""
        return not DERIVED_MEASURES.isdisjoint(self.measures)

    @cached_property
    def scale(self) -> int:
        """Units of the numerator in one base unit: 1000 where milliseconds become seconds."""
        return MILLISECONDS if self.numerator.plus[0].unit is Unit.MILLISECONDS else 1

    def formula(self) -> Bilingual:
        """The formula in words."""
        if self.words is not None:
            return self.words
        sides = zip(self.numerator.words(), self.denominator.words(), strict=True)
        return Bilingual(*(f"{numerator} / {denominator}" for numerator, denominator in sides))


def quotient(
    numerator: Amount | Measure,
    denominator: Amount | Measure,
    *,
    pending: tuple[LiveMeasure, ...] = WHO_WAITS,
    sketch: Sketch | None = None,
    coverage: Coverage | None = None,
    words: Bilingual | None = None,
    early: EarlyAbandons | None = None,
    **labels: str,
) -> Quotient:
    """``numerator`` / ``denominator`` under ``labels``; for the rest see :class:`Quotient`."""
    over, under = (Amount((side,)) if isinstance(side, Measure) else side for side in (numerator, denominator))
    return Quotient(over, under, tuple(labels.items()), pending, sketch, coverage, words, early)
