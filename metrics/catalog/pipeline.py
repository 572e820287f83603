"""Numbers of the pipeline about itself: what was applied, refused, late or lost, and how far it has got."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from metrics.catalog.model import Pipeline, PipelineSample, Unit
from metrics.snapshot.snapshot import TopicNumbers
from metrics.snapshot.states import View
from streams.config.settings import Channel
from streams.contract.decoding import REASONS
from streams.store.registry import DIMENSION_LIMITS

MILLISECONDS = 1_000
CONFLICTS = ("moved", "emptied", "owner")
"""Why ``commit.lua`` refuses a commit."""
FOLDED_LABELS = ("queue", *DIMENSION_LIMITS)


def _by_topic(read: Callable[[TopicNumbers], int]) -> Callable[[View], Iterable[PipelineSample]]:
    """A series a topic."""

    def samples(view: View) -> Iterable[PipelineSample]:
        for topic, numbers in view.snapshot.pipeline.topics.items():
            yield PipelineSample((("topic", topic),), read(numbers))

    return samples


def _with_zeros(amounts: Mapping[str, int], known: Iterable[str]) -> dict[str, int]:
    """``amounts`` by name, known names from the start: ``increase()`` does not see how a series begins."""
    return dict(sorted({**dict.fromkeys(known, 0), **amounts}.items()))


def _by(label: str, amounts: Mapping[str, int], known: Iterable[str]) -> Iterable[PipelineSample]:
    """A series a value of ``label``."""
    return (PipelineSample(((label, value),), amount) for value, amount in _with_zeros(amounts, known).items())


def _rejected(view: View) -> Iterable[PipelineSample]:
    for topic, numbers in view.snapshot.pipeline.topics.items():
        for reason, amount in _with_zeros(numbers.rejected, REASONS).items():
            yield PipelineSample((("topic", topic), ("reason", reason)), amount)


def _event_age(view: View) -> Iterable[PipelineSample]:
    for topic, numbers in view.snapshot.pipeline.topics.items():
        if numbers.newest_ms is not None:
            age_ms = max(0, view.snapshot.now_ms - numbers.newest_ms)
            yield PipelineSample((("topic", topic),), age_ms / MILLISECONDS)


def _lag(view: View) -> Iterable[PipelineSample]:
    for (topic, partition), events in sorted(view.snapshot.pipeline.lag.items()):
        yield PipelineSample((("topic", topic), ("partition", str(partition))), events)


def _folded(view: View) -> Iterable[PipelineSample]:
    sums: dict[str, int] = {}
    for numbers in view.snapshot.pipeline.topics.values():
        for label, amount in numbers.folded.items():
            sums[label] = sums.get(label, 0) + amount
    return _by("label", sums, FOLDED_LABELS)


def _ghosts(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), sum(row.live.ghosts for row in view.snapshot.rows.values())),)


def _summed(read: Callable[[TopicNumbers], int]) -> Callable[[View], Iterable[PipelineSample]]:
    """One series without labels, the sum over topics."""

    def samples(view: View) -> Iterable[PipelineSample]:
        return (PipelineSample((), sum(map(read, view.snapshot.pipeline.topics.values()))),)

    return samples


def _snapshot_age(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), view.age_ms / MILLISECONDS),)


def _blind(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((("channel", channel),), float(bool(view.blind_reason(channel)))) for channel in Channel)


def _repeats_blind(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), float(bool(view.outcomes_blind_reason))),)


PIPELINE: tuple[Pipeline, ...] = (
    Pipeline(
        name="veinte_events_applied_total",
        unit=Unit.EVENTS,
        labels=("topic",),
        read=_by_topic(lambda numbers: numbers.applied),
    ),
    Pipeline(
        name="veinte_events_rejected_total",
        unit=Unit.EVENTS,
        labels=("topic", "reason"),
        read=_rejected,
    ),
    Pipeline(
        name="veinte_events_late_total",
        unit=Unit.EVENTS,
        labels=("topic",),
        read=_by_topic(lambda numbers: numbers.late),
    ),
    Pipeline(
        name="veinte_events_lost_total",
        unit=Unit.EVENTS,
        labels=("topic",),
        read=_by_topic(lambda numbers: numbers.lost),
    ),
    Pipeline(
        name="veinte_events_conflicting_total",
        unit=Unit.EVENTS,
        read=_summed(lambda numbers: numbers.conflicting),
    ),
    Pipeline(
        name="veinte_event_age_seconds",
        unit=Unit.SECONDS,
        labels=("topic",),
        read=_event_age,
    ),
    Pipeline(
        name="veinte_consumer_lag_events",
        unit=Unit.EVENTS,
        labels=("topic", "partition"),
        read=_lag,
    ),
    Pipeline(
        name="veinte_commit_conflicts_total",
        unit=Unit.COMMITS,
        labels=("reason",),
        read=lambda view: _by("reason", view.snapshot.pipeline.conflicts, CONFLICTS),
    ),
    Pipeline(
        name="veinte_snapshot_age_seconds",
        unit=Unit.SECONDS,
        read=_snapshot_age,
        moves=True,
    ),
    Pipeline(
        name="veinte_blind",
        unit=Unit.FLAG,
        labels=("channel",),
        read=_blind,
        moves=True,
    ),
    Pipeline(
        name="veinte_repeats_blind",
        unit=Unit.FLAG,
        read=_repeats_blind,
        moves=True,
    ),
    Pipeline(
        name="veinte_labels_folded_total",
        unit=Unit.CONTRIBUTIONS,
        labels=("label",),
        read=_folded,
    ),
    Pipeline(
        name="veinte_ghost_contacts",
        unit=Unit.LEGS,
        read=_ghosts,
    ),
    Pipeline(
        name="veinte_incomplete_contacts",
        unit=Unit.CONTACTS,
        read=_summed(lambda numbers: numbers.incomplete),
    ),
)
