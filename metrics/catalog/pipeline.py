"""Numbers of the pipeline about itself: what was applied, refused, late or lost, and how far it has got."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from metrics.catalog.model import Pipeline, PipelineSample, Unit, texts
from metrics.snapshot import TopicNumbers
from metrics.states import View
from streams.decoding import REASONS
from streams.settings import Channel

MILLISECONDS = 1_000
CONFLICTS = ("moved", "emptied", "owner")
"""Why ``commit.lua`` refuses a commit."""
FOLDED_LABELS = ("queue",)


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


PIPELINE: tuple[Pipeline, ...] = (
    Pipeline(
        name="veinte_events_applied_total",
        unit=Unit.EVENTS,
        labels=("topic",),
        read=_by_topic(lambda numbers: numbers.applied),
        text=texts(
            "Events applied",
            "Events that became part of the numbers.",
            "Eventos aplicados",
            "Eventos que ya forman parte de los números.",
        ),
    ),
    Pipeline(
        name="veinte_events_rejected_total",
        unit=Unit.EVENTS,
        labels=("topic", "reason"),
        read=_rejected,
        text=texts(
            "Events rejected",
            "Records that were not used, by reason: dead letters, but for `unknown_type`, which is only counted.",
            "Eventos rechazados",
            "Registros que no se usaron, por motivo: van a la cola de descartes, salvo `unknown_type`, que solo se"
            " cuenta.",
        ),
    ),
    Pipeline(
        name="veinte_events_late_total",
        unit=Unit.EVENTS,
        labels=("topic",),
        read=_by_topic(lambda numbers: numbers.late),
        text=texts(
            "Events too late",
            "Events whose slice was already past its retention: what they would have changed there is left out.",
            "Eventos tardíos",
            "Eventos cuya franja ya había caducado: lo que habrían cambiado en ella queda fuera.",
        ),
    ),
    Pipeline(
        name="veinte_events_lost_total",
        unit=Unit.EVENTS,
        labels=("topic",),
        read=_by_topic(lambda numbers: numbers.lost),
        text=texts(
            "Events lost",
            "Events that the broker deleted before they were read.",
            "Eventos perdidos",
            "Eventos que el broker borró antes de que se leyeran.",
        ),
    ),
    Pipeline(
        name="veinte_events_conflicting_total",
        unit=Unit.EVENTS,
        read=_summed(lambda numbers: numbers.conflicting),
        text=texts(
            "Events in conflict",
            "Events that contradict an earlier one, such as a second offer of a leg with another queue.",
            "Eventos contradictorios",
            "Eventos que contradicen a otro anterior, como una segunda oferta de un tramo con otra cola.",
        ),
    ),
    Pipeline(
        name="veinte_event_age_seconds",
        unit=Unit.SECONDS,
        labels=("topic",),
        read=_event_age,
        text=texts(
            "Age of the newest event",
            "Time since the newest applied event happened.",
            "Antigüedad del último evento",
            "Tiempo desde que ocurrió el último evento aplicado.",
        ),
    ),
    Pipeline(
        name="veinte_consumer_lag_events",
        unit=Unit.EVENTS,
        labels=("topic", "partition"),
        read=_lag,
        text=texts(
            "Lag",
            "Events in the log that are not applied yet.",
            "Retraso",
            "Eventos del registro que aún no se han aplicado.",
        ),
    ),
    Pipeline(
        name="veinte_commit_conflicts_total",
        unit=Unit.COMMITS,
        labels=("reason",),
        read=lambda view: _by("reason", view.snapshot.pipeline.conflicts, CONFLICTS),
        text=texts(
            "Commits refused",
            "Commits that the fence in Redis refused, by reason.",
            "Confirmaciones rechazadas",
            "Confirmaciones que la barrera de Redis rechazó, por motivo.",
        ),
    ),
    Pipeline(
        name="veinte_snapshot_age_seconds",
        unit=Unit.SECONDS,
        read=_snapshot_age,
        moves=True,
        text=texts(
            "Age of the numbers",
            "Time since Redis was last read.",
            "Antigüedad de los números",
            "Tiempo desde la última lectura de Redis.",
        ),
    ),
    Pipeline(
        name="veinte_blind",
        unit=Unit.FLAG,
        labels=("channel",),
        read=_blind,
        moves=True,
        text=texts(
            "Blind",
            "1 while the numbers of the channel cannot be trusted.",
            "A ciegas",
            "1 mientras no se puede confiar en los números del canal.",
        ),
    ),
    Pipeline(
        name="veinte_labels_folded_total",
        unit=Unit.CONTRIBUTIONS,
        labels=("label",),
        read=_folded,
        text=texts(
            "Contributions folded",
            "Contributions to the numbers that were counted under `other`, because their queue came past the limit.",
            "Aportaciones agrupadas",
            "Aportaciones a los números que se contaron bajo `other`, porque su cola superó el límite.",
        ),
    ),
    Pipeline(
        name="veinte_ghost_contacts",
        unit=Unit.LEGS,
        read=_ghosts,
        text=texts(
            "Ghosts",
            "Legs that have waited or talked for so long without an event that nobody believes in them.",
            "Fantasmas",
            "Tramos que llevan tanto tiempo sin ningún evento que ya nadie cree que sigan ahí.",
        ),
    ),
    Pipeline(
        name="veinte_incomplete_contacts",
        unit=Unit.CONTACTS,
        read=_summed(lambda numbers: numbers.incomplete),
        text=texts(
            "Incomplete contacts",
            "Contacts with an outcome whose beginning has not come.",
            "Contactos incompletos",
            "Contactos con desenlace cuyo comienzo no ha llegado.",
        ),
    ),
)
