"""Numbers of the pipeline about itself: applied, refused, late and lost events, lag and watermark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from metrics.catalog.model import Pipeline, PipelineSample, Unit
from metrics.catalog.words import Text, texts
from metrics.planning.view import View
from metrics.snapshot.blindness import BLIND_REASONS
from metrics.snapshot.snapshot import TopicNumbers
from streams.common.vocabulary import Channel
from streams.contract.decoding import REASONS
from streams.contract.topics import TOPIC_OF, Topic
from streams.facts.conversations.live import ConversationLive
from streams.store.registry import DIMENSION_LIMITS
from streams.store.standing import STOP_REASONS

MILLISECONDS = 1_000
CONFLICTS = ("moved", "emptied", "owner")
"""Reasons of ``commit.lua`` to refuse a commit."""
FOLDED_LABELS = ("queue", *DIMENSION_LIMITS)
_SUM = "counters of all partitions added up"
_SUMA = "suma de los contadores de todas las particiones"


def _by_topic(read: Callable[[TopicNumbers], int]) -> Callable[[View], Iterable[PipelineSample]]:
    """A series a topic."""

    def samples(view: View) -> Iterable[PipelineSample]:
        for topic, numbers in view.snapshot.pipeline.topics.items():
            yield PipelineSample((("topic", topic),), read(numbers))

    return samples


def _with_zeros(amounts: Mapping[str, int], known: Iterable[str]) -> dict[str, int]:
    """``amounts`` by name, with 0 for known names: ``increase()`` misses the first sample of a new series."""
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


def _stopped(view: View) -> Iterable[PipelineSample]:
    """A series for each partition and reason: 0 while it goes on, so that an alert ends where the stop does."""
    for (topic, partition), found in sorted(view.snapshot.pipeline.stopped.items()):
        for reason in STOP_REASONS:
            labels = (("topic", topic), ("partition", str(partition)), ("reason", reason))
            yield PipelineSample(labels, float(found == reason))


def _folded(view: View) -> Iterable[PipelineSample]:
    sums: dict[str, int] = {}
    for numbers in view.snapshot.pipeline.topics.values():
        for label, amount in numbers.folded.items():
            sums[label] = sums.get(label, 0) + amount
    return _by("label", sums, FOLDED_LABELS)


def _stale(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), sum(row.live[ConversationLive.STALE] for row in view.snapshot.rows.values())),)


def _summed(read: Callable[[TopicNumbers], int]) -> Callable[[View], Iterable[PipelineSample]]:
    """One series without labels, the sum over topics."""

    def samples(view: View) -> Iterable[PipelineSample]:
        return (PipelineSample((), sum(map(read, view.snapshot.pipeline.topics.values()))),)

    return samples


def _reconcile_differences(view: View) -> Iterable[PipelineSample]:
    for topic, result in view.snapshot.pipeline.reconciled.items():
        yield PipelineSample((("topic", topic),), result.differences)


def _reconcile_age(view: View) -> Iterable[PipelineSample]:
    for topic, result in view.snapshot.pipeline.reconciled.items():
        age_ms = max(0, view.snapshot.wall_ms - result.at_ms) + view.age_ms
        yield PipelineSample((("topic", topic),), age_ms / MILLISECONDS)


def _snapshot_age(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), view.age_ms / MILLISECONDS),)


def _blind(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((("channel", channel),), float(bool(view.blind_reason(channel)))) for channel in Channel)


def _blind_reason(view: View) -> Iterable[PipelineSample]:
    """One series for each topic and reason, 1 where it is the reason in force."""
    reasons = {TOPIC_OF[channel]: view.blind_reason(channel) for channel in Channel}
    reasons[Topic.CONTACTS] = view.outcomes_blind_reason
    return (
        PipelineSample((("topic", topic), ("reason", known)), float(known == reason))
        for topic, reason in reasons.items()
        for known in BLIND_REASONS
    )


def _repeats_blind(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), float(bool(view.outcomes_blind_reason))),)


PIPELINE: tuple[Pipeline, ...] = (
    Pipeline(
        name="veinte_events_applied_total",
        text=texts(
            Text(
                "Events applied",
                "Events that became part of the numbers.",
                "Records that the contract accepts, duplicates included.",
                _SUM,
            ),
            Text(
                "Eventos aplicados",
                "Eventos que ya forman parte de los números.",
                "Registros que cumplen el contrato, incluidos los duplicados.",
                _SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=_by_topic(lambda numbers: numbers.applied),
    ),
    Pipeline(
        name="veinte_events_rejected_total",
        text=texts(
            Text(
                "Events rejected",
                "Records that were not used, by reason: dead letters, but for `unknown_type`, which is only counted.",
                "Every record that is in no number.",
                _SUM,
            ),
            Text(
                "Eventos rechazados",
                "Registros que no se usaron, por motivo: van a la cola de descartes, salvo `unknown_type`, que solo se"
                " cuenta.",
                "Todo registro que no está en ningún número.",
                _SUMA,
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
                _SUM,
            ),
            Text(
                "Eventos tardíos",
                "Eventos cuya franja ya había caducado: lo que habrían cambiado en ella queda fuera.",
                "Cantidades más antiguas de lo que se guarda en el nivel de su franja.",
                _SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=_by_topic(lambda numbers: numbers.late),
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
        read=_by_topic(lambda numbers: numbers.aside),
    ),
    Pipeline(
        name="veinte_events_lost_total",
        text=texts(
            Text(
                "Events lost",
                "Events that the broker deleted before they were read.",
                "Offsets between the stored position and the start of the log.",
                _SUM,
            ),
            Text(
                "Eventos perdidos",
                "Eventos que el broker borró antes de que se leyeran.",
                "Posiciones entre la guardada y el comienzo del registro.",
                _SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        label_names=("topic",),
        read=_by_topic(lambda numbers: numbers.lost),
    ),
    Pipeline(
        name="veinte_events_conflicting_total",
        text=texts(
            Text(
                "Events in conflict",
                "Events that contradict an earlier one, such as a second offer of a leg with another queue.",
                "Applied events; the least one in order wins.",
                _SUM,
            ),
            Text(
                "Eventos contradictorios",
                "Eventos que contradicen a otro anterior, como una segunda oferta de un tramo con otra cola.",
                "Eventos aplicados; gana el primero en orden.",
                _SUMA,
            ),
        ),
        unit=Unit.EVENTS,
        read=_summed(lambda numbers: numbers.conflicting),
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
                _SUM,
            ),
            Text(
                "Confirmaciones rechazadas",
                "Confirmaciones que la barrera de Redis rechazó, por motivo.",
                "Confirmaciones de un worker que ya no tenía la partición, o cuyo Redis había perdido el final.",
                _SUMA,
            ),
        ),
        unit=Unit.COMMITS,
        label_names=("reason",),
        read=lambda view: _by("reason", view.snapshot.pipeline.conflicts, CONFLICTS),
    ),
    Pipeline(
        name="veinte_snapshot_age_seconds",
        text=texts(
            Text(
                "Age of the numbers",
                "Time since Redis was last read.",
                "The exporter's own readings.",
                "wall clock - the last reading",
            ),
            Text(
                "Antigüedad de los números",
                "Tiempo desde la última lectura de Redis.",
                "Las lecturas del propio exporter.",
                "reloj de pared - última lectura",
            ),
        ),
        unit=Unit.SECONDS,
        read=_snapshot_age,
        moves=True,
    ),
    Pipeline(
        name="veinte_blind",
        text=texts(
            Text(
                "Blind",
                "1 while the numbers of the channel cannot be trusted.",
                "Every channel; `veinte_blind_reason` says why.",
                "1 where there is a reason",
            ),
            Text(
                "A ciegas",
                "1 mientras no se puede confiar en los números del canal.",
                "Todos los canales; `veinte_blind_reason` dice por qué.",
                "1 si hay un motivo",
            ),
        ),
        unit=Unit.FLAG,
        label_names=("channel",),
        read=_blind,
        moves=True,
    ),
    Pipeline(
        name="veinte_repeats_blind",
        text=texts(
            Text(
                "Repeats blind",
                "1 while repeats, redials and resolution by repeat window cannot be trusted, whatever the channel.",
                "The topic of outcomes, by the same rules as a channel.",
                "1 where any of these holds",
            ),
            Text(
                "Repeticiones a ciegas",
                "1 mientras no se puede confiar en repeticiones, rellamadas ni resolución por ventana, sea cual sea el"
                " canal.",
                "El topic de desenlaces, con las mismas reglas que un canal.",
                "1 si se da cualquiera de esos casos",
            ),
        ),
        unit=Unit.FLAG,
        read=_repeats_blind,
        moves=True,
    ),
    Pipeline(
        name="veinte_blind_reason",
        text=texts(
            Text(
                "Reason of blindness",
                "Why the numbers of a topic cannot be trusted: "
                + "; ".join(f"`{each.name}`: {each.why.en}" for each in BLIND_REASONS.values())
                + ".",
                "Every topic; `contacts` is that of repeats.",
                "1 for the gravest reason of a blind topic, 0 for the others",
            ),
            Text(
                "Motivo de la ceguera",
                "Por qué no se puede confiar en los números de un topic: "
                + "; ".join(f"`{each.name}`: {each.why.es}" for each in BLIND_REASONS.values())
                + ".",
                "Todos los topics; `contacts` es el de las repeticiones.",
                "1 para el motivo más grave de un topic a ciegas, 0 para los demás",
            ),
        ),
        unit=Unit.FLAG,
        label_names=("topic", "reason"),
        read=_blind_reason,
        moves=True,
    ),
    Pipeline(
        name="veinte_labels_folded_total",
        text=texts(
            Text(
                "Contributions folded",
                "Contributions to the numbers that were counted under `other`, because their label came past its"
                " limit.",
                "Queues, topics, teams, kinds and agents past the limit of a partition.",
                _SUM,
            ),
            Text(
                "Aportaciones agrupadas",
                "Aportaciones a los números que se contaron bajo `other`, porque su etiqueta superó el límite.",
                "Colas, temas, equipos, tipos y agentes que superan el límite de una partición.",
                _SUMA,
            ),
        ),
        unit=Unit.CONTRIBUTIONS,
        label_names=("label",),
        read=_folded,
    ),
    Pipeline(
        name="veinte_ghost_contacts",
        text=texts(
            Text(
                "Stale legs",
                "Legs that have waited or talked for so long without an event that nobody believes in them.",
                "Legs without an outcome for 60 min, or without an end for 4 h (settings of the queue).",
                "stale legs of all rows added up",
            ),
            Text(
                "Tramos caducados",
                "Tramos que llevan tanto tiempo sin ningún evento que ya nadie cree que sigan ahí.",
                "Tramos sin desenlace durante 60 min, o sin final durante 4 h (ajustes de la cola).",
                "suma de los tramos caducados de todas las filas",
            ),
        ),
        unit=Unit.LEGS,
        read=_stale,
    ),
    Pipeline(
        name="veinte_incomplete_contacts",
        text=texts(
            Text(
                "Incomplete contacts",
                "Contacts with an outcome whose beginning has not come.",
                "Contacts whose events add nothing until another one comes.",
                "incomplete contacts of all partitions added up",
            ),
            Text(
                "Contactos incompletos",
                "Contactos con desenlace cuyo comienzo no ha llegado.",
                "Contactos cuyos eventos no suman nada hasta que llegue otro.",
                "suma de los contactos incompletos de todas las particiones",
            ),
        ),
        unit=Unit.CONTACTS,
        read=_summed(lambda numbers: numbers.incomplete),
    ),
    Pipeline(
        name="veinte_reconcile_difference",
        text=texts(
            Text(
                "Amounts that differ",
                "Amounts in Redis that differed from a recount of the events when `veinte reconcile` last ran.",
                "Topics that it compared; see docs/reconcile.md.",
                "amounts of its range that are stored otherwise than recounted",
            ),
            Text(
                "Cantidades que difieren",
                "Cantidades de Redis que no coincidían con el recuento de los eventos en el último `veinte reconcile`.",
                "Los topics que comparó; véase docs/reconcile.md.",
                "cantidades de su rango guardadas con otro valor que el recontado",
            ),
        ),
        unit=Unit.AMOUNTS,
        label_names=("topic",),
        read=_reconcile_differences,
    ),
    Pipeline(
        name="veinte_reconcile_age_seconds",
        text=texts(
            Text(
                "Age of the last recount",
                "Time since `veinte reconcile` last compared the numbers of a topic with its events.",
                "Topics that it ever compared.",
                "wall clock - the end of its last run",
            ),
            Text(
                "Antigüedad del último recuento",
                "Tiempo desde que `veinte reconcile` comparó por última vez los números de un topic con sus eventos.",
                "Los topics que comparó alguna vez.",
                "reloj de pared - fin de su última ejecución",
            ),
        ),
        unit=Unit.SECONDS,
        label_names=("topic",),
        read=_reconcile_age,
        moves=True,
    ),
)
