"""Rules about the pipeline itself: whether the numbers can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.alerts.model import Alert, Audience, Group, Past, Severity
from metrics.alerts.promql import CLOSED, lines, of, summed
from metrics.catalog.words import Bilingual
from streams.intake import SKIPPED
from streams.settings import Settings
from streams.topics import INPUTS

QUIET_SECONDS = 900
SPEAKING_SECONDS = 300
QUIET_TOPICS = "calls|chats"
"""Topics whose usual traffic is known."""


def pipeline_group(settings: Settings) -> Group:
    """The group of alerts for those who keep the system running."""
    return Group(name="veinte-pipeline", alerts=(*_sight(), *_flow(settings)))


def _sight() -> Iterator[Alert]:
    yield Alert(
        name="VeinteExporterGone",
        expr="absent(veinte_snapshot_age_seconds)",
        wait="2m",
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
        wait="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Veinte is blind on the channel <channel>: its numbers cannot be trusted",
            "Veinte está a ciegas en el canal <channel>: sus números no son fiables",
        ),
        description=Bilingual(
            "Its worker is silent, behind, has lost events or never ran, or Redis cannot be read; the snapshot of the"
            " API says which. Alerts about the service of this channel are held back meanwhile.",
            "Su worker calla, va atrasado, perdió eventos o nunca arrancó, o no se puede leer Redis; la instantánea de"
            " la API dice cuál. Mientras tanto se retienen los avisos sobre el servicio de este canal.",
        ),
    )
    yield Alert(
        name="VeinteRepeatsBlind",
        expr="max(veinte_repeats_blind) == 1",
        wait="5m",
        severity=Severity.TICKET,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "Veinte is blind to repeats: who called again is not known",
            "Veinte no ve las repeticiones: no se sabe quién volvió a llamar",
        ),
        description=Bilingual(
            "The topic of outcomes is not being read, or is behind. Repeats, redials and resolution by repeat window"
            " stand still; all else goes on.",
            "No se lee el topic de desenlaces, o va atrasado. Repeticiones, rellamadas y resolución por ventana están"
            " paradas; lo demás sigue.",
        ),
    )


def _flow(settings: Settings) -> Iterator[Alert]:
    age = of("veinte_event_age_seconds", ("topic",), topic=f"=~{QUIET_TOPICS}")
    usual = f"({of('contact_center_contacts_expected', window='15m')} {CLOSED})"
    speaking = "|".join(INPUTS)
    yield Alert(
        name="VeinteSourceQuiet",
        expr=lines(
            f'label_replace({age}, "channel", "$1", "topic", "(.*)s") > {QUIET_SECONDS}',
            f"and on (channel) sum by (channel) {usual} >= {settings.alert_usual:g}",
            f'and on () min(veinte_event_age_seconds{{topic=~"{speaking}"}}) < {SPEAKING_SECONDS}',
            "unless on (channel) veinte_blind == 1",
        ),
        wait="1m",
        severity=Severity.PAGE,
        audience=Audience.ONCALL,
        past=Past.PIPELINE,
        summary=Bilingual(
            "No event of <topic> for <duration>, while other sources speak",
            "Ningún evento de <topic> desde hace <duration>, mientras otros orígenes hablan",
        ),
        description=Bilingual(
            "Queues of this channel are open and usually busy at this time. The system that sends these events, or its"
            " way to Kafka, has stopped.",
            "Hay colas de este canal abiertas y a esta hora suelen tener trabajo. El sistema que envía estos eventos, o"
            " su camino hasta Kafka, se ha parado.",
        ),
    )
    yield Alert(
        name="VeinteLag",
        expr=f"{summed('veinte_consumer_lag_events', 'partition', by=('topic',))} >= {settings.alert_lag}",
        wait="5m",
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
    dead = "|".join(sorted(SKIPPED))
    yield Alert(
        name="VeinteDeadLetters",
        expr=f'sum by (topic, reason) (increase(veinte_events_rejected_total{{reason!~"{dead}"}}[15m])) > 0',
        hold="15m",
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
