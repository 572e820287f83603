"""Cases of the alerts on the service level. The goal is 80 % within 20 s."""

from __future__ import annotations

from tests.alerts.cases import CALLS, CALLS_CLOSED, OBJECTIVE, TARGET, AlertCase, Kind, Series, call


def level(window: str, met: int | str, judged: int | str) -> Series:
    """The counts of one window, and another variant beside that must not matter."""
    return {
        call("service_level_numerator", variant="short_removed", window=window): met,
        call("service_level_denominator", variant="short_removed", window=window): judged,
    }


def judged_today(judged: int) -> Series:
    """Number of contacts judged today."""
    return {call("service_level_denominator", variant="short_removed", window="today"): judged}


def burn(
    window: str,
    short: str,
    fires: tuple[Series, Series],
    below: tuple[Series, ...],
    low: Series,
    severity: str,
    says: tuple[str, str, str, str],
) -> AlertCase:
    """An alert on a pair of windows."""
    return AlertCase(
        title=f"ContactCenterServiceLevelBurn ({window})",
        fires={**fires[0], **fires[1], **OBJECTIVE},
        spoken=TARGET,
        labels={"severity": severity, "audience": "supervisor", "window": window, **CALLS},
        says=says,
        below=(*below, {call("service_level_objective_ratio"): 1}),
        well={**level(window, 20, 20), **level(short, 20, 20)},
        quiet={**level(window, 0, 0), **level(short, 0, 0)},
        few=(low,),
        closed=CALLS_CLOSED,
    )


