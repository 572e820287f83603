"""Sums of measures: the arithmetic that formulas are made of. Pure data; a formula is read without being called."""

from __future__ import annotations

from typing import NamedTuple

from metrics.snapshot.snapshot import Counts
from streams.common.languages import Bilingual
from streams.numbers.measures import Measure


class Amount(NamedTuple):
    """A sum of measures of one window: those in ``plus`` less those in ``minus``."""

    plus: tuple[Measure, ...]
    minus: tuple[Measure, ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure that the sum reads."""
        return (*self.plus, *self.minus)

    def of(self, counts: Counts) -> int:
        """The amount in ``counts``: things or milliseconds."""
        amount = 0
        for measure in self.plus:
            amount += counts[measure]
        for measure in self.minus:
            amount -= counts[measure]
        return amount

    def by_value(self, counts: Counts, label: str) -> dict[str, int]:
        """The amount by the value of a dimension's label; no zeros."""
        sums: dict[str, int] = {}
        for sign, measures in ((1, self.plus), (-1, self.minus)):
            for measure in measures:
                for value, number in counts.by_value(measure, label).items():
                    sums[value] = sums.get(value, 0) + sign * number
        return {value: number for value, number in sums.items() if number}

    def words(self) -> Bilingual:
        """The sum in words, such as ``offered + answered - abandoned``."""
        plus, minus = [measure.words for measure in self.plus], [measure.words for measure in self.minus]
        return Bilingual(
            _in_words([words.en for words in plus], [words.en for words in minus]),
            _in_words([words.es for words in plus], [words.es for words in minus]),
        )


def _in_words(plus: list[str], minus: list[str]) -> str:
    text = " + ".join(plus) + "".join(f" - {word}" for word in minus)
    return f"({text})" if len(plus) + len(minus) > 1 else text


def amount(*plus: Measure, minus: tuple[Measure, ...] = ()) -> Amount:
    """A sum of ``plus`` less ``minus``."""
    return Amount(plus, minus)
