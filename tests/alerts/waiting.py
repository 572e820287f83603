"""Cases of the alerts on arriving and waiting calls and chats."""

from __future__ import annotations

from tests.alerts.cases import CALLS, CALLS_CLOSED, TARGET, AlertCase, Kind, Series, call, s

SUPERVISOR = {"severity": "ticket", "audience": "supervisor", **CALLS}
SEEING, NOT_SEEING = {s("veinte_blind", channel="call"): 0}, {s("veinte_blind", channel="call"): 1}


def hung_up(window: str, abandoned: int, decided: int) -> Series:
    """The counts of the abandonment in one window."""
    return {
        call("abandonment_numerator", window=window): abandoned,
        call("abandonment_denominator", window=window): decided,
    }


WAITING = (
    AlertCase(
        title="ContactCenterLongestWait",
        fires={call("longest_wait_seconds"): 61, call("contacts_offered", window="1h"): 5, **TARGET},
        spoken={call("contacts_waiting"): 4, **SEEING},
        labels=SUPERVISOR,
        says=(
            "Ventas (calls): somebody has been waiting for 1m 1s",
            "Ventas (llamadas): hay quien lleva 1m 1s esperando",
            "That is more than 3 times the 20s that this queue promises; 4 are waiting in all.",
            "Es más de 3 veces los 20s que promete esta cola; en total esperan 4.",
        ),
        below=({call("longest_wait_seconds"): 60}, NOT_SEEING),
        well={call("longest_wait_seconds"): ""},
        quiet={call("longest_wait_seconds"): "", call("contacts_offered", window="1h"): 0},
        few=({call("contacts_offered", window="1h"): 4},),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterQueueFrozen",
        fires={
            call("contacts_waiting"): 3,
            call("longest_wait_seconds"): 180,
            call("contacts_answered_total"): "88+1x12 100x37",
        },
        labels={**SUPERVISOR, "severity": "page"},
        says=(
            "Ventas (calls): 3 are waiting and nobody has been answered for 3 minutes",
            "Ventas (llamadas): esperan 3 y no se ha atendido a nadie en 3 minutos",
            "Either nobody is logged in to this queue, or contacts do not reach the people who are. Look at the agents"
            " first, then at the routing.",
            "O no hay nadie conectado a esta cola, o los contactos no llegan a quien lo está. Mire primero los agentes"
            " y después el enrutamiento.",
        ),
        below=(
            {call("longest_wait_seconds"): 179},
            # The worker is down from minute 3 to 14, then catches up with all of it: nobody was kept waiting.
            {
                call("contacts_waiting"): "3x13 0x37",
                call("longest_wait_seconds"): "150+60x13 stale",
                call("contacts_answered_total"): "100x13 140x37",
                s("veinte_blind", channel="call"): "0x2 1x10 0x37",
            },
            {call("contacts_answered_total"): " ".join(f"{answered}x2" for answered in range(100, 110))},
        ),
        well={call("contacts_waiting"): 0, call("longest_wait_seconds"): ""},
        quiet={call("contacts_waiting"): 0, call("longest_wait_seconds"): ""},
        few=({call("contacts_waiting"): 2},),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterAbandonment",
        fires={**hung_up("30m", 3, 20), **hung_up("10m", 2, 10)},
        labels=SUPERVISOR,
        says=(
            "Ventas (calls): 15% hung up before an answer in the last 30 minutes",
            "Ventas (llamadas): el 15% se fue sin respuesta en los últimos 30 minutos",
            "More than 10% is too many, short hang-ups left out. Many of them will call again, and count twice.",
            "Más del 10% es demasiado, sin contar quien cuelga enseguida. Muchos volverán a intentarlo y contarán dos"
            " veces.",
        ),
        below=(hung_up("30m", 2, 20), hung_up("10m", 1, 10)),
        well=hung_up("10m", 0, 10),
        quiet={**hung_up("30m", 0, 0), **hung_up("10m", 0, 0)},
        few=(hung_up("30m", 19, 19),),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterCallbackOverdue",
        fires={call("oldest_callback_seconds"): 3660},
        spoken=SEEING,
        labels=SUPERVISOR,
        says=(
            "Ventas (calls): a customer has waited 1h 1m 0s for a promised callback",
            "Ventas (llamadas): un cliente espera desde hace 1h 1m 0s la llamada prometida",
            "Somebody was told that we would call back and is still waiting for it. The oldest goes first.",
            "Se le dijo a alguien que se le devolvería la llamada y sigue esperando. La más antigua va primero.",
        ),
        below=({call("oldest_callback_seconds"): 3600}, NOT_SEEING),
        well={call("oldest_callback_seconds"): ""},
        quiet={call("oldest_callback_seconds"): ""},
        closed=CALLS_CLOSED,
        why_not={Kind.LOW_VOLUME: "one promise is enough"},
    ),
    AlertCase(
        title="ContactCenterSilence",
        fires={
            call("contacts_expected", window="15m"): 5,
            call("contacts_offered", window="15m"): 0,
        },
        spoken=SEEING,
        labels={**SUPERVISOR, "severity": "page", "audience": "oncall"},
        says=(
            "Ventas (calls): nobody came in 15 minutes, where usually 5 do; is the line dead?",
            "Ventas (llamadas): no ha entrado nadie en 15 minutos, cuando suelen entrar 5; ¿está muerta la línea?",
            "The queue is open and the numbers are fresh, so what is silent is what comes before: the trunk, the"
            " routing or the connection to the source. Try to reach the queue yourself.",
            "La cola está abierta y los números son recientes, así que lo que calla está antes: el enlace, el"
            " enrutamiento o la conexión con el origen. Pruebe a entrar usted en la cola.",
        ),
        below=({call("contacts_offered", window="15m"): 1}, NOT_SEEING),
        well={call("contacts_offered", window="15m"): 1},
        quiet={call("contacts_expected", window="15m"): 0},
        few=({call("contacts_expected", window="15m"): 4.9},),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterAbandonedEarly",
        fires={call("contacts_offered", window="30m"): 5, call("contacts_short_abandoned", window="30m"): 5},
        spoken=SEEING,
        labels={"severity": "page", "audience": "oncall", **CALLS},
        says=(
            "Ventas (calls): 5 came in 30 minutes and all hung up at once; do they hear anything?",
            "Ventas (llamadas): entraron 5 en 30 minutos y todos colgaron enseguida; ¿se oye algo?",
            "Nobody waited long enough to be judged, so no service level shows it. Callers hang up at once when they"
            " hear silence, an error or the wrong announcement: try to reach the queue yourself.",
            "Nadie esperó lo bastante para contar, así que ningún nivel de servicio lo muestra. Se cuelga enseguida"
            " cuando no se oye nada, hay un error o la locución es otra: pruebe a entrar usted en la cola.",
        ),
        below=({call("contacts_offered", window="30m"): 6}, NOT_SEEING),
        well={call("contacts_offered", window="30m"): 6},
        quiet={call("contacts_offered", window="30m"): 0, call("contacts_short_abandoned", window="30m"): 0},
        few=({call("contacts_offered", window="30m"): 4, call("contacts_short_abandoned", window="30m"): 4},),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterTurnedAway",
        fires={
            call("contacts_refused", reason="busy", window="15m"): 1,
            call("contacts_refused", reason="full", window="15m"): 2,
        },
        labels=SUPERVISOR,
        says=(
            "Ventas (calls): 3 customers were turned away in 15 minutes of opening hours",
            "Ventas (llamadas): se rechazó a 3 clientes en 15 minutos de horario de atención",
            "They heard that the queue is busy, full or closed, and are in no other number. If it says closed, the"
            " hours of the phone system and ours differ.",
            "Oyeron que la cola está ocupada, llena o cerrada, y no están en ningún otro número. Si dice cerrada, el"
            " horario de la centralita y el nuestro no coinciden.",
        ),
        below=({call("contacts_refused", reason="busy", window="15m"): 0},),
        well={
            call("contacts_refused", reason="busy", window="15m"): 0,
            call("contacts_refused", reason="full", window="15m"): 0,
        },
        quiet={
            call("contacts_refused", reason="busy", window="15m"): 0,
            call("contacts_refused", reason="full", window="15m"): 0,
        },
        few=(
            {
                call("contacts_refused", reason="busy", window="15m"): 1,
                call("contacts_refused", reason="full", window="15m"): 1,
            },
        ),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterSurge",
        fires={
            call("contacts_offered", window="15m"): 20,
            call("contacts_expected", window="15m"): 9,
        },
        labels={**SUPERVISOR, "severity": "info"},
        says=(
            "Ventas (calls): 20 came in 15 minutes, where usually 9 do",
            "Ventas (llamadas): han entrado 20 en 15 minutos, cuando suelen entrar 9",
            "Something makes customers call now. Ask the first ones what it is: an announcement on the line can spare"
            " others the wait.",
            "Algo hace que los clientes contacten ahora. Pregunte a los primeros qué es: una locución puede ahorrar la"
            " espera a los demás.",
        ),
        below=({call("contacts_expected", window="15m"): 10},),
        well={call("contacts_offered", window="15m"): 12},
        quiet={call("contacts_offered", window="15m"): 0, call("contacts_expected", window="15m"): 0},
        few=({call("contacts_offered", window="15m"): 19, call("contacts_expected", window="15m"): 1},),
        closed=CALLS_CLOSED,
    ),
)