SERVICE_LEVEL = (
    burn(
        "15m",
        "5m",
        (level("15m", 7, 20), level("5m", 7, 20)),
        (level("15m", 8, 20), level("5m", 2, 5)),
        level("15m", 0, 19),
        "page",
        (
            "Ventas (calls): only 35% in time in the last 15 minutes; the goal is 80%",
            "Ventas (llamadas): solo el 35% a tiempo en los últimos 15 minutos; la meta es el 80%",
            "The share that waited longer than 20s is over 3 times what the goal allows in the last 15 minutes, and it"
            " goes on. More people on this queue help now; so do callbacks instead of waiting.",
            "La proporción que esperó más de 20s supera 3 veces la que permite la meta en los últimos 15 minutos, y"
            " sigue así. Ayuda poner más gente en esta cola, u ofrecer devolver la llamada en vez de esperar.",
        ),
    ),
    burn(
        "1h",
        "10m",
        (level("1h", 11, 20), level("10m", 5, 10)),
        (level("1h", 12, 20), level("10m", 6, 10)),
        level("1h", 0, 19),
        "page",
        (
            "Ventas (calls): only 55% in time in the last hour; the goal is 80%",
            "Ventas (llamadas): solo el 55% a tiempo en la última hora; la meta es el 80%",
            "The share that waited longer than 20s is over 2 times what the goal allows in the last hour, and it goes"
            " on. More people on this queue help now; so do callbacks instead of waiting.",
            "La proporción que esperó más de 20s supera 2 veces la que permite la meta en la última hora, y sigue así."
            " Ayuda poner más gente en esta cola, u ofrecer devolver la llamada en vez de esperar.",
        ),
    ),
    burn(
        "today",
        "1h",
        (level("today", 15, 20), level("1h", 7, 10)),
        (level("today", 16, 20), level("1h", 8, 10)),
        level("today", 0, 19),
        "ticket",
        (
            "Ventas (calls): only 75% in time today; the goal is 80%",
            "Ventas (llamadas): solo el 75% a tiempo hoy; la meta es el 80%",
            "The share that waited longer than 20s is over what the goal allows today, and it goes on. More people on"
            " this queue help now; so do callbacks instead of waiting.",
            "La proporción que esperó más de 20s supera la que permite la meta hoy, y sigue así. Ayuda poner más gente"
            " en esta cola, u ofrecer devolver la llamada en vez de esperar.",
        ),
    ),
    burn(
        "7d",
        "24h",
        (level("7d", 15, 20), level("24h", 0, 1)),
        (level("7d", 16, 20), level("24h", 8, 10)),
        level("7d", 0, 19),
        "ticket",
        (
            "Ventas (calls): only 75% in time in the last 7 days; the goal is 80%",
            "Ventas (llamadas): solo el 75% a tiempo en los últimos 7 días; la meta es el 80%",
            "The share that waited longer than 20s is over what the goal allows in the last 7 days, and in the last 24"
            " hours too. It is no bad hour: the people, the hours and the goal of this queue do not fit each other.",
            "La proporción que esperó más de 20s supera la que permite la meta en los últimos 7 días, y también en las"
            " últimas 24 horas. No es una mala hora: la gente, el horario y la meta de esta cola no cuadran.",
        ),
    ),
    burn(
        "28d",
        "7d",
        (level("28d", 15, 20), level("7d", 3, 4)),
        (level("28d", 16, 20), level("7d", 4, 5)),
        level("28d", 0, 19),
        "ticket",
        (
            "Ventas (calls): only 75% in time in the last 28 days; the goal is 80%",
            "Ventas (llamadas): solo el 75% a tiempo en los últimos 28 días; la meta es el 80%",
            "The share that waited longer than 20s is over what the goal allows in the last 28 days, and in the last 7"
            " days too. It is no bad hour: the people, the hours and the goal of this queue do not fit each other.",
            "La proporción que esperó más de 20s supera la que permite la meta en los últimos 28 días, y también en los"
            " últimos 7 días. No es una mala hora: la gente, el horario y la meta de esta cola no cuadran.",
        ),
    ),
    AlertCase(
        title="ContactCenterServiceLevelNoneMet",
        fires=level("24h", 0, 5),
        spoken={**OBJECTIVE, **TARGET},
        labels={"severity": "ticket", "audience": "supervisor", **CALLS},
        says=(
            "Ventas (calls): 0 of 5 in time in the last 24 hours; the goal is 80%",
            "Ventas (llamadas): 0 de 5 a tiempo en las últimas 24 horas; la meta es el 80%",
            "Few contact this queue, and none of them was answered within 20s. It looks as if nobody serves it: see who"
            " is logged in, and where its contacts go.",
            "A esta cola llegan pocos contactos y ninguno se atendió en 20s. Parece que no hay nadie: mire quién está"
            " conectado y adónde van sus contactos.",
        ),
        below=(level("24h", 1, 19), level("24h", 0, 20)),
        well=level("24h", 1, 6),
        quiet=level("24h", 0, 0),
        few=(level("24h", 0, 4),),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterServiceLevelMissed",
        fires={**level("15m", 1, 2), call("service_level_objective_ratio"): 1},
        spoken=TARGET,
        labels={"severity": "ticket", "audience": "supervisor", **CALLS},
        says=(
            "Ventas (calls): too long a wait in the last 15 minutes: 1; the goal is none",
            "Ventas (llamadas): esperas demasiado largas en los últimos 15 minutos: 1; la meta es ninguna",
            "This queue promises everybody an answer within 20s, so each miss counts. See who waits now and take them"
            " first.",
            "Esta cola promete a todos una respuesta en 20s, así que cuenta cada caso. Mire quién espera ahora y"
            " atiéndalo primero.",
        ),
        below=(level("15m", 2, 2), {call("service_level_objective_ratio"): 0.99}),
        well=level("15m", 2, 2),
        quiet=level("15m", 0, 0),
        closed=CALLS_CLOSED,
        why_not={Kind.LOW_VOLUME: "one is enough"},
    ),
    AlertCase(
        title="ContactCenterServiceLevelMarginEnds",
        # Always in an hour: 01:16 UTC, while it is 00:16; the queue's clock shows an hour more.
        fires={
            call("service_level_lost_timestamp_seconds", pace="current"): "3600+60x50",
            call("queue_utc_offset_seconds"): 3600,
            **judged_today(20),
        },
        spoken=OBJECTIVE,
        labels={"severity": "ticket", "audience": "supervisor", **CALLS},
        says=(
            "Today's margin for Ventas (calls) is gone at 02:16",
            "El margen de hoy de Ventas (llamadas) se acaba a las 02:16",
            "As things go now, from then on today cannot reach 80% in time any more, even if everybody after that is"
            " answered at once. Until then more people on this queue can still save the day.",
            "Al ritmo actual, desde esa hora ya no se podrá cerrar el día con un 80% a tiempo, ni atendiendo al"
            " instante a todos los que falten. Hasta entonces, más gente en esta cola aún puede salvar el día.",
        ),
        below=(
            {call("service_level_lost_timestamp_seconds", pace="current"): "3601+60x50"},
            {call("service_level_lost_timestamp_seconds", pace="current"): 960},
        ),
        well=judged_today(0),
        quiet={call("service_level_lost_timestamp_seconds", pace="current"): "", **judged_today(0)},
        few=(judged_today(19),),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="ContactCenterServiceLevelUnreachable",
        fires={
            call("service_level_reachable_ratio", outlook="best"): 0.78,
            **judged_today(20),
            **OBJECTIVE,
        },
        spoken=TARGET,
        labels={"severity": "ticket", "audience": "supervisor", **CALLS},
        says=(
            "Ventas (calls): today's goal of 80% is out of reach; 78% at best",
            "Ventas (llamadas): la meta de hoy, el 80%, ya no se alcanza; como mucho, el 78%",
            "Even if everybody who still comes today is answered within 20s, the day ends below the goal. Nothing saves"
            " today's number; note what happened while it is fresh.",
            "Aunque todos los que falten hoy se atiendan en 20s, el día cierra por debajo de la meta. El número de hoy"
            " no tiene arreglo; anote qué pasó mientras esté fresco.",
        ),
        below=({call("service_level_reachable_ratio", outlook="best"): 0.8},),
        well={call("service_level_reachable_ratio", outlook="best"): 0.81},
        quiet={call("service_level_reachable_ratio", outlook="best"): "", **judged_today(0)},
        few=(judged_today(19),),
        closed=CALLS_CLOSED,
    ),
    AlertCase(
        title="VeinteObjectiveWithoutAlert",
        fires={call("service_level_objective_ratio"): 0.6},
        labels={"severity": "info", "audience": "planner", **CALLS},
        says=(
            "Ventas (calls): with a goal of 60% the fastest alert can never fire",
            "Ventas (llamadas): con una meta del 60%, el aviso más rápido nunca puede saltar",
            "The rules were made for stricter goals than the one in force. Run `veinte rules` again with the present"
            " settings: it says what to change.",
            "Las reglas se hicieron para metas más exigentes que la vigente. Ejecute otra vez `veinte rules` con los"
            " ajustes actuales: dice qué cambiar.",
        ),
        below=({call("service_level_objective_ratio"): 0.67},),
        well={call("service_level_objective_ratio"): 0.8},
        closed=CALLS_CLOSED,
        regardless=True,
        why_not={
            Kind.NO_TRAFFIC: "it is about a setting",
            Kind.LOW_VOLUME: "it is about a setting",
        },
    ),
)
