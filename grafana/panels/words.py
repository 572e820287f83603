"""Words of the dashboards beside those of the catalogue, in English and in Spanish."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.snapshot.states import State
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel

CHANNELS: Mapping[str, Bilingual] = {
    Channel.CALL: Bilingual("Calls", "Llamadas"),
    Channel.CHAT: Bilingual("Chats", "Chats"),
    Channel.TICKET: Bilingual("Tickets", "Tickets"),
}
CHANNEL = Bilingual("Channel", "Canal")
QUEUE = Bilingual("Queue", "Cola")
MEDIUM = Bilingual("Medium", "Medio")
OTHER_MEDIA = Bilingual("all others", "todos los demás")
"""In place of a medium that no rule and no target names."""
WINDOW = Bilingual("Window", "Ventana")
TOPIC = Bilingual("Topic", "Tema")
STATE = Bilingual("State", "Estado")
SOURCE = Bilingual("Data source", "Origen de datos")
WALLBOARD_ADDRESS = Bilingual("Address of the wallboard", "Dirección del panel de sala web")

NO_TRAFFIC = Bilingual("no traffic", "sin tráfico")
NO_TRAFFIC_OR_DATA = Bilingual("no traffic, or no data", "sin tráfico, o sin datos")
"""Text of a panel that cannot distinguish the two; its first row can."""
NO_DATA = Bilingual("no data", "sin datos")
FEW = Bilingual("fewer than 10", "menos de 10")
NOBODY = Bilingual("nobody", "nadie")
NOTHING = Bilingual("none", "ninguno")
NO_EXPORTER = Bilingual("NO DATA: the exporter does not answer", "SIN DATOS: el exportador no responde")
NO_HISTORY = Bilingual("no history yet", "aún sin historia")

STATES: Mapping[State, Bilingual] = {
    State.BLIND: Bilingual("BLIND", "A CIEGAS"),
    State.PENDING: Bilingual("pending", "pendiente"),
    State.ABANDONED_EARLY: Bilingual("all hung up at once", "todos colgaron enseguida"),
    State.CLOSED: Bilingual("closed", "cerrada"),
    State.NO_TRAFFIC: NO_TRAFFIC,
    State.FEW: Bilingual("few", "pocos"),
    State.OK: Bilingual("ok", "bien"),
}
BLIND_SUFFIX = Bilingual(" · BLIND", " · A CIEGAS")

VARIANTS: Mapping[str, Bilingual] = {
    "short_removed": Bilingual("short abandons removed (default)", "sin abandonos cortos (por defecto)"),
    "strict": Bilingual("strict: every abandon is a miss", "estricta: todo abandono cuenta"),
    "optimistic": Bilingual("abandons in time count as met", "abandonos a tiempo cuentan como cumplidos"),
    "short_credited": Bilingual("short abandons count as met", "abandonos cortos cuentan como cumplidos"),
    "early_ignored": Bilingual("abandons in time left out", "sin abandonos a tiempo"),
    "answered_only": Bilingual("answered only", "solo atendidos"),
}
PARTS: Mapping[str, Bilingual] = {
    "talk": Bilingual("talk", "conversación"),
    "hold": Bilingual("hold", "retención"),
    "wrap": Bilingual("wrap-up", "trabajo posterior"),
}
REASONS: Mapping[str, Bilingual] = {
    "closed": Bilingual("closed", "cerrado"),
    "busy": Bilingual("busy", "comunica"),
    "full": Bilingual("full", "cola llena"),
    "timeout": Bilingual("waited too long", "tiempo agotado"),
    "empty": Bilingual("no agents", "sin agentes"),
    "overflow": Bilingual("overflow", "desbordamiento"),
    "key": Bilingual("pressed a key", "pulsó una tecla"),
}
KINDS: Mapping[str, Bilingual] = {
    "functional": Bilingual("functional", "funcional"),
    "hierarchical": Bilingual("hierarchical", "jerárquico"),
}
TICKET_STATES: Mapping[str, Bilingual] = {
    "unattended": Bilingual("without a reply", "sin respuesta"),
    "open": Bilingual("in work", "en curso"),
    "on_hold": Bilingual("on hold", "en espera"),
}
AGES: Mapping[str, Bilingual] = {
    "under 1h": Bilingual("under 1 h", "menos de 1 h"),
    "1-4h": Bilingual("1–4 h", "1–4 h"),
    "4-8h": Bilingual("4–8 h", "4–8 h"),
    "8-24h": Bilingual("8–24 h", "8–24 h"),
    "1-3d": Bilingual("1–3 days", "1–3 días"),
    "3-7d": Bilingual("3–7 days", "3–7 días"),
    "over 7d": Bilingual("over 7 days", "más de 7 días"),
}
WINDOWS: Mapping[str, Bilingual] = {
    "5m": Bilingual("5 min", "5 min"),
    "10m": Bilingual("10 min", "10 min"),
    "15m": Bilingual("15 min", "15 min"),
    "30m": Bilingual("30 min", "30 min"),
    "1h": Bilingual("1 h", "1 h"),
    "today": Bilingual("today", "hoy"),
    "24h": Bilingual("24 h", "24 h"),
    "7d": Bilingual("7 days", "7 días"),
    "28d": Bilingual("28 days", "28 días"),
}
