"""Readers of the numbers of the pipeline about itself: a series a topic or a label, or one sum over topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from metrics.catalog.model import PipelineSample
from metrics.planning.view import View
from metrics.snapshot.snapshot import TopicNumbers

MILLISECONDS = 1_000
SUM = "counters of all partitions added up"
SUMA = "suma de los contadores de todas las particiones"
"""Formula of a counter in words, in both languages."""


def by_topic(read: Callable[[TopicNumbers], int]) -> Callable[[View], Iterable[PipelineSample]]:
    """A series a topic."""

    def samples(view: View) -> Iterable[PipelineSample]:
        for topic, numbers in view.snapshot.pipeline.topics.items():
            yield PipelineSample((("topic", topic),), read(numbers))

    return samples


def with_zeros(amounts: Mapping[str, int], known: Iterable[str]) -> dict[str, int]:
    """``amounts`` by name, with 0 for known names: ``increase()`` misses the first sample of a new series."""
    return dict(sorted({**dict.fromkeys(known, 0), **amounts}.items()))


def by_label(label: str, amounts: Mapping[str, int], known: Iterable[str]) -> Iterable[PipelineSample]:
    """A series a value of ``label``."""
    return (PipelineSample(((label, value),), amount) for value, amount in with_zeros(amounts, known).items())


def summed(read: Callable[[TopicNumbers], int]) -> Callable[[View], Iterable[PipelineSample]]:
    """One series without labels, the sum over topics."""

    def samples(view: View) -> Iterable[PipelineSample]:
        return (PipelineSample((), sum(map(read, view.snapshot.pipeline.topics.values()))),)

    return samples
