"""KPIs of calls and chats: the service level and its targets, and opening hours."""

from __future__ import annotations

from metrics.catalog.detail import Lean
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
from metrics.catalog.quotients import WHO_WAITS, quotient
from metrics.catalog.words import FIRST_JUDGED, ICMI, JUDGED, JUDGED_OR_ANSWERED, Text, texts
from metrics.snapshot.amounts import amount
from metrics.snapshot.service_level import (
    CONTACT_SERVICE_LEVEL,
    CONTACTS_ABANDONED_EARLY,
    LEGS_ABANDONED_EARLY,
    Variant,
)
from metrics.snapshot.service_level import SERVICE_LEVEL as SERVICE_LEVEL_LINES
from metrics.snapshot.windows import WINDOWS
from streams.common.languages import Bilingual
from streams.facts.conversations.live import ConversationLive
from streams.facts.conversations.measures import ConversationMeasure

FORMULAS = {
    Variant.SHORT_REMOVED: Bilingual("A / (A + B - b + F + L)", "A / (A + B - b + F + L)"),
    Variant.STRICT: Bilingual("A / (A + B + F + L)", "A / (A + B + F + L)"),
    Variant.OPTIMISTIC: Bilingual("(A + B) / (A + B + F + L)", "(A + B) / (A + B + F + L)"),
    Variant.SHORT_CREDITED: Bilingual("(A + b) / (A + B + F + L)", "(A + b) / (A + B + F + L)"),
    Variant.EARLY_IGNORED: Bilingual("A / (A + F + L)", "A / (A + F + L)"),
    Variant.ANSWERED_ONLY: Bilingual("A / answered", "A / atendidos"),
}
"""The formulas of ``metrics.snapshot.service_level`` in its letters."""

