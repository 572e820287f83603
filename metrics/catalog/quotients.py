"""Sums of measures and what is divided by what: the arithmetic of the catalogue. Counts in, quotients out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from metrics.snapshot.snapshot import Counts, LiveNumbers
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel
from streams.facts.conversations.live import ConversationLive
from streams.facts.tickets.live import TicketLive
from streams.numbers.measures import Measure, Sketch


@dataclass(frozen=True)
class Amount:
    """A sum of measures of one window: those in ``plus`` less those in ``minus``."""

    plus: tuple[Measure, ...]
    minus: tuple[Measure, ...] = ()

    def __call__(self, counts: Counts) -> int:
        """The amount in ``counts``: things or milliseconds."""
        return sum(counts[measure] for measure in self.plus) - sum(counts[measure] for measure in self.minus)

    def formula(self) -> Bilingual:
        """The sum in words, such as ``offered + answered - abandoned``."""
        plus = [measure.words for measure in self.plus]
        minus = [measure.words for measure in self.minus]
        return Bilingual(
            _sum_in_words([words.en for words in plus], [words.en for words in minus]),
            _sum_in_words([words.es for words in plus], [words.es for words in minus]),
        )


def _sum_in_words(plus: list[str], minus: list[str]) -> str:
    text = " + ".join(plus) + "".join(f" - {word}" for word in minus)
    return f"({text})" if len(plus) + len(minus) > 1 else text


def amount(*plus: Measure, minus: Iterable[Measure] = ()) -> Amount:
    """A sum of ``plus`` less ``minus``."""
    return Amount(plus, tuple(minus))


Labels = tuple[tuple[str, str], ...]
"""Label values of one series beyond channel, queue, medium and window, in the order of ``Kpi.labels``."""
Quotient = tuple[int, int]
"""Numerator and denominator, divided last; above the line of an average are milliseconds."""


def who_waits(live: LiveNumbers) -> int:
    """Legs in the queue (calls and chats), or unsolved tickets: what will come to something."""
    return (
        live[ConversationLive.WAITING]
        + live[TicketLive.OPEN_ON_HOLD]
        + live[TicketLive.OPEN_UNATTENDED]
        + live[TicketLive.OPEN_OPEN]
    )


class Coverage(NamedTuple):
    """A share that must be reached before a ratio is more than a hint (state ``few``), on some channels."""

    covered: Amount
    of: Amount
    minimum_ratio: float
    channels: tuple[Channel, ...]


class Series(NamedTuple):
    """One series of a ratio or an average.

    ``pending`` counts for whom the number is still waiting; ``sketch`` holds the percentiles beside an average;
    ``across_channels``: it comes from the contacts of a customer on every channel, and is blind where those are.
    """

    labels: Labels
    formula: Bilingual
    pending: Callable[[LiveNumbers], int] = who_waits
    sketch: Sketch | None = None
    coverage: Coverage | None = None
    across_channels: bool = False


class Part(NamedTuple):
    """A series with the sums of measures above and below its line."""

    series: Series
    above: Amount
    below: Amount


@dataclass(frozen=True)
class Division:
    """Series that come from the same counts; ``divide`` gives their quotients in the same order."""

    series: tuple[Series, ...]
    divide: Callable[[Counts], Iterable[Quotient]]


def part(
    above: Amount | Measure,
    below: Amount | Measure,
    *,
    pending: Callable[[LiveNumbers], int] = who_waits,
    sketch: Sketch | None = None,
    coverage: Coverage | None = None,
    across_channels: bool = False,
    **labels: str,
) -> Part:
    """``above`` / ``below`` under ``labels``; for the rest see :class:`Series`."""
    over, under = (amount(side) if isinstance(side, Measure) else side for side in (above, below))
    formula = Bilingual(*(f"{a} / {b}" for a, b in zip(over.formula(), under.formula(), strict=True)))
    return Part(Series(tuple(labels.items()), formula, pending, sketch, coverage, across_channels), over, under)


def division(*parts: Part) -> Division:
    """A division of sums of measures."""

    def divide(counts: Counts) -> Iterable[Quotient]:
        return [(above(counts), below(counts)) for _, above, below in parts]

    return Division(tuple(part.series for part in parts), divide)
