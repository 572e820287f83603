"""KPIs of calls and chats: the service level and its promise; whether a queue is open."""

from __future__ import annotations

from collections.abc import Callable

from metrics.catalog.model import (
    CALLS_AND_CHATS,
    EVERY_CHANNEL,
    Count,
    OpeningKpi,
    QueueKpi,
    Ratio,
    Setting,
    Unit,
)
from metrics.catalog.quotients import Division, Series, amount, who_waits
from metrics.catalog.words import FIRST_JUDGED, ICMI, JUDGED, JUDGED_OR_ANSWERED, Bilingual
from metrics.snapshot.service_level import Variant, contact_service_level, service_level
from metrics.snapshot.snapshot import LiveNumbers
from streams.numbers.measures import Measure

FORMULAS = {
    Variant.SHORT_REMOVED: Bilingual("A / (A + B - b + F + L)", "A / (A + B - b + F + L)"),
    Variant.STRICT: Bilingual("A / (A + B + F + L)", "A / (A + B + F + L)"),
    Variant.OPTIMISTIC: Bilingual("(A + B) / (A + B + F + L)", "(A + B) / (A + B + F + L)"),
    Variant.SHORT_CREDITED: Bilingual("(A + b) / (A + B + F + L)", "(A + b) / (A + B + F + L)"),
    Variant.EARLY_IGNORED: Bilingual("A / (A + F + L)", "A / (A + F + L)"),
    Variant.ANSWERED_ONLY: Bilingual("A / answered", "A / atendidos"),
}
"""A answered, B abandoned, b short-abandoned (part of B), F taken out by timeout or empty, each within the target;
L reached the target. The computation is in ``metrics.snapshot.service_level``."""


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
    series=(Series((), FORMULAS[Variant.SHORT_REMOVED], pending=lambda live: live.contacts_undecided),),
    divide=lambda counts: (contact_service_level(counts),),
)

SERVICE_LEVEL: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_service_level_events_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ANSWERED_WITHIN, Measure.ABANDONED_WITHIN, Measure.LEFT_WITHIN, Measure.REACHED_TARGET),
        attribution=JUDGED,
        source=ICMI,
    ),
    Count(
        name="contact_center_service_level_met_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ANSWERED_WITHIN),
        attribution=JUDGED,
        source=ICMI,
    ),
    Ratio(
        name="contact_center_service_level_ratio",
        channels=CALLS_AND_CHATS,
        labels=("variant",),
        division=SERVICE_LEVELS,
        attribution=JUDGED_OR_ANSWERED,
        source=ICMI,
    ),
    Ratio(
        name="contact_center_contact_service_level_ratio",
        channels=CALLS_AND_CHATS,
        division=CONTACT_SERVICE_LEVEL,
        attribution=FIRST_JUDGED,
        source=ICMI,
    ),
    Setting(
        name="contact_center_service_level_objective_ratio",
        unit=Unit.RATIO,
        channels=CALLS_AND_CHATS,
        read=lambda queue: queue.objective,
    ),
    Setting(
        name="contact_center_service_level_target_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        read=lambda queue: queue.target_seconds,
    ),
    OpeningKpi(name="contact_center_queue_open", channels=EVERY_CHANNEL),
)
