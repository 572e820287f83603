"""Cases of the alerts on the pipeline itself."""

from __future__ import annotations

from tests.alerts.cases import CALLS_CLOSED, MAIL, MAIL_CLOSED, AlertCase, Kind, call, mail, s

ONCALL = {"severity": "page", "audience": "oncall"}
NO_CONTACTS = {Kind.LOW_VOLUME: "it is not about contacts"}
AGE = s("veinte_snapshot_age_seconds")
CALLS_AGE = s("veinte_event_age_seconds", topic="calls")
TICKETS_AGE = s("veinte_event_age_seconds", topic="tickets")
CHATS_AGE = s("veinte_event_age_seconds", topic="chats")
LAG = s("veinte_consumer_lag_events", topic="calls", partition="0")
MORE_LAG = s("veinte_consumer_lag_events", topic="calls", partition="1")
STOPPED = s("veinte_partition_stopped", topic="tickets", partition="3", reason="refused")
INTERNAL = s("veinte_events_rejected_total", topic="calls", reason="internal")
DIFFER = s("veinte_reconcile_difference", topic="calls")
REFUSED = s("veinte_events_rejected_total", topic="calls", reason="not_json")

PIPELINE = (
    AlertCase(
        title="VeinteExporterGone",
        fires={},
        labels=ONCALL,
        says=(
            "Veinte's exporter is gone: there are no numbers at all",
            "El exporter de Veinte no está: no hay ningún número",
            "Prometheus has had nothing from it for 2 minutes, so no other alert can be believed. Start it, or find out"
            " why it cannot be reached.",
            "Prometheus no recibe nada de él desde hace 2 minutos, así que ningún otro aviso es fiable. Arránquelo, o"
            " averigüe por qué no se llega a él.",
        ),
        below=({AGE: 60}, {AGE: "1x14 stale"}),
        well={AGE: 1},
        quiet={AGE: 1},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not={**NO_CONTACTS, Kind.MISSING: "a missing series is what it is about", Kind.TWICE: "it reads nothing"},
    ),
    AlertCase(
        title="VeinteBlind",
        fires={s("veinte_blind", channel="call"): 1},
        spoken={s("veinte_blind_reason", topic="calls", reason="transaction"): 1},
        labels={**ONCALL, "channel": "call"},
        says=(
            "Veinte is blind to calls: their numbers cannot be trusted",
            "Veinte está a ciegas (llamadas): sus números no son fiables",
            "The reason: a transaction of a producer is open. Find the producer with `kafka-transactions.sh"
            " find-hanging` and end its transaction with `abort`. Alerts about the service of this channel are held"
            " back meanwhile.",
            "El motivo: hay abierta una transacción de un productor. Busque el productor con `kafka-transactions.sh"
            " find-hanging` y termine su transacción con `abort`. Mientras tanto se retienen los avisos sobre el"
            " servicio de este canal.",
        ),
        below=({s("veinte_blind", channel="call"): "0x15 1x9"},),
        well={s("veinte_blind", channel="call"): 0},
        quiet={s("veinte_blind", channel="call"): 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
    AlertCase(
        title="VeinteRepeatsBlind",
        fires={s("veinte_repeats_blind"): 1},
        labels={**ONCALL, "severity": "ticket"},
        says=(
            "Veinte is blind to repeats: who called again is not known",
            "Veinte no ve las repeticiones: no se sabe quién volvió a llamar",
            "The reason: `/api/v1/snapshot` says it. Repeats, redials and resolution by repeat window stand still; all"
            " else goes on.",
            "El motivo: lo dice `/api/v1/snapshot`. Repeticiones, rellamadas y resolución por ventana están paradas; lo"
            " demás sigue.",
        ),
        below=({s("veinte_repeats_blind"): "0x11 1x9"},),
        well={s("veinte_repeats_blind"): 0},
        quiet={s("veinte_repeats_blind"): 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
    AlertCase(
        title="VeinteSourceQuiet",
        fires={CALLS_AGE: 901, CHATS_AGE: 299, call("contacts_expected", window="15m"): 5},
        spoken={s("veinte_blind", channel="call"): 0},
        labels={**ONCALL, "channel": "call", "topic": "calls"},
        says=(
            "No event of calls for 15m 1s, while other sources speak",
            "Ningún evento del topic calls desde hace 15m 1s, mientras otros orígenes hablan",
            "Queues of this channel are open and usually busy at this time. The system that sends these events, or its"
            " way to Kafka, has stopped.",
            "Hay colas de este canal abiertas y a esta hora suelen tener trabajo. El sistema que envía estos eventos, o"
            " su camino hasta Kafka, se ha parado.",
        ),
        below=({CALLS_AGE: 900}, {CHATS_AGE: 300}, {s("veinte_blind", channel="call"): 1}),
        well={CALLS_AGE: 5},
        quiet={CHATS_AGE: 901},
        few=({call("contacts_expected", window="15m"): 4.9},),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="VeinteTicketsQuiet",
        # Ten an hour for four weeks, two in three of them by e-mail: in four hours they are 40.
        fires={
            TICKETS_AGE: 14_401,
            CALLS_AGE: 299,
            mail("tickets_opened", window="28d"): 4480,
            mail("tickets_opened", medium="web", window="28d"): 2240,
        },
        spoken={s("veinte_blind", channel="ticket"): 0},
        labels={**ONCALL, "severity": "ticket", "channel": "ticket", "topic": "tickets"},
        says=(
            "No event of tickets for 4h 0m 1s, while other sources speak",
            "Ningún evento del topic tickets desde hace 4h 0m 1s, mientras otros orígenes hablan",
            "In that time the open queues usually get over 40 new tickets, by the mean of four weeks. The help desk,"
            " its mailbox or its way to Kafka has stopped.",
            "En ese tiempo suelen entrar más de 40 tickets nuevos en las colas abiertas, según la media de cuatro"
            " semanas. Se ha parado el sistema de tickets, su buzón o su camino hasta Kafka.",
        ),
        below=(
            {TICKETS_AGE: 14_400},
            {CALLS_AGE: 300},
            {s("veinte_blind", channel="ticket"): 1},
            # A desk without traffic at night opens at minute 6: nothing for 15 hours is normal.
            {TICKETS_AGE: 54_000, s("contact_center_queue_open", **MAIL): "0x5 1x45"},
        ),
        well={TICKETS_AGE: 5},
        quiet={CALLS_AGE: 14_401},
        few=({mail("tickets_opened", window="28d"): 4479},),
        closed=MAIL_CLOSED,
    ),
    AlertCase(
        title="VeinteLag",
        fires={LAG: 5000, MORE_LAG: 5000},
        labels={**ONCALL, "severity": "ticket", "topic": "calls"},
        says=(
            "Veinte is 10000 events of calls behind",
            "Veinte lleva 10000 eventos de calls de retraso",
            "The workers do not keep up with what comes, or one has stopped. Another worker takes over a share of the"
            " partitions.",
            "Los workers no dan abasto con lo que llega, o alguno se ha parado. Otro worker se queda con parte de las"
            " particiones.",
        ),
        below=({LAG: 4999},),
        well={LAG: 0},
        quiet={LAG: 0, MORE_LAG: 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
    AlertCase(
        title="VeintePartitionStopped",
        fires={STOPPED: 1},
        labels={**ONCALL, "topic": "tickets", "partition": "3", "reason": "refused"},
        says=(
            "Partition 3 of tickets stands still (refused)",
            "La partición 3 de tickets está parada (refused)",
            "Too many records in a row were refused (refused) or broke the code of this release (internal). Its"
            " numbers stand; the other partitions go on. Mend the producer, the settings or the release, then"
            " `veinte resume tickets/3`.",
            "Demasiados registros seguidos se rechazaron (refused) o hicieron fallar el código de esta versión"
            " (internal). Sus números no avanzan; las demás particiones siguen. Corrija el productor, la"
            " configuración o la versión y ejecute `veinte resume tickets/3`.",
        ),
        below=({STOPPED: "0x15 1x9"},),
        well={STOPPED: 0},
        quiet={STOPPED: 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
    AlertCase(
        title="VeinteInternalFault",
        fires={INTERNAL: "0x2 1x50"},
        labels={**ONCALL, "topic": "calls"},
        says=(
            "Records of calls break Veinte's own code and are set aside",
            "Registros de calls hacen fallar el código de Veinte y se apartan",
            "About 1 in 15 minutes may be sound but are in no number. The topic calls.dead holds them with the last"
            " line of the traceback: report it.",
            "Unos 1 en 15 minutos pueden ser correctos pero no están en ningún número. El topic calls.dead los guarda"
            " con la última línea del error: comuníquela.",
        ),
        below=({INTERNAL: 1}, {INTERNAL: "", REFUSED: "0+1x80"}),
        well={},
        quiet={INTERNAL: 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
    AlertCase(
        title="VeinteNumbersDiffer",
        fires={DIFFER: 3},
        labels={**ONCALL, "severity": "ticket", "topic": "calls"},
        says=(
            "3 numbers of calls differ from a recount of its events",
            "3 números de calls difieren del recuento de sus eventos",
            "`veinte reconcile` recomputed the numbers from Kafka and found others in Redis. Run it again for the list;"
            " `veinte rebuild` counts all events anew.",
            "`veinte reconcile` recalculó los números desde Kafka y encontró otros en Redis. Ejecútelo de nuevo para"
            " ver la lista; `veinte rebuild` vuelve a contar todos los eventos.",
        ),
        below=({DIFFER: 0},),
        well={DIFFER: 0},
        quiet={DIFFER: 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
    AlertCase(
        title="VeinteDeadLetters",
        fires={REFUSED: "0x2 3x50"},
        labels={**ONCALL, "severity": "ticket", "topic": "calls", "reason": "not_json"},
        says=(
            "Records of calls are refused: not_json",
            "Se rechazan registros de calls: not_json",
            "About 3 in 15 minutes went to the dead letters and are in no number. The topic calls.dead holds them with"
            " the reason in their headers.",
            "Unos 3 en 15 minutos acabaron en el topic de descartes y no están en ningún número. El topic calls.dead"
            " los guarda con el motivo en las cabeceras.",
        ),
        below=(
            {REFUSED: 3},
            {REFUSED: "", s("veinte_events_rejected_total", topic="calls", reason="unknown_type"): "0+1x80"},
        ),
        well={},
        quiet={REFUSED: 0},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not=NO_CONTACTS,
    ),
)
