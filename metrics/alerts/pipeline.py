"""Rules about the pipeline itself, for numbers that cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.alerts.model import Alert, Audience, Group, Past, Severity
from metrics.alerts.promql import BLIND, CLOSED, JUST_OPENED, exact, lines, of, summed
from streams.common.durations import DAY_MS, SECOND_MS
from streams.common.languages import Bilingual
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.contract.topics import INPUTS
from streams.store.standing import INTERNAL, REFUSED

QUIET_SECONDS = 900
SPEAKING_SECONDS = 300
QUIET_TOPICS = "calls|chats"
"""Topics with a usual number of events for each quarter of an hour."""
QUIET_TICKETS = 40
"""Mean number of tickets over four weeks from which silence is an alert: fewer may be missing by chance at night."""
FOUR_WEEKS_SECONDS = 28 * DAY_MS // SECOND_MS


def pipeline_group(settings: Settings) -> Group:
    """Alerts for the operators of the system."""
    return Group(name="veinte-pipeline", alerts=(*_sight(), *_flow(settings)))


def _sight() -> Iterator[Alert]:
    yield Alert(
        name="VeinteExporterGone",
        expr="absent(veinte_snapshot_age_seconds)",
        for_="2m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Veinte's exporter is gone: there are no numbers at all",
            "El exporter de Veinte no está: no hay ningún número",
        ),
        description=Bilingual(
            "Prometheus has had nothing from it for 2 minutes, so no other alert can be believed. Start it, or find out"
            " why it cannot be reached.",
            "Prometheus no recibe nada de él desde hace 2 minutos, así que ningún otro aviso es fiable. Arránquelo, o"
            " averigüe por qué no se llega a él.",
        ),
    )
    yield Alert(
        name="VeinteBlind",
        expr=f"{of('veinte_blind', ('channel',))} == 1",
        for_="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Veinte is blind to <contacts>: their numbers cannot be trusted",
            "Veinte está a ciegas (<contacts>): sus números no son fiables",
        ),
        description=Bilingual(
            "The reason: <blindness> Alerts about the service of this channel are held back meanwhile.",
            "El motivo: <blindness> Mientras tanto se retienen los avisos sobre el servicio de este canal.",
        ),
    )
    yield Alert(
        name="VeinteRepeatsBlind",
        expr="max(veinte_repeats_blind) == 1",
        for_="5m",
        severity=Severity.TICKET,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Veinte is blind to repeats: who called again is not known",
            "Veinte no ve las repeticiones: no se sabe quién volvió a llamar",
        ),
        description=Bilingual(
            "The reason: <blindness_of_repeats> Repeats, redials and resolution by repeat window stand still; all else"
            " goes on.",
            "El motivo: <blindness_of_repeats> Repeticiones, rellamadas y resolución por ventana están paradas; lo"
            " demás sigue.",
        ),
    )


def _standing_still() -> Iterator[Alert]:
    """Partitions that stand still, and records set aside because they broke our code."""
    stopped = of("veinte_partition_stopped", ("topic", "partition", "reason"))
    yield Alert(
        name="VeintePartitionStopped",
        expr=f"{stopped} == 1",
        for_="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Partition <partition> of <topic> stands still (<reason>)",
            "La partición <partition> de <topic> está parada (<reason>)",
        ),
        description=Bilingual(
            f"Too many records in a row were refused ({REFUSED}) or broke the code of this release ({INTERNAL}). Its"
            " numbers stand; the other partitions go on. Mend the producer, the settings or the release, then"
            " `veinte resume <topic>/<partition>`.",
            f"Demasiados registros seguidos se rechazaron ({REFUSED}) o hicieron fallar el código de esta versión"
            f" ({INTERNAL}). Sus números no avanzan; las demás particiones siguen. Corrija el productor, la"
            " configuración o la versión y ejecute `veinte resume <topic>/<partition>`.",
        ),
    )
    yield Alert(
        name="VeinteInternalFault",
        expr=f'max by (topic) (increase(veinte_events_rejected_total{{reason="{INTERNAL}"}}[15m])) > 0',
        keep_firing_for="15m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Records of <topic> break Veinte's own code and are set aside",
            "Registros de <topic> hacen fallar el código de Veinte y se apartan",
        ),
        description=Bilingual(
            "About <number> in 15 minutes may be sound but are in no number. The topic <topic>.dead holds them with the"
            " last line of the traceback: report it.",
            "Unos <number> en 15 minutos pueden ser correctos pero no están en ningún número. El topic <topic>.dead los"
            " guarda con la última línea del error: comuníquela.",
        ),
    )


def _quiet(settings: Settings) -> Iterator[Alert]:
    """A topic without events while the other topics have some: the source is at fault, not the pipeline."""
    speaking = f'and on () min(veinte_event_age_seconds{{topic=~"{"|".join(INPUTS)}"}}) < {SPEAKING_SECONDS}'
    age = of("veinte_event_age_seconds", ("topic",), topic=f"=~{QUIET_TOPICS}")
    usual = f"({of('contact_center_contacts_expected', window='15m')} {CLOSED})"
    summary = Bilingual(
        "No event of <topic> for <duration>, while other sources speak",
        "Ningún evento del topic <topic> desde hace <duration>, mientras otros orígenes hablan",
    )
    yield Alert(
        name="VeinteSourceQuiet",
        expr=lines(
            f'label_replace({age}, "channel", "$1", "topic", "(.*)s") > {QUIET_SECONDS}',
            f"and on (channel) sum by (channel) {usual} >= {exact(settings.alert_usual)}",
            speaking,
            BLIND,
        ),
        for_="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=summary,
        description=Bilingual(
            "Queues of this channel are open and usually busy at this time. The system that sends these events, or its"
            " way to Kafka, has stopped.",
            "Hay colas de este canal abiertas y a esta hora suelen tener trabajo. El sistema que envía estos eventos, o"
            " su camino hasta Kafka, se ha parado.",
        ),
    )
    age = f'label_replace({of("veinte_event_age_seconds", ("topic",), topic="tickets")}, "channel", "ticket", "", "")'
    opened = f"({summed('contact_center_tickets_opened', 'medium', window='28d')} {JUST_OPENED})"
    yield Alert(
        name="VeinteTicketsQuiet",
        expr=lines(
            age,
            f"and on (channel) {age} * on (channel) sum by (channel) {opened} / {FOUR_WEEKS_SECONDS} > {QUIET_TICKETS}",
            speaking,
            BLIND,
        ),
        for_="5m",
        severity=Severity.TICKET,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=summary,
        description=Bilingual(
            f"In that time the open queues usually get over {QUIET_TICKETS} new tickets, by the mean of four weeks."
            " The help desk, its mailbox or its way to Kafka has stopped.",
            f"En ese tiempo suelen entrar más de {QUIET_TICKETS} tickets nuevos en las colas abiertas, según la media"
            " de cuatro semanas. Se ha parado el sistema de tickets, su buzón o su camino hasta Kafka.",
        ),
    )


def _flow(settings: Settings) -> Iterator[Alert]:
    yield from _quiet(settings)
    yield Alert(
        name="VeinteLag",
        expr=f"{summed('veinte_consumer_lag_events', 'partition', by=('topic',))} >= {settings.alert_lag}",
        for_="5m",
        severity=Severity.TICKET,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Veinte is <number> events of <topic> behind",
            "Veinte lleva <number> eventos de <topic> de retraso",
        ),
        description=Bilingual(
            "The workers do not keep up with what comes, or one has stopped. Another worker takes over a share of the"
            " partitions.",
            "Los workers no dan abasto con lo que llega, o alguno se ha parado. Otro worker se queda con parte de las"
            " particiones.",
        ),
    )
    yield from _standing_still()
    yield Alert(
        name="VeinteNumbersDiffer",
        expr=f"{of('veinte_reconcile_difference', ('topic',))} > 0",
        severity=Severity.TICKET,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "<number> numbers of <topic> differ from a recount of its events",
            "<number> números de <topic> difieren del recuento de sus eventos",
        ),
        description=Bilingual(
            "`veinte reconcile` recomputed the numbers from Kafka and found others in Redis. Run it again for the list;"
            " `veinte rebuild` counts all events anew.",
            "`veinte reconcile` recalculó los números desde Kafka y encontró otros en Redis. Ejecútelo de nuevo para"
            " ver la lista; `veinte rebuild` vuelve a contar todos los eventos.",
        ),
    )
    dead = "|".join(sorted({*SKIPPED, INTERNAL}))
    yield Alert(
        name="VeinteDeadLetters",
        expr=f'max by (topic, reason) (increase(veinte_events_rejected_total{{reason!~"{dead}"}}[15m])) > 0',
        keep_firing_for="15m",
        severity=Severity.TICKET,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Records of <topic> are refused: <reason>",
            "Se rechazan registros de <topic>: <reason>",
        ),
        description=Bilingual(
            "About <number> in 15 minutes went to the dead letters and are in no number. The topic <topic>.dead holds"
            " them with the reason in their headers.",
            "Unos <number> en 15 minutos acabaron en el topic de descartes y no están en ningún número. El topic"
            " <topic>.dead los guarda con el motivo en las cabeceras.",
        ),
    )