SERVICE_LEVEL: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_service_level_events_total",
        text=texts(
            Text(
                "Judged",
                "Legs judged for the service level: an outcome within the target, or the target reached.",
                "Answered, abandoned, or taken out by timeout or empty within the target, and whoever reached it, even"
                " while still waiting; overflow, key and callback within the target are no event.",
            ),
            Text(
                "Evaluados",
                "Tramos evaluados para el nivel de servicio: un desenlace dentro del objetivo, o el objetivo"
                " alcanzado.",
                "Atendidos, abandonados o sacados por tiempo o sin agentes dentro del objetivo, y quien lo alcanzó,"
                " aunque siga esperando; desbordamiento, tecla y devolución dentro del objetivo no cuentan.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        lean=Lean(windows=()),
        amount=amount(
            ConversationMeasure.ANSWERED_WITHIN,
            ConversationMeasure.ABANDONED_WITHIN,
            ConversationMeasure.LEFT_WITHIN,
            ConversationMeasure.REACHED_TARGET,
        ),
        attribution=JUDGED,
        source=ICMI,
    ),
    Count(
        name="contact_center_service_level_met_total",
        text=texts(
            Text(
                "Answered within target",
                "Legs answered within the queue's target.",
                "Answered legs with a wait of at most the target: 20.000 s of 20 s is within.",
            ),
            Text(
                "Atendidos a tiempo",
                "Tramos atendidos dentro del objetivo de la cola.",
                "Tramos atendidos con una espera no mayor que el objetivo: 20,000 s de 20 s está dentro.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        lean=Lean(windows=()),
        amount=amount(ConversationMeasure.ANSWERED_WITHIN),
        attribution=JUDGED,
        source=ICMI,
    ),
    Ratio(
        name="contact_center_service_level_ratio",
        text=texts(
            Text(
                "Service level",
                "Share of legs answered within the queue's target; the variants differ in how abandons count.",
                "A answered, B abandoned, b short-abandoned (part of B), F taken out by timeout or empty, each within"
                " the target; L reached the target, answered later or not. `short_removed` is what boards show. Where"
                " all that was offered hung up within the limit of a short abandon there is no ratio to show, and the"
                " state is `abandoned_early`.",
            ),
            Text(
                "Nivel de servicio",
                "Proporción de tramos atendidos dentro del objetivo de la cola; las variantes difieren en los"
                " abandonos.",
                "A atendidos, B abandonados, b abandonos cortos (parte de B), F sacados por tiempo o sin agentes, todos"
                " dentro del objetivo; L alcanzaron el objetivo, se atendieran después o no. Los paneles muestran"
                " `short_removed`. Si todo lo ofrecido colgó dentro del límite de un abandono corto, no hay proporción"
                " y el estado es `abandoned_early`.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        lean=Lean(windows=("today",), series={(("variant", Variant.SHORT_REMOVED.value),): WINDOWS}),
        report="service_level",
        series=tuple(
            quotient(
                *line,
                # Past the target a leg is judged, but nobody has answered it.
                pending=WHO_WAITS if variant is Variant.ANSWERED_ONLY else (ConversationLive.UNDECIDED,),
                words=FORMULAS[variant],
                early=LEGS_ABANDONED_EARLY,
                variant=variant.value,
            )
            for variant, line in SERVICE_LEVEL_LINES.items()
        ),
        attribution=JUDGED_OR_ANSWERED,
        source=ICMI,
    ),
    Ratio(
        name="contact_center_contact_service_level_ratio",
        text=texts(
            Text(
                "Service level of contacts",
                "Share of contacts answered on any leg within the first queue's target, short abandons removed.",
                "One event a contact, from its first offer to its first answer on any leg; A, B, b, F and L as in the"
                " service level, of whole contacts.",
            ),
            Text(
                "Nivel de servicio por contacto",
                "Proporción de contactos atendidos en cualquier tramo dentro del objetivo de la primera cola, sin los"
                " abandonos cortos.",
                "Un evento por contacto, de su primera entrada en cola a la primera respuesta en cualquier tramo; A,"
                " B, b, F y L como en el nivel de servicio, de contactos enteros.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        series=(
            quotient(
                *CONTACT_SERVICE_LEVEL,
                pending=(ConversationLive.CONTACTS_UNDECIDED,),
                words=FORMULAS[Variant.SHORT_REMOVED],
                early=CONTACTS_ABANDONED_EARLY,
            ),
        ),
        attribution=FIRST_JUDGED,
        source=ICMI,
    ),
    Setting(
        name="contact_center_service_level_objective_ratio",
        text=texts(
            Text(
                "Service level objective",
                "The share promised for the queue.",
                "Every known queue of calls and chats.",
                "the setting `objective` in force",
            ),
            Text(
                "Meta de nivel de servicio",
                "La proporción comprometida para la cola.",
                "Todas las colas conocidas de llamadas y chats.",
                "el ajuste `objective` en vigor",
            ),
        ),
        unit=Unit.RATIO,
        channels=CALLS_AND_CHATS,
        setting="objective",
    ),
    Setting(
        name="contact_center_service_level_target_seconds",
        text=texts(
            Text(
                "Service level target",
                "The wait within which an answer counts as in time.",
                "Every known queue of calls and chats.",
                "the setting `target_seconds` in force",
            ),
            Text(
                "Objetivo de espera",
                "La espera dentro de la cual una respuesta cuenta como a tiempo.",
                "Todas las colas conocidas de llamadas y chats.",
                "el ajuste `target_seconds` en vigor",
            ),
        ),
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        setting="target_seconds",
    ),
    OpeningKpi(
        name="contact_center_queue_open",
        text=texts(
            Text(
                "Open",
                "1 while the queue is open by its calendar, 0 outside its opening hours.",
                "Configured queues; one without a calendar is always open.",
                "the calendar of the policy in force, now",
            ),
            Text(
                "Abierta",
                "1 mientras la cola está abierta según su calendario, 0 fuera de horario.",
                "Colas configuradas; una cola sin calendario está siempre abierta.",
                "el calendario de la política en vigor, ahora",
            ),
        ),
        channels=EVERY_CHANNEL,
    ),
)
