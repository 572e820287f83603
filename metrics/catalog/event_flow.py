"""Flow of events from the log into the numbers: applied, refused, late and lost ones, lag, stops and conflicts."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.catalog.model import Pipeline, PipelineSample, Unit
from metrics.catalog.pipeline_samples import MILLISECONDS, SUM, SUMA, by_label, by_topic, summed, with_zeros
from metrics.catalog.words import Text, texts
from metrics.planning.view import View
from streams.contract.decoding import REASONS
from streams.store.standing import STOP_REASONS

CONFLICTS = ("moved", "emptied", "owner")
"""Reasons of ``commit.lua`` to refuse a commit."""


def _rejected(view: View) -> Iterable[PipelineSample]:
    for topic, numbers in view.snapshot.pipeline.topics.items():
        for reason, amount in with_zeros(numbers.rejected, REASONS).items():
            yield PipelineSample((("topic", topic), ("reason", reason)), amount)


def _event_age(view: View) -> Iterable[PipelineSample]:
    for topic, numbers in view.snapshot.pipeline.topics.items():
        if numbers.newest_ms is not None:
            age_ms = max(0, view.snapshot.now_ms - numbers.newest_ms)
            yield PipelineSample((("topic", topic),), age_ms / MILLISECONDS)


def _lag(view: View) -> Iterable[PipelineSample]:
    for (topic, partition), events in sorted(view.snapshot.pipeline.lag.items()):
        yield PipelineSample((("topic", topic), ("partition", str(partition))), events)


def _stopped(view: View) -> Iterable[PipelineSample]:
    """A series for each partition and reason: 0 while it goes on, so that an alert ends where the stop does."""
    for (topic, partition), found in sorted(view.snapshot.pipeline.stopped.items()):
        for reason in STOP_REASONS:
            labels = (("topic", topic), ("partition", str(partition)), ("reason", reason))
            yield PipelineSample(labels, float(found == reason))


EVENT_FLOW: tuple[Pipeline, ...] = (
    Pipeline(
        name="veinte_events_applied_total",
        text=texts(
            Text(
                "Events applied",
                "Events that became part of the numbers.",
                "Records that the contract accepts, duplicates included.",
                SUM,
            ),
            Text(
                "Eventos aplicados",
                "Eventos que ya forman parte de los números.",
                "Registros que cumplen el contrato, incluidos los duplicados.",
                SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=by_topic(lambda numbers: numbers.applied),
    ),
    Pipeline(
        name="veinte_events_rejected_total",
        text=texts(
            Text(
                "Events rejected",
                "Records that were not used, by reason: dead letters, but for `unknown_type`, which is only counted.",
                "Every record that is in no number.",
                SUM,
            ),
            Text(
                "Eventos rechazados",
                "Registros que no se usaron, por motivo: van a la cola de descartes, salvo `unknown_type`, que solo se"
                " cuenta.",
                "Todo registro que no está en ningún número.",
                SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic", "reason"),
        read=_rejected,
    ),
    Pipeline(
        name="veinte_events_late_total",
        text=texts(
            Text(
                "Events too late",
                "Events whose slice was already past its retention: what they would have changed there is left out.",
                "Amounts older than what the tier of their slice keeps.",
                SUM,
            ),
            Text(
                "Eventos tardíos",
                "Eventos cuya franja ya había caducado: lo que habrían cambiado en ella queda fuera.",
                "Cantidades más antiguas de lo que se guarda en el nivel de su franja.",
                SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=by_topic(lambda numbers: numbers.late),
    ),
    Pipeline(
        name="veinte_events_aside",
        text=texts(
            Text(
                "Events aside",
                "Events far ahead of all others that wait until another contact, or their record, confirms their time.",
                'With clock = "event": events more than `clock_jump` ahead. They are in no number yet.',
                "events aside of all partitions added up",
            ),
            Text(
                "Eventos apartados",
                "Eventos muy adelantados a todos los demás que esperan a que otro contacto, o su registro, confirme su"
                " hora.",
                'Con clock = "event": eventos que se adelantan más de `clock_jump`. Aún no están en ningún número.',
                "suma de los eventos apartados de todas las particiones",
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=by_topic(lambda numbers: numbers.aside),
    ),
    Pipeline(
        name="veinte_events_lost_total",
        text=texts(
            Text(
                "Events lost",
                "Events that the broker deleted before they were read.",
                "Offsets between the stored position and the start of the log.",
                SUM,
            ),
            Text(
                "Eventos perdidos",
                "Eventos que el broker borró antes de que se leyeran.",
                "Posiciones entre la guardada y el comienzo del registro.",
                SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=by_topic(lambda numbers: numbers.lost),
    ),
    Pipeline(
        name="veinte_events_conflicting_total",
        text=texts(
            Text(
                "Events in conflict",
                "Events that contradict an earlier one, such as a second offer of a leg with another queue.",
                "Applied events; the least one in order wins.",
                SUM,
            ),
            Text(
                "Eventos contradictorios",
                "Eventos que contradicen a otro anterior, como una segunda oferta de un tramo con otra cola.",
                "Eventos aplicados; gana el primero en orden.",
                SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        read=summed(lambda numbers: numbers.conflicting),
    ),
    Pipeline(
        name="veinte_event_age_seconds",
        text=texts(
            Text(
                "Age of the newest event",
                "Time since the newest applied event happened.",
                "Topics with an applied event.",
                "now - the newest event's time",
            ),
            Text(
                "Antigüedad del último evento",
                "Tiempo desde que ocurrió el último evento aplicado.",
                "Topics con algún evento aplicado.",
                "ahora - la hora del evento más reciente",
            ),
        ),
        unit=Unit.SECONDS,
        label_names=("topic",),
        read=_event_age,
    ),
    Pipeline(
        name="veinte_consumer_lag_events",
        text=texts(
            Text(
                "Lag",
                "Events in the log that are not applied yet.",
                "Every partition that was ever read.",
                "end of the log - stored position",
            ),
            Text(
                "Retraso",
                "Eventos del registro que aún no se han aplicado.",
                "Toda partición que se haya leído alguna vez.",
                "fin del registro - posición guardada",
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic", "partition"),
        read=_lag,
    ),
    Pipeline(
        name="veinte_partition_stopped",
        text=texts(
            Text(
                "Partition stopped",
                "1 while a partition stands still until `veinte resume`: too many records in a row were refused"
                " (`refused`) or broke the code of this release (`internal`).",
                "Every partition that was ever read.",
                "1 for the reason of its stop, else 0",
            ),
            Text(
                "Partición parada",
                "1 mientras una partición está parada hasta `veinte resume`: demasiados registros seguidos rechazados"
                " (`refused`) o que hicieron fallar el código de esta versión (`internal`).",
                "Toda partición que se haya leído alguna vez.",
                "1 para el motivo de la parada; si no, 0",
            ),
        ),
        unit=Unit.FLAG,
        label_names=("topic", "partition", "reason"),
        read=_stopped,
    ),
    Pipeline(
        name="veinte_commit_conflicts_total",
        text=texts(
            Text(
                "Commits refused",
                "Commits that the fence in Redis refused, by reason.",
                "Commits of a worker that no longer owned its partition, or whose Redis had lost its tail.",
                SUM,
            ),
            Text(
                "Confirmaciones rechazadas",
                "Confirmaciones que la barrera de Redis rechazó, por motivo.",
                "Confirmaciones de un worker que ya no tenía la partición, o cuyo Redis había perdido el final.",
                SUMA,
            ),
        ),
        unit=Unit.COMMITS,
        label_names=("reason",),
        read=lambda view: by_label("reason", view.snapshot.pipeline.conflicts, CONFLICTS),
    ),
)
