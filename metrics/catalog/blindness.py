"""Blindness: age of the numbers, and the reason why they cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.catalog.model import Pipeline, PipelineSample, Unit
from metrics.catalog.pipeline_samples import MILLISECONDS
from metrics.catalog.words import Text, texts
from metrics.planning.view import View
from metrics.snapshot.blindness import BLIND_REASONS
from streams.common.vocabulary import Channel
from streams.contract.topics import TOPIC_OF, Topic


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


BLINDNESS: tuple[Pipeline, ...] = (
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
)
