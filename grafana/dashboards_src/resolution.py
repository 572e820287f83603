"""The dashboard of first-contact resolution and repeats, on every channel: by flag, net, and by returning customers."""

from __future__ import annotations

from dataclasses import replace

from grafana.panels.panel_helpers import (
    CHOSEN,
    QUEUE_NAME,
    ROW_KEYS,
    banner,
    column,
    line,
    one_each,
    share_tile,
    window_choice,
)
from grafana.panels.promql import BY_QUEUE, Match, count, own, quotient
from grafana.panels.spec import Dashboard, Measured, Panel, Query, Shape, Variable
from grafana.panels.words import CHANNEL, KINDS, NO_EXPORTER, NO_TRAFFIC, NO_TRAFFIC_OR_DATA, QUEUE, TOPIC
from streams.common.languages import Bilingual

CLASSIFIED = "contact_center_classified_ratio"
FCR = "contact_center_first_contact_resolution_ratio"
GAP = "contact_center_first_contact_resolution_gap_ratio"
REPEATS = "contact_center_repeat_contact_ratio"
TOPIC_REPEATS = "contact_center_topic_repeat_contact_ratio"
ESCALATIONS = "contact_center_escalations_total"
TOPIC_ESCALATIONS = "contact_center_topic_escalations"
TOPIC_CONTACTS = "contact_center_topic_contacts"
WINDOW = {**CHOSEN, "window": "$window"}
DAY = {**CHOSEN, "window": "24h"}
BY_TOPIC = ("topic",)
BASES: dict[Bilingual, Match] = {
    Bilingual("flagged by agents", "según la marca del agente"): {"basis": "flagged"},
    Bilingual("net: eligible only", "neta: solo elegibles"): {"basis": "net"},
    Bilingual("no repeat so far (provisional)", "sin repetición hasta ahora (provisional)"): {
        "basis": "repeat_window",
        "state": "provisional",
    },
    Bilingual("no repeat in the whole window (final)", "sin repetición en toda la ventana (definitiva)"): {
        "basis": "repeat_window",
        "state": "final",
    },
}

_TRUST = Panel(
    shape=Shape.TILES,
    about=("veinte_repeats_blind",),
    queries=(Query(expr=own("veinte_repeats_blind", (), how="max")),),
    unit=Measured.TIMES,
    scale="blind",
    empty=NO_EXPORTER,
    width=6,
    height=3,
)

_CHANNELS, _AGE = banner({"channel": "$channel"}, 20)
_BANNER = (replace(_CHANNELS, width=14), _TRUST, _AGE)

_TILES = tuple(
    share_tile(name, WINDOW, width=6) for name in (CLASSIFIED, REPEATS, GAP, "contact_center_escalation_ratio")
)

_RATIOS = (
    Panel(
        shape=Shape.BARS,
        about=(FCR,),
        queries=tuple(
            Query(expr=quotient(FCR, (), {**WINDOW, **basis}), legend=legend) for legend, basis in BASES.items()
        ),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("First-contact resolution over time", "Resolución en el primer contacto en el tiempo"),
        about=(FCR,),
        queries=tuple(line(quotient(FCR, (), {**WINDOW, **basis}), legend) for legend, basis in BASES.items()),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
    ),
)

_QUEUES = Panel(
    shape=Shape.TABLE,
    title=Bilingual("Queue by queue", "Cola a cola"),
    about=(FCR, REPEATS),
    keys=ROW_KEYS,
    leads_to="resolution",
    columns=(
        *(
            column(legend, quotient(FCR, BY_QUEUE, {**WINDOW, **basis}), Measured.SHARE)
            for legend, basis in BASES.items()
        ),
        column(Bilingual("Repeats", "Repetidos"), count("contact_center_repeat_contacts_total", BY_QUEUE, WINDOW)),
        column(Bilingual("Repeat ratio", "Tasa de repetición"), quotient(REPEATS, BY_QUEUE, WINDOW), Measured.SHARE),
    ),
    empty=NO_TRAFFIC,
    width=24,
)

_TOPICS = (
    Panel(
        shape=Shape.TABLE,
        title=Bilingual(
            "By topic in 24 h, the twenty busiest of each queue", "Por tema en 24 h, los veinte con más de cada cola"
        ),
        about=(TOPIC_REPEATS, TOPIC_CONTACTS, TOPIC_ESCALATIONS),
        keys={"topic": TOPIC},
        columns=(
            column(Bilingual("Contacts", "Contactos"), count(TOPIC_CONTACTS, BY_TOPIC, DAY)),
            column(
                Bilingual("Repeat ratio", "Tasa de repetición"),
                quotient(TOPIC_REPEATS, BY_TOPIC, DAY),
                Measured.SHARE,
            ),
            column(Bilingual("Escalated", "Escalados"), count(TOPIC_ESCALATIONS, BY_TOPIC, DAY)),
        ),
        empty=Bilingual("–", "–"),
        width=10,
        height=10,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Repeats over time", "Repeticiones en el tiempo"),
        about=(REPEATS,),
        queries=(line(quotient(REPEATS, BY_QUEUE, WINDOW), QUEUE_NAME),),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
        width=8,
        height=10,
    ),
    Panel(
        shape=Shape.BARS,
        about=(ESCALATIONS,),
        queries=one_each(KINDS, lambda kind: count(ESCALATIONS, (), {**WINDOW, "kind": kind})),
        width=6,
        height=5,
    ),
)

RESOLUTION = Dashboard(
    name="resolution",
    title=Bilingual("Veinte · FCR and repeats", "Veinte · FCR y repeticiones"),
    purpose=Bilingual(
        "Whether contacts settle things: what agents noted, who came again within the repeat window, and about what.",
        "Si los contactos resuelven: qué anotó el agente, quién volvió en la ventana de repetición y por qué tema.",
    ),
    variables=(
        Variable(name="channel", text=CHANNEL, source=ESCALATIONS),
        Variable(name="queue", text=QUEUE, source=ESCALATIONS, narrowed_by="channel"),
        window_choice("7d"),
    ),
    rows=(
        _BANNER,
        _TILES,
        _RATIOS,
        (_QUEUES,),
        _TOPICS,
    ),
    since="now-7d",
    refresh="1m",
)
