"""KPIs of calls and chats: the service level and its promise."""

from __future__ import annotations

from collections.abc import Callable

from metrics.catalog.model import (
    CALLS_AND_CHATS,
    Count,
    Division,
    QueueKpi,
    Ratio,
    Series,
    Setting,
    Unit,
    amount,
    texts,
    who_waits,
)
from metrics.service_level import Variant, contact_service_level, service_level
from metrics.snapshot import LiveNumbers
from streams.measures import Measure

ICMI = "ICMI, service level variants"
EVENT = "the event; offered + target where the target was reached"
FORMULAS = {
    Variant.SHORT_REMOVED: "A / (A + B - b + F + L)",
    Variant.STRICT: "A / (A + B + F + L)",
    Variant.OPTIMISTIC: "(A + B) / (A + B + F + L)",
    Variant.SHORT_CREDITED: "(A + b) / (A + B + F + L)",
    Variant.EARLY_IGNORED: "A / (A + F + L)",
    Variant.ANSWERED_ONLY: "A / answered",
}
"""A answered, B abandoned, b short-abandoned (part of B), F taken out by timeout or empty, each within the target;
L reached the target. The computation is in ``metrics.service_level``."""


def _pending(variant: Variant) -> Callable[[LiveNumbers], int]:
    """Past the target a leg is judged, but nobody has answered it."""
    return who_waits if variant is Variant.ANSWERED_ONLY else lambda live: live.undecided


SERVICE_LEVELS = Division(
    series=tuple(
        Series((("variant", variant.value),), formula, pending=_pending(variant))
        for variant, formula in FORMULAS.items()
    ),
    divide=lambda counts: map(service_level(counts).__getitem__, FORMULAS),
)
CONTACT_SERVICE_LEVEL = Division(
    series=(Series((), "of contacts: A / (A + B - b + F + L)", pending=lambda live: live.contacts_undecided),),
    divide=lambda counts: (contact_service_level(counts),),
)

SERVICE_LEVEL: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_service_level_events_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ANSWERED_WITHIN, Measure.ABANDONED_WITHIN, Measure.LEFT_WITHIN, Measure.REACHED_TARGET),
        attribution=EVENT,
        source=ICMI,
        text=texts(
            "Judged",
            "Legs judged for the service level: an outcome within the target, or the target reached.",
            "Evaluados",
            "Tramos evaluados para el nivel de servicio: un desenlace dentro del objetivo, o el objetivo superado.",
        ),
    ),
    Count(
        name="contact_center_service_level_met_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ANSWERED_WITHIN),
        attribution=EVENT,
        source=ICMI,
        text=texts(
            "Answered within target",
            "Legs answered within the queue's target.",
            "Atendidos a tiempo",
            "Tramos atendidos dentro del objetivo de la cola.",
        ),
    ),
    Ratio(
        name="contact_center_service_level_ratio",
        channels=CALLS_AND_CHATS,
        labels=("variant",),
        division=SERVICE_LEVELS,
        attribution="the event; for answered_only the answer",
        source=ICMI,
        text=texts(
            "Service level",
            "Share of legs answered within the queue's target; the variants differ in how abandons count.",
            "Nivel de servicio",
            "Proporción de tramos atendidos dentro del objetivo de la cola; las variantes difieren en cómo cuentan"
            " los abandonos.",
        ),
    ),
    Ratio(
        name="contact_center_contact_service_level_ratio",
        channels=CALLS_AND_CHATS,
        division=CONTACT_SERVICE_LEVEL,
        attribution="the event; first offered + target where the target was reached",
        source=ICMI,
        text=texts(
            "Service level of contacts",
            "Share of contacts answered on any leg within the first queue's target, short abandons removed.",
            "Nivel de servicio por contacto",
            "Proporción de contactos atendidos en cualquier tramo dentro del objetivo de la primera cola, sin los"
            " abandonos cortos.",
        ),
    ),
    Setting(
        name="contact_center_service_level_objective_ratio",
        unit=Unit.RATIO,
        channels=CALLS_AND_CHATS,
        read=lambda queue: queue.objective,
        text=texts(
            "Service level objective",
            "The share promised for the queue.",
            "Meta de nivel de servicio",
            "La proporción comprometida para la cola.",
        ),
    ),
    Setting(
        name="contact_center_service_level_target_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        read=lambda queue: queue.target_seconds,
        text=texts(
            "Service level target",
            "The wait within which an answer counts as in time.",
            "Objetivo de espera",
            "La espera dentro de la cual una respuesta cuenta como a tiempo.",
        ),
    ),
)
