"""Quality of the numbers: folded labels, stale and incomplete contacts, and the result of the last recount."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.catalog.model import Pipeline, PipelineSample, Unit
from metrics.catalog.pipeline_samples import MILLISECONDS, SUM, SUMA, by_label, summed
from metrics.catalog.words import Text, texts
from metrics.planning.view import View
from streams.access.tokens import Refusal
from streams.facts.conversations.live import ConversationLive
from streams.store.registry import DIMENSION_LIMITS

FOLDED_LABELS = ("queue", *DIMENSION_LIMITS)


def _folded(view: View) -> Iterable[PipelineSample]:
    sums: dict[str, int] = {}
    for numbers in view.snapshot.pipeline.topics.values():
        for label, amount in numbers.folded.items():
            sums[label] = sums.get(label, 0) + amount
    return by_label("label", sums, FOLDED_LABELS)


def _refused_requests(view: View) -> Iterable[PipelineSample]:
    return by_label("reason", view.refused_requests, Refusal)


def _folded_queues(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), view.folded_queues),)


def _stale(view: View) -> Iterable[PipelineSample]:
    return (PipelineSample((), sum(row.live[ConversationLive.STALE] for row in view.snapshot.rows.values())),)


def _reconcile_differences(view: View) -> Iterable[PipelineSample]:
    for topic, result in view.snapshot.pipeline.reconciled.items():
        yield PipelineSample((("topic", topic),), result.differences)


def _reconcile_age(view: View) -> Iterable[PipelineSample]:
    for topic, result in view.snapshot.pipeline.reconciled.items():
        age_ms = max(0, view.snapshot.wall_ms - result.at_ms) + view.age_ms
        yield PipelineSample((("topic", topic),), age_ms / MILLISECONDS)


DATA_QUALITY: tuple[Pipeline, ...] = (
    Pipeline(
        name="veinte_labels_folded_total",
        text=texts(
            Text(
                "Contributions folded",
                "Contributions to the numbers that were counted under `other`, because their label came past its"
                " limit.",
                "Queues, topics, teams, kinds and agents past the limit of a partition.",
                SUM,
            ),
            Text(
                "Aportaciones agrupadas",
                "Aportaciones a los números que se contaron bajo `other`, porque su etiqueta superó el límite.",
                "Colas, temas, equipos, tipos y agentes que superan el límite de una partición.",
                SUMA,
            ),
        ),
        unit=Unit.CONTRIBUTIONS,
        label_names=("label",),
        read=_folded,
    ),
    Pipeline(
        name="veinte_series_folded_queues",
        text=texts(
            Text(
                "Queues folded by a scrape",
                "Queues that /metrics shows under `other`, because it would have more series than series_limit.",
                "Queues of a channel in the last scrape of this exporter; the API and the wallboard keep their names.",
                "queues past the limit, those that no setting names first",
            ),
            Text(
                "Colas agrupadas en /metrics",
                "Colas que /metrics muestra bajo `other`, porque tendría más series que series_limit.",
                "Colas de un canal en la última lectura de este exportador; la API y el panel conservan sus nombres.",
                "colas que superan el límite, primero las que ningún ajuste nombra",
            ),
        ),
        unit=Unit.QUEUES,
        read=_folded_queues,
    ),
    Pipeline(
        name="veinte_requests_refused_total",
        text=texts(
            Text(
                "Requests refused",
                "Requests for a page of the exporter that were not answered, because their sender may not see it.",
                "Requests of this exporter since it started; why each was refused: docs/access.md.",
                "refusals by reason",
            ),
            Text(
                "Peticiones rechazadas",
                "Peticiones de páginas del exportador que no se respondieron, porque quien las envía no puede verlas.",
                "Peticiones a este exportador desde su inicio; el porqué de cada rechazo: docs/access.md.",
                "rechazos por motivo",
            ),
        ),
        unit=Unit.REQUESTS,
        label_names=("reason",),
        read=_refused_requests,
        moves=True,
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
        read=summed(lambda numbers: numbers.incomplete),
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
